//! From where, and under which names, the service may be called (requirement H4).

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use tessera_api::{AllowedHosts, AllowedOrigins, HttpSettings, Perimeter, app};

use crate::support::{Answer, CREATE, get, post_json, services};

const APP: &str = "https://app.example";

async fn send(request: TestRequest) -> Answer {
    let perimeter = Perimeter {
        hosts: AllowedHosts::parse("auth.example").expect("hosts"),
        origins: AllowedOrigins::parse("https://app.example,http://localhost:3000").expect("origins"),
        transport_security: Perimeter::encrypted_for(31_536_000),
    };
    let application = init_service(app(&services(), HttpSettings::default(), &perimeter)).await;
    let request = request.insert_header(("Host", "auth.example"));
    Answer::of(call_service(&application, request.to_request()).await).await
}

/// What a browser asks before it sends a request from a page of `origin`.
fn preflight(origin: &str, method: &str, headers: &str) -> TestRequest {
    TestRequest::with_uri(CREATE)
        .method(Method::OPTIONS)
        .insert_header(("Origin", origin))
        .insert_header(("Access-Control-Request-Method", method))
        .insert_header(("Access-Control-Request-Headers", headers))
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_may_call() {
    for origin in [APP, "http://localhost:3000"] {
        let answer = send(preflight(origin, "POST", "authorization,content-type,x-refresh-token")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        let allowed = answer.header("access-control-allow-headers").expect("headers").to_ascii_lowercase();
        assert!(allowed.contains("x-refresh-token") && allowed.contains("authorization"), "{allowed}");
        let answer = send(post_json(CREATE, "{}").insert_header(("Origin", origin))).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (400, Some(origin)));
    }
}

/// The tracing of a page reaches from the browser to here and back.
#[actix_web::test]
async fn a_page_may_send_its_trace_and_read_what_became_of_it() {
    let answer = send(preflight(APP, "POST", "content-type,traceparent,x-request-id")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let allowed = answer.header("access-control-allow-headers").expect("headers").to_ascii_lowercase();
    assert!(allowed.contains("traceparent"), "{allowed}");
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let answer = send(post_json(CREATE, "{}").insert_header(("Origin", APP)).insert_header(trace)).await;
    let exposed = answer.header("access-control-expose-headers").expect("headers").to_ascii_lowercase();
    assert!(exposed.contains("traceparent") && answer.header("traceparent").is_some(), "{exposed}");
}

#[actix_web::test]
async fn no_other_origin_is_ever_named() {
    for origin in
        ["https://evil.example", "https://app.example.evil", "http://app.example", "https://APP.example", "null"]
    {
        let answer = send(preflight(origin, "POST", "authorization")).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (400, None), "{origin}");
        assert_eq!(answer.json()["message"], "Bad Request", "in the contract's shape");
        let answer = send(post_json(CREATE, "{}").insert_header(("Origin", origin))).await;
        assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (400, None), "{origin}");
    }
}

#[actix_web::test]
async fn no_browsers_own_credentials_are_allowed_and_caches_are_told() {
    for request in [preflight(APP, "POST", "authorization"), get("/api/").insert_header(("Origin", APP)), get("/api/")]
    {
        let answer = send(request).await;
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(answer.header("vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("origin")));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[actix_web::test]
async fn a_request_for_another_host_is_refused_in_the_shape_of_its_path() {
    let to = |path: &str| get(path).insert_header(("Host", "evil.example"));
    let send = async |request: TestRequest| {
        let perimeter =
            Perimeter { hosts: AllowedHosts::parse("auth.example").expect("hosts"), ..Perimeter::default() };
        let application = init_service(app(&services(), HttpSettings::default(), &perimeter)).await;
        Answer::of(call_service(&application, request.to_request()).await).await
    };
    let answer = send(to("/api/v1/users")).await;
    answer.is(400, &serde_json::json!({"message": "The host is not one of this service."}));
    assert!(answer.header("x-request-id").is_some() && answer.header("x-frame-options").is_some());
    send(to("/api/")).await.is_problem(400);
    assert_eq!(send(to("/livez")).await.status, 200);
}

#[actix_web::test]
async fn browsers_are_told_to_stay_encrypted_where_that_is_wanted() {
    for request in [get("/livez"), get("/no/such/path"), preflight(APP, "POST", "content-type"), post_json(CREATE, "[")]
    {
        let answer = send(request).await;
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{}", answer.status);
    }
    let application = init_service(app(&services(), HttpSettings::default(), &Perimeter::default())).await;
    let answer = Answer::of(call_service(&application, get("/livez").to_request()).await).await;
    assert_eq!(answer.header("strict-transport-security"), None);
    assert_eq!(Perimeter::encrypted_for(0), None);
}
