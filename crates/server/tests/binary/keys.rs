//! The commands for signing keys.

use serde_json::Value;

use crate::configuration::{STRONG, accepted, effective, refused};
use crate::installation::{Done, Installation};

const OTHER: &str = "Zk3v9QpL0xWn5tYc8rBd2mHg7sJf4aUe";

fn listed(installation: &Installation) -> Vec<Value> {
    let json = installation.run(&["keys", "list", "--json"]).succeeded();
    json.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

fn states(installation: &Installation) -> Vec<String> {
    listed(installation).iter().map(|key| key["state"].as_str().expect("text").to_owned()).collect()
}

fn kid(key: &Value) -> &str {
    key["kid"].as_str().expect("a name")
}

#[test]
fn keys_are_listed_with_what_they_are_and_until_when() {
    let installation = Installation::new();
    let keys = listed(&installation);
    assert_eq!((keys.len(), &keys[0]["state"], &keys[0]["until"]), (1, &Value::from("active"), &Value::Null));
    assert_eq!(&keys[0]["algorithm"], "ES256");
    installation.run(&["keys", "rotate"]).succeeded();
    let keys = listed(&installation);
    assert_eq!((&keys[0]["state"], &keys[1]["state"]), (&Value::from("active"), &Value::from("next")));
    assert_eq!(keys[0]["until"], keys[1]["until"], "one ends where the other begins");
    let table = installation.run(&["keys", "list"]).succeeded();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(rows.len(), 3, "{table}");
    assert!(rows[0].starts_with("KID ") && rows[2].starts_with(kid(&keys[1])) && rows[2].contains(" next "), "{table}");
}

#[test]
fn a_rotation_says_when_and_is_one_however_often_it_is_asked_for() {
    let installation = Installation::new();
    let first = installation.run(&["keys", "rotate"]).succeeded();
    assert!(first.starts_with("Made and published the key ") && first.contains("It signs from "), "{first}");
    assert!(!first.contains("Warning"), "{first}");
    let second = installation.run(&["keys", "rotate", "--now"]).succeeded();
    assert!(second.starts_with("The key that waits is ") && second.contains("Warning"), "{second}");
    assert_eq!(states(&installation), ["active", "next"]);
}

#[test]
fn a_key_is_retired_by_its_name() {
    let installation = Installation::new();
    let old = kid(&listed(&installation)[0]).to_owned();
    let refused = installation.run(&["keys", "retire", "--", &old]).failed();
    assert!(refused.contains("is the key that signs") && refused.contains("--now"), "{refused}");
    let refused = installation.run(&["keys", "retire", "--now", "--", &old]).failed();
    assert!(refused.contains("has to log in again") && refused.contains("--yes"), "{refused}");
    assert_eq!(states(&installation), ["active"]);

    let done = installation.run(&["keys", "retire", "--now", "--yes", "--", &old]).succeeded();
    assert!(done.starts_with(&format!("Retired the key {old}")), "{done}");
    assert_eq!(states(&installation), ["retired", "active"]);
    let refused = installation.run(&["keys", "retire", "--yes", "--", &old]).failed();
    assert!(refused.contains("is retired already"), "{refused}");
}

#[test]
fn a_name_that_is_none_is_told() {
    let installation = Installation::new();
    let error = installation.run(&["keys", "retire", "nobody"]).failed();
    assert!(error.contains("there is no signing key nobody") && error.contains("tessera keys list"), "{error}");
    let error = installation.run(&["keys", "retire", "../key"]).failed();
    assert!(error.contains("KID is malformed"), "{error}");
}

#[test]
fn a_secret_that_does_not_open_the_keys_makes_no_new_one() {
    let installation = Installation::new();
    let keys = listed(&installation);
    let error = installation.run(&["--secret-key", OTHER, "keys", "rotate"]).failed();
    assert!(error.contains("SECRET_KEY does not open the signing key") && !error.contains(OTHER), "{error}");
    assert_eq!(listed(&installation), keys);
}

#[test]
fn a_shared_secret_is_changed_in_the_settings() {
    let installation = Installation::new();
    for arguments in [&["keys", "list"][..], &["keys", "rotate"], &["keys", "retire", "nobody"]] {
        let error = installation.run(&[&["--jwt-algorithm", "HS256"], arguments].concat()).failed();
        assert!(error.contains("SECRET_KEY_PREVIOUS") && error.contains("After 7 days"), "{error}");
    }
    assert!(!installation.folder().join("data").exists(), "looking changes nothing");
}

#[test]
fn the_secret_that_protects_the_keys_can_be_changed() {
    let installation = Installation::new();
    let run = |secrets: &[(&str, &str)], arguments: &[&str]| {
        Done::from(installation.command(arguments).envs(secrets.iter().copied()).output().expect("it runs"))
    };
    let both = [("SECRET_KEY", OTHER), ("SECRET_KEY_PREVIOUS", STRONG)];
    run(&[("SECRET_KEY", STRONG)], &["keys", "list"]).succeeded();
    let only_new = run(&both[..1], &["keys", "list"]).failed();
    assert!(only_new.contains("SECRET_KEY_PREVIOUS"), "{only_new}");
    let json = run(&both, &["keys", "list", "--json"]).succeeded();
    let old: Value = serde_json::from_str(json.trim()).expect("an object");
    run(&both, &["keys", "retire", "--now", "--yes", "--", kid(&old)]).succeeded();
    run(&both[..1], &["keys", "list"]).succeeded();
}

#[test]
fn the_age_of_keys_is_a_number_of_days() {
    for (given, expected) in [("90d", "90d"), ("30", "30d"), ("off", "off"), ("2D", "2d")] {
        let config = accepted(&[("KEY_ROTATION", given)], "");
        assert!(effective(&config, "KEY_ROTATION").starts_with(&format!("{expected} (")), "{given}");
    }
    for odd in ["1d", "0d", "3651d", "90h", "d", "-3d", "on"] {
        let message = refused(&[("KEY_ROTATION", odd)]);
        assert!(message.contains("KEY_ROTATION") && message.contains("2d to 3650d"), "{message}");
    }
}

#[test]
fn a_previous_secret_is_as_good_as_the_present_one_and_never_shown() {
    let weak = [("APP_ENV", "production"), ("SECRET_KEY", STRONG), ("SECRET_KEY_PREVIOUS", "changeme")];
    let message = refused(&weak);
    assert!(message.contains("SECRET_KEY_PREVIOUS is a sample") && !message.contains("changeme"), "{message}");
    let config = accepted(&[("SECRET_KEY", STRONG), ("SECRET_KEY_PREVIOUS", OTHER)], "");
    assert_eq!(effective(&config, "SECRET_KEY_PREVIOUS"), "(set, not shown) (environment)");
    assert!(!format!("{config:?}").contains(OTHER));
}
