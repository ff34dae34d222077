//! Requests that take too long, break, or lose their client (requirement H6, invariants I4 and I5). Time is paused: it
//! jumps to the next timer as soon as nothing else can go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::{Payload, Service as _};
use actix_web::error::PayloadError;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Bytes;
use async_trait::async_trait;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use tessera_api::{HttpSettings, Perimeter, Services, app};
use tessera_domain::User;
use tessera_services::auth::{
    AuthService, ListUsers, ListUsersError, MockAuthService, RegisterError, RegisterUser, UserListing,
};
use tokio::time::{Instant, sleep};

use crate::support::{Answer, CREATE, REQUEST_TOKEN, USERS, ana, get, post_json, send, services, with_auth};

const ANA: &str = r#"{"username":"ana","email":"ana@example.com","password":"securepassword123"}"#;
const UNAVAILABLE: &str = "The service is temporarily unavailable. Try again later.";

/// Accounts that take `takes` for everything.
struct Slow {
    takes: Duration,
    is_done: Arc<AtomicBool>,
}

impl Slow {
    fn taking(takes: Duration) -> (Services, Arc<AtomicBool>) {
        let is_done = Arc::new(AtomicBool::new(false));
        (with_auth(Self { takes, is_done: Arc::clone(&is_done) }), is_done)
    }

    async fn work(&self) {
        sleep(self.takes).await;
        self.is_done.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl AuthService for Slow {
    async fn register(&self, _: RegisterUser) -> Result<User, RegisterError> {
        self.work().await;
        Ok(ana())
    }

    async fn list_users(&self, _: ListUsers) -> Result<UserListing, ListUsersError> {
        self.work().await;
        Ok(UserListing { users: vec![], next_after: None, shows_email: false })
    }
}

#[actix_web::test]
async fn an_answer_is_there_within_five_seconds() {
    tokio::time::pause();
    let (services, is_done) = Slow::taking(Duration::from_millis(4_900));
    assert_eq!(send(&services, post_json(CREATE, ANA)).await.status, 201);
    assert!(is_done.load(Ordering::SeqCst));
    for request in [post_json(CREATE, ANA), get(USERS)] {
        let (services, _) = Slow::taking(Duration::from_mins(1));
        let started = Instant::now();
        let answer = send(&services, request).await;
        answer.is(503, &json!({"message": UNAVAILABLE}));
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(started.elapsed() < Duration::from_millis(5_100), "{:?}", started.elapsed());
    }
}

#[actix_web::test]
async fn a_change_that_missed_its_deadline_still_ends() {
    tokio::time::pause();
    let (services, is_done) = Slow::taking(Duration::from_secs(8));
    assert_eq!(send(&services, post_json(CREATE, ANA)).await.status, 503);
    assert!(!is_done.load(Ordering::SeqCst));
    sleep(Duration::from_secs(4)).await;
    assert!(is_done.load(Ordering::SeqCst));
}

#[actix_web::test]
async fn a_client_that_hangs_up_stops_a_read_and_no_change() {
    tokio::time::pause();
    for (request, goes_on) in [(post_json(CREATE, ANA), true), (get(USERS), false)] {
        let (services, is_done) = Slow::taking(Duration::from_secs(1));
        let application = init_service(app(&services, HttpSettings::default(), &Perimeter::default())).await;
        let mut answering = Box::pin(application.call(request.to_request()));
        assert!((&mut answering).now_or_never().is_none());
        drop(answering);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(is_done.load(Ordering::SeqCst), goes_on);
    }
}

/// A request whose body comes in these chunks and then, if it `stalls`, never ends.
async fn send_chunks(services: &Services, request: TestRequest, chunks: Vec<Chunk>, stalls: bool) -> Answer {
    let application = init_service(app(services, HttpSettings::default(), &Perimeter::default())).await;
    let sent = stream::iter(chunks).then(|(after, chunk)| async move {
        sleep(after).await;
        chunk
    });
    let end = if stalls { stream::pending().left_stream() } else { stream::empty().right_stream() };
    let payload: Payload = Payload::Stream { payload: Box::pin(sent.chain(end)) };
    let (request, _) = request.to_request().replace_payload(payload);
    Answer::of(call_service(&application, request).await).await
}

/// When it comes, and what it is.
type Chunk = (Duration, Result<Bytes, PayloadError>);

fn chunk(after_seconds: u64, text: &'static str) -> Chunk {
    (Duration::from_secs(after_seconds), Ok(Bytes::from_static(text.as_bytes())))
}

#[actix_web::test]
async fn a_body_that_stalls_is_ended_after_ten_seconds() {
    tokio::time::pause();
    for chunks in [vec![], vec![chunk(0, "{\"a\":")], (0..8).map(|_| chunk(3, " ")).collect()] {
        let started = Instant::now();
        let answer = send_chunks(&services(), post_json(REQUEST_TOKEN, ""), chunks, true).await;
        answer.is(408, &json!({"detail": "The request body did not arrive in time."}));
        let took = started.elapsed();
        assert!((10_000..10_100).contains(&took.as_millis()), "{took:?}");
    }
}

#[actix_web::test]
async fn a_slow_body_leaves_its_answer_all_of_its_time() {
    tokio::time::pause();
    let (services, _) = Slow::taking(Duration::from_millis(4_900));
    let answer = send_chunks(&services, post_json(CREATE, ""), vec![chunk(4, &ANA[..20]), chunk(4, &ANA[20..])], false);
    assert_eq!(answer.await.status, 201);
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_malformed() {
    let broken = (Duration::ZERO, Err(PayloadError::Incomplete(None)));
    let answer = send_chunks(&services(), post_json(CREATE, ""), vec![chunk(0, "{"), broken], false).await;
    answer.is(400, &json!({"message": "The request body is malformed."}));
}

#[actix_web::test]
async fn a_panic_is_an_answer_in_the_contracts_shape() {
    let panicking = || {
        let mut auth = MockAuthService::new();
        auth.expect_register().returning(|_| panic!("hunter2"));
        auth.expect_list_users().returning(|_| panic!("hunter2"));
        with_auth(auth)
    };
    for request in [post_json(CREATE, ANA), get(USERS)] {
        let answer = send(&panicking(), request).await;
        answer.is(500, &json!({"message": "Internal server error."}));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    // The mocks of `services` expect nothing, and panic when they are called.
    let outside = send(&services(), get("/api/health/")).await;
    outside.is_problem(500);
    let detail = send(&services(), post_json(REQUEST_TOKEN, r#"{"username":"a","password":"A"}"#)).await;
    detail.is(500, &json!({"detail": "Internal server error."}));
}
