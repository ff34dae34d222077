//! Two transactions in each other's way, step by step: the orders that a race hits once in a thousand times.

use std::time::Duration;

use tessera_domain::{
    Digest, EndReason, ExternalId, ExternalPair, ExternalUsername, Generation, IssuedToken, Revocation, RevokedKey,
    SecurityVersion, Session, SessionClient, SessionId, TokenId,
};
use tessera_repositories::{
    InsertOutcome, OpenOutcome, PutOutcome, RevocationCursor, RevocationRepository as _, RotateOutcome, RotateSession,
    SessionEnding, SessionRepository as _, UserRepository as _, UserTokenRepository as _,
};
use tessera_repositories_postgres::{
    PostgresRevocations, PostgresSessions, PostgresStore, PostgresUserTokens, PostgresUsers,
};

use crate::{NOW, admin, connect, new_user, session, until_waiting, user_id};
use tessera_test_servers::postgres::Server;

/// Account 1, and a session of it.
pub async fn opened(store: &PostgresStore) -> Session {
    let owner = new_user(1);
    assert_eq!(PostgresUsers::new(store).insert(&owner).await.expect("inserted"), InsertOutcome::Inserted);
    let session = session(1, owner.user.id);
    let outcome = PostgresSessions::new(store).open(&session, SecurityVersion::FIRST).await.expect("opened");
    assert_eq!(outcome, OpenOutcome::Opened);
    session
}

/// The presentation of a token of account 1.
pub fn rotation(id: SessionId, generation: u32) -> RotateSession {
    let day = Duration::from_hours(24);
    RotateSession {
        id,
        user_id: user_id(1),
        generation: Generation::from_number(generation),
        client: SessionClient::default(),
        now: NOW,
        idle: 7 * day,
        retry_window: Duration::from_secs(10),
        revoke_until: NOW.plus(day),
    }
}

/// A login that was verified before a change of password, and opens its session during it, comes too late.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_opens_past_a_change_of_its_account() {
    for (change, expected) in [
        ("UPDATE users SET is_active = false", OpenOutcome::Superseded),
        ("UPDATE users SET security_version = security_version + 1", OpenOutcome::Superseded),
        ("DELETE FROM sessions; DELETE FROM users", OpenOutcome::Superseded),
        ("UPDATE users SET last_login = 1", OpenOutcome::Opened),
    ] {
        let schema = Server::shared().schema();
        let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
        let (sessions, owner) = (PostgresSessions::new(&store), opened(&store).await.user_id);
        admin.batch_execute(&format!("BEGIN; {change}")).await.expect("changed");
        let opening = tokio::spawn(async move { sessions.open(&session(2, owner), SecurityVersion::FIRST).await });
        until_waiting(&admin, 1).await;
        admin.batch_execute("COMMIT").await.expect("committed");
        assert_eq!(opening.await.expect("no panic").expect("an answer"), expected, "{change}");
    }
}

/// The token was not yet current when it was looked for, and is when the row is locked: a client that had its answer
/// before the server's own commit was visible to all.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_becomes_current_meanwhile_rotates() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let (sessions, id) = (PostgresSessions::new(&store), opened(&store).await.id);
    admin.batch_execute("BEGIN; UPDATE sessions SET generation = 1").await.expect("rotated");
    let rotating = tokio::spawn(async move { sessions.rotate(&rotation(id, 1)).await });
    until_waiting(&admin, 1).await;
    admin.batch_execute("COMMIT").await.expect("committed");
    let RotateOutcome::Rotated(session) = rotating.await.expect("no panic").expect("an answer") else {
        unreachable!("it is current");
    };
    assert_eq!(session.generation.number(), 2);
}

/// A refresh that waits for a logout is too late, whatever it saw before.
#[tokio::test(flavor = "multi_thread")]
async fn no_refresh_passes_an_end_that_is_under_way() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let (sessions, id) = (PostgresSessions::new(&store), opened(&store).await.id);
    admin.batch_execute("BEGIN; UPDATE sessions SET ended_at = 1, end_reason = 'logged_out'").await.expect("ended");
    let rotating = tokio::spawn(async move { sessions.rotate(&rotation(id, 0)).await });
    until_waiting(&admin, 1).await;
    admin.batch_execute("COMMIT").await.expect("committed");
    assert!(matches!(rotating.await.expect("no panic").expect("an answer"), RotateOutcome::Ended(_)));
}

