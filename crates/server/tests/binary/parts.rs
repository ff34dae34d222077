//! Servers that are named by their parts, as in the `.env` files of the programs that this one takes the place of.

use secrecy::ExposeSecret as _;
use tessera_server::config::{Config, Database, Environment};

const SECRET: &str = "the-part-that-must-not-show";

fn read(variables: &[(&str, &str)], dotenv: &str) -> Result<Config, String> {
    Config::from_environment(&Environment::of(variables, dotenv)).map_err(|mistakes| mistakes.to_string())
}

/// The URLs of database and Redis that the settings come to.
fn urls(config: &Config) -> (String, String) {
    let database = match &config.storage.database {
        Database::Postgres { url } => url.expose_secret().to_owned(),
        Database::Sqlite { .. } => "sqlite".to_owned(),
    };
    let redis = config.storage.redis.as_ref().map_or("none", |redis| redis.url.expose_secret());
    (database, redis.to_owned())
}

fn urls_of(dotenv: &str) -> (String, String) {
    urls(&read(&[], dotenv).expect("accepted"))
}

fn database_of(dotenv: &str) -> String {
    urls_of(dotenv).0
}

fn refused(dotenv: &str) -> String {
    read(&[], dotenv).expect_err("refused")
}

/// In lower case, without quotes around what has blanks in it.
#[test]
fn the_file_of_a_service_for_one_time_tokens_works_as_it_is() {
    let dotenv = "app_name=Tokens For Once\nsecret_key=clave_super_segura_cambia_esto\naccess_token_expire_minutes=15\n\
        onetime_token_expire_seconds=10\n\ndb_user=postgres\ndb_password=postgres\ndb_host=db\ndb_port=5432\n\
        db_name=token_service\n\nredis_host=redis\nredis_port=6379\nredis_db=0\n";
    let (database, redis) = urls_of(dotenv);
    assert_eq!(database, "postgres://postgres:postgres@db:5432/token_service");
    assert_eq!(redis, "redis://redis:6379/0");
}

/// With comments behind the values.
#[test]
fn the_file_of_a_service_for_accounts_works_as_it_is() {
    let dotenv = "# Django\nSECRET_KEY=your-secret-key-here\nDEBUG=True\nALLOWED_HOSTS=localhost,127.0.0.1\n\n\
        # Database\nDB_NAME=auth_service_db\nDB_USER=postgres\nDB_PASSWORD=password\nDB_HOST=localhost\nDB_PORT=5432\n\n\
        # Redis\nREDIS_URL=redis://localhost:6379/0\n\n# JWT (minutes/days)\nJWT_ACCESS_TOKEN_LIFETIME=15\n\
        JWT_REFRESH_TOKEN_LIFETIME=7\n\n# Email (Gmail example)\nEMAIL_HOST_USER=your-email@gmail.com\n\
        EMAIL_HOST_PASSWORD=your-app-password  # Not your regular password!\n\n# Frontend\n\
        FRONTEND_URL=http://localhost:3000\n";
    let (database, redis) = urls_of(dotenv);
    assert_eq!(database, "postgres://postgres:password@localhost:5432/auth_service_db");
    assert_eq!(redis, "redis://localhost:6379/0");

    for part in [
        "JWT_ACCESS_TOKEN_LIFETIME=10    # 10 minutes\nJWT_REFRESH_TOKEN_LIFETIME=7    # 7 days\n",
        "# SendGrid\nEMAIL_HOST=smtp.sendgrid.net\nEMAIL_HOST_USER=apikey\nEMAIL_HOST_PASSWORD=your_api_key\n\n\
         # Mailgun\nEMAIL_HOST=smtp.mailgun.org\nEMAIL_HOST_USER=smtp_login\nEMAIL_HOST_PASSWORD=smtp_password\n",
    ] {
        assert_eq!(urls_of(part), ("sqlite".to_owned(), "none".to_owned()), "{part}");
    }
}

