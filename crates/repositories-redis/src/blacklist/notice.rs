//! What is said on the channel: a line for each revocation, `session` or `token`, its id, and until when in microseconds.

use tessera_domain::{Revocation, RevokedKey, Timestamp};

pub(super) fn write(revocations: &[Revocation]) -> String {
    let line = |revocation: &Revocation| {
        let until = revocation.until.unix_micros();
        match revocation.key {
            RevokedKey::Session(id) => format!("session {id} {until}"),
            RevokedKey::Token(id) => format!("token {id} {until}"),
        }
    };
    revocations.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What cannot be read is passed over: another version may have more to say, and the log says all of it.
pub(super) fn read(message: &[u8]) -> Vec<Revocation> {
    std::str::from_utf8(message).unwrap_or_default().lines().filter_map(revocation).collect()
}

fn revocation(line: &str) -> Option<Revocation> {
    let mut words = line.split(' ');
    let (kind, id, until) = (words.next()?, words.next()?, words.next()?);
    let key = match kind {
        "session" => RevokedKey::Session(id.parse().ok()?),
        "token" => RevokedKey::Token(id.parse().ok()?),
        _ => return None,
    };
    Some(Revocation { key, until: Timestamp::from_unix_micros(until.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use tessera_domain::{SessionId, TokenId};

    use super::*;

    #[test]
    fn what_was_written_is_read_and_anything_else_is_passed_over() {
        let until = Timestamp::from_unix_micros(1_800_000_000_123_456);
        let revocations = [
            Revocation { key: RevokedKey::Session(SessionId::from_bytes([1; 16])), until },
            Revocation { key: RevokedKey::Token(TokenId::from_bytes([2; 16])), until },
        ];
        let message = format!("user 1 2\n{}\n\nsession x 1\ntoken", write(&revocations));
        assert_eq!(read(message.as_bytes()), revocations);
        assert!(read(&[0xff, 0xfe]).is_empty());
    }
}
