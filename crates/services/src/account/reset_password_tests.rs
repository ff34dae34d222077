//! What a reset of a password promises.

use tessera_domain::{
    ActivityEvent, Digest, ErrorKind, MailKind, OneTimePurpose, OneTimeSecret, OneTimeToken, PasswordAttribute,
    PasswordProblem, User,
};
use tessera_repositories::{
    Authority, MockAccountChangeRepository, MockOneTimeTokenRepository, MockUserRepository, PasswordChangeOutcome,
};

use super::fixtures::{NEW, OLD, Parts, assert_both_sessions_are_dead, new_password, replaced};
use super::{AccountService as _, ResetPassword, ResetPasswordError};
use crate::fixtures::{LAST_EXPIRY, NOW, USER, away, client, mail, user};

const SECRET: [u8; 32] = [5; 32];

fn command(new: &str, repeated: &str) -> ResetPassword {
    let secret = Some(OneTimeSecret::new(SECRET));
    ResetPassword { secret, new: new_password(new, repeated), client: client() }
}

/// The link is a live one, and this is what it was mailed to.
fn linked(owner: Option<User>) -> Parts {
    let (mut links, mut users) = (MockOneTimeTokenRepository::new(), MockUserRepository::new());
    let purpose = OneTimePurpose::PasswordReset;
    let link = OneTimeToken { digest: Digest::of(&SECRET), purpose, user_id: USER, expires_at: NOW };
    links
        .expect_find()
        .withf(|digest, purpose, now| {
            *digest == Digest::of(&SECRET) && *purpose == OneTimePurpose::PasswordReset && *now == NOW
        })
        .returning(move |_, _, _| Ok(Some(link.clone())));
    users.expect_find().returning(move |_| Ok(owner.clone()));
    Parts { users, links, ..Parts::default() }
}

/// There is no such link.
fn unlinked() -> Parts {
    let mut links = MockOneTimeTokenRepository::new();
    links.expect_find().returning(|_, _, _| Ok(None));
    Parts { links, ..Parts::default() }
}

async fn refusal(parts: Parts, command: ResetPassword) -> ResetPasswordError {
    parts.assemble().reset_password(command).await.expect_err("refused")
}

fn is_invalid(error: &ResetPasswordError) -> bool {
    matches!(error, ResetPasswordError::InvalidLink) && error.kind() == ErrorKind::InvalidInput
}

#[tokio::test]
async fn a_link_permits_one_new_password_and_everything_else_follows() {
    let mut changes = MockAccountChangeRepository::new();
    changes
        .expect_change_password()
        .withf(|change| {
            change.authority == Authority::Link(Digest::of(&SECRET))
                && change.password_hash.expose() == "hashed"
                && (change.at, change.revoke_until) == (NOW, LAST_EXPIRY)
                && change.notice == mail(MailKind::PasswordChanged, user().email)
        })
        .times(1)
        .returning(|_| Ok(replaced()));
    let parts = Parts { changes, ..linked(Some(user())) };
    let accounts = parts.hashing().forgetting().noting(ActivityEvent::PasswordReset).assemble();
    accounts.reset_password(command(NEW, NEW)).await.expect("reset");
    assert_both_sessions_are_dead(&accounts).await;
}

#[tokio::test]
async fn a_password_that_is_refused_spends_no_link() {
    let weak = refusal(linked(Some(user())), command("ana.example.com", "ana.example.com")).await;
    let similar = PasswordProblem::TooSimilar(PasswordAttribute::Email);
    assert!(matches!(&weak, ResetPasswordError::Weak(problems) if *problems == [similar]), "{weak}");
    let differ = refusal(linked(Some(user())), command(NEW, OLD)).await;
    assert!(matches!(differ, ResetPasswordError::Differ), "{differ}");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_link_is_one_answer_and_costs_no_hash() {
    assert!(is_invalid(&refusal(unlinked(), command(NEW, NEW)).await), "used, expired or unknown");
    assert!(is_invalid(&refusal(linked(None), command(NEW, NEW)).await), "of an account that is gone");
    let disabled = User { is_active: false, ..user() };
    assert!(is_invalid(&refusal(linked(Some(disabled)), command(NEW, NEW)).await), "of a disabled account");
    let no_secret = ResetPassword { secret: None, ..command(NEW, NEW) };
    assert!(is_invalid(&refusal(Parts::default(), no_secret).await), "no link at all");
}

#[tokio::test]
async fn who_comes_second_with_a_link_is_too_late() {
    let mut changes = MockAccountChangeRepository::new();
    changes.expect_change_password().times(1).returning(|_| Ok(PasswordChangeOutcome::Refused));
    let parts = Parts { changes, ..linked(Some(user())) }.hashing();
    assert!(is_invalid(&refusal(parts, command(NEW, NEW)).await));
}

#[tokio::test]
async fn a_storage_that_is_away_calls_no_link_invalid() {
    let mut links = MockOneTimeTokenRepository::new();
    links.expect_find().returning(|_, _, _| Err(away()));
    let error = refusal(Parts { links, ..Parts::default() }, command(NEW, NEW)).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}
