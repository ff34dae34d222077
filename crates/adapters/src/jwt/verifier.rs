//! The strict verifier: the only way into the service for a token.
//!
//! jsonwebtoken checks the signature and the issuer. It is told explicitly what to check, since its defaults are
//! lenient (a minute of leeway, a missing issuer is fine, unknown header members are ignored), and everything it does
//! not check is checked here: size and encoding before any cryptography, the header against an allow-list, the claims
//! against a complete list, time against the clock of the caller. Requirements T1 to T3; RFC 8725.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::{Algorithm, Claims, KeyId, Timestamp, TokenType};
use tessera_services::ports::{TokenRejected, TokenVerifier};

use super::strict_json::Object;
use super::wire::{TYPE, WireClaims, WireHeader};

/// The longest token that is looked at. Ours have about 600 bytes, or 1,500 with the longest external id.
pub(super) const MAX_TOKEN_BYTES: usize = 4_096;

/// How far in the future a token may have been issued, for the sake of other instances whose clocks differ (requirement
/// T2). Within one process the clock never goes back, so that no token is from the future there, even if the system
/// clock is set back by an hour. After a restart behind such a clock, tokens from before are refused until it has caught
/// up; they would live longer than they were given.
const MAX_SKEW: Duration = Duration::from_secs(5);

/// A key that tokens are verified with.
pub(super) struct VerificationKey {
    id: KeyId,
    algorithm: Algorithm,
    key: DecodingKey,
    until: Option<Timestamp>,
}

impl VerificationKey {
    /// A public key: the uncompressed point (SEC 1, section 2.3.3).
    pub(super) fn es256(id: KeyId, point: &[u8]) -> Self {
        // The name promises DER, but these are the bytes that go to the library as the public key.
        Self { id, algorithm: Algorithm::Es256, key: DecodingKey::from_ec_der(point), until: None }
    }

    /// A shared secret.
    pub(super) fn hs256(id: KeyId, secret_key: &SecretString) -> Self {
        let key = DecodingKey::from_secret(secret_key.expose_secret().as_bytes());
        Self { id, algorithm: Algorithm::Hs256, key, until: None }
    }

    /// The same key, which verifies nothing from then on.
    pub(super) fn until(self, until: Option<Timestamp>) -> Self {
        Self { until, ..self }
    }
}

/// Verifies tokens of one issuer against a fixed set of keys, each for its time.
pub(super) struct StrictVerifier {
    keys: HashMap<String, KnownKey>,
}

struct KnownKey {
    algorithm: Algorithm,
    key: DecodingKey,
    until: Option<Timestamp>,
    validation: Validation,
}

impl StrictVerifier {
    pub(super) fn new(issuer: &str, keys: impl IntoIterator<Item = VerificationKey>) -> Self {
        let known = |VerificationKey { id, algorithm, key, until }| {
            (id.as_str().to_owned(), KnownKey { algorithm, key, until, validation: validation(issuer, algorithm) })
        };
        Self { keys: keys.into_iter().map(known).collect() }
    }

    /// The key that a header names, if the header is one of ours. The algorithm is the key's; the header may only agree
    /// (RFC 8725, section 3.1). The name is looked up and nothing else: it is no path, no URL, no query.
    fn key_for(&self, header: &[u8], now: Timestamp) -> Result<&KnownKey, TokenRejected> {
        let header = serde_json::from_slice(header).map_err(|_| TokenRejected::Invalid)?;
        let Object(WireHeader { alg, kid, typ }) = header;
        let known = self.keys.get(kid).ok_or(TokenRejected::UnknownKey)?;
        let counts = typ == TYPE && alg == known.algorithm.name() && known.until.is_none_or(|until| now < until);
        if counts { Ok(known) } else { Err(TokenRejected::Invalid) }
    }

    /// The claims of a token that is ours, whatever its type and whenever it expires.
    fn authentic(&self, token: &str, now: Timestamp) -> Result<WireClaims<'static>, TokenRejected> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRejected::Invalid);
        }
        let known = self.key_for(&canonical_header(token).ok_or(TokenRejected::Invalid)?, now)?;
        let verified = jsonwebtoken::decode::<Object<WireClaims<'static>>>(token, &known.key, &known.validation);
        verified.map(|data| data.claims.0).map_err(|_| TokenRejected::Invalid)
    }
}

impl TokenVerifier for StrictVerifier {
    fn verify(&self, token: &str, expected: TokenType, now: Timestamp) -> Result<Claims, TokenRejected> {
        let claims = self.authentic(token, now)?.into_claims()?;
        if claims.issued_at > now.plus(MAX_SKEW) {
            return Err(TokenRejected::Invalid);
        }
        check_use(&claims, expected, now)?;
        Ok(claims)
    }
}

/// Whether authentic claims may be used for `expected` at `now`. There is no leeway: `exp` is the first moment at which
/// a token is refused (RFC 7519, section 4.1.4). That it has expired is told only of a token that was good for this use.
pub(super) fn check_use(claims: &Claims, expected: TokenType, now: Timestamp) -> Result<(), TokenRejected> {
    if claims.kind.token_type() != expected {
        Err(TokenRejected::WrongType)
    } else if now >= claims.expires_at {
        Err(TokenRejected::Expired)
    } else {
        Ok(())
    }
}

/// The decoded header of a token in three parts, none empty, each in the one canonical spelling of its bytes: no
/// padding, no stray bits in the last character, no blanks. What two readers could read differently is refused. A token
/// is still not its text: whoever has an ECDSA signature can make a second one, `(r, n - s)`, so that revocation goes by
/// session and id.
fn canonical_header(token: &str) -> Option<Vec<u8>> {
    let (header, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    // A fourth part would show as a dot in the signature, which is no character of the alphabet.
    for part in [payload, signature] {
        if URL_SAFE_NO_PAD.decode(part).ok()?.is_empty() {
            return None;
        }
    }
    URL_SAFE_NO_PAD.decode(header).ok()
}

/// What jsonwebtoken has to check. Time is not its business, since it would read the system's clock; an audience cannot
/// occur, since [`WireClaims`] has none.
fn validation(issuer: &str, algorithm: Algorithm) -> Validation {
    let algorithm = match algorithm {
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
    };
    let mut validation = Validation::new(algorithm);
    validation.algorithms = vec![algorithm];
    validation.required_spec_claims = HashSet::from(["iss".to_owned()]);
    validation.set_issuer(&[issuer]);
    validation.leeway = 0;
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests {
    use super::*;

    /// jsonwebtoken would refuse these too, by checks of its own. What is ours to refuse must not depend on them.
    #[test]
    fn a_header_is_refused_before_jsonwebtoken_sees_it() {
        let id = KeyId::parse("hs").expect("valid");
        let verifier = StrictVerifier::new("https://id.example", [VerificationKey::hs256(id, &"secret".into())]);
        let now = Timestamp::from_unix_seconds(1);
        assert!(verifier.key_for(br#"{"alg":"HS256","kid":"hs","typ":"JWT"}"#, now).is_ok());
        for odd in [
            r#"{"alg":"ES256","kid":"hs","typ":"JWT"}"#,
            r#"{"alg":"HS384","kid":"hs","typ":"JWT"}"#,
            r#"["HS256","hs","JWT"]"#,
            r#"{"alg":"HS256","kid":"another","typ":"JWT"}"#,
        ] {
            assert!(verifier.key_for(odd.as_bytes(), now).is_err(), "{odd}");
        }
    }
}
