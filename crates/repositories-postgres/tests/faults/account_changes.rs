//! A change of an account, held up in the middle, and those who come at that moment.

use std::time::Duration;

use tessera_domain::{
    Activity, ActivityEvent, ActivityId, Digest, MailId, MailKind, OneTimePurpose, OneTimeToken, PasswordHash,
    QueuedMail, SecurityVersion, Session, UserId,
};
use tessera_repositories::{
    AccountChangeRepository as _, ActivityRepository as _, Authority, Earlier, KeepOutcome, MailOutboxRepository as _,
    OneTimeTokenRepository as _, OpenOutcome, PasswordChange, PasswordChangeOutcome, SessionRepository as _,
    UserRepository as _,
};
use tessera_repositories_postgres::{
    PostgresAccountChanges, PostgresActivity, PostgresMailOutbox, PostgresOneTimeTokens, PostgresSessions,
    PostgresStore, PostgresUsers, StoreOptions,
};
use tessera_test_servers::postgres::Server;
use tokio::spawn;

use crate::interleaving::opened;
use crate::{NOW, OPTIONS, admin, new_user, session, until_waiting};

/// With a connection for everybody who waits here.
async fn connect(url: &str) -> PostgresStore {
    PostgresStore::connect_with(url, StoreOptions { connections: 8, ..OPTIONS }).await.expect("a store")
}

fn change_of(owner: UserId) -> PasswordChange {
    PasswordChange {
        authority: Authority::Password { user_id: owner, version: SecurityVersion::FIRST },
        password_hash: PasswordHash::from_encoded("a new hash"),
        at: NOW,
        revoke_until: NOW.plus(Duration::from_mins(15)),
        notice: mail(9, MailKind::PasswordChanged),
    }
}

/// A mail to account 1.
fn mail(number: u8, kind: MailKind) -> QueuedMail {
    QueuedMail { id: MailId::from_bytes([number; 16]), kind, recipient: new_user(1).user.email, queued_at: NOW }
}

fn link(number: u8, owner: UserId) -> OneTimeToken {
    let purpose = OneTimePurpose::PasswordReset;
    let expires_at = NOW.plus(Duration::from_mins(10));
    OneTimeToken { digest: Digest::of(&[number]), purpose, user_id: owner, expires_at }
}

async fn is_live(links: &PostgresOneTimeTokens, link: &OneTimeToken) -> bool {
    links.find(&link.digest, link.purpose, NOW).await.expect("an answer").is_some()
}

/// The change has deleted links and mails and waits for a session that somebody else has locked. Nobody can see that yet,
/// and nobody passes it: everybody who would make something that it has to end waits, and comes after it.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_passes_a_change_that_is_under_way() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let Session { id, user_id: owner, .. } = opened(&store).await;
    let (links, outbox) = (PostgresOneTimeTokens::new(&store), PostgresMailOutbox::new(&store));
    let (sessions, users) = (PostgresSessions::new(&store), PostgresUsers::new(&store));
    let (of_before, of_after) = (link(1, owner), link(2, owner));
    assert_eq!(links.insert(&of_before, Earlier::Replace).await.expect("an answer"), KeepOutcome::Kept);
    let claimed = mail(1, MailKind::PasswordReset);
    outbox.insert(&claimed).await.expect("queued");
    assert_eq!(outbox.claim(NOW, NOW.plus(Duration::from_mins(1)), 1).await.expect("claimed").len(), 1);

    admin.batch_execute("BEGIN; SELECT id FROM sessions FOR UPDATE").await.expect("locked");
    let changes = PostgresAccountChanges::new(&store);
    let change = spawn(async move { changes.change_password(&change_of(owner)).await.expect("an answer") });
    until_waiting(&admin, 1).await;
    let opening = {
        let sessions = sessions.clone();
        spawn(async move { sessions.open(&session(2, owner), SecurityVersion::FIRST).await.expect("an answer") })
    };
    let upgrade = spawn(async move {
        let (old, better) = (new_user(1).password_hash, PasswordHash::from_encoded("a better hash"));
        users.upgrade_hash(owner, &old, &better).await.expect("an answer")
    });
    let renewal = {
        let (outbox, id) = (outbox.clone(), claimed.id);
        spawn(async move { outbox.renew(id, 1, NOW.plus(Duration::from_hours(1))).await.expect("an answer") })
    };
    let queueing = {
        let outbox = outbox.clone();
        spawn(async move { outbox.insert(&mail(2, MailKind::EmailConfirmation)).await.expect("an answer") })
    };
    let making = {
        let (links, link) = (links.clone(), of_after.clone());
        spawn(async move { links.insert(&link, Earlier::Keep).await.expect("an answer") })
    };
    until_waiting(&admin, 6).await;
    assert!(is_live(&links, &of_before).await, "nothing can be seen of it yet");

    admin.batch_execute("COMMIT").await.expect("out of the way");
    let outcome = change.await.expect("no panic");
    assert!(matches!(outcome, PasswordChangeOutcome::Changed { ended, .. } if ended == [id]));
    assert_eq!(opening.await.expect("no panic"), OpenOutcome::Superseded);
    assert!(!upgrade.await.expect("no panic"), "the hash was another by then");
    assert!(!renewal.await.expect("no panic"), "the mail is not to be sent");
    queueing.await.expect("no panic");
    assert_eq!(making.await.expect("no panic"), KeepOutcome::Kept);
    assert!(!is_live(&links, &of_before).await && is_live(&links, &of_after).await);
    let waiting = outbox.claim(NOW, NOW, 10).await.expect("claimed");
    let kinds: Vec<_> = waiting.iter().map(|claimed| claimed.mail.kind).collect();
    assert_eq!(kinds, [MailKind::EmailConfirmation, MailKind::PasswordChanged], "what was asked for after it");
}

