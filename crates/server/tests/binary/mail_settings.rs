//! The settings of mails: what follows from those that installations already have, and what is too weak to go on with.
use tessera_adapters::mail::Encryption::{Implicit, None as Clear, StartTls};
use tessera_adapters::mail::SmtpServer;
use tessera_server::config::{Config, Delivery, Sending};

use crate::configuration::{accepted, effective, production, refused};

const HOST: (&str, &str) = ("EMAIL_HOST", "smtp.example.com");
const LOGIN: [(&str, &str); 2] = [("EMAIL_HOST_USER", "ana@example.com"), ("EMAIL_HOST_PASSWORD", "a long walk")];
const FRONTEND: (&str, &str) = ("FRONTEND_URL", "https://app.example.com");

fn sending(config: &Config) -> &Sending {
    config.mail.sending.as_ref().expect("mails are sent")
}

fn server(config: &Config) -> &SmtpServer {
    match &sending(config).delivery {
        Delivery::Smtp(server) => server,
        Delivery::Folder(folder) => panic!("they are written into {}", folder.display()),
    }
}

/// The folder that mails are written into.
fn folder(config: &Config) -> String {
    match &sending(config).delivery {
        Delivery::Folder(folder) => folder.display().to_string(),
        Delivery::Smtp(server) => panic!("they are sent to {}", server.host),
    }
}

#[test]
fn the_settings_of_djangos_users_work_unchanged() {
    let gmail = accepted(
        &[],
        "DEBUG=True\nEMAIL_HOST_USER=your-email@gmail.com\nFRONTEND_URL=http://localhost:3000\n\
         EMAIL_HOST_PASSWORD=your-app-password  # Not your regular password!\n",
    );
    assert_eq!(folder(&gmail), "./data/mail");
    assert_eq!(sending(&gmail).from.to_string(), "Tessera <your-email@gmail.com>");
    assert!(gmail.warnings.iter().any(|warning| warning.contains("Gmail's is smtp.gmail.com")), "{:?}", gmail.warnings);

    let sendgrid = accepted(
        &[],
        "EMAIL_HOST=smtp.sendgrid.net\nEMAIL_HOST_USER=apikey\nEMAIL_HOST_PASSWORD=your_sendgrid_api_key\n",
    );
    let server = server(&sendgrid);
    assert_eq!((server.host.as_str(), server.port, server.encryption), ("smtp.sendgrid.net", 587, StartTls));
    assert_eq!(server.login.as_ref().map(|login| login.user.as_str()), Some("apikey"));
    assert_eq!(sending(&sendgrid).from.to_string(), "Tessera <no-reply@localhost>");
    assert!(sendgrid.warnings.iter().any(|warning| warning.contains("DEFAULT_FROM_EMAIL")), "{:?}", sendgrid.warnings);
}

#[test]
fn a_connection_is_encrypted_unless_somebody_says_otherwise() {
    for (settings, port, encryption) in [
        (vec![HOST], 587, StartTls),
        (vec![HOST, ("EMAIL_PORT", "2525")], 2525, StartTls),
        (vec![HOST, ("EMAIL_USE_TLS", "True")], 587, StartTls),
        (vec![HOST, ("EMAIL_USE_TLS", "False")], 587, Clear),
        (vec![HOST, ("EMAIL_USE_SSL", "True")], 465, Implicit),
        (vec![HOST, ("EMAIL_USE_SSL", "True"), ("EMAIL_USE_TLS", "False")], 465, Implicit),
        (vec![HOST, ("EMAIL_PORT", "465"), ("EMAIL_USE_TLS", "True")], 465, Implicit),
        (vec![("EMAIL_HOST", "localhost"), ("EMAIL_PORT", "1025")], 1025, Clear),
        (vec![("EMAIL_HOST", "127.0.0.1"), ("EMAIL_USE_TLS", "True")], 587, StartTls),
    ] {
        let config = accepted(&settings, "");
        let server = server(&config);
        assert_eq!((server.port, server.encryption), (port, encryption), "{settings:?}");
    }
    let both = refused(&[HOST, ("EMAIL_USE_TLS", "True"), ("EMAIL_USE_SSL", "True")]);
    assert!(both.contains("EMAIL_USE_SSL and EMAIL_USE_TLS exclude each other"), "{both}");
}

