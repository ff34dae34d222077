//! The activity log in SQLite.

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, RunQueryDsl as _, Selectable, SelectableHelper as _,
    SqliteConnection,
};
use tessera_domain::{Activity, ActivityEvent, ActivityId, Timestamp, UserId};
use tessera_repositories::{ActivityPage, ActivityPageRequest, ActivityRepository, Result};

use crate::error::Failure;
use crate::schema::activity;
use crate::{SqliteStore, column};

/// The activity log of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteActivity {
    store: SqliteStore,
}

impl SqliteActivity {
    /// The activity log of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl ActivityRepository for SqliteActivity {
    async fn insert(&self, entries: &[Activity]) -> Result<()> {
        let rows: Vec<_> = entries.iter().map(ActivityRow::from).collect();
        self.store.write("add to the activity log", move |connection| insert(connection, &rows)).await
    }

    async fn list(&self, request: ActivityPageRequest) -> Result<ActivityPage> {
        self.store.read("list activity", move |connection| list(connection, request)).await
    }

    async fn delete_older(&self, before: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .write("delete old activity", move |connection| {
                let candidates = diesel::alias!(activity as candidates);
                let old = candidates
                    .filter(candidates.field(activity::happened_at).lt(before.unix_micros()))
                    .order(candidates.field(activity::happened_at))
                    .limit(i64::from(limit))
                    .select(candidates.field(activity::id));
                let deleted = diesel::delete(activity::table.filter(activity::id.eq_any(old))).execute(connection)?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// One after the other, in one transaction: SQLite gains nothing from statements with many rows.
fn insert(connection: &mut SqliteConnection, rows: &[ActivityRow]) -> Result<(), Failure> {
    for row in rows {
        diesel::insert_into(activity::table).values(row).on_conflict(activity::id).do_nothing().execute(connection)?;
    }
    Ok(())
}

/// Keyset paging on the index of the account; one row more than asked for tells whether there are more.
fn list(connection: &mut SqliteConnection, request: ActivityPageRequest) -> Result<ActivityPage, Failure> {
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
    let rows: Vec<ActivityRow> = theirs.load(connection)?;
    let has_more = rows.len() > limit;
    let entries = rows.into_iter().take(limit).map(Activity::try_from).collect::<Result<_, _>>()?;
    Ok(ActivityPage { entries, has_more })
}

/// Forgets the log of an account, within the transaction of the caller.
pub(crate) fn delete_for(connection: &mut SqliteConnection, user_id: UserId) -> Result<(), Failure> {
    let theirs = activity::table.filter(activity::user_id.eq(user_id.as_bytes().as_slice()));
    diesel::delete(theirs).execute(connection)?;
    Ok(())
}

/// An entry as its row has it.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activity, check_for_backend(diesel::sqlite::Sqlite))]
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
