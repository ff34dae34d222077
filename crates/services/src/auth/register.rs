//! Registering an account.

use std::fmt;

use tessera_domain::{
    ActivityEvent, Email, ErrorKind, FullName, MailKind, NewUser, PasswordContext, PasswordProblem, PlainPassword,
    Privileges, User, UserId, Username, check_password,
};
use tessera_repositories::InsertOutcome;

use super::Accounts;
use crate::limits::Attempt;
use crate::ports::random;
use crate::{ClientInfo, Outage};

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
    /// Where it is made.
    pub client: ClientInfo,
}

impl RegisterUser {
    /// Every rule that its password breaks.
    pub fn password_problems(&self) -> Vec<PasswordProblem> {
        let account = PasswordContext {
            username: self.username.as_ref(),
            email: Some(&self.email),
            full_name: self.full_name.as_ref(),
        };
        check_password(&self.password, account)
    }
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
        let problems = command.password_problems();
        if !problems.is_empty() {
            return Err(RegisterError::WeakPassword(problems));
        }
        // A crowd of accounts is no guess, and every hash costs: whatever becomes of this one, it stays counted.
        let _kept = self.limiter.admit(&Attempt::Registration, &command.client).await?;
        let password_hash = self.hasher.hash(command.password.clone()).await.map_err(Outage::from)?;
        let client = command.client.clone();
        let new = NewUser { user: self.new_user(command), password_hash };
        match self.users.insert(&new).await.map_err(Outage::from)? {
            InsertOutcome::Inserted => {}
            InsertOutcome::Taken { email, username } => return Err(RegisterError::Taken { email, username }),
        }
        let user = new.user;
        self.activity.record(user.id, ActivityEvent::Registered, &client);
        tracing::info!(target: "audit", event = "register", user_id = %user.id);
        self.ask_for_confirmation(&user).await;
        Ok(user)
    }

    /// The account exists, whatever becomes of the mail: without it the address stays unverified.
    async fn ask_for_confirmation(&self, user: &User) {
        if let Err(error) = self.mails.insert(MailKind::EmailConfirmation, user.email.clone()).await {
            tracing::warn!(user_id = %user.id, %error, "no mail will ask a new account to confirm its address");
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
