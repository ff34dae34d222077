//! Revocations in PostgreSQL: a log whose numbers follow the order of commits.
//!
//! A sequence alone does not promise that. A transaction that took number 7 may commit after the one that took 8, and
//! a follower who has seen 8 would never look for 7: a revoked token would stay good. Appenders therefore take turns,
//! each until its commit. They take a number only when everybody before them is visible, and what a turn costs is one
//! commit, of which few are waiting at a time. (Stopping followers at the oldest transaction that is still running
//! would cost appenders nothing, but any forgotten transaction in the server would stop the log for all.)

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _, select, sql_query,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Revocation, RevokedKey, SessionId, Timestamp, TokenId};
use tessera_repositories::{Result, RevocationCursor, RevocationPage, RevocationRepository};

use crate::error::Failure;
use crate::schema::revocations;
use crate::turn::Turn;
use crate::{PostgresStore, column};

/// The revocations of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresRevocations {
    store: PostgresStore,
}

impl PostgresRevocations {
    /// The revocations of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl RevocationRepository for PostgresRevocations {
    async fn insert(&self, revocations: &[Revocation]) -> Result<()> {
        let revocations = revocations.to_vec();
        self.store
            .run("record revocations", async move |connection| {
                connection.transaction(async |connection| record(connection, &revocations).await).await
            })
            .await
    }

    async fn is_revoked(&self, keys: &[RevokedKey], now: Timestamp) -> Result<bool> {
        let keys = keys.to_vec();
        self.store.run("look for a revocation", async move |connection| is_revoked(connection, &keys, now).await).await
    }

    async fn list_after(&self, cursor: RevocationCursor, now: Timestamp, limit: u32) -> Result<RevocationPage> {
        self.store
            .run("list revocations", async move |connection| list_after(connection, cursor, now, limit).await)
            .await
    }

    /// Rows that somebody else works on are left for the next time. The array is there to have the inner query run
    /// once: as a join it may run again and take more than the limit.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .run("delete expired revocations", async move |connection| {
                let deletion = sql_query(
                    "DELETE FROM revocations WHERE seq = ANY(ARRAY(
                        SELECT seq FROM revocations WHERE until <= $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED))",
                );
                let limits = (now.unix_micros(), i64::from(limit));
                let deleted =
                    deletion.bind::<BigInt, _>(limits.0).bind::<BigInt, _>(limits.1).execute(connection).await?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// The most rows of one statement: it has three values a row, and the protocol counts them in sixteen bits.
const ROWS: usize = 1_000;

/// Records revocations within the transaction of the caller, which should commit soon: others wait for it.
///
/// One that is prolonged leaves its place and takes a new number, so that followers who passed it hear of it again. One
/// that says nothing new changes nothing.
pub(crate) async fn record(connection: &mut AsyncPgConnection, revocations: &[Revocation]) -> Result<(), Failure> {
    // The condition of an upsert; on a table, it would be in the way of the other `filter`.
    use diesel::query_dsl::methods::FilterDsl as _;

    if revocations.is_empty() {
        return Ok(());
    }
    Turn::Revoke.wait(connection).await?;
    for rows in distinct(revocations).chunks(ROWS) {
        diesel::insert_into(revocations::table)
            .values(rows)
            .on_conflict((revocations::kind, revocations::key))
            .do_update()
            .set((revocations::seq.eq(excluded(revocations::seq)), revocations::until.eq(excluded(revocations::until))))
            .filter(revocations::until.lt(excluded(revocations::until)))
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// The rows to write, in the order given. One statement cannot write a row twice: of several ends the latest counts.
fn distinct(revocations: &[Revocation]) -> Vec<NewRevocation<'_>> {
    let mut rows: Vec<NewRevocation<'_>> = Vec::with_capacity(revocations.len());
    let mut places = HashMap::new();
    for revocation in revocations {
        let until = revocation.until.unix_micros();
        match places.entry(revocation.key) {
            Entry::Vacant(place) => {
                place.insert(rows.len());
                let (kind, key) = parts(&revocation.key);
                rows.push(NewRevocation { kind, key, until });
            }
            Entry::Occupied(place) => {
                if let Some(row) = rows.get_mut(*place.get()) {
                    row.until = row.until.max(until);
                }
            }
        }
    }
    rows
}

async fn is_revoked(connection: &mut AsyncPgConnection, keys: &[RevokedKey], now: Timestamp) -> Result<bool, Failure> {
    let of_kind = |wanted| -> Vec<&[u8]> {
        keys.iter().map(parts).filter(|(kind, _)| *kind == wanted).map(|(_, key)| key).collect()
    };
    let session = revocations::kind.eq(SESSION).and(revocations::key.eq_any(of_kind(SESSION)));
    let token = revocations::kind.eq(TOKEN).and(revocations::key.eq_any(of_kind(TOKEN)));
    let live = revocations::table.filter(session.or(token)).filter(revocations::until.gt(now.unix_micros()));
    Ok(select(exists(live)).get_result(connection).await?)
}

async fn list_after(
    connection: &mut AsyncPgConnection,
    cursor: RevocationCursor,
    now: Timestamp,
    limit: u32,
) -> Result<RevocationPage, Failure> {
    let mut rows: Vec<RevocationRow> = revocations::table
        .filter(revocations::seq.gt(cursor.number()))
        .filter(revocations::until.gt(now.unix_micros()))
        .order(revocations::seq)
        .limit(i64::from(limit) + 1)
        .select(RevocationRow::as_select())
        .load(connection)
        .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map_or(cursor, |row| RevocationCursor::after(row.seq));
    let revocations = rows.iter().map(Revocation::try_from).collect::<Result<_, _>>()?;
    Ok(RevocationPage { revocations, next, has_more })
}

const SESSION: &str = "session";
const TOKEN: &str = "token";

/// The two columns that name what was revoked.
fn parts(key: &RevokedKey) -> (&'static str, &[u8]) {
    match key {
        RevokedKey::Session(id) => (SESSION, id.as_bytes()),
        RevokedKey::Token(id) => (TOKEN, id.as_bytes()),
    }
}

/// A revocation to be written; the database gives it its number.
#[derive(Insertable)]
#[diesel(table_name = revocations)]
struct NewRevocation<'a> {
    kind: &'a str,
    key: &'a [u8],
    until: i64,
}

/// A revocation as its row has it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = revocations, check_for_backend(diesel::pg::Pg))]
struct RevocationRow {
    seq: i64,
    kind: String,
    key: Vec<u8>,
    until: i64,
}

impl TryFrom<&RevocationRow> for Revocation {
    type Error = Failure;

    fn try_from(row: &RevocationRow) -> Result<Self, Failure> {
        let bytes = column::id(&row.key)?;
        let key = match row.kind.as_str() {
            SESSION => RevokedKey::Session(SessionId::from_bytes(bytes)),
            TOKEN => RevokedKey::Token(TokenId::from_bytes(bytes)),
            _ => return Err(Failure::Corrupt("revocations.kind")),
        };
        Ok(Self { key, until: Timestamp::from_unix_micros(row.until) })
    }
}
