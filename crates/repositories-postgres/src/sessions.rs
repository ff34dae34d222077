//! Sessions in PostgreSQL.
//!
//! Whoever needs several locks takes them in one order: sessions by their ids, then the turn to revoke. Nobody waits in
//! a circle. (A change of an account has taken others before: see `account_changes`.)

use async_trait::async_trait;
use diesel::dsl::case_when;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::{
    AsChangeset, ExpressionMethods as _, IntoSql as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _, sql_query,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{
    EndReason, Generation, Presented, Revocation, RevokedKey, SecurityVersion, Session, SessionClient, SessionId,
    SessionState, Timestamp, UserAgent, UserId,
};
use tessera_repositories::{
    AccountSessionEnding, OpenOutcome, Result, RotateOutcome, RotateSession, SessionEnding, SessionPage,
    SessionPageRequest, SessionRepository, WhichSessions,
};

use crate::error::Failure;
use crate::prepared::Prepared;
use crate::schema::{sessions, users};
use crate::{PostgresStore, column, revocations};

/// The sessions of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresSessions {
    store: PostgresStore,
}

impl PostgresSessions {
    /// The sessions of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl SessionRepository for PostgresSessions {
    async fn open(&self, session: &Session, version: SecurityVersion) -> Result<OpenOutcome> {
        let row = SessionRow::from(session);
        self.store.run("open a session", async move |connection| open(connection, &row, version).await).await
    }

    async fn find(&self, id: SessionId) -> Result<Option<Session>> {
        self.store
            .run("find a session", async move |connection| {
                let row = sessions::table.find(id.as_bytes().as_slice()).select(SessionRow::as_select());
                row.first(connection).await.optional()?.map(Session::try_from).transpose()
            })
            .await
    }

    async fn list_open(&self, request: SessionPageRequest) -> Result<SessionPage> {
        self.store.run("list sessions", async move |connection| list_open(connection, request).await).await
    }

    async fn rotate(&self, request: &RotateSession) -> Result<RotateOutcome> {
        let request = request.clone();
        self.store
            .run("rotate a session", async move |connection| match advance(connection, &request).await? {
                Some(session) => Ok(RotateOutcome::Rotated(session)),
                None => connection.transaction(async |connection| judge(connection, &request).await).await,
            })
            .await
    }

    async fn note_use(&self, id: SessionId, at: Timestamp, client: &SessionClient) -> Result<()> {
        let change = ClientChange::new(at, client);
        self.store
            .run("note the use of a session", async move |connection| {
                let going_on = sessions::table.find(id.as_bytes().as_slice()).filter(sessions::ended_at.is_null());
                Prepared(diesel::update(going_on).set(&change)).execute(connection).await?;
                Ok(())
            })
            .await
    }

    async fn end(&self, ending: &SessionEnding) -> Result<()> {
        let ending = ending.clone();
        self.store
            .run("end sessions", async move |connection| {
                connection
                    .transaction(async |connection| {
                        end(connection, &ending.sessions, ending.at, ending.reason).await?;
                        revocations::record(connection, &ending.revocations).await
                    })
                    .await
            })
            .await
    }

    async fn end_of(&self, ending: &AccountSessionEnding) -> Result<Vec<Session>> {
        let ending = ending.clone();
        self.store
            .run("end sessions of an account", async move |connection| {
                connection.transaction(async |connection| end_of(connection, &ending).await).await
            })
            .await
    }

