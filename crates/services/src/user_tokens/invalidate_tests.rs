//! What ending a pair promises.

use tessera_domain::{AccessToken, Digest, ErrorKind, ExternalId};
use tessera_repositories::{GuardedOutcome, MockUserTokenRepository};

use super::sample::{
    ACCESS, ACCOUNTS_ACCESS, ANOTHERS_ACCESS, BOB, EXPIRED_ACCESS, EXPIRED_REFRESH, GARBAGE, OLD_ACCESS, REFRESH,
    service, with_pair,
};
use super::{InvalidateError, UserTokenService as _};
use crate::fixtures::away;

async fn invalidate(pairs: MockUserTokenRepository, id: &ExternalId, token: &str) -> Result<(), InvalidateError> {
    service(pairs).invalidate(id, &AccessToken::new(token)).await
}

/// Storage with Bob's pair, in which a deletion comes to this.
fn deleting(outcome: GuardedOutcome) -> MockUserTokenRepository {
    let mut pairs = with_pair();
    pairs.expect_delete().returning(move |_, _| Ok(outcome));
    pairs
}

#[tokio::test]
async fn the_own_access_token_ends_the_pair() {
    let mut pairs = with_pair();
    pairs
        .expect_delete()
        .withf(|subject, digest| *subject == BOB && *digest == Digest::of(ACCESS.as_bytes()))
        .times(1)
        .returning(|_, _| Ok(GuardedOutcome::Done));
    invalidate(pairs, &BOB, ACCESS).await.expect("ended");
}

#[tokio::test]
async fn nobody_there_is_told_of_any_token() {
    for token in [ACCESS, ANOTHERS_ACCESS, GARBAGE, EXPIRED_ACCESS] {
        let error = invalidate(with_pair(), &ExternalId::Number(2), token).await.expect_err("nobody");
        assert!(matches!(error, InvalidateError::NotLoggedIn), "{token}: {error}");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
    let raced = invalidate(deleting(GuardedOutcome::Absent), &BOB, ACCESS).await.expect_err("nobody");
    assert!(matches!(raced, InvalidateError::NotLoggedIn), "{raced}");
}

#[tokio::test]
async fn an_old_token_is_a_mismatch() {
    let old = invalidate(deleting(GuardedOutcome::Superseded), &BOB, OLD_ACCESS).await.expect_err("refused");
    assert!(matches!(old, InvalidateError::Mismatch), "{old}");
}

/// The mocked storage is not asked to delete anything here.
#[tokio::test]
async fn what_is_not_the_users_access_token_ends_nothing() {
    for token in [ANOTHERS_ACCESS, ACCOUNTS_ACCESS, REFRESH, EXPIRED_REFRESH] {
        let error = invalidate(with_pair(), &BOB, token).await.expect_err("refused");
        assert!(matches!(error, InvalidateError::Mismatch), "{token}: {error}");
    }
    for token in [GARBAGE, EXPIRED_ACCESS] {
        let error = invalidate(with_pair(), &BOB, token).await.expect_err("refused");
        assert!(matches!(error, InvalidateError::Invalid), "{token}: {error}");
    }
}

#[tokio::test]
async fn a_storage_that_is_away_has_not_logged_anybody_out() {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_find().return_once(|_| Err(away()));
    assert_eq!(invalidate(pairs, &BOB, ACCESS).await.expect_err("away").kind(), ErrorKind::Unavailable);
    let mut pairs = with_pair();
    pairs.expect_delete().return_once(|_, _| Err(away()));
    assert_eq!(invalidate(pairs, &BOB, ACCESS).await.expect_err("away").kind(), ErrorKind::Unavailable);
}
