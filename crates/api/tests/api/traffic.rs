//! Requests are counted by route and status, whatever becomes of them.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use tessera_api::http::traffic::{RouteTraffic, Traffic};
use tessera_api::{HttpSettings, Perimeter, app, endpoints};

use crate::support::{LOGIN, USERS, bearer, get, post, post_json, services};

/// What was counted, after requests to one worker.
async fn after(requests: Vec<TestRequest>) -> Vec<RouteTraffic> {
    let services = services();
    let traffic = Arc::new(Traffic::new(endpoints(&services)));
    let settings = HttpSettings { traffic: Some(Arc::clone(&traffic)), ..HttpSettings::default() };
    let application = init_service(app(&services, settings, &Perimeter::default())).await;
    for request in requests {
        call_service(&application, request.to_request()).await;
    }
    assert_eq!(traffic.in_flight(), 0);
    let mut counted = traffic.by_route();
    counted.retain(|it| !it.answers.is_empty());
    counted
}

/// One line a route and status: contract, method, template, status, how many.
fn lines(counted: &[RouteTraffic]) -> Vec<String> {
    let of_route = |it: &RouteTraffic| {
        let name = format!("{} {} {}", it.route.contract, it.route.method, it.route.path);
        it.answers
            .iter()
            .map(move |(status, count)| format!("{name} {} {count}", status.unwrap_or(0)))
            .collect::<Vec<_>>()
    };
    counted.iter().flat_map(of_route).collect()
}

#[actix_web::test]
async fn each_request_counts_for_its_route_in_whatever_way_it_was_written() {
    let counted = after(vec![
        get("/livez"),
        get("/livez/?a=b"),
        TestRequest::default().method(Method::HEAD).uri("/livez"),
        post_json(LOGIN, "no JSON"),
        get(USERS).insert_header(bearer("unlucky")),
    ])
    .await;
    let expected = ["users GET /api/v1/users 503 1", "users POST /api/v1/user/login 400 1", "system GET /livez 200 3"];
    assert_eq!(lines(&counted), expected);
    let times: u64 = counted.iter().map(|it| it.classes.iter().sum::<u64>()).sum();
    assert_eq!(times, 5, "each is in one class of durations");
}

#[actix_web::test]
async fn a_stranger_makes_no_new_names() {
    let mut requests: Vec<_> = (0..20).map(|number| get(&format!("/api/v1/{number}"))).collect();
    requests.extend([post("/livez"), get("/livez%00"), get("/auth/../livez")]);
    assert_eq!(lines(&after(requests).await), ["none  (unknown) 404 22", "none  (unknown) 405 1"]);
}
