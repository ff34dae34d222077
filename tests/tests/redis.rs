//! Redis beside a database: what it adds, and what goes on without it.

#![cfg(test)]

use std::fs;
use std::time::{Duration, Instant};

use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};
use tessera_domain::INSTANCES_APART;
use tessera_server::config::{Config, Environment};
use tessera_server::{Overrides, start};
use tessera_test_servers::free_port;
use tessera_test_servers::postgres::Cluster;
use tessera_test_servers::redis::Process;
use tessera_tests::{Answer, Data, ServerProcess, Storage, TestServer, decode_base64url, eventually};

const SERVER: &str = env!("CARGO_BIN_EXE_tessera-under-test");

/// By when a service works again after a fault has ended (invariant I5).
const RECOVERY: Duration = Duration::from_secs(10);

async fn create(server: &TestServer, access: &str) -> Answer {
    server.send("POST", "/token/create", &[("authorization", &format!("Bearer {access}"))], "").await
}

async fn validate(server: &TestServer, access: &str, token: &Value) -> Answer {
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    server.send("POST", "/token/validate", &headers, &json!({"token": token}).to_string()).await
}

/// Asks until there is an answer other than 503, as a client does that is told to come back.
async fn until_available(ask: impl AsyncFn() -> Answer) -> Answer {
    let started = Instant::now();
    let answer = eventually("an answer other than 503", async || {
        let answer = ask().await;
        assert!(answer.status != 503 || answer.headers.contains_key("retry-after"));
        (answer.status != 503).then_some(answer)
    });
    let answer = answer.await;
    assert!(started.elapsed() < RECOVERY, "it does not recover in time");
    answer
}

