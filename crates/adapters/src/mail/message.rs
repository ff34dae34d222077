//! A mail as a message of RFC 5322, the same for everybody who takes it.
//!
//! It is made from what it is given alone: neither clock nor chance is asked, so that one mail makes one message.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, MultiPartKind, SinglePart};
use secrecy::ExposeSecret as _;
use tessera_domain::Timestamp;
use tessera_services::ports::{Mail, MailError};

use super::FromAddress;

/// RFC 5322, section 2.1.1.
const LONGEST_LINE: usize = 998;

/// The message that says `mail`. If there is none, nobody would ever take it.
pub fn compose(mail: &Mail, from: &FromAddress) -> Result<Message, MailError> {
    let refused = |error: &dyn std::error::Error| MailError::Refused(format!("no message can be made of it: {error}"));
    let sender = from.mailbox().map_err(|error| refused(&error))?;
    let recipient = mail.to.as_str().parse().map_err(|error| refused(&error))?;
    // One id for one mail: who is given it twice, because an answer was lost, can tell (RFC 5322, section 3.6.4).
    let id = format!("<{}@{}>", mail.id, sender.email.domain());
    let bodies = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("part-{}", mail.id))
        .singlepart(SinglePart::plain(body(mail.text.expose_secret())))
        .singlepart(SinglePart::html(body(mail.html.expose_secret())));
    Message::builder()
        .message_id(Some(id))
        .date(system_time(mail.written_at))
        .from(sender)
        .to(Mailbox::new(None, recipient))
        .subject(mail.subject)
        .raw_header(auto_generated())
        .multipart(bodies)
        .map_err(|error| refused(&error))
}

/// Text that mail may hold as it is stays as it is, links included: whoever reads a mail as a file can follow them. The
/// library alone would encode every line of more than 76 characters.
fn body(text: &str) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE) {
        let lines = text.lines().flat_map(|line| [line, "\r\n"]).collect::<String>();
        return Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit);
    }
    Body::new(text.to_owned())
}

/// Nobody's holiday is answered to it (RFC 3834, section 5).
fn auto_generated() -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned())
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(at.unix_micros()).unwrap_or(0))
}
