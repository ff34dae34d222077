//! What a refresh promises.

use std::time::Duration;

use tessera_domain::{Digest, ErrorKind, ExternalId, ExternalPair, IssuedToken, RefreshToken};
use tessera_repositories::{GuardedOutcome, MockUserTokenRepository};

use super::sample::{
    ACCESS, ACCOUNTS_REFRESH, ANOTHERS_REFRESH, BOB, EXPIRED_ACCESS, EXPIRED_REFRESH, GARBAGE, OLD_REFRESH, REFRESH,
    pair, service, with_pair,
};
use super::{RefreshError, UserTokenService as _};
use crate::fixtures::{NOW, away};

async fn refresh(pairs: MockUserTokenRepository, id: &ExternalId, token: &str) -> Result<String, RefreshError> {
    let access = service(pairs).refresh(id, &RefreshToken::new(token)).await?;
    Ok(access.expose().to_owned())
}

async fn error_of(token: &str) -> RefreshError {
    refresh(with_pair(), &BOB, token).await.expect_err("refused")
}

#[tokio::test]
async fn the_own_refresh_token_gets_an_access_token_and_stays() {
    let mut pairs = with_pair();
    pairs
        .expect_replace_access()
        .withf(|subject, refresh, access| {
            *subject == BOB
                && *refresh == pair().refresh.digest
                && access.digest == Digest::of(b"External(Number(1)) access 900")
        })
        .times(1)
        .returning(|_, _, _| Ok(GuardedOutcome::Done));
    // The id came as text this time; the token keeps the type in which its service minted it.
    let id = ExternalId::Text("1".into());
    assert_eq!(refresh(pairs, &id, REFRESH).await.expect("refreshed"), "External(Number(1)) access 900");
}

#[tokio::test]
async fn an_access_token_does_not_outlive_the_refresh_token() {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_find().returning(|_| {
        let refresh = IssuedToken { expires_at: NOW.plus(Duration::from_secs(7)), ..pair().refresh };
        Ok(Some(ExternalPair { refresh, ..pair() }))
    });
    pairs.expect_replace_access().returning(|_, _, _| Ok(GuardedOutcome::Done));
    assert_eq!(refresh(pairs, &BOB, REFRESH).await.expect("refreshed"), "External(Number(1)) access 7");
}

#[tokio::test]
async fn an_unknown_user_is_unknown_whatever_the_token_is() {
    for token in [REFRESH, GARBAGE, EXPIRED_REFRESH] {
        let error = refresh(with_pair(), &ExternalId::Number(2), token).await.expect_err("unknown");
        assert!(matches!(error, RefreshError::UnknownUser), "{token}: {error}");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn every_other_token_is_refused_for_what_it_is() {
    assert!(matches!(error_of(EXPIRED_REFRESH).await, RefreshError::Expired));
    assert!(matches!(error_of(GARBAGE).await, RefreshError::Invalid));
    for access in [ACCESS, EXPIRED_ACCESS] {
        assert!(matches!(error_of(access).await, RefreshError::WrongType), "{access}");
    }
    for foreign in [OLD_REFRESH, ANOTHERS_REFRESH, ACCOUNTS_REFRESH] {
        let error = error_of(foreign).await;
        assert!(matches!(error, RefreshError::Mismatch), "{foreign}: {error}");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}

#[tokio::test]
async fn a_pair_that_changed_meanwhile_is_told_as_it_is_now() {
    for (outcome, kind) in
        [(GuardedOutcome::Superseded, ErrorKind::Unauthenticated), (GuardedOutcome::Absent, ErrorKind::NotFound)]
    {
        let mut pairs = with_pair();
        pairs.expect_replace_access().return_once(move |_, _, _| Ok(outcome));
        assert_eq!(refresh(pairs, &BOB, REFRESH).await.expect_err("changed").kind(), kind);
    }
}

#[tokio::test]
async fn a_storage_that_is_away_is_no_unknown_user() {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_find().return_once(|_| Err(away()));
    assert_eq!(refresh(pairs, &BOB, REFRESH).await.expect_err("away").kind(), ErrorKind::Unavailable);
    let mut pairs = with_pair();
    pairs.expect_replace_access().return_once(|_, _, _| Err(away()));
    assert_eq!(refresh(pairs, &BOB, REFRESH).await.expect_err("away").kind(), ErrorKind::Unavailable);
}
