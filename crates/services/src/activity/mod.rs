//! What happened to accounts: noted while requests are answered, and written while nobody waits.
//!
//! A request only puts an entry into a queue in memory. A failed login of a known account therefore takes no longer than
//! one of an unknown (requirement A1), and a storage that is away fails no login. The price: entries that wait are lost
//! with the process, unless it stops in order.

mod queue;
mod recorder;
#[cfg(test)]
mod tests;
mod writer;

pub use queue::{ActivityGauge, ActivityQueue};
pub use recorder::ActivityRecorder;
pub use writer::ActivityWriter;

#[cfg(feature = "mock")]
pub use recorder::MockActivityRecorder;
