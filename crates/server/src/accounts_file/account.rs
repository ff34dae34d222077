//! What a row means: which of its members is what, whichever system wrote it.
//!
//! Beside the names of our own: those of Django's users (`password` is the hash, `first_name` and `last_name` are the
//! name, a line of `dumpdata` keeps it all in `fields`), and those of the tables of a FastAPI service (`correo`, `nombre`,
//! `hashed_password`, `created_at`). The first name of a list that has a value counts.

use serde_json::Value;
use tessera_domain::{Email, FullName, Invalid, PasswordHash, Timestamp, UserId, Username};
use tessera_services::auth::ImportUser;

use super::{Members, Problem, moment};

type Names = &'static [&'static str];

const ID: Names = &["id", "pk"];
const EMAIL: Names = &["email", "correo"];
const USERNAME: Names = &["username"];
const FULL_NAME: Names = &["full_name", "nombre"];
const FIRST_NAME: Names = &["first_name"];
const LAST_NAME: Names = &["last_name"];
const PASSWORD_HASH: Names = &["password_hash", "password", "hashed_password"];
const IS_ACTIVE: Names = &["is_active"];
const IS_VERIFIED: Names = &["is_verified"];
const IS_STAFF: Names = &["is_staff"];
const IS_SUPERUSER: Names = &["is_superuser"];
const DATE_JOINED: Names = &["date_joined", "created_at"];
const LAST_LOGIN: Names = &["last_login"];
const LAST_LOGIN_IP: Names = &["last_login_ip"];
const ALL: &[Names] = &[
    ID,
    EMAIL,
    USERNAME,
    FULL_NAME,
    FIRST_NAME,
    LAST_NAME,
    PASSWORD_HASH,
    IS_ACTIVE,
    IS_VERIFIED,
    IS_STAFF,
    IS_SUPERUSER,
    DATE_JOINED,
    LAST_LOGIN,
    LAST_LOGIN_IP,
];

/// Whether a member of this name means anything.
pub(super) fn is_known(name: &str) -> bool {
    ALL.iter().any(|names| names.contains(&name))
}

/// The first thing that every account takes and that no column is named for.
pub(super) fn missing_column(columns: &[String]) -> Option<&'static str> {
    let is_there = |names: Names| names.iter().any(|name| columns.iter().any(|column| column == name));
    match (is_there(EMAIL), is_there(PASSWORD_HASH)) {
        (false, _) => Some("email or correo"),
        (_, false) => Some("password_hash, password or hashed_password"),
        _ => None,
    }
}

/// The account that a row describes. Its hash is not looked at.
pub fn account(members: &Members) -> Result<ImportUser, Problem> {
    let fields = match members.get("fields") {
        Some(Value::Object(fields)) => Fields { outer: members, inner: fields },
        _ => Fields { outer: members, inner: members },
    };
    let full_name = match fields.value("full_name", FULL_NAME, FullName::parse)? {
        Some(name) => Some(name),
        None => fields.first_and_last_name()?,
    };
    Ok(ImportUser {
        id: fields.id(),
        email: fields.value("email", EMAIL, Email::parse)?.ok_or(Problem::Missing("email"))?,
        username: fields.value("username", USERNAME, Username::parse)?,
        full_name,
        password_hash: fields.password_hash()?,
        is_active: fields.flag("is_active", IS_ACTIVE)?.unwrap_or(true),
        is_verified: fields.flag("is_verified", IS_VERIFIED)?.unwrap_or(false),
        is_staff: fields.flag("is_staff", IS_STAFF)?.unwrap_or(false),
        is_superuser: fields.flag("is_superuser", IS_SUPERUSER)?.unwrap_or(false),
        date_joined: fields.time("date_joined", DATE_JOINED)?,
        last_login: fields.time("last_login", LAST_LOGIN)?,
        last_login_ip: fields
            .value("last_login_ip", LAST_LOGIN_IP, |text| text.parse().map_err(|_| Invalid::Malformed))?,
    })
}

