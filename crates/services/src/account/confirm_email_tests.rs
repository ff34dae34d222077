//! What confirming an address promises, and looking at the account afterwards.

use tessera_domain::{ActivityEvent, Digest, ErrorKind, OneTimeSecret, User};
use tessera_repositories::{MockAccountChangeRepository, MockUserCache};

use super::fixtures::{Parts, caller, changed};
use super::{AccountService as _, ConfirmEmail, ConfirmEmailError, FindProfileError};
use crate::fixtures::{NOW, away, client, user};

const SECRET: [u8; 32] = [5; 32];

fn command() -> ConfirmEmail {
    ConfirmEmail { secret: Some(OneTimeSecret::new(SECRET)), client: client() }
}

#[tokio::test]
async fn a_link_confirms_and_the_cache_hears_of_it() {
    let mut changes = MockAccountChangeRepository::new();
    changes
        .expect_confirm_email()
        .withf(|link, at| *link == Digest::of(&SECRET) && *at == NOW)
        .times(1)
        .returning(|_, _| Ok(Some(changed())));
    let parts = Parts { changes, ..Parts::default() }.forgetting().noting(ActivityEvent::EmailConfirmed);
    parts.assemble().confirm_email(command()).await.expect("confirmed");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_link_is_one_answer() {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_confirm_email().times(1).returning(|_, _| Ok(None));
    let accounts = Parts { changes, ..Parts::default() }.assemble();
    for command in [command(), ConfirmEmail { secret: None, ..command() }] {
        let error = accounts.confirm_email(command).await.expect_err("refused");
        assert!(matches!(error, ConfirmEmailError::InvalidLink), "{error}");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn a_storage_that_is_away_calls_no_link_invalid() {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_confirm_email().returning(|_, _| Err(away()));
    let error = Parts { changes, ..Parts::default() }.assemble().confirm_email(command()).await.expect_err("away");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn the_profile_of_an_account_that_is_gone_or_disabled_is_nobodys() {
    let profile = async |found: Option<User>| {
        let mut cache = MockUserCache::new();
        cache.expect_find().returning(move |_, _| Ok(found.clone()));
        let mut parts = Parts { cache, ..Parts::default() };
        parts.users.expect_find().returning(|_| Ok(None));
        parts.assemble().find_profile(&caller()).await
    };
    assert_eq!(profile(Some(user())).await.expect("found"), user());
    for found in [None, Some(User { is_active: false, ..user() })] {
        assert!(matches!(profile(found).await, Err(FindProfileError::Gone)));
    }
}
