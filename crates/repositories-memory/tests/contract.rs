//! Every published promise of the ports that are kept here.

use std::sync::Arc;

use tessera_repositories::UserCache;
use tessera_repositories_memory::MemoryUserCache;

tessera_repositories::user_cache_contract!(async { (Arc::new(MemoryUserCache::new()) as Arc<dyn UserCache>, ()) });
