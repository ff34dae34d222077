//! Everything that an account may have: what a change of it ends, and beside it what it must not touch.

use std::collections::BTreeSet;
use std::time::Duration;

use tessera_domain::{
    Digest, EndReason, MailId, MailKind, NewUser, OneTimePurpose, OneTimeToken, PasswordHash, QueuedMail, RevokedKey,
    SecurityVersion, Session, SessionState, Timestamp, UserId,
};

use super::{ANSWERS, AccountPorts};
use crate::contract::sample::{NOW, after, email, hash, new_user, session};
use crate::{
    Authority, ClaimedMail, Earlier, EmailChange, InsertOutcome, KeepOutcome, OpenOutcome, PasswordChange,
    ProfileChange, SessionEnding, Settlement,
};

/// A moment at which every claim of a mail has ended.
const MUCH_LATER: Timestamp = Timestamp::from_unix_seconds(1_800_100_000);

/// An account with all that belongs to it. Account 1 has the addresses, links and mails with the number 1, and so on.
#[derive(Clone)]
pub(super) struct Estate {
    pub(super) new: NewUser,
    /// Two that go on.
    pub(super) sessions: [Session; 2],
    /// One that ended before.
    pub(super) logged_out: Session,
    /// One for each purpose of links.
    pub(super) reset: OneTimeToken,
    pub(super) verification: OneTimeToken,
    /// A one-time token that is no link.
    pub(super) proof: OneTimeToken,
    /// A waiting mail that would carry a link, claimed by its first attempt.
    pub(super) claimed: QueuedMail,
    /// Another one, which nobody has claimed.
    pub(super) unclaimed: QueuedMail,
    /// A waiting mail that carries none.
    pub(super) news: QueuedMail,
}

impl Estate {
    pub(super) fn id(&self) -> UserId {
        self.new.user.id
    }

    /// The old password, verified under the first version.
    pub(super) fn password(&self) -> Authority {
        Authority::Password { user_id: self.id(), version: SecurityVersion::FIRST }
    }

    /// The link for a new password.
    pub(super) fn link(&self) -> Authority {
        Authority::Link(self.reset.digest)
    }

    /// A change of the password by leave of `authority`. Whatever it makes is told apart by `number`.
    pub(super) fn password_change(&self, authority: Authority, number: usize, at: Timestamp) -> PasswordChange {
        PasswordChange {
            authority,
            password_hash: new_hash(number),
            at,
            revoke_until: at.plus(Duration::from_mins(15)),
            notice: self.mail(number, MailKind::PasswordChanged),
        }
    }

    /// A change of nothing.
    pub(super) fn profile_change(&self, at: Timestamp) -> ProfileChange {
        ProfileChange { user_id: self.id(), full_name: None, username: None, email: None, at }
    }

    /// A change of the address, verified under the first version: the news goes to the old one, the link to the new one.
    pub(super) fn move_to(&self, address: &str, number: usize, at: Timestamp) -> ProfileChange {
        let email = email(address);
        let news = self.mail(number, MailKind::EmailChanged);
        let id = MailId::new(after(seconds(number)), [8; 10]);
        let link = QueuedMail { id, kind: MailKind::EmailConfirmation, recipient: email.clone(), queued_at: NOW };
        let change = EmailChange { email, version: SecurityVersion::FIRST, mails: vec![news, link] };
        ProfileChange { email: Some(change), ..self.profile_change(at) }
    }

    /// A mail to the account, queued now.
    pub(super) fn mail(&self, number: usize, kind: MailKind) -> QueuedMail {
        let id = MailId::new(after(seconds(number)), [6; 10]);
        QueuedMail { id, kind, recipient: self.new.user.email.clone(), queued_at: NOW }
    }

    /// A link for the account, good for ten minutes.
    pub(super) fn new_link(&self, number: usize, purpose: OneTimePurpose) -> OneTimeToken {
        let digest = Digest::of(format!("link {number}").as_bytes());
        OneTimeToken { digest, purpose, user_id: self.id(), expires_at: after(600) }
    }

    /// Every mail that waits for the account.
    pub(super) fn mails(&self) -> [MailId; 3] {
        [self.claimed.id, self.unclaimed.id, self.news.id]
    }
}

pub(super) fn new_hash(number: usize) -> PasswordHash {
    hash(&format!("new hash {number}"))
}

fn seconds(number: usize) -> u64 {
    u64::try_from(number).expect("a small number")
}

impl AccountPorts {
    /// The account with this number, below 100, and all that belongs to it.
    pub(super) async fn estate(&self, number: usize) -> Estate {
        let new = new_user(number);
        let id = new.user.id;
        let token = |step: usize, purpose| {
            let digest = Digest::of(format!("{number}, {step}").as_bytes());
            OneTimeToken { digest, purpose, user_id: id, expires_at: after(600) }
        };
        let mail = |step: usize, kind| {
            let id = MailId::new(after(seconds(1_000_000 + number * 10 + step)), [6; 10]);
            QueuedMail { id, kind, recipient: new.user.email.clone(), queued_at: NOW }
        };
        let estate = Estate {
            sessions: [session(number * 10, id), session(number * 10 + 1, id)],
            logged_out: session(number * 10 + 2, id).ended(after(1), EndReason::LoggedOut),
            reset: token(1, OneTimePurpose::PasswordReset),
            verification: token(2, OneTimePurpose::EmailVerification),
            proof: token(3, OneTimePurpose::OneTime),
            claimed: mail(1, MailKind::PasswordReset),
            unclaimed: mail(2, MailKind::EmailConfirmation),
            news: mail(3, MailKind::PasswordChanged),
            new,
        };
        self.settle_in(&estate).await;
        estate
    }

