//! Private keys at rest: encrypted under a key that the database does not hold (requirement T9).
//!
//! The layout is one byte of version, the nonce, the ciphertext with its tag. The name and the algorithm of the key are
//! authenticated with it, so that a sealed key moved to another row does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::SecretString;
use tessera_domain::{Algorithm, KeyId, SealedKey};
use tessera_services::ports::SignError;
use zeroize::Zeroizing;

use super::derivation::{Purpose, derive};
use super::token_keys::KeyError;

/// Version 1: AES-256-GCM with a random nonce. Random nonces may repeat after 2^32 uses of a key; there is one use for
/// each signing key ever made.
const VERSION: u8 = 1;

/// Seals and opens private keys.
pub struct KeySealer {
    key: RandomizedNonceKey,
    previous: Option<RandomizedNonceKey>,
}

impl KeySealer {
    /// A sealer under the key that follows from `secret_key`. It opens what was sealed under `previous`, too, which was the
    /// secret before.
    pub fn new(secret_key: &SecretString, previous: Option<&SecretString>) -> Result<Self, KeyError> {
        Ok(Self { key: sealing_key(secret_key)?, previous: previous.map(sealing_key).transpose()? })
    }

    pub(super) fn seal(&self, id: &KeyId, algorithm: Algorithm, private: &[u8]) -> Result<SealedKey, SignError> {
        // With room for the tag from the start: to grow is to leave a copy of the plain key in freed memory.
        let mut text = Vec::with_capacity(private.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(private);
        let aad = Aad::from(identity(id, algorithm));
        let nonce = self
            .key
            .seal_in_place_append_tag(aad, &mut text)
            .map_err(|_| SignError("the private key cannot be sealed"))?;
        Ok(SealedKey::from_bytes([&[VERSION], nonce.as_ref().as_slice(), &text].concat()))
    }

    /// The private key, if it was sealed under this secret for this key.
    pub(super) fn open(
        &self,
        id: &KeyId,
        algorithm: Algorithm,
        sealed: &SealedKey,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let damaged = || KeyError::Damaged(id.clone());
        let (&version, rest) = sealed.as_bytes().split_first().ok_or_else(damaged)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        if version != VERSION {
            return Err(damaged());
        }
        let open = |key| open_with(key, *nonce, &identity(id, algorithm), text);
        let opened = open(&self.key).or_else(|| self.previous.as_ref().and_then(open));
        opened.ok_or_else(|| KeyError::CannotOpen(id.clone()))
    }
}

fn sealing_key(secret_key: &SecretString) -> Result<RandomizedNonceKey, KeyError> {
    let derived = derive(secret_key, Purpose::SealSigningKeys).map_err(|_| KeyError::Cryptography)?;
    RandomizedNonceKey::new(&AES_256_GCM, derived.as_slice()).map_err(|_| KeyError::Cryptography)
}

/// In a copy each time: what was decrypted and turns out not to be authentic is no ciphertext any more.
fn open_with(
    key: &RandomizedNonceKey,
    nonce: [u8; NONCE_LEN],
    identity: &str,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(sealed.to_vec());
    let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(identity), &mut text);
    let length = opened.ok()?.len();
    text.truncate(length);
    Some(text)
}

/// What is authenticated with a key. Neither part contains a blank.
fn identity(id: &KeyId, algorithm: Algorithm) -> String {
    format!("{} {id}", algorithm.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: &[u8] = b"a private key in PKCS#8";

    fn sealer(secret: &str) -> KeySealer {
        KeySealer::new(&secret.into(), None).expect("derived")
    }

    fn id(text: &str) -> KeyId {
        KeyId::parse(text).expect("valid")
    }

    #[test]
    fn opens_what_it_sealed() {
        let sealed = sealer("one").seal(&id("k"), Algorithm::Es256, PRIVATE).expect("sealed");
        let opened = sealer("one").open(&id("k"), Algorithm::Es256, &sealed).expect("opened");
        assert_eq!(opened.as_slice(), PRIVATE);
        assert!(!sealed.as_bytes().windows(PRIVATE.len()).any(|window| window == PRIVATE));
    }

    #[test]
    fn each_sealing_has_a_nonce_of_its_own() {
        let seal = || sealer("one").seal(&id("k"), Algorithm::Es256, PRIVATE).expect("sealed");
        assert_ne!(seal(), seal());
    }

    #[test]
    fn opens_under_no_other_secret_name_or_algorithm() {
        let sealed = sealer("one").seal(&id("k"), Algorithm::Es256, PRIVATE).expect("sealed");
        for (secret, name, algorithm) in
            [("two", "k", Algorithm::Es256), ("one", "l", Algorithm::Es256), ("one", "k", Algorithm::Hs256)]
        {
            let refused = sealer(secret).open(&id(name), algorithm, &sealed);
            assert_eq!(refused.err(), Some(KeyError::CannotOpen(id(name))));
        }
    }

    #[test]
    fn opens_what_was_sealed_under_the_previous_secret_and_seals_under_the_new_one() {
        let both = KeySealer::new(&"two".into(), Some(&"one".into())).expect("derived");
        let old = sealer("one").seal(&id("k"), Algorithm::Es256, PRIVATE).expect("sealed");
        assert_eq!(both.open(&id("k"), Algorithm::Es256, &old).expect("opened").as_slice(), PRIVATE);
        let new = both.seal(&id("k"), Algorithm::Es256, PRIVATE).expect("sealed");
        assert!(sealer("two").open(&id("k"), Algorithm::Es256, &new).is_ok());
        assert!(sealer("one").open(&id("k"), Algorithm::Es256, &new).is_err());
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed() {
        let sealed = sealer("one").seal(&id("k"), Algorithm::Es256, PRIVATE).expect("sealed");
        for position in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[position] ^= 1;
            assert!(sealer("one").open(&id("k"), Algorithm::Es256, &SealedKey::from_bytes(bytes)).is_err());
        }
        for length in 0..sealed.as_bytes().len() {
            let cut = SealedKey::from_bytes(sealed.as_bytes()[..length].to_vec());
            assert!(sealer("one").open(&id("k"), Algorithm::Es256, &cut).is_err());
        }
    }
}
