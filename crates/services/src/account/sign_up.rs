//! Signing up: an account and its first session at once.

use tessera_domain::{ErrorKind, SecurityVersion};

use super::OwnAccounts;
use crate::auth::{RegisterError, RegisterUser};
use crate::orchestrator::LoginGrant;
use crate::tokens::OpenSessionError;

/// Why nobody is signed up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// There is no new account.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// There is an account and no session: its owner can log in.
    #[error(transparent)]
    OpenSession(#[from] OpenSessionError),
}

impl SignUpError {
    /// Its class.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Register(error) => error.kind(),
            Self::OpenSession(error) => error.kind(),
        }
    }
}

impl OwnAccounts {
    /// Who chose the password a moment ago need not prove to know it.
    pub(super) async fn register_and_open(&self, command: RegisterUser) -> Result<LoginGrant, SignUpError> {
        let client = command.client.clone();
        let user = self.auth.register(command).await?;
        let tokens = self.tokens.open_session(user.id, SecurityVersion::FIRST, &client).await?;
        Ok(LoginGrant { user, tokens })
    }
}
