//! Questions of one kind that come at about the same time, asked as one.
//!
//! A worker that is busy has several requests at once that want the same done, each to something else. What a question to the
//! server costs, whatever it asks, is then paid once: the first opens a batch, and who comes before it is asked joins it.
//! Nobody waits for more to come, and each thread has batches of its own, so that none is woken by another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;

use crate::error::Failure;

/// How many are asked as one: a server that runs a script does nothing else meanwhile.
const MOST: usize = 64;

/// The open batches of one kind. Clones share them.
pub(crate) struct Gathering<Q, A>(Batches<Q, A>);

/// At most one in each place.
type Batches<Q, A> = Arc<Mutex<HashMap<Place, Vec<Asked<Q, A>>>>>;

/// A thread, and a runtime that works on it: another that does may not come to work while somebody waits.
type Place = (ThreadId, runtime::Id);

/// A question, and where its answer goes.
type Asked<Q, A> = (Q, oneshot::Sender<Result<A, Failure>>);

/// What each of several questions is answered, in their order; or why none is.
pub(crate) type Answers<A> = Result<Vec<Result<A, Failure>>, Failure>;

impl<Q: Send + 'static, A: Send + 'static> Gathering<Q, A> {
    /// Nobody asks anything yet.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Asks a question together with others: with `ask`, unless another question opened the batch. A batch is asked to its end,
    /// whoever still waits for it, unless its runtime ends.
    pub async fn ask<F>(&self, question: Q, ask: impl FnOnce(Vec<Q>) -> F + Send + 'static) -> Result<A, Failure>
    where
        F: Future<Output = Answers<A>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        match self.join((question, tell)) {
            Joined::First(batch) => drop(tokio::spawn(async move { answer(batch.close(), ask).await })),
            Joined::Later => {}
            Joined::None(asked) => drop(tokio::spawn(answer(vec![asked], ask))),
        }
        told.await.unwrap_or(Err(Failure::Abandoned))
    }

    fn join(&self, asked: Asked<Q, A>) -> Joined<Q, A> {
        let place = (thread::current().id(), Handle::current().id());
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match batches.get_mut(&place) {
            Some(batch) if batch.len() < MOST => {
                batch.push(asked);
                Joined::Later
            }
            Some(_) => Joined::None(asked),
            None => {
                batches.insert(place, vec![asked]);
                Joined::First(Open { batches: Arc::clone(&self.0), place: Some(place) })
            }
        }
    }
}

impl<Q, A> Clone for Gathering<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

async fn answer<Q, A, F>(asked: Vec<Asked<Q, A>>, ask: impl FnOnce(Vec<Q>) -> F)
where
    F: Future<Output = Answers<A>>,
{
    let (questions, askers): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    // Nobody may be there any more.
    match ask(questions).await {
        Ok(answers) => askers.into_iter().zip(answers).for_each(|(asker, answer)| drop(asker.send(answer))),
        Err(failure) => askers.into_iter().for_each(|asker| drop(asker.send(Err(failure.clone())))),
    }
}

/// What a question has joined.
enum Joined<Q, A> {
    /// A batch that it opened.
    First(Open<Q, A>),
    /// The batch of another.
    Later,
    /// None: the batch is full.
    None(Asked<Q, A>),
}

/// A batch that others may join, until it is closed or given up.
struct Open<Q, A> {
    batches: Batches<Q, A>,
    /// Where it is, while it is open.
    place: Option<Place>,
}

impl<Q, A> Open<Q, A> {
    fn close(mut self) -> Vec<Asked<Q, A>> {
        self.take()
    }

    fn take(&mut self) -> Vec<Asked<Q, A>> {
        let Some(place) = self.place.take() else { return Vec::new() };
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).remove(&place).unwrap_or_default()
    }
}

