//! The configuration from the outside: what is read, what wins, what is refused, and what is never shown.
use std::fs;

use tessera_server::config::{Config, Environment, reference};

pub const STRONG: &str = "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aUe";
const SECRET: &str = "Xw7-the-part-that-must-not-show";

fn read(variables: &[(&str, &str)], dotenv: &str) -> Result<Config, String> {
    Config::from_environment(&Environment::of(variables, dotenv)).map_err(|mistakes| mistakes.to_string())
}

pub fn accepted(variables: &[(&str, &str)], dotenv: &str) -> Config {
    read(variables, dotenv).expect("accepted")
}

pub fn refused(variables: &[(&str, &str)]) -> String {
    read(variables, "").expect_err("refused")
}

pub fn production<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("APP_ENV", "production"), ("SECRET_KEY", STRONG)], more].concat()
}

/// The value in force, and where it comes from.
pub fn effective(config: &Config, name: &str) -> String {
    let found = config.describe().into_iter().find(|(known, ..)| *known == name);
    found.map(|(_, value, origin)| format!("{value} ({origin})")).expect("a setting")
}

#[test]
fn nothing_has_to_be_set() {
    let config = accepted(&[], "");
    for (name, expected) in [
        ("APP_ENV", "development"),
        ("LISTEN_ADDR", "127.0.0.1:8000"),
        ("DATABASE_URL", "sqlite:./data/tessera.sqlite3"),
        ("SECRET_KEY", "(kept in ./data/secret_key)"),
        ("REDIS_URL", "(none)"),
        ("REDIS_KEY_PREFIX", "tessera:"),
        ("JWT_ALGORITHM", "ES256"),
        ("KEY_ROTATION", "90d"),
        ("SECRET_KEY_PREVIOUS", "(none)"),
        ("JWT_ISSUER", "tessera"),
        ("JWT_ACCESS_TOKEN_LIFETIME", "15"),
        ("JWT_REFRESH_TOKEN_LIFETIME", "7"),
        ("SESSION_LIFETIME", "30"),
        ("REFRESH_RETRY_WINDOW_SECONDS", "10"),
        ("ONETIME_TOKEN_EXPIRE_SECONDS", "10"),
        ("BCRYPT_COST", "12"),
        ("REQUEST_TOKEN_DEMO", "on"),
        ("USERS_LIST", "public"),
        ("FRONTEND_URL", "http://localhost:3000"),
        ("PASSWORD_RESET_EXPIRE_SECONDS", "600"),
        ("DEFAULT_FROM_EMAIL", "Tessera <no-reply@localhost>"),
        ("MAIL_DIR", "./data/mail"),
        ("EMAIL_HOST", "none"),
        ("LOG_FORMAT", "pretty"),
    ] {
        assert_eq!(effective(&config, name), format!("{expected} (default)"));
    }
    assert_eq!(effective(&config, "SERVICE_SECRET"), "(not set: open to this machine) (default)");
    assert!(matches!(&config.warnings[..], [warning] if warning.starts_with("SERVICE_SECRET is not set")));
}

#[test]
fn production_has_defaults_of_its_own() {
    let config = accepted(&production(&[]), "");
    for (name, expected) in [
        ("LISTEN_ADDR", "0.0.0.0:8000"),
        ("SERVICE_SECRET", "(not set: closed)"),
        ("REQUEST_TOKEN_DEMO", "off"),
        ("LOG_FORMAT", "json"),
    ] {
        assert_eq!(effective(&config, name), format!("{expected} (default)"));
    }
}

