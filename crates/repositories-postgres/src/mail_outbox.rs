//! The mail outbox in PostgreSQL.

use async_trait::async_trait;
use diesel::dsl::{count_star, min};
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{
    AsChangeset, BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, QueryableByName, sql_query,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Email, MailId, MailKind, QueuedMail, Timestamp};
use tessera_repositories::{Backlog, ClaimedMail, MailOutboxRepository, Result, Settlement};

use crate::error::Failure;
use crate::schema::mail_outbox;
use crate::turn;
use crate::{PostgresStore, column};

/// The mail outbox of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresMailOutbox {
    store: PostgresStore,
}

impl PostgresMailOutbox {
    /// The mail outbox of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl MailOutboxRepository for PostgresMailOutbox {
    async fn insert(&self, mail: &QueuedMail) -> Result<()> {
        let mail = mail.clone();
        self.store
            .run("queue a mail", async move |connection| {
                if !mail.kind.is_link() {
                    return insert(connection, &mail).await;
                }
                connection.transaction(async |connection| insert_link(connection, &mail).await).await
            })
            .await
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>> {
        self.store.run("claim mails", async move |connection| claim(connection, now, until, limit).await).await
    }

    async fn renew(&self, id: MailId, attempt: u32, until: Timestamp) -> Result<bool> {
        let later = MailChange::from(Settlement::Retry { at: until });
        self.store.run("prolong a claim", async move |connection| change(connection, id, attempt, &later).await).await
    }

    async fn settle(&self, id: MailId, attempt: u32, settlement: Settlement) -> Result<bool> {
        let settled = MailChange::from(settlement);
        self.store.run("settle a mail", async move |connection| change(connection, id, attempt, &settled).await).await
    }

    /// As everywhere here, an array keeps the inner query from running again and taking more than the limit.
    async fn delete_finished(&self, before: Timestamp, limit: u32) -> Result<u32> {
        self.store
            .run("delete finished mails", async move |connection| {
                let deletion = sql_query(
                    "DELETE FROM mail_outbox WHERE id = ANY(ARRAY(
                        SELECT id FROM mail_outbox WHERE finished_at < $1
                        ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                );
                let limits = (before.unix_micros(), i64::from(limit));
                let deleted =
                    deletion.bind::<BigInt, _>(limits.0).bind::<BigInt, _>(limits.1).execute(connection).await?;
                Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
            })
            .await
    }

    async fn backlog(&self) -> Result<Backlog> {
        self.store
            .run("count waiting mails", async |connection| {
                let waiting = mail_outbox::table.filter(mail_outbox::finished_at.is_null());
                let (waiting, oldest): (i64, Option<i64>) =
                    waiting.select((count_star(), min(mail_outbox::queued_at))).first(connection).await?;
                let given_up = mail_outbox::table
                    .filter(mail_outbox::finished_at.is_not_null().and(mail_outbox::outcome.eq("given_up")));
                let given_up: i64 = given_up.count().get_result(connection).await?;
                let count = |rows| u64::try_from(rows).unwrap_or(0);
                let oldest = oldest.map(Timestamp::from_unix_micros);
                Ok(Backlog { waiting: count(waiting), oldest, given_up: count(given_up) })
            })
            .await
    }
}

/// A change of an account that deletes the waiting mails to its address would miss one that is being queued: that one
/// waits until the change is through. Known and unknown addresses wait alike, so that nobody learns which is which.
async fn insert_link(connection: &mut AsyncPgConnection, mail: &QueuedMail) -> Result<(), Failure> {
    turn::share_address(connection, &mail.recipient).await?;
    insert(connection, mail).await
}

/// Queues a mail within the transaction of the caller. The unique indexes say whether it, or one that does as well, is
/// there already.
pub(crate) async fn insert(connection: &mut AsyncPgConnection, mail: &QueuedMail) -> Result<(), Failure> {
    if mail.kind.is_link() {
        ask_again(connection, mail).await?;
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
        .execute(connection)
        .await?;
    Ok(())
}

/// Has the waiting mail with a link count from later on, if there is one: one row is written either way.
async fn ask_again(connection: &mut AsyncPgConnection, mail: &QueuedMail) -> Result<(), Failure> {
    let queued_at = mail.queued_at.unix_micros();
    let waiting = mail_outbox::table
        .filter(mail_outbox::recipient.eq(mail.recipient.as_str()).and(mail_outbox::kind.eq(mail.kind.name())))
        .filter(mail_outbox::finished_at.is_null().and(mail_outbox::is_link))
        .filter(mail_outbox::queued_at.lt(queued_at));
    diesel::update(waiting).set(mail_outbox::queued_at.eq(queued_at)).execute(connection).await?;
    Ok(())
}

/// Deletes the waiting mails to an address that would carry a link, claimed or not. It waits for those that are being
/// queued, and has later ones wait until the transaction ends.
pub(crate) async fn delete_waiting_links(connection: &mut AsyncPgConnection, recipient: &Email) -> Result<(), Failure> {
    turn::take_address(connection, recipient).await?;
    let waiting = mail_outbox::table
        .filter(mail_outbox::recipient.eq(recipient.as_str()))
        .filter(mail_outbox::finished_at.is_null().and(mail_outbox::is_link));
    diesel::delete(waiting).execute(connection).await?;
    Ok(())
}

/// Senders share out what is due: a row that another one is claiming is passed over, not waited for. What is due is
/// selected once, also where the statement is planned as a join.
async fn claim(
    connection: &mut AsyncPgConnection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<ClaimedMail>, Failure> {
    let claim = sql_query(
        "WITH due AS MATERIALIZED (
            SELECT id, due_at FROM mail_outbox WHERE finished_at IS NULL AND due_at <= $1
            ORDER BY due_at, queued_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE mail_outbox AS mail SET due_at = $3, attempts = mail.attempts + 1 FROM due WHERE mail.id = due.id
            RETURNING mail.id, mail.kind, mail.recipient, mail.queued_at, mail.attempts, due.due_at
        )
        SELECT id, kind, recipient, queued_at, attempts FROM claimed ORDER BY due_at, queued_at, id",
    );
    let claim = claim.bind::<BigInt, _>(now.unix_micros()).bind::<BigInt, _>(i64::from(limit));
    let rows: Vec<MailRow> = claim.bind::<BigInt, _>(until.unix_micros()).load(connection).await?;
    rows.into_iter().map(ClaimedMail::try_from).collect()
}

/// Changes a mail whose claim is held, and says whether it was. The attempt is the proof: whoever claims the mail next
/// counts one more. Nobody holds a claim by the attempt 0, which there never was.
async fn change(
    connection: &mut AsyncPgConnection,
    id: MailId,
    attempt: u32,
    change: &MailChange,
) -> Result<bool, Failure> {
    let held = mail_outbox::table
        .find(id.as_bytes().as_slice())
        .filter(mail_outbox::finished_at.is_null())
        .filter(mail_outbox::attempts.eq(i64::from(attempt)))
        .filter(mail_outbox::attempts.gt(0));
    Ok(diesel::update(held).set(change).execute(connection).await? == 1)
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
#[derive(QueryableByName)]
struct MailRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    recipient: String,
    #[diesel(sql_type = BigInt)]
    queued_at: i64,
    #[diesel(sql_type = BigInt)]
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
