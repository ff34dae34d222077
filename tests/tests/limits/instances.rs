//! Counters that several instances share, and what each does while they are away (requirement L2).

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tessera_test_servers::redis::Process;
use tessera_tests::Storage;

use super::{counting, guess_from, sign_up_from};

const HERE: &str = "192.0.2.1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_allow_no_more_between_them_than_one() {
    let first = counting(Storage::Redis, &[]).await;
    sign_up_from(&first, "198.51.100.7", "ana").await;
    let second = first.another_instance().await;
    let guesses = (0..40).map(|number| guess_from(if number % 2 == 0 { &first } else { &second }, HERE, "ana"));
    let mut counts = BTreeMap::new();
    for status in join_all(guesses).await {
        *counts.entry(status).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(401, 10), (429, 30)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_each_instance_allows_half_and_nobody_is_kept_out_by_that() {
    let mut redis = Process::start(&[]);
    let server = counting(Storage::Sqlite, &[("REDIS_URL", redis.url())]).await;
    sign_up_from(&server, HERE, "ana").await;
    let guess = async |times: usize| {
        let mut statuses = Vec::new();
        for _ in 0..times {
            statuses.push(guess_from(&server, HERE, "ana").await);
        }
        statuses
    };
    assert_eq!(guess(2).await, [401; 2]);

    redis.kill();
    assert_eq!(guess(7).await, [[401; 5].as_slice(), &[429; 2]].concat());

    redis.start_again(&[]);
    // Its counters are gone with it. Who could not reach it leaves it alone for a second, and then asks again.
    for _ in 0..100 {
        server.clock.advance(Duration::from_secs(1));
        if guess(1).await == [401] && guess(6).await == [401; 6] {
            return;
        }
    }
    panic!("attempts are still counted apart");
}
