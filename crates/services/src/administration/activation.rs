//! Disabling an account, and enabling it again, for whoever has decided that: an operator at the machine, or staff.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{Email, Identifier, OneTimePurpose, Revocation, RevokedKey, User, UserId, last_expiry};
use tessera_repositories::{AccountChangeRepository, ActivationOutcome, OneTimeTokenRepository, UserRepository};

use crate::Outage;
use crate::auth::RememberedUsers;
use crate::ports::Clock;
use crate::tokens::RevocationMirror;

/// Disables accounts and enables them.
pub struct Activation {
    /// Where accounts are found.
    pub users: Arc<dyn UserRepository>,
    /// Where they are changed, with all that ends by it.
    pub changes: Arc<dyn AccountChangeRepository>,
    /// Their one-time tokens that are no links.
    pub one_time_tokens: Arc<dyn OneTimeTokenRepository>,
    /// The same accounts, remembered.
    pub remembered: RememberedUsers,
    /// What was revoked, for this process. Others learn of it from the log.
    pub revoked: Arc<RevocationMirror>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long an access token lives: the ends of sessions are kept until there can be none.
    pub access_lifetime: Duration,
}

impl Activation {
    /// The same as [`Activation::set_active`] for the account with this address, at the word of an operator.
    pub async fn set_named_active(&self, email: &Email, is_active: bool) -> Result<Option<User>, Outage> {
        let named = Identifier::Email(email.clone());
        match self.users.find_credentials(&named).await? {
            Some(found) => self.set_active(found.user.id, is_active, None).await,
            None => Ok(None),
        }
    }

    /// Enables an account, or disables it, and with it everything that its owner holds (requirement T6). `by` is the member
    /// of staff who decided it, for the audit log. `None` if there is no such account.
    pub async fn set_active(&self, id: UserId, is_active: bool, by: Option<UserId>) -> Result<Option<User>, Outage> {
        let now = self.clock.now();
        let until = last_expiry(now, self.access_lifetime);
        match self.changes.set_active(id, is_active, now, until).await? {
            ActivationOutcome::Unknown => Ok(None),
            ActivationOutcome::Set { user, ended } => {
                let event = if is_active { "account_enabled" } else { "account_disabled" };
                let by = by.map(tracing::field::display);
                tracing::info!(target: "audit", event, user_id = %id, sessions = ended.len(), by);
                let revocation = |session| Revocation { key: RevokedKey::Session(session), until };
                self.revoked.note(&ended.into_iter().map(revocation).collect::<Vec<_>>());
                self.remembered.forget_before(&user).await;
                if !is_active {
                    self.forget_one_time_tokens(id).await;
                }
                Ok(Some(user))
            }
        }
    }

    /// Where they are kept elsewhere than the account: there nobody is given one of a disabled account, and none is to be left
    /// when it is enabled again. They live for seconds: if it cannot be done now, it soon need not be.
    async fn forget_one_time_tokens(&self, user_id: UserId) {
        if let Err(error) = self.one_time_tokens.delete_for(user_id, &[OneTimePurpose::OneTime]).await {
            tracing::warn!(%user_id, %error, "one-time tokens of a disabled account are left to expire");
        }
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::{ErrorKind, Timestamp};
    use tessera_repositories::{
        MockAccountChangeRepository, MockOneTimeTokenRepository, MockRevocationRepository, MockUserCache,
        MockUserRepository,
    };

    use super::*;
    use crate::fixtures::{LAST_EXPIRY, LIFETIMES, NOW, SESSION, USER, away, clock, credentials, user};

    fn activation(users: MockUserRepository, changes: MockAccountChangeRepository, cache: MockUserCache) -> Activation {
        let users: Arc<dyn UserRepository> = Arc::new(users);
        let remembered = RememberedUsers { users: users.clone(), cache: Arc::new(cache), clock: clock() };
        let revoked = Arc::new(RevocationMirror::new(Arc::new(MockRevocationRepository::new()), clock()));
        let access_lifetime = LIFETIMES.access;
        let mut tokens = MockOneTimeTokenRepository::new();
        tokens
            .expect_delete_for()
            .withf(|id, purposes| *id == USER && purposes == [OneTimePurpose::OneTime])
            .returning(|_, _| Err(away()));
        Activation {
            users,
            changes: Arc::new(changes),
            one_time_tokens: Arc::new(tokens),
            remembered,
            revoked,
            clock: clock(),
            access_lifetime,
        }
    }

    fn ana() -> Email {
        Email::parse("ana@example.com").expect("an address")
    }

    #[tokio::test]
    async fn the_named_account_is_disabled_and_no_cache_keeps_it_active() {
        let disabled = User { is_active: false, updated_at: Timestamp::from_unix_seconds(9), ..user() };
        let (mut users, mut changes, mut cache) =
            (MockUserRepository::new(), MockAccountChangeRepository::new(), MockUserCache::new());
        users
            .expect_find_credentials()
            .withf(|named| *named == Identifier::Email(ana()))
            .returning(|_| Ok(Some(credentials())));
        let stored = disabled.clone();
        changes
            .expect_set_active()
            .withf(|id, is_active, at, until| *id == USER && !is_active && *at == NOW && *until == LAST_EXPIRY)
            .times(1)
            .returning(move |_, _, _, _| Ok(ActivationOutcome::Set { user: stored.clone(), ended: vec![SESSION] }));
        let version = disabled.updated_at;
        cache.expect_evict().withf(move |id, at, _| *id == USER && *at == version).times(1).returning(|_, _, _| Ok(()));
        let set = activation(users, changes, cache).set_named_active(&ana(), false).await;
        assert_eq!(set.expect("set"), Some(disabled));
    }

    #[tokio::test]
    async fn an_address_of_nobody_changes_nothing() {
        let mut users = MockUserRepository::new();
        users.expect_find_credentials().returning(|_| Ok(None));
        let untouched = activation(users, MockAccountChangeRepository::new(), MockUserCache::new());
        assert_eq!(untouched.set_named_active(&ana(), true).await.expect("answered"), None);

        let (mut users, mut changes) = (MockUserRepository::new(), MockAccountChangeRepository::new());
        users.expect_find_credentials().returning(|_| Ok(Some(credentials())));
        changes.expect_set_active().returning(|_, _, _, _| Ok(ActivationOutcome::Unknown));
        let gone = activation(users, changes, MockUserCache::new());
        assert_eq!(gone.set_named_active(&ana(), true).await.expect("answered"), None);
    }

    #[tokio::test]
    async fn a_storage_that_is_away_is_worth_another_try() {
        let (mut users, mut changes) = (MockUserRepository::new(), MockAccountChangeRepository::new());
        users.expect_find_credentials().returning(|_| Ok(Some(credentials())));
        changes.expect_set_active().returning(|_, _, _, _| Err(away()));
        let error = activation(users, changes, MockUserCache::new()).set_named_active(&ana(), false).await;
        assert_eq!(error.expect_err("away").kind(), ErrorKind::Unavailable);
    }
}
