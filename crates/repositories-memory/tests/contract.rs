//! Every published promise of the ports that are kept here.

use std::sync::Arc;

use tessera_repositories::{RateLimitRepository, UserCache};
use tessera_repositories_memory::{MemoryRateLimits, MemoryUserCache};

tessera_repositories::user_cache_contract!(async { (Arc::new(MemoryUserCache::new()) as Arc<dyn UserCache>, ()) });
tessera_repositories::rate_limit_contract!(async {
    (Arc::new(MemoryRateLimits::new()) as Arc<dyn RateLimitRepository>, ())
});
