//! What a token looks like: its header and its claims, for the signer and the verifier alike.
//!
//! Both structs are the complete list of what may be there. A member that is not declared here makes a token invalid,
//! which is how `crit`, `jwk`, `jku`, `x5c`, `b64` (RFC 7515, section 4.1; RFC 7797) and an `aud` that somebody else
//! should have checked are refused.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tessera_domain::{
    Claims, ExternalId, Generation, Invalid, SessionId, Subject, Timestamp, TokenId, TokenKind, TokenType,
};
use tessera_services::ports::TokenRejected;

use super::strict_json::{Text, present};

/// The only `typ` (RFC 7519, section 5.1).
pub(super) const TYPE: &str = "JWT";

/// The header. Its strings are borrowed, so that one with escapes is refused: an algorithm has one spelling.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireHeader<'a> {
    pub alg: &'a str,
    pub kid: &'a str,
    pub typ: &'a str,
}

/// The claims (RFC 7519, section 4).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireClaims<'a> {
    iss: Cow<'a, str>,
    sub: Text<Subject>,
    /// Whole seconds; a fraction, though a `NumericDate` may have one, is not ours.
    iat: i64,
    exp: i64,
    jti: Text<TokenId>,
    sid: Text<SessionId>,
    token_type: Text<WireType>,
    /// The generation of a refresh token; an access token has none.
    #[serde(rename = "gen", default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
    user_id: WireUserId,
}

/// The subject's id as the services around us know it: of an account its UUID, of anybody else what they gave.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WireUserId {
    Number(i64),
    Text(String),
}

struct WireType(TokenType);

impl fmt::Display for WireType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for WireType {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        let types = [TokenType::Access, TokenType::Refresh];
        types.into_iter().find(|known| known.name() == name).map(Self).ok_or(Invalid::Malformed)
    }
}

impl<'a> WireClaims<'a> {
    /// What to sign.
    pub(super) fn new(claims: &Claims, issuer: &'a str) -> Self {
        let generation = match claims.kind {
            TokenKind::Access => None,
            TokenKind::Refresh(generation) => Some(generation.number()),
        };
        Self {
            iss: Cow::Borrowed(issuer),
            sub: Text(claims.subject.clone()),
            iat: claims.issued_at.unix_seconds(),
            exp: claims.expires_at.unix_seconds(),
            jti: Text(claims.token_id),
            sid: Text(claims.session_id),
            token_type: Text(WireType(claims.kind.token_type())),
            generation,
            user_id: WireUserId::of(&claims.subject),
        }
    }

    /// What was signed, if its parts agree with each other. The issuer has been checked before.
    pub(super) fn into_claims(self) -> Result<Claims, TokenRejected> {
        let kind = match (self.token_type.0.0, self.generation) {
            (TokenType::Access, None) => TokenKind::Access,
            (TokenType::Refresh, Some(number)) => TokenKind::Refresh(Generation::from_number(number)),
            _ => return Err(TokenRejected::Invalid),
        };
        let (issued_at, expires_at) = (numeric_date(self.iat)?, numeric_date(self.exp)?);
        if issued_at > expires_at {
            return Err(TokenRejected::Invalid);
        }
        Ok(Claims {
            subject: self.user_id.agreeing_with(self.sub.0)?,
            token_id: self.jti.0,
            session_id: self.sid.0,
            kind,
            issued_at,
            expires_at,
        })
    }
}

impl WireUserId {
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Account(id) => Self::Text(id.to_string()),
            Subject::External(ExternalId::Number(number)) => Self::Number(*number),
            Subject::External(ExternalId::Text(text)) => Self::Text(text.clone()),
        }
    }

    /// The subject, with an external id in the JSON type in which it came. One token must not name two people, for
    /// those who read `sub` and for those who read `user_id`.
    fn agreeing_with(self, subject: Subject) -> Result<Subject, TokenRejected> {
        match (subject, self) {
            (Subject::Account(id), Self::Text(text)) if text == id.to_string() => Ok(Subject::Account(id)),
            (Subject::External(id), Self::Text(text)) if text == id.key() => Ok(Subject::External(id)),
            (Subject::External(id), Self::Number(number)) if number.to_string() == id.key() => {
                Ok(Subject::External(ExternalId::Number(number)))
            }
            _ => Err(TokenRejected::Invalid),
        }
    }
}

/// A moment that we could have written: not before 1970, and not so late that it would lose precision.
fn numeric_date(seconds: i64) -> Result<Timestamp, TokenRejected> {
    let moment = Timestamp::from_unix_seconds(seconds);
    if seconds >= 0 && moment.unix_seconds() == seconds { Ok(moment) } else { Err(TokenRejected::Invalid) }
}

#[cfg(test)]
mod tests {
    use super::super::strict_json::Object;
    use super::*;

    fn claims(subject: Subject, kind: TokenKind) -> Claims {
        Claims {
            subject,
            token_id: TokenId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            kind,
            issued_at: Timestamp::from_unix_seconds(1_000),
            expires_at: Timestamp::from_unix_seconds(2_000),
        }
    }

    fn json(claims: &Claims) -> String {
        serde_json::to_string(&WireClaims::new(claims, "https://id.example")).expect("written")
    }

    fn read(json: &str) -> Result<Claims, TokenRejected> {
        let Object(claims) =
            serde_json::from_str::<Object<WireClaims<'_>>>(json).map_err(|_| TokenRejected::Invalid)?;
        claims.into_claims()
    }

    #[test]
    fn is_written_like_this() {
        let account = Subject::Account(tessera_domain::UserId::from_bytes([7; 16]));
        let expected = concat!(
            r#"{"iss":"https://id.example","sub":"07070707-0707-0707-0707-070707070707","iat":1000,"exp":2000,"#,
            r#""jti":"01010101-0101-0101-0101-010101010101","sid":"02020202-0202-0202-0202-020202020202","#,
            r#""token_type":"refresh","gen":3,"user_id":"07070707-0707-0707-0707-070707070707"}"#,
        );
        assert_eq!(json(&claims(account, TokenKind::Refresh(Generation::from_number(3)))), expected);
    }

    #[test]
    fn an_external_id_comes_back_in_its_json_type() {
        for (id, written) in [
            (ExternalId::Number(-7), r#""user_id":-7}"#),
            (ExternalId::Text("7".into()), r#""user_id":"7"}"#),
            (ExternalId::Text("a \"quoted\" one".into()), r#""user_id":"a \"quoted\" one"}"#),
        ] {
            let before = claims(Subject::External(id), TokenKind::Access);
            let json = json(&before);
            assert!(json.ends_with(written), "{json}");
            let after = read(&json).expect("valid");
            // Equality of external ids ignores the type, so it is their debug form that is compared.
            assert_eq!(format!("{after:?}"), format!("{before:?}"));
        }
    }

    #[test]
    fn sub_and_user_id_name_one_subject() {
        let account = "07070707-0707-0707-0707-070707070707";
        for (sub, user_id) in [
            (account, r#""08080808-0808-0808-0808-080808080808""#),
            (account, "7"),
            (account, r#""ext:07070707-0707-0707-0707-070707070707""#),
            ("ext:7", "8"),
            ("ext:7", r#""07""#),
            ("ext:07", "7"),
            ("ext:7", r#""ext:7""#),
            ("7", "7"),
        ] {
            let json = format!(
                r#"{{"iss":"i","sub":"{sub}","iat":1,"exp":2,"jti":"{account}","sid":"{account}","token_type":"access","user_id":{user_id}}}"#
            );
            assert_eq!(read(&json), Err(TokenRejected::Invalid), "{json}");
        }
    }
}
