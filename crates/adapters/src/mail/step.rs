//! The steps of handing a mail over, and what it means when one fails.

use std::io;

use lettre::transport::smtp::Error;
use tessera_services::ports::MailError;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Connect,
    Greet,
    Encrypt,
    LogIn,
    Sender,
    Recipient,
    Data,
    Message,
}

/// Why a step failed.
#[derive(Debug)]
pub enum Cause {
    /// The server took too long.
    Silence,
    /// The server does not offer it.
    NotOffered,
    /// The connection could not be made.
    Connection(io::Error),
    /// The server said no, or what it said makes no sense, or the connection broke.
    Protocol(Error),
}

impl Step {
    /// What that means for the mail. A server that says no for good means the mail once it knows to whom it goes. Before
    /// that it means us: somebody has to put that right, and then the mail can be sent.
    pub fn failed(self, cause: Cause) -> MailError {
        let is_about_the_mail = matches!(self, Self::Recipient | Self::Data | Self::Message);
        let is_final = matches!(&cause, Cause::Protocol(error) if error.is_permanent());
        let text = format!("{}: {}", self.name(), self.explain(cause));
        if is_about_the_mail && is_final { MailError::Refused(text) } else { MailError::Failed(text) }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connecting to the mail server",
            Self::Greet => "greeting the mail server",
            Self::Encrypt => "encrypting the connection",
            Self::LogIn => "logging in to the mail server",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Data | Self::Message => "handing over the mail",
        }
    }

    /// An answer may quote what it answers. After a password, or a mail with a link, only its code is told (invariant I7).
    fn explain(self, cause: Cause) -> String {
        let may_be_quoted = !matches!(self, Self::LogIn | Self::Message);
        match cause {
            Cause::Silence => "no answer".to_owned(),
            Cause::NotOffered => "the server does not offer it".to_owned(),
            Cause::Connection(error) => error.to_string(),
            Cause::Protocol(error) if may_be_quoted => error.to_string(),
            Cause::Protocol(error) => match error.status() {
                Some(code) => format!("refused with code {code}"),
                None if error.is_response() => "an answer that makes no sense".to_owned(),
                None => error.to_string(),
            },
        }
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self::Protocol(error)
    }
}
