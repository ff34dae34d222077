//! What the owner of an account sees of its sessions, and which of them end together.

use tessera_domain::{
    EndReason, RevokedKey, SecurityVersion, Session, SessionClient, SessionId, SessionState, UserAgent, UserId,
};

use super::{ANSWERS, SOON, SessionPorts, after, logout, rotation};
use crate::contract::race::{RACERS, race};
use crate::contract::sample::{LIMITS, NOW, TICK, new_user, session, session_id};
use crate::{
    AccountSessionEnding, InsertOutcome, OpenOutcome, RotateOutcome, RotateSession, SessionEnding, SessionPageRequest,
    WhichSessions,
};

/// Somebody at an address, with the longest name that is kept, in letters of more than one byte.
fn somebody() -> SessionClient {
    let user_agent = Some(UserAgent::of(&"é".repeat(300)));
    SessionClient { ip: Some("2001:db8:ffff:ffff:ffff:ffff:255.255.255.255".parse().expect("an address")), user_agent }
}

fn curl() -> SessionClient {
    SessionClient { ip: Some([192, 0, 2, 1].into()), user_agent: Some("curl/8".into()) }
}

fn ending(user_id: UserId, which: WhichSessions) -> AccountSessionEnding {
    AccountSessionEnding { user_id, which, reason: EndReason::LoggedOut, at: after(3), revoke_until: after(900) }
}

impl SessionPorts {
    async fn list(&self, request: SessionPageRequest) -> (Vec<SessionId>, bool) {
        let page = self.sessions.list_open(request).await.expect(ANSWERS);
        (page.sessions.iter().map(|session| session.id).collect(), page.has_more)
    }

    /// The ids of those that ended, in the order of their ids.
    async fn end_of(&self, ending: &AccountSessionEnding) -> Vec<SessionId> {
        let mut ended = self.sessions.end_of(ending).await.expect(ANSWERS);
        ended.sort_by_key(|session| session.id);
        ended.iter().map(|session| session.id).collect()
    }

    /// The account with this number, and three sessions of it, whose numbers begin with its own.
    async fn three(&self, number: usize) -> (UserId, [Session; 3]) {
        let new = new_user(number);
        assert_eq!(self.users.insert(&new).await.expect(ANSWERS), InsertOutcome::Inserted);
        let sessions = [1, 2, 3].map(|step| session(number * 10 + step, new.user.id));
        for session in &sessions {
            let outcome = self.sessions.open(session, SecurityVersion::FIRST).await.expect(ANSWERS);
            assert_eq!(outcome, OpenOutcome::Opened);
        }
        (new.user.id, sessions)
    }
}

fn first_page(user_id: UserId) -> SessionPageRequest {
    SessionPageRequest { user_id, now: SOON, before: None, limit: 10 }
}

/// At opening and at each rotation, and what is not known any longer is not what was known before.
pub async fn a_session_shows_who_used_it_last(ports: &SessionPorts) {
    let user = ports.account(1).await;
    let opened = Session { client: somebody(), ..session(1, user) };
    let outcome = ports.sessions.open(&opened, SecurityVersion::FIRST).await.expect(ANSWERS);
    assert_eq!(outcome, OpenOutcome::Opened);
    assert_eq!(ports.find(opened.id).await, Some(opened.clone()));

    let mut expected = opened;
    for (generation, client) in [(0, curl()), (1, SessionClient::default()), (2, somebody())] {
        let now = after(60 + u64::from(generation));
        let request = RotateSession { client: client.clone(), ..rotation(expected.id, generation, now) };
        expected = Session { client, ..expected.rotated(now, LIMITS.idle) };
        assert_eq!(expected.last_used_at, now);
        assert_eq!(ports.sessions.rotate(&request).await.expect(ANSWERS), RotateOutcome::Rotated(expected.clone()));
        assert_eq!(ports.find(expected.id).await, Some(expected.clone()));
    }
}

/// Whoever repeats a refresh, or presents a stolen token, has not used the session.
pub async fn a_token_that_rotates_nothing_is_no_use(ports: &SessionPorts) {
    let session = ports.rotated(2).await;
    for (generation, now) in [(1, after(3)), (7, after(3)), (0, after(3))] {
        let request = RotateSession { client: somebody(), ..rotation(session.id, generation, now) };
        let _outcome = ports.sessions.rotate(&request).await.expect(ANSWERS);
        let stored = ports.find(session.id).await.expect("it is there");
        assert_eq!((stored.last_used_at, stored.client), (session.last_used_at, session.client.clone()));
    }
}