    /// Rows that somebody else works on are left for the next time. The array is there to have the inner query run
    /// once: as a join it may run again and take more than the limit.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .run("delete expired sessions", async move |connection| {
                let deletion = sql_query(
                    "DELETE FROM sessions WHERE id = ANY(ARRAY(
                        SELECT id FROM sessions WHERE idle_expires_at <= $1
                        ORDER BY idle_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                );
                let limits = (now.unix_micros(), i64::from(limit));
                let deleted =
                    deletion.bind::<BigInt, _>(limits.0).bind::<BigInt, _>(limits.1).execute(connection).await?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// Inserts what it selects from an account that is as it should be. The share lock makes it wait for a change of that
/// account that is under way, and judge the account anew when it is through; a later change waits for us, and finds
/// the session. (The lock of the foreign key alone would let both pass.)
async fn open(
    connection: &mut AsyncPgConnection,
    row: &SessionRow,
    version: SecurityVersion,
) -> Result<OpenOutcome, Failure> {
    let account = users::table
        .find(&row.user_id)
        .filter(users::is_active.eq(true))
        .filter(users::security_version.eq(version.number()))
        .select((
            row.id.as_slice().into_sql::<Binary>(),
            users::id,
            row.generation.into_sql::<BigInt>(),
            row.created_at.into_sql::<BigInt>(),
            row.rotated_at.into_sql::<BigInt>(),
            row.idle_expires_at.into_sql::<BigInt>(),
            row.expires_at.into_sql::<BigInt>(),
            row.ended_at.into_sql::<Nullable<BigInt>>(),
            row.end_reason.as_deref().into_sql::<Nullable<Text>>(),
            row.last_used_at.into_sql::<Nullable<BigInt>>(),
            row.ip.as_deref().into_sql::<Nullable<Text>>(),
            row.user_agent.as_deref().into_sql::<Nullable<Text>>(),
        ))
        .for_share();
    match diesel::insert_into(sessions::table).values(account).execute(connection).await? {
        0 => Ok(OpenOutcome::Superseded),
        _ => Ok(OpenOutcome::Opened),
    }
}

/// Keyset paging on the index of the account; one row more than asked for tells whether there are more.
async fn list_open(connection: &mut AsyncPgConnection, request: SessionPageRequest) -> Result<SessionPage, Failure> {
    let mut theirs = sessions::table
        .filter(sessions::user_id.eq(request.user_id.as_bytes().to_vec()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_expires_at.gt(request.now.unix_micros()))
        .order(sessions::id.desc())
        .limit(i64::from(request.limit) + 1)
        .select(SessionRow::as_select())
        .into_boxed();
    if let Some(before) = request.before {
        theirs = theirs.filter(sessions::id.lt(before.as_bytes().to_vec()));
    }
    let rows: Vec<SessionRow> = theirs.load(connection).await?;
    let has_more = rows.len() > usize::from(request.limit);
    let open = rows.into_iter().take(request.limit.into()).map(Session::try_from).collect::<Result<_, _>>()?;
    Ok(SessionPage { sessions: open, has_more })
}

/// The usual case in one guarded statement: the presented generation is the current one of a session that goes on.
/// This is [`Session::rotated`], in SQL, by the client who presents it.
async fn advance(connection: &mut AsyncPgConnection, request: &RotateSession) -> Result<Option<Session>, Failure> {
    let now = request.now.unix_micros();
    let idle_expires_at = request.now.plus(request.idle).unix_micros();
    let capped = case_when(sessions::expires_at.gt(idle_expires_at), idle_expires_at.into_sql::<BigInt>())
        .otherwise(sessions::expires_at);
    let current = sessions::table
        .find(request.id.as_bytes().as_slice())
        .filter(sessions::user_id.eq(request.user_id.as_bytes().as_slice()))
        .filter(sessions::generation.eq(i64::from(request.generation.number())))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::idle_expires_at.gt(now));
    let rotation = diesel::update(current).set((
        sessions::generation.eq(i64::from(request.generation.next().number())),
        sessions::rotated_at.eq(now),
        sessions::idle_expires_at.eq(capped),
        ClientChange::new(request.now, &request.client),
    ));
    let rotation = Prepared(rotation.returning(SessionRow::as_returning()));
    let row: Option<SessionRow> = rotation.get_result(connection).await.optional()?;
    row.map(Session::try_from).transpose()
}

/// What to say to a generation that was not the current one a moment ago. The lock keeps the row as it is from the
/// judgement to the punishment.
async fn judge(connection: &mut AsyncPgConnection, request: &RotateSession) -> Result<RotateOutcome, Failure> {
    let theirs = sessions::table
        .find(request.id.as_bytes().as_slice())
        .filter(sessions::user_id.eq(request.user_id.as_bytes().as_slice()));
    let row = theirs.select(SessionRow::as_select()).for_update();
    let Some(row) = row.first(connection).await.optional()? else {
        return Ok(RotateOutcome::Unknown);
    };
    let session = Session::try_from(row)?;
    match session.judge(request.generation, request.now, request.retry_window) {
        // Its predecessor was rotated between our two statements: by now it is current, and stays so while we hold it.
        Presented::Current => match advance(connection, request).await? {
            Some(session) => Ok(RotateOutcome::Rotated(session)),
            None => Err(Failure::Corrupt("a current session that its own guard refused")),
        },
        Presented::Retry => Ok(RotateOutcome::Retried(session)),
        Presented::Ended => Ok(RotateOutcome::Ended(session)),
        Presented::Expired | Presented::Unknown => Ok(RotateOutcome::Unknown),
        Presented::Reused => {
            let reason = EndReason::RefreshReused;
            end(connection, &[session.id], request.now, reason).await?;
            let key = RevokedKey::Session(session.id);
            revocations::record(connection, &[Revocation { key, until: request.revoke_until }]).await?;
            Ok(RotateOutcome::Reused(session.ended(request.now, reason)))
        }
    }
}

/// Ends the sessions that go on, and leaves every other as it is. Two ends of the same sessions take them in the same
/// order, which an update alone does not promise.
async fn end(
    connection: &mut AsyncPgConnection,
    ids: &[SessionId],
    at: Timestamp,
    reason: EndReason,
) -> Result<(), Failure> {
    let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
    let going_on = sessions::table.filter(sessions::id.eq_any(ids)).filter(sessions::ended_at.is_null());
    let locked = going_on.select(sessions::id).order(sessions::id).for_update().load(connection).await?;
    end_locked(connection, &locked, at, reason).await
}

/// Ends those sessions of an account that go on, and records their revocations, within the transaction of the caller,
/// which should commit soon. Returns them. Whether others can open one meanwhile is for the caller to see to.
pub(crate) async fn end_of(
    connection: &mut AsyncPgConnection,
    ending: &AccountSessionEnding,
) -> Result<Vec<Session>, Failure> {
    let AccountSessionEnding { user_id, which, reason, at, revoke_until } = *ending;
    let theirs = sessions::table.filter(sessions::user_id.eq(user_id.as_bytes().as_slice()));
    let going_on = theirs.filter(sessions::ended_at.is_null());
    let locked = going_on.select(SessionRow::as_select()).order(sessions::id).for_update();
    let rows: Vec<SessionRow> = match which {
        WhichSessions::All => locked.load(connection).await?,
        WhichSessions::Only(id) => locked.filter(sessions::id.eq(id.as_bytes().as_slice())).load(connection).await?,
        WhichSessions::AllBut(id) => locked.filter(sessions::id.ne(id.as_bytes().as_slice())).load(connection).await?,
    };
    let ids: Vec<Vec<u8>> = rows.iter().map(|row| row.id.clone()).collect();
    end_locked(connection, &ids, at, reason).await?;
    let going_on = rows.into_iter().map(Session::try_from).collect::<Result<Vec<_>, _>>()?;
    let ended: Vec<_> = going_on.into_iter().map(|session| session.ended(at, reason)).collect();
    let revoked = ended.iter().map(|session| Revocation { key: RevokedKey::Session(session.id), until: revoke_until });
    revocations::record(connection, &revoked.collect::<Vec<_>>()).await?;
    Ok(ended)
}

/// Records the revocation of every session of an account that goes on, within the transaction of the caller, which is about
/// to delete them. Returns which those are. All of them are locked, in the usual order: deleting locks in none.
pub(crate) async fn revoke_all(
    connection: &mut AsyncPgConnection,
    user_id: UserId,
    until: Timestamp,
) -> Result<Vec<SessionId>, Failure> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user_id.as_bytes().as_slice()));
    let locked = theirs.select((sessions::id, sessions::ended_at)).order(sessions::id).for_update();
    let rows: Vec<(Vec<u8>, Option<i64>)> = locked.load(connection).await?;
    let open = rows.iter().filter(|(_, ended_at)| ended_at.is_none());
    let open = open.map(|(id, _)| Ok(SessionId::from_bytes(column::id(id)?))).collect::<Result<Vec<_>, Failure>>()?;
    let revoked = open.iter().map(|&id| Revocation { key: RevokedKey::Session(id), until });
    revocations::record(connection, &revoked.collect::<Vec<_>>()).await?;
    Ok(open)
}

