//! Mails, from the request that asks for one to a mail server and back: also where that is away, and where the service is
//! killed meanwhile (requirement A5).

#![cfg(test)]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tessera_adapters::SystemClock;
use tessera_services::ports::Clock as _;
use tessera_test_servers::smtp::{Encryption, Manner, Received, SmtpServer};
use tessera_tests::{Answer, Data, ServerProcess, Storage, TestServer, on_every_storage};

const SERVER: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// The subject of the mail with a link for a new password.
const RESET: &str = "Password Reset Request";

on_every_storage! {
    a_reset_comes_with_a_link_that_works_once
    nobody_is_sent_a_link_without_an_account_and_nobody_can_tell
    a_mail_that_is_not_taken_is_sent_later
    a_mail_waits_for_a_server_that_is_not_there
    a_mail_survives_a_kill_in_the_middle_of_sending_it
}

/// The settings that lead to a mail server.
struct Settings {
    port: String,
}

impl Settings {
    fn of(server: &SmtpServer) -> Self {
        Self { port: server.addr().port().to_string() }
    }

    fn list(&self) -> [(&str, &str); 3] {
        [("EMAIL_HOST", "127.0.0.1"), ("EMAIL_PORT", &self.port), ("FRONTEND_URL", "https://app.example.com")]
    }
}

async fn ask(server: &TestServer, address: &str) -> Answer {
    server.post("/api/auth/forgot-password/", &json!({"email": address})).await
}

fn new_password(token: &str) -> Value {
    json!({"token": token, "password": "a longer walk by the sea", "password_confirm": "a longer walk by the sea"})
}

/// The next mail of this subject. Each new account is also sent one to confirm its address, at any time.
async fn next(mails: &SmtpServer, wanted: &str) -> Received {
    loop {
        let mail = mails.next().await;
        if subject(&mail) == wanted {
            return mail;
        }
    }
}

fn subject(mail: &Received) -> String {
    mail.header("Subject").expect("a subject")
}

/// More than any pause after a first attempt, and less than a link lives: the mail may have been sent before.
async fn let_two_minutes_pass(server: &TestServer) {
    server.clock.advance(Duration::from_mins(2));
    // Nobody rings for what has become due; whatever else is queued wakes the sender.
    assert_eq!(ask(server, "nobody@example.com").await.status, 200);
}

async fn a_reset_comes_with_a_link_that_works_once(storage: Storage) {
    let mails = SmtpServer::start().await;
    let server = TestServer::on_with(storage, &Settings::of(&mails).list()).await;
    server.sign_up("ana").await;
    assert_eq!(ask(&server, "Ana@Example.com").await.status, 200);
    let mail = next(&mails, RESET).await;
    assert_eq!(mail.to, ["ana@example.com"]);
    let token = mail.token().expect("a link");
    let link = format!("https://app.example.com/reset-password?token={token}");
    assert!(
        mail.text().contains(&link) && mail.text().contains("10 minutes") && mail.html().contains(&link),
        "{mail:?}"
    );
    let statuses = [
        server.post("/api/auth/reset-password/", &new_password(&token)).await.status,
        server.post("/api/auth/reset-password/", &new_password(&token)).await.status,
    ];
    assert_eq!(statuses, [200, 400]);
    assert_eq!(next(&mails, "Your password was changed").await.token(), None);
    let credentials = json!({"email": "ana@example.com", "password": "a longer walk by the sea"});
    assert_eq!(server.post("/api/auth/login/", &credentials).await.status, 200);
}

async fn nobody_is_sent_a_link_without_an_account_and_nobody_can_tell(storage: Storage) {
    let mails = SmtpServer::start().await;
    let server = TestServer::on_with(storage, &Settings::of(&mails).list()).await;
    server.sign_up("ana").await;
    let (unknown, known) = (ask(&server, "ben@example.com").await, ask(&server, "ana@example.com").await);
    assert_eq!((unknown.status, unknown.bytes), (known.status, known.bytes));
    assert_eq!(next(&mails, RESET).await.to, ["ana@example.com"]);
    // Its end waits for what is being sent.
    drop(server);
    while let Some(mail) = mails.received().await {
        assert_eq!(
            (subject(&mail).as_str(), mail.to.as_slice()),
            ("Confirm your address", &["ana@example.com".to_owned()][..])
        );
    }
}

async fn a_mail_that_is_not_taken_is_sent_later(storage: Storage) {
    let mails = SmtpServer::start_with(Manner::Busy, Encryption::None).await;
    let server = TestServer::on_with(storage, &Settings::of(&mails).list()).await;
    server.sign_up("ana").await;
    assert_eq!(ask(&server, "ana@example.com").await.status, 200);
    mails.connected(1).await;
    mails.behave(Manner::Accepting);
    let_two_minutes_pass(&server).await;
    let token = next(&mails, RESET).await.token().expect("a link");
    assert_eq!(server.post("/api/auth/reset-password/", &new_password(&token)).await.status, 200);
}

async fn a_mail_waits_for_a_server_that_is_not_there(storage: Storage) {
    let gone = SmtpServer::start().await;
    let (addr, settings) = (gone.addr(), Settings::of(&gone));
    drop(gone);
    let server = TestServer::on_with(storage, &settings.list()).await;
    server.sign_up("ana").await;
    assert_eq!(ask(&server, "ana@example.com").await.status, 200);
    let mails = SmtpServer::start_at(addr, Manner::Accepting, Encryption::None).await;
    let_two_minutes_pass(&server).await;
    assert_eq!(next(&mails, RESET).await.to, ["ana@example.com"]);
}

async fn a_mail_survives_a_kill_in_the_middle_of_sending_it(storage: Storage) {
    let mails = SmtpServer::start_with(Manner::Silent, Encryption::None).await;
    let (data, settings) = (Arc::new(Data::on(storage)), Settings::of(&mails));
    let killed = ServerProcess::start_with(SERVER, &data, &settings.list()).await;
    killed.sign_up("ana").await;
    let answer = killed.post("/api/auth/forgot-password/", &json!({"email": "ana@example.com"})).await;
    assert_eq!(answer.map(|answer| answer.status), Some(200));
    mails.connected(1).await;
    killed.kill().await;
    mails.behave(Manner::Accepting);
    // When the claim of the one that was killed is over.
    let later = SystemClock::new().now().plus(Duration::from_mins(10));
    let server = TestServer::on_data(data, later, &settings.list()).await;
    let token = next(&mails, RESET).await.token().expect("a link");
    assert_eq!(server.post("/api/auth/reset-password/", &new_password(&token)).await.status, 200);
}
