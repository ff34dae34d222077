//! Sixteen tasks that start together.

use std::sync::Arc;

use tokio::sync::Barrier;

/// How many race.
pub(super) const RACERS: usize = 16;

/// Starts what `racer` makes for each of the numbers below [`RACERS`], all at once, and returns what they came to, in
/// the order of the numbers.
pub(super) async fn race<T, F>(racer: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let tasks: Vec<_> = (0..RACERS)
        .map(|number| {
            let (run, start) = (racer(number), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                run.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(RACERS);
    for task in tasks {
        results.push(task.await.expect("no racer panics"));
    }
    results
}

/// How many of `results` are as `wanted`.
pub(super) fn count<T>(results: &[T], wanted: impl Fn(&T) -> bool) -> usize {
    results.iter().filter(|result| wanted(result)).count()
}