async fn end_locked(
    connection: &mut AsyncPgConnection,
    ids: &[Vec<u8>],
    at: Timestamp,
    reason: EndReason,
) -> Result<(), Failure> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::update(sessions::table.filter(sessions::id.eq_any(ids)))
        .set((sessions::ended_at.eq(at.unix_micros()), sessions::end_reason.eq(reason.name())))
        .execute(connection)
        .await?;
    Ok(())
}

/// Who uses a session, and since when. It writes what is not known as well: nobody is to be taken for who came before.
#[derive(AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
struct ClientChange {
    last_used_at: Option<i64>,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl ClientChange {
    fn new(at: Timestamp, client: &SessionClient) -> Self {
        Self {
            last_used_at: Some(at.unix_micros()),
            ip: client.ip.map(|ip| ip.to_string()),
            user_agent: client.user_agent.as_ref().map(ToString::to_string),
        }
    }
}

/// A session as its row has it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
struct SessionRow {
    id: Vec<u8>,
    user_id: Vec<u8>,
    generation: i64,
    created_at: i64,
    rotated_at: i64,
    idle_expires_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    last_used_at: Option<i64>,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        let end = match session.state {
            SessionState::Active => None,
            SessionState::Ended { at, reason } => Some((at.unix_micros(), reason.name().to_owned())),
        };
        let (ended_at, end_reason) = end.unzip();
        Self {
            id: session.id.as_bytes().to_vec(),
            user_id: session.user_id.as_bytes().to_vec(),
            generation: i64::from(session.generation.number()),
            created_at: session.created_at.unix_micros(),
            rotated_at: session.rotated_at.unix_micros(),
            idle_expires_at: session.idle_expires_at.unix_micros(),
            expires_at: session.expires_at.unix_micros(),
            ended_at,
            end_reason,
            last_used_at: Some(session.last_used_at.unix_micros()),
            ip: session.client.ip.map(|ip| ip.to_string()),
            user_agent: session.client.user_agent.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = Failure;

    fn try_from(row: SessionRow) -> Result<Self, Failure> {
        let generation = u32::try_from(row.generation).map_err(|_| Failure::Corrupt("sessions.generation"))?;
        let state = match (row.ended_at, row.end_reason.as_deref()) {
            (None, None) => SessionState::Active,
            (Some(at), Some(reason)) => SessionState::Ended {
                at: Timestamp::from_unix_micros(at),
                reason: EndReason::from_name(reason).ok_or(Failure::Corrupt("sessions.end_reason"))?,
            },
            _ => return Err(Failure::Corrupt("a session that ended by half")),
        };
        let ip = row.ip.as_deref().map(str::parse).transpose().map_err(|_| Failure::Corrupt("sessions.ip"))?;
        let user_agent = row.user_agent.as_deref().map(UserAgent::of);
        Ok(Self {
            id: SessionId::from_bytes(column::id(&row.id)?),
            user_id: UserId::from_bytes(column::id(&row.user_id)?),
            generation: Generation::from_number(generation),
            created_at: Timestamp::from_unix_micros(row.created_at),
            rotated_at: Timestamp::from_unix_micros(row.rotated_at),
            idle_expires_at: Timestamp::from_unix_micros(row.idle_expires_at),
            expires_at: Timestamp::from_unix_micros(row.expires_at),
            // A row from before this was noted was used when it was rotated.
            last_used_at: Timestamp::from_unix_micros(row.last_used_at.unwrap_or(row.rotated_at)),
            client: SessionClient { ip, user_agent },
            state,
        })
    }
}