/// The members of a row, and those in its `fields` if it has them.
struct Fields<'a> {
    outer: &'a Members,
    inner: &'a Members,
}

impl<'a> Fields<'a> {
    /// The first of `names` with a value. What is null or blank has none.
    fn find(&self, names: Names) -> Option<&'a Value> {
        let has_value = |value: &&Value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        };
        names.iter().find_map(|name| self.inner.get(*name).or_else(|| self.outer.get(*name)).filter(has_value))
    }

    fn text(&self, name: &'static str, names: Names) -> Result<Option<&'a str>, Problem> {
        match self.find(names) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim())),
            Some(_) => Err(Problem::WrongKind(name, "text")),
        }
    }

    fn value<T>(
        &self,
        name: &'static str,
        names: Names,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Problem> {
        let text = self.text(name, names)?;
        text.map(|text| parse(text).map_err(|invalid| Problem::Invalid(name, invalid))).transpose()
    }

    fn password_hash(&self) -> Result<PasswordHash, Problem> {
        let text = self.text("password_hash", PASSWORD_HASH)?.ok_or(Problem::Missing("password_hash"))?;
        Ok(PasswordHash::from_encoded(text))
    }

    fn first_and_last_name(&self) -> Result<Option<FullName>, Problem> {
        let (first, last) = (self.text("first_name", FIRST_NAME)?, self.text("last_name", LAST_NAME)?);
        let parts: Vec<_> = first.into_iter().chain(last).collect();
        if parts.is_empty() {
            return Ok(None);
        }
        let parsed = FullName::parse(&parts.join(" "));
        parsed.map(Some).map_err(|invalid| Problem::Invalid("first_name and last_name", invalid))
    }

    /// An id that could have been made here. Numbers, and the ids of others, mean nothing here.
    fn id(&self) -> Option<UserId> {
        self.find(ID)?.as_str()?.parse().ok().filter(UserId::is_v7)
    }

    /// True and false as JSON, Python, databases and spreadsheets write them.
    fn flag(&self, name: &'static str, names: Names) -> Result<Option<bool>, Problem> {
        let text = match self.find(names) {
            None => return Ok(None),
            Some(Value::Bool(flag)) => return Ok(Some(*flag)),
            Some(Value::String(text)) => text.trim().to_ascii_lowercase(),
            Some(other) => other.to_string(),
        };
        match text.as_str() {
            "true" | "t" | "1" => Ok(Some(true)),
            "false" | "f" | "0" => Ok(Some(false)),
            _ => Err(Problem::WrongKind(name, "true or false")),
        }
    }

    fn time(&self, name: &'static str, names: Names) -> Result<Option<Timestamp>, Problem> {
        let not_a_time = Problem::WrongKind(name, "a time in ISO 8601");
        match self.find(names) {
            None => Ok(None),
            Some(Value::String(text)) => moment::parse(text.trim()).map(Some).ok_or(not_a_time),
            Some(_) => Err(not_a_time),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(row: &Value) -> Result<ImportUser, Problem> {
        account(row.as_object().expect("an object"))
    }

    #[test]
    fn our_own_names() {
        let id = "0190163d-8694-7739-aea5-966c26f8ad91";
        let row = json!({
            "id": id, "email": "Ana@Example.com", "username": "ana", "full_name": "Ana López", "password_hash": " $2b$x ",
            "is_active": false, "is_verified": true, "is_staff": true, "is_superuser": false,
            "date_joined": "2024-01-01T00:00:00Z", "last_login": "2024-01-02T00:00:00Z", "last_login_ip": "::1",
        });
        let ana = parse(&row).expect("an account");
        assert_eq!((ana.id.expect("kept").to_string().as_str(), ana.email.as_str()), (id, "ana@example.com"));
        assert_eq!(ana.full_name.expect("a name").as_str(), "Ana López");
        assert_eq!(ana.password_hash.expose(), "$2b$x");
        assert_eq!((ana.is_active, ana.is_verified, ana.is_staff, ana.is_superuser), (false, true, true, false));
        assert_eq!(ana.date_joined, Some(Timestamp::from_unix_seconds(1_704_067_200)));
        assert_eq!(ana.last_login, Some(Timestamp::from_unix_seconds(1_704_153_600)));
        assert_eq!(ana.last_login_ip.map(|ip| ip.to_string()).as_deref(), Some("::1"));
    }

    #[test]
    fn a_line_of_djangos_dumpdata() {
        let row = json!({"model": "auth.user", "pk": 7, "fields": {
            "password": "pbkdf2_sha256$...", "last_login": null, "is_superuser": true, "username": "ana",
            "first_name": "Ana", "last_name": "López", "email": "ana@example.com", "is_staff": true, "is_active": true,
            "date_joined": "2024-01-31T08:00:00.123Z", "groups": [], "user_permissions": [],
        }});
        let ana = parse(&row).expect("an account");
        assert_eq!((ana.id, ana.full_name.expect("a name").as_str()), (None, "Ana López"));
        assert_eq!(ana.date_joined, Some(Timestamp::from_unix_micros(1_706_688_000_123_000)));
        assert!(ana.is_superuser && !ana.is_verified && ana.last_login.is_none());
    }

    #[test]
    fn a_row_of_a_fastapi_service() {
        let row = json!({"id": 3, "nombre": "Ana", "correo": "ana@example.com", "hashed_password": "$2b$12$...",
            "is_active": 1, "created_at": "2024-01-31 08:00:00.5"});
        let ana = parse(&row).expect("an account");
        assert_eq!((ana.username, ana.full_name.expect("a name").as_str(), ana.is_active), (None, "Ana", true));
        assert_eq!(ana.date_joined, Some(Timestamp::from_unix_micros(1_706_688_000_500_000)));
    }

    #[test]
    fn an_id_of_others_is_not_kept() {
        for id in [json!(7), json!("7"), json!("0190163d-8694-4739-aea5-966c26f8ad91"), json!("abc"), Value::Null] {
            let row = json!({"id": id, "email": "ana@example.com", "password": "x"});
            assert_eq!(parse(&row).expect("an account").id, None, "{id}");
        }
    }

    #[test]
    fn blanks_are_nothing() {
        let row = json!({"email": "ana@example.com", "correo": "", "username": " ", "full_name": null, "first_name": "",
            "password": "x", "is_active": "", "is_staff": "f", "last_login": ""});
        let ana = parse(&row).expect("an account");
        assert!(ana.username.is_none() && ana.full_name.is_none() && ana.is_active && !ana.is_staff);
    }

    #[test]
    fn says_what_is_wrong_without_the_value() {
        let with = |name: &str, value: Value| {
            let mut row = json!({"email": "ana@example.com", "password": "hash"});
            row[name] = value;
            parse(&row).expect_err("refused").to_string()
        };
        assert_eq!(with("email", json!("")), "it has no email");
        assert_eq!(with("email", json!("secret")), "email is malformed");
        assert_eq!(with("email", json!(1)), "email is not text");
        assert_eq!(with("username", json!("a b")), "username is malformed");
        assert_eq!(with("full_name", json!("a\u{0}b")), "full_name contains a control character");
        assert_eq!(with("first_name", json!("a".repeat(151))), "first_name and last_name is longer than 150");
        assert_eq!(with("password", Value::Null), "it has no password_hash");
        assert_eq!(with("is_staff", json!("maybe")), "is_staff is not true or false");
        assert_eq!(with("date_joined", json!("yesterday")), "date_joined is not a time in ISO 8601");
        assert_eq!(with("last_login", json!(1_706_688_000)), "last_login is not a time in ISO 8601");
        assert_eq!(with("last_login_ip", json!("secret")), "last_login_ip is malformed");
    }
}