/// Nothing else of the session changes: no generation, no limit.
pub async fn a_use_without_rotation_is_noted(ports: &SessionPorts) {
    let session = ports.rotated(1).await;
    let other = ports.opened_for(2, session.user_id).await;
    ports.sessions.note_use(session.id, after(60), &somebody()).await.expect(ANSWERS);
    let expected = Session { last_used_at: after(60), client: somebody(), ..session.clone() };
    assert_eq!(ports.find(session.id).await, Some(expected));
    ports.sessions.note_use(session.id, after(61), &SessionClient::default()).await.expect(ANSWERS);
    assert_eq!(ports.find(session.id).await, Some(Session { last_used_at: after(61), ..session.clone() }));
    assert_eq!(ports.find(other.id).await, Some(other));
    assert!(matches!(ports.rotate(session.id, 1, after(62)).await, RotateOutcome::Rotated(_)));
}

/// One that is over is not used, and one that never was is not made.
pub async fn what_ended_is_not_used(ports: &SessionPorts) {
    let session = ports.opened().await;
    ports.end(&logout(&[session.id], after(3))).await;
    for id in [session.id, session_id(9)] {
        ports.sessions.note_use(id, after(60), &somebody()).await.expect(ANSWERS);
    }
    assert_eq!(ports.find(session.id).await, Some(session.ended(after(3), EndReason::LoggedOut)));
    assert_eq!(ports.find(session_id(9)).await, None);
}

/// The newest first, as they are; neither those that ended, nor anybody else's.
pub async fn the_open_sessions_of_an_account_are_listed(ports: &SessionPorts) {
    let (ana, [first, second, third]) = ports.three(1).await;
    let (ben, _) = ports.three(2).await;
    ports.end(&logout(&[second.id], after(3))).await;
    assert!(matches!(ports.rotate(first.id, 0, after(4)).await, RotateOutcome::Rotated(_)));
    let page = ports.sessions.list_open(first_page(ana)).await.expect(ANSWERS);
    assert_eq!(page.sessions, [third, first.rotated(after(4), LIMITS.idle)]);
    assert!(!page.has_more);
    assert_eq!(ports.list(first_page(ben)).await.0.len(), 3);
    let nobody = new_user(3).user.id;
    assert_eq!(ports.list(first_page(nobody)).await, (Vec::new(), false));
}

/// Sessions that are opened and end meanwhile neither repeat nor hide others.
pub async fn pages_of_sessions_follow_each_other(ports: &SessionPorts) {
    let user = ports.account(1).await;
    for number in 1..=5 {
        ports.opened_for(number, user).await;
    }
    let page = async |before: Option<usize>, limit| {
        ports.list(SessionPageRequest { before: before.map(session_id), limit, ..first_page(user) }).await
    };
    assert_eq!(page(None, 2).await, (vec![session_id(5), session_id(4)], true));
    ports.opened_for(6, user).await;
    ports.end(&logout(&[session_id(4), session_id(2)], after(3))).await;
    assert_eq!(page(Some(4), 1).await, (vec![session_id(3)], true));
    assert_eq!(page(Some(3), 2).await, (vec![session_id(1)], false));
    assert_eq!(page(Some(1), 2).await, (Vec::new(), false));
}

/// Open until the last moment before its current refresh token expires.
pub async fn an_expired_session_is_not_listed(ports: &SessionPorts) {
    let session = ports.opened().await;
    let listed_at = async |now| ports.list(SessionPageRequest { now, ..first_page(session.user_id) }).await.0;
    assert_eq!(listed_at(session.idle_expires_at.minus(TICK)).await, [session.id]);
    assert_eq!(listed_at(session.idle_expires_at).await, []);
}

/// With its revocation, and as it then is; the second time there is nothing to end.
pub async fn one_session_of_an_account_ends(ports: &SessionPorts) {
    let (user, [first, second, third]) = ports.three(1).await;
    let once = ending(user, WhichSessions::Only(second.id));
    let ended = ports.sessions.end_of(&once).await.expect(ANSWERS);
    assert_eq!(ended, [second.clone().ended(after(3), EndReason::LoggedOut)]);
    assert_eq!(ports.find(second.id).await.as_ref(), ended.first());
    assert!(ports.is_revoked(second.id, once.revoke_until.minus(TICK)).await);
    assert!(!ports.is_revoked(second.id, once.revoke_until).await, "for as long as asked");
    for other in [first, third] {
        assert!(!ports.is_revoked(other.id, SOON).await);
        assert_eq!(ports.find(other.id).await, Some(other));
    }
    assert_eq!(ports.end_of(&once).await, []);
    assert_eq!(ports.end_of(&ending(user, WhichSessions::Only(session_id(99)))).await, []);
}

