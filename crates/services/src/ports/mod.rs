//! The outward ports of the services: what they need from the world that is neither storage nor HTTP.

mod clock;
mod mailer;
mod password_hasher;
mod secret_source;
mod signing_keys;
mod token_signer;
mod token_verifier;

pub use clock::Clock;
pub use mailer::{Mail, MailError, Mailer};
pub use password_hasher::{HashError, PasswordHasher, UnusableHash, Verdict};
pub use secret_source::{SecretSource, random};
pub use signing_keys::{HeldKeys, KeyGenerator, KeyHolder, PublicKey, PublicKeys};
pub use token_signer::{SignError, TokenSigner};
pub use token_verifier::{TokenRejected, TokenVerifier};

#[cfg(feature = "mock")]
pub use {
    clock::MockClock,
    mailer::MockMailer,
    password_hasher::MockPasswordHasher,
    signing_keys::{MockKeyGenerator, MockKeyHolder, MockPublicKeys},
    token_signer::MockTokenSigner,
    token_verifier::MockTokenVerifier,
};
