//! Counting requests: by route and status, and how long they took.
//!
//! Every request passes here. So each worker has numbers of its own, which nobody else writes, and only who reads them adds
//! them up. Nothing is locked, allocated or looked up by a name: a route is its place in the order of registration, which is
//! the same in every worker. Whatever has no route is one, however many paths a stranger thinks of.

use std::array;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};

use crate::contracts::owner_of;

/// The classes that durations fall into: each goes up to its bound, and one more is for what is longer. From a token that
/// is verified again, in microseconds, to the deadline of a request.
pub const BOUNDS: [Duration; 16] = [
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    Duration::from_secs(5),
];

/// The statuses that are told apart, the frequent ones first. All others are one.
const STATUSES: [u16; 20] =
    [200, 201, 204, 401, 400, 403, 404, 429, 503, 422, 409, 405, 408, 413, 415, 304, 302, 303, 410, 500];

/// What no route answers.
const UNMATCHED: Route = Route { contract: "none", method: String::new(), path: "(unknown)" };

/// The name of everything that belongs to no contract.
const SYSTEM: &str = "system";

/// The requests of all workers.
#[derive(Debug)]
pub struct Traffic {
    routes: Vec<Route>,
    workers: Mutex<Vec<Arc<Numbers>>>,
}

/// What answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The contract that it belongs to; `system` if it belongs to none, and `none` where there is no route.
    pub contract: &'static str,
    /// The method; a `HEAD` counts as the `GET` that it is.
    pub method: String,
    /// The template of the path.
    pub path: &'static str,
}

/// What was counted of one route.
#[derive(Debug, Clone)]
pub struct RouteTraffic {
    /// Which one.
    pub route: Route,
    /// How many were answered, by status; `None` stands for all statuses that are not told apart.
    pub answers: Vec<(Option<u16>, u64)>,
    /// How many fell into each class of [`BOUNDS`]; the last is for what took longer.
    pub classes: [u64; BOUNDS.len() + 1],
    /// How long all of them took together.
    pub total: Duration,
}

impl Traffic {
    /// Nothing yet, of these routes in the order of their registration.
    pub fn new(registered: Vec<(Method, &'static str)>) -> Self {
        let route = |(method, path): (Method, _)| Route {
            contract: owner_of(path).map_or(SYSTEM, |contract| contract.name),
            method: method.as_str().to_owned(),
            path,
        };
        let routes = registered.into_iter().map(route).chain([UNMATCHED]).collect();
        Self { routes, workers: Mutex::default() }
    }

    /// The numbers of one more worker.
    pub(crate) fn worker(&self) -> Rc<WorkerTraffic> {
        let numbers = Arc::new(Numbers::new(self.routes.len()));
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&numbers));
        Rc::new(WorkerTraffic { numbers, route: Cell::new(None) })
    }

    /// How many requests are being answered.
    pub fn in_flight(&self) -> u64 {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.iter().map(|numbers| numbers.in_flight.load(Ordering::Relaxed)).sum()
    }

    /// What was counted, route by route; the last is for what no route answered.
    pub fn by_route(&self) -> Vec<RouteTraffic> {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = |(place, route): (usize, &Route)| {
            let of_route = workers.iter().filter_map(|numbers| numbers.routes.get(place));
            RouteTraffic::sum(route.clone(), of_route)
        };
        self.routes.iter().enumerate().map(counted).collect()
    }
}

impl RouteTraffic {
    fn sum<'a>(route: Route, workers: impl Iterator<Item = &'a RouteNumbers>) -> Self {
        let (mut answers, mut classes, mut nanos) = ([0; STATUSES.len() + 1], [0; BOUNDS.len() + 1], 0);
        for numbers in workers {
            add(&mut answers, &numbers.answers);
            add(&mut classes, &numbers.classes);
            nanos += numbers.nanos.load(Ordering::Relaxed);
        }
        let statuses = STATUSES.into_iter().map(Some).chain([None]);
        let answers = statuses.zip(answers).filter(|(_, count)| *count > 0).collect();
        Self { route, answers, classes, total: Duration::from_nanos(nanos) }
    }
}

fn add<const N: usize>(sums: &mut [u64; N], numbers: &[AtomicU64; N]) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number.load(Ordering::Relaxed);
    }
}

/// What one worker counts.
#[derive(Debug)]
struct Numbers {
    in_flight: AtomicU64,
    routes: Vec<RouteNumbers>,
}