/// A stranger who knows its id neither ends it nor learns that it is there (requirement T6).
pub async fn nobody_ends_the_session_of_another_account(ports: &SessionPorts) {
    let (ana, [theirs, ..]) = ports.three(1).await;
    let (ben, [own, ..]) = ports.three(2).await;
    assert_eq!(ports.end_of(&ending(ben, WhichSessions::Only(theirs.id))).await, []);
    assert_eq!(ports.end_of(&ending(ben, WhichSessions::AllBut(own.id))).await.len(), 2);
    assert_eq!(ports.list(first_page(ana)).await.0.len(), 3);
    assert!(!ports.is_revoked(theirs.id, SOON).await);
    assert_eq!(ports.find(theirs.id).await, Some(theirs));
}

/// The one that is spared goes on; one that ended before keeps its reason, and is not told of again.
pub async fn all_sessions_but_one_end(ports: &SessionPorts) {
    let (user, [first, second, third]) = ports.three(1).await;
    let reused =
        SessionEnding { reason: EndReason::RefreshReused, revocations: Vec::new(), ..logout(&[first.id], after(1)) };
    ports.end(&reused).await;
    assert_eq!(ports.end_of(&ending(user, WhichSessions::AllBut(third.id))).await, [second.id]);
    assert_eq!(ports.find(first.id).await, Some(first.ended(after(1), EndReason::RefreshReused)));
    assert!(ports.is_revoked(second.id, SOON).await);
    assert_eq!(ports.find(third.id).await, Some(third.clone()));
    assert!(!ports.is_revoked(third.id, SOON).await);
    assert_eq!(ports.end_of(&ending(user, WhichSessions::All)).await, [third.id]);
    assert_eq!(ports.end_of(&ending(user, WhichSessions::All)).await, []);
}

/// It expired by somebody's clock, which may have been ahead: by another one it would go on (invariant I2).
pub async fn an_expired_session_ends_too(ports: &SessionPorts) {
    let session = ports.opened().await;
    let late = session.expires_at;
    for which in [WhichSessions::Only(session.id), WhichSessions::All] {
        let ending = AccountSessionEnding { at: late, revoke_until: late, ..ending(session.user_id, which) };
        ports.sessions.end_of(&ending).await.expect(ANSWERS);
    }
    let ended = session.clone().ended(late, EndReason::LoggedOut);
    assert_eq!(ports.find(session.id).await, Some(ended.clone()));
    assert_eq!(ports.rotate(session.id, 0, NOW).await, RotateOutcome::Ended(ended));
}

/// Whoever sees one of them ended finds every other ended too, and their revocations.
pub async fn sessions_of_an_account_end_in_one_step(ports: &SessionPorts) {
    let user = ports.account(1).await;
    for number in 0..RACERS {
        ports.opened_for(number, user).await;
    }
    let ended = race(|number| {
        let ports = ports.clone();
        async move {
            if number % 4 == 0 {
                return ports.end_of(&ending(user, WhichSessions::AllBut(session_id(0)))).await.len();
            }
            while !ports.is_revoked(session_id(number), SOON).await {}
            for other in 1..RACERS {
                let stored = ports.find(session_id(other)).await.expect("it is there");
                assert_ne!(stored.state, SessionState::Active, "{other}, seen by {number}");
                let key = RevokedKey::Session(stored.id);
                assert!(ports.revocations.is_revoked(&[key], SOON).await.expect(ANSWERS));
            }
            0
        }
    })
    .await;
    assert_eq!(ended.iter().sum::<usize>(), RACERS - 1, "each is ended by one of them");
    assert_eq!(ports.list(first_page(user)).await.0, [session_id(0)]);
}

/// Wherever a refresh meets the end of its session, the session is over (invariant I2).
pub async fn no_refresh_outlives_the_end_of_all_sessions(ports: &SessionPorts) {
    let user = ports.account(1).await;
    for number in 1..RACERS {
        ports.opened_for(number, user).await;
    }
    race(|number| {
        let ports = ports.clone();
        async move {
            if number == 0 {
                assert_eq!(ports.end_of(&ending(user, WhichSessions::All)).await.len(), RACERS - 1);
                return;
            }
            let id = session_id(number);
            ports.sessions.note_use(id, after(2), &curl()).await.expect(ANSWERS);
            assert_ne!(ports.rotate(id, 0, after(2)).await, RotateOutcome::Unknown);
        }
    })
    .await;
    for number in 1..RACERS {
        let stored = ports.find(session_id(number)).await.expect("it is there");
        assert_eq!(stored.state, SessionState::Ended { at: after(3), reason: EndReason::LoggedOut });
        assert!(ports.is_revoked(stored.id, SOON).await);
    }
}
