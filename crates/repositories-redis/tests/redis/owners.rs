//! A token here, and its account in a database: what it is worth when the account is gone or disabled (invariant I2).

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Digest, NewUser, OneTimePurpose, OneTimeToken, User, UserId};
use tessera_repositories::contract::one_time_tokens::owners;
use tessera_repositories::{Earlier, KeepOutcome, MockUserRepository, OneTimeTokenRepository, RepositoryError};
use tessera_repositories_redis::{OwnedOneTimeTokens, RedisOneTimeTokens};
use tessera_test_servers::redis::Prefix;

use crate::NOW;
use crate::support::store;

/// An owner who is whatever the database says.
type Found = fn(UserId) -> Result<Option<User>, RepositoryError>;

async fn tokens(prefix: &Prefix, found: Found) -> OwnedOneTimeTokens {
    let mut users = MockUserRepository::new();
    users.expect_find().returning(found);
    OwnedOneTimeTokens::new(Arc::new(RedisOneTimeTokens::new(&store(prefix).await)), Arc::new(users))
}

fn active(id: UserId) -> User {
    let NewUser { user, .. } = owners().next().expect("one");
    User { id, ..user }
}

fn token() -> OneTimeToken {
    OneTimeToken {
        digest: Digest::of(b"secret"),
        purpose: OneTimePurpose::OneTime,
        user_id: UserId::from_bytes([1; 16]),
        expires_at: NOW.plus(Duration::from_secs(10)),
    }
}

/// The token, if it is there, and then if it can be spent.
async fn given(found: Found) -> Result<[Option<OneTimeToken>; 2], RepositoryError> {
    let (prefix, token) = (Prefix::fresh(), token());
    let tokens = tokens(&prefix, found).await;
    assert_eq!(tokens.insert(&token, Earlier::Keep).await?, KeepOutcome::Kept);
    let there = tokens.find(&token.digest, token.purpose, NOW).await?;
    Ok([there, tokens.consume(&token.digest, token.purpose, NOW).await?])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_left_of_an_account_is_given_to_nobody() {
    assert_eq!(given(|id| Ok(Some(active(id)))).await.expect("answers"), [Some(token()), Some(token())]);
    assert_eq!(given(|_| Ok(None)).await.expect("answers"), [None, None], "deleted");
    let disabled = |id| Ok(Some(User { is_active: false, ..active(id) }));
    assert_eq!(given(disabled).await.expect("answers"), [None, None], "disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_cannot_be_looked_up_is_neither_there_nor_gone() {
    let error = given(|_| Err(RepositoryError::transient("away", "refused"))).await.expect_err("away");
    assert!(error.is_transient(), "try again later (invariant I3)");
}

/// Spends a token after the other. The account is live when it is looked up first, and gone when it is looked up again.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_looked_up_once_a_second_and_again_after_an_end() {
    for told in [false, true] {
        let (prefix, mut users) = (Prefix::fresh(), MockUserRepository::new());
        users.expect_find().times(1).returning(|id| Ok(Some(active(id))));
        users.expect_find().times(1).returning(|_| Ok(None));
        let tokens = Arc::new(RedisOneTimeTokens::new(&store(&prefix).await));
        let owned = OwnedOneTimeTokens::new(tokens.clone(), Arc::new(users));
        let spend = async |text: &str, millis: u64| {
            let token = OneTimeToken { digest: Digest::of(text.as_bytes()), ..token() };
            // As if it had been made on another instance, after the end.
            let kept = tokens.insert(&token, Earlier::Keep).await.expect("kept");
            assert_eq!(kept, KeepOutcome::Kept);
            let now = NOW.plus(Duration::from_millis(millis));
            owned.consume(&token.digest, token.purpose, now).await.expect("answers").is_some()
        };
        assert!(spend("first", 0).await && spend("second", 999).await);
        if told {
            owned.delete_for(token().user_id, &[OneTimePurpose::OneTime]).await.expect("deleted");
            assert!(!spend("third", 999).await, "gone at once");
        } else {
            assert!(!spend("third", 1_000).await, "gone by now");
        }
    }
}

mod contract {
    use super::*;

    tessera_repositories::one_time_token_contract!(async {
        let prefix = Prefix::fresh();
        let tokens = tokens(&prefix, |id| Ok(Some(active(id)))).await;
        (Arc::new(tokens) as Arc<dyn OneTimeTokenRepository>, prefix)
    });
}
