//! One attempt: what it asks of storage and mailer, in which order, and what becomes of the mail.

use std::sync::Arc;
use std::time::Duration;

use mockall::Sequence;
use secrecy::ExposeSecret as _;
use tessera_domain::{Credentials, FullName, Identifier, MailKind, OneTimePurpose, OneTimeSecret, OneTimeToken, User};
use tessera_repositories::{
    ClaimedMail, Earlier, KeepOutcome, MockMailOutboxRepository, MockOneTimeTokenRepository, MockUserRepository,
    Settlement,
};

use super::sender::{CLAIM, Letterhead, MailSender};
use crate::fixtures::{NOW, SameBytes, USER, away, clock, credentials, queued, user};
use crate::ports::{MailError, MockMailer};

/// What [`SameBytes`] makes.
const SECRET: [u8; 32] = [7; 32];
const LIFETIME: Duration = Duration::from_mins(10);
/// A minute, less what those bytes take off: 7/255 of 15 seconds.
const FIRST_PAUSE: Duration = Duration::from_nanos(59_588_235_295);

/// The parts of a sender, none of which expects to be asked.
#[derive(Default)]
struct Parts {
    outbox: MockMailOutboxRepository,
    users: MockUserRepository,
    links: MockOneTimeTokenRepository,
    mailer: MockMailer,
}

impl Parts {
    fn with_account(account: Option<User>) -> Self {
        let mut parts = Self::default();
        let found = account.map(|user| Credentials { user, ..credentials() });
        let asked = Identifier::Email(user().email);
        parts.users.expect_find_credentials().withf(move |by| *by == asked).returning(move |_| Ok(found.clone()));
        parts
    }

    /// The claim is held, the link is taken.
    fn willing(mut self) -> Self {
        self.links.expect_insert().returning(|_, _| Ok(KeepOutcome::Kept));
        self.outbox.expect_renew().returning(|_, _, _| Ok(true));
        self
    }

    fn settles(mut self, expected: Settlement) -> Self {
        let id = queued(MailKind::PasswordReset).id;
        self.outbox
            .expect_settle()
            .withf(move |settled, attempt, settlement| (*settled, *attempt, *settlement) == (id, 1, expected))
            .times(1)
            .returning(|_, _, _| Ok(true));
        self
    }

    async fn attempt(self, kind: MailKind) {
        let sender = MailSender {
            outbox: Arc::new(self.outbox),
            users: Arc::new(self.users),
            links: Arc::new(self.links),
            mailer: Arc::new(self.mailer),
            bell: Arc::default(),
            clock: clock(),
            secrets: Arc::new(SameBytes),
            letterhead: Letterhead {
                app_name: "Tessera".to_owned(),
                frontend_url: "https://app.example.com".to_owned(),
                reset_lifetime: LIFETIME,
            },
        };
        sender.attempt(&ClaimedMail { mail: queued(kind), attempt: 1 }).await;
    }
}

fn link(purpose: OneTimePurpose, lifetime: Duration) -> OneTimeToken {
    let digest = OneTimeSecret::new(SECRET).digest();
    OneTimeToken { digest, purpose, user_id: USER, expires_at: NOW.plus(lifetime) }
}

#[tokio::test]
async fn the_link_is_there_and_the_claim_is_held_before_a_reset_is_sent() {
    let mut parts = Parts::with_account(Some(User { full_name: FullName::parse("Ana").ok(), ..user() }));
    let mut order = Sequence::new();
    parts
        .links
        .expect_insert()
        .withf(|token, earlier| *token == link(OneTimePurpose::PasswordReset, LIFETIME) && *earlier == Earlier::Replace)
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, _| Ok(KeepOutcome::Kept));
    parts
        .outbox
        .expect_renew()
        .withf(|id, attempt, until| (*id, *attempt, *until) == (queued(MailKind::PasswordReset).id, 1, NOW.plus(CLAIM)))
        .times(1)
        .in_sequence(&mut order)
        .returning(|_, _, _| Ok(true));
    parts
        .mailer
        .expect_send()
        .withf(|mail| {
            let link = format!("https://app.example.com/reset-password?token={}", OneTimeSecret::new(SECRET).reveal());
            let bodies = [mail.text.expose_secret(), mail.html.expose_secret()];
            bodies.iter().all(|body| body.contains(&link) && body.contains("Hello Ana"))
                && (mail.to.as_str(), mail.subject) == ("ana@example.com", "Password Reset Request")
                && !format!("{mail:?}").contains("token=")
        })
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(()));
    parts.settles(Settlement::Sent { at: NOW }).attempt(MailKind::PasswordReset).await;
}

