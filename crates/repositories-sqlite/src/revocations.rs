//! Revocations in SQLite: a log whose numbers follow the order of commits, since there is one writer at a time, over
//! all processes. Whoever follows it by number therefore never passes over one.

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::{
    ExpressionMethods as _, QueryDsl as _, Queryable, RunQueryDsl as _, Selectable, SelectableHelper as _,
    SqliteConnection, select,
};
use tessera_domain::{Revocation, RevokedKey, SessionId, Timestamp, TokenId};
use tessera_repositories::{Result, RevocationCursor, RevocationPage, RevocationRepository};

use crate::error::Failure;
use crate::schema::revocations;
use crate::{SqliteStore, column};

/// The revocations of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteRevocations {
    store: SqliteStore,
}

impl SqliteRevocations {
    /// The revocations of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl RevocationRepository for SqliteRevocations {
    async fn insert(&self, revocations: &[Revocation]) -> Result<()> {
        let revocations = revocations.to_vec();
        self.store.write("record revocations", move |connection| record(connection, &revocations)).await
    }

    async fn is_revoked(&self, keys: &[RevokedKey], now: Timestamp) -> Result<bool> {
        let keys = keys.to_vec();
        self.store
            .read("look for a revocation", move |connection| {
                for key in keys {
                    if is_revoked(connection, key, now)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    async fn list_after(&self, cursor: RevocationCursor, now: Timestamp, limit: u32) -> Result<RevocationPage> {
        self.store.read("list revocations", move |connection| list_after(connection, cursor, now, limit)).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .write("delete expired revocations", move |connection| {
                let candidates = diesel::alias!(revocations as candidates);
                let expired = candidates
                    .filter(candidates.field(revocations::until).le(now.unix_micros()))
                    .order(candidates.field(revocations::until))
                    .limit(i64::from(limit))
                    .select(candidates.field(revocations::seq));
                let deleted =
                    diesel::delete(revocations::table.filter(revocations::seq.eq_any(expired))).execute(connection)?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// Records revocations within the transaction of the caller.
///
/// One that is prolonged leaves its place and is recorded anew, so that followers who passed it hear of it again. One
/// that says nothing new changes nothing.
pub(crate) fn record(connection: &mut SqliteConnection, revocations: &[Revocation]) -> Result<(), Failure> {
    for revocation in revocations {
        let (kind, key) = parts(&revocation.key);
        let until = revocation.until.unix_micros();
        let shorter = revocations::table
            .filter(revocations::kind.eq(kind))
            .filter(revocations::key.eq(key))
            .filter(revocations::until.lt(until));
        diesel::delete(shorter).execute(connection)?;
        diesel::insert_into(revocations::table)
            .values((revocations::kind.eq(kind), revocations::key.eq(key), revocations::until.eq(until)))
            .on_conflict((revocations::kind, revocations::key))
            .do_nothing()
            .execute(connection)?;
    }
    Ok(())
}

fn is_revoked(connection: &mut SqliteConnection, key: RevokedKey, now: Timestamp) -> Result<bool, Failure> {
    let (kind, key) = parts(&key);
    let live = revocations::table
        .filter(revocations::kind.eq(kind))
        .filter(revocations::key.eq(key))
        .filter(revocations::until.gt(now.unix_micros()));
    Ok(select(exists(live)).get_result(connection)?)
}

fn list_after(
    connection: &mut SqliteConnection,
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
        .load(connection)?;
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

/// A revocation as its row has it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = revocations, check_for_backend(diesel::sqlite::Sqlite))]
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
