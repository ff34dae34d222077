//! The pairs of other services' users, in PostgreSQL.

mod token_data;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::sql_types::{BigInt, Jsonb, Text};
use diesel::{
    AsChangeset, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _, select, sql_query,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde_json::Value;
use tessera_domain::{Digest, ExternalId, ExternalPair, ExternalUsername, IssuedToken, Timestamp};
use tessera_repositories::{GuardedOutcome, PutOutcome, Result, UserTokenRepository};

use crate::PostgresStore;
use crate::error::Failure;
use crate::prepared::Prepared;
use crate::schema::user_tokens;

/// The pairs of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresUserTokens {
    store: PostgresStore,
}

impl PostgresUserTokens {
    /// The pairs of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl UserTokenRepository for PostgresUserTokens {
    async fn put(&self, pair: &ExternalPair) -> Result<PutOutcome> {
        let row = PairRow::from(pair);
        self.store.run("keep a pair of tokens", async move |connection| put(connection, &row).await).await
    }

    async fn find(&self, subject: &ExternalId) -> Result<Option<ExternalPair>> {
        let subject = subject.key();
        self.store
            .run("find a pair of tokens", async move |connection| {
                let row = user_tokens::table.filter(user_tokens::subject.eq(subject)).select(PairRow::as_select());
                row.first(connection).await.optional()?.map(ExternalPair::try_from).transpose()
            })
            .await
    }

    async fn replace_access(
        &self,
        subject: &ExternalId,
        refresh: &Digest,
        access: &IssuedToken,
    ) -> Result<GuardedOutcome> {
        let (subject, refresh, access) = (subject.key(), token_data::sha256(refresh), token_data::token(access));
        self.store
            .run("replace an access token", async move |connection| {
                let replacement = sql_query(
                    "UPDATE user_tokens SET token_data = jsonb_set(token_data, '{access}', $1) \
                     WHERE subject = $2 AND token_data #>> '{refresh,sha256}' = $3",
                );
                let bound = replacement.bind::<Jsonb, _>(&access).bind::<Text, _>(&subject).bind::<Text, _>(&refresh);
                let replaced = Prepared(bound).execute(connection).await?;
                outcome(connection, &subject, replaced).await
            })
            .await
    }

    async fn delete(&self, subject: &ExternalId, access: &Digest) -> Result<GuardedOutcome> {
        let (subject, access) = (subject.key(), token_data::sha256(access));
        self.store
            .run("delete a pair of tokens", async move |connection| {
                let deletion =
                    sql_query("DELETE FROM user_tokens WHERE subject = $1 AND token_data #>> '{access,sha256}' = $2");
                let bound = deletion.bind::<Text, _>(&subject).bind::<Text, _>(&access);
                let deleted = Prepared(bound).execute(connection).await?;
                outcome(connection, &subject, deleted).await
            })
            .await
    }

    /// As everywhere here, an array keeps the inner query from running again and taking more than the limit.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .run("delete expired pairs of tokens", async move |connection| {
                let deletion = sql_query(
                    "DELETE FROM user_tokens WHERE id = ANY(ARRAY(
                        SELECT id FROM user_tokens WHERE refresh_expires_at <= $1
                        ORDER BY refresh_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                );
                let limits = (now.unix_micros(), i64::from(limit));
                let deleted =
                    deletion.bind::<BigInt, _>(limits.0).bind::<BigInt, _>(limits.1).execute(connection).await?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// How often a pair is tried to keep whose obstacle was gone before it could be named.
const ATTEMPTS: usize = 3;

/// A known user's row is overwritten; otherwise the unique indexes decide, in one statement that also waits for bindings
/// under way. Only a refused insertion asks what was in its way. If nothing is any more, or somebody has just bound the
/// two to each other, it is tried again.
async fn put(connection: &mut AsyncPgConnection, row: &PairRow) -> Result<PutOutcome, Failure> {
    for _ in 0..ATTEMPTS {
        let known = user_tokens::table
            .filter(user_tokens::subject.eq(&row.subject))
            .filter(user_tokens::username_key.eq(&row.username_key));
        if Prepared(diesel::update(known).set(row)).execute(connection).await? == 1 {
            return Ok(PutOutcome::Stored);
        }
        let insertion = diesel::insert_into(user_tokens::table).values(row).on_conflict_do_nothing();
        if insertion.execute(connection).await? == 1 {
            return Ok(PutOutcome::Stored);
        }
        match obstacles(connection, row).await? {
            (true, _) => return Ok(PutOutcome::SubjectBound),
            (false, true) => return Ok(PutOutcome::UsernameBound),
            (false, false) => {}
        }
    }
    Err(Failure::Contended)
}

/// Whether the id is bound to another username, and the username to another id, both at one moment.
async fn obstacles(connection: &mut AsyncPgConnection, row: &PairRow) -> Result<(bool, bool), Failure> {
    let subject = user_tokens::table
        .filter(user_tokens::subject.eq(&row.subject))
        .filter(user_tokens::username_key.ne(&row.username_key));
    let username = user_tokens::table
        .filter(user_tokens::username_key.eq(&row.username_key))
        .filter(user_tokens::subject.ne(&row.subject));
    Ok(select((exists(subject), exists(username))).get_result(connection).await?)
}

/// Of a guarded statement that changed this many rows.
async fn outcome(connection: &mut AsyncPgConnection, subject: &str, changed: usize) -> Result<GuardedOutcome, Failure> {
    if changed == 1 {
        return Ok(GuardedOutcome::Done);
    }
    let is_there = exists(user_tokens::table.filter(user_tokens::subject.eq(subject)));
    let is_there: bool = select(is_there).get_result(connection).await?;
    Ok(if is_there { GuardedOutcome::Superseded } else { GuardedOutcome::Absent })
}

/// A pair as its row has it, but for the row's number, which nobody asks for.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = user_tokens, check_for_backend(diesel::pg::Pg))]
struct PairRow {
    subject: String,
    username: String,
    username_key: String,
    token_data: Value,
    refresh_expires_at: i64,
}

impl From<&ExternalPair> for PairRow {
    fn from(pair: &ExternalPair) -> Self {
        Self {
            subject: pair.subject.key(),
            username: pair.username.as_str().to_owned(),
            username_key: pair.username.key().to_owned(),
            token_data: token_data::pair(pair),
            refresh_expires_at: pair.refresh.expires_at.unix_micros(),
        }
    }
}

impl TryFrom<PairRow> for ExternalPair {
    type Error = Failure;

    fn try_from(row: PairRow) -> Result<Self, Failure> {
        let tokens = token_data::read(&row.token_data);
        let (access, refresh) = tokens.ok_or(Failure::Corrupt("user_tokens.token_data"))?;
        Ok(Self {
            subject: ExternalId::parse(&row.subject).map_err(|_| Failure::Corrupt("user_tokens.subject"))?,
            username: ExternalUsername::parse(&row.username).map_err(|_| Failure::Corrupt("user_tokens.username"))?,
            access,
            refresh,
        })
    }
}
