//! The names of everything that is kept in Redis: all of them are made here.
//!
//! They begin with a prefix, so that several installations, or tests, can share a server. Braces mark what a cluster
//! places a key by: keys that one script touches together have it in common.

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tessera_domain::{Digest, OneTimePurpose, RateLimitKey, RevokedKey, UserId};

/// Room for a name behind the prefix, whatever a caller puts at its end: most are made for a request.
const ROOM: usize = 96;

/// The keys of one installation.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: Arc<str>,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// What the name of every one-time token begins with: a purpose, a colon and the digest follow.
    pub fn one_time_tokens(&self) -> String {
        self.named("{one_time}:token:")
    }

    /// What the name of every one-time token of one purpose begins with.
    pub fn one_time_tokens_for(&self, purpose: OneTimePurpose) -> String {
        self.named(format_args!("{{one_time}}:token:{}:", purpose.name()))
    }

    /// What the name of every list of the tokens of an account begins with: a purpose, a colon and the account follow.
    pub fn one_time_lists(&self) -> String {
        self.named("{one_time}:list:")
    }

    /// What the name of every such list of one purpose begins with.
    pub fn one_time_lists_for(&self, purpose: OneTimePurpose) -> String {
        self.named(format_args!("{{one_time}}:list:{}:", purpose.name()))
    }

    /// The list of the tokens of one purpose of an account.
    pub fn one_time_list(&self, purpose: OneTimePurpose, user_id: UserId) -> String {
        self.named(format_args!("{{one_time}}:list:{}:{user_id}", purpose.name()))
    }

    /// All of these lists.
    pub fn all_one_time_lists(&self) -> String {
        self.named("{one_time}:lists")
    }

    /// What was revoked. Other services look for `jwt_blacklist:` and the `jti` of the token that they are shown, or
    /// for `jwt_blacklist:session:` and its `sid`.
    pub fn revoked(&self, key: &RevokedKey) -> String {
        match key {
            RevokedKey::Token(id) => self.named(format_args!("jwt_blacklist:{id}")),
            RevokedKey::Session(id) => self.named(format_args!("jwt_blacklist:session:{id}")),
        }
    }

    /// How far the blacklist is along the log.
    pub fn blacklist_position(&self) -> String {
        self.named("blacklist_position")
    }

    /// The channel on which revocations are announced.
    pub fn revocation_notices(&self) -> String {
        self.named("revocation_notices")
    }

    /// A cached account. The number is that of the form in which it is kept.
    pub fn user(&self, id: UserId) -> String {
        self.named(format_args!("user:1:{id}"))
    }

    /// A counter of attempts.
    pub fn rate_limit(&self, key: RateLimitKey) -> String {
        self.named(format_args!("rate_limit:{key}"))
    }

    /// What is written to see whether writing works.
    pub fn health(&self) -> String {
        self.named("health")
    }

    fn named(&self, name: impl Display) -> String {
        let mut key = String::with_capacity(self.prefix.len() + ROOM);
        key.push_str(&self.prefix);
        let _always_fits = write!(key, "{name}");
        key
    }
}

/// How a list of tokens names one of them.
pub(crate) fn digest_text(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

#[cfg(test)]
mod tests {
    use tessera_domain::{SessionId, TokenId};

    use super::*;

    /// Other programs depend on these two.
    #[test]
    fn the_blacklist_has_the_names_that_others_look_for() {
        let keys = Keys::new("tessera:");
        let id = "01020304-0506-0708-090a-0b0c0d0e0f10";
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        let token = keys.revoked(&RevokedKey::Token(TokenId::from_bytes(bytes)));
        let session = keys.revoked(&RevokedKey::Session(SessionId::from_bytes(bytes)));
        assert_eq!(token, format!("tessera:jwt_blacklist:{id}"));
        assert_eq!(session, format!("tessera:jwt_blacklist:session:{id}"));
    }

    #[test]
    fn what_a_script_puts_together_is_what_is_made_here() {
        let (keys, purpose) = (Keys::new("p:"), OneTimePurpose::PasswordReset);
        assert_eq!(keys.one_time_tokens_for(purpose), keys.one_time_tokens() + purpose.name() + ":");
        let lists = keys.one_time_lists() + purpose.name() + ":";
        assert_eq!(keys.one_time_lists_for(purpose), lists);
        let id = UserId::from_bytes([7; 16]);
        assert_eq!(keys.one_time_list(purpose, id), format!("{lists}{id}"));
    }
}
