//! What the owner of an account is promised about its sessions.

use std::time::Duration;

use tessera_domain::{ActivityEvent, EndReason, ErrorKind, Session};
use tessera_repositories::{
    AccountSessionEnding, MockSessionRepository, SessionPage, SessionPageRequest, WhichSessions,
};

use super::fixtures::{OTHER_SESSION, Parts, assert_both_sessions_are_dead, caller};
use super::{AccountService as _, EndSessionError, SessionPageQuery};
use crate::fixtures::{LAST_EXPIRY, LIFETIMES, NOW, SESSION, USER, away, client};

const PAGE: SessionPageQuery = SessionPageQuery { before: Some(OTHER_SESSION), limit: 2 };

fn session(id: tessera_domain::SessionId) -> Session {
    Session::open(id, USER, NOW, LIFETIMES.session)
}

fn ends(which: WhichSessions, ended: Vec<Session>) -> MockSessionRepository {
    let expected =
        AccountSessionEnding { user_id: USER, which, reason: EndReason::LoggedOut, at: NOW, revoke_until: LAST_EXPIRY };
    let mut sessions = MockSessionRepository::new();
    sessions.expect_end_of().withf(move |ending| *ending == expected).times(1).return_once(move |_| Ok(ended));
    sessions
}

#[tokio::test]
async fn a_page_holds_the_open_sessions_of_the_caller_and_leads_to_the_next() {
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_list_open()
        .withf(|page| *page == SessionPageRequest { user_id: USER, now: NOW, before: Some(OTHER_SESSION), limit: 2 })
        .times(1)
        .returning(|_| Ok(SessionPage { sessions: vec![session(SESSION)], has_more: true }));
    sessions
        .expect_list_open()
        .times(1)
        .returning(|_| Ok(SessionPage { sessions: vec![session(SESSION)], has_more: false }));
    sessions.expect_list_open().returning(|_| Err(away()));
    let accounts = Parts { sessions, ..Parts::default() }.assemble();
    let first = accounts.list_sessions(&caller(), PAGE).await.expect("listed");
    assert_eq!((first.sessions, first.next_before), (vec![session(SESSION)], Some(SESSION)));
    assert_eq!(accounts.list_sessions(&caller(), PAGE).await.expect("listed").next_before, None);
    let error = accounts.list_sessions(&caller(), PAGE).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_named_session_ends_and_its_access_tokens_with_it() {
    let ended = vec![session(SESSION), session(OTHER_SESSION)];
    let sessions = ends(WhichSessions::Only(OTHER_SESSION), ended);
    let accounts = Parts { sessions, ..Parts::default() }.noting(ActivityEvent::SessionsEnded).assemble();
    accounts.end_session(&caller(), OTHER_SESSION, &client()).await.expect("ended");
    assert_both_sessions_are_dead(&accounts).await;
}

#[tokio::test]
async fn what_is_not_there_to_be_ended_is_unknown_and_not_noted() {
    let sessions = ends(WhichSessions::Only(OTHER_SESSION), Vec::new());
    let accounts = Parts { sessions, ..Parts::default() }.assemble();
    let error = accounts.end_session(&caller(), OTHER_SESSION, &client()).await.expect_err("unknown");
    assert!(matches!(error, EndSessionError::Unknown), "{error}");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn all_others_end_and_those_that_had_been_open_are_counted() {
    let expired = Session { idle_expires_at: NOW, ..session(SESSION) };
    let just_open = Session { idle_expires_at: NOW.plus(Duration::from_micros(1)), ..session(OTHER_SESSION) };
    let sessions = ends(WhichSessions::AllBut(SESSION), vec![expired, just_open]);
    let accounts = Parts { sessions, ..Parts::default() }.noting(ActivityEvent::SessionsEnded).assemble();
    assert_eq!(accounts.end_other_sessions(&caller(), &client()).await.expect("ended"), 1);
    assert_both_sessions_are_dead(&accounts).await;

    let alone = Parts { sessions: ends(WhichSessions::AllBut(SESSION), Vec::new()), ..Parts::default() }.assemble();
    assert_eq!(alone.end_other_sessions(&caller(), &client()).await.expect("nothing to end"), 0);
}

#[tokio::test]
async fn a_storage_that_is_away_calls_no_session_unknown() {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_end_of().returning(|_| Err(away()));
    let accounts = Parts { sessions, ..Parts::default() }.assemble();
    let error = accounts.end_session(&caller(), OTHER_SESSION, &client()).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}
