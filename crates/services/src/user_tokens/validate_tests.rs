//! What a validation promises.

use tessera_domain::{AccessToken, ErrorKind, ExternalId};
use tessera_repositories::MockUserTokenRepository;

use super::sample::{
    ACCESS, ACCOUNTS_ACCESS, ACCOUNTS_REFRESH, ANOTHERS_ACCESS, BOB, EXPIRED_ACCESS, EXPIRED_REFRESH, GARBAGE,
    OLD_ACCESS, REFRESH, service, with_pair,
};
use super::{UserTokenService as _, ValidateError};
use crate::fixtures::away;

async fn validate(pairs: MockUserTokenRepository, id: &ExternalId, token: &str) -> Result<(), ValidateError> {
    service(pairs).validate(id, &AccessToken::new(token)).await
}

#[tokio::test]
async fn the_own_access_token_counts() {
    validate(with_pair(), &BOB, ACCESS).await.expect("valid");
    validate(with_pair(), &ExternalId::Text("1".into()), ACCESS).await.expect("valid");
}

#[tokio::test]
async fn what_is_well_signed_and_not_the_users_own_is_a_mismatch() {
    for token in [OLD_ACCESS, ANOTHERS_ACCESS, ACCOUNTS_ACCESS, REFRESH, EXPIRED_REFRESH, ACCOUNTS_REFRESH] {
        let error = validate(with_pair(), &BOB, token).await.expect_err("refused");
        assert!(matches!(error, ValidateError::Mismatch), "{token}: {error}");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
    let another = validate(with_pair(), &ExternalId::Number(2), ACCESS).await.expect_err("refused");
    assert!(matches!(another, ValidateError::Mismatch), "{another}");
}

#[tokio::test]
async fn garbage_and_what_has_expired_are_invalid() {
    for token in [GARBAGE, EXPIRED_ACCESS] {
        for id in [BOB, ExternalId::Number(2)] {
            let error = validate(with_pair(), &id, token).await.expect_err("refused");
            assert!(matches!(error, ValidateError::Invalid), "{token}: {error}");
        }
    }
}

#[tokio::test]
async fn a_storage_that_is_away_says_nothing_about_the_token() {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_find().return_once(|_| Err(away()));
    assert_eq!(validate(pairs, &BOB, ACCESS).await.expect_err("away").kind(), ErrorKind::Unavailable);
}
