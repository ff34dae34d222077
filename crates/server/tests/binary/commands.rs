//! The commands that end: accounts, settings, schema, help.

use serde_json::Value;

use crate::installation::{Done, Installation};

pub const PASSWORD: &str = "securepassword123";

#[test]
fn an_account_is_made_with_a_password_from_standard_input() {
    let installation = Installation::new();
    let made = installation.create_user(&["--email", "Ana@Example.com", "--username", "ana", "--superuser"], PASSWORD);
    assert!(made.succeeded().contains(" of ana@example.com."));
    installation.create_user(&["--email", "bob@example.com", "--full-name", "Bob"], PASSWORD).succeeded();

    let table = installation.run(&["user", "list"]).succeeded();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert!(rows[0].starts_with("ID ") && rows[1].contains("ana@example.com") && rows[1].ends_with("superuser"));
    let json = installation.run(&["user", "list", "--json"]).succeeded();
    let users: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!((&users[0]["username"], &users[0]["is_staff"]), (&Value::from("ana"), &Value::from(true)));
    assert_eq!((&users[1]["full_name"], &users[1]["is_staff"]), (&Value::from("Bob"), &Value::from(false)));
    assert!(!json.contains("password") && !json.contains("bcrypt"), "{json}");
}

#[test]
fn an_account_that_breaks_a_rule_is_not_made() {
    let installation = Installation::new();
    installation.create_user(&["--email", "ana@example.com", "--username", "ana"], PASSWORD).succeeded();
    for (arguments, password, expected) in [
        (&["--email", "bob@example.com"][..], "qwerty", "the password has fewer than 8 characters, and is a common"),
        (&["--email", "bob@example.com"], "12345678", "consists of digits alone"),
        (&["--email", "bobbytables@example.com"], "bobbytables1", "is too similar to the address"),
        (&["--email", "bob@example.com"], "", "the password is blank"),
        (&["--email", "bob@example.com"], &*"x".repeat(1_025), "the password is longer than 1024"),
        (&["--email", "bob@example.com"], &*"x".repeat(100_000), "the password is longer than 1024"),
        (&["--email", "ANA@example.com"], PASSWORD, "the address is taken"),
        (&["--email", "bob@example.com", "--username", "ANA"], PASSWORD, "the username is taken"),
        (&["--email", "bob"], PASSWORD, "--email is malformed"),
        (&["--email", "bob@example.com", "--username", "b b"], PASSWORD, "--username is malformed"),
    ] {
        let error = installation.create_user(arguments, password).failed();
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(password.is_empty() || !error.contains(password), "{error}");
    }
    assert_eq!(installation.run(&["user", "list", "--json"]).succeeded().lines().count(), 1);
}

#[test]
fn an_account_is_disabled_and_enabled_by_its_address() {
    let installation = Installation::new();
    installation.create_user(&["--email", "ana@example.com"], PASSWORD).succeeded();
    let is_active = || {
        let json = installation.run(&["user", "list", "--json"]).succeeded();
        serde_json::from_str::<Value>(&json).expect("an object")["is_active"].clone()
    };
    for (command, said, expected) in
        [("disable", "Disabled", false), ("disable", "Disabled", false), ("enable", "Enabled", true)]
    {
        let done = installation.run(&["user", command, "Ana@Example.com"]).succeeded();
        assert!(done.starts_with(said) && done.contains("ana@example.com"), "{done}");
        assert_eq!(is_active(), expected);
    }
    let nobody = installation.run(&["user", "disable", "bob@example.com"]).failed();
    assert!(nobody.contains("there is no account with the address bob@example.com"), "{nobody}");
    let error = installation.run(&["user", "disable", "ana"]).failed();
    assert!(error.contains("EMAIL is malformed"), "{error}");
}

#[test]
fn the_settings_in_force_are_shown_without_the_secrets() {
    let installation = Installation::new();
    let dotenv = "SECRET_KEY=Xw7-shown-nowhere\nJWT_ISSUER=file # comment\nUSERS_LIST=staff";
    std::fs::write(installation.folder().join(".env"), dotenv).expect("written");
    let mut command = installation.command(&["--users-list", "authenticated", "config", "check"]);
    command.env("REQUEST_TOKEN_DEMO", "off");
    let shown = Done::from(command.output().expect("it runs")).succeeded();
    let has = |parts: [&str; 3]| shown.lines().any(|line| line.split_whitespace().take(3).eq(parts));
    assert!(has(["JWT_ISSUER", "file", "(.env)"]), "{shown}");
    assert!(has(["REQUEST_TOKEN_DEMO", "off", "(environment)"]), "{shown}");
    assert!(has(["USERS_LIST", "authenticated", "(command"]), "{shown}");
    assert!(!shown.contains("Xw7") && shown.contains("warning: SECRET_KEY"), "{shown}");
    assert!(!installation.folder().join("data").exists(), "looking changes nothing");

    let error = installation.run(&["config", "check", "--workers", "0", "--log-format", "xml"]).failed();
    assert!(error.contains("WORKERS") && error.contains("LOG_FORMAT") && error.contains("command line"), "{error}");
}

#[test]
fn the_schema_can_be_brought_up_to_date_alone() {
    let installation = Installation::new();
    assert!(installation.run(&["migrate"]).succeeded().contains("up to date"));
    assert!(installation.folder().join("data/tessera.sqlite3").exists());
}

#[test]
fn help_is_everywhere_and_settings_are_listed_once() {
    let installation = Installation::new();
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let help = installation.run(arguments).succeeded();
        // Where a line is broken depends on how long the other flags are.
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("--listen-addr") && words.contains("[env: LISTEN_ADDR]"), "{help}");
    }
    for arguments in [
        &["user", "create", "--help"][..],
        &["user", "list", "--help"],
        &["user", "import", "--help"],
        &["user", "export", "--help"],
        &["keys", "list", "--help"],
        &["keys", "rotate", "--help"],
        &["keys", "retire", "--help"],
        &["migrate", "--help"],
    ] {
        let help = installation.run(arguments).succeeded();
        assert!(help.contains("Usage: tessera") && !help.contains("--listen-addr"), "{help}");
    }
    let version = installation.run(&["--version"]).succeeded();
    assert_eq!(version.trim(), concat!("tessera ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let installation = Installation::new();
    let mut child = installation.command(&["config", "docs"]).spawn().expect("it runs");
    drop(child.stdout.take());
    let done = Done::from(child.wait_with_output().expect("it ends"));
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
}
