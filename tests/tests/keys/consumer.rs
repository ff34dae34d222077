//! Another service, which verifies our tokens with the key set that it keeps for as long as it may.

use std::time::Duration;

use tessera_domain::Timestamp;
use tessera_services::ports::Clock as _;
use tessera_tests::{Storage, TestServer, on_every_storage};

use super::{kid, names, of_today, operate};

on_every_storage! {
    a_consumer_never_meets_a_key_that_it_does_not_know
}

/// What it keeps, and until when.
struct Consumer {
    names: Vec<String>,
    until: Timestamp,
}

impl Consumer {
    async fn of(server: &TestServer) -> Self {
        let answer = server.get("/.well-known/jwks.json").await;
        let kept = answer.headers["cache-control"].to_str().expect("text");
        let seconds = kept.strip_prefix("public, max-age=").expect("it may be kept").parse().expect("seconds");
        Self { names: names(&answer), until: server.clock.now().plus(Duration::from_secs(seconds)) }
    }

    /// Whether it knows the key of a token now, asking again only when it has to.
    async fn knows(&mut self, server: &TestServer, token: &str) -> bool {
        if server.clock.now() >= self.until {
            *self = Self::of(server).await;
        }
        self.names.contains(&kid(token))
    }
}

/// Each asks at another moment, the first just before the new key is there; tokens come from either instance.
async fn a_consumer_never_meets_a_key_that_it_does_not_know(storage: Storage) {
    let one = of_today(storage, &[]).await;
    let other = one.another_instance().await;
    let (first, _) = one.sign_up("ana").await;
    let mut consumers = vec![Consumer::of(&one).await];
    operate(one.data(), &["keys", "rotate"]);
    let mut signed_with = vec![kid(&first)];
    for step in 0..25 {
        let (issuing, asked) = if step % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let (access, _) = issuing.log_in("ana").await;
        for consumer in &mut consumers {
            assert!(consumer.knows(asked, &access).await, "step {step}: {} is unknown", kid(&access));
        }
        signed_with.push(kid(&access));
        consumers.push(Consumer::of(asked).await);
        one.clock.advance(Duration::from_secs(20));
    }
    signed_with.dedup();
    assert_eq!(signed_with.len(), 2, "it changed over in the meantime");
}
