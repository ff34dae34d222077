//! In what order a worker works when much comes at once.
//!
//! A worker that begins everything that has come, before it goes on, keeps each storage waiting for the last of it, and is kept
//! waiting itself while the storage works. So it begins a few, sends what they ask for on its way, and begins the next few
//! while the first are worked on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem;

use tokio::sync::oneshot;
use tokio::task::yield_now;

/// How many are begun together, if there are not many. With fewer a storage has less to do in one go; with more a worker of few
/// connections has nothing left to begin meanwhile.
const TOGETHER: usize = 8;
/// Which part of those that wait is begun together, if that is more.
const PART: usize = 4;

thread_local! {
    /// That of this worker: it is a thread.
    static PACE: RefCell<Pace> = RefCell::default();
}

#[derive(Default)]
struct Pace {
    /// How many were begun since everybody else last had their turn, as far as it is known.
    begun: usize,
    /// Those that come later, in their order.
    waiting: VecDeque<oneshot::Sender<()>>,
    /// Whether somebody sees to them.
    is_kept: bool,
}

/// Sees to those that wait. Whatever becomes of it, nobody waits for it afterwards.
struct Keeper;

impl Drop for Keeper {
    fn drop(&mut self) {
        // The thread may be ending.
        let _ = PACE.try_with(RefCell::take);
    }
}

/// Waits until it is time to begin: not at all, unless as many were begun since somebody last waited.
pub(super) async fn turn() {
    let turn = PACE.with_borrow_mut(|pace| {
        if pace.begun < TOGETHER {
            pace.begun += 1;
            return None;
        }
        let (tell, told) = oneshot::channel();
        pace.waiting.push_back(tell);
        Some((told, mem::replace(&mut pace.is_kept, true)))
    });
    if let Some((turn, is_kept)) = turn {
        if !is_kept {
            actix_web::rt::spawn(keep(Keeper));
        }
        let _it_is_time = turn.await;
    }
}

/// Has the next few begin whenever everybody else had their turn, until nobody waits.
async fn keep(_: Keeper) {
    let mut goes_on = true;
    while goes_on {
        yield_now().await;
        goes_on = PACE.with_borrow_mut(|pace| {
            pace.begun = 0;
            let together = TOGETHER.max(pace.waiting.len() / PART);
            while pace.begun < together
                && let Some(next) = pace.waiting.pop_front()
            {
                // Not those that have left.
                pace.begun += usize::from(next.send(()).is_ok());
            }
            pace.begun > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use actix_web::rt::spawn;
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    #[actix_web::test]
    async fn what_few_ask_for_is_sent_on_its_way_before_the_next_begin() {
        const ALL: usize = 7 * TOGETHER + 3;
        let (begun, sent) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let request = || {
            let (begun, sent) = (Rc::clone(&begun), Rc::clone(&sent));
            spawn(async move {
                turn().await;
                assert!(begun.get() - sent.get() < TOGETHER.max(ALL / PART));
                begun.set(begun.get() + 1);
                spawn(async move { sent.set(sent.get() + 1) });
            })
        };
        for ended in join_all((0..ALL).map(|_| request())).await {
            ended.expect("it was not too early");
        }
        assert_eq!(begun.get(), ALL);
    }

    #[actix_web::test]
    async fn a_few_do_not_wait_and_nobody_waits_for_those_who_have_left() {
        for _ in 0..TOGETHER {
            assert!(turn().now_or_never().is_some());
        }
        let mut left: Vec<_> = (0..3 * TOGETHER).map(|_| Box::pin(turn())).collect();
        assert!(left.iter_mut().all(|turn| turn.now_or_never().is_none()));
        drop(left);
        turn().await;
        yield_now().await;
        assert!(!PACE.with_borrow(|pace| pace.is_kept));
        assert!(turn().now_or_never().is_some());
    }

    #[test]
    fn a_worker_that_goes_away_leaves_nothing_that_the_next_one_on_its_thread_would_wait_for() {
        for _ in 0..2 {
            actix_web::rt::System::new().block_on(async {
                for _ in 0..2 * TOGETHER {
                    turn().await;
                }
            });
        }
    }
}
