//! Signing keys: the first one, those that take over from it, and how each process knows all of them in time.
//!
//! A key is stored, and published, before it signs; when it signs follows from the times that are stored with it
//! ([`KeySchedule`](tessera_domain::KeySchedule)). [`KeyRing`] has a process follow what is stored, [`KeyRotation`] changes
//! it, and [`KeysInUse`] is what tokens are signed and verified with meanwhile.

mod first_key;
mod key_ring;
mod key_set;
mod keys_in_use;
mod retire;
mod rotate;
mod rotation_by_age;
#[cfg(test)]
mod sample;

use std::time::Duration;

use tessera_domain::INSTANCES_APART;

pub use first_key::find_or_generate;
pub use key_ring::KeyRing;
pub use key_set::{KeySet, KeySetService, PublishedKeySet};
pub use keys_in_use::KeysInUse;
pub use retire::{RetireKeyError, RetiredKey};
pub use rotate::{Haste, KeyRotation, RotatedKey};
pub use rotation_by_age::KeyKeeper;

#[cfg(feature = "mock")]
pub use key_set::MockKeySetService;

/// How long others may keep the key set before they ask for it again.
pub const KEY_SET_MAX_AGE: Duration = Duration::from_mins(5);

/// How long a key is published before it signs: whoever read the key set a moment before it was there has asked again.
pub const ANNOUNCEMENT: Duration = KEY_SET_MAX_AGE.saturating_add(INSTANCES_APART);
