//! The column `token_data`: what is kept of the two tokens of a pair, as JSON, which is how the service that Tessera
//! replaces has it, and how an operator can read it. The only JSON of this crate.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};
use tessera_domain::{Digest, ExternalPair, IssuedToken, Timestamp};

/// A pair, written down.
pub(super) fn pair(pair: &ExternalPair) -> Value {
    json!({"access": token(&pair.access), "refresh": token(&pair.refresh)})
}

/// One of its tokens.
pub(super) fn token(token: &IssuedToken) -> Value {
    json!({
        "jti": token.token_id.to_string(),
        "sha256": sha256(&token.digest),
        "issued_at": token.issued_at.unix_micros(),
        "expires_at": token.expires_at.unix_micros(),
    })
}

/// A digest, by which the guards know a token.
pub(super) fn sha256(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

/// The access and the refresh token of a pair; nothing if this is not what [`pair`] wrote.
pub(super) fn read(pair: &Value) -> Option<(IssuedToken, IssuedToken)> {
    let pair = Pair::deserialize(pair).ok()?;
    pair.access.issued().zip(pair.refresh.issued())
}

#[derive(Deserialize)]
struct Pair {
    access: Token,
    refresh: Token,
}

#[derive(Deserialize)]
struct Token {
    jti: String,
    sha256: String,
    issued_at: i64,
    expires_at: i64,
}

impl Token {
    fn issued(self) -> Option<IssuedToken> {
        let mut digest = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(&self.sha256, &mut digest).ok()?;
        Some(IssuedToken {
            token_id: self.jti.parse().ok()?,
            digest: (length == digest.len()).then(|| Digest::from_bytes(digest))?,
            issued_at: Timestamp::from_unix_micros(self.issued_at),
            expires_at: Timestamp::from_unix_micros(self.expires_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::{ExternalId, ExternalUsername, TokenId};

    use super::*;

    fn sample() -> ExternalPair {
        let token = |number: u8| IssuedToken {
            token_id: TokenId::from_bytes([number; 16]),
            digest: Digest::from_bytes([number; 32]),
            issued_at: Timestamp::from_unix_micros(1_800_000_000_000_001),
            expires_at: Timestamp::from_unix_micros(1_800_000_900_000_001),
        };
        let username = ExternalUsername::parse("bob").expect("a name");
        ExternalPair { subject: ExternalId::Number(1), username, access: token(1), refresh: token(255) }
    }

    #[test]
    fn is_written_like_this() {
        let expected = json!({
            "access": {
                "jti": "01010101-0101-0101-0101-010101010101",
                "sha256": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
                "issued_at": 1_800_000_000_000_001_i64,
                "expires_at": 1_800_000_900_000_001_i64,
            },
            "refresh": {
                "jti": "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "sha256": "__________________________________________8",
                "issued_at": 1_800_000_000_000_001_i64,
                "expires_at": 1_800_000_900_000_001_i64,
            },
        });
        assert_eq!(pair(&sample()), expected);
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let written = pair(&sample());
        assert_eq!(read(&written), Some((sample().access, sample().refresh)));
        for (member, damaged) in [
            ("jti", json!("01010101")),
            ("sha256", json!("AQEB")),
            ("sha256", json!("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE")),
            ("sha256", json!("not base64url")),
            ("issued_at", json!("1800000000000001")),
            ("expires_at", Value::Null),
        ] {
            for of in ["access", "refresh"] {
                let mut broken = written.clone();
                broken[of][member] = damaged.clone();
                assert_eq!(read(&broken), None, "{of} {member}");
            }
        }
        assert_eq!(read(&json!({})), None);
        assert_eq!(read(&json!([])), None);
    }
}
