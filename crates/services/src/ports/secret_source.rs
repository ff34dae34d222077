//! Unpredictable bytes.

/// A cryptographically secure source of random bytes.
pub trait SecretSource: Send + Sync {
    /// Fills `bytes` with fresh random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` fresh random bytes.
pub fn random<const N: usize>(source: &dyn SecretSource) -> [u8; N] {
    let mut bytes = [0; N];
    source.fill(&mut bytes);
    bytes
}
