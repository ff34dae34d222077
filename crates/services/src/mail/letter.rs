//! What the mails say. The words are in `templates/mail`: for each kind of mail a plain and an HTML version, compiled in.
//!
//! A full name is whatever somebody wrote, perhaps beside the address of somebody else: it is escaped, and left out where a
//! mail program could make a link of it.

use std::time::Duration;

use askama::Template;
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::{FullName, Timestamp};

/// A mail before it is put into words.
pub(super) enum Letter {
    /// A link to choose a new password with.
    PasswordReset(Link),
    /// A link to confirm an address with.
    EmailConfirmation(Link),
    /// The news that the password was changed, and when.
    PasswordChanged(Timestamp),
    /// The news that the account has another address, and since when.
    EmailChanged(Timestamp),
}

/// A link, to whom it is given, and for how long.
pub(super) struct Link {
    pub url: SecretString,
    pub name: Option<FullName>,
    pub lifetime: Duration,
}

/// A mail in words.
pub(super) struct Wording {
    pub subject: &'static str,
    pub text: SecretString,
    pub html: SecretString,
}

#[derive(Template)]
enum Text<'a> {
    #[template(path = "mail/password_reset.txt")]
    PasswordReset { words: LinkWords<'a> },
    #[template(path = "mail/email_confirmation.txt")]
    EmailConfirmation { words: LinkWords<'a> },
    #[template(path = "mail/password_changed.txt")]
    PasswordChanged { words: NewsWords<'a> },
    #[template(path = "mail/email_changed.txt")]
    EmailChanged { words: NewsWords<'a> },
}

#[derive(Template)]
enum Html<'a> {
    #[template(path = "mail/password_reset.html")]
    PasswordReset { words: LinkWords<'a> },
    #[template(path = "mail/email_confirmation.html")]
    EmailConfirmation { words: LinkWords<'a> },
    #[template(path = "mail/password_changed.html")]
    PasswordChanged { words: NewsWords<'a> },
    #[template(path = "mail/email_changed.html")]
    EmailChanged { words: NewsWords<'a> },
}

#[derive(Clone)]
struct LinkWords<'a> {
    app_name: &'a str,
    name: Option<&'a str>,
    url: &'a str,
    lifetime: String,
}

#[derive(Clone)]
struct NewsWords<'a> {
    app_name: &'a str,
    at: String,
}

impl Letter {
    /// Puts it into words, in the name of `app_name`.
    pub(super) fn wording(&self, app_name: &str) -> askama::Result<Wording> {
        match self {
            Self::PasswordReset(link) => {
                let words = link.words(app_name);
                let html = Html::PasswordReset { words: words.clone() };
                Wording::of("Password Reset Request", &Text::PasswordReset { words }, &html)
            }
            Self::EmailConfirmation(link) => {
                let words = link.words(app_name);
                let html = Html::EmailConfirmation { words: words.clone() };
                Wording::of("Confirm your address", &Text::EmailConfirmation { words }, &html)
            }
            Self::PasswordChanged(at) => {
                let words = NewsWords { app_name, at: moment(*at) };
                let html = Html::PasswordChanged { words: words.clone() };
                Wording::of("Your password was changed", &Text::PasswordChanged { words }, &html)
            }
            Self::EmailChanged(at) => {
                let words = NewsWords { app_name, at: moment(*at) };
                let html = Html::EmailChanged { words: words.clone() };
                Wording::of("Your address was changed", &Text::EmailChanged { words }, &html)
            }
        }
    }
}

impl Wording {
    fn of(subject: &'static str, text: &Text<'_>, html: &Html<'_>) -> askama::Result<Self> {
        Ok(Self { subject, text: text.render()?.into(), html: html.render()?.into() })
    }
}

impl Link {
    fn words<'a>(&'a self, app_name: &'a str) -> LinkWords<'a> {
        let name = self.name.as_ref().map(FullName::as_str).filter(|name| !looks_like_a_link(name));
        LinkWords { app_name, name, url: self.url.expose_secret(), lifetime: in_words(self.lifetime) }
    }
}

/// Whether a mail program could make a link of part of `name`: a mark that addresses have, and a character right behind it.
fn looks_like_a_link(name: &str) -> bool {
    let follows = name.chars().skip(1);
    name.chars().zip(follows).any(|(mark, next)| ".:/@\\".contains(mark) && !next.is_whitespace())
}

/// `2026-01-31 08:00:00 UTC`.
fn moment(at: Timestamp) -> String {
    at.whole_seconds().to_string().replace('T', " ").replace('Z', " UTC")
}

/// In the largest unit that it is a whole number of.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
