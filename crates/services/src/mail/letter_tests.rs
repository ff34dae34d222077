//! The words of the mails, as their readers see them.

use std::time::Duration;

use insta::assert_snapshot;
use secrecy::ExposeSecret as _;
use tessera_domain::{FullName, Timestamp};

use super::letter::{Letter, Link, Wording};

const MOMENT: Timestamp = Timestamp::from_unix_micros(1_704_067_200_250_000);

fn link(name: &str, lifetime: Duration) -> Link {
    Link {
        url: "https://app.example.com/reset-password?token=AAAA".to_owned().into(),
        name: FullName::parse(name).ok(),
        lifetime,
    }
}

fn words(letter: &Letter) -> Wording {
    letter.wording("Tessera").expect("it renders")
}

fn text(letter: &Letter) -> String {
    let wording = words(letter);
    format!("Subject: {}\n\n{}", wording.subject, wording.text.expose_secret())
}

fn html(letter: &Letter) -> String {
    words(letter).html.expose_secret().to_owned()
}

fn reset(name: &str) -> Letter {
    Letter::PasswordReset(link(name, Duration::from_mins(10)))
}

#[test]
fn a_reset_in_plain_text() {
    assert_snapshot!(text(&reset("Ana López")), @"
    Subject: Password Reset Request

    Hello Ana López,

    Somebody asked for a new password for your account at Tessera.
    Open this link to choose one:

    https://app.example.com/reset-password?token=AAAA

    The link works once, and for 10 minutes.

    If that was not you, do nothing: your password stays as it is.

    Tessera
    ");
}

#[test]
fn a_reset_in_html() {
    assert_snapshot!(html(&reset("Ana López")), @r#"
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Password Reset Request</title>
    </head>
    <body style="margin:0;padding:0;background:#f3f4f6;">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6;">
    <tr>
    <td align="center" style="padding:32px 12px;">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
     style="max-width:520px;background:#ffffff;border:1px solid #e5e7eb;border-radius:8px;">
    <tr>
    <td style="padding:24px 28px 0;font:600 15px/1.4 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#4b5563;">
    Tessera
    </td>
    </tr>
    <tr>
    <td style="padding:8px 28px 24px;font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#111827;">
    <h1 style="margin:8px 0 16px;font-size:22px;line-height:1.3;">Choose a new password</h1>

    <p style="margin:0 0 16px;">Hello Ana López,</p>
    <p style="margin:0 0 24px;">Somebody asked for a new password for your account at Tessera.</p>
    <p style="margin:0 0 24px;">
    <a href="https://app.example.com/reset-password?token=AAAA"
     style="display:inline-block;padding:12px 20px;border-radius:6px;background:#1d4ed8;color:#ffffff;font-weight:600;text-decoration:none;"
    >Choose a new password</a>
    </p>
    <p style="margin:0 0 16px;">The link works once, and for 10 minutes. If the button does not, copy this address into your browser:</p>
    <p style="margin:0 0 16px;font-size:14px;word-break:break-all;"><a href="https://app.example.com/reset-password?token=AAAA" style="color:#1d4ed8;">https://app.example.com/reset-password?token=AAAA</a></p>
    <p style="margin:0;">If that was not you, do nothing: your password stays as it is.</p>

    </td>
    </tr>
    </table>
    <p style="max-width:520px;margin:16px 0 0;font:13px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#6b7280;">
    This mail was sent by Tessera. Nobody reads answers to it.
    </p>
    </td>
    </tr>
    </table>
    </body>
    </html>
    "#);
}

#[test]
fn a_confirmation_in_plain_text() {
    assert_snapshot!(text(&Letter::EmailConfirmation(link("", Duration::from_hours(24)))), @"
    Subject: Confirm your address

    Hello,

    Somebody gave this address for an account at Tessera.
    Open this link to confirm that it is yours:

    https://app.example.com/reset-password?token=AAAA

    The link works once, and for 24 hours.

    If that was not you, do nothing: the address stays unconfirmed.

    Tessera
    ");
}

#[test]
fn the_news_of_a_password_in_plain_text() {
    assert_snapshot!(text(&Letter::PasswordChanged(MOMENT)), @"
    Subject: Your password was changed

    Hello,

    The password of your account at Tessera was changed on 2024-01-01 00:00:00 UTC.
    Wherever you were logged in, you may have to log in again.

    If that was not you, ask for a new password at once, where you log in.

    Tessera
    ");
}

#[test]
fn the_news_of_an_address_in_plain_text() {
    assert_snapshot!(text(&Letter::EmailChanged(MOMENT)), @"
    Subject: Your address was changed

    Hello,

    Your account at Tessera was given another address on 2024-01-01 00:00:00 UTC.
    This is the last mail to the old one.

    If that was not you, somebody knows your password: tell those who run Tessera.

    Tessera
    ");
}

#[test]
fn the_news_of_an_address_in_html() {
    assert_snapshot!(html(&Letter::EmailChanged(MOMENT)), @r#"
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Your address was changed</title>
    </head>
    <body style="margin:0;padding:0;background:#f3f4f6;">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6;">
    <tr>
    <td align="center" style="padding:32px 12px;">
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0"
     style="max-width:520px;background:#ffffff;border:1px solid #e5e7eb;border-radius:8px;">
    <tr>
    <td style="padding:24px 28px 0;font:600 15px/1.4 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#4b5563;">
    Tessera
    </td>
    </tr>
    <tr>
    <td style="padding:8px 28px 24px;font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#111827;">
    <h1 style="margin:8px 0 16px;font-size:22px;line-height:1.3;">Your address was changed</h1>

    <p style="margin:0 0 16px;">Hello,</p>
    <p style="margin:0 0 16px;">Your account at Tessera was given another address on 2024-01-01 00:00:00 UTC. This is the last mail to the old one.</p>
    <p style="margin:0;">If that was not you, somebody knows your password: tell those who run Tessera.</p>

    </td>
    </tr>
    </table>
    <p style="max-width:520px;margin:16px 0 0;font:13px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#6b7280;">
    This mail was sent by Tessera. Nobody reads answers to it.
    </p>
    </td>
    </tr>
    </table>
    </body>
    </html>
    "#);
}

#[test]
fn a_name_is_text_and_never_markup() {
    let name = "<b onload='x'> & \"Ana\"";
    let html = html(&reset(name));
    assert!(!html.contains("<b ") && html.contains("&#60;b onload"), "{html}");
    assert!(text(&reset(name)).contains(name), "plain text has no markup to escape");
}

#[test]
fn a_name_that_could_become_a_link_is_left_out() {
    for name in ["Win at evil.example", "https://evil.example", "call tel:123", "a@b", "\\\\evil\\share", "x/y"] {
        let text = text(&reset(name));
        assert!(text.contains("Hello,\n") && !text.contains(name), "{text}");
    }
    for name in ["J. R. R. Tolkien", "王小明", "O'Neill, Jr."] {
        assert!(text(&reset(name)).contains(&format!("Hello {name},")));
    }
}

#[test]
fn a_lifetime_is_told_in_the_largest_unit_that_fits() {
    for (seconds, expected) in
        [(1, "1 second"), (90, "90 seconds"), (60, "1 minute"), (600, "10 minutes"), (3_600, "1 hour")]
    {
        let letter = Letter::PasswordReset(link("", Duration::from_secs(seconds)));
        assert!(text(&letter).contains(&format!("for {expected}.\n")), "{expected}");
    }
}
