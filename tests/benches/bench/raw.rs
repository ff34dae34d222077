//! Floors that are no server: what a primitive or another program can do when nothing else is done.

use std::hint::black_box;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
};

use crate::cores::{Cores, Place};

const MEASURED: Duration = Duration::from_millis(500);
/// As long as what is signed of an access token of ours.
const SIGNED: [u8; 480] = [b'a'; 480];

/// Verifications of ES256 signatures a second, on the server's core.
pub fn es256_verifications(cores: &Cores) -> anyhow::Result<f64> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let signature = pair.sign(&SystemRandom::new(), &SIGNED)?;
    let public = pair.public_key().as_ref().to_vec();
    let measuring = cores.at(Place::ServerCore, || {
        thread::spawn(move || {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
            let (started, mut count) = (Instant::now(), 0_u32);
            while started.elapsed() < MEASURED {
                key.verify(black_box(&SIGNED), signature.as_ref())?;
                count += 1;
            }
            anyhow::Ok(f64::from(count) / started.elapsed().as_secs_f64())
        })
    })?;
    measuring.join().map_err(|_| anyhow!("the signature floor panicked"))?
}

/// Has another program measure something, and returns what it printed. It runs where the load does.
pub fn printed_by(command: &mut Command, install: &str) -> anyhow::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{program} is missing. {install}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} ended with {}:\n{errors}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
