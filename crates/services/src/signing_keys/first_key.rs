//! The key of a first start.

use std::time::Duration;

use tessera_domain::{Algorithm, KeySchedule, SigningKey, Timestamp};
use tessera_repositories::{AppendKeyOutcome, SigningKeyRepository};

use crate::Outage;
use crate::ports::KeyGenerator;

/// The keys of `algorithm`; if there is none yet, a new one, or the one that another instance stored a moment earlier.
pub async fn find_or_generate(
    keys: &dyn SigningKeyRepository,
    generator: &dyn KeyGenerator,
    algorithm: Algorithm,
    token_lifetime: Duration,
    now: Timestamp,
) -> Result<KeySchedule, Outage> {
    let found = KeySchedule::of(keys.list(algorithm).await?);
    if found.signing(now).is_some() {
        return Ok(found);
    }
    let key = SigningKey { token_lifetime, ..generator.generate(now)? };
    match keys.append(&key, None).await? {
        AppendKeyOutcome::Appended => tracing::info!(kid = %key.id, "made the first signing key"),
        AppendKeyOutcome::Overtaken => tracing::debug!("another instance made the first signing key"),
    }
    Ok(KeySchedule::of(keys.list(algorithm).await?))
}

#[cfg(test)]
mod tests {
    use tessera_repositories::MockSigningKeyRepository;

    use super::super::sample::{LIFETIME, generator, key};
    use super::*;
    use crate::fixtures::NOW;
    use crate::ports::MockKeyGenerator;

    async fn find(keys: &MockSigningKeyRepository, generator: &MockKeyGenerator) -> KeySchedule {
        find_or_generate(keys, generator, Algorithm::Es256, LIFETIME, NOW).await.expect("keys")
    }

    #[tokio::test]
    async fn keeps_the_keys_there_are() {
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_list().return_once(|_| Ok(vec![key("old", NOW)]));
        assert_eq!(find(&keys, &MockKeyGenerator::new()).await.keys(), [key("old", NOW)]);
    }

    #[tokio::test]
    async fn uses_the_key_of_the_instance_that_was_first() {
        let mut keys = MockSigningKeyRepository::new();
        keys.expect_list().times(1).return_once(|_| Ok(vec![]));
        keys.expect_append()
            .withf(|key, after| key.token_lifetime == LIFETIME && after.is_none())
            .return_once(|_, _| Ok(AppendKeyOutcome::Overtaken));
        keys.expect_list().return_once(|_| Ok(vec![key("theirs", NOW)]));
        assert_eq!(find(&keys, &generator("ours")).await.keys(), [key("theirs", NOW)]);
    }
}
