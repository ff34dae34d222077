//! Remembering tokens that need not be verified: access tokens that were, and what this process has signed itself.
//!
//! An access token is presented many times, and its signature costs a hundred times more to check than to remember. A
//! refresh token is presented once, but it is often this process that signed it. A token is known by the SHA-256 of its
//! whole text, so a hit means that this very text was verified or signed before. Nothing is kept of a token that was
//! refused: whoever sends rubbish cannot push out what is useful. Revocation is not asked here, and time is asked at each hit.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tessera_domain::{Claims, Digest, Timestamp, TokenType};
use tessera_services::ports::{TokenRejected, TokenVerifier};

use super::verifier::{MAX_TOKEN_BYTES, check_use};

/// A [`TokenVerifier`] that asks another one only once about each access token, and about no token that it was told of.
///
/// The keys of the other verifier must not change behind it: for other keys [`LiveKeys`](super::LiveKeys) begins another
/// cache.
pub struct VerifiedCache {
    verifier: Arc<dyn TokenVerifier>,
    /// When keys of the verifier end, earliest first.
    ends: Vec<Timestamp>,
    access: Cache<[u8; 32], Remembered>,
    /// Apart, so that the two kinds do not push each other out. None gets here by being verified: it would not come
    /// again.
    refresh: Cache<[u8; 32], Remembered>,
}

#[derive(Clone)]
struct Remembered {
    claims: Claims,
    /// When a key of the verifier ends next, which may be the one that this token is signed with.
    until: Option<Timestamp>,
}

impl VerifiedCache {
    /// A good start: some 3 MB of each kind when full, and nothing before there are tokens.
    pub const DEFAULT_CAPACITY: usize = 16_384;

    /// Remembers about `capacity` tokens of each kind that `verifier` would accept. One takes about 200 bytes, and an
    /// external id of its subject on top.
    pub fn new(verifier: Arc<dyn TokenVerifier>, capacity: usize) -> Self {
        Self { verifier, ends: Vec::new(), access: Cache::new(capacity), refresh: Cache::new(capacity) }
    }

    /// The same for a verifier whose keys end at these moments: at each of them every token is verified anew.
    #[must_use]
    pub fn with_ends(mut self, ends: impl IntoIterator<Item = Timestamp>) -> Self {
        self.ends = ends.into_iter().collect();
        self.ends.sort_unstable();
        self
    }

    /// Takes note of a token that was signed at `now` with a key of the verifier.
    pub fn remember(&self, token: &str, claims: &Claims, now: Timestamp) {
        // As a verifier would read them.
        let (issued_at, expires_at) = (claims.issued_at.whole_seconds(), claims.expires_at.whole_seconds());
        let claims = Claims { issued_at, expires_at, ..claims.clone() };
        self.of(claims.kind.token_type()).insert(key(token), self.remembered(claims, now));
    }

    fn remembered(&self, claims: Claims, now: Timestamp) -> Remembered {
        Remembered { claims, until: self.ends.iter().find(|end| now < **end).copied() }
    }

    fn of(&self, kind: TokenType) -> &Cache<[u8; 32], Remembered> {
        match kind {
            TokenType::Access => &self.access,
            TokenType::Refresh => &self.refresh,
        }
    }
}

impl TokenVerifier for VerifiedCache {
    fn verify(&self, token: &str, expected: TokenType, now: Timestamp) -> Result<Claims, TokenRejected> {
        if token.len() > MAX_TOKEN_BYTES {
            return self.verifier.verify(token, expected, now);
        }
        let (remembered, key) = (self.of(expected), key(token));
        if let Some(Remembered { claims, until }) = remembered.get(&key) {
            let checked = check_use(&claims, expected, now);
            if checked.is_ok() && until.is_none_or(|until| now < until) {
                return Ok(claims);
            }
            remembered.remove(&key);
            checked?;
        }
        let claims = self.verifier.verify(token, expected, now)?;
        if expected == TokenType::Access {
            remembered.insert(key, self.remembered(claims.clone(), now));
        }
        Ok(claims)
    }
}

