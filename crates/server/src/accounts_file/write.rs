//! How accounts are written, so that they read back the same.

use serde_json::{Map, Value};
use tessera_domain::{FullName, PasswordHash, User, Username};

use super::Format;

/// Where the hash is among the columns, if it is written.
const PASSWORD_HASH: &str = "password_hash";

/// The members of an account, in the order of the columns.
fn members(user: &User) -> [(&'static str, Value); 11] {
    [
        ("id", user.id.to_string().into()),
        ("email", user.email.as_str().into()),
        ("username", user.username.as_ref().map(Username::as_str).into()),
        ("full_name", user.full_name.as_ref().map(FullName::as_str).into()),
        ("is_active", user.is_active.into()),
        ("is_verified", user.is_verified.into()),
        ("is_staff", user.is_staff.into()),
        ("is_superuser", user.is_superuser.into()),
        ("date_joined", user.date_joined.to_string().into()),
        ("last_login", user.last_login.map(|at| at.to_string()).into()),
        ("last_login_ip", user.last_login_ip.map(|ip| ip.to_string()).into()),
    ]
}

/// What a file begins with.
pub fn heading(format: Format, with_hash: bool) -> Option<String> {
    let names = "id,email,username,full_name,is_active,is_verified,is_staff,is_superuser,date_joined,last_login,\
                 last_login_ip";
    match format {
        Format::Jsonl => None,
        Format::Csv if with_hash => Some(format!("{names},{PASSWORD_HASH}")),
        Format::Csv => Some(names.to_owned()),
    }
}

/// An account as one row, without a line break at its end.
pub fn row(format: Format, user: &User, hash: Option<&PasswordHash>) -> String {
    let hash = hash.map(|hash| (PASSWORD_HASH, Value::from(hash.expose())));
    let members = members(user).into_iter().chain(hash);
    match format {
        Format::Jsonl => {
            Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()).to_string()
        }
        Format::Csv => members.map(|(_, value)| field(&value)).collect::<Vec<_>>().join(","),
    }
}

/// An account as a JSON object, without its hash.
pub fn as_json(user: &User) -> String {
    row(Format::Jsonl, user, None)
}

/// A field of CSV (RFC 4180).
fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\r', '\n']) || text.trim() != text {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use tessera_domain::{Email, Timestamp, UserId};
    use tessera_services::auth::ImportUser;

    use super::super::{Rows, account};
    use super::*;

    const AT: Timestamp = Timestamp::from_unix_micros(1_706_688_000_250_000);

    fn plain() -> User {
        User {
            id: UserId::new(AT, [1; 10]),
            email: Email::parse("ben@example.com").expect("an address"),
            username: None,
            full_name: None,
            is_active: true,
            is_verified: false,
            is_staff: false,
            is_superuser: false,
            date_joined: AT,
            updated_at: AT,
            last_login: None,
            last_login_ip: None,
        }
    }

    fn adorned() -> User {
        User {
            id: UserId::new(AT, [2; 10]),
            email: Email::parse("o'ana+x@example.com").expect("an address"),
            username: Some(Username::parse("Ana.López").expect("a username")),
            full_name: Some(FullName::parse("López, \"Ana\" 王").expect("a name")),
            is_active: false,
            is_verified: true,
            is_staff: true,
            is_superuser: true,
            last_login: Some(AT),
            last_login_ip: Some("2001:db8::1".parse().expect("an address")),
            ..plain()
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let hash = PasswordHash::from_encoded("pbkdf2_sha256$1000$sa,lt$h/a+sh=");
        for format in [Format::Jsonl, Format::Csv] {
            let rows = [plain(), adorned()].map(|user| row(format, &user, Some(&hash)));
            let text: Vec<String> = heading(format, true).into_iter().chain(rows).collect();
            let text = text.join("\n");
            let mut rows = Rows::open(text.as_bytes().chain(&b"\n"[..]), format).expect("readable");
            for user in [plain(), adorned()] {
                let read = rows.next_row().expect("readable").expect("a row").members.expect("members");
                let read: ImportUser = account(&read).expect("an account");
                assert_eq!((read.id, &read.email, &read.username), (Some(user.id), &user.email, &user.username));
                assert_eq!(read.username.as_ref().map(Username::as_str), user.username.as_ref().map(Username::as_str));
                assert_eq!((read.full_name, read.last_login_ip), (user.full_name, user.last_login_ip));
                let flags = (read.is_active, read.is_verified, read.is_staff, read.is_superuser);
                assert_eq!(flags, (user.is_active, user.is_verified, user.is_staff, user.is_superuser));
                assert_eq!((read.date_joined, read.last_login), (Some(user.date_joined), user.last_login));
                assert_eq!(read.password_hash, hash);
            }
            assert!(rows.next_row().expect("readable").is_none());
        }
    }

    #[test]
    fn without_hashes_there_is_no_column_for_them() {
        let columns = heading(Format::Csv, false).expect("a heading");
        assert_eq!(columns.split(',').count(), row(Format::Csv, &plain(), None).split(',').count());
        assert!(!columns.contains("password") && !as_json(&plain()).contains("password"));
        let names: Vec<&str> = members(&plain()).map(|(name, _)| name).to_vec();
        assert_eq!(columns, names.join(","));
    }
}
