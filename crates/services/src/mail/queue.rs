//! Queueing a mail.

use std::sync::Arc;

use tessera_domain::{Email, MailId, MailKind, QueuedMail};
use tessera_repositories::{MailOutboxRepository, Result};

use super::MailBell;
use crate::ports::{Clock, SecretSource, random};

/// Where those who have something to tell queue their mails.
#[derive(Clone)]
pub struct MailQueue {
    /// Where mails wait.
    pub outbox: Arc<dyn MailOutboxRepository>,
    /// What wakes the sender.
    pub bell: Arc<MailBell>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub secrets: Arc<dyn SecretSource>,
}

impl MailQueue {
    /// A mail that begins to wait now. It is for a change that queues it in its own step; when the change is made, the
    /// bell is to be rung.
    pub fn mail(&self, kind: MailKind, recipient: Email) -> QueuedMail {
        let now = self.clock.now();
        QueuedMail { id: MailId::new(now, random(&*self.secrets)), kind, recipient, queued_at: now }
    }

    /// Queues a mail by itself. A link for a new password is asked for by strangers, too, who are not to feel what becomes
    /// of it (requirement A5).
    pub async fn insert(&self, kind: MailKind, recipient: Email) -> Result<()> {
        self.outbox.insert(&self.mail(kind, recipient)).await?;
        if kind == MailKind::PasswordReset {
            self.bell.ring_soon();
        } else {
            self.bell.ring();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tessera_repositories::MockMailOutboxRepository;
    use tokio::time::timeout;

    use super::*;
    use crate::fixtures::{away, mail, mails, user};

    /// Whether the sender wakes up within `patience`.
    async fn wakes(queue: &MailQueue, patience: Duration) -> bool {
        timeout(patience, queue.bell.rung()).await.is_ok()
    }

    fn takes(expected: QueuedMail) -> MailQueue {
        let mut outbox = MockMailOutboxRepository::new();
        outbox.expect_insert().withf(move |mail| *mail == expected).times(1).returning(|_| Ok(()));
        mails(outbox)
    }

    #[tokio::test(start_paused = true)]
    async fn the_sender_is_woken_when_the_mail_is_there() {
        let queue = takes(mail(MailKind::EmailConfirmation, user().email));
        queue.insert(MailKind::EmailConfirmation, user().email).await.expect("queued");
        assert!(wakes(&queue, Duration::ZERO).await);

        let mut outbox = MockMailOutboxRepository::new();
        outbox.expect_insert().returning(|_| Err(away()));
        let queue = mails(outbox);
        assert!(queue.insert(MailKind::EmailConfirmation, user().email).await.is_err());
        assert!(!wakes(&queue, Duration::from_secs(9)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_becomes_of_a_request_for_a_link_does_not_begin_at_once() {
        let queue = takes(mail(MailKind::PasswordReset, user().email));
        queue.insert(MailKind::PasswordReset, user().email).await.expect("queued");
        assert!(!wakes(&queue, Duration::ZERO).await);
        queue.bell.ring_soon();
        assert!(wakes(&queue, Duration::from_secs(9)).await);
    }
}