    async fn settle_in(&self, estate: &Estate) {
        assert_eq!(self.users.insert(&estate.new).await.expect(ANSWERS), InsertOutcome::Inserted);
        let [first, second] = &estate.sessions;
        let logged_out = Session { state: SessionState::Active, ..estate.logged_out.clone() };
        for session in [first, second, &logged_out] {
            self.opened(session).await;
        }
        let (sessions, reason) = (vec![logged_out.id], EndReason::LoggedOut);
        let logout = SessionEnding { sessions, reason, at: after(1), revocations: Vec::new() };
        self.sessions.end(&logout).await.expect(ANSWERS);
        for token in [&estate.reset, &estate.verification, &estate.proof] {
            assert_eq!(self.links.insert(token, Earlier::Keep).await.expect(ANSWERS), KeepOutcome::Kept);
        }
        // It waits for longest, so that it is what is claimed, whatever waits for others.
        let first_in_line = QueuedMail { queued_at: Timestamp::from_unix_seconds(0), ..estate.claimed.clone() };
        self.outbox.insert(&first_in_line).await.expect(ANSWERS);
        assert_eq!(self.outbox.claim(NOW, after(60), 1).await.expect(ANSWERS).len(), 1);
        for mail in [&estate.unclaimed, &estate.news] {
            self.outbox.insert(mail).await.expect(ANSWERS);
        }
    }

    pub(super) async fn opened(&self, session: &Session) {
        let outcome = self.sessions.open(session, SecurityVersion::FIRST).await.expect(ANSWERS);
        assert_eq!(outcome, OpenOutcome::Opened);
    }

    /// The ids of all waiting mails.
    pub(super) async fn waiting(&self) -> BTreeSet<MailId> {
        self.claim_everything().await.into_iter().map(|claimed| claimed.mail.id).collect()
    }

    /// Has no mail wait any longer.
    pub(super) async fn send_everything(&self) {
        for ClaimedMail { mail, attempt } in self.claim_everything().await {
            let sent = Settlement::Sent { at: NOW };
            assert!(self.outbox.settle(mail.id, attempt, sent).await.expect(ANSWERS));
        }
    }

    /// For no time at all, so that it can be done again.
    async fn claim_everything(&self) -> Vec<ClaimedMail> {
        self.outbox.claim(MUCH_LATER, MUCH_LATER, 1_000).await.expect(ANSWERS)
    }

    pub(super) async fn is_live(&self, link: &OneTimeToken) -> bool {
        self.links.find(&link.digest, link.purpose, NOW).await.expect(ANSWERS).is_some()
    }

    pub(super) async fn is_revoked(&self, session: &Session, now: Timestamp) -> bool {
        self.revocations.is_revoked(&[RevokedKey::Session(session.id)], now).await.expect(ANSWERS)
    }

    /// Asserts that what ends with an account has ended at `at`, and that the rest is as it was.
    pub(super) async fn assert_ended(&self, estate: &Estate, at: Timestamp, reason: EndReason) {
        for session in &estate.sessions {
            let stored = self.sessions.find(session.id).await.expect(ANSWERS);
            assert_eq!(stored, Some(session.clone().ended(at, reason)));
            assert!(self.is_revoked(session, at).await, "an end that is not recorded");
        }
        self.assert_links_ended(estate).await;
        let is_disabled = reason == EndReason::Disabled;
        assert_eq!(self.is_live(&estate.proof).await, !is_disabled, "it is no link, and ends with the account");
        let first_end = self.sessions.find(estate.logged_out.id).await.expect(ANSWERS);
        assert_eq!(first_end, Some(estate.logged_out.clone()), "it had ended before");
        assert!(!self.is_revoked(&estate.logged_out, at).await, "it did not end by this");
    }

    /// Asserts that the links are dead, and the claim of the mail that would carry one is lost.
    pub(super) async fn assert_links_ended(&self, estate: &Estate) {
        assert!(!self.is_live(&estate.reset).await && !self.is_live(&estate.verification).await);
        assert!(!self.outbox.renew(estate.claimed.id, 1, after(60)).await.expect(ANSWERS), "it may still be sent");
    }

    /// Asserts that no token is kept for the account, of whatever purpose, even for a moment.
    pub(super) async fn assert_given_no_token(&self, estate: &Estate) {
        for (number, purpose) in OneTimePurpose::ALL.into_iter().enumerate() {
            for (step, earlier) in [Earlier::Keep, Earlier::Replace].into_iter().enumerate() {
                let token = estate.new_link(80 + 2 * number + step, purpose);
                let outcome = self.links.insert(&token, earlier).await.expect(ANSWERS);
                assert_eq!((outcome, self.is_live(&token).await), (KeepOutcome::NoAccount, false), "{token:?}");
            }
        }
    }

    /// Asserts that sessions and links are as they were, and the claim is held.
    pub(super) async fn assert_untouched(&self, estate: &Estate) {
        let [first, second] = &estate.sessions;
        for session in [first, second, &estate.logged_out] {
            assert_eq!(self.sessions.find(session.id).await.expect(ANSWERS), Some(session.clone()));
            assert!(!self.is_revoked(session, NOW).await);
        }
        for link in [&estate.reset, &estate.verification, &estate.proof] {
            assert!(self.is_live(link).await, "{link:?}");
        }
        assert!(self.outbox.renew(estate.claimed.id, 1, after(60)).await.expect(ANSWERS), "its mail is gone");
    }
}
