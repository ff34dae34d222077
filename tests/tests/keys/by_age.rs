//! Rotation that nobody asks for.

use std::time::Duration;

use tessera_tests::{Storage, TestServer, eventually, on_every_storage};

use super::{ask, kid, listed, published, until_published};

on_every_storage! {
    keys_take_over_month_after_month_and_nobody_is_logged_out
    instances_agree_on_one_next_key
    a_key_goes_when_the_last_of_its_tokens_has_expired
}

const DAY: Duration = Duration::from_hours(24);
const SETTINGS: [(&str, &str); 2] = [("KEY_ROTATION", "30d"), ("SESSION_LIFETIME", "365")];

async fn keys_take_over_month_after_month_and_nobody_is_logged_out(storage: Storage) {
    let server = TestServer::on_with(storage, &SETTINGS).await;
    let (mut access, mut refresh) = server.sign_up("ana").await;
    let mut signed_with = vec![kid(&access)];
    for month in 1..=4 {
        for _ in 0..5 {
            server.clock.advance(5 * DAY);
            (access, refresh) = server.refresh(&refresh).await.tokens().expect("still logged in");
            assert_eq!(ask(&server, &access).await, 201);
        }
        // Four days are left, and then one: the next key waits.
        server.clock.advance(4 * DAY);
        let names = until_published(&server, 2).await;
        assert_eq!(kid(&server.log_in("ana").await.0), signed_with[month - 1], "the next one does not sign yet");
        server.clock.advance(DAY);
        assert_eq!(ask(&server, &access).await, 401, "an access token lives for minutes");
        (access, refresh) = server.refresh(&refresh).await.tokens().expect("the old key still verifies");
        assert_eq!(Some(&kid(&access)), names.last(), "everybody knew it, and nobody had to be told");
        signed_with.push(kid(&access));
    }
    signed_with.dedup();
    assert_eq!(signed_with.len(), 5);
}

async fn instances_agree_on_one_next_key(storage: Storage) {
    let one = TestServer::on_with(storage, &SETTINGS).await;
    let other = one.another_instance().await;
    let (_, refresh) = one.sign_up("ana").await;
    let mut refresh = refresh;
    for _ in 0..5 {
        one.clock.advance((6 * DAY).saturating_sub(Duration::from_hours(5)));
        (_, refresh) = one.refresh(&refresh).await.tokens().expect("logged in");
    }
    // A day and an hour before its turn, and then less than a day: both notice at the same moment.
    one.clock.advance(Duration::from_hours(2));
    let (before, refresh) = other.refresh(&refresh).await.tokens().expect("logged in");
    let names = until_published(&one, 2).await;
    assert_eq!(until_published(&other, 2).await, names);
    for server in [&one, &other] {
        assert_eq!((kid(&before), ask(server, &before).await), (names[0].clone(), 201));
    }
    one.clock.advance(DAY);
    let (after, refresh) = one.refresh(&refresh).await.tokens().expect("logged in");
    let (latest, _) = other.refresh(&refresh).await.tokens().expect("logged in");
    assert_eq!([kid(&after), kid(&latest)], [names[1].clone(), names[1].clone()]);
    for server in [&one, &other] {
        assert_eq!((ask(server, &after).await, ask(server, &latest).await), (201, 201));
    }
    assert_eq!(published(&one).await, names, "and no third one was made");
}

async fn a_key_goes_when_the_last_of_its_tokens_has_expired(storage: Storage) {
    let server = TestServer::on_with(storage, &SETTINGS).await;
    server.sign_up("ana").await;
    server.clock.advance(29 * DAY);
    let names = until_published(&server, 2).await;
    server.clock.advance(DAY.saturating_sub(Duration::from_secs(1)));
    let (access, refresh) = server.log_in("ana").await;
    assert_eq!(kid(&access), names[0], "the last second of the old key");
    server.clock.advance((7 * DAY).saturating_sub(Duration::from_secs(1)));
    assert_eq!(server.refresh(&refresh).await.status, 200, "the last second of its last token");
    assert_eq!(published(&server).await, names);
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(published(&server).await, names[1..]);
    server.clock.advance(2 * DAY);
    eventually("the old key is forgotten", async || (listed(server.data()).len() == 1).then_some(())).await;
}
