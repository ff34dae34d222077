//! One cache for several processes.

use std::time::Duration;

use tessera_domain::{Email, User, UserId};
use tessera_repositories::UserCache as _;
use tessera_repositories_redis::RedisUserCache;
use tessera_test_servers::redis::Prefix;

use crate::NOW;
use crate::support::store;

fn user(seconds: u64) -> User {
    User {
        id: UserId::from_bytes([1; 16]),
        email: Email::parse("ana@example.com").expect("an address"),
        username: None,
        full_name: None,
        is_active: true,
        is_verified: false,
        is_staff: false,
        is_superuser: false,
        date_joined: NOW,
        updated_at: NOW.plus(Duration::from_secs(seconds)),
        last_login: None,
        last_login_ip: None,
    }
}

/// What one process announces as changed, no other finds any more, or puts back.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_one_process_counts_in_all() {
    let prefix = Prefix::fresh();
    let (one, other) = (RedisUserCache::new(&store(&prefix).await), RedisUserCache::new(&store(&prefix).await));
    let until = NOW.plus(Duration::from_secs(30));
    let (old, new) = (user(1), user(2));
    one.put(&old, until).await.expect("put");
    assert_eq!(other.find(old.id, NOW).await.expect("found"), Some(old.clone()));
    other.evict(old.id, new.updated_at, until).await.expect("evicted");
    assert_eq!(one.find(old.id, NOW).await.expect("looked for"), None);
    one.put(&old, until).await.expect("refused without a word");
    assert_eq!(other.find(old.id, NOW).await.expect("looked for"), None);
    one.put(&new, until).await.expect("put");
    assert_eq!(other.find(old.id, NOW).await.expect("found"), Some(new));
}