/// The other way round: what was begun before the change is there for it to end.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_waits_for_a_link_that_is_being_made_and_ends_it() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let owner = opened(&store).await.user_id;
    let (links, new) = (PostgresOneTimeTokens::new(&store), link(1, owner));
    // Whoever makes this link has looked at its account by then, and waits to write it.
    let bytes = new.digest.as_bytes().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let row = format!("decode('{bytes}', 'hex'), 'password_reset', decode(repeat('00', 16), 'hex'), 0");
    let insert = format!("BEGIN; INSERT INTO one_time_tokens (digest, purpose, user_id, expires_at) VALUES ({row})");
    admin.batch_execute(&insert).await.expect("in the way");
    let making = {
        let (links, new) = (links.clone(), new.clone());
        spawn(async move { links.insert(&new, Earlier::Replace).await.expect("an answer") })
    };
    until_waiting(&admin, 1).await;
    let changes = PostgresAccountChanges::new(&store);
    let change = spawn(async move { changes.change_password(&change_of(owner)).await.expect("an answer") });
    until_waiting(&admin, 2).await;

    admin.batch_execute("ROLLBACK").await.expect("out of the way");
    assert_eq!(making.await.expect("no panic"), KeepOutcome::Kept);
    assert!(matches!(change.await.expect("no panic"), PasswordChangeOutcome::Changed { .. }));
    assert!(!is_live(&links, &new).await, "it was made before the change");
}

/// Two writers that name the same entries in opposite orders, stopped when each has written one: whoever did not take them
/// in the same order would wait for the other for ever.
#[tokio::test(flavor = "multi_thread")]
async fn writers_of_the_same_entries_do_not_wait_in_a_circle() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let entry = |number: u8| Activity {
        id: ActivityId::from_bytes([number; 16]),
        user_id: new_user(1).user.id,
        event: ActivityEvent::LoggedIn,
        at: NOW,
        ip: None,
        user_agent: None,
    };
    let row = "decode(repeat('02', 16), 'hex'), decode(repeat('00', 16), 'hex'), 'login', 0";
    let insert = format!("BEGIN; INSERT INTO activity (id, user_id, event, happened_at) VALUES ({row})");
    admin.batch_execute(&insert).await.expect("in the way");
    let mut writers = Vec::new();
    for numbers in [[1, 2, 3], [3, 2, 1]] {
        let activity = PostgresActivity::new(&store);
        writers.push(spawn(async move { activity.insert(&numbers.map(entry)).await }));
    }
    until_waiting(&admin, 2).await;
    admin.batch_execute("ROLLBACK").await.expect("out of the way");
    for writer in writers {
        writer.await.expect("no panic").expect("added");
    }
}
