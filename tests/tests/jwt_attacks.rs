//! Forged and altered tokens, sent to a running server: each is one 401, and none is anything else.

#![cfg(test)]

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};
use tessera_tests::{TestServer, base64url, decode_base64url};

const SECRET: &str = "a secret of the test that is long enough";

/// A logged-in account, its access token, and a server whose key the test knows.
async fn with_known_secret() -> (TestServer, String) {
    let settings = [("JWT_ALGORITHM", "HS256"), ("SECRET_KEY", SECRET), ("USERS_LIST", "authenticated")];
    let server = TestServer::start_with(&settings).await;
    let (access, _) = server.sign_up("ana").await;
    (server, access)
}

async fn status(server: &TestServer, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    server.send("GET", "/api/v1/users", &[("authorization", bearer.as_str())], "").await.status
}

fn part(token: &str, index: usize) -> Value {
    let encoded = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&decode_base64url(encoded)).expect("JSON")
}

/// Signs any header and payload, as text, with the server's own key: what is tested is what the verifier makes of it.
fn sign(header: &str, payload: &str) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("signed");
    format!("{message}.{signature}")
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

#[tokio::test]
async fn the_forger_itself_works() {
    let (server, access) = with_known_secret().await;
    let again = sign(&part(&access, 0).to_string(), &part(&access, 1).to_string());
    assert_eq!(status(&server, &again).await, 200);
}

#[tokio::test]
async fn every_claim_is_required_typed_and_exact() {
    let (server, access) = with_known_secret().await;
    let (header, claims) = (part(&access, 0).to_string(), object(&part(&access, 1)));
    for name in ["iss", "sub", "iat", "exp", "jti", "sid", "token_type", "user_id"] {
        let mut missing = claims.clone();
        missing.remove(name);
        assert_eq!(status(&server, &sign(&header, &json!(missing).to_string())).await, 401, "without {name}");
        for wrong in
            [Value::Null, json!(true), json!([claims[name]]), json!({"a": claims[name]}), json!("x"), json!(1.5)]
        {
            let mut mistyped = claims.clone();
            mistyped.insert(name.to_owned(), wrong.clone());
            assert_eq!(status(&server, &sign(&header, &json!(mistyped).to_string())).await, 401, "{name}: {wrong}");
        }
        let payload = json!(claims).to_string();
        let twice = format!("{{\"{name}\":{},{}", claims[name], &payload[1..]);
        assert_eq!(status(&server, &sign(&header, &twice)).await, 401, "{name} twice");
    }
}

#[tokio::test]
async fn time_is_exact() {
    let (server, access) = with_known_secret().await;
    let (header, claims) = (part(&access, 0).to_string(), object(&part(&access, 1)));
    let now = claims["iat"].as_i64().expect("seconds");
    for (iat, exp, expected) in [
        (now, now + 900, 200),
        (now, now, 401),
        (now - 900, now - 1, 401),
        (now + 3_600, now + 7_200, 401),
        (now + 10, now + 5, 401),
        (now, i64::MIN, 401),
        (-1, now - 1, 401),
    ] {
        let mut moved = claims.clone();
        moved.insert("iat".into(), json!(iat));
        moved.insert("exp".into(), json!(exp));
        assert_eq!(status(&server, &sign(&header, &json!(moved).to_string())).await, expected, "{iat} to {exp}");
    }
    let mut early = claims.clone();
    early.insert("nbf".into(), json!(now + 3_600));
    assert_eq!(status(&server, &sign(&header, &json!(early).to_string())).await, 401, "an unknown claim");
}

#[tokio::test]
async fn the_header_is_an_allow_list() {
    let (server, access) = with_known_secret().await;
    let (header, payload) = (object(&part(&access, 0)), part(&access, 1).to_string());
    let tricks = [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("nOnE")),
        ("alg", json!("")),
        ("alg", json!("HS384")),
        ("alg", json!("ES256")),
        ("alg", json!("hs256")),
        ("alg", json!(["HS256"])),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("x' UNION SELECT 'key' --")),
        ("kid", json!("http://127.0.0.1/key")),
        ("kid", json!("")),
        ("kid", json!(null)),
        ("kid", json!(0)),
        ("typ", json!("at+jwt")),
        ("jku", json!("http://127.0.0.1/keys")),
        ("x5u", json!("http://127.0.0.1/chain")),
        ("jwk", json!({"kty": "oct", "k": "AA"})),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ];
    for (name, value) in tricks {
        let mut altered = header.clone();
        altered.insert(name.to_owned(), value.clone());
        assert_eq!(status(&server, &sign(&json!(altered).to_string(), &payload)).await, 401, "{name}: {value}");
    }
    let mut without = header.clone();
    without.remove("kid");
    assert_eq!(status(&server, &sign(&json!(without).to_string(), &payload)).await, 401, "no kid");
    let text = json!(header).to_string();
    let twice = format!("{{\"alg\":\"none\",{}", &text[1..]);
    assert_eq!(status(&server, &sign(&twice, &payload)).await, 401, "alg twice");
}

#[tokio::test]
async fn a_token_has_one_spelling() {
    let (server, access) = with_known_secret().await;
    assert_eq!(status(&server, &access).await, 200);
    let parts: Vec<&str> = access.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    for odd in [
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{signature}A"),
        format!("{header}=.{payload}.{signature}"),
        format!(".{payload}.{signature}"),
        access.to_uppercase(),
        "x".repeat(10_000),
        "..".to_owned(),
    ] {
        assert_eq!(status(&server, &odd).await, 401, "{odd}");
    }
}

#[tokio::test]
async fn the_public_key_is_no_shared_secret() {
    let server = TestServer::start_with(&[("USERS_LIST", "authenticated")]).await;
    let (access, refresh) = server.sign_up("ana").await;
    assert_eq!(status(&server, &access).await, 200);
    assert_eq!(status(&server, &refresh).await, 401, "a refresh token opens nothing");

    let keys = server.get("/.well-known/jwks.json").await.json();
    let key = &keys["keys"][0];
    let coordinate = |name: &str| decode_base64url(key[name].as_str().expect("a coordinate"));
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let secrets = [point, key.to_string().into_bytes(), keys.to_string().into_bytes(), vec![]];
    for secret in secrets {
        for kid in [key["kid"].as_str().map(str::to_owned), None] {
            let forged = Header { alg: Algorithm::HS256, kid, ..Header::default() };
            let token =
                jsonwebtoken::encode(&forged, &part(&access, 1), &EncodingKey::from_secret(&secret)).expect("signed");
            assert_eq!(status(&server, &token).await, 401);
        }
    }
    let unsigned =
        format!("{}.{}.", base64url(br#"{"alg":"none","typ":"JWT"}"#), access.split('.').nth(1).expect("claims"));
    assert_eq!(status(&server, &unsigned).await, 401);
}

#[tokio::test]
async fn a_subject_of_another_namespace_is_no_account() {
    let (server, access) = with_known_secret().await;
    let (header, claims) = (part(&access, 0).to_string(), object(&part(&access, 1)));
    for (sub, user_id) in [
        (json!(format!("ext:{}", claims["sub"].as_str().expect("text"))), claims["user_id"].clone()),
        (json!("ext:1"), json!(1)),
        (json!("1"), json!(1)),
        (claims["sub"].clone(), json!("another")),
    ] {
        let mut altered = claims.clone();
        altered.insert("sub".into(), sub.clone());
        altered.insert("user_id".into(), user_id);
        assert_eq!(status(&server, &sign(&header, &json!(altered).to_string())).await, 401, "{sub}");
    }
}
