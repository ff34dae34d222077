//! By which address a client is counted, and whose word counts about it.

use tessera_tests::{Storage, TestServer};

use super::{counting, guess_from};

/// A guess with these forwarding headers.
async fn guess(server: &TestServer, headers: &[(&str, &str)]) -> u16 {
    let headers = [&[("content-type", "application/json")], headers].concat();
    let body = r#"{"email": "ana@example.com", "password": "not the password"}"#;
    server.send("POST", "/api/v1/user/login", &headers, body).await.status
}

#[tokio::test]
async fn a_forged_address_changes_nothing() {
    let server = TestServer::start_with(&[("RATE_LIMIT", "on")]).await;
    let mut made = 0;
    for number in 0..40 {
        let (ip, node) = (format!("203.0.113.{number}"), format!("for=203.0.113.{number}"));
        for forged in [("x-forwarded-for", &ip), ("forwarded", &node), ("x-real-ip", &ip), ("x-forwarded-host", &ip)] {
            made += u32::from(guess(&server, &[(forged.0, forged.1)]).await == 401);
        }
    }
    assert_eq!(made, 10);
}

#[tokio::test]
async fn behind_a_proxy_a_client_chooses_nothing_either() {
    let server = counting(Storage::Sqlite, &[("TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8")]).await;
    let mut made = 0;
    for number in 0..20 {
        let claimed = format!("203.0.113.{number}, 10.0.0.9, 192.0.2.1, 10.0.0.1");
        made += u32::from(guess(&server, &[("x-forwarded-for", &claimed)]).await == 401);
        made += u32::from(guess(&server, &[("forwarded", "for=\"192.0.2.1:4711\"")]).await == 401);
    }
    assert_eq!(made, 10, "all of it is the client that the last proxy saw");
    assert_eq!(guess(&server, &[("x-forwarded-for", "192.0.2.2")]).await, 401);
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_as_the_proxy_and_as_nobody_else() {
    let server = counting(Storage::Sqlite, &[]).await;
    let garbage: [&[(&str, &str)]; 5] = [
        &[("x-forwarded-for", "192.0.2.1, ';--")],
        &[("x-forwarded-for", "unknown")],
        &[("forwarded", "for=192.0.2.1, for=\"")],
        &[("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "192.0.2.2")],
        &[],
    ];
    let mut made = 0;
    for number in 0..20 {
        made += u32::from(guess(&server, garbage[number % garbage.len()]).await == 401);
    }
    assert_eq!(made, 10);
    for ip in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(guess_from(&server, ip, "ana").await, 401, "{ip}");
    }
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_client() {
    let server = counting(Storage::Sqlite, &[]).await;
    let mut made = 0;
    for number in 0..20 {
        made += u32::from(guess_from(&server, &format!("2001:db8:1:2:{number:x}::{number:x}"), "ana").await == 401);
    }
    assert_eq!(made, 10);
    assert_eq!(guess_from(&server, "2001:db8:1:3::1", "ana").await, 401, "the neighbours");
    for _ in 0..10 {
        guess_from(&server, "::ffff:192.0.2.1", "ana").await;
    }
    assert_eq!(guess_from(&server, "192.0.2.1", "ana").await, 429, "the same address");
}