#[test]
fn the_env_files_that_are_out_there_work_unchanged() {
    let token_service = accepted(
        &[],
        "app_name=Token Service API\nsecret_key=clave_super_segura_cambia_esto\naccess_token_expire_minutes=20\n\
         onetime_token_expire_seconds=12\n\ndb_user=postgres\ndb_host=db\ndb_name=tokens\nredis_host=redis\nredis_db=0\n",
    );
    assert_eq!(effective(&token_service, "APP_NAME"), "Token Service API (.env, as app_name)");
    let lifetime = effective(&token_service, "JWT_ACCESS_TOKEN_LIFETIME");
    assert_eq!(lifetime, "20 (.env, as access_token_expire_minutes)");
    let one_time = effective(&token_service, "ONETIME_TOKEN_EXPIRE_SECONDS");
    assert_eq!(one_time, "12 (.env, as onetime_token_expire_seconds)");
    assert_eq!(effective(&token_service, "SECRET_KEY"), "(set, not shown) (.env, as secret_key)");
    let warnings = token_service.warnings.join("\n");
    assert!(
        warnings.contains("SECRET_KEY is a sample") && warnings.contains("SERVICE_SECRET is not set"),
        "{warnings}"
    );
    assert_eq!(token_service.warnings.len(), 2, "{warnings}");

    let auth_service = accepted(
        &[],
        "# Django\nSECRET_KEY=your-secret-key-here\nDEBUG=True\nALLOWED_HOSTS=localhost,127.0.0.1\n\n# Database\n\
         DB_NAME=auth_service_db\nDB_USER=postgres\nDB_HOST=localhost\n\n# JWT (minutes/days)\nJWT_ACCESS_TOKEN_LIFETIME=30  # half an hour\n\
         JWT_REFRESH_TOKEN_LIFETIME=14\nEMAIL_HOST_PASSWORD=your-app-password  # Not your regular password!\n",
    );
    assert_eq!(effective(&auth_service, "APP_ENV"), "development (.env, as DEBUG)");
    assert_eq!(effective(&auth_service, "JWT_ACCESS_TOKEN_LIFETIME"), "30 (.env)");
    assert_eq!(effective(&auth_service, "JWT_REFRESH_TOKEN_LIFETIME"), "14 (.env)");
}

#[test]
fn the_process_wins_over_the_file_and_the_canonical_name_over_the_other() {
    let config = accepted(
        &[("JWT_ISSUER", "process"), ("DEBUG", "False"), ("app_name", "other"), ("USERS_LIST", "")],
        "JWT_ISSUER=file\nAPP_ENV=development\nAPP_NAME=canonical\nUSERS_LIST=staff",
    );
    assert_eq!(effective(&config, "JWT_ISSUER"), "process (environment)");
    assert_eq!(effective(&config, "APP_ENV"), "development (.env)");
    assert_eq!(effective(&config, "APP_NAME"), "canonical (.env)");
    assert_eq!(effective(&config, "USERS_LIST"), "staff (.env)", "an empty variable is not set");
    for (debug, expected) in [("False", "production"), ("0", "production"), ("true", "development")] {
        let config = accepted(&[("DEBUG", debug), ("SECRET_KEY", STRONG)], "");
        assert_eq!(effective(&config, "APP_ENV"), format!("{expected} (environment, as DEBUG)"));
    }
}

