//! Sending the mails that wait in the outbox.
//!
//! Whoever has something to tell puts a mail into the [`MailQueue`] and rings the [`MailBell`]; no request ever waits for a mail server. The
//! [`MailSender`] claims what is due, finds out to whom it goes, makes the secret of its link, puts it into words and hands
//! it to the [`Mailer`](crate::ports::Mailer), again and again until it is taken or no longer worth it.

mod attempt;
#[cfg(test)]
mod attempt_tests;
mod bell;
mod letter;
#[cfg(test)]
mod letter_tests;
mod queue;
mod schedule;
mod sender;
#[cfg(test)]
mod sender_tests;
mod write;

pub use bell::MailBell;
pub use queue::MailQueue;
pub use sender::{Letterhead, MailSender};
