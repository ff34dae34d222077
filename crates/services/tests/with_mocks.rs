//! A service tested without any storage: an example of how it is done from outside the crate.
//!
//! The feature `mock` of `tessera-repositories` and of this crate has a mock of every port. A mock is told what it will be
//! asked and what to answer; asked anything else, or less often than announced, it fails the test. So a test can play what a
//! real storage hardly ever does, and see what a service asks in the first place.

#![cfg(test)]

use std::sync::Arc;
use std::time::Duration;

use mockall::Sequence;
use tessera_domain::{ErrorKind, OneTimePurpose, OneTimeSecret, OneTimeToken, SessionId, Timestamp, TokenId, UserId};
use tessera_repositories::{KeepOutcome, MockOneTimeTokenRepository, RepositoryError};
use tessera_services::ClientInfo;
use tessera_services::limits::Unlimited;
use tessera_services::one_time::{OneTimeTokenService as _, OneTimeTokens};
use tessera_services::ports::{MockClock, SecretSource};
use tessera_services::tokens::Caller;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const LIFETIME: Duration = Duration::from_secs(10);

/// Randomness that is known beforehand, and with it every secret.
struct KnownBytes;

impl SecretSource for KnownBytes {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(42);
    }
}

/// The service under test: the real one, between parts that do as they are told.
fn service(tokens: MockOneTimeTokenRepository) -> OneTimeTokens {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(NOW);
    OneTimeTokens {
        tokens: Arc::new(tokens),
        clock: Arc::new(clock),
        secrets: Arc::new(KnownBytes),
        limiter: Arc::new(Unlimited),
        lifetime: LIFETIME,
    }
}

fn caller() -> Caller {
    Caller {
        user_id: UserId::from_bytes([1; 16]),
        session_id: SessionId::from_bytes([2; 16]),
        token_id: TokenId::from_bytes([3; 16]),
        expires_at: NOW.plus(LIFETIME),
    }
}

/// An interaction: what exactly the storage is asked to keep.
#[tokio::test]
async fn a_token_is_kept_as_its_digest_for_its_caller_and_its_lifetime() {
    let mut tokens = MockOneTimeTokenRepository::new();
    let digest = OneTimeSecret::new([42; 32]).digest();
    tokens
        .expect_insert()
        .withf(move |token, _| {
            token.digest == digest && token.user_id == caller().user_id && token.expires_at == NOW.plus(LIFETIME)
        })
        .once()
        .returning(|_, _| Ok(KeepOutcome::Kept));
    let made = service(tokens).create(&caller()).await.expect("made");
    assert_eq!(made.secret.digest(), digest);
}

/// A failure: away when asked first, back when asked again.
#[tokio::test]
async fn a_storage_that_was_away_can_be_asked_again() {
    let (mut tokens, mut order) = (MockOneTimeTokenRepository::new(), Sequence::new());
    let away = || RepositoryError::transient("the storage is away", "connection refused");
    tokens.expect_consume().once().in_sequence(&mut order).returning(move |_, _, _| Err(away()));
    tokens.expect_consume().once().in_sequence(&mut order).returning(|digest, purpose, now| {
        assert_eq!((purpose, now), (OneTimePurpose::OneTime, NOW));
        let (digest, user_id) = (*digest, caller().user_id);
        Ok(Some(OneTimeToken { digest, purpose, user_id, expires_at: NOW.plus(LIFETIME) }))
    });
    let service = service(tokens);
    let failed =
        service.consume(&caller(), Some(OneTimeSecret::new([42; 32])), &ClientInfo::default()).await.expect_err("away");
    assert_eq!(failed.kind(), ErrorKind::Unavailable, "a good token is never called a bad one");
    assert!(service.consume(&caller(), Some(OneTimeSecret::new([42; 32])), &ClientInfo::default()).await.is_ok());
}
