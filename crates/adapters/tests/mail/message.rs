//! What a mail server is given.

use insta::assert_snapshot;
use tessera_adapters::mail::{FromAddress, Login, SmtpMailer, SmtpServer};
use tessera_domain::Email;
use tessera_services::ports::{Mail, Mailer as _};
use tessera_test_servers::smtp;

use crate::support::{LINK, from, mail, send, settings};

#[tokio::test]
async fn a_mail_has_both_bodies_and_says_what_it_is() {
    let server = smtp::SmtpServer::start().await;
    send(settings(&server)).await.expect("taken");
    let received = server.next().await;
    assert_eq!(
        (received.from.as_str(), received.to.as_slice()),
        ("no-reply@tessera.example", &["ana@example.com".to_owned()][..])
    );
    assert_eq!(received.token().as_deref(), Some("AbC-the-secret"));
    assert!(received.html().contains(LINK) && !received.encrypted && received.login.is_none());
    assert_snapshot!(received.message, @r#"
    Message-ID: <04040404-0404-0404-0404-040404040404@tessera.example>
    Date: Mon, 01 Jan 2024 00:00:00 +0000
    From: Tessera <no-reply@tessera.example>
    To: ana@example.com
    Subject: Password Reset Request
    Auto-Submitted: auto-generated
    MIME-Version: 1.0
    Content-Type: multipart/alternative;
     boundary="part-04040404-0404-0404-0404-040404040404"

    --part-04040404-0404-0404-0404-040404040404
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: 7bit

    Hello,

    https://app.example.com/reset-password?token=AbC-the-secret
    .
    Tessera

    --part-04040404-0404-0404-0404-040404040404
    Content-Type: text/html; charset=utf-8
    Content-Transfer-Encoding: 7bit

    <p>Hello,</p>
    <p><a href="https://app.example.com/reset-password?token=AbC-the-secret">Go on</a></p>

    --part-04040404-0404-0404-0404-040404040404--
    "#);
}

#[tokio::test]
async fn a_mail_that_is_sent_twice_has_one_id() {
    let server = smtp::SmtpServer::start().await;
    let mailer = SmtpMailer::new(settings(&server), from()).expect("certificates");
    let again = Mail { text: "another link".to_owned().into(), ..mail() };
    mailer.send(&mail()).await.expect("taken");
    mailer.send(&again).await.expect("taken");
    let ids = [server.next().await.header("Message-ID"), server.next().await.header("Message-ID")];
    assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test]
async fn who_has_a_login_uses_it() {
    let server = smtp::SmtpServer::start().await;
    let login = Login { user: "tessera".to_owned(), password: "a long walk".to_owned().into() };
    let settings = SmtpServer { login: Some(login), ..settings(&server) };
    assert!(!format!("{settings:?}").contains("a long walk"));
    send(settings).await.expect("taken");
    assert_eq!(server.next().await.login, Some(("tessera".to_owned(), "a long walk".to_owned())));
}

#[tokio::test]
async fn a_name_is_never_a_header() {
    let server = smtp::SmtpServer::start().await;
    let email = Email::parse("no-reply@tessera.example").expect("an address");
    for name in ["Tessera\r\nBcc: eve@example.com", "López, \"Ana\" <eve@example.com>", "王小明"] {
        let mailer = SmtpMailer::new(settings(&server), FromAddress::new(name, email.clone())).expect("certificates");
        mailer.send(&mail()).await.expect("taken");
        let received = server.next().await;
        assert_eq!((received.header("Bcc"), received.to.len()), (None, 1), "{}", received.message);
        let from = received.header("From").expect("a sender");
        assert!(from.is_ascii() && from.ends_with(" <no-reply@tessera.example>"), "{from}");
    }
}

#[tokio::test]
async fn text_of_every_script_arrives() {
    let server = smtp::SmtpServer::start().await;
    let text = format!("Hello María José 王小明,\n\n{LINK}\n");
    let mail = Mail { text: text.clone().into(), ..mail() };
    SmtpMailer::new(settings(&server), from()).expect("certificates").send(&mail).await.expect("taken");
    assert_eq!(server.next().await.text().trim_end(), text.trim_end());
}
