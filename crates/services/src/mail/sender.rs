//! The sender: a loop that starts attempts, a few at once.

use std::sync::Arc;
use std::time::Duration;

use tessera_repositories::{
    ClaimedMail, MailOutboxRepository, OneTimeTokenRepository, RepositoryError, UserRepository,
};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::MailBell;
use crate::ports::{Clock, Mailer, SecretSource};

/// How many mails are sent at once: a server that is slow with one does not hold up the others, and none is flooded.
const AT_ONCE: usize = 4;
/// How often the outbox is looked at when nobody rings.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a claim lasts: longer than an attempt may take, so that nobody else sends the same mail meanwhile.
pub(super) const CLAIM: Duration = Duration::from_mins(3);
/// How long the attempts that are under way may take when the sender is told to stop.
const PARTING: Duration = Duration::from_secs(3);

/// Sends the mails that wait in the outbox.
///
/// Any number of them may share an outbox. One that dies loses its claims with time, and another takes over: a mail is
/// sent at least once, and seldom twice.
pub struct MailSender {
    /// Where mails wait.
    pub outbox: Arc<dyn MailOutboxRepository>,
    /// Where their recipients are found.
    pub users: Arc<dyn UserRepository>,
    /// Where the links in them are kept, on the storage of the accounts.
    pub links: Arc<dyn OneTimeTokenRepository>,
    /// Who takes them.
    pub mailer: Arc<dyn Mailer>,
    /// What wakes the sender.
    pub bell: Arc<MailBell>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the secrets of links.
    pub secrets: Arc<dyn SecretSource>,
    /// What all mails have in common.
    pub letterhead: Letterhead,
}

/// What all mails of an installation have in common.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// The name of the installation.
    pub app_name: String,
    /// What links begin with: an absolute URL without a slash at its end. It comes from the configuration, never from
    /// a request (requirement H5).
    pub frontend_url: String,
    /// How long a link for a new password works.
    pub reset_lifetime: Duration,
}

impl MailSender {
    /// Sends mails until `stop` resolves; the attempts that are under way are then given a moment to end. It never ends by
    /// itself, whatever goes wrong.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let mut attempts = JoinSet::new();
        tokio::select! {
            () = stop => {}
            () = self.keep_sending(&mut attempts) => {}
        }
        let parting = async { while attempts.join_next().await.is_some() {} };
        if timeout(PARTING, parting).await.is_err() {
            tracing::info!(mails = attempts.len(), "stopped while mails were being sent; they will be sent again");
        }
    }

    async fn keep_sending(self: &Arc<Self>, attempts: &mut JoinSet<()>) {
        let mut was_away = false;
        loop {
            let claimed = self.claim(AT_ONCE - attempts.len()).await;
            match &claimed {
                Err(error) if !was_away => tracing::warn!(%error, "the mail outbox cannot be read"),
                Ok(_) if was_away => tracing::info!("the mail outbox can be read again"),
                _ => {}
            }
            was_away = claimed.is_err();
            for mail in claimed.unwrap_or_default() {
                let sender = Arc::clone(self);
                attempts.spawn(async move { sender.attempt(&mail).await });
            }
            let has_room = attempts.len() < AT_ONCE;
            tokio::select! {
                Some(ended) = attempts.join_next() => note(ended),
                () = self.bell.rung(), if has_room => {}
                () = sleep(LOOK_EVERY), if has_room => {}
            }
        }
    }

    /// In a task of its own, like every attempt: not even a panic ends the loop.
    async fn claim(&self, limit: usize) -> Result<Vec<ClaimedMail>, RepositoryError> {
        let (outbox, now) = (Arc::clone(&self.outbox), self.clock.now());
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let claiming = tokio::spawn(async move { outbox.claim(now, now.plus(CLAIM), limit).await });
        claiming.await.unwrap_or_else(|error| Err(RepositoryError::permanent("claiming mails did not end well", error)))
    }
}

/// The mail of an attempt that panicked is sent again when its claim is over.
fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an attempt to send a mail did not end well");
    }
}
