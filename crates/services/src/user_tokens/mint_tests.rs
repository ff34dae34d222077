//! What making a pair promises.

use tessera_domain::{Digest, ErrorKind, ExternalId, ExternalUsername};
use tessera_repositories::{MockUserTokenRepository, PutOutcome};

use super::sample::service;
use super::{MintTokens, UserTokenService as _};
use crate::fixtures::{LIFETIMES, NOW, away, broken};

fn command(id: ExternalId) -> MintTokens {
    MintTokens { id, username: ExternalUsername::parse("bob").expect("a name") }
}

async fn refused(outcome: PutOutcome) -> ErrorKind {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_put().return_once(move |_| Ok(outcome));
    service(pairs).mint(&command(ExternalId::Number(1))).await.expect_err("bound").kind()
}

#[tokio::test]
async fn keeps_digests_of_what_it_hands_out_and_of_nothing_else() {
    let mut pairs = MockUserTokenRepository::new();
    pairs
        .expect_put()
        .withf(|pair| {
            pair.access.digest == Digest::of(b"External(Number(1)) access 900")
                && pair.refresh.digest == Digest::of(b"External(Number(1)) refresh 604800")
                && pair.username.as_str() == "bob"
                && pair.access.expires_at == NOW.plus(LIFETIMES.access)
                && pair.refresh.expires_at == NOW.plus(LIFETIMES.session.idle)
        })
        .times(1)
        .returning(|_| Ok(PutOutcome::Stored));
    let pair = service(pairs).mint(&command(ExternalId::Number(1))).await.expect("made");
    assert_eq!(pair.access.expose(), "External(Number(1)) access 900");
    assert_eq!(pair.refresh.expose(), "External(Number(1)) refresh 604800");
}

#[tokio::test]
async fn the_id_is_of_the_type_in_which_it_came() {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_put().returning(|_| Ok(PutOutcome::Stored));
    let pair = service(pairs).mint(&command(ExternalId::Text("1".into()))).await.expect("made");
    assert_eq!(pair.access.expose(), r#"External(Text("1")) access 900"#);
}

#[tokio::test]
async fn what_is_bound_is_not_taken_over() {
    assert_eq!(refused(PutOutcome::SubjectBound).await, ErrorKind::Conflict);
    assert_eq!(refused(PutOutcome::UsernameBound).await, ErrorKind::Conflict);
}

#[tokio::test]
async fn a_storage_that_fails_makes_nothing() {
    for (failure, kind) in [(away as fn() -> _, ErrorKind::Unavailable), (broken, ErrorKind::Internal)] {
        let mut pairs = MockUserTokenRepository::new();
        pairs.expect_put().return_once(move |_| Err(failure()));
        let error = service(pairs).mint(&command(ExternalId::Number(1))).await.expect_err("failed");
        assert_eq!(error.kind(), kind);
    }
}
