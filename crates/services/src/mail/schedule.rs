//! When a mail that was not taken is tried again, and for how long.

use std::time::Duration;

use tessera_domain::{MailKind, QueuedMail, Timestamp};
use tessera_repositories::Settlement;

/// After the first attempt, the second, and so on; the last one counts for all that follow.
const PAUSES: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
];

/// How long to go on with a mail, and what to wait at the most.
struct Persistence {
    patience: Duration,
    longest_pause: Duration,
}

/// Whoever asked for a new password waits for it, and an hour later has given up: a link that comes then is only alarming.
/// All else is worth a day.
const fn persistence(kind: MailKind) -> Persistence {
    let (patience, longest_pause) = match kind {
        MailKind::PasswordReset => (Duration::from_hours(1), Duration::from_mins(5)),
        MailKind::PasswordChanged | MailKind::EmailConfirmation | MailKind::EmailChanged => {
            (Duration::from_hours(24), Duration::from_hours(1))
        }
    };
    Persistence { patience, longest_pause }
}

/// Whether it is too late even for a first attempt. All but a link for a new password are worth one, however late.
pub(super) fn is_stale(mail: &QueuedMail, now: Timestamp) -> bool {
    mail.kind == MailKind::PasswordReset && now >= end(mail)
}

/// What becomes of a mail after an `attempt` that failed at `now`. `random` takes up to a quarter off the
/// pause, so that mails which failed together do not come back together.
pub(super) fn after_failure(mail: &QueuedMail, attempt: u32, now: Timestamp, random: u8) -> Settlement {
    let passed = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let longest = persistence(mail.kind).longest_pause;
    let pause = PAUSES.get(passed).copied().unwrap_or(longest).min(longest);
    let shorter_by = pause / 4 * u32::from(random) / u32::from(u8::MAX);
    let at = now.plus(pause.saturating_sub(shorter_by));
    if at < end(mail) { Settlement::Retry { at } } else { Settlement::GivenUp { at: now } }
}

fn end(mail: &QueuedMail) -> Timestamp {
    mail.queued_at.plus(persistence(mail.kind).patience)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{NOW, queued};

    /// How long after it was queued each attempt is made, if all of them fail at once.
    fn attempts(kind: MailKind, random: u8) -> Vec<Duration> {
        let mail = queued(kind);
        let mut attempts = vec![Duration::ZERO];
        for number in 1.. {
            let now = mail.queued_at.plus(*attempts.last().expect("the first"));
            match after_failure(&mail, number, now, random) {
                Settlement::Retry { at } => attempts.push(at.since(mail.queued_at)),
                Settlement::GivenUp { at } => {
                    assert_eq!(at, now);
                    break;
                }
                Settlement::Sent { .. } => panic!("it was not sent"),
            }
        }
        attempts
    }

    #[test]
    fn a_link_for_a_new_password_is_tried_for_an_hour_every_few_minutes() {
        let minutes: Vec<_> = attempts(MailKind::PasswordReset, 0).iter().map(|at| at.as_secs() / 60).collect();
        assert_eq!(minutes, [0, 1, 6, 11, 16, 21, 26, 31, 36, 41, 46, 51, 56]);
    }

    #[test]
    fn everything_else_is_tried_for_a_day_hourly_in_the_end() {
        for kind in [MailKind::PasswordChanged, MailKind::EmailConfirmation, MailKind::EmailChanged] {
            let attempts = attempts(kind, 0);
            assert_eq!(attempts.len(), 5 + 23);
            assert!(attempts.last().is_some_and(|last| *last < Duration::from_hours(24)));
            assert!(attempts.windows(2).all(|pair| pair[1] <= pair[0] + Duration::from_hours(1)));
        }
    }

    #[test]
    fn chance_shortens_a_pause_by_a_quarter_at_the_most() {
        let first = |random| match after_failure(&queued(MailKind::PasswordChanged), 1, NOW, random) {
            Settlement::Retry { at } => at.since(NOW),
            other => panic!("{other:?}"),
        };
        assert_eq!((first(0), first(u8::MAX)), (Duration::from_mins(1), Duration::from_secs(45)));
        assert!(first(100) < first(99));
    }

    #[test]
    fn only_a_link_for_a_new_password_can_be_too_late_for_a_first_attempt() {
        let long_after = NOW.plus(Duration::from_hours(100));
        assert!(!is_stale(&queued(MailKind::PasswordReset), NOW.plus(Duration::from_mins(59))));
        assert!(is_stale(&queued(MailKind::PasswordReset), NOW.plus(Duration::from_hours(1))));
        assert!(!is_stale(&queued(MailKind::PasswordChanged), long_after));
        assert!(!is_stale(&queued(MailKind::EmailConfirmation), long_after));
    }
}