#[test]
fn every_setting_says_what_is_wrong_and_what_is_accepted() {
    for (name, value, expected) in [
        ("APP_ENV", "prod", "development, production"),
        ("APP_NAME", &*"x".repeat(101), "1 to 100 characters"),
        ("LISTEN_ADDR", "localhost:8000", "an IP address and a port"),
        ("LISTEN_ADDR", "8000", "an IP address and a port"),
        ("WORKERS", "0", "from 1 to 64"),
        ("KEEP_ALIVE_SECONDS", "0", "seconds from 1 to 3600"),
        ("DATABASE_URL", "/srv/tessera.sqlite3", "sqlite: and the path"),
        ("DATABASE_URL", "mysql://db/tessera", "sqlite: and the path"),
        ("DATABASE_URL", "sqlite://", "sqlite: and the path"),
        ("DATABASE_URL", "sqlite::memory:", "lost at every stop"),
        ("DATABASE_URL", "sqlite://a?mode=ro", "question mark"),
        ("JWT_ALGORITHM", "none", "ES256, HS256"),
        ("JWT_ISSUER", "a\nb", "printable text"),
        ("JWT_ACCESS_TOKEN_LIFETIME", "15m", "minutes from 1 to 43200"),
        ("JWT_ACCESS_TOKEN_LIFETIME", "20000", "at most as long as JWT_REFRESH_TOKEN_LIFETIME"),
        ("JWT_REFRESH_TOKEN_LIFETIME", "0", "days from 1 to 3650"),
        ("SESSION_LIFETIME", "6", "days from 7 to 3650"),
        ("REFRESH_RETRY_WINDOW_SECONDS", "-1", "seconds from 0 to 300"),
        ("ONETIME_TOKEN_EXPIRE_SECONDS", "0", "seconds from 1 to 86400"),
        ("BCRYPT_COST", "3", "from 4 to 15"),
        ("HASH_THREADS", "many", "from 1 to 64"),
        ("RATE_LIMIT", "sometimes", "on, off"),
        ("RATE_LIMIT_PASSWORDS", "10", "such as 10/5m"),
        ("RATE_LIMIT_PASSWORDS_PER_ADDRESS", "0/5m", "such as 10/5m"),
        ("RATE_LIMIT_PASSWORDS_PER_ACCOUNT", "10/5d", "such as 10/5m"),
        ("RATE_LIMIT_PASSWORDS_UNDER_ATTACK", "10/25h", "such as 10/5m"),
        ("RATE_LIMIT_TOKENS", "ten/5m", "such as 10/5m"),
        ("RATE_LIMIT_SERVICE_SECRETS", "10/m", "such as 10/5m"),
        ("RATE_LIMIT_REGISTRATIONS", "-1/5m", "such as 10/5m"),
        ("RATE_LIMIT_PASSWORD_LINKS", "1000001/1h", "such as 10/5m"),
        ("RATE_LIMIT_PASSWORD_LINKS_PER_ADDRESS", "10/0s", "such as 10/5m"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "addresses and networks"),
        ("TRUSTED_PROXIES", "proxy.internal", "addresses and networks"),
        ("REQUEST_TOKEN_DEMO", "maybe", "on, off"),
        ("USERS_LIST", "nobody", "public, authenticated, staff"),
        ("LOG_LEVEL", "infoo", "levels by module"),
        ("LOG_FORMAT", "xml", "pretty, json"),
        ("DATA_DIR", "a\u{fffd}", "printable text in UTF-8"),
        ("FRONTEND_URL", "app.example.com", "an absolute URL"),
        ("FRONTEND_URL", "ftp://app.example.com", "an absolute URL"),
        ("FRONTEND_URL", "https://app.example.com/?page=1", "without a query"),
        ("FRONTEND_URL", "https://user:word@app.example.com", "an absolute URL"),
        ("PASSWORD_RESET_EXPIRE_SECONDS", "0", "seconds from 1 to 86400"),
        ("DEFAULT_FROM_EMAIL", "Tessera", "an address"),
        ("EMAIL_BACKEND", "pigeon", "smtp, folder"),
        ("EMAIL_HOST", "smtp://mail.example.com", "without a scheme"),
        ("EMAIL_HOST", "mail.example.com:25", "without a port"),
        ("EMAIL_PORT", "0", "from 1 to 65535"),
        ("EMAIL_USE_TLS", "perhaps", "on, off"),
    ] {
        let message = refused(&[(name, value)]);
        assert!(message.contains(name) && message.contains(expected), "{name}={value}: {message}");
        assert_eq!(message.matches("\n  - ").count(), 1, "{message}");
    }
    assert!(refused(&production(&[("BCRYPT_COST", "9")])).contains("from 10 to 15"));
    let debug = refused(&[("DEBUG", "verbose")]);
    assert!(debug.contains("as DEBUG") && debug.contains("True (development), False (production)"), "{debug}");
}

