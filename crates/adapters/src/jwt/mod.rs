//! Signed tokens: JWTs in the compact serialisation (RFC 7519, RFC 7515, section 7.1), and the keys that sign them.
//!
//! [`TokenKeys`] is built once, from the keys at rest or from the shared secret, and gives the three things that others
//! need: a signer, the one verifier, and the public keys. What a token looks like is written once, in `wire`, for both
//! directions.

mod derivation;
mod es256_key;
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
pub use sealing::KeySealer;
pub use self_test::SelfTestError;
pub use token_keys::{KeyError, TokenKeys};
pub use verified_cache::VerifiedCache;

#[cfg(test)]
mod attacks;
