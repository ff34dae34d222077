//! What came of a load.

use std::time::Duration;

use crate::histogram::Histogram;

/// The answers of a server to a load, all of them successes.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub latencies: Histogram,
    pub elapsed: Duration,
    /// The processor time that the server used meanwhile.
    pub cpu: Duration,
}

impl Outcome {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        f64::from(self.latencies.total()) / self.elapsed.as_secs_f64()
    }

    /// The server's processor time for one answer.
    pub fn cpu_per_answer(&self) -> Duration {
        self.cpu / self.latencies.total().max(1)
    }

    /// How much of one core the server used.
    pub fn busy(&self) -> f64 {
        self.cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// Adds another run of the same load, so that the two count as one.
    pub fn add(&mut self, other: &Self) {
        self.latencies.merge(&other.latencies);
        self.elapsed += other.elapsed;
        self.cpu += other.cpu;
    }
}
