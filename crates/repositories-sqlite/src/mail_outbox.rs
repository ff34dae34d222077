//! The mail outbox in SQLite.

use async_trait::async_trait;
use diesel::dsl::{count_star, min};
use diesel::{
    AsChangeset, BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, Queryable, RunQueryDsl as _,
    Selectable, SelectableHelper as _, SqliteConnection,
};
use tessera_domain::{Email, MailId, MailKind, QueuedMail, Timestamp};
use tessera_repositories::{Backlog, ClaimedMail, MailOutboxRepository, Result, Settlement};

use crate::error::Failure;
use crate::schema::mail_outbox;
use crate::{SqliteStore, column};

/// The mail outbox of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteMailOutbox {
    store: SqliteStore,
}

impl SqliteMailOutbox {
    /// The mail outbox of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl MailOutboxRepository for SqliteMailOutbox {
    async fn insert(&self, mail: &QueuedMail) -> Result<()> {
        let mail = mail.clone();
        self.store.write("queue a mail", move |connection| insert(connection, &mail)).await
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>> {
        self.store.write("claim mails", move |connection| claim(connection, now, until, limit)).await
    }

    async fn renew(&self, id: MailId, attempt: u32, until: Timestamp) -> Result<bool> {
        let later = MailChange::from(Settlement::Retry { at: until });
        self.store.write("prolong a claim", move |connection| change(connection, id, attempt, &later)).await
    }

    async fn settle(&self, id: MailId, attempt: u32, settlement: Settlement) -> Result<bool> {
        let settled = MailChange::from(settlement);
        self.store.write("settle a mail", move |connection| change(connection, id, attempt, &settled)).await
    }

    async fn delete_finished(&self, before: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .write("delete finished mails", move |connection| {
                let candidates = diesel::alias!(mail_outbox as candidates);
                let old = candidates
                    .filter(candidates.field(mail_outbox::finished_at).lt(before.unix_micros()))
                    .order(candidates.field(mail_outbox::finished_at))
                    .limit(i64::from(limit))
                    .select(candidates.field(mail_outbox::id));
                let deleted =
                    diesel::delete(mail_outbox::table.filter(mail_outbox::id.eq_any(old))).execute(connection)?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }

    async fn backlog(&self) -> Result<Backlog> {
        self.store
            .read("count waiting mails", |connection| {
                let waiting = mail_outbox::table.filter(mail_outbox::finished_at.is_null());
                let (waiting, oldest): (i64, Option<i64>) =
                    waiting.select((count_star(), min(mail_outbox::queued_at))).first(connection)?;
                let given_up = mail_outbox::table
                    .filter(mail_outbox::finished_at.is_not_null().and(mail_outbox::outcome.eq("given_up")));
                let given_up: i64 = given_up.count().get_result(connection)?;
                let count = |rows| u64::try_from(rows).unwrap_or(0);
                let oldest = oldest.map(Timestamp::from_unix_micros);
                Ok(Backlog { waiting: count(waiting), oldest, given_up: count(given_up) })
            })
            .await
    }
}

/// Queues a mail within the transaction of the caller. The unique indexes say whether it, or one that does as well, is
/// there already.
pub(crate) fn insert(connection: &mut SqliteConnection, mail: &QueuedMail) -> Result<(), Failure> {
    if mail.kind.is_link() {
        ask_again(connection, mail)?;
    }
    diesel::insert_into(mail_outbox::table)
        .values((
            mail_outbox::id.eq(mail.id.as_bytes().as_slice()),
            mail_outbox::kind.eq(mail.kind.name()),
            mail_outbox::is_link.eq(mail.kind.is_link()),
            mail_outbox::recipient.eq(mail.recipient.as_str()),
            mail_outbox::queued_at.eq(mail.queued_at.unix_micros()),
            mail_outbox::due_at.eq(mail.queued_at.unix_micros()),
            mail_outbox::attempts.eq(0),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    Ok(())
}

/// Has the waiting mail with a link count from later on, if there is one: one row is written either way.
fn ask_again(connection: &mut SqliteConnection, mail: &QueuedMail) -> Result<(), Failure> {
    let queued_at = mail.queued_at.unix_micros();
    let waiting = mail_outbox::table
        .filter(mail_outbox::recipient.eq(mail.recipient.as_str()).and(mail_outbox::kind.eq(mail.kind.name())))
        .filter(mail_outbox::finished_at.is_null().and(mail_outbox::is_link))
        .filter(mail_outbox::queued_at.lt(queued_at));
    diesel::update(waiting).set(mail_outbox::queued_at.eq(queued_at)).execute(connection)?;
    Ok(())
}

/// Deletes the waiting mails to an address that would carry a link, claimed or not.
pub(crate) fn delete_waiting_links(connection: &mut SqliteConnection, recipient: &Email) -> Result<(), Failure> {
    let waiting = mail_outbox::table
        .filter(mail_outbox::recipient.eq(recipient.as_str()))
        .filter(mail_outbox::finished_at.is_null().and(mail_outbox::is_link));
    diesel::delete(waiting).execute(connection)?;
    Ok(())
}

/// Nothing that is read here can change before it is written: both happen in one transaction of the only writer.
fn claim(
    connection: &mut SqliteConnection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<ClaimedMail>, Failure> {
    let due: Vec<MailRow> = mail_outbox::table
        .filter(mail_outbox::finished_at.is_null())
        .filter(mail_outbox::due_at.le(now.unix_micros()))
        .order((mail_outbox::due_at, mail_outbox::queued_at, mail_outbox::id))
        .limit(i64::from(limit))
        .select(MailRow::as_select())
        .load(connection)?;
    let mut claimed = Vec::with_capacity(due.len());
    for mut row in due {
        row.attempts += 1;
        diesel::update(mail_outbox::table.find(&row.id))
            .set((mail_outbox::due_at.eq(until.unix_micros()), mail_outbox::attempts.eq(row.attempts)))
            .execute(connection)?;
        claimed.push(row.try_into()?);
    }
    Ok(claimed)
}

/// Changes a mail whose claim is held, and says whether it was. The attempt is the proof: whoever claims the mail next
/// counts one more. Nobody holds a claim by the attempt 0, which there never was.
fn change(connection: &mut SqliteConnection, id: MailId, attempt: u32, change: &MailChange) -> Result<bool, Failure> {
    let held = mail_outbox::table
        .find(id.as_bytes().as_slice())
        .filter(mail_outbox::finished_at.is_null())
        .filter(mail_outbox::attempts.eq(i64::from(attempt)))
        .filter(mail_outbox::attempts.gt(0));
    Ok(diesel::update(held).set(change).execute(connection)? == 1)
}

/// What becomes of a mail; what is `None` stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = mail_outbox)]
struct MailChange {
    due_at: Option<i64>,
    finished_at: Option<i64>,
    outcome: Option<&'static str>,
}

impl From<Settlement> for MailChange {
    fn from(settlement: Settlement) -> Self {
        let finished =
            |at: Timestamp, outcome| Self { due_at: None, finished_at: Some(at.unix_micros()), outcome: Some(outcome) };
        match settlement {
            Settlement::Sent { at } => finished(at, "sent"),
            Settlement::GivenUp { at } => finished(at, "given_up"),
            Settlement::Retry { at } => Self { due_at: Some(at.unix_micros()), finished_at: None, outcome: None },
        }
    }
}

/// A mail as its row has it, as far as a sender needs it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = mail_outbox, check_for_backend(diesel::sqlite::Sqlite))]
struct MailRow {
    id: Vec<u8>,
    kind: String,
    recipient: String,
    queued_at: i64,
    attempts: i64,
}

impl TryFrom<MailRow> for ClaimedMail {
    type Error = Failure;

    fn try_from(row: MailRow) -> Result<Self, Failure> {
        let mail = QueuedMail {
            id: MailId::from_bytes(column::id(&row.id)?),
            kind: MailKind::from_name(&row.kind).ok_or(Failure::Corrupt("mail_outbox.kind"))?,
            recipient: Email::parse(&row.recipient).map_err(|_| Failure::Corrupt("mail_outbox.recipient"))?,
            queued_at: Timestamp::from_unix_micros(row.queued_at),
        };
        let attempt = u32::try_from(row.attempts).map_err(|_| Failure::Corrupt("mail_outbox.attempts"))?;
        Ok(Self { mail, attempt })
    }
}
