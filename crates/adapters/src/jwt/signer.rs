//! Signing: claims in, compact serialisation out.
//!
//! The key is parsed and the header encoded once. jsonwebtoken would do both for each token, which costs a third of the
//! time of an ES256 signature; so signing speaks to the cryptographic library directly, and the verifier, which is
//! jsonwebtoken's, checks in `self_test` that the two agree.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::EcdsaKeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::{Algorithm, Claims, KeyId};
use tessera_services::ports::{SignError, TokenSigner};

use super::wire::{TYPE, WireClaims, WireHeader};

/// Signs with ES256 (RFC 7518, section 3.4).
pub(super) struct Es256Signer {
    key: EcdsaKeyPair,
    frame: Frame,
}

impl Es256Signer {
    /// `key` has to be one for fixed-length signatures, `r || s`.
    pub(super) fn new(issuer: &str, id: &KeyId, key: EcdsaKeyPair) -> Result<Self, SignError> {
        Ok(Self { key, frame: Frame::new(issuer, id, Algorithm::Es256)? })
    }
}

impl TokenSigner for Es256Signer {
    fn sign(&self, claims: &Claims) -> Result<SecretString, SignError> {
        self.frame.fill(claims, |input| {
            // The library draws the nonce itself and ignores the generator that its interface asks for.
            self.key.sign(&SystemRandom::new(), input).map_err(|_| SignError("ES256 signing failed"))
        })
    }
}

/// Signs with HS256 (RFC 7518, section 3.2).
pub(super) struct Hs256Signer {
    key: hmac::Key,
    frame: Frame,
}

impl Hs256Signer {
    /// Signs with the bytes of `secret_key` as they are: that is what consumers are given to verify with.
    pub(super) fn new(issuer: &str, id: &KeyId, secret_key: &SecretString) -> Result<Self, SignError> {
        let key = hmac::Key::new(HMAC_SHA256, secret_key.expose_secret().as_bytes());
        Ok(Self { key, frame: Frame::new(issuer, id, Algorithm::Hs256)? })
    }
}

impl TokenSigner for Hs256Signer {
    fn sign(&self, claims: &Claims) -> Result<SecretString, SignError> {
        self.frame.fill(claims, |input| Ok(hmac::sign(&self.key, input)))
    }
}

/// What is the same in every token of a key.
struct Frame {
    issuer: String,
    /// The encoded header and its dot.
    start: String,
}

/// The encoded length of 64 bytes, the longer of the two signatures, and its dot.
const SIGNATURE_CHARS: usize = 87;

impl Frame {
    fn new(issuer: &str, id: &KeyId, algorithm: Algorithm) -> Result<Self, SignError> {
        let header = WireHeader { alg: algorithm.name(), kid: id.as_str(), typ: TYPE };
        let json = serde_json::to_vec(&header).map_err(|_| SignError("the header cannot be written"))?;
        let mut start = URL_SAFE_NO_PAD.encode(json);
        start.push('.');
        Ok(Self { issuer: issuer.to_owned(), start })
    }

    /// The token that says `claims`, signed by `sign`, which is given the signing input (RFC 7515, section 5.1).
    fn fill<S: AsRef<[u8]>>(
        &self,
        claims: &Claims,
        sign: impl FnOnce(&[u8]) -> Result<S, SignError>,
    ) -> Result<SecretString, SignError> {
        let claims = WireClaims::new(claims, &self.issuer);
        let payload = serde_json::to_vec(&claims).map_err(|_| SignError("the claims cannot be written"))?;
        // In one allocation: a growing string would leave copies of the token behind in freed memory.
        let mut token = String::with_capacity(self.start.len() + payload.len().div_ceil(3) * 4 + SIGNATURE_CHARS);
        token.push_str(&self.start);
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token.into())
    }
}
