//! Bringing accounts along: from another system, or from another installation of this one.
//!
//! An account arrives with its hash, so that its owner goes on logging in with the password of old. It is known by its
//! address; one that is there already is left as it is, which is why an import that was interrupted can be run again.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tessera_domain::{Email, FullName, Identifier, NewUser, PasswordHash, Timestamp, User, UserId, Username};
use tessera_repositories::{InsertOutcome, UserRepository};

use crate::Outage;
use crate::ports::{Clock, SecretSource, random};

/// An account as it was kept elsewhere.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "the same facts as those of an account")]
pub struct ImportUser {
    /// Its id, if it is one of ours; otherwise it gets a new one, as old as the account.
    pub id: Option<UserId>,
    /// Its address.
    pub email: Email,
    /// Its username, if it has one.
    pub username: Option<Username>,
    /// Its owner's name.
    pub full_name: Option<FullName>,
    /// The hash of its password. Whether that can be verified is the caller's question to the
    /// [`PasswordHasher`](crate::ports::PasswordHasher::check).
    pub password_hash: PasswordHash,
    /// Whether it may log in at all.
    pub is_active: bool,
    /// Whether its address was confirmed.
    pub is_verified: bool,
    /// Whether it may see what only staff sees.
    pub is_staff: bool,
    /// Whether it may do everything.
    pub is_superuser: bool,
    /// When it was made, if that is known; otherwise it is as old as its import.
    pub date_joined: Option<Timestamp>,
    /// When it last logged in.
    pub last_login: Option<Timestamp>,
    /// From which address it last logged in.
    pub last_login_ip: Option<IpAddr>,
}

impl fmt::Debug for ImportUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportUser").finish_non_exhaustive()
    }
}

/// What became of an account, or would.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportOutcome {
    /// It is there now.
    Imported,
    /// An account with its address was there; nothing was changed.
    Present,
    /// Its username is that of an account with another address; nothing was changed.
    UsernameTaken,
    /// Its id is that of an account with another address; nothing was changed.
    IdTaken,
}

/// Imports accounts, one at a time and any number at once.
pub struct AccountImport {
    /// Where accounts are kept.
    pub users: Arc<dyn UserRepository>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub secrets: Arc<dyn SecretSource>,
}

impl AccountImport {
    /// Brings an account along.
    pub async fn import(&self, account: ImportUser) -> Result<ImportOutcome, Outage> {
        if let Some(outcome) = by_id(&*self.users, &account).await? {
            return Ok(outcome);
        }
        let (user, password_hash) = self.new_user(account);
        Ok(match self.users.insert(&NewUser { user, password_hash }).await? {
            InsertOutcome::Inserted => ImportOutcome::Imported,
            InsertOutcome::Taken { email: true, .. } => ImportOutcome::Present,
            InsertOutcome::Taken { .. } => ImportOutcome::UsernameTaken,
        })
    }

    fn new_user(&self, account: ImportUser) -> (User, PasswordHash) {
        let now = self.clock.now();
        let date_joined = account.date_joined.unwrap_or(now);
        let user = User {
            id: account.id.unwrap_or_else(|| UserId::new(date_joined, random(&*self.secrets))),
            email: account.email,
            username: account.username,
            full_name: account.full_name,
            is_active: account.is_active,
            is_verified: account.is_verified,
            is_staff: account.is_staff,
            is_superuser: account.is_superuser,
            date_joined,
            updated_at: now,
            last_login: account.last_login,
            last_login_ip: account.last_login_ip,
        };
        (user, account.password_hash)
    }
}

/// What [`AccountImport::import`] would find, while nothing else changes. It only reads.
pub async fn foresee_import(users: &dyn UserRepository, account: &ImportUser) -> Result<ImportOutcome, Outage> {
    if let Some(outcome) = by_id(users, account).await? {
        return Ok(outcome);
    }
    if users.find_credentials(&Identifier::Email(account.email.clone())).await?.is_some() {
        return Ok(ImportOutcome::Present);
    }
    let Some(username) = account.username.clone() else { return Ok(ImportOutcome::Imported) };
    let taken = users.find_credentials(&Identifier::Username(username)).await?.is_some();
    Ok(if taken { ImportOutcome::UsernameTaken } else { ImportOutcome::Imported })
}

/// What follows from the account's id, if it came with one that is there.
async fn by_id(users: &dyn UserRepository, account: &ImportUser) -> Result<Option<ImportOutcome>, Outage> {
    let Some(id) = account.id else { return Ok(None) };
    let found = users.find(id).await?;
    Ok(found.map(|user| if user.email == account.email { ImportOutcome::Present } else { ImportOutcome::IdTaken }))
}
