//! The keys of a first start.

use tessera_domain::{Algorithm, SigningKey, Timestamp};
use tessera_repositories::{InsertKeyOutcome, SigningKeyRepository};

use crate::Outage;
use crate::ports::KeyGenerator;

/// The keys of `algorithm`, oldest first; if there is none yet, a new one, or the one that another instance stored a
/// moment earlier.
pub async fn find_or_generate(
    keys: &dyn SigningKeyRepository,
    generator: &dyn KeyGenerator,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<Vec<SigningKey>, Outage> {
    let found = keys.list(algorithm).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let key = generator.generate(now)?;
    match keys.insert_first(&key).await? {
        InsertKeyOutcome::Inserted => {
            tracing::info!(kid = %key.id, "made the first signing key");
            Ok(vec![key])
        }
        InsertKeyOutcome::Exists(theirs) => Ok(vec![theirs]),
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::{KeyId, KeyState, SealedKey};
    use tessera_repositories::MockSigningKeyRepository;

    use super::*;
    use crate::ports::MockKeyGenerator;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1);

    fn key(name: &str) -> SigningKey {
        SigningKey {
            id: KeyId::parse(name).expect("a name"),
            algorithm: Algorithm::Es256,
            public: vec![4; 65],
            private: SealedKey::from_bytes(vec![1]),
            created_at: NOW,
            state: KeyState::Active { since: NOW },
        }
    }

    #[tokio::test]
    async fn keeps_the_keys_there_are() {
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_list().return_once(|_| Ok(vec![key("old")]));
        let found = find_or_generate(&keys, &MockKeyGenerator::new(), Algorithm::Es256, NOW).await;
        assert_eq!(found.expect("keys"), [key("old")]);
    }

    #[tokio::test]
    async fn uses_the_key_of_the_instance_that_was_first() {
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_list().return_once(|_| Ok(vec![]));
        keys.expect_insert_first().return_once(|_| Ok(InsertKeyOutcome::Exists(key("theirs"))));
        let mut generator = MockKeyGenerator::new();
        generator.expect_generate().return_once(|_| Ok(key("ours")));
        let found = find_or_generate(&keys, &generator, Algorithm::Es256, NOW).await;
        assert_eq!(found.expect("keys"), [key("theirs")]);
    }
}