fn key(token: &str) -> [u8; 32] {
    *Digest::of(token.as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mockall::predicate::{always, eq};
    use secrecy::ExposeSecret as _;
    use tessera_domain::{ExternalId, Generation, SessionId, Subject, TokenId, TokenKind};
    use tessera_services::ports::MockTokenVerifier;

    use super::*;
    use crate::jwt::TokenKeys;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    fn claims(kind: TokenKind) -> Claims {
        Claims {
            subject: Subject::External(ExternalId::Number(1)),
            token_id: TokenId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            kind,
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_mins(1)),
        }
    }

    /// A cache before a verifier that must be asked exactly `times` times, and answers with `answer`.
    fn cache(times: usize, answer: Result<Claims, TokenRejected>) -> VerifiedCache {
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().times(times).returning(move |_, _, _| answer.clone());
        VerifiedCache::new(Arc::new(verifier), 16)
    }

    #[test]
    fn asks_once_about_one_text() {
        let cache = cache(1, Ok(claims(TokenKind::Access)));
        for _ in 0..3 {
            assert_eq!(cache.verify("a.b.c", TokenType::Access, NOW), Ok(claims(TokenKind::Access)));
        }
    }

    #[test]
    fn asks_about_each_other_text() {
        let cache = cache(3, Ok(claims(TokenKind::Access)));
        for token in ["a.b.c", "a.b.d", "a.b.c "] {
            assert!(cache.verify(token, TokenType::Access, NOW).is_ok());
        }
    }

    #[test]
    fn a_hit_expires_to_the_second_and_is_dropped() {
        let mut verifier = MockTokenVerifier::new();
        let end = NOW.plus(Duration::from_mins(1));
        verifier
            .expect_verify()
            .with(always(), always(), eq(NOW))
            .times(1)
            .returning(|_, _, _| Ok(claims(TokenKind::Access)));
        let cache = VerifiedCache::new(Arc::new(verifier), 16);
        assert!(cache.verify("a.b.c", TokenType::Access, NOW).is_ok());
        assert!(cache.verify("a.b.c", TokenType::Access, Timestamp::from_unix_micros(end.unix_micros() - 1)).is_ok());
        assert_eq!(cache.verify("a.b.c", TokenType::Access, end), Err(TokenRejected::Expired));
        assert_eq!(cache.access.len(), 0);
    }

    /// Whichever of the keys it is: no token says.
    #[test]
    fn what_was_remembered_before_a_key_ended_is_verified_anew() {
        let (end, later) = (NOW.plus(Duration::from_secs(10)), NOW.plus(Duration::from_secs(20)));
        let cache = cache(2, Ok(claims(TokenKind::Access))).with_ends([later, end]);
        let before = Timestamp::from_unix_micros(end.unix_micros() - 1);
        for now in [NOW, before, end, end] {
            assert!(cache.verify("a.b.c", TokenType::Access, now).is_ok());
        }
    }

    #[test]
    fn remembers_no_refusal() {
        let cache = cache(2, Err(TokenRejected::Invalid));
        for _ in 0..2 {
            assert_eq!(cache.verify("a.b.c", TokenType::Access, NOW), Err(TokenRejected::Invalid));
        }
        assert_eq!(cache.access.len(), 0);
    }

    #[test]
    fn remembers_no_refresh_token() {
        let refresh = claims(TokenKind::Refresh(Generation::FIRST));
        let cache = cache(2, Ok(refresh.clone()));
        for _ in 0..2 {
            assert_eq!(cache.verify("a.b.c", TokenType::Refresh, NOW), Ok(refresh.clone()));
        }
        assert_eq!((cache.access.len(), cache.refresh.len()), (0, 0));
    }

    #[test]
    fn what_was_signed_here_is_not_verified_again_until_it_expires() {
        let keys =
            TokenKeys::hs256("issuer", &"a secret of an installation that is long enough".into(), None).expect("keys");
        let mut verifier = MockTokenVerifier::new();
        verifier.expect_verify().times(2).returning(|_, _, _| Err(TokenRejected::Invalid));
        let cache = VerifiedCache::new(Arc::new(verifier), 16);
        for kind in [TokenKind::Access, TokenKind::Refresh(Generation::FIRST)] {
            let issued_at = Timestamp::from_unix_micros(NOW.unix_micros() + 1);
            let claims = Claims { issued_at, ..claims(kind) };
            let token = keys.signer.sign(&claims).expect("signed");
            let (token, kind) = (token.expose_secret(), kind.token_type());
            cache.remember(token, &claims, NOW);
            let remembered = cache.verify(token, kind, NOW);
            assert_eq!(remembered, keys.verifier.verify(token, kind, NOW), "as the verifier reads it");
            assert!(remembered.is_ok());
            assert_eq!(cache.verify(token, kind, NOW.plus(Duration::from_mins(1))), Err(TokenRejected::Expired));
            assert_eq!(cache.verify(token, kind, NOW), Err(TokenRejected::Invalid), "it is no longer known");
        }
    }

    #[test]
    fn an_access_token_that_was_remembered_is_still_no_refresh_token() {
        let mut verifier = MockTokenVerifier::new();
        verifier
            .expect_verify()
            .with(always(), eq(TokenType::Access), always())
            .times(1)
            .returning(|_, _, _| Ok(claims(TokenKind::Access)));
        verifier
            .expect_verify()
            .with(always(), eq(TokenType::Refresh), always())
            .times(1)
            .returning(|_, _, _| Err(TokenRejected::WrongType));
        let cache = VerifiedCache::new(Arc::new(verifier), 16);
        assert!(cache.verify("a.b.c", TokenType::Access, NOW).is_ok());
        assert_eq!(cache.verify("a.b.c", TokenType::Refresh, NOW), Err(TokenRejected::WrongType));
    }

    #[test]
    fn is_bounded() {
        let cache = cache(1_000, Ok(claims(TokenKind::Access)));
        for number in 0..1_000 {
            assert!(cache.verify(&format!("a.b.{number}"), TokenType::Access, NOW).is_ok());
        }
        assert!(cache.access.len() <= 16);
    }
}