/// A URL of Redis without a password, beside the password and a port.
#[test]
fn the_files_of_a_service_for_users_work_as_they_are() {
    let dotenv = "# Django Configuration\nSECRET_KEY=your_generated_secret_key_here\n\n\
        # Database Configuration (PostgreSQL)\nSUPABASE_DB_NAME=your_database_name\nSUPABASE_DB_USER=your_database_user\n\
        SUPABASE_DB_PASSWORD=your_database_password\nSUPABASE_DB_HOST=your_database_host\nSUPABASE_DB_PORT=5432\n\n\
        # Redis Configuration\nREDIS_URL=redis://localhost:6379\nREDIS_PASSWORD=your_redis_password\nREDIS_PORT=6379\n\n\
        # Optional: Debug mode (set to False in production)\nDEBUG=True\n";
    let config = read(&[], dotenv).expect("accepted");
    let user = "postgres://your_database_user:your_database_password@your_database_host:5432/your_database_name";
    assert_eq!(urls(&config), (user.to_owned(), "redis://localhost:6379".to_owned()));
    let password = config.storage.redis.and_then(|redis| redis.password).expect("a password to offer");
    assert_eq!(password.expose_secret(), "your_redis_password");

    for (host, redis, debug) in [
        ("db", "redis://redis:6379", ""),
        ("localhost", "redis://localhost:6379", ""),
        ("your-production-db.com", "redis://your-production-redis.com:6379", "DEBUG=False\n"),
    ] {
        let dotenv =
            format!("# Use other hosts\nSUPABASE_DB_HOST={host}\nSUPABASE_DB_PORT=5432\nREDIS_URL={redis}\n{debug}");
        // The only thing that production asks for besides, since nothing may stand in for it.
        let secret = [("SECRET_KEY", "q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aUe")];
        let config = read(&secret, &dotenv).expect("accepted");
        assert_eq!(urls(&config), (format!("postgres://postgres@{host}:5432/postgres"), redis.to_owned()));
        let warning = config.warnings.join("\n");
        assert!(warning.contains("SUPABASE_DB_HOST alone") && warning.contains("\"postgres\""), "{warning}");
    }
}

#[test]
fn a_url_wins_over_its_parts_and_says_where_it_is_from() {
    let dotenv = "DB_HOST=db\nDB_NAME=n\nDB_USER=u\nREDIS_HOST=redis";
    let config = read(&[("DATABASE_URL", "postgres://elsewhere/x"), ("redis_url", "redis://there")], dotenv);
    assert_eq!(urls(&config.expect("accepted")), ("postgres://elsewhere/x".to_owned(), "redis://there".to_owned()));

    let config = read(&[("REDIS_HOST", "cache")], dotenv).expect("accepted");
    let described: Vec<_> = config.describe().into_iter().filter(|(name, ..)| name.ends_with("_URL")).collect();
    let described: Vec<_> =
        described.iter().map(|(name, value, origin)| format!("{name}={value} ({origin})")).collect();
    assert_eq!(described[0], "DATABASE_URL=postgres: (set, not shown) (.env, as DB_HOST)");
    assert_eq!(described[1], "REDIS_URL=redis: (set, not shown) (environment, as REDIS_HOST)");
    assert_eq!(urls(&config).1, "redis://cache:6379/0");
}

#[test]
fn a_part_may_hold_anything_a_url_may_not() {
    let url = database_of("DB_HOST=db\nDB_NAME='a b/c?d'\nDB_USER=u@x:y\nDB_PASSWORD='p@:/?#[%] ñ'\nDB_PORT=6543");
    assert_eq!(url, "postgres://u%40x%3Ay:p%40%3A%2F%3F%23%5B%25%5D%20%C3%B1@db:6543/a%20b%2Fc%3Fd");
    assert_eq!(database_of("DB_HOST=::1\nDB_NAME=n\nDB_USER=u"), "postgres://u@[::1]:5432/n");
    assert_eq!(database_of("DB_HOST=/var/run\nDB_NAME=n\nDB_USER=u"), "postgres://u@%2Fvar%2Frun:5432/n");
    assert_eq!(urls_of("REDIS_HOST=r\nREDIS_PASSWORD=p@s\nREDIS_DB=3").1, "redis://:p%40s@r:6379/3");
}

