//! Registering an account.

use std::fmt;

use tessera_domain::{
    Email, ErrorKind, FullName, NewUser, PasswordContext, PasswordProblem, PlainPassword, Privileges, User, UserId,
    Username, check_password,
};
use tessera_repositories::InsertOutcome;

use super::Accounts;
use crate::Outage;
use crate::ports::random;

/// What an account is made of.
#[derive(Clone)]
pub struct RegisterUser {
    /// Its address.
    pub email: Email,
    /// Its username, if it is to have one.
    pub username: Option<Username>,
    /// Its owner's name.
    pub full_name: Option<FullName>,
    /// Its first password.
    pub password: PlainPassword,
    /// What it may do. No contract sets this; the operator does.
    pub privileges: Privileges,
}

impl fmt::Debug for RegisterUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterUser").field("privileges", &self.privileges).finish_non_exhaustive()
    }
}

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The password breaks these rules.
    #[error("the password is too weak")]
    WeakPassword(Vec<PasswordProblem>),
    /// Another account has the address or the username.
    #[error("the account exists already")]
    Taken {
        /// Whether it has the address.
        email: bool,
        /// Whether it has the username.
        username: bool,
    },
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl RegisterError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::WeakPassword(_) => ErrorKind::InvalidInput,
            Self::Taken { .. } => ErrorKind::Conflict,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl Accounts {
    pub(super) async fn register_user(&self, command: RegisterUser) -> Result<User, RegisterError> {
        let account = PasswordContext {
            username: command.username.as_ref(),
            email: Some(&command.email),
            full_name: command.full_name.as_ref(),
        };
        let problems = check_password(&command.password, account);
        if !problems.is_empty() {
            return Err(RegisterError::WeakPassword(problems));
        }
        let password_hash = self.hasher.hash(command.password.clone()).await.map_err(Outage::from)?;
        let new = NewUser { user: self.new_user(command), password_hash };
        match self.users.insert(&new).await.map_err(Outage::from)? {
            InsertOutcome::Inserted => {
                tracing::info!(target: "audit", event = "register", user_id = %new.user.id);
                Ok(new.user)
            }
            InsertOutcome::Taken { email, username } => Err(RegisterError::Taken { email, username }),
        }
    }

    fn new_user(&self, command: RegisterUser) -> User {
        let now = self.clock.now();
        let is_superuser = command.privileges == Privileges::Superuser;
        User {
            id: UserId::new(now, random(&*self.secrets)),
            email: command.email,
            username: command.username,
            full_name: command.full_name,
            is_active: true,
            is_verified: false,
            is_staff: is_superuser,
            is_superuser,
            date_joined: now,
            updated_at: now,
            last_login: None,
            last_login_ip: None,
        }
    }
}
