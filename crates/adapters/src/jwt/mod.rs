//! Signed tokens: JWTs in the compact serialisation (RFC 7519, RFC 7515, section 7.1), and the keys that sign them.
//!
//! [`TokenKeys`] are the three things that others need: a signer, the one verifier, and the public keys. They come from the
//! keys at rest, which change while the service runs ([`LiveKeys`]), or from the shared secret, which does not. What a token
//! looks like is written once, in `wire`, for both directions.

mod derivation;
mod es256_key;
mod live_keys;
mod sealing;
mod self_test;
mod signer;
mod strict_json;
mod token_keys;
mod verified_cache;
mod verifier;
mod wire;

pub use derivation::rate_limit_secret;
pub use es256_key::Es256KeyGenerator;
pub use live_keys::LiveKeys;
pub use sealing::KeySealer;
pub use self_test::SelfTestError;
pub use token_keys::{KeyError, TokenKeys};
pub use verified_cache::VerifiedCache;

#[cfg(test)]
mod attacks;
