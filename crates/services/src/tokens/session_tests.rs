//! What the token service promises, on mocked storage: which outcome becomes which answer, and what is asked of whom.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tessera_domain::{
    AccessToken, ActivityEvent, Claims, EndReason, ErrorKind, ExternalId, Generation, OnRetry, RefreshPolicy,
    RefreshToken, RevokedKey, Rotation, SecurityVersion, Session, SessionClient, SessionId, Subject, TokenId,
    TokenKind, TokenType, UserId,
};
use tessera_repositories::{
    MockRevocationRepository, MockSessionRepository, OpenOutcome, RevocationRepository, RotateOutcome,
};

use super::{Caller, RevocationMirror, Sessions, TokenService as _};
use crate::fixtures::{
    LAST_EXPIRY, LIFETIMES, NOW, SESSION, SameBytes, USER, activity, any_activity, away, client, clock,
};
use crate::limits::Unlimited;
use crate::ports::{MockTokenSigner, MockTokenVerifier, TokenRejected};
use crate::signing_keys::KeysInUse;

const STRICT: RefreshPolicy = RefreshPolicy { rotation: Rotation::Rotate, on_retry: OnRetry::Refuse };
const LENIENT: RefreshPolicy = RefreshPolicy { rotation: Rotation::Rotate, on_retry: OnRetry::SameSuccessor };
const KEEPING: RefreshPolicy = RefreshPolicy { rotation: Rotation::Keep, on_retry: OnRetry::SameSuccessor };

/// A signer that writes type, id and expiry, so that a test can read what was signed.
fn signer() -> MockTokenSigner {
    let mut signer = MockTokenSigner::new();
    signer.expect_sign().returning(|claims| {
        let seconds = claims.expires_at.unix_seconds() - claims.issued_at.unix_seconds();
        Ok(SecretString::from(format!("{} {} {seconds}", claims.kind.token_type().name(), claims.token_id)))
    });
    signer
}

fn verifies(claims: Claims) -> MockTokenVerifier {
    let mut verifier = MockTokenVerifier::new();
    verifier.expect_verify().returning(move |_, expected, _| {
        if claims.kind.token_type() == expected { Ok(claims.clone()) } else { Err(TokenRejected::WrongType) }
    });
    verifier
}

fn claims(kind: TokenKind) -> Claims {
    Claims {
        subject: Subject::Account(USER),
        token_id: TokenId::from_bytes([9; 16]),
        session_id: SESSION,
        kind,
        issued_at: NOW,
        expires_at: NOW.plus(Duration::from_mins(5)),
    }
}

fn generation(number: u32) -> TokenKind {
    TokenKind::Refresh(Generation::from_number(number))
}

fn service(sessions: MockSessionRepository, verifier: MockTokenVerifier) -> Sessions {
    let mut log = MockRevocationRepository::new();
    log.expect_is_revoked().returning(|_, _| Ok(false));
    with_log(sessions, verifier, log)
}

fn with_log(sessions: MockSessionRepository, verifier: MockTokenVerifier, log: MockRevocationRepository) -> Sessions {
    let log: Arc<dyn RevocationRepository> = Arc::new(log);
    Sessions {
        sessions: Arc::new(sessions),
        revoked: Arc::new(RevocationMirror::new(log, clock())),
        activity: any_activity(),
        keys: KeysInUse::fixed(Arc::new(signer()), Arc::new(verifier)),
        limiter: Arc::new(Unlimited),
        clock: clock(),
        secrets: Arc::new(SameBytes),
        lifetimes: LIFETIMES,
    }
}

fn session() -> Session {
    Session::open(SESSION, USER, NOW, LIFETIMES.session)
}

fn caller() -> Caller {
    Caller { user_id: USER, session_id: SESSION, token_id: TokenId::from_bytes([8; 16]), expires_at: NOW }
}

fn refresh_token() -> RefreshToken {
    RefreshToken::new("the token")
}