#[tokio::test]
async fn an_address_is_confirmed_with_a_link_that_works_for_a_day() {
    let mut parts = Parts::with_account(Some(user()));
    let day = Duration::from_hours(24);
    parts
        .links
        .expect_insert()
        .withf(move |token, _| *token == link(OneTimePurpose::EmailVerification, day))
        .times(1)
        .returning(|_, _| Ok(KeepOutcome::Kept));
    let is_confirmation =
        |text: &str| text.contains("https://app.example.com/verify-email?token=") && text.contains("24 hours");
    parts
        .mailer
        .expect_send()
        .withf(move |mail| is_confirmation(mail.text.expose_secret()))
        .times(1)
        .returning(|_| Ok(()));
    parts.outbox.expect_renew().returning(|_, _, _| Ok(true));
    parts.settles(Settlement::Sent { at: NOW }).attempt(MailKind::EmailConfirmation).await;
}

#[tokio::test]
async fn nothing_is_made_or_sent_for_nobody() {
    let given_up = Settlement::GivenUp { at: NOW };
    for kind in [MailKind::PasswordReset, MailKind::EmailConfirmation] {
        Parts::with_account(None).settles(given_up).attempt(kind).await;
        let inactive = User { is_active: false, ..user() };
        Parts::with_account(Some(inactive)).settles(given_up).attempt(kind).await;
    }
    let verified = User { is_verified: true, ..user() };
    Parts::with_account(Some(verified)).settles(given_up).attempt(MailKind::EmailConfirmation).await;
}

#[tokio::test]
async fn news_go_to_the_address_they_were_queued_for_whoever_has_it() {
    for (kind, subject) in
        [(MailKind::PasswordChanged, "Your password was changed"), (MailKind::EmailChanged, "Your address was changed")]
    {
        let mut parts = Parts::default();
        parts.outbox.expect_renew().returning(|_, _, _| Ok(true));
        parts.mailer.expect_send().withf(move |mail| mail.subject == subject).times(1).returning(|_| Ok(()));
        parts.settles(Settlement::Sent { at: NOW }).attempt(kind).await;
    }
}

#[tokio::test]
async fn who_is_gone_by_the_time_a_link_is_made_is_sent_none() {
    for kind in [MailKind::PasswordReset, MailKind::EmailConfirmation] {
        let mut parts = Parts::with_account(Some(user()));
        parts.links.expect_insert().times(1).returning(|_, _| Ok(KeepOutcome::NoAccount));
        parts.settles(Settlement::GivenUp { at: NOW }).attempt(kind).await;
    }
}

#[tokio::test]
async fn a_mail_that_is_no_longer_ours_is_neither_sent_nor_settled() {
    let mut parts = Parts::with_account(Some(user()));
    parts.links.expect_insert().returning(|_, _| Ok(KeepOutcome::Kept));
    parts.outbox.expect_renew().times(1).returning(|_, _, _| Ok(false));
    parts.attempt(MailKind::PasswordReset).await;
}

#[tokio::test]
async fn what_is_refused_is_given_up_and_what_fails_is_tried_again() {
    let refused = || Err(MailError::Refused("550 no such user".to_owned()));
    let failed = || Err(MailError::Failed("421 too busy".to_owned()));
    let again = NOW.plus(FIRST_PAUSE);
    let mut parts = Parts::with_account(Some(user())).willing();
    parts.mailer.expect_send().returning(move |_| refused());
    parts.settles(Settlement::GivenUp { at: NOW }).attempt(MailKind::PasswordReset).await;
    let mut parts = Parts::with_account(Some(user())).willing();
    parts.mailer.expect_send().returning(move |_| failed());
    parts.settles(Settlement::Retry { at: again }).attempt(MailKind::PasswordReset).await;
}

#[tokio::test]
async fn a_storage_that_is_away_is_no_reason_to_give_up() {
    let again = NOW.plus(FIRST_PAUSE);
    let mut parts = Parts::default();
    parts.users.expect_find_credentials().returning(|_| Err(away()));
    parts.settles(Settlement::Retry { at: again }).attempt(MailKind::PasswordReset).await;
    let mut parts = Parts::with_account(Some(user()));
    parts.links.expect_insert().returning(|_, _| Err(away()));
    parts.settles(Settlement::Retry { at: again }).attempt(MailKind::PasswordReset).await;
}
