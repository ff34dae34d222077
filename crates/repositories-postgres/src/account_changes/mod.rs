//! Changes of accounts in PostgreSQL, and all that ends with them.
//!
//! A change first locks the row of its account, and only then looks at what it ends. Whoever gives an account something
//! that a change has to end holds the same row in share mode until it is there: who opens a session, and who makes a
//! one-time token or a link. Each of them comes before the change, and is ended by it, or after it, and is judged by it. Mails are queued for
//! addresses, not for accounts: there the lock is one on the address.
//!
//! Whoever needs several locks takes them in one order: the account, the turn to leave as a superuser, its address, its
//! mails, its links, its log, its sessions by their ids, then the turn to revoke. Nobody waits in a circle.

mod activation;
mod deletion;
mod password;
mod profile;

use async_trait::async_trait;
use diesel::{OptionalExtension as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Digest, EndReason, OneTimePurpose, SecurityVersion, SessionId, Timestamp, User, UserId};
use tessera_repositories::{
    AccountChangeRepository, AccountDeletion, AccountSessionEnding, ActivationOutcome, DeletionOutcome, PasswordChange,
    PasswordChangeOutcome, ProfileChange, ProfileChangeOutcome, Result, WhichSessions,
};

use crate::error::Failure;
use crate::schema::users;
use crate::users::UserRow;
use crate::{PostgresStore, mail_outbox, one_time_tokens, sessions};

/// The changes of the accounts of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresAccountChanges {
    store: PostgresStore,
}

impl PostgresAccountChanges {
    /// The changes of the accounts of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl AccountChangeRepository for PostgresAccountChanges {
    async fn change_password(&self, change: &PasswordChange) -> Result<PasswordChangeOutcome> {
        let change = change.clone();
        self.store
            .run("change a password", async move |connection| {
                connection.transaction(async |connection| password::change(connection, &change).await).await
            })
            .await
    }

    async fn change_profile(&self, change: &ProfileChange) -> Result<ProfileChangeOutcome> {
        let change = change.clone();
        self.store.run("change a profile", async move |connection| profile::change(connection, &change).await).await
    }

    async fn confirm_email(&self, link: &Digest, at: Timestamp) -> Result<Option<User>> {
        let link = *link;
        self.store
            .run("confirm an address", async move |connection| {
                connection.transaction(async |connection| profile::confirm_email(connection, link, at).await).await
            })
            .await
    }

    async fn set_active(
        &self,
        id: UserId,
        is_active: bool,
        at: Timestamp,
        revoke_until: Timestamp,
    ) -> Result<ActivationOutcome> {
        self.store
            .run("enable or disable an account", async move |connection| {
                connection
                    .transaction(async |connection| {
                        if is_active {
                            activation::enable(connection, id, at).await
                        } else {
                            activation::disable(connection, id, at, revoke_until).await
                        }
                    })
                    .await
            })
            .await
    }

    async fn delete(&self, account: &AccountDeletion) -> Result<DeletionOutcome> {
        let account = *account;
        self.store
            .run("delete an account", async move |connection| {
                connection.transaction(async |connection| deletion::delete(connection, &account).await).await
            })
            .await
    }
}

/// An account with the version of its credentials.
struct Account {
    user: User,
    version: SecurityVersion,
}

/// The account as it is, and stays until the transaction ends.
async fn lock(connection: &mut AsyncPgConnection, id: UserId) -> Result<Option<Account>, Failure> {
    let columns = (UserRow::as_select(), users::security_version);
    let account = users::table.find(id.as_bytes().as_slice()).select(columns).for_update();
    let found: Option<(UserRow, i64)> = account.first(connection).await.optional()?;
    let Some((row, version)) = found else {
        return Ok(None);
    };
    Ok(Some(Account { user: row.try_into()?, version: SecurityVersion::from_number(version) }))
}

async fn lock_active(connection: &mut AsyncPgConnection, id: UserId) -> Result<Option<Account>, Failure> {
    Ok(lock(connection, id).await?.filter(|account| account.user.is_active))
}

/// Spends a link of an active account. One that is not spent stays as it is. Whose it is has to be known before it is
/// locked with its account; whether it is still good is decided after that.
async fn spend(
    connection: &mut AsyncPgConnection,
    link: Digest,
    purpose: OneTimePurpose,
    at: Timestamp,
) -> Result<Option<Account>, Failure> {
    let Some(token) = one_time_tokens::find(connection, link, purpose, at).await? else {
        return Ok(None);
    };
    let Some(account) = lock_active(connection, token.user_id).await? else {
        return Ok(None);
    };
    let spent = one_time_tokens::consume(connection, link, purpose, at).await?;
    Ok(spent.map(|_| account))
}

/// Forgets the links of an account, and the waiting mails to its address that would carry one.
async fn forget_links(connection: &mut AsyncPgConnection, user: &User) -> Result<(), Failure> {
    forget_mails_and_tokens(connection, user, &OneTimePurpose::LINKS).await
}

/// Forgets the one-time tokens of an account that are for one of `purposes`, and the waiting mails to its address that would
/// carry a link.
async fn forget_mails_and_tokens(
    connection: &mut AsyncPgConnection,
    user: &User,
    purposes: &[OneTimePurpose],
) -> Result<(), Failure> {
    mail_outbox::delete_waiting_links(connection, &user.email).await?;
    one_time_tokens::delete_for(connection, user.id, purposes).await
}

/// Ends every session of an account that goes on. Returns which those were.
async fn end_sessions(
    connection: &mut AsyncPgConnection,
    user_id: UserId,
    reason: EndReason,
    at: Timestamp,
    revoke_until: Timestamp,
) -> Result<Vec<SessionId>, Failure> {
    let ending = AccountSessionEnding { user_id, which: WhichSessions::All, reason, at, revoke_until };
    Ok(sessions::end_of(connection, &ending).await?.into_iter().map(|session| session.id).collect())
}
