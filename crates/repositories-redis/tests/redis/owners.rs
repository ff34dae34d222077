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

mod contract {
    use super::*;

    tessera_repositories::one_time_token_contract!(async {
        let prefix = Prefix::fresh();
        let tokens = tokens(&prefix, |id| Ok(Some(active(id)))).await;
        (Arc::new(tokens) as Arc<dyn OneTimeTokenRepository>, prefix)
    });
}
