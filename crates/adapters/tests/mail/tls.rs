//! Encryption: as it is set, and never less.

use tessera_adapters::mail::{Encryption, Login, SmtpServer};
use tessera_test_servers::smtp::{self, Certificate, Manner};

use crate::support::{failure, send, settings};

const BOTH: [Encryption; 2] = [Encryption::StartTls, Encryption::Implicit];

async fn server(encryption: Encryption, certificate: &Certificate) -> smtp::SmtpServer {
    let encryption = match encryption {
        Encryption::None => smtp::Encryption::None,
        Encryption::StartTls => smtp::Encryption::StartTls(certificate.clone()),
        Encryption::Implicit => smtp::Encryption::Implicit(certificate.clone()),
    };
    smtp::SmtpServer::start_with(Manner::Accepting, encryption).await
}

#[tokio::test]
async fn a_server_with_a_certificate_that_is_trusted_is_given_mail_and_password() {
    let certificate = Certificate::new();
    for encryption in BOTH {
        let server = server(encryption, &certificate).await;
        let login = Some(Login { user: "tessera".to_owned(), password: "a long walk".to_owned().into() });
        let also_trusted = Some(certificate.pem().to_owned());
        send(SmtpServer { encryption, login, also_trusted, ..settings(&server) }).await.expect("taken");
        let received = server.next().await;
        assert!(received.encrypted && received.login.is_some() && received.token().is_some(), "{received:?}");
    }
}

#[tokio::test]
async fn one_with_a_certificate_that_nobody_vouches_for_is_given_nothing() {
    let certificate = Certificate::new();
    for encryption in BOTH {
        let server = server(encryption, &certificate).await;
        let why = failure(SmtpServer { encryption, ..settings(&server) }).await;
        assert!(why.contains("certificate"), "{why}");
        assert_eq!(server.received().await, None);
    }
}

#[tokio::test]
async fn one_with_a_certificate_for_another_name_is_given_nothing() {
    let certificate = Certificate::new();
    for encryption in BOTH {
        let server = server(encryption, &certificate).await;
        let (host, also_trusted) = ("127.0.0.2".to_owned(), Some(certificate.pem().to_owned()));
        let server = SmtpServer { host, encryption, also_trusted, ..settings(&server) };
        failure(server).await;
    }
}

#[tokio::test]
async fn one_that_does_not_encrypt_is_given_nothing() {
    let server = smtp::SmtpServer::start().await;
    let why = failure(SmtpServer { encryption: Encryption::StartTls, ..settings(&server) }).await;
    assert_eq!(why, "encrypting the connection: the server does not offer it");
    assert_eq!(server.received().await, None);
}

#[tokio::test]
async fn what_is_said_before_the_encryption_is_no_answer_to_what_is_said_under_it() {
    let certificate = Certificate::new();
    let encryption = smtp::Encryption::StartTls(certificate.clone());
    let server = smtp::SmtpServer::start_with(Manner::Injecting, encryption).await;
    let also_trusted = Some(certificate.pem().to_owned());
    let why = failure(SmtpServer { encryption: Encryption::StartTls, also_trusted, ..settings(&server) }).await;
    assert!(why.starts_with("encrypting the connection: "), "{why}");
    assert_eq!(server.received().await, None);
}
