//! The service of an account's owner on parts that nobody is expected to call.

use std::sync::Arc;
use std::time::Duration;

use tessera_domain::{
    ActivityEvent, Credentials, Email, Identifier, PasswordHash, PlainPassword, SecurityVersion, SessionId, Timestamp,
    TokenId, User,
};
use tessera_repositories::{
    MockAccountChangeRepository, MockActivityRepository, MockMailOutboxRepository, MockOneTimeTokenRepository,
    MockRevocationRepository, MockSessionRepository, MockUserCache, MockUserRepository, PasswordChangeOutcome,
};

use super::{NewPassword, OwnAccounts};
use crate::activity::MockActivityRecorder;
use crate::auth::{MockAuthService, PasswordVerifier, RememberedUsers};
use crate::fixtures::{LAST_EXPIRY, LIFETIMES, NOW, SESSION, USER, client, clock, credentials, mails, user};
use crate::limits::Unlimited;
use crate::ports::{MockPasswordHasher, Verdict};
use crate::tokens::{Caller, MockTokenService, RevocationMirror};

pub const OLD: &str = "a long walk by the sea";
pub const NEW: &str = "a long walk by the lake";
/// A session of the account besides the caller's.
pub const OTHER_SESSION: SessionId = SessionId::from_bytes([3; 16]);
/// The version of the credentials after a change.
pub const NEXT_VERSION: SecurityVersion = SecurityVersion::from_number(4);

/// What the service is made of.
#[derive(Default)]
pub struct Parts {
    pub auth: MockAuthService,
    pub tokens: MockTokenService,
    pub sessions: MockSessionRepository,
    pub users: MockUserRepository,
    pub cache: MockUserCache,
    pub hasher: MockPasswordHasher,
    pub changes: MockAccountChangeRepository,
    pub links: MockOneTimeTokenRepository,
    pub one_time_tokens: MockOneTimeTokenRepository,
    pub outbox: MockMailOutboxRepository,
    pub revocations: MockRevocationRepository,
    pub activity: MockActivityRecorder,
    pub activity_log: MockActivityRepository,
}

impl Parts {
    pub fn assemble(mut self) -> OwnAccounts {
        self.tokens.expect_access_lifetime().return_const(LIFETIMES.access);
        let users = Arc::new(self.users);
        OwnAccounts {
            auth: Arc::new(self.auth),
            tokens: Arc::new(self.tokens),
            sessions: Arc::new(self.sessions),
            users: users.clone(),
            remembered: RememberedUsers { users: users.clone(), cache: Arc::new(self.cache), clock: clock() },
            passwords: PasswordVerifier { users, hasher: Arc::new(self.hasher), limiter: Arc::new(Unlimited) },
            limiter: Arc::new(Unlimited),
            changes: Arc::new(self.changes),
            links: Arc::new(self.links),
            one_time_tokens: Arc::new(self.one_time_tokens),
            mails: mails(self.outbox),
            revoked: Arc::new(RevocationMirror::new(Arc::new(self.revocations), clock())),
            activity: Arc::new(self.activity),
            activity_log: Arc::new(self.activity_log),
            clock: clock(),
        }
    }

    /// The account is found by its id, and a password is verified like this.
    pub fn verifying(mut self, found: Credentials, verdict: Verdict) -> Self {
        self.users
            .expect_find_credentials()
            .withf(|identifier| *identifier == Identifier::Id(USER))
            .returning(move |_| Ok(Some(found.clone())));
        self.hasher.expect_verify().times(1).returning(move |_, _| Ok(verdict));
        self
    }

    /// The current password is right.
    pub fn knowing_the_password(self) -> Self {
        self.verifying(credentials(), Verdict::Right { outdated: false })
    }

    /// New passwords are hashed.
    pub fn hashing(mut self) -> Self {
        self.hasher.expect_hash().times(1).returning(|_| Ok(PasswordHash::from_encoded("hashed")));
        self
    }

    /// The cache is told that a newer version of the account was written.
    pub fn forgetting(mut self) -> Self {
        self.cache
            .expect_evict()
            .withf(|id, version, _| (*id, *version) == (USER, LATER))
            .times(1)
            .returning(|_, _, _| Ok(()));
        self
    }

    /// This event is noted, once, with the client it comes from.
    pub fn noting(mut self, event: ActivityEvent) -> Self {
        self.activity
            .expect_record()
            .withf(move |id, noted, from| (*id, *noted, from) == (USER, event, &client()))
            .times(1)
            .return_const(());
        self
    }
}

/// When the account was changed.
const LATER: Timestamp = Timestamp::from_unix_seconds(1_700_000_001);

/// The account after a change.
pub fn changed() -> User {
    User { updated_at: LATER, ..user() }
}

/// A password was replaced, and two sessions ended.
pub fn replaced() -> PasswordChangeOutcome {
    PasswordChangeOutcome::Changed { user: changed(), version: NEXT_VERSION, ended: vec![SESSION, OTHER_SESSION] }
}

pub fn caller() -> Caller {
    Caller { user_id: USER, session_id: SESSION, token_id: TokenId::from_bytes([8; 16]), expires_at: NOW }
}

pub fn address(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

pub fn password(text: &str) -> PlainPassword {
    PlainPassword::parse(text).expect("well-formed")
}

pub fn new_password(text: &str, repeated: &str) -> NewPassword {
    NewPassword { password: password(text), repeated: password(repeated) }
}

/// Holds that the access tokens of both sessions are refused, without a question to the log, as long as they live.
pub async fn assert_both_sessions_are_dead(accounts: &OwnAccounts) {
    let last = LAST_EXPIRY.minus(Duration::from_micros(1));
    for session in [SESSION, OTHER_SESSION] {
        assert!(accounts.revoked.is_revoked(session, last).await.expect("known"), "{session}");
    }
}
