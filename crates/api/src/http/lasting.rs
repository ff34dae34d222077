//! Work that ends once it has begun, whoever still waits for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

/// Work that whoever waits for it does. If they leave before it ends, it goes on in a task of its own; nearly always they
/// stay, so that nearly all work is done without one.
pub(super) struct Lasting<T: 'static>(Option<LocalBoxFuture<'static, T>>);

impl<T> Lasting<T> {
    /// Lets `work` last. It begins when somebody waits for it, or leaves.
    pub fn new(work: impl Future<Output = T> + 'static) -> Self {
        Self(Some(work.boxed_local()))
    }
}

impl<T> Future for Lasting<T> {
    type Output = T;

    /// Work that panics is over: it is not here while it is done.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(mut work) = self.0.take() else { return Poll::Pending };
        let state = work.poll_unpin(context);
        if state.is_pending() {
            self.0 = Some(work);
        }
        state
    }
}

/// Needs a worker around it, as everything that is done here has.
impl<T> Drop for Lasting<T> {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            actix_web::rt::spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    use futures_util::poll;
    use tokio::sync::oneshot;

    use super::*;

    /// Work that waits for a sign, the sign, and whether the work has ended.
    fn work() -> (Lasting<&'static str>, oneshot::Sender<()>, Rc<Cell<bool>>) {
        let (sign, given) = oneshot::channel::<()>();
        let ended = Rc::new(Cell::new(false));
        let end = Rc::clone(&ended);
        let work = async move {
            let _is_given = given.await;
            end.set(true);
            "done"
        };
        (Lasting::new(work), sign, ended)
    }

    #[actix_web::test]
    async fn who_waits_is_given_what_comes_of_it() {
        let (work, sign, ended) = work();
        sign.send(()).expect("awaited");
        assert_eq!((work.await, ended.get()), ("done", true));
    }

    #[actix_web::test]
    async fn it_ends_when_nobody_waits_any_more() {
        let (mut work, sign, ended) = work();
        assert!(poll!(&mut work).is_pending());
        drop(work);
        sign.send(()).expect("the work goes on");
        tokio::task::yield_now().await;
        assert!(ended.get());
    }

    #[actix_web::test]
    async fn a_panic_is_its_end() {
        let mut work = Lasting::new(async { panic!("as the test wants") });
        let mut context = Context::from_waker(std::task::Waker::noop());
        let panicked = catch_unwind(AssertUnwindSafe(|| work.poll_unpin(&mut context)));
        assert!(panicked.is_err() && work.0.is_none(), "nothing is left to go on with");
    }
}