#[test]
fn limits_are_on_and_what_undoes_them_is_warned_of() {
    let config = accepted(&production(&[]), "");
    assert_eq!(effective(&config, "RATE_LIMIT"), "on (default)");
    assert_eq!(effective(&config, "RATE_LIMIT_PASSWORDS"), "10/5m (default)");
    let off = accepted(&production(&[("RATE_LIMIT", "off")]), "");
    assert!(off.warnings.join("\n").contains("RATE_LIMIT is off"), "{:?}", off.warnings);
    let about = |config: &Config, name: &str| config.warnings.iter().any(|warning| warning.contains(name));
    assert!(!about(&accepted(&[("RATE_LIMIT", "off")], ""), "RATE_LIMIT"), "development may");
    let proxies = accepted(&[("TRUSTED_PROXIES", "::1,10.0.0.0/8")], "");
    assert_eq!(effective(&proxies, "TRUSTED_PROXIES"), "::1/128, 10.0.0.0/8 (environment)");
    assert_eq!(effective(&proxies, "KEEP_ALIVE_SECONDS"), "75 (default)", "longer than theirs");
    assert_eq!(effective(&off, "KEEP_ALIVE_SECONDS"), "20 (default)");
    assert!(!about(&proxies, "TRUSTED_PROXIES"), "{:?}", proxies.warnings);
    for everybody in ["0.0.0.0/0", "127.0.0.1, ::/0"] {
        let config = accepted(&[("TRUSTED_PROXIES", everybody)], "");
        assert!(config.warnings.join("\n").contains("names every address"), "{:?}", config.warnings);
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let variables = [("APP_ENV", "production"), ("LISTEN_ADDR", "here"), ("BCRYPT_COST", "4"), ("WORKERS", "x")];
    let message = read(&variables, "nonsense\nUSERS_LIST=me").expect_err("refused");
    for part in ["LISTEN_ADDR", "BCRYPT_COST", "WORKERS", "USERS_LIST", "SECRET_KEY", ".env line 1"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(message.matches("\n  - ").count(), 6, "{message}");
}

#[test]
fn production_refuses_a_secret_that_is_missing_short_or_known() {
    assert!(refused(&[("APP_ENV", "production")]).contains("SECRET_KEY is not set"));
    for weak in [
        "your-secret-key-here",
        "your_generated_secret_key_here",
        "clave_super_segura_cambia_esto",
        "changeme",
        "your-secret-key-here-and-much-longer-than-that",
        "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aU",
        "11111111111111111111111111111111",
    ] {
        let message = refused(&[("APP_ENV", "production"), ("secret_key", weak)]);
        assert!(message.contains("SECRET_KEY") && message.contains("at least 32 bytes"), "{message}");
        assert!(!message.contains(weak), "{message}");
        let warnings = accepted(&[("SECRET_KEY", weak), ("SERVICE_SECRET", STRONG)], "").warnings;
        assert_eq!(warnings.len(), 1, "development only warns");
    }
    let warnings = accepted(&production(&[]), "").warnings;
    assert_eq!(warnings, ["EMAIL_HOST is not set: mails wait until it is"]);
}

#[test]
fn a_secret_is_shown_nowhere() {
    let login = [("EMAIL_HOST", "mail.example.com"), ("EMAIL_HOST_USER", "ana"), ("EMAIL_HOST_PASSWORD", SECRET)];
    let header = format!("authorization=Bearer%20{SECRET}");
    let collector =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example.com"), ("OTEL_EXPORTER_OTLP_HEADERS", header.as_str())];
    let keys = [("SECRET_KEY", SECRET), ("SERVICE_SECRET", SECRET)];
    let config = accepted(&[&keys[..], &login[..], &collector[..]].concat(), "");
    let shown = format!("{config:?} {:?} {:?}", config.describe(), config.warnings);
    assert!(!shown.contains(SECRET), "{shown}");
    let url = format!("mysql://tessera:{SECRET}@db/tessera");
    let broken = format!("SECRET_KEY='{SECRET}\n{SECRET}");
    let message = read(&[("APP_ENV", "production"), ("DATABASE_URL", &url)], &broken).expect_err("refused");
    assert!(message.contains("DATABASE_URL begins with \"mysql:\"") && message.contains("line 2"), "{message}");
    assert!(!message.contains(SECRET), "{message}");
}

#[test]
fn the_url_of_a_server_is_not_shown() {
    let url = format!("postgres://tessera:{SECRET}@db/tessera");
    let config = accepted(&[("DATABASE_URL", &url)], "");
    let shown = format!("{config:?} {:?}", config.describe());
    assert!(!shown.contains(SECRET) && shown.contains("postgres: (set, not shown)"), "{shown}");
}

#[test]
fn a_database_is_named_by_either_form() {
    for (url, path) in [
        ("sqlite:some/where.db", "some/where.db"),
        ("sqlite://some/where.db", "some/where.db"),
        ("sqlite:///srv/tessera.db", "/srv/tessera.db"),
        ("sqlite:/srv/tessera.db", "/srv/tessera.db"),
    ] {
        let config = accepted(&[("DATABASE_URL", url)], "");
        assert_eq!(effective(&config, "DATABASE_URL"), format!("sqlite:{path} (environment)"));
    }
}

#[test]
fn a_session_lasts_at_least_as_long_as_its_refresh_token() {
    let config = accepted(&[("JWT_REFRESH_TOKEN_LIFETIME", "60")], "");
    assert_eq!(effective(&config, "SESSION_LIFETIME"), "60 (default)");
    let config = accepted(&[("JWT_REFRESH_TOKEN_LIFETIME", "60"), ("SESSION_LIFETIME", "90")], "");
    assert_eq!(effective(&config, "SESSION_LIFETIME"), "90 (environment)");
}

#[test]
fn the_reference_is_the_one_in_the_documentation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let written = fs::read_to_string(path).expect("the reference");
    assert!(written == reference(), "docs/configuration.md is stale: run `make config-docs`");
    for (name, ..) in accepted(&[], "").describe() {
        assert!(written.contains(&format!("| `{name}`")), "{name} is not in the reference");
    }
}

#[test]
fn the_example_of_an_env_file_has_every_setting_and_sets_none() {
    let example = include_str!("../../../../.env.example");
    assert!(example == tessera_server::config::example(), ".env.example is stale: run `make config-docs`");
    let config = accepted(&[], example);
    for (name, ..) in config.describe() {
        assert!(example.contains(&format!("\n# {name}=")), "{name}");
        assert!(effective(&config, name).ends_with("(default)"), "{name}");
    }
}