/// An appender that is held up in the middle of its transaction holds up those behind it: a follower who has seen the
/// later one would never look for the earlier.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_in_the_order_of_commits() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let (sessions, revocations) = (PostgresSessions::new(&store), PostgresRevocations::new(&store));
    let first =
        Revocation { key: RevokedKey::Token(TokenId::from_bytes([1; 16])), until: NOW.plus(Duration::from_hours(1)) };
    let second = Revocation { key: RevokedKey::Token(TokenId::from_bytes([2; 16])), ..first };
    // Whoever writes the key of `first` waits for us, with a number in hand.
    admin
        .batch_execute("BEGIN; INSERT INTO revocations (seq, kind, key, until) VALUES (0, 'token', decode(repeat('01', 16), 'hex'), 1)")
        .await
        .expect("inserted");
    let ending =
        SessionEnding { sessions: Vec::new(), reason: EndReason::LoggedOut, at: NOW, revocations: vec![first] };
    let earlier = tokio::spawn(async move { sessions.end(&ending).await });
    until_waiting(&admin, 1).await;
    let later = tokio::spawn({
        let revocations = revocations.clone();
        async move { revocations.insert(&[second]).await }
    });
    until_waiting(&admin, 2).await;
    let page = revocations.list_after(RevocationCursor::START, NOW, 10).await.expect("readable");
    assert!(page.revocations.is_empty(), "nobody passes");

    admin.batch_execute("ROLLBACK").await.expect("out of the way");
    earlier.await.expect("no panic").expect("recorded");
    later.await.expect("no panic").expect("recorded");
    let page = revocations.list_after(RevocationCursor::START, NOW, 10).await.expect("readable");
    assert_eq!(page.revocations, [first, second]);
}

/// A pair of the user 1, who is called bob.
fn pair_of_bob() -> ExternalPair {
    let token = |number| IssuedToken {
        token_id: TokenId::from_bytes([number; 16]),
        digest: Digest::from_bytes([number; 32]),
        issued_at: NOW,
        expires_at: NOW.plus(Duration::from_hours(1)),
    };
    let username = ExternalUsername::parse("bob").expect("a name");
    ExternalPair { subject: ExternalId::Number(1), username, access: token(1), refresh: token(2) }
}

/// Whoever binds an id and a name waits for a binding of either that is made or ended, and is told what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_binding_waits_for_another_that_is_under_way() {
    let bind = |subject: &str, name: &str| {
        format!(
            "INSERT INTO user_tokens (subject, username, username_key, token_data, refresh_expires_at) \
             VALUES ('{subject}', '{name}', '{name}', '{{}}', 1)"
        )
    };
    let (unbind, nothing) = ("DELETE FROM user_tokens".to_owned(), String::new());
    for (before, meanwhile, end, expected) in [
        (&nothing, &bind("1", "ann"), "COMMIT", PutOutcome::SubjectBound),
        (&nothing, &bind("1", "ann"), "ROLLBACK", PutOutcome::Stored),
        (&nothing, &bind("2", "bob"), "COMMIT", PutOutcome::UsernameBound),
        (&nothing, &bind("1", "bob"), "COMMIT", PutOutcome::Stored),
        (&bind("1", "ann"), &unbind, "COMMIT", PutOutcome::Stored),
        (&bind("1", "ann"), &unbind, "ROLLBACK", PutOutcome::SubjectBound),
        (&bind("1", "bob"), &unbind, "COMMIT", PutOutcome::Stored),
    ] {
        let schema = Server::shared().schema();
        let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
        let pairs = PostgresUserTokens::new(&store);
        admin.batch_execute(before).await.expect("done");
        admin.batch_execute(&format!("BEGIN; {meanwhile}")).await.expect("under way");
        let putting = tokio::spawn({
            let pairs = pairs.clone();
            async move { pairs.put(&pair_of_bob()).await }
        });
        until_waiting(&admin, 1).await;
        admin.batch_execute(end).await.expect("ended");
        let case = format!("{before}; {meanwhile}; {end}");
        assert_eq!(putting.await.expect("no panic").expect("an answer"), expected, "{case}");
        let found = pairs.find(&ExternalId::Number(1)).await.ok().flatten();
        assert_eq!(found == Some(pair_of_bob()), expected == PutOutcome::Stored, "{case}");
    }
}
