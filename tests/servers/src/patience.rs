//! Waiting for what is done beside the requests: as a client does, which asks again a little later.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything is waited for. It says nothing of how long it usually takes, and a busy machine may take its time.
const PATIENCE: Duration = Duration::from_mins(1);
/// The rest between two questions is for those who work on the answer.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer, and leaves the machine to the others in between. `what` says what was waited for when it
/// never came.
pub async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "it never came to pass: {what}");
        sleep(PAUSE).await;
    }
}
