//! The limits of the HTTP layer.

use std::time::Duration;

/// Limits that configuration and tests may change. All are per request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpSettings {
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a body may take to arrive.
    pub body_deadline: Duration,
    /// How long an answer may take, the arrival of the body not counted.
    pub answer_deadline: Duration,
    /// From which duration on a request is logged for being slow.
    pub slow_after: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit: 64 * 1_024,
            body_deadline: Duration::from_secs(10),
            answer_deadline: Duration::from_secs(5),
            slow_after: Duration::from_secs(1),
        }
    }
}