#[test]
fn a_login_takes_a_name_and_a_password() {
    for part in LOGIN {
        assert!(server(&accepted(&[HOST, part], "")).login.is_none(), "{}", part.0);
    }
    assert!(server(&accepted(&[&[HOST], &LOGIN[..]].concat(), "")).login.is_some());
}

#[test]
fn mails_are_from_whom_the_settings_say() {
    for (settings, expected) in [
        (vec![("DEFAULT_FROM_EMAIL", "Team <team@example.com>"), LOGIN[0]], "Team <team@example.com>"),
        (vec![LOGIN[0], ("APP_NAME", "Auth")], "Auth <ana@example.com>"),
        (vec![FRONTEND], "Tessera <no-reply@app.example.com>"),
        (vec![("FRONTEND_URL", "http://127.0.0.1:3000")], "Tessera <no-reply@localhost>"),
    ] {
        assert_eq!(sending(&accepted(&settings, "")).from.to_string(), expected);
    }
}

#[test]
fn links_begin_with_the_url_that_was_set() {
    for (url, expected) in [
        ("https://app.example.com/", "https://app.example.com"),
        ("https://app.example.com/accounts/", "https://app.example.com/accounts"),
        ("https://app.example.com/#/", "https://app.example.com/#"),
        ("HTTP://LOCALHOST:3000", "http://localhost:3000"),
    ] {
        assert_eq!(sending(&accepted(&[("FRONTEND_URL", url)], "")).frontend_url, expected);
    }
}

#[test]
fn where_no_mail_may_leave_none_does() {
    for name in
        ["folder", "django.core.mail.backends.console.EmailBackend", "django.core.mail.backends.dummy.EmailBackend"]
    {
        let config = accepted(&[HOST, ("EMAIL_BACKEND", name), ("MAIL_DIR", "letters")], "");
        assert_eq!(
            (folder(&config), effective(&config, "MAIL_DIR")),
            ("letters".into(), "letters (environment)".into())
        );
    }
    let smtp = [HOST, ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")];
    assert_eq!(server(&accepted(&smtp, "")).host, HOST.1);
}

#[test]
fn production_sends_nothing_that_others_can_read() {
    assert!(accepted(&production(&[]), "").mail.sending.is_none(), "mails wait");
    let complete = accepted(&production(&[&[HOST, FRONTEND], &LOGIN[..]].concat()), "");
    assert!(complete.warnings.is_empty() && server(&complete).encryption == StartTls);

    let nowhere = refused(&production(&[HOST]));
    assert!(nowhere.contains("FRONTEND_URL is not set"), "{nowhere}");
    let readable = refused(&production(&[("FRONTEND_URL", "http://app.example.com")]));
    assert!(readable.contains("FRONTEND_URL") && readable.contains("https"), "{readable}");
    let in_clear = [&[HOST, FRONTEND, ("EMAIL_USE_TLS", "False")], &LOGIN[..]].concat();
    assert!(refused(&production(&in_clear)).contains("the password would be sent in clear"));
    assert!(accepted(&in_clear, "").warnings.iter().any(|warning| warning.contains("in clear")), "development warns");

    let on_this_machine = [("EMAIL_HOST", "127.0.0.1"), ("FRONTEND_URL", "http://localhost:3000")];
    assert!(accepted(&production(&[&on_this_machine[..], &LOGIN].concat()), "").warnings.is_empty());
    let folder = accepted(&production(&[FRONTEND, ("EMAIL_BACKEND", "folder")]), "");
    assert!(folder.warnings.iter().any(|warning| warning.contains("with links that work")), "{:?}", folder.warnings);
}