async fn refresh(outcome: RotateOutcome, policy: RefreshPolicy) -> Result<String, ErrorKind> {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_rotate().times(1).return_once(move |_| Ok(outcome));
    let pair = service(sessions, verifies(claims(generation(0)))).refresh(&refresh_token(), policy, &client()).await;
    pair.map(|pair| pair.refresh.expose().to_owned()).map_err(|error| error.kind())
}

#[tokio::test]
async fn a_session_opens_under_the_version_that_was_verified() {
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_open()
        .withf(|session, version| {
            session.user_id == USER
                && session.client == client().of_session()
                && *version == SecurityVersion::from_number(3)
        })
        .times(1)
        .returning(|_, _| Ok(OpenOutcome::Opened));
    let pair = service(sessions, MockTokenVerifier::new())
        .open_session(USER, SecurityVersion::from_number(3), &client())
        .await
        .expect("opened");
    assert!(pair.access.expose().starts_with("access ") && pair.access.expose().ends_with(" 900"));
    assert!(pair.refresh.expose().starts_with("refresh ") && pair.refresh.expose().ends_with(" 604800"));
}

#[tokio::test]
async fn a_login_that_was_overtaken_opens_nothing() {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_open().returning(|_, _| Ok(OpenOutcome::Superseded));
    let error = service(sessions, MockTokenVerifier::new())
        .open_session(USER, SecurityVersion::from_number(3), &client())
        .await
        .expect_err("superseded");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_retry_is_given_the_very_same_token_or_refused_as_the_contract_says() {
    let next = session().rotated(NOW, LIFETIMES.session.idle);
    let first = refresh(RotateOutcome::Rotated(next.clone()), LENIENT).await;
    assert_eq!(refresh(RotateOutcome::Retried(next.clone()), LENIENT).await, first);
    assert!(first.expect("rotated").contains(&TokenId::of_refresh(SESSION, next.generation).to_string()));
    assert_eq!(refresh(RotateOutcome::Retried(next), STRICT).await, Err(ErrorKind::Unauthenticated));
}

/// It is signed before the row is there, which may know of an end that the token did not.
#[tokio::test]
async fn a_pair_says_what_the_row_says() {
    let next = session().rotated(NOW, LIFETIMES.session.idle);
    let minute = Session { idle_expires_at: NOW.plus(Duration::from_mins(1)), ..next.clone() };
    let earlier = Session { rotated_at: NOW.minus(Duration::from_secs(1)), ..next.clone() };
    for (row, seconds) in [(next, "604800"), (minute, "60"), (earlier, "604801")] {
        let refresh = refresh(RotateOutcome::Rotated(row), STRICT).await.expect("rotated");
        assert!(refresh.ends_with(&format!(" {seconds}")), "{refresh}");
    }
}

#[tokio::test]
async fn whatever_is_not_current_is_refused() {
    let ended = session().ended(NOW, EndReason::LoggedOut);
    for outcome in [RotateOutcome::Reused(session()), RotateOutcome::Ended(ended), RotateOutcome::Unknown] {
        assert_eq!(refresh(outcome, LENIENT).await, Err(ErrorKind::Unauthenticated));
    }
}

#[tokio::test]
async fn reuse_ends_the_access_tokens_of_this_process_at_once() {
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_rotate()
        .withf(|request| request.revoke_until == LAST_EXPIRY && request.client == client().of_session())
        .returning(|_| Ok(RotateOutcome::Reused(session())));
    let mut verifier = verifies(claims(generation(0)));
    verifier.checkpoint();
    verifier.expect_verify().returning(|_, expected, _| match expected {
        TokenType::Refresh => Ok(claims(generation(0))),
        TokenType::Access => Ok(claims(TokenKind::Access)),
    });
    let service = service(sessions, verifier);
    assert!(service.authenticate(&AccessToken::new("t")).await.is_ok());
    assert!(service.refresh(&refresh_token(), STRICT, &client()).await.is_err());
    let error = service.authenticate(&AccessToken::new("t")).await.expect_err("revoked");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_session_that_is_not_rotated_keeps_its_refresh_token() {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_find().returning(|_| Ok(Some(session())));
    sessions.expect_rotate().never();
    sessions
        .expect_note_use()
        .withf(|id, at, on| (*id, *at, on) == (SESSION, NOW, &client().of_session()))
        .times(1)
        .returning(|_, _, _| Err(away()));
    let service = service(sessions, verifies(claims(generation(0))));
    let pair = service.refresh(&refresh_token(), KEEPING, &client()).await.expect("kept, also where it is not noted");
    assert_eq!(pair.refresh.expose(), "the token");
    assert!(pair.access.expose().starts_with("access "));
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute_or_when_the_client_is_another() {
    let ago = |seconds| NOW.minus(Duration::from_secs(seconds));
    let here = client().of_session();
    let elsewhere = SessionClient { ip: None, ..here.clone() };
    for (last_used_at, client_before, writes) in [(ago(59), &here, 0), (ago(60), &here, 1), (ago(0), &elsewhere, 1)] {
        let known = Session { last_used_at, client: client_before.clone(), ..session() };
        let mut sessions = MockSessionRepository::new();
        sessions.expect_find().returning(move |_| Ok(Some(known.clone())));
        sessions.expect_note_use().times(writes).returning(|_, _, _| Ok(()));
        let service = service(sessions, verifies(claims(generation(0))));
        service.refresh(&refresh_token(), KEEPING, &client()).await.expect("kept");
    }
}

#[tokio::test]
async fn no_access_token_outlives_the_refresh_token_of_its_session() {
    let mut sessions = MockSessionRepository::new();
    let nearly_over = Session { idle_expires_at: NOW.plus(Duration::from_secs(7)), ..session() };
    sessions.expect_find().returning(move |_| Ok(Some(nearly_over.clone())));
    sessions.expect_note_use().returning(|_, _, _| Ok(()));
    let service = service(sessions, verifies(claims(generation(0))));
    let pair = service.refresh(&refresh_token(), KEEPING, &client()).await.expect("kept");
    assert!(pair.access.expose().ends_with(" 7"), "{}", pair.access.expose());
}

#[tokio::test]
async fn a_token_refreshes_no_session_of_another_account() {
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_rotate()
        .withf(|request| request.user_id == USER)
        .times(1)
        .returning(|_| Ok(RotateOutcome::Unknown));
    let rotating = service(sessions, verifies(claims(generation(0))));
    assert!(rotating.refresh(&refresh_token(), STRICT, &client()).await.is_err());

    let mut sessions = MockSessionRepository::new();
    let theirs = Session { user_id: UserId::from_bytes([6; 16]), ..session() };
    sessions.expect_find().returning(move |_| Ok(Some(theirs.clone())));
    let keeping = service(sessions, verifies(claims(generation(0))));
    let error = keeping.refresh(&refresh_token(), KEEPING, &client()).await;
    assert_eq!(error.expect_err("not theirs").kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_spent_token_is_reuse_also_where_nothing_rotates() {
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_find()
        .returning(|_| Ok(Some(session().rotated(NOW, LIFETIMES.session.idle).rotated(NOW, LIFETIMES.session.idle))));
    sessions.expect_rotate().times(1).returning(|_| Ok(RotateOutcome::Reused(session())));
    let error = service(sessions, verifies(claims(generation(0)))).refresh(&refresh_token(), KEEPING, &client()).await;
    assert_eq!(error.expect_err("reused").kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_token_of_another_type_or_namespace_is_refused_without_asking_the_storage() {
    let untouched = || service(MockSessionRepository::new(), verifies(claims(TokenKind::Access)));
    assert!(untouched().refresh(&refresh_token(), STRICT, &client()).await.is_err());

    let external = || Subject::External(ExternalId::Number(1));
    let stranger = Claims { subject: external(), ..claims(generation(0)) };
    let service_for = |claims| service(MockSessionRepository::new(), verifies(claims));
    assert!(service_for(stranger).refresh(&refresh_token(), STRICT, &client()).await.is_err());
    let stranger = Claims { subject: external(), ..claims(TokenKind::Access) };
    assert!(service_for(stranger).authenticate(&AccessToken::new("t")).await.is_err());
}

/// What ended is remembered for as long as tokens live that are made now.
#[tokio::test]
async fn a_token_from_before_the_lifetime_was_shortened_lives_no_longer_than_one_of_now() {
    let too_old = NOW.minus(LIFETIMES.access);
    for (issued_at, is_good) in [(too_old.plus(Duration::from_micros(1)), true), (too_old, false)] {
        let long = Claims { issued_at, expires_at: NOW.plus(Duration::from_hours(1)), ..claims(TokenKind::Access) };
        let authenticated =
            service(MockSessionRepository::new(), verifies(long)).authenticate(&AccessToken::new("t")).await;
        let until = authenticated.ok().map(|caller| caller.expires_at);
        assert_eq!(until, is_good.then(|| issued_at.plus(LIFETIMES.access)));
    }
}

#[tokio::test]
async fn a_storage_that_is_away_logs_nobody_out() {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_rotate().returning(|_| Err(away()));
    let error = service(sessions, verifies(claims(generation(0)))).refresh(&refresh_token(), STRICT, &client()).await;
    assert_eq!(error.expect_err("away").kind(), ErrorKind::Unavailable);

    let mut log = MockRevocationRepository::new();
    log.expect_is_revoked().returning(|_, _| Err(away()));
    let service = with_log(MockSessionRepository::new(), verifies(claims(TokenKind::Access)), log);
    let error = service.authenticate(&AccessToken::new("t")).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn logging_out_ends_both_sessions_and_blacklists_the_refresh_token_in_one_step() {
    let other = SessionId::from_bytes([3; 16]);
    let presented = Claims { session_id: other, ..claims(generation(4)) };
    let until = presented.expires_at;
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_end()
        .withf(move |ending| {
            let keys: Vec<_> = ending.revocations.iter().map(|revocation| revocation.key).collect();
            let blacklisted = RevokedKey::Token(TokenId::from_bytes([9; 16]));
            ending.sessions == [SESSION, other]
                && keys == [RevokedKey::Session(SESSION), RevokedKey::Session(other), blacklisted]
                && ending.revocations.first().is_some_and(|revocation| revocation.until == LAST_EXPIRY)
                && ending.revocations.last().is_some_and(|revocation| revocation.until == until)
        })
        .times(1)
        .returning(|_| Ok(()));
    service(sessions, verifies(presented))
        .log_out(&caller(), Some(refresh_token()), &client())
        .await
        .expect("logged out");
}

#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let theirs = Claims { subject: Subject::Account(UserId::from_bytes([6; 16])), ..claims(generation(0)) };
    let service = service(MockSessionRepository::new(), verifies(theirs));
    let error = service.log_out(&caller(), Some(refresh_token()), &client()).await.expect_err("not yours");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_owner_can_read_of_a_logout_and_of_a_reuse() {
    let mut sessions = MockSessionRepository::new();
    sessions.expect_end().returning(|_| Ok(()));
    let service = service(sessions, MockTokenVerifier::new());
    let service = Sessions { activity: activity(ActivityEvent::LoggedOut), ..service };
    service.log_out(&caller(), None, &client()).await.expect("logged out");

    let mut sessions = MockSessionRepository::new();
    sessions.expect_rotate().returning(|_| Ok(RotateOutcome::Reused(session())));
    let service = self::service(sessions, verifies(claims(generation(0))));
    let service = Sessions { activity: activity(ActivityEvent::RefreshReused), ..service };
    assert!(service.refresh(&refresh_token(), STRICT, &client()).await.is_err());
}
