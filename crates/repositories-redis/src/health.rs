//! Whether the server can be reached and takes writes, and whether it may forget what it was told to keep.

use async_trait::async_trait;
use deadpool_redis::redis::{InfoDict, pipe};
use tessera_repositories::{Condition, Result, StorageHealth};

use crate::RedisStore;

/// How long what is written lasts, in seconds.
const TRACE: u32 = 60;

#[async_trait]
impl StorageHealth for RedisStore {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn check(&self) -> Result<Condition> {
        let mut commands = pipe();
        commands.cmd("SET").arg(self.keys().health()).arg("ok").arg("EX").arg(TRACE).ignore();
        commands.cmd("INFO").arg("memory");
        let (memory,): (InfoDict,) = self.send("check the server", self.patience(), &commands).await?;
        Ok(condition(&memory))
    }
}

/// A server with a limit either refuses writes when it is full, or makes room. What it throws away then is missed: tokens
/// that were not spent are unknown, limits begin anew, and what others look up on the blacklist is not there.
pub(crate) fn condition(memory: &InfoDict) -> Condition {
    let limit: u64 = memory.get("maxmemory").unwrap_or_default();
    let policy: String = memory.get("maxmemory_policy").unwrap_or_default();
    if limit == 0 || policy.is_empty() || policy == "noeviction" {
        return Condition::Good;
    }
    Condition::Questionable(format!(
        "may evict keys when it is full (maxmemory-policy is {policy}); set it to noeviction"
    ))
}

#[cfg(test)]
mod tests {
    use deadpool_redis::redis::{Value, from_redis_value};

    use super::*;

    fn condition_of(info: &str) -> Condition {
        let value = Value::BulkString(info.as_bytes().to_vec());
        condition(&from_redis_value(value).expect("as the server writes it"))
    }

    #[test]
    fn only_a_server_with_a_limit_that_it_keeps_by_forgetting_is_a_concern() {
        for info in [
            "maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n",
            "maxmemory:100\r\nmaxmemory_policy:noeviction\r\n",
            "# Memory\r\nused_memory:1\r\n",
        ] {
            assert_eq!(condition_of(info), Condition::Good, "{info}");
        }
        let Condition::Questionable(concern) = condition_of("maxmemory:100\r\nmaxmemory_policy:volatile-ttl\r\n")
        else {
            panic!("it may evict");
        };
        assert!(concern.contains("maxmemory-policy is volatile-ttl"), "{concern}");
    }
}
