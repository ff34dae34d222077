//! The keys that this process has, while they change.
//!
//! Everything that follows from a schedule is built at once and put in the place of what was there, what was remembered of
//! tokens included: a verification that is under way ends with the keys it began with, and leaves nothing behind for the
//! next. Which of the keys signs at a moment, and which still verify, is asked of the clock each time.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _};
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::{Algorithm, Claims, KeyId, KeySchedule, KeyState, SigningKey, Timestamp, TokenType};
use tessera_services::ports::{
    Clock, HeldKeys, KeyHolder, PublicKey, PublicKeys, SignError, TokenRejected, TokenSigner, TokenVerifier,
};

use super::es256_key;
use super::sealing::KeySealer;
use super::signer::Es256Signer;
use super::token_keys::KeyError;
use super::verified_cache::VerifiedCache;
use super::verifier::{StrictVerifier, VerificationKey};

/// Signs, verifies and publishes with the ES256 keys of a schedule.
pub struct LiveKeys {
    issuer: String,
    sealer: Arc<KeySealer>,
    clock: Arc<dyn Clock>,
    remembered: usize,
    held: RwLock<Arc<Held>>,
}

/// What follows from a schedule.
struct Held {
    schedule: KeySchedule,
    signers: Vec<(KeyId, Es256Signer)>,
    published: Vec<(PublicKey, Option<Timestamp>)>,
    verifier: Arc<dyn TokenVerifier>,
    /// The verifier, where it can be told of what needs no verification.
    cache: Option<Arc<VerifiedCache>>,
}

impl LiveKeys {
    /// The keys of `schedule`, every one of which has to open. About `remembered` of the tokens that they verify or sign
    /// are remembered, see [`VerifiedCache`].
    pub fn open(
        issuer: &str,
        schedule: &KeySchedule,
        sealer: Arc<KeySealer>,
        clock: Arc<dyn Clock>,
        remembered: usize,
    ) -> Result<Self, KeyError> {
        let in_use = in_use(schedule, clock.now());
        let opened = in_use.map(|key| Ok((key, es256_key::open(key, &sealer)?))).collect::<Result<_, KeyError>>()?;
        let held = Held::new(issuer, schedule, opened, remembered)?;
        Ok(Self { issuer: issuer.to_owned(), sealer, clock, remembered, held: RwLock::new(Arc::new(held)) })
    }

    fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeyHolder for LiveKeys {
    fn hold(&self, schedule: &KeySchedule) -> Result<HeldKeys, SignError> {
        let open = |key| {
            es256_key::open(key, &self.sealer).inspect_err(|error| {
                tracing::error!(%error, "a signing key is left out: is SECRET_KEY the same in every instance?");
            })
        };
        let in_use: Vec<_> = in_use(schedule, self.clock.now()).collect();
        let opened: Vec<_> = in_use.iter().filter_map(|key| Some((*key, open(key).ok()?))).collect();
        let are_all = opened.len() == in_use.len();
        let held = Held::new(&self.issuer, schedule, opened, self.remembered)
            .map_err(|_| SignError("none of the stored signing keys can be used"))?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
        Ok(if are_all { HeldKeys::All } else { HeldKeys::Some })
    }
}

impl TokenSigner for LiveKeys {
    fn sign(&self, claims: &Claims) -> Result<SecretString, SignError> {
        let held = self.held();
        let now = self.clock.now();
        let signer = held.signer(now).ok_or(SignError("there is no signing key"))?;
        let token = signer.sign(claims)?;
        if let Some(cache) = &held.cache {
            cache.remember(token.expose_secret(), claims, now);
        }
        Ok(token)
    }
}

impl TokenVerifier for LiveKeys {
    fn verify(&self, token: &str, expected: TokenType, now: Timestamp) -> Result<Claims, TokenRejected> {
        self.held().verifier.verify(token, expected, now)
    }
}

impl PublicKeys for LiveKeys {
    fn published(&self) -> Vec<PublicKey> {
        let (held, now) = (self.held(), self.clock.now());
        let counts = held.published.iter().filter(|(_, until)| until.is_none_or(|until| now < until));
        counts.map(|(key, _)| key.clone()).collect()
    }
}

impl Held {
    /// The keys that were opened, which are some of the schedule's.
    fn new(
        issuer: &str,
        schedule: &KeySchedule,
        opened: Vec<(&SigningKey, EcdsaKeyPair)>,
        remembered: usize,
    ) -> Result<Self, KeyError> {
        let published: Vec<_> =
            opened.iter().map(|(key, pair)| (public_half(&key.id, pair), schedule.verifies_until(key))).collect();
        let verification_key = |(key, until): &(PublicKey, Option<Timestamp>)| {
            VerificationKey::es256(key.id.clone(), &key.point).until(*until)
        };
        let strict: Arc<dyn TokenVerifier> =
            Arc::new(StrictVerifier::new(issuer, published.iter().map(verification_key)));
        let ends = published.iter().filter_map(|(_, until)| *until);
        let cache = || Arc::new(VerifiedCache::new(Arc::clone(&strict), remembered).with_ends(ends));
        let cache = (remembered > 0).then(cache);
        let verifier = cache.clone().map_or(strict, |cache| cache as Arc<dyn TokenVerifier>);
        let signer = |(key, pair): (&SigningKey, EcdsaKeyPair)| {
            Ok((key.id.clone(), Es256Signer::new(issuer, &key.id, pair).map_err(|_| KeyError::Cryptography)?))
        };
        let usable: Vec<_> = opened.iter().map(|(key, _)| (*key).clone()).collect();
        let signers = opened.into_iter().map(signer).collect::<Result<Vec<_>, KeyError>>()?;
        if signers.is_empty() {
            return Err(KeyError::Missing);
        }
        Ok(Self { schedule: KeySchedule::of(usable), signers, published, verifier, cache })
    }

