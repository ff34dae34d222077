//! Sessions in SQLite.

use async_trait::async_trait;
use diesel::dsl::{case_when, exists};
use diesel::{
    AsChangeset, BoolExpressionMethods as _, ExpressionMethods as _, Insertable, IntoSql as _, OptionalExtension as _,
    QueryDsl as _, Queryable, RunQueryDsl as _, Selectable, SelectableHelper as _, SqliteConnection, select, sql_types,
};
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
use crate::{SqliteStore, column, revocations};

/// The sessions of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteSessions {
    store: SqliteStore,
}

impl SqliteSessions {
    /// The sessions of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl SessionRepository for SqliteSessions {
    async fn open(&self, session: &Session, version: SecurityVersion) -> Result<OpenOutcome> {
        let row = SessionRow::from(session);
        self.store.write("open a session", move |connection| open(connection, &row, version)).await
    }

    async fn find(&self, id: SessionId) -> Result<Option<Session>> {
        self.store.read("find a session", move |connection| find(connection, id)).await
    }

    async fn list_open(&self, request: SessionPageRequest) -> Result<SessionPage> {
        self.store.read("list sessions", move |connection| list_open(connection, request)).await
    }

    async fn rotate(&self, request: &RotateSession) -> Result<RotateOutcome> {
        let request = request.clone();
        self.store
            .write("rotate a session", move |connection| match advance(connection, &request)? {
                Some(session) => Ok(RotateOutcome::Rotated(session)),
                None => refuse(connection, &request),
            })
            .await
    }

    async fn note_use(&self, id: SessionId, at: Timestamp, client: &SessionClient) -> Result<()> {
        let change = ClientChange::new(at, client);
        self.store
            .write("note the use of a session", move |connection| {
                let going_on = sessions::table.find(id.as_bytes().as_slice()).filter(sessions::ended_at.is_null());
                diesel::update(going_on).set(&change).execute(connection)?;
                Ok(())
            })
            .await
    }

    async fn end(&self, ending: &SessionEnding) -> Result<()> {
        let ending = ending.clone();
        self.store
            .write("end sessions", move |connection| {
                for &id in &ending.sessions {
                    end(connection, id, ending.at, ending.reason)?;
                }
                revocations::record(connection, &ending.revocations)
            })
            .await
    }