/// The worker may go away before it comes to ask.
impl<Q, A> Drop for Open<Q, A> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::task::Poll;

    use tokio::runtime::Builder;
    use tokio::task::JoinSet;

    use super::*;

    type Doubling = Gathering<usize, usize>;

    /// Who asks for odd numbers does it wrong.
    async fn double(numbers: Vec<usize>) -> Answers<usize> {
        tokio::task::yield_now().await;
        let double = |number: usize| if number.is_multiple_of(2) { Ok(2 * number) } else { Err(Failure::Late) };
        Ok(numbers.into_iter().map(double).collect())
    }

    /// Has a future begin, and not end.
    async fn begin(future: &mut (impl Future + Unpin)) {
        let state = poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_pending())).await;
        assert!(state, "it has ended");
    }

    /// What each of the first numbers is answered, and of how many numbers each batch was.
    async fn ask_all(gathering: &Doubling, count: usize) -> (Vec<Option<usize>>, Vec<usize>) {
        let sizes = Arc::<Mutex<Vec<usize>>>::default();
        let mut askers = JoinSet::new();
        for number in 0..count {
            let (gathering, sizes) = (gathering.clone(), Arc::clone(&sizes));
            askers.spawn(async move {
                let ask = move |numbers: Vec<usize>| {
                    sizes.lock().expect("unpoisoned").push(numbers.len());
                    double(numbers)
                };
                (number, gathering.ask(number, ask).await.ok())
            });
        }
        let mut answers = askers.join_all().await;
        answers.sort_unstable();
        let sizes = sizes.lock().expect("unpoisoned").clone();
        (answers.into_iter().map(|(_, answer)| answer).collect(), sizes)
    }

    #[tokio::test]
    async fn who_comes_at_the_same_time_is_asked_for_together_and_answered_alone() {
        let gathering = Doubling::new();
        for _ in 0..2 {
            let (answers, sizes) = ask_all(&gathering, 5).await;
            assert_eq!(answers, [Some(0), None, Some(4), None, Some(8)]);
            assert_eq!(sizes, [5]);
        }
    }

    #[tokio::test]
    async fn a_batch_has_an_end() {
        let (answers, sizes) = ask_all(&Doubling::new(), MOST + 2).await;
        assert_eq!(answers.iter().flatten().count(), MOST / 2 + 1);
        assert_eq!(sizes.iter().sum::<usize>(), MOST + 2);
        assert!(sizes.contains(&MOST) && sizes.len() == 3, "{sizes:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn every_question_is_asked_once_on_however_many_threads() {
        let (answers, sizes) = ask_all(&Doubling::new(), 2_000).await;
        assert_eq!(answers.iter().flatten().sum::<usize>(), (0..2_000).step_by(2).map(|number| 2 * number).sum());
        assert_eq!(sizes.iter().sum::<usize>(), 2_000);
    }

    #[tokio::test]
    async fn what_fails_for_all_fails_for_each() {
        let gathering = Doubling::new();
        let ask = || gathering.ask(1, async |_| Err(Failure::Replica));
        let (one, other) = tokio::join!(ask(), ask());
        assert!(matches!((one, other), (Err(Failure::Replica), Err(Failure::Replica))));
    }

    #[tokio::test]
    async fn who_leaves_takes_nobody_along() {
        let gathering = Doubling::new();
        let mut first = Box::pin(gathering.ask(2, double));
        begin(&mut first).await;
        let second = gathering.ask(4, double);
        drop(first);
        assert!(matches!(second.await, Ok(8)));
    }

    #[test]
    fn a_worker_that_goes_away_leaves_no_batch_behind() {
        let gathering = Doubling::new();
        let runtime = || Builder::new_current_thread().build().expect("a runtime");
        let gone = runtime();
        let mut question = Box::pin(gathering.ask(2, double));
        gone.block_on(begin(&mut question));
        drop(gone);
        runtime().block_on(async {
            assert!(matches!(question.await, Err(Failure::Abandoned)));
            assert!(matches!(gathering.ask(4, double).await, Ok(8)));
        });
    }
}