    fn signer(&self, now: Timestamp) -> Option<&Es256Signer> {
        let signing = self.schedule.signing(now)?;
        self.signers.iter().find(|(id, _)| *id == signing.id).map(|(_, signer)| signer)
    }
}

/// The keys that are not over.
fn in_use(schedule: &KeySchedule, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
    let is_over = move |key| matches!(schedule.state(key, now), KeyState::Retired { .. });
    schedule.keys().iter().filter(move |key| !is_over(key))
}

/// What others may know, taken from the sealed half and not from what is stored beside it.
fn public_half(id: &KeyId, pair: &EcdsaKeyPair) -> PublicKey {
    PublicKey { id: id.clone(), algorithm: Algorithm::Es256, point: pair.public_key().as_ref().to_vec() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use secrecy::ExposeSecret as _;
    use tessera_domain::{Generation, INSTANCES_APART, SessionId, Subject, TokenId, TokenKind, UserId};
    use tessera_services::ports::KeyGenerator as _;

    use super::super::es256_key::Es256KeyGenerator;
    use super::*;

    const ISSUER: &str = "https://id.example";
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
        }
    }

    fn sealer(secret: &str) -> Arc<KeySealer> {
        Arc::new(KeySealer::new(&secret.into(), None).expect("derived"))
    }

    /// A key whose tokens live for an hour.
    fn key(active_from: Timestamp) -> SigningKey {
        let made = Es256KeyGenerator::new(sealer("one")).generate(NOW).expect("made");
        SigningKey { active_from, token_lifetime: HOUR, ..made }
    }

    struct Process {
        clock: Arc<Hand>,
        keys: LiveKeys,
    }

    fn schedule(keys: &[&SigningKey]) -> KeySchedule {
        KeySchedule::of(keys.iter().map(|key| (*key).clone()).collect())
    }

    fn process(keys: &[&SigningKey]) -> Process {
        let clock = Arc::new(Hand(AtomicI64::new(NOW.unix_micros())));
        let keys = LiveKeys::open(ISSUER, &schedule(keys), sealer("one"), clock.clone(), 16).expect("opened");
        Process { clock, keys }
    }

    impl Process {
        fn at(&self, now: Timestamp) -> &Self {
            self.clock.0.store(now.unix_micros(), Ordering::SeqCst);
            self
        }

        fn sign(&self, kind: TokenKind) -> SecretString {
            self.keys.sign(&claims(kind)).expect("signed")
        }

