//! Callers that go away in the middle, and rows that are not what they should be.

use tessera_domain::{Generation, RevokedKey, SecurityVersion, SessionState};
use tessera_repositories::{
    OpenOutcome, RevocationRepository as _, RotateOutcome, RotateSession, SessionRepository as _, UserRepository as _,
};
use tessera_repositories_postgres::{
    PostgresRevocations, PostgresSessions, PostgresStore, PostgresUsers, StoreOptions,
};

use crate::interleaving::{opened, rotation};
use crate::{
    NOW, OPTIONS, admin, backends, connect, connect_for, for_each_caller, new_user, session, until_waiting, user_id,
};
use tessera_test_servers::eventually;
use tessera_test_servers::postgres::Server;

/// The answer to a stolen token is a transaction of several statements. Its caller goes away while it waits for its
/// first lock, and it is finished all the same; its connection comes back without a transaction in it.
#[test]
fn a_caller_that_goes_away_cuts_no_transaction() {
    for_each_caller(async |workers| {
        let schema = Server::shared().schema();
        let options = StoreOptions { connections: 1 + workers, workers, ..OPTIONS };
        let store = PostgresStore::connect_with(schema.url(), options).await.expect("a store");
        let admin = admin(schema.url()).await;
        let (sessions, revocations) = (PostgresSessions::new(&store), PostgresRevocations::new(&store));
        let session = opened(&store).await;
        for generation in [0, 1] {
            let rotated = sessions.rotate(&rotation(session.id, generation)).await.expect("an answer");
            assert!(matches!(rotated, RotateOutcome::Rotated(_)));
        }

        admin.batch_execute("BEGIN; SELECT * FROM sessions FOR UPDATE").await.expect("locked");
        let caller = tokio::spawn({
            let sessions = sessions.clone();
            async move { sessions.rotate(&rotation(session.id, 0)).await }
        });
        until_waiting(&admin, 1).await;
        caller.abort();
        assert!(caller.await.expect_err("it was aborted").is_cancelled());
        admin.batch_execute("COMMIT").await.expect("unlocked");

        let is_over = async || {
            let stored = sessions.find(session.id).await.expect("readable").expect("the session is there");
            matches!(stored.state, SessionState::Ended { .. }).then_some(())
        };
        eventually("the session is over", is_over).await;
        assert!(revocations.is_revoked(&[RevokedKey::Session(session.id)], NOW).await.expect("readable"));
        assert_eq!(backends(&admin, "state LIKE 'idle in transaction%'").await, 0);
    });
}

/// A hundred callers that change their minds at any moment: afterwards nothing is open, and everything works.
#[test]
fn callers_that_go_away_leave_nothing_behind() {
    for_each_caller(async |workers| {
        let schema = Server::shared().schema();
        let (store, admin) = (connect_for(schema.url(), workers).await, admin(schema.url()).await);
        let sessions = PostgresSessions::new(&store);
        let session = opened(&store).await;
        for number in 0..100 {
            let mut calls = tokio::task::JoinSet::new();
            let sessions = sessions.clone();
            calls.spawn(async move { sessions.rotate(&rotation(session.id, number % 5)).await });
            for _ in 0..number {
                tokio::task::yield_now().await;
            }
            calls.abort_all();
        }
        store.close().await;
        assert_eq!(backends(&admin, "state LIKE 'idle in transaction%'").await, 0);
    });
}

/// Rows that nobody of us wrote are no reason to try again (nor to panic).
#[tokio::test]
async fn a_row_that_is_not_what_it_should_be_is_a_permanent_error() {
    let schema = Server::shared().schema();
    let (store, admin) = (connect(schema.url()).await, admin(schema.url()).await);
    let session = opened(&store).await;
    let sessions = PostgresSessions::new(&store);
    admin.batch_execute("UPDATE sessions SET ended_at = 1, end_reason = 'a mystery'").await.expect("changed");
    assert!(!sessions.find(session.id).await.expect_err("unreadable").is_transient());
    let request = RotateSession { generation: Generation::from_number(7), ..rotation(session.id, 0) };
    assert!(!sessions.rotate(&request).await.expect_err("unreadable").is_transient());

    admin.batch_execute("DROP TABLE revocations").await.expect("dropped");
    let revocations = PostgresRevocations::new(&store);
    let asked = revocations.is_revoked(&[RevokedKey::Session(session.id)], NOW).await;
    assert!(!asked.expect_err("no such table").is_transient());
    assert!(PostgresUsers::new(&store).find(user_id(1)).await.expect("the rest works").is_some());
}

/// Half of the jobs break a unique index in a way that no outcome is for; the other half must not notice.
#[tokio::test(flavor = "multi_thread")]
async fn failing_writes_harm_no_others() {
    let schema = Server::shared().schema();
    let store = connect(schema.url()).await;
    let (users, duplicate) = (PostgresUsers::new(&store), opened(&store).await);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 100..200 {
        let (users, sessions) = (users.clone(), PostgresSessions::new(&store));
        let (duplicate, fresh) = (duplicate.clone(), session(u8::try_from(number).expect("a byte"), duplicate.user_id));
        tasks.spawn(async move {
            if number % 2 == 0 {
                let _inserted = users.insert(&new_user(number)).await.expect("inserted");
                let opened = sessions.open(&fresh, SecurityVersion::FIRST).await.expect("opened");
                assert_eq!(opened, OpenOutcome::Opened);
            } else {
                let error = sessions.open(&duplicate, SecurityVersion::FIRST).await.expect_err("a used id");
                assert!(!error.is_transient());
            }
        });
    }
    tasks.join_all().await;
}
