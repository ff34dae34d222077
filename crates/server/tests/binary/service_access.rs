//! The setting `SERVICE_SECRET`: who gets in with it, and without it (requirement S1).
use tessera_server::config::Config;

use crate::configuration::{STRONG, accepted, effective, production, refused};

const OTHER: &str = "Zk3v9QpL0xWn5tYc8rBd2mHg7sJf4aUe";

fn warnings_about_it(config: &Config) -> Vec<&str> {
    config.warnings.iter().map(String::as_str).filter(|warning| warning.contains("SERVICE_SECRET")).collect()
}

#[test]
fn without_one_development_is_open_with_a_warning_and_production_is_closed() {
    let development = accepted(&[], "");
    assert_eq!(effective(&development, "SERVICE_SECRET"), "(not set: open to this machine) (default)");
    assert!(
        matches!(&warnings_about_it(&development)[..], [warning] if warning.contains("any program on this machine"))
    );
    let production = accepted(&production(&[]), "");
    assert_eq!(effective(&production, "SERVICE_SECRET"), "(not set: closed) (default)");
    assert!(warnings_about_it(&production).is_empty());
}

#[test]
fn a_service_secret_is_one_or_two_good_ones() {
    for (value, shown) in [
        (STRONG.to_owned(), "(set, not shown) (environment)"),
        (format!("{STRONG},{OTHER}"), "(two values set, not shown) (environment)"),
        (format!(" {STRONG} , {OTHER} "), "(two values set, not shown) (environment)"),
    ] {
        let config = accepted(&production(&[("SERVICE_SECRET", &value)]), "");
        assert_eq!(effective(&config, "SERVICE_SECRET"), shown);
        assert!(warnings_about_it(&config).is_empty());
    }
    for (value, expected) in [
        (",".to_owned(), "one secret, or two"),
        (format!("{STRONG},"), "one secret, or two"),
        (format!("{STRONG},{OTHER},{STRONG}"), "one secret, or two"),
    ] {
        let message = refused(&[("SERVICE_SECRET", &value)]);
        assert!(message.contains("SERVICE_SECRET") && message.contains(expected), "{message}");
        assert!(!message.contains(STRONG), "{message}");
    }
    for weak in ["service-secret", "your-service-secret-here-and-much-longer", "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aU"] {
        for value in [weak.to_owned(), format!("{STRONG},{weak}")] {
            let message = refused(&production(&[("SERVICE_SECRET", &value)]));
            assert!(message.contains("SERVICE_SECRET") && message.contains("at least 32 bytes"), "{message}");
            assert!(!message.contains(weak) && !message.contains(STRONG), "{message}");
            let development = accepted(&[("SERVICE_SECRET", &value)], "");
            assert!(
                warnings_about_it(&development).iter().all(|warning| warning.ends_with("production will refuse it"))
            );
            assert_eq!(warnings_about_it(&development).len(), 1);
        }
    }
}
