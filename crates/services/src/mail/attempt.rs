//! One attempt to send one mail, and what becomes of the mail by it.

use std::time::Duration;

use tessera_repositories::{ClaimedMail, RepositoryError, Settlement};
use tokio::time::timeout;

use super::MailSender;
use super::schedule::after_failure;
use super::sender::CLAIM;
use crate::ports::{Mail, MailError, random};

/// How long the mailer may take for a mail; less than a claim lasts.
const DEADLINE: Duration = Duration::from_mins(1);

/// How an attempt went that did not fail.
enum Outcome {
    Sent,
    /// There is nobody to send it to, or no reason to.
    Pointless,
    /// It is in other hands by now, or deleted.
    ClaimLost,
}

impl MailSender {
    /// Tries to send a mail, and settles what becomes of it.
    pub(super) async fn attempt(&self, claimed: &ClaimedMail) {
        let outcome = self.try_to_send(claimed).await;
        let Some(settlement) = self.judge(claimed, outcome) else { return };
        let ClaimedMail { mail, attempt } = claimed;
        match self.outbox.settle(mail.id, *attempt, settlement).await {
            Ok(true) => {}
            Ok(false) => tracing::info!(mail_id = %mail.id, "a mail was out of our hands before it was settled"),
            Err(error) => tracing::warn!(mail_id = %mail.id, %error, "what became of a mail could not be noted"),
        }
    }

    async fn try_to_send(&self, claimed: &ClaimedMail) -> Result<Outcome, MailError> {
        let ClaimedMail { mail, attempt } = claimed;
        let Some(letter) = self.write(mail).await? else { return Ok(Outcome::Pointless) };
        let wording =
            letter.wording(&self.letterhead.app_name).map_err(|error| MailError::Failed(error.to_string()))?;
        // Only now is it known that nobody took the mail over, and that no change of the account has made its link
        // worthless, while the link was being made.
        let now = self.clock.now();
        if !self.outbox.renew(mail.id, *attempt, now.plus(CLAIM)).await? {
            return Ok(Outcome::ClaimLost);
        }
        let to = mail.recipient.clone();
        let (subject, text, html) = (wording.subject, wording.text, wording.html);
        let mail = Mail { id: mail.id, to, subject, text, html, written_at: now };
        let in_time = timeout(DEADLINE, self.mailer.send(&mail)).await;
        in_time.unwrap_or_else(|_| Err(MailError::Failed("it took too long".to_owned())))?;
        Ok(Outcome::Sent)
    }

    /// What becomes of the mail, if it is still ours.
    fn judge(&self, claimed: &ClaimedMail, outcome: Result<Outcome, MailError>) -> Option<Settlement> {
        let ClaimedMail { mail, attempt } = claimed;
        let (now, mail_id, kind) = (self.clock.now(), mail.id, mail.kind.name());
        match outcome {
            Ok(Outcome::ClaimLost) => None,
            Ok(Outcome::Sent) => {
                tracing::info!(%mail_id, kind, attempt, "a mail was sent");
                Some(Settlement::Sent { at: now })
            }
            Ok(Outcome::Pointless) => {
                // Seldom logged: it tells that an address has no account (requirement A5).
                tracing::debug!(%mail_id, kind, "a mail has no recipient, or no reason any longer");
                Some(Settlement::GivenUp { at: now })
            }
            Err(error @ MailError::Refused(_)) => {
                tracing::warn!(%mail_id, kind, attempt, %error, "a mail was given up");
                Some(Settlement::GivenUp { at: now })
            }
            Err(error @ MailError::Failed(_)) => {
                let [random] = random(&*self.secrets);
                let settlement = after_failure(mail, *attempt, now, random);
                let again = matches!(settlement, Settlement::Retry { .. });
                tracing::warn!(%mail_id, kind, attempt, again, %error, "a mail could not be sent");
                Some(settlement)
            }
        }
    }
}

/// A storage that fails is no reason to give a mail up.
impl From<RepositoryError> for MailError {
    fn from(error: RepositoryError) -> Self {
        Self::Failed(error.to_string())
    }
}
