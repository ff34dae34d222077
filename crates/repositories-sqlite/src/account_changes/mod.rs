//! Changes of accounts in SQLite, and all that ends with them. Each is one transaction of the only writer: nothing can
//! happen between what is read here and what is written.

mod activation;
mod deletion;
mod password;
mod profile;

use async_trait::async_trait;
use diesel::{OptionalExtension as _, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _, SqliteConnection};
use tessera_domain::{Digest, EndReason, OneTimePurpose, SecurityVersion, SessionId, Timestamp, User, UserId};
use tessera_repositories::{
    AccountChangeRepository, AccountDeletion, AccountSessionEnding, ActivationOutcome, DeletionOutcome, PasswordChange,
    PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome, Result, WhichSessions,
};

use crate::error::Failure;
use crate::schema::users;
use crate::users::UserRow;
use crate::{SqliteStore, mail_outbox, one_time_tokens, sessions};

/// The changes of the accounts of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteAccountChanges {
    store: SqliteStore,
}

impl SqliteAccountChanges {
    /// The changes of the accounts of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl AccountChangeRepository for SqliteAccountChanges {
    async fn change_password(&self, change: &PasswordChange) -> Result<PasswordChangeOutcome> {
        let change = change.clone();
        self.store.write("change a password", move |connection| password::change(connection, &change)).await
    }

    async fn change_profile(&self, change: &ProfileChange) -> Result<ProfileChangeOutcome> {
        let change = change.clone();
        self.store.write("change a profile", move |connection| profile::change(connection, &change)).await
    }

    async fn confirm_email(&self, link: &Digest, at: Timestamp) -> Result<Option<User>> {
        let link = *link;
        self.store.write("confirm an address", move |connection| profile::confirm_email(connection, link, at)).await
    }

    async fn set_active(
        &self,
        id: UserId,
        is_active: bool,
        at: Timestamp,
        revoke_until: Timestamp,
    ) -> Result<ActivationOutcome> {
        self.store
            .write("enable or disable an account", move |connection| {
                if is_active {
                    activation::enable(connection, id, at)
                } else {
                    activation::disable(connection, id, at, revoke_until)
                }
            })
            .await
    }

    async fn delete(&self, account: &AccountDeletion) -> Result<DeletionOutcome> {
        let account = *account;
        self.store.write("delete an account", move |connection| deletion::delete(connection, &account)).await
    }
}

/// An account with the version of its credentials.
struct Account {
    user: User,
    version: SecurityVersion,
}

fn find(connection: &mut SqliteConnection, id: UserId) -> Result<Option<Account>, Failure> {
    let columns = (UserRow::as_select(), users::security_version);
    let found: Option<(UserRow, i64)> =
        users::table.find(id.as_bytes().as_slice()).select(columns).first(connection).optional()?;
    let Some((row, version)) = found else {
        return Ok(None);
    };
    Ok(Some(Account { user: row.try_into()?, version: SecurityVersion::from_number(version) }))
}

fn find_active(connection: &mut SqliteConnection, id: UserId) -> Result<Option<Account>, Failure> {
    Ok(find(connection, id)?.filter(|account| account.user.is_active))
}

/// Spends a link of an active account. One that is not spent stays as it is.
fn spend(
    connection: &mut SqliteConnection,
    link: Digest,
    purpose: OneTimePurpose,
    at: Timestamp,
) -> Result<Option<Account>, Failure> {
    let Some(token) = one_time_tokens::find(connection, link, purpose, at)? else {
        return Ok(None);
    };
    let Some(account) = find_active(connection, token.user_id)? else {
        return Ok(None);
    };
    let spent = one_time_tokens::consume(connection, link, purpose, at)?;
    Ok(spent.map(|_| account))
}

/// Forgets the links of an account, and the waiting mails to its address that would carry one.
fn forget_links(connection: &mut SqliteConnection, user: &User) -> Result<(), Failure> {
    forget_mails_and_tokens(connection, user, &OneTimePurpose::LINKS)
}

/// Forgets the one-time tokens of an account that are for one of `purposes`, and the waiting mails to its address that would
/// carry a link.
fn forget_mails_and_tokens(
    connection: &mut SqliteConnection,
    user: &User,
    purposes: &[OneTimePurpose],
) -> Result<(), Failure> {
    mail_outbox::delete_waiting_links(connection, &user.email)?;
    one_time_tokens::delete_for(connection, user.id, purposes)
}

/// Ends every session of an account that goes on. Returns which those were.
fn end_sessions(
    connection: &mut SqliteConnection,
    user_id: UserId,
    reason: EndReason,
    at: Timestamp,
    revoke_until: Timestamp,
) -> Result<Vec<SessionId>, Failure> {
    let ending = AccountSessionEnding { user_id, which: WhichSessions::All, reason, at, revoke_until };
    Ok(sessions::end_of(connection, &ending)?.into_iter().map(|session| session.id).collect())
}
