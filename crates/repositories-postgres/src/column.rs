//! Reading ids back. A column that holds what was never written there is a failure, not a panic.

use crate::error::Failure;

/// The sixteen bytes of an id.
pub(crate) fn id(bytes: &[u8]) -> Result<[u8; 16], Failure> {
    bytes.try_into().map_err(|_| Failure::Corrupt("an id that has not 16 bytes"))
}