/// Looks until the report says so: it is made once a second for all who ask.
async fn until_ready(server: &TestServer, what: &str, is_so: impl Fn(&Value) -> bool) {
    eventually(what, async || is_so(&server.get("/readyz").await.json()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_all_goes_on_but_one_time_tokens() {
    let mut redis = Process::start(&[]);
    let server = TestServer::start_with(&[("REDIS_URL", redis.url())]).await;
    let (access, refresh) = server.sign_up("ana").await;
    let token = create(&server, &access).await.json()["token"].clone();

    redis.kill();
    for answer in [create(&server, &access).await, validate(&server, &access, &token).await] {
        assert_eq!(answer.status, 503, "never 401: nobody knows whether it is good");
        assert!(answer.headers.contains_key("retry-after"));
    }
    let (_, other) = server.log_in("ana").await;
    assert_eq!(server.refresh(&other).await.status, 200);
    assert_eq!(server.get("/api/v1/users").await.status, 200);
    assert_eq!(server.log_out(&access, &refresh).await.status, 200);
    assert_eq!(create(&server, &access).await.status, 401, "it is logged out all the same");
    assert_eq!(server.get("/livez").await.status, 200);
    let ready = server.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")));
    let health = server.get("/api/health/").await.json();
    let states = (&health["backends"]["sqlite"]["status"], &health["backends"]["redis"]["status"]);
    assert_eq!(states, (&json!("ok"), &json!("down")));

    redis.start_again(&[]);
    let (access, _) = server.log_in("ana").await;
    let created = until_available(async || create(&server, &access).await).await;
    assert_eq!(created.status, 201);
    assert_eq!(validate(&server, &access, &created.json()["token"]).await.status, 200);
    until_ready(&server, "all is well again", |report| report["status"] == "ok").await;
}

/// Redis only has the news travel faster: each instance reads them from the database every second.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_out_is_refused_at_once_there_and_soon_elsewhere_with_redis_or_without() {
    let mut redis = Process::start(&[]);
    let one = TestServer::start_with(&[("REDIS_URL", redis.url())]).await;
    let other = one.another_instance().await;
    let status = async |server: &TestServer, access: &str| -> u16 {
        let bearer = format!("Bearer {access}");
        server.send("GET", "/api/auth/profile/", &[("authorization", &bearer)], "").await.status
    };
    one.sign_up("ana").await;
    for is_there in [true, false] {
        let (lost, refresh) = one.log_in("ana").await;
        let (kept, _) = one.log_in("ana").await;
        assert_eq!(status(&other, &lost).await, 200);
        if !is_there {
            redis.kill();
        }
        assert_eq!(one.log_out(&lost, &refresh).await.status, 200);
        assert_eq!(status(&one, &lost).await, 401, "at once");
        eventually("it is refused", async || (status(&other, &lost).await == 401).then_some(())).await;
        assert_eq!((status(&one, &kept).await, status(&other, &kept).await), (200, 200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_does_not_wait_for_redis() {
    let mut redis = Process::start(&[]);
    redis.kill();
    let server = TestServer::start_with(&[("REDIS_URL", redis.url())]).await;
    let (access, _) = server.sign_up("ana").await;
    assert_eq!(create(&server, &access).await.status, 503);
    redis.start_again(&[]);
    assert_eq!(until_available(async || create(&server, &access).await).await.status, 201);
}

/// A server that answers and does not let us in will not do so later either.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_at_the_start_and_not_shown() {
    const WRONG: &str = "the-wrong-password";
    let redis = Process::start(&["--requirepass", "the-right-one"]);
    let data = Data::on(Storage::Sqlite);
    let port = redis.port();
    for url in [format!("redis://:{WRONG}@127.0.0.1:{port}"), redis.url().to_owned(), format!("redis://{WRONG}:x")] {
        let settings = [data.settings().as_slice(), &[("LISTEN_ADDR", "127.0.0.1:0"), ("REDIS_URL", &url)]].concat();
        let config = Config::from_environment(&Environment::of(&settings, "")).expect("a valid configuration");
        let refused = start(&config, &Overrides::default()).await.err().expect("refused");
        let message = format!("{refused:#} {refused:?}");
        assert!(message.contains("REDIS_URL") && !message.contains(WRONG), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_evict_keys_is_a_concern() {
    let redis = Process::start(&["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"]);
    let server = TestServer::start_with(&[("REDIS_URL", redis.url())]).await;
    let ready = server.get("/readyz").await;
    let concern = ready.json()["concerns"]["redis"].as_str().map(str::to_owned);
    assert_eq!(ready.status, 200);
    assert!(concern.is_some_and(|text| text.contains("allkeys-lru")), "{}", ready.json());
    redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    until_ready(&server, "no concern", |report| report["status"] == "ok" && report["concerns"].is_null()).await;
}

/// Another service looks up what a token says of itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_out_is_on_the_blacklist() {
    let redis = Process::start(&[]);
    let data = Data::on(Storage::Sqlite);
    let server = ServerProcess::start_with(SERVER, &data, &[("REDIS_URL", redis.url())]).await;
    let (access, refresh) = server.sign_up("ana").await;
    let claims = |token: &str| -> Value {
        let claims = token.split('.').nth(1).expect("claims");
        serde_json::from_slice(&decode_base64url(claims)).expect("JSON")
    };
    let (access_claims, refresh_claims) = (claims(&access), claims(&refresh));
    assert_eq!(server.log_out(&access, &refresh).await.expect("answered").status, 200);
    let left = |name: &str, id: &Value| -> i64 {
        let key = format!("tessera:{name}{}", id.as_str().expect("a claim"));
        redis.ask(&["TTL", &key]).trim().trim_start_matches(':').parse().expect("seconds")
    };
    let week = 7 * 24 * 3_600;
    assert!((week - 60..=week).contains(&left("jwt_blacklist:", &refresh_claims["jti"])));
    // As long as an instance whose clock is ahead may have made one that is good for a quarter of an hour.
    let last = 15 * 60 + INSTANCES_APART.as_secs().cast_signed();
    assert!((last - 60..=last).contains(&left("jwt_blacklist:session:", &access_claims["sid"])));
}

/// A server that speaks TLS alone is believed if somebody whom the system trusts vouches for it, and for its name.
#[tokio::test(flavor = "multi_thread")]
async fn redis_behind_tls_is_used_if_it_is_who_it_says() {
    let data = Data::on(Storage::Sqlite);
    let make = || generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let (ours, theirs) = (make(), make());
    let write = |name: &str, text: String| {
        let path = data.folder().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let (certificate, key) =
        (write("redis.crt", ours.cert.pem()), write("redis.key", ours.signing_key.serialize_pem()));
    let stranger = write("stranger.crt", theirs.cert.pem());
    let port = free_port().to_string();
    let tls =
        ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-auth-clients", "no"];
    let _redis = Process::start(&tls);
    let by_name = format!("rediss://localhost:{port}");
    let by_number = format!("rediss://127.0.0.1:{port}");
    let cases = [(&by_name, &certificate, 201), (&by_number, &certificate, 503), (&by_name, &stranger, 503)];
    for (number, (url, trusted, expected)) in cases.into_iter().enumerate() {
        let settings = [("REDIS_URL", url.as_str()), ("SSL_CERT_FILE", trusted)];
        let server = ServerProcess::start_with(SERVER, &data, &settings).await;
        let (access, _) = server.sign_up(&format!("ana{number}")).await;
        let bearer = format!("Bearer {access}");
        let created = server.send("/token/create", &[("authorization", &bearer)], &json!({})).await;
        assert_eq!(created.expect("answered").status, expected, "{url} {trusted}");
        server.kill().await;
    }
}

/// The `.env` files that are out there name the database by its parts, and a password of Redis beside a URL without one,
/// whether or not the server asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_named_by_their_parts_are_found() {
    let cluster = Cluster::start(&[]);
    let (open, closed) = (Process::start(&[]), Process::start(&["--requirepass", "your_redis_password"]));
    let (database, open, closed) = (cluster.port(), open.port(), closed.port());
    for parts in [
        format!(
            "db_user=postgres\ndb_password=postgres\ndb_host=127.0.0.1\ndb_port={database}\ndb_name=postgres\n\
             redis_host=127.0.0.1\nredis_port={open}\nredis_db=1"
        ),
        format!(
            "DB_NAME=postgres\nDB_USER=postgres\nDB_PASSWORD=password\nDB_HOST=localhost\nDB_PORT={database}\n\
             REDIS_URL=redis://localhost:{open}/0"
        ),
        format!(
            "SUPABASE_DB_HOST=127.0.0.1\nSUPABASE_DB_PORT={database}\n\
             REDIS_URL=redis://127.0.0.1:{open}\nREDIS_PASSWORD=your_redis_password\nREDIS_PORT={open}"
        ),
        format!(
            "SUPABASE_DB_HOST=127.0.0.1\nSUPABASE_DB_PORT={database}\n\
             REDIS_URL=redis://127.0.0.1:{closed}\nREDIS_PASSWORD=your_redis_password\nREDIS_PORT={closed}"
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("a path in UTF-8");
        let settings = [("LISTEN_ADDR", "127.0.0.1:0"), ("DATA_DIR", path)];
        // They share a database, so that they need the same one.
        let dotenv = format!("SECRET_KEY=q3Vt8ZrW5nYc0KpLx7Bd2mHg9sJf4aUe\n{parts}");
        let config = Config::from_environment(&Environment::of(&settings, &dotenv)).expect("a valid configuration");
        let server = start(&config, &Overrides::default()).await.expect("it starts");
        let health = reqwest::get(format!("http://{}/api/health/", server.addr())).await.expect("an answer");
        let health: Value = serde_json::from_str(&health.text().await.expect("a body")).expect("JSON");
        let states = (&health["backends"]["postgres"]["status"], &health["backends"]["redis"]["status"]);
        assert_eq!(states, (&json!("ok"), &json!("ok")), "{parts}");
        server.stop().await.expect("stopped in order");
    }
}
