//! Looking at a server: its clock, and what it forgets.

use deadpool_redis::redis::{InfoDict, pipe};
use tessera_domain::Timestamp;
use tessera_repositories::{Condition, Result};

use crate::{RedisStore, health};

/// What was found out about a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisInspection {
    /// What its own clock says.
    pub now: Timestamp,
    /// Whether it may evict keys.
    pub condition: Condition,
    /// Whether what it was told survives its restart.
    pub is_durable: bool,
}

impl RedisStore {
    /// Looks at the server, and changes nothing in it.
    pub async fn inspect(&self) -> Result<RedisInspection> {
        let mut commands = pipe();
        commands.cmd("TIME");
        commands.cmd("INFO").arg("memory");
        commands.cmd("INFO").arg("persistence");
        let answer = self.send("look at the server", self.patience(), &commands).await?;
        let ((seconds, micros), memory, persistence): ((i64, i64), InfoDict, InfoDict) = answer;
        Ok(RedisInspection {
            now: Timestamp::from_unix_micros(seconds.saturating_mul(1_000_000).saturating_add(micros)),
            condition: health::condition(&memory),
            is_durable: persistence.get("aof_enabled") == Some(1),
        })
    }
}
