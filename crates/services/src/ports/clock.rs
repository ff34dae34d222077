//! The present moment.

use tessera_domain::Timestamp;

/// Tells the time. Within one process it never goes back, whatever happens to the system's clock.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
