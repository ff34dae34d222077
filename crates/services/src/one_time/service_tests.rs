//! What the service of one-time tokens asks of its storage, and what it makes of the answers.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Digest, ErrorKind, OneTimePurpose, OneTimeSecret, OneTimeToken, TokenId, UserId};
use tessera_repositories::{Earlier, KeepOutcome, MockOneTimeTokenRepository};

use super::{OneTimeTokenService as _, OneTimeTokens};
use crate::fixtures::{NOW, SESSION, SameBytes, USER, away, broken, client, clock};
use crate::limits::Unlimited;
use crate::tokens::Caller;

const LIFETIME: Duration = Duration::from_secs(10);
/// What [`SameBytes`] makes.
const SECRET: [u8; 32] = [7; 32];

fn service(tokens: MockOneTimeTokenRepository) -> OneTimeTokens {
    OneTimeTokens {
        tokens: Arc::new(tokens),
        clock: clock(),
        secrets: Arc::new(SameBytes),
        limiter: Arc::new(Unlimited),
        lifetime: LIFETIME,
    }
}

fn caller() -> Caller {
    Caller { user_id: USER, session_id: SESSION, token_id: TokenId::from_bytes([8; 16]), expires_at: NOW }
}

fn token(user_id: UserId) -> OneTimeToken {
    OneTimeToken {
        digest: Digest::of(&SECRET),
        purpose: OneTimePurpose::OneTime,
        user_id,
        expires_at: NOW.plus(LIFETIME),
    }
}

#[tokio::test]
async fn a_new_token_is_kept_as_a_digest_with_its_lifetime() {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens
        .expect_insert()
        .withf(|kept, earlier| *kept == token(USER) && *earlier == Earlier::Keep)
        .times(1)
        .returning(|_, _| Ok(KeepOutcome::Kept));
    let made = service(tokens).create(&caller()).await.expect("made");
    assert_eq!((made.secret.digest(), made.lifetime), (Digest::of(&SECRET), LIFETIME));
    assert_eq!(made.secret.reveal().len(), 43, "256 bits");
    assert!(!format!("{made:?}").contains(&made.secret.reveal()));
}

#[tokio::test]
async fn who_is_deleted_or_disabled_meanwhile_is_no_caller_any_longer() {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens.expect_insert().returning(|_, _| Ok(KeepOutcome::NoAccount));
    let error = service(tokens).create(&caller()).await.expect_err("gone");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_token_is_spent_for_its_purpose_at_the_present_moment_whoever_made_it() {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens
        .expect_consume()
        .withf(|digest, purpose, now| {
            *digest == Digest::of(&SECRET) && *purpose == OneTimePurpose::OneTime && *now == NOW
        })
        .times(1)
        .returning(|_, _, _| Ok(Some(token(UserId::from_bytes([6; 16])))));
    assert!(service(tokens).consume(&caller(), Some(OneTimeSecret::new(SECRET)), &client()).await.is_ok());
}

#[tokio::test]
async fn what_the_storage_does_not_give_is_unusable() {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens.expect_consume().returning(|_, _, _| Ok(None));
    let error =
        service(tokens).consume(&caller(), Some(OneTimeSecret::new(SECRET)), &client()).await.expect_err("unusable");
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_storage_that_is_away_makes_no_token_and_refuses_none() {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens.expect_insert().returning(|_, _| Err(away()));
    tokens.expect_consume().returning(|_, _, _| Err(away()));
    let service = service(tokens);
    assert_eq!(service.create(&caller()).await.expect_err("away").kind(), ErrorKind::Unavailable);
    let error = service.consume(&caller(), Some(OneTimeSecret::new(SECRET)), &client()).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "never a token that does not count (invariant I3)");
}

#[tokio::test]
async fn a_storage_that_is_broken_is_a_defect_of_ours() {
    let mut tokens = MockOneTimeTokenRepository::new();
    tokens.expect_consume().returning(|_, _, _| Err(broken()));
    let error =
        service(tokens).consume(&caller(), Some(OneTimeSecret::new(SECRET)), &client()).await.expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::Internal);
}
