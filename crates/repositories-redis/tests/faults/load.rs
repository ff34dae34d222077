//! Eight tasks that make tokens and try to spend each of them several times, until they are told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tessera_domain::OneTimePurpose;
use tessera_repositories::{Earlier, OneTimeTokenRepository as _};
use tessera_repositories_redis::{RedisOneTimeTokens, RedisStore};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{NOW, RECOVERY, token};

/// How often each token is presented.
const TRIES: usize = 4;

pub struct Load {
    tasks: JoinSet<()>,
    spent: watch::Receiver<u32>,
    refused: watch::Receiver<u32>,
    is_over: Arc<AtomicBool>,
}

impl Load {
    pub fn start(store: &RedisStore) -> Self {
        let (count_spent, spent) = watch::channel(0);
        let (count_refused, refused) = watch::channel(0);
        let (is_over, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let (tokens, is_over, next) = (RedisOneTimeTokens::new(store), Arc::clone(&is_over), Arc::clone(&next));
            let (count_spent, count_refused) = (count_spent.clone(), count_refused.clone());
            tasks.spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let given = present(&tokens, next.fetch_add(1, Ordering::Relaxed), &count_refused).await;
                    assert!(given <= 1, "spent {given} times");
                    count_spent.send_modify(|count| *count += given);
                }
            });
        }
        Self { tasks, spent, refused, is_over }
    }

    /// Waits until so many more tokens were spent.
    pub async fn spent(&mut self, more: u32) {
        until_more(&mut self.spent, more).await;
    }

    /// Waits until so many more calls were refused.
    pub async fn refused(&mut self, more: u32) {
        until_more(&mut self.refused, more).await;
    }

    pub async fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.tasks.join_all().await;
    }
}

/// Makes a token and presents it several times. Returns how often it was given out.
async fn present(tokens: &RedisOneTimeTokens, number: u32, count_refused: &watch::Sender<u32>) -> u32 {
    let token = token(number);
    let mut given = 0;
    let mut outcomes = vec![tokens.insert(&token, Earlier::Keep).await.map(|_| None)];
    for _ in 0..TRIES {
        outcomes.push(tokens.consume(&token.digest, OneTimePurpose::OneTime, NOW).await);
    }
    for outcome in outcomes {
        match outcome {
            Ok(found) => given += u32::from(found.is_some()),
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                count_refused.send_modify(|count| *count += 1);
            }
        }
    }
    tokio::task::yield_now().await;
    given
}

async fn until_more(count: &mut watch::Receiver<u32>, more: u32) {
    let wanted = *count.borrow() + more;
    let reached = timeout(RECOVERY, count.wait_for(|count| *count >= wanted)).await;
    reached.expect("in time").expect("the load goes on");
}
