//! What has been tried against verifiers of JWTs, tried against ours (requirements T1 to T3; RFC 8725).
//!
//! Nearly every forgery here carries a good signature by our own key: it must be refused for what it says, not because
//! somebody forgot to sign it. Each table starts from a token that is accepted, so that no row passes by accident.

mod claims;
mod encoding;
mod keys;
mod usage;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD, URL_SAFE_NO_PAD};
use tessera_domain::{Claims, KeyId, Subject, Timestamp, TokenType};
use tessera_services::ports::{TokenRejected, TokenVerifier as _};

use super::verifier::{MAX_TOKEN_BYTES, StrictVerifier, VerificationKey};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_500);
const SECRET: &str = "the shared secret of the installation";
const HEADER: &str = r#"{"alg":"ES256","kid":"ec","typ":"JWT"}"#;

/// The members of a good access token, each with its value.
const ACCESS: [(&str, &str); 8] = [
    ("iss", r#""https://id.example""#),
    ("sub", r#""07070707-0707-0707-0707-070707070707""#),
    ("iat", "1000"),
    ("exp", "2000"),
    ("jti", r#""01010101-0101-0101-0101-010101010101""#),
    ("sid", r#""02020202-0202-0202-0202-020202020202""#),
    ("token_type", r#""access""#),
    ("user_id", r#""07070707-0707-0707-0707-070707070707""#),
];

/// An installation with an ES256 key `ec` and a shared secret `hs`, and somebody who can sign anything with either.
struct Forger {
    pair: EcdsaKeyPair,
    verifier: StrictVerifier,
}

impl Forger {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("made");
        let id = |text| KeyId::parse(text).expect("valid");
        let ec = VerificationKey::es256(id("ec"), pair.public_key().as_ref());
        let hs = VerificationKey::hs256(id("hs"), &SECRET.into());
        Self { pair, verifier: StrictVerifier::new("https://id.example", [ec, hs]) }
    }

    /// A token with exactly these bytes, signed with `ec`.
    fn es256(&self, header: &str, payload: &str) -> String {
        let input = signing_input(header, payload);
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).expect("signed");
        with_signature(&input, signature.as_ref())
    }

    fn verify_as(&self, token: &str, expected: TokenType) -> Result<Claims, TokenRejected> {
        self.verifier.verify(token, expected, NOW)
    }

    fn verify(&self, token: &str) -> Result<Claims, TokenRejected> {
        self.verify_as(token, TokenType::Access)
    }

    #[track_caller]
    fn assert_invalid(&self, token: &str, what: &str) {
        for expected in [TokenType::Access, TokenType::Refresh] {
            let refused = self.verify_as(token, expected);
            assert!(matches!(refused, Err(TokenRejected::Invalid | TokenRejected::UnknownKey)), "{what}: {refused:?}");
        }
    }
}

/// A token with exactly these bytes, with a MAC under `key`.
fn hs256(key: &[u8], header: &str, payload: &str) -> String {
    let input = signing_input(header, payload);
    let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, key), input.as_bytes());
    with_signature(&input, tag.as_ref())
}

fn signing_input(header: &str, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

fn with_signature(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn object(members: &[(&str, &str)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    format!("{{{}}}", members.join(","))
}

fn access() -> String {
    object(&ACCESS)
}

/// The access token with some values replaced; a new name is added at the end.
fn access_with(changes: &[(&'static str, &'static str)]) -> String {
    let mut members = ACCESS.to_vec();
    for (name, value) in changes {
        match members.iter_mut().find(|(known, _)| known == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
    }
    object(&members)
}

fn refresh_with(generation: &'static str) -> String {
    access_with(&[("token_type", r#""refresh""#), ("gen", generation)])
}

#[test]
fn what_the_tables_start_from_is_accepted() {
    let forger = Forger::new();
    assert!(forger.verify(&forger.es256(HEADER, &access())).is_ok());
    let header = r#"{"alg":"HS256","kid":"hs","typ":"JWT"}"#;
    assert!(forger.verify(&hs256(SECRET.as_bytes(), header, &access())).is_ok());
    let refresh = forger.es256(HEADER, &refresh_with("4294967295"));
    assert!(forger.verify_as(&refresh, TokenType::Refresh).is_ok());
}
