//! A mail server that refuses, fails or is not there.

use std::time::Duration;

use tessera_adapters::mail::{Login, SmtpServer};
use tessera_services::ports::MailError;
use tessera_test_servers::smtp::{self, Manner};
use tokio::time::Instant;

use crate::support::{failure, send, settings};

async fn server(manner: Manner) -> smtp::SmtpServer {
    smtp::SmtpServer::start_with(manner, smtp::Encryption::None).await
}

#[tokio::test]
async fn a_recipient_that_nobody_knows_is_a_refusal_for_good() {
    let server = server(Manner::UnknownRecipient).await;
    let why = send(settings(&server)).await;
    assert!(
        matches!(&why, Err(MailError::Refused(why)) if why.contains("550") && why.contains("no such user")),
        "{why:?}"
    );
}

#[tokio::test]
async fn what_a_server_quotes_of_a_mail_is_not_repeated() {
    let server = server(Manner::ContentRefused).await;
    let why = send(settings(&server)).await;
    let expected = "handing over the mail: refused with code 554".to_owned();
    assert_eq!(why, Err(MailError::Refused(expected)));
}

#[tokio::test]
async fn a_server_that_is_busy_fails_for_now() {
    let why = failure(settings(&server(Manner::Busy).await)).await;
    assert!(why.contains("451") && why.contains("come back later"), "{why}");
}

#[tokio::test]
async fn a_login_that_is_refused_fails_for_now_and_is_not_repeated() {
    let server = server(Manner::LoginRefused).await;
    let login = Login { user: "tessera".to_owned(), password: "a long walk".to_owned().into() };
    let why = failure(SmtpServer { login: Some(login), ..settings(&server) }).await;
    assert_eq!(why, "logging in to the mail server: refused with code 535");
}

#[tokio::test]
async fn a_connection_that_breaks_fails_for_now() {
    for manner in [Manner::HangingUp, Manner::HangingUpAfterwards] {
        let why = failure(settings(&server(manner).await)).await;
        assert!(why.starts_with("handing over the mail: "), "{why}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_for_now() {
    let settings = settings(&server(Manner::Accepting).await);
    let why = failure(settings.clone()).await;
    assert!(why.starts_with("connecting to the mail server: "), "{why}");
    let why = failure(SmtpServer { host: "mail.invalid".to_owned(), ..settings }).await;
    assert!(why.starts_with("connecting to the mail server: "), "{why}");
}

/// On tokio's clock, which jumps to the next thing that is waited for.
#[tokio::test]
async fn a_server_that_is_silent_is_not_waited_for_for_long() {
    let server = server(Manner::Silent).await;
    tokio::time::pause();
    let started = Instant::now();
    let why = failure(settings(&server)).await;
    assert!(why.ends_with(": no answer"), "{why}");
    assert!(started.elapsed() <= Duration::from_secs(30));
}
