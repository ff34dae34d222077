//! The mail outbox: mails wait here until they have been sent, whatever happens to the service or to the mail server.

use async_trait::async_trait;
use tessera_domain::{MailId, QueuedMail, Timestamp};

use crate::Result;

/// Where mails wait.
///
/// A mail is waiting, sent or given up; the latter two are final. A waiting mail that is due is claimed by one sender for
/// a while. A sender that dies loses its claim with time, so that a mail is sent at least once, and seldom twice.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait MailOutboxRepository: Send + Sync {
    /// Adds a mail; it is due at once. One that is there already, by its id, is left as it is. If it
    /// [`is_link`](tessera_domain::MailKind::is_link) and one of its kind to its recipient is waiting already, claimed or
    /// not, nothing is added: one is enough. The one that waits then counts as queued when this one was, if that is later:
    /// it is wanted still. The work is the same, so that nobody can tell by the time that one was waiting, which it does
    /// the longer for addresses that have an account (requirement A5).
    async fn insert(&self, mail: &QueuedMail) -> Result<()>;

    /// Claims at most `limit` mails that are due at `now`, those first that have been due for longest, until `until`.
    /// Whatever is claimed is not due for anybody else before then. Of any number of simultaneous calls, one is given each.
    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>>;

    /// Prolongs a claim until `until`, if it is still held: the mail is waiting, and nobody claimed it after this
    /// `attempt`. `false` if it is not; the mail is then not to be sent.
    async fn renew(&self, id: MailId, attempt: u32, until: Timestamp) -> Result<bool>;

    /// Says what became of an attempt. If the claim is not held any longer, nothing is changed and the answer is `false`.
    async fn settle(&self, id: MailId, attempt: u32, settlement: Settlement) -> Result<bool>;

    /// Forgets at most `limit` mails that reached their final state before `before`. Returns how many.
    async fn delete_finished(&self, before: Timestamp, limit: u32) -> Result<u32>;

    /// What is waiting, and what nobody will get.
    async fn backlog(&self) -> Result<Backlog>;
}

/// A mail that one sender may send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// The mail.
    pub mail: QueuedMail,
    /// Which attempt this is; the first is 1.
    pub attempt: u32,
}

/// What became of an attempt to send a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It was sent. Final.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It goes on waiting.
    Retry {
        /// When it is due again.
        at: Timestamp,
    },
    /// It will not be sent. Final.
    GivenUp {
        /// When that was decided.
        at: Timestamp,
    },
}

/// What is in an outbox that was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many mails.
    pub waiting: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
    /// How many were given up, of those that are not forgotten yet.
    pub given_up: u64,
}
