//! What the tests of this module start from: one user with a pair, tokens that can be read, and storage that is mocked.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tessera_domain::{
    Claims, Digest, ExternalId, ExternalPair, ExternalUsername, Generation, IssuedToken, Subject, Timestamp, TokenId,
    TokenKind, TokenType,
};
use tessera_repositories::MockUserTokenRepository;

use super::UserTokens;
use crate::fixtures::{LIFETIMES, NOW, SESSION, SameBytes, USER, clock};
use crate::ports::{MockTokenSigner, MockTokenVerifier, TokenRejected};
use crate::signing_keys::KeysInUse;

pub const BOB: ExternalId = ExternalId::Number(1);

/// Tokens, by their texts. They are well signed, but for `garbage`.
pub const ACCESS: &str = "access";
pub const REFRESH: &str = "refresh";
pub const OLD_ACCESS: &str = "old access";
pub const OLD_REFRESH: &str = "old refresh";
pub const EXPIRED_ACCESS: &str = "expired access";
pub const EXPIRED_REFRESH: &str = "expired refresh";
pub const ANOTHERS_ACCESS: &str = "another's access";
pub const ANOTHERS_REFRESH: &str = "another's refresh";
pub const ACCOUNTS_ACCESS: &str = "account's access";
pub const ACCOUNTS_REFRESH: &str = "account's refresh";
pub const GARBAGE: &str = "garbage";

fn token_id(text: &str) -> TokenId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Digest::of(text.as_bytes()).as_bytes()[..16]);
    TokenId::from_bytes(bytes)
}

fn issued(text: &str, lifetime: Duration) -> IssuedToken {
    let digest = Digest::of(text.as_bytes());
    IssuedToken { token_id: token_id(text), digest, issued_at: NOW, expires_at: NOW.plus(lifetime) }
}

/// Bob's pair.
pub fn pair() -> ExternalPair {
    ExternalPair {
        subject: BOB,
        username: ExternalUsername::parse("bob").expect("a name"),
        access: issued(ACCESS, LIFETIMES.access),
        refresh: issued(REFRESH, LIFETIMES.session.idle),
    }
}

/// Storage that has Bob's pair and nobody else's.
pub fn with_pair() -> MockUserTokenRepository {
    let mut pairs = MockUserTokenRepository::new();
    pairs.expect_find().returning(|subject| Ok((*subject == BOB).then(pair)));
    pairs
}

pub fn service(pairs: MockUserTokenRepository) -> UserTokens {
    let (mut signer, mut verifier) = (MockTokenSigner::new(), MockTokenVerifier::new());
    signer.expect_sign().returning(|claims| Ok(SecretString::from(describe(claims))));
    verifier.expect_verify().returning(verify);
    UserTokens {
        pairs: Arc::new(pairs),
        keys: KeysInUse::fixed(Arc::new(signer), Arc::new(verifier)),
        clock: clock(),
        secrets: Arc::new(SameBytes),
        lifetimes: LIFETIMES,
    }
}

/// What a new token says: whom it is about, what it is for, and for how many seconds.
fn describe(claims: &Claims) -> String {
    let seconds = claims.expires_at.unix_seconds() - claims.issued_at.unix_seconds();
    format!("{:?} {} {seconds}", claims.subject, claims.kind.token_type().name())
}

/// As the one verifier does: the type counts before the time.
fn verify(text: &str, expected: TokenType, _: Timestamp) -> Result<Claims, TokenRejected> {
    let kind = match text {
        GARBAGE => return Err(TokenRejected::Invalid),
        text if text.ends_with("access") => TokenKind::Access,
        _ => TokenKind::Refresh(Generation::FIRST),
    };
    if kind.token_type() != expected {
        return Err(TokenRejected::WrongType);
    }
    let subject = match text.split(' ').next() {
        Some("expired") => return Err(TokenRejected::Expired),
        Some("another's") => Subject::External(ExternalId::Number(2)),
        Some("account's") => Subject::Account(USER),
        _ => Subject::External(BOB),
    };
    Ok(Claims { subject, token_id: token_id(text), session_id: SESSION, kind, issued_at: NOW, expires_at: NOW })
}
