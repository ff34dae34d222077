//! Which addresses, usernames and ids the file has had already.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};

use tessera_services::auth::ImportUser;

use crate::accounts_file::Problem;

/// What the good rows so far had, and on which line. Only a keyed hash of 64 bits is kept of each, so that a million rows
/// take less than a hundred megabytes; that two of them share one is less likely than one in a million.
#[derive(Default)]
pub struct Seen {
    keys: RandomState,
    lines: HashMap<Fingerprint, u32>,
}

/// 64 bits as bytes, which pack better than as a number.
type Fingerprint = [u8; 8];

impl Seen {
    /// Notes what has to be unique of an account, unless an earlier line has it.
    pub fn note(&mut self, line: u64, account: &ImportUser) -> Result<(), Problem> {
        let username = account.username.as_ref();
        let keys = [
            Some(("email", self.key("email", account.email.as_str()))),
            username.map(|username| ("username", self.key("username", username.key()))),
            account.id.map(|id| ("id", self.key("id", id.as_bytes()))),
        ];
        for (name, key) in keys.into_iter().flatten() {
            if let Some(line) = self.lines.get(&key) {
                return Err(Problem::Duplicate { name, line: *line });
            }
        }
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.lines.extend(keys.into_iter().flatten().map(|(_, key)| (key, line)));
        Ok(())
    }

    fn key(&self, name: &str, value: impl Hash) -> Fingerprint {
        self.keys.hash_one((name, value)).to_ne_bytes()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::accounts_file::account;

    fn row(email: &str, username: &str) -> ImportUser {
        let row = json!({"email": email, "username": username, "password": "x"});
        account(row.as_object().expect("an object")).expect("an account")
    }

    #[test]
    fn an_earlier_line_has_it() {
        let mut seen = Seen::default();
        let duplicate = |name, line| Err(Problem::Duplicate { name, line });
        assert_eq!(seen.note(1, &row("ana@example.com", "ana")), Ok(()));
        assert_eq!(seen.note(2, &row("ANA@example.com", "ben")), duplicate("email", 1));
        assert_eq!(seen.note(3, &row("ben@example.com", "ANA")), duplicate("username", 1));
        // What was refused takes nothing away from those that come after it.
        assert_eq!(seen.note(4, &row("ben@example.com", "ben")), Ok(()));
        assert_eq!(seen.note(5, &row("cem@example.com", "")), Ok(()));
        assert_eq!(seen.note(6, &row("dan@example.com", "")), Ok(()));
    }

    #[test]
    fn an_address_is_no_username() {
        let mut seen = Seen::default();
        assert_eq!(seen.note(1, &row("ana@example.com", "ben@example.com")), Ok(()));
        assert_eq!(seen.note(2, &row("ben@example.com", "ana@example.com")), Ok(()));
    }
}