        fn verify(&self, token: &SecretString) -> Result<Claims, TokenRejected> {
            self.keys.verify(token.expose_secret(), TokenType::Access, self.clock.now())
        }

        fn published(&self) -> Vec<KeyId> {
            self.keys.published().into_iter().map(|key| key.id).collect()
        }
    }

    fn claims(kind: TokenKind) -> Claims {
        Claims {
            subject: Subject::Account(UserId::from_bytes([7; 16])),
            token_id: TokenId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            kind,
            issued_at: NOW,
            expires_at: NOW.plus(9 * HOUR),
        }
    }

    #[test]
    fn signs_what_it_verifies() {
        let process = process(&[&key(NOW)]);
        for kind in [TokenKind::Access, TokenKind::Refresh(Generation::from_number(u32::MAX))] {
            let token = process.sign(kind);
            assert_eq!(process.keys.verify(token.expose_secret(), kind.token_type(), NOW), Ok(claims(kind)));
        }
    }

    #[test]
    fn the_next_key_is_published_and_verifies_and_signs_from_its_moment_on() {
        let (old, new) = (key(NOW), key(NOW.plus(HOUR)));
        let both = process(&[&old, &new]);
        let (only_old, only_new) = (process(&[&old]), process(&[&new]));
        assert_eq!(both.published(), [old.id, new.id]);
        let tick = Duration::from_micros(1);
        assert!(only_old.verify(&both.at(NOW.plus(HOUR).minus(tick)).sign(TokenKind::Access)).is_ok());
        let signed = both.at(NOW.plus(HOUR)).sign(TokenKind::Access);
        assert!(only_new.verify(&signed).is_ok() && both.verify(&signed).is_ok());
        assert_eq!(only_old.verify(&signed), Err(TokenRejected::UnknownKey));
    }

    #[test]
    fn a_key_verifies_until_the_last_of_its_tokens_has_expired() {
        let (old, new) = (key(NOW), key(NOW.plus(HOUR)));
        let process = process(&[&old, &new]);
        let token = process.sign(TokenKind::Access);
        let end = NOW.plus(2 * HOUR + INSTANCES_APART);
        let process = process.at(end.minus(Duration::from_micros(1)));
        assert!(process.verify(&token).is_ok(), "it is remembered");
        assert_eq!(process.published(), [old.id, new.id.clone()]);
        assert_eq!(process.at(end).verify(&token), Err(TokenRejected::Invalid));
        assert_eq!(process.published(), [new.id]);
    }

    #[test]
    fn a_key_that_is_retired_verifies_nothing_that_was_remembered() {
        let (leaked, other) = (key(NOW), key(NOW.plus(HOUR)));
        let process = process(&[&leaked, &other]);
        let token = process.sign(TokenKind::Access);
        assert!(process.verify(&token).is_ok());
        let retired = SigningKey { retired_at: Some(NOW), ..leaked };
        process.keys.hold(&schedule(&[&retired, &other])).expect("held");
        assert_eq!(process.verify(&token), Err(TokenRejected::UnknownKey));
        assert_eq!(process.published(), [other.id]);
    }

    #[test]
    fn a_key_that_does_not_open_is_left_out_while_running_and_refused_at_the_start() {
        let (good, bad) = (key(NOW), SigningKey { public: Vec::new(), ..key(NOW) });
        let process = process(&[&good]);
        assert_eq!(process.keys.hold(&schedule(&[&good, &bad])).expect("held"), HeldKeys::Some);
        assert_eq!(process.keys.hold(&schedule(&[&good])).expect("held"), HeldKeys::All);
        assert!(process.verify(&process.sign(TokenKind::Access)).is_ok());
        assert!(process.keys.hold(&schedule(&[&bad])).is_err());
        assert!(process.verify(&process.sign(TokenKind::Access)).is_ok(), "it goes on with what it had");
        let clock: Arc<dyn Clock> = process.clock.clone();
        let open =
            |keys: &[&SigningKey]| LiveKeys::open(ISSUER, &schedule(keys), sealer("one"), clock.clone(), 0).err();
        assert_eq!(open(&[&good, &bad]), Some(KeyError::Damaged(bad.id)));
        assert_eq!(open(&[]), Some(KeyError::Missing));
    }
}
