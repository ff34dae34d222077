//! The activity log in PostgreSQL.

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use diesel::{
    ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable, SelectableHelper as _, sql_query,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Activity, ActivityEvent, ActivityId, Timestamp, UserId};
use tessera_repositories::{ActivityPage, ActivityPageRequest, ActivityRepository, Result};

use crate::error::Failure;
use crate::schema::activity;
use crate::{PostgresStore, column};

/// The activity log of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresActivity {
    store: PostgresStore,
}

impl PostgresActivity {
    /// The activity log of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl ActivityRepository for PostgresActivity {
    async fn insert(&self, entries: &[Activity]) -> Result<()> {
        let mut rows: Vec<_> = entries.iter().map(ActivityRow::from).collect();
        // Whoever inserts a key waits for another who is inserting it: in one order, nobody waits in a circle.
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        self.store.run("add to the activity log", async move |connection| insert(connection, &rows).await).await
    }

    async fn list(&self, request: ActivityPageRequest) -> Result<ActivityPage> {
        self.store.run("list activity", async move |connection| list(connection, request).await).await
    }

    /// As everywhere here, an array keeps the inner query from running again and taking more than the limit.
    async fn delete_older(&self, before: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .run("delete old activity", async move |connection| {
                let deletion = sql_query(
                    "DELETE FROM activity WHERE id = ANY(ARRAY(
                        SELECT id FROM activity WHERE happened_at < $1
                        ORDER BY happened_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                );
                let limits = (before.unix_micros(), i64::from(limit));
                let deleted =
                    deletion.bind::<BigInt, _>(limits.0).bind::<BigInt, _>(limits.1).execute(connection).await?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// The most rows of one statement: it has six values a row, and the protocol counts them in sixteen bits.
const ROWS: usize = 1_000;

async fn insert(connection: &mut AsyncPgConnection, rows: &[ActivityRow]) -> Result<(), Failure> {
    connection
        .transaction(async |connection| {
            for rows in rows.chunks(ROWS) {
                let insertion = diesel::insert_into(activity::table).values(rows).on_conflict(activity::id);
                insertion.do_nothing().execute(connection).await?;
            }
            Ok(())
        })
        .await
}

/// Keyset paging on the index of the account; one row more than asked for tells whether there are more.
async fn list(connection: &mut AsyncPgConnection, request: ActivityPageRequest) -> Result<ActivityPage, Failure> {
    let limit = usize::from(request.limit);
    let mut theirs = activity::table
        .filter(activity::user_id.eq(request.user_id.as_bytes().to_vec()))
        .order(activity::id.desc())
        .limit(i64::from(request.limit) + 1)
        .select(ActivityRow::as_select())
        .into_boxed();
    if let Some(before) = request.before {
        theirs = theirs.filter(activity::id.lt(before.as_bytes().to_vec()));
    }
    let rows: Vec<ActivityRow> = theirs.load(connection).await?;
    let has_more = rows.len() > limit;
    let entries = rows.into_iter().take(limit).map(Activity::try_from).collect::<Result<_, _>>()?;
    Ok(ActivityPage { entries, has_more })
}

/// Forgets the log of an account, within the transaction of the caller.
pub(crate) async fn delete_for(connection: &mut AsyncPgConnection, user_id: UserId) -> Result<(), Failure> {
    let theirs = activity::table.filter(activity::user_id.eq(user_id.as_bytes().as_slice()));
    diesel::delete(theirs).execute(connection).await?;
    Ok(())
}

/// An entry as its row has it.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activity, check_for_backend(diesel::pg::Pg))]
struct ActivityRow {
    id: Vec<u8>,
    user_id: Vec<u8>,
    event: String,
    happened_at: i64,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl From<&Activity> for ActivityRow {
    fn from(entry: &Activity) -> Self {
        Self {
            id: entry.id.as_bytes().to_vec(),
            user_id: entry.user_id.as_bytes().to_vec(),
            event: entry.event.name().to_owned(),
            happened_at: entry.at.unix_micros(),
            ip: entry.ip.map(|ip| ip.to_string()),
            user_agent: entry.user_agent.clone(),
        }
    }
}

impl TryFrom<ActivityRow> for Activity {
    type Error = Failure;

    fn try_from(row: ActivityRow) -> Result<Self, Failure> {
        let ip = row.ip.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: ActivityId::from_bytes(column::id(&row.id)?),
            user_id: UserId::from_bytes(column::id(&row.user_id)?),
            event: ActivityEvent::from_name(&row.event).ok_or(Failure::Corrupt("activity.event"))?,
            at: Timestamp::from_unix_micros(row.happened_at),
            ip: ip.map_err(|_| Failure::Corrupt("activity.ip"))?,
            user_agent: row.user_agent,
        })
    }
}