#[test]
fn the_family_that_names_a_host_counts() {
    let supabase = "SUPABASE_DB_HOST=s\nSUPABASE_DB_NAME=n\nSUPABASE_DB_USER=u\n";
    assert_eq!(database_of(&format!("DB_PORT=1\n{supabase}")), "postgres://u@s:5432/n");
    assert_eq!(database_of(&format!("{supabase}DB_HOST=d\nDB_NAME=n\nDB_USER=u")), "postgres://u@d:5432/n");
}

/// The two spellings are one family: the environment of a container may have the one, and its file the other.
#[test]
fn either_spelling_will_do_for_each_part() {
    let config = read(&[("DB_HOST", "db")], "db_name=n\ndb_user=u\ndb_host=localhost").expect("accepted");
    assert_eq!(urls(&config).0, "postgres://u@db:5432/n");
}

#[test]
fn what_is_missing_is_named() {
    for (dotenv, missing) in [
        (
            "DB_NAME=n\nDB_USER=u\nDB_PASSWORD=p",
            "DATABASE_URL is not set, and of the variables that may stand for it DB_HOST is missing",
        ),
        ("DB_HOST=h\nDB_PASSWORD=p", "DB_NAME, DB_USER are missing"),
        ("SUPABASE_DB_HOST=h\nSUPABASE_DB_NAME=n", "SUPABASE_DB_USER is missing"),
        ("db_host=h\ndb_user=u", "db_name is missing"),
        ("DB_PORT=5432", "DB_HOST, DB_NAME, DB_USER are missing"),
        (
            "REDIS_PASSWORD=p\nREDIS_PORT=6379",
            "REDIS_URL is not set, and of the variables that may stand for it REDIS_HOST is missing",
        ),
        ("DB_HOST=h\nDB_NAME=n\nDB_USER=u\nDB_PORT=http", "DB_PORT is \"http\""),
        ("REDIS_HOST=h\nREDIS_DB=first", "REDIS_DB is \"first\""),
        ("REDIS_URL=memcached://h", "REDIS_URL begins with \"memcached:\""),
        ("REDIS_URL=localhost", "REDIS_URL has no scheme"),
        ("REDIS_KEY_PREFIX='{a}:'", "REDIS_KEY_PREFIX is \"{a}:\""),
    ] {
        let message = refused(dotenv);
        assert!(message.contains(missing), "{dotenv}: {message}");
        assert_eq!(message.matches("\n  - ").count(), 1, "{message}");
    }
}

/// A cluster that has services of these names says so in variables of the same names.
#[test]
fn what_a_cluster_sets_by_itself_is_nobodys_setting() {
    let links = [("REDIS_PORT", "tcp://10.0.0.11:6379"), ("DB_PORT", "tcp://10.0.0.12:5432")];
    let none = read(&links, "").expect("accepted");
    assert_eq!(urls(&none), ("sqlite".to_owned(), "none".to_owned()));
    let named = read(&links, "REDIS_HOST=redis\nDB_HOST=db\nDB_NAME=n\nDB_USER=u").expect("accepted");
    assert_eq!(urls(&named), ("postgres://u@db:5432/n".to_owned(), "redis://redis:6379/0".to_owned()));
}

#[test]
fn a_password_is_shown_nowhere() {
    let dotenv =
        format!("DB_HOST=db\nDB_NAME=n\nDB_USER=u\nDB_PASSWORD={SECRET}\nREDIS_HOST=r\nREDIS_PASSWORD={SECRET}");
    let config = read(&[], &dotenv).expect("accepted");
    let shown = format!("{config:?} {:?} {:?}", config.describe(), config.warnings);
    assert!(!shown.contains(SECRET), "{shown}");
    for broken in ["DB_PORT=x", "REDIS_DB=x", "DB_NAME='a\u{1}'", "REDIS_URL=redis//:PASSWORD@h", "REDIS_URL=PASSWORD"]
    {
        let broken = broken.replace("PASSWORD", SECRET);
        let message = refused(&format!("{dotenv}\n{broken}"));
        assert!(!message.contains(SECRET), "{message}");
    }
}
