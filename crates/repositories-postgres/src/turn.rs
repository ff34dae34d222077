//! Taking turns, over all instances: what must not happen twice at a time, and what no row is there yet to lock for.
//!
//! The locks are advisory and end with the transaction. A number of theirs stands for the object that they are about in
//! *this* schema, so that installations which share a database do not wait for each other. Locks on the tables themselves
//! would do the same, but stand in the way of the vacuum.

use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use tessera_domain::Email;

use crate::error::Failure;

/// What one transaction at a time does. The first numbers are arbitrary; they only must differ, and never change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// Brings the schema up to date.
    Migrate,
    /// Appends to the log of revocations.
    Revoke,
    /// Adds or retires a signing key.
    ChangeKeys,
    /// Puts a one-time token in the place of earlier ones.
    ReplaceToken,
    /// Deletes the account of a superuser.
    LeaveAsSuperuser,
}

impl Turn {
    /// The statement that waits for the turn.
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::Migrate => "SELECT pg_advisory_xact_lock(1953719661, current_schema()::regnamespace::oid::integer)",
            Self::Revoke => "SELECT pg_advisory_xact_lock(1953719662, 'revocations'::regclass::oid::integer)",
            Self::ReplaceToken => "SELECT pg_advisory_xact_lock(1953719664, 'one_time_tokens'::regclass::oid::integer)",
            Self::LeaveAsSuperuser => "SELECT pg_advisory_xact_lock(1953719666, 'users'::regclass::oid::integer)",
            Self::ChangeKeys => "SELECT pg_advisory_xact_lock(1953719663, 'signing_keys'::regclass::oid::integer)",
        }
    }

    /// Waits for the turn, which ends with the transaction.
    pub(crate) async fn wait(self, connection: &mut AsyncPgConnection) -> Result<(), Failure> {
        Ok(connection.batch_execute(self.sql()).await?)
    }
}

/// Has changes of the account with this address wait until the transaction ends, and waits for one that is under way.
/// Any number of transactions share an address. Whether there is such an account makes no difference.
pub(crate) async fn share_address(connection: &mut AsyncPgConnection, address: &Email) -> Result<(), Failure> {
    let shared = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 'mail_outbox'::regclass::oid::bigint))";
    sql_query(shared).bind::<Text, _>(address.as_str()).execute(connection).await?;
    Ok(())
}

/// Waits for all that share this address, and has it alone until the transaction ends.
pub(crate) async fn take_address(connection: &mut AsyncPgConnection, address: &Email) -> Result<(), Failure> {
    let alone = "SELECT pg_advisory_xact_lock(hashtextextended($1, 'mail_outbox'::regclass::oid::bigint))";
    sql_query(alone).bind::<Text, _>(address.as_str()).execute(connection).await?;
    Ok(())
}
