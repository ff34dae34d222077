//! One-time tokens in SQLite: a row while it can be spent, and nothing afterwards.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, RunQueryDsl as _, SqliteConnection, select,
    sql_query, sql_types,
};
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository, Result};

use crate::error::Failure;
use crate::schema::{one_time_tokens, users};
use crate::{SqliteStore, column};

/// The one-time tokens of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteOneTimeTokens {
    store: SqliteStore,
}

impl SqliteOneTimeTokens {
    /// The one-time tokens of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl OneTimeTokenRepository for SqliteOneTimeTokens {
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        let token = token.clone();
        self.store
            .write("insert a one-time token", move |connection| {
                let account = users::table.find(token.user_id.as_bytes().as_slice()).filter(users::is_active.eq(true));
                if !select(exists(account)).get_result::<bool>(connection)? {
                    return Ok(KeepOutcome::NoAccount);
                }
                if earlier == Earlier::Replace {
                    delete_for(connection, token.user_id, &[token.purpose])?;
                }
                insert(connection, &token)?;
                Ok(KeepOutcome::Kept)
            })
            .await
    }

    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let digest = *digest;
        self.store.write("consume a one-time token", move |connection| consume(connection, digest, purpose, now)).await
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let digest = *digest;
        self.store.read("find a one-time token", move |connection| find(connection, digest, purpose, now)).await
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        let purposes = purposes.to_vec();
        self.store.write("delete one-time tokens", move |connection| delete_for(connection, user_id, &purposes)).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .write("delete expired one-time tokens", move |connection| delete_expired(connection, now, limit))
            .await
    }
}

fn insert(connection: &mut SqliteConnection, token: &OneTimeToken) -> Result<(), Failure> {
    diesel::insert_into(one_time_tokens::table)
        .values((
            one_time_tokens::digest.eq(token.digest.as_bytes().as_slice()),
            one_time_tokens::purpose.eq(token.purpose.name()),
            one_time_tokens::user_id.eq(token.user_id.as_bytes().as_slice()),
            one_time_tokens::expires_at.eq(token.expires_at.unix_micros()),
        ))
        .execute(connection)?;
    Ok(())
}

/// One guarded statement: whoever deletes the row has spent the token.
pub(crate) fn consume(
    connection: &mut SqliteConnection,
    digest: Digest,
    purpose: OneTimePurpose,
    now: Timestamp,
) -> Result<Option<OneTimeToken>, Failure> {
    let live = one_time_tokens::table
        .find((digest.as_bytes().as_slice(), purpose.name()))
        .filter(one_time_tokens::expires_at.gt(now.unix_micros()));
    let row: Option<Row> = diesel::delete(live).returning(COLUMNS).get_result(connection).optional()?;
    row.map(|row| token(digest, purpose, &row)).transpose()
}

pub(crate) fn find(
    connection: &mut SqliteConnection,
    digest: Digest,
    purpose: OneTimePurpose,
    now: Timestamp,
) -> Result<Option<OneTimeToken>, Failure> {
    let live = one_time_tokens::table
        .find((digest.as_bytes().as_slice(), purpose.name()))
        .filter(one_time_tokens::expires_at.gt(now.unix_micros()));
    let row: Option<Row> = live.select(COLUMNS).first(connection).optional()?;
    row.map(|row| token(digest, purpose, &row)).transpose()
}

pub(crate) fn delete_for(
    connection: &mut SqliteConnection,
    user_id: UserId,
    purposes: &[OneTimePurpose],
) -> Result<(), Failure> {
    let names = purposes.iter().map(|purpose| purpose.name());
    let theirs = one_time_tokens::table
        .filter(one_time_tokens::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(one_time_tokens::purpose.eq_any(names));
    diesel::delete(theirs).execute(connection)?;
    Ok(())
}

/// In plain SQL: the key has two columns, and the query builder knows lists of one only.
fn delete_expired(connection: &mut SqliteConnection, now: Timestamp, limit: u32) -> Result<u32, Failure> {
    let deleted = sql_query(
        "DELETE FROM one_time_tokens WHERE (digest, purpose) IN (\
         SELECT digest, purpose FROM one_time_tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
    )
    .bind::<sql_types::BigInt, _>(now.unix_micros())
    .bind::<sql_types::BigInt, _>(i64::from(limit))
    .execute(connection)?;
    Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
}

/// What is read of a row: whose it is, and until when. The rest is what it was asked for by.
type Row = (Vec<u8>, i64);

const COLUMNS: (one_time_tokens::user_id, one_time_tokens::expires_at) =
    (one_time_tokens::user_id, one_time_tokens::expires_at);

fn token(digest: Digest, purpose: OneTimePurpose, (user_id, expires_at): &Row) -> Result<OneTimeToken, Failure> {
    let user_id = UserId::from_bytes(column::id(user_id)?);
    Ok(OneTimeToken { digest, purpose, user_id, expires_at: Timestamp::from_unix_micros(*expires_at) })
}