    async fn end_of(&self, ending: &AccountSessionEnding) -> Result<Vec<Session>> {
        let ending = ending.clone();
        self.store.write("end sessions of an account", move |connection| end_of(connection, &ending)).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .write("delete expired sessions", move |connection| {
                let candidates = diesel::alias!(sessions as candidates);
                let expired = candidates
                    .filter(candidates.field(sessions::idle_expires_at).le(now.unix_micros()))
                    .order(candidates.field(sessions::idle_expires_at))
                    .limit(i64::from(limit))
                    .select(candidates.field(sessions::id));
                let deleted =
                    diesel::delete(sessions::table.filter(sessions::id.eq_any(expired))).execute(connection)?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }
}

/// Looks at the account and inserts; the two are one step, since nobody else writes meanwhile.
fn open(connection: &mut SqliteConnection, row: &SessionRow, version: SecurityVersion) -> Result<OpenOutcome, Failure> {
    let account = users::table
        .find(&row.user_id)
        .filter(users::is_active.eq(true).and(users::security_version.eq(version.number())));
    if !select(exists(account)).get_result::<bool>(connection)? {
        return Ok(OpenOutcome::Superseded);
    }
    diesel::insert_into(sessions::table).values(row).execute(connection)?;
    Ok(OpenOutcome::Opened)
}

fn find(connection: &mut SqliteConnection, id: SessionId) -> Result<Option<Session>, Failure> {
    let row =
        sessions::table.find(id.as_bytes().as_slice()).select(SessionRow::as_select()).first(connection).optional()?;
    row.map(Session::try_from).transpose()
}

/// Keyset paging on the index of the account, whose entries end with the id; one row more than asked for tells whether
/// there are more.
fn list_open(connection: &mut SqliteConnection, request: SessionPageRequest) -> Result<SessionPage, Failure> {
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
    let rows: Vec<SessionRow> = theirs.load(connection)?;
    let has_more = rows.len() > usize::from(request.limit);
    let open = rows.into_iter().take(request.limit.into()).map(Session::try_from).collect::<Result<_, _>>()?;
    Ok(SessionPage { sessions: open, has_more })
}

/// The usual case in one guarded statement: the presented generation is the current one of a session that goes on.
/// This is [`Session::rotated`], in SQL, by the client who presents it.
fn advance(connection: &mut SqliteConnection, request: &RotateSession) -> Result<Option<Session>, Failure> {
    let now = request.now.unix_micros();
    let idle_expires_at = request.now.plus(request.idle).unix_micros();
    let capped = case_when(sessions::expires_at.gt(idle_expires_at), idle_expires_at.into_sql::<sql_types::BigInt>())
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
    let row: Option<SessionRow> = rotation.get_result(connection).optional()?;
    row.map(Session::try_from).transpose()
}

/// What to say to a generation that is not the current one. The row cannot change between its reading and the
/// punishment: both are in one transaction of the only writer.
fn refuse(connection: &mut SqliteConnection, request: &RotateSession) -> Result<RotateOutcome, Failure> {
    let Some(session) = find(connection, request.id)?.filter(|session| session.user_id == request.user_id) else {
        return Ok(RotateOutcome::Unknown);
    };
    match session.judge(request.generation, request.now, request.retry_window) {
        Presented::Current => Err(Failure::Corrupt("a current session that its own guard refused")),
        Presented::Retry => Ok(RotateOutcome::Retried(session)),
        Presented::Ended => Ok(RotateOutcome::Ended(session)),
        Presented::Expired | Presented::Unknown => Ok(RotateOutcome::Unknown),
        Presented::Reused => {
            let reason = EndReason::RefreshReused;
            end(connection, session.id, request.now, reason)?;
            let key = RevokedKey::Session(session.id);
            revocations::record(connection, &[Revocation { key, until: request.revoke_until }])?;
            Ok(RotateOutcome::Reused(session.ended(request.now, reason)))
        }
    }
}

/// Ends a session that goes on; leaves every other as it is.
fn end(connection: &mut SqliteConnection, id: SessionId, at: Timestamp, reason: EndReason) -> Result<(), Failure> {
    diesel::update(sessions::table.find(id.as_bytes().as_slice()).filter(sessions::ended_at.is_null()))
        .set((sessions::ended_at.eq(at.unix_micros()), sessions::end_reason.eq(reason.name())))
        .execute(connection)?;
    Ok(())
}

/// Ends those sessions of an account that go on, and records their revocations, within the transaction of the caller.
/// Returns them.
pub(crate) fn end_of(
    connection: &mut SqliteConnection,
    ending: &AccountSessionEnding,
) -> Result<Vec<Session>, Failure> {
    let AccountSessionEnding { user_id, which, reason, at, revoke_until } = *ending;
    let theirs = sessions::user_id.eq(user_id.as_bytes().to_vec()).and(sessions::ended_at.is_null());
    let end = (sessions::ended_at.eq(at.unix_micros()), sessions::end_reason.eq(reason.name()));
    let all = diesel::update(sessions::table.filter(theirs)).set(end).into_boxed();
    let named = match which {
        WhichSessions::All => all,
        WhichSessions::Only(id) => all.filter(sessions::id.eq(id.as_bytes().to_vec())),
        WhichSessions::AllBut(id) => all.filter(sessions::id.ne(id.as_bytes().to_vec())),
    };
    let rows: Vec<SessionRow> = named.returning(SessionRow::as_returning()).get_results(connection)?;
    let ended = rows.into_iter().map(Session::try_from).collect::<Result<Vec<_>, _>>()?;
    let revoked = ended.iter().map(|session| Revocation { key: RevokedKey::Session(session.id), until: revoke_until });
    revocations::record(connection, &revoked.collect::<Vec<_>>())?;
    Ok(ended)
}

/// Records the revocation of every session of an account that goes on, within the transaction of the caller, which is about
/// to delete them. Returns which those are.
pub(crate) fn revoke_all(
    connection: &mut SqliteConnection,
    user_id: UserId,
    until: Timestamp,
) -> Result<Vec<SessionId>, Failure> {
    let theirs = sessions::table.filter(sessions::user_id.eq(user_id.as_bytes().as_slice()));
    let ids: Vec<Vec<u8>> = theirs.filter(sessions::ended_at.is_null()).select(sessions::id).load(connection)?;
    let open = ids.iter().map(|id| Ok(SessionId::from_bytes(column::id(id)?))).collect::<Result<Vec<_>, Failure>>()?;
    let revoked = open.iter().map(|&id| Revocation { key: RevokedKey::Session(id), until });
    revocations::record(connection, &revoked.collect::<Vec<_>>())?;
    Ok(open)
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
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(diesel::sqlite::Sqlite))]
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
