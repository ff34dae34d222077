//! One-time tokens in PostgreSQL: a row while it can be spent, and nothing afterwards.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{ExpressionMethods as _, IntoSql as _, OptionalExtension as _, QueryDsl as _, sql_query};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Digest, OneTimePurpose, OneTimeToken, Timestamp, UserId};
use tessera_repositories::{Earlier, KeepOutcome, OneTimeTokenRepository, Result};

use crate::error::Failure;
use crate::schema::{one_time_tokens, users};
use crate::turn::Turn;
use crate::{PostgresStore, column};

/// The one-time tokens of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresOneTimeTokens {
    store: PostgresStore,
}

impl PostgresOneTimeTokens {
    /// The one-time tokens of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl OneTimeTokenRepository for PostgresOneTimeTokens {
    async fn insert(&self, token: &OneTimeToken, earlier: Earlier) -> Result<KeepOutcome> {
        let token = token.clone();
        self.store
            .run("insert a one-time token", async move |connection| match earlier {
                Earlier::Keep => insert(connection, &token).await,
                Earlier::Replace => connection.transaction(async |connection| replace(connection, &token).await).await,
            })
            .await
    }

    async fn consume(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let digest = *digest;
        self.store
            .run("consume a one-time token", async move |connection| consume(connection, digest, purpose, now).await)
            .await
    }

    async fn find(&self, digest: &Digest, purpose: OneTimePurpose, now: Timestamp) -> Result<Option<OneTimeToken>> {
        let digest = *digest;
        self.store
            .run("find a one-time token", async move |connection| find(connection, digest, purpose, now).await)
            .await
    }

    async fn delete_for(&self, user_id: UserId, purposes: &[OneTimePurpose]) -> Result<()> {
        let purposes = purposes.to_vec();
        self.store
            .run("delete one-time tokens", async move |connection| delete_for(connection, user_id, &purposes).await)
            .await
    }

    /// As everywhere here, an array keeps the inner query from running again and taking more than the limit.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .run("delete expired one-time tokens", async move |connection| {
                let deletion = sql_query(
                    "DELETE FROM one_time_tokens WHERE ctid = ANY(ARRAY(
                        SELECT ctid FROM one_time_tokens WHERE expires_at <= $1
                        ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                );
                let limits = (now.unix_micros(), i64::from(limit));
                let deleted =
                    deletion.bind::<BigInt, _>(limits.0).bind::<BigInt, _>(limits.1).execute(connection).await?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// Of several that replace at once each would miss the others' rows, which are not there yet: they take turns, so that the
/// newest alone is left. The account comes first, as everywhere.
async fn replace(connection: &mut AsyncPgConnection, token: &OneTimeToken) -> Result<KeepOutcome, Failure> {
    let account = users::table.find(token.user_id.as_bytes().as_slice()).filter(users::is_active.eq(true));
    let held: Option<Vec<u8>> = account.select(users::id).for_share().first(connection).await.optional()?;
    if held.is_none() {
        return Ok(KeepOutcome::NoAccount);
    }
    Turn::ReplaceToken.wait(connection).await?;
    delete_for(connection, token.user_id, &[token.purpose]).await?;
    insert(connection, token).await
}

/// Inserts what it selects from an account that is there and active. As with a session that is opened, the share lock makes
/// it wait for a change of the account that is under way, and judge the account anew when that is through; a later change
/// waits for us, and finds the token.
async fn insert(connection: &mut AsyncPgConnection, token: &OneTimeToken) -> Result<KeepOutcome, Failure> {
    let account = users::table
        .find(token.user_id.as_bytes().as_slice())
        .filter(users::is_active.eq(true))
        .select((
            token.digest.as_bytes().as_slice().into_sql::<Binary>(),
            token.purpose.name().into_sql::<Text>(),
            users::id,
            token.expires_at.unix_micros().into_sql::<BigInt>(),
        ))
        .for_share();
    let inserted = diesel::insert_into(one_time_tokens::table)
        .values(account)
        .into_columns((
            one_time_tokens::digest,
            one_time_tokens::purpose,
            one_time_tokens::user_id,
            one_time_tokens::expires_at,
        ))
        .execute(connection)
        .await?;
    Ok(if inserted == 0 { KeepOutcome::NoAccount } else { KeepOutcome::Kept })
}

/// One guarded statement: whoever deletes the row has spent the token.
pub(crate) async fn consume(
    connection: &mut AsyncPgConnection,
    digest: Digest,
    purpose: OneTimePurpose,
    now: Timestamp,
) -> Result<Option<OneTimeToken>, Failure> {
    let live = one_time_tokens::table
        .find((digest.as_bytes().as_slice(), purpose.name()))
        .filter(one_time_tokens::expires_at.gt(now.unix_micros()));
    let row: Option<Row> = diesel::delete(live).returning(COLUMNS).get_result(connection).await.optional()?;
    row.map(|row| token(digest, purpose, &row)).transpose()
}

pub(crate) async fn find(
    connection: &mut AsyncPgConnection,
    digest: Digest,
    purpose: OneTimePurpose,
    now: Timestamp,
) -> Result<Option<OneTimeToken>, Failure> {
    let live = one_time_tokens::table
        .find((digest.as_bytes().as_slice(), purpose.name()))
        .filter(one_time_tokens::expires_at.gt(now.unix_micros()));
    let row: Option<Row> = live.select(COLUMNS).first(connection).await.optional()?;
    row.map(|row| token(digest, purpose, &row)).transpose()
}

pub(crate) async fn delete_for(
    connection: &mut AsyncPgConnection,
    user_id: UserId,
    purposes: &[OneTimePurpose],
) -> Result<(), Failure> {
    let names: Vec<&str> = purposes.iter().map(|purpose| purpose.name()).collect();
    let theirs = one_time_tokens::table
        .filter(one_time_tokens::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(one_time_tokens::purpose.eq_any(names));
    diesel::delete(theirs).execute(connection).await?;
    Ok(())
}

/// What is read of a row: whose it is, and until when. The rest is what it was asked for by.
type Row = (Vec<u8>, i64);

const COLUMNS: (one_time_tokens::user_id, one_time_tokens::expires_at) =
    (one_time_tokens::user_id, one_time_tokens::expires_at);

fn token(digest: Digest, purpose: OneTimePurpose, (user_id, expires_at): &Row) -> Result<OneTimeToken, Failure> {
    let user_id = UserId::from_bytes(column::id(user_id)?);
    Ok(OneTimeToken { digest, purpose, user_id, expires_at: Timestamp::from_unix_micros(*expires_at) })
}
