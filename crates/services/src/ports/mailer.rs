//! Handing mails over for delivery.

use async_trait::async_trait;
use secrecy::SecretString;
use tessera_domain::{Email, MailId, Timestamp};

/// Hands mails over to whoever delivers them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over a mail. `Ok` means that the other side has promised to deliver it. It takes as long as the other side
    /// takes: the caller has the deadline, and drops the future when it has passed.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// A mail, written and ready to be sent. Its bodies may hold a link that opens an account; they do not show themselves.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its id. Whoever is given one mail twice can tell by it.
    pub id: MailId,
    /// To whom.
    pub to: Email,
    /// What it is about.
    pub subject: &'static str,
    /// The plain body.
    pub text: SecretString,
    /// The same in HTML.
    pub html: SecretString,
    /// When it was written.
    pub written_at: Timestamp,
}

/// Why a mail was not handed over. The text is for the log; it quotes nothing of the mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// This mail will not be taken, however often it is tried.
    #[error("refused: {0}")]
    Refused(String),
    /// It was not taken this time, or it is not known whether it was.
    #[error("{0}")]
    Failed(String),
}
