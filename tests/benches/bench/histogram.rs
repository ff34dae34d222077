//! Latencies, counted in slots that widen with the latency: exact to 1.6 %, from nanoseconds to centuries, in 30 kB.

use std::time::Duration;

/// Each doubling of the latency is cut into `2^FINE` slots.
const FINE: u32 = 6;
const SLOTS: usize = ((u64::BITS - FINE) as usize + 1) << FINE;

/// How often each latency was seen.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u32,
}

impl Default for Histogram {
    /// Of nothing yet.
    fn default() -> Self {
        Self { counts: vec![0; SLOTS], total: 0 }
    }
}

impl Histogram {
    /// Counts one.
    pub fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(slot(nanos)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (count, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *count += theirs;
        }
        self.total += other.total;
    }

    /// How many were counted.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// The latency that `percent` of all did not exceed; zero if there are none.
    pub fn percentile(&self, percent: u64) -> Duration {
        let rank = (u64::from(self.total) * percent).div_ceil(100);
        let mut seen = 0;
        let reached = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        });
        if rank == 0 { Duration::ZERO } else { reached.map_or(Duration::ZERO, upper_end) }
    }
}

/// Small latencies have a slot each; of a larger one the leading `FINE + 1` bits decide.
fn slot(nanos: u64) -> usize {
    let dropped = dropped_bits(nanos);
    let leading = usize::try_from(nanos >> dropped).unwrap_or(usize::MAX);
    leading.saturating_add((dropped as usize) << FINE)
}

fn dropped_bits(nanos: u64) -> u32 {
    (u64::BITS - nanos.leading_zeros()).saturating_sub(FINE + 1)
}

/// The largest latency that falls into a slot.
fn upper_end(slot: usize) -> Duration {
    let dropped = (slot >> FINE).saturating_sub(1);
    let leading = slot - (dropped << FINE);
    Duration::from_nanos((leading as u64).saturating_add(1).saturating_mul(1 << dropped).saturating_sub(1))
}