#[derive(Debug)]
struct RouteNumbers {
    answers: [AtomicU64; STATUSES.len() + 1],
    classes: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

impl Numbers {
    fn new(routes: usize) -> Self {
        let none = || RouteNumbers {
            answers: array::from_fn(|_| AtomicU64::new(0)),
            classes: array::from_fn(|_| AtomicU64::new(0)),
            nanos: AtomicU64::new(0),
        };
        Self { in_flight: AtomicU64::new(0), routes: (0..routes).map(|_| none()).collect() }
    }
}

impl RouteNumbers {
    fn note(&self, status: StatusCode, took: Duration) {
        let status = STATUSES.iter().position(|told| *told == status.as_u16()).unwrap_or(STATUSES.len());
        let class = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(BOUNDS.len());
        for number in [self.answers.get(status), self.classes.get(class)].into_iter().flatten() {
            change(number, |number| number.wrapping_add(1));
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        change(&self.nanos, |sum| sum.wrapping_add(nanos));
    }
}

/// Changes a number whose only writer is this thread. It is atomic for the sake of its readers; two steps are enough, and
/// several times faster than one that no other writer could come between.
fn change(number: &AtomicU64, next: impl FnOnce(u64) -> u64) {
    number.store(next(number.load(Ordering::Relaxed)), Ordering::Relaxed);
}

/// The numbers of one worker, on its thread: it cannot be sent to another.
///
/// The endpoint knows which route a request took, and the outermost layer when it is answered. The first leaves its place
/// here at the end of its work; the other takes it in the same turn of the worker, since nothing between them waits.
#[derive(Debug)]
pub(crate) struct WorkerTraffic {
    numbers: Arc<Numbers>,
    route: Cell<Option<usize>>,
}

impl WorkerTraffic {
    /// A request was answered by the route at this place.
    pub(super) fn took(&self, route: usize) {
        self.route.set(Some(route));
    }
}

/// A request that is being answered; one that is given up no longer is.
#[derive(Debug)]
pub(super) struct InFlight(Rc<WorkerTraffic>);

impl InFlight {
    pub(super) fn begin(worker: &Rc<WorkerTraffic>) -> Self {
        change(&worker.numbers.in_flight, |number| number.wrapping_add(1));
        Self(Rc::clone(worker))
    }

    /// It is answered with this status, after this time.
    pub(super) fn end(self, status: StatusCode, took: Duration) {
        let routes = &self.0.numbers.routes;
        let numbers = self.0.route.take().and_then(|place| routes.get(place)).or(routes.last());
        if let Some(numbers) = numbers {
            numbers.note(status, took);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        change(&self.0.numbers.in_flight, |number| number.wrapping_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic() -> Traffic {
        Traffic::new(vec![(Method::GET, "/api/v1/users"), (Method::GET, "/livez")])
    }

    fn answer(worker: &Rc<WorkerTraffic>, route: Option<usize>, status: u16, millis: u64) {
        let request = InFlight::begin(worker);
        if let Some(route) = route {
            worker.took(route);
        }
        request.end(StatusCode::from_u16(status).expect("a status"), Duration::from_millis(millis));
    }

    #[test]
    fn the_workers_are_added_up_route_by_route() {
        let traffic = traffic();
        let (one, other) = (traffic.worker(), traffic.worker());
        answer(&one, Some(0), 200, 1);
        answer(&other, Some(0), 200, 3);
        answer(&other, Some(0), 401, 6_000);
        answer(&one, Some(1), 418, 0);
        let counted = traffic.by_route();
        let summary: Vec<_> = counted.iter().map(|it| (it.route.contract, it.route.path, it.answers.clone())).collect();
        let users = ("users", "/api/v1/users", vec![(Some(200), 2), (Some(401), 1)]);
        assert_eq!(summary, [users, ("system", "/livez", vec![(None, 1)]), ("none", "(unknown)", vec![])]);
        assert_eq!(counted[0].total, Duration::from_millis(6_004));
        assert_eq!((counted[0].classes[4], counted[0].classes[6], counted[0].classes[16]), (1, 1, 1));
    }

    #[test]
    fn what_no_route_answered_is_one_and_is_not_taken_for_the_one_before() {
        let traffic = traffic();
        let worker = traffic.worker();
        answer(&worker, Some(0), 200, 1);
        answer(&worker, None, 404, 1);
        assert_eq!(traffic.by_route()[0].answers, [(Some(200), 1)]);
        assert_eq!(traffic.by_route()[2].answers, [(Some(404), 1)]);
    }

    #[test]
    fn a_request_that_is_given_up_is_no_longer_under_way() {
        let traffic = traffic();
        let worker = traffic.worker();
        let request = InFlight::begin(&worker);
        assert_eq!(traffic.in_flight(), 1);
        drop(request);
        assert_eq!(traffic.in_flight(), 0);
        assert!(traffic.by_route().iter().all(|it| it.answers.is_empty()));
    }

    #[test]
    fn the_classes_are_in_order() {
        assert!(BOUNDS.is_sorted());
    }
}
