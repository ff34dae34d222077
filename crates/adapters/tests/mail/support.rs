//! One mail, and mailers that send it.

use tessera_adapters::mail::{Encryption, FromAddress, SmtpMailer, SmtpServer};
use tessera_domain::{Email, MailId, Timestamp};
use tessera_services::ports::{Mail, MailError, Mailer as _};
use tessera_test_servers::smtp;

/// What must be in no log.
pub const LINK: &str = "https://app.example.com/reset-password?token=AbC-the-secret";

pub fn mail() -> Mail {
    Mail {
        id: MailId::from_bytes([4; 16]),
        to: Email::parse("ana@example.com").expect("an address"),
        subject: "Password Reset Request",
        text: format!("Hello,\n\n{LINK}\n.\nTessera\n").into(),
        html: format!("<p>Hello,</p>\n<p><a href=\"{LINK}\">Go on</a></p>\n").into(),
        written_at: Timestamp::from_unix_micros(1_704_067_200_250_000),
    }
}

pub fn from() -> FromAddress {
    "Tessera <no-reply@tessera.example>".parse().expect("an address")
}

/// What leads to `server`, without encryption and without a login.
pub fn settings(server: &smtp::SmtpServer) -> SmtpServer {
    let (host, port) = (server.addr().ip().to_string(), server.addr().port());
    SmtpServer { host, port, encryption: Encryption::None, login: None, also_trusted: None }
}

pub async fn send(settings: SmtpServer) -> Result<(), MailError> {
    SmtpMailer::new(settings, from()).expect("certificates").send(&mail()).await
}

/// Why it was tried in vain.
pub async fn failure(settings: SmtpServer) -> String {
    match send(settings).await {
        Err(MailError::Failed(why)) => why,
        other => panic!("it failed for now, and not {other:?}"),
    }
}
