//! An account as the fields of a hash. What is not there is not set, and what is not known is passed over.

use std::collections::HashMap;
use std::str::FromStr;

use tessera_domain::{Email, FullName, Timestamp, User, UserId, Username};

use crate::error::Failure;

pub(super) fn write(user: &User) -> Vec<(&'static str, String)> {
    let moment = |at: Timestamp| at.unix_micros().to_string();
    let flag = |is: bool| u8::from(is).to_string();
    let fields = [
        ("email", Some(user.email.as_str().to_owned())),
        ("username", user.username.as_ref().map(|name| name.as_str().to_owned())),
        ("full_name", user.full_name.as_ref().map(|name| name.as_str().to_owned())),
        ("is_active", Some(flag(user.is_active))),
        ("is_verified", Some(flag(user.is_verified))),
        ("is_staff", Some(flag(user.is_staff))),
        ("is_superuser", Some(flag(user.is_superuser))),
        ("date_joined", Some(moment(user.date_joined))),
        ("last_login", user.last_login.map(moment)),
        ("last_login_ip", user.last_login_ip.map(|ip| ip.to_string())),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The account of these fields, if there is one whose time is not over at `now`.
pub(super) fn read(id: UserId, fields: &HashMap<String, String>, now: Timestamp) -> Result<Option<User>, Failure> {
    let fields = Fields(fields);
    let Some(until) = fields.moment("until")? else { return Ok(None) };
    if now >= until {
        return Ok(None);
    }
    Ok(Some(User {
        id,
        email: required(fields.read("email", |text| Email::parse(text).ok())?)?,
        username: fields.read("username", |text| Username::parse(text).ok())?,
        full_name: fields.read("full_name", |text| FullName::parse(text).ok())?,
        is_active: fields.flag("is_active")?,
        is_verified: fields.flag("is_verified")?,
        is_staff: fields.flag("is_staff")?,
        is_superuser: fields.flag("is_superuser")?,
        date_joined: required(fields.moment("date_joined")?)?,
        updated_at: required(fields.moment("version")?)?,
        last_login: fields.moment("last_login")?,
        last_login_ip: fields.read("last_login_ip", parsed)?,
    }))
}

struct Fields<'a>(&'a HashMap<String, String>);

impl Fields<'_> {
    fn read<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Failure> {
        self.0.get(name).map(|text| parse(text).ok_or(CORRUPT)).transpose()
    }

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        Ok(self.read(name, parsed)?.map(Timestamp::from_unix_micros))
    }

    fn flag(&self, name: &str) -> Result<bool, Failure> {
        let flag = |text: &str| match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        required(self.read(name, flag)?)
    }
}

const CORRUPT: Failure = Failure::Corrupt("a cached account");

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn required<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or(CORRUPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn read_fields(change: impl FnOnce(&mut HashMap<String, String>)) -> Result<Option<User>, Failure> {
        let user = User {
            id: UserId::from_bytes([1; 16]),
            email: Email::parse("ana@example.com").expect("an address"),
            username: None,
            full_name: None,
            is_active: true,
            is_verified: false,
            is_staff: false,
            is_superuser: false,
            date_joined: NOW,
            updated_at: NOW,
            last_login: None,
            last_login_ip: None,
        };
        let mut fields: HashMap<_, _> =
            write(&user).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let until = (NOW.unix_micros() + 1).to_string();
        fields.extend([("version".to_owned(), NOW.unix_micros().to_string()), ("until".to_owned(), until)]);
        change(&mut fields);
        read(user.id, &fields, NOW)
    }

    #[test]
    fn a_field_of_another_version_is_passed_over() {
        let read = read_fields(|fields| _ = fields.insert("shoe_size".to_owned(), "38".to_owned()));
        assert!(read.is_ok_and(|user| user.is_some()));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_account() {
        for (name, value) in [("email", "ana"), ("is_active", "yes"), ("last_login_ip", "here"), ("version", "")] {
            let read = read_fields(|fields| _ = fields.insert(name.to_owned(), value.to_owned()));
            assert!(matches!(read, Err(Failure::Corrupt(_))), "{name}");
        }
        assert!(read_fields(|fields| _ = fields.remove("date_joined")).is_err());
    }

    #[test]
    fn a_refusal_alone_is_no_account() {
        let read = read_fields(|fields| {
            fields.clear();
            fields.insert("refused_before".to_owned(), "7".to_owned());
        });
        assert!(matches!(read, Ok(None)));
    }
}
