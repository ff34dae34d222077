//! Signed tokens: what they say, and the text that says it.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use crate::{Generation, SessionId, Subject, Timestamp, TokenId};

/// What a token is for (`token_type`). A token of one type opens nothing that expects another (requirement T3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// Proves, for some minutes, who is calling.
    Access,
    /// Gets new access tokens for as long as the session lives.
    Refresh,
}

impl TokenType {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }
}

/// A [`TokenType`] with what only that type carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token, and the generation of the session that it belongs to.
    Refresh(Generation),
}

impl TokenKind {
    /// The type alone.
    pub const fn token_type(self) -> TokenType {
        match self {
            Self::Access => TokenType::Access,
            Self::Refresh(_) => TokenType::Refresh,
        }
    }
}

/// What a token says (RFC 7519, section 4). The issuer is not here: it is one for the whole service, and the signer
/// writes it and the verifier demands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whom it is about (`sub`).
    pub subject: Subject,
    /// Its own name (`jti`).
    pub token_id: TokenId,
    /// The session it belongs to (`sid`).
    pub session_id: SessionId,
    /// What it is for (`token_type`), and the generation of a refresh token (`gen`).
    pub kind: TokenKind,
    /// When it was made (`iat`), in whole seconds.
    pub issued_at: Timestamp,
    /// From this moment on it is refused (`exp`), in whole seconds.
    pub expires_at: Timestamp,
}

macro_rules! signed_token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Takes over the compact serialisation (RFC 7515, section 7.1).
            pub fn new(compact: impl Into<SecretString>) -> Self {
                Self(compact.into())
            }

            /// The compact serialisation: for its owner, and for nobody else.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

signed_token! {
    /// An access token in its signed form. It never prints itself.
    AccessToken
}
signed_token! {
    /// A refresh token in its signed form. It never prints itself.
    RefreshToken
}

/// What a login or a refresh hands out.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// The access token.
    pub access: AccessToken,
    /// The refresh token.
    pub refresh: RefreshToken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_nothing() {
        let pair = TokenPair { access: AccessToken::new("a.b.c"), refresh: RefreshToken::new("d.e.f") };
        assert_eq!(format!("{pair:?}"), "TokenPair { access: AccessToken(..), refresh: RefreshToken(..) }");
    }
}
