//! How many connections there is room for.
//!
//! Every connection is a file descriptor, and so is every database file. A process that runs out of them can neither
//! accept nor store, so the connections are limited to what is left over: the ones beyond wait in the backlog.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Memory for more than this is better spent otherwise; a connection takes some ten kilobytes.
const MOST_CONNECTIONS: u64 = 2_048;
/// Descriptors for everything that is no connection.
const RESERVE: u64 = 128;
const LEAST_CONNECTIONS: u64 = 16;

/// The number of connections to accept at once. Raises the limit of descriptors as far as that takes and is permitted.
pub fn connections() -> usize {
    let wanted = MOST_CONNECTIONS + RESERVE;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
        let higher = Rlimit { current: Some(raised), maximum: limit.maximum };
        if setrlimit(Resource::Nofile, higher).is_ok() {
            limit = higher;
        }
    }
    let free = limit.current.unwrap_or(wanted).saturating_sub(RESERVE);
    usize::try_from(free.clamp(LEAST_CONNECTIONS, MOST_CONNECTIONS)).unwrap_or(usize::MAX)
}
