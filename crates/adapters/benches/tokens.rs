//! What signing, verifying and remembering a token cost, as nanoseconds a call on one core. Run it with
//! `cargo bench -p tessera-adapters`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use tessera_adapters::jwt::{Es256KeyGenerator, KeySealer, LiveKeys, TokenKeys, VerifiedCache};
use tessera_adapters::{OsSecrets, SystemClock};
use tessera_domain::{Claims, KeySchedule, SessionId, Subject, TokenId, TokenKind, TokenType, UserId};
use tessera_services::ports::{Clock as _, KeyGenerator as _, TokenVerifier as _, random};

const ISSUER: &str = "https://id.example";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let secret = SecretString::from("a secret of the installation, 32 bytes at least");
    let clock = Arc::new(SystemClock::new());
    let now = clock.now().whole_seconds();
    let sealer = Arc::new(KeySealer::new(&secret, None)?);
    let key = Es256KeyGenerator::new(Arc::clone(&sealer)).generate(now)?;
    let claims = Claims {
        subject: Subject::Account(UserId::new(now, random(&OsSecrets))),
        token_id: TokenId::new(now, random(&OsSecrets)),
        session_id: SessionId::new(now, random(&OsSecrets)),
        kind: TokenKind::Access,
        issued_at: now,
        expires_at: now.plus(Duration::from_mins(15)),
    };
    let live = LiveKeys::open(ISSUER, &KeySchedule::of(vec![key]), sealer, clock.clone(), 0)?;
    let es256 = TokenKeys::es256(&Arc::new(live));
    for (name, keys) in [("ES256", es256), ("HS256", TokenKeys::hs256(ISSUER, &secret, None)?)] {
        let token = keys.signer.sign(&claims)?;
        let token = token.expose_secret();
        let cache = VerifiedCache::new(Arc::clone(&keys.verifier), VerifiedCache::DEFAULT_CAPACITY);
        report(name, "sign", || keys.signer.sign(&claims).is_ok());
        report(name, "verify", || keys.verifier.verify(token, TokenType::Access, now).is_ok());
        report(name, "verify, remembered", || cache.verify(token, TokenType::Access, now).is_ok());
    }
    report("clock", "now", || clock.now() >= now);
    Ok(())
}

/// Calls `work` for about half a second, after a tenth of one that does not count.
#[expect(clippy::print_stdout, reason = "the report is what a benchmark is for")]
fn report(subject: &str, what: &str, work: impl Fn() -> bool) {
    let run = |time: Duration| {
        let started = Instant::now();
        let mut calls = 0_u32;
        while started.elapsed() < time {
            for _ in 0..100 {
                assert!(black_box(work()));
            }
            calls += 100;
        }
        started.elapsed() / calls
    };
    run(Duration::from_millis(100));
    println!("{subject:>6} {what:<20} {:>8} ns", run(Duration::from_millis(500)).as_nanos());
}
