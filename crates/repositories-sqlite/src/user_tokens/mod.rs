//! The pairs of other services' users, in SQLite.

mod token_data;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::sql_types::{Json, Text};
use diesel::{
    AsChangeset, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable,
    RunQueryDsl as _, Selectable, SelectableHelper as _, SqliteConnection, select, sql_query,
};
use serde_json::Value;
use tessera_domain::{Digest, ExternalId, ExternalPair, ExternalUsername, IssuedToken, Timestamp};
use tessera_repositories::{GuardedOutcome, PutOutcome, Result, UserTokenRepository};

use crate::SqliteStore;
use crate::error::Failure;
use crate::schema::user_tokens;

/// The pairs of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteUserTokens {
    store: SqliteStore,
}

impl SqliteUserTokens {
    /// The pairs of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl UserTokenRepository for SqliteUserTokens {
    async fn put(&self, pair: &ExternalPair) -> Result<PutOutcome> {
        let row = PairRow::from(pair);
        self.store.write("keep a pair of tokens", move |connection| put(connection, &row)).await
    }

    async fn find(&self, subject: &ExternalId) -> Result<Option<ExternalPair>> {
        let subject = subject.key();
        self.store
            .read("find a pair of tokens", move |connection| {
                let row = user_tokens::table.filter(user_tokens::subject.eq(subject)).select(PairRow::as_select());
                row.first(connection).optional()?.map(ExternalPair::try_from).transpose()
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
            .write("replace an access token", move |connection| {
                let replacement = sql_query(
                    "UPDATE user_tokens SET token_data = json_set(token_data, '$.access', json(?)) \
                     WHERE subject = ? AND token_data ->> '$.refresh.sha256' = ?",
                );
                let bound = replacement.bind::<Json, _>(&access).bind::<Text, _>(&subject).bind::<Text, _>(&refresh);
                let replaced = bound.execute(connection)?;
                outcome(connection, &subject, replaced)
            })
            .await
    }

    async fn delete(&self, subject: &ExternalId, access: &Digest) -> Result<GuardedOutcome> {
        let (subject, access) = (subject.key(), token_data::sha256(access));
        self.store
            .write("delete a pair of tokens", move |connection| {
                let deletion =
                    sql_query("DELETE FROM user_tokens WHERE subject = ? AND token_data ->> '$.access.sha256' = ?");
                let deleted = deletion.bind::<Text, _>(&subject).bind::<Text, _>(&access).execute(connection)?;
                outcome(connection, &subject, deleted)
            })
            .await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .write("delete expired pairs of tokens", move |connection| {
                let candidates = diesel::alias!(user_tokens as candidates);
                let expired = candidates
                    .filter(candidates.field(user_tokens::refresh_expires_at).le(now.unix_micros()))
                    .order(candidates.field(user_tokens::refresh_expires_at))
                    .limit(i64::from(limit))
                    .select(candidates.field(user_tokens::id));
                let deleted =
                    diesel::delete(user_tokens::table.filter(user_tokens::id.eq_any(expired))).execute(connection)?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// A known user's row is overwritten; otherwise the unique indexes decide. Only a refused insertion asks which of them it
/// was; nothing can change in between, since all of it happens in one transaction of the only writer.
fn put(connection: &mut SqliteConnection, row: &PairRow) -> Result<PutOutcome, Failure> {
    let known = user_tokens::table
        .filter(user_tokens::subject.eq(&row.subject))
        .filter(user_tokens::username_key.eq(&row.username_key));
    if diesel::update(known).set(row).execute(connection)? == 1 {
        return Ok(PutOutcome::Stored);
    }
    if diesel::insert_into(user_tokens::table).values(row).on_conflict_do_nothing().execute(connection)? == 1 {
        return Ok(PutOutcome::Stored);
    }
    let is_subject_bound = exists(user_tokens::table.filter(user_tokens::subject.eq(&row.subject)));
    let is_subject_bound: bool = select(is_subject_bound).get_result(connection)?;
    Ok(if is_subject_bound { PutOutcome::SubjectBound } else { PutOutcome::UsernameBound })
}

/// Of a guarded statement that changed this many rows.
fn outcome(connection: &mut SqliteConnection, subject: &str, changed: usize) -> Result<GuardedOutcome, Failure> {
    if changed == 1 {
        return Ok(GuardedOutcome::Done);
    }
    let is_there = exists(user_tokens::table.filter(user_tokens::subject.eq(subject)));
    let is_there: bool = select(is_there).get_result(connection)?;
    Ok(if is_there { GuardedOutcome::Superseded } else { GuardedOutcome::Absent })
}

/// A pair as its row has it, but for the row's number, which nobody asks for.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = user_tokens, check_for_backend(diesel::sqlite::Sqlite))]
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
