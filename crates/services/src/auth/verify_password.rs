//! Proving to own an account, with a password.

use std::sync::Arc;

use tessera_domain::{Credentials, ErrorKind, Identifier, PlainPassword, UserId};
use tessera_repositories::UserRepository;

use crate::limits::{Attempt, RateLimiter, guarded};
use crate::ports::{PasswordHasher, Verdict};
use crate::{ClientInfo, Outage};

/// Verifies passwords, wherever one is asked for. Unknown accounts and wrong passwords cost the same work and have the same
/// answer (A1), and are counted alike (L1).
#[derive(Clone)]
pub struct PasswordVerifier {
    /// Where accounts are kept.
    pub users: Arc<dyn UserRepository>,
    /// What verifies.
    pub hasher: Arc<dyn PasswordHasher>,
    /// How often somebody may be wrong.
    pub limiter: Arc<dyn RateLimiter>,
}

/// Why nothing was proved.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such account, or this is not its password.
    #[error("wrong credentials")]
    Wrong {
        /// Whose password it is not. It is for the owner's activity log, and told to nobody else.
        owner: Option<UserId>,
    },
    /// Something else did not work.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl VerifyError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Wrong { .. } => ErrorKind::Unauthenticated,
            Self::Outage(outage) => outage.kind(),
        }
    }
}

impl PasswordVerifier {
    /// The account that `identifier` names, if `password` is its own. Inactive accounts are verified like any other.
    pub async fn verify(
        &self,
        identifier: Option<&Identifier>,
        password: &PlainPassword,
        client: &ClientInfo,
    ) -> Result<Credentials, VerifyError> {
        let attempt = Attempt::Password(self.name_at_login(identifier).await?);
        let is_wrong = |error: &VerifyError| matches!(error, VerifyError::Wrong { .. });
        guarded(&*self.limiter, &attempt, client, self.compare(identifier, password), is_wrong).await
    }

    /// Who is logged in and asked for the password again goes by an id. It counts as the address does, which is what
    /// others guess by.
    async fn name_at_login(&self, identifier: Option<&Identifier>) -> Result<Option<Identifier>, Outage> {
        let email = match identifier {
            Some(Identifier::Id(_)) => self.find(identifier).await?.map(|found| Identifier::Email(found.user.email)),
            _ => None,
        };
        Ok(email.or_else(|| identifier.cloned()))
    }

    async fn find(&self, identifier: Option<&Identifier>) -> Result<Option<Credentials>, Outage> {
        match identifier {
            Some(identifier) => Ok(self.users.find_credentials(identifier).await?),
            None => Ok(None),
        }
    }

    async fn compare(
        &self,
        identifier: Option<&Identifier>,
        password: &PlainPassword,
    ) -> Result<Credentials, VerifyError> {
        let found = self.find(identifier).await?;
        let hash = found.as_ref().map(|credentials| credentials.password_hash.clone());
        let verdict = self.hasher.verify(password.clone(), hash).await.map_err(Outage::from)?;
        match (verdict, found) {
            (Verdict::Right { outdated }, Some(credentials)) => {
                if outdated {
                    self.upgrade(&credentials, password).await;
                }
                Ok(credentials)
            }
            (_, found) => Err(VerifyError::Wrong { owner: found.map(|credentials| credentials.user.id) }),
        }
    }

    /// Replaces a hash that is weaker than today's. The login does not depend on it: what fails now is tried again at
    /// the next one.
    async fn upgrade(&self, credentials: &Credentials, password: &PlainPassword) {
        let user_id = credentials.user.id;
        let better = match self.hasher.hash(password.clone()).await {
            Ok(hash) => hash,
            Err(error) => return tracing::info!(%user_id, %error, "a password hash was not upgraded"),
        };
        match self.users.upgrade_hash(user_id, &credentials.password_hash, &better).await {
            Ok(_) => {}
            Err(error) => tracing::warn!(%user_id, %error, "a password hash was not upgraded"),
        }
    }
}
