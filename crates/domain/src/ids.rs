//! Identifiers, each a type of its own, so that one cannot be passed where another is meant.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{Generation, Timestamp};

/// A text that is not the canonical form of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a canonical UUID")]
pub struct ParseIdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh id as a UUIDv7: it sorts by the time of its making (RFC 9562, section 5.7).
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.unix_micros() / 1_000).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The id with these bytes, as storage keeps it.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its bytes, as storage keeps them.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Whether it is a UUIDv7, as every one is that is made here. Its text may be any UUID's.
            pub fn is_v7(&self) -> bool {
                self.0.get_version_num() == 7 && self.0.get_variant() == uuid::Variant::RFC4122
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        /// Accepts the canonical form alone: 36 characters, lower case, hyphens. Two texts never name one id.
        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let uuid = Uuid::try_parse(text).map_err(|_| ParseIdError)?;
                let mut canonical = Uuid::encode_buffer();
                if uuid.hyphenated().encode_lower(&mut canonical) != text {
                    return Err(ParseIdError);
                }
                Ok(Self(uuid))
            }
        }
    };
}

id! {
    /// Names an account.
    UserId
}
id! {
    /// Names an entry of the activity log. Entries sort by it as they happened.
    ActivityId
}
id! {
    /// Names a mail in the outbox.
    MailId
}
id! {
    /// Names a session: one login on one device, with all the tokens that follow from it (`sid`).
    SessionId
}
id! {
    /// Names one token (`jti`, RFC 7519, section 4.1.7).
    TokenId
}

impl TokenId {
    /// The id of the refresh token of one generation of a session. It follows from the two, so that a
    /// client that repeats a refresh whose answer was lost is given the same token again, while the
    /// store keeps nothing but a counter. It is a name, not a secret: the signature guards the token.
    pub fn of_refresh(session: SessionId, generation: Generation) -> Self {
        let digest = Sha256::new()
            .chain_update(b"tessera refresh token")
            .chain_update(session.as_bytes())
            .chain_update(generation.number().to_be_bytes())
            .finalize();
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = from;
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

    #[test]
    fn sorts_by_time_and_survives_its_text() {
        let earlier = UserId::new(NOW, [255; 10]);
        let later = UserId::new(NOW.plus(std::time::Duration::from_millis(1)), [0; 10]);
        assert!(earlier < later);
        assert_eq!(later.to_string().parse(), Ok(later));
    }

    #[test]
    fn knows_those_that_could_have_been_made_here() {
        assert!(UserId::new(NOW, [255; 10]).is_v7());
        let foreign = ["0190163d-8694-4739-aea5-966c26f8ad91", "0190163d-8694-7739-cea5-966c26f8ad91"];
        for text in foreign {
            assert!(!text.parse::<UserId>().expect("a UUID").is_v7(), "{text}");
        }
    }

    #[test]
    fn accepts_one_spelling_only() {
        let id = UserId::new(NOW, [0xab; 10]).to_string();
        for odd in
            [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), String::new()]
        {
            assert_eq!(odd.parse::<UserId>(), Err(ParseIdError), "{odd}");
        }
    }

    #[test]
    fn a_refresh_token_is_named_by_session_and_generation() {
        let (a, b) = (SessionId::new(NOW, [1; 10]), SessionId::new(NOW, [2; 10]));
        let first = Generation::FIRST;
        assert_eq!(TokenId::of_refresh(a, first), TokenId::of_refresh(a, first));
        assert_ne!(TokenId::of_refresh(a, first), TokenId::of_refresh(a, first.next()));
        assert_ne!(TokenId::of_refresh(a, first), TokenId::of_refresh(b, first));
    }
}
