//! How many rows became what.

use std::iter;

use super::HandledRow;
use crate::accounts_file::{Problem, Refusal};

/// The counts of an import.
#[derive(Default)]
pub struct Tally {
    /// Accounts that are there now.
    pub imported: u64,
    present: u64,
    lost_privileges: u64,
    invalid: u64,
    unusable_hashes: u64,
    duplicates: u64,
    taken: u64,
}

impl Tally {
    /// Counts a row.
    pub fn count(&mut self, row: &HandledRow) {
        let counter = match row.result.map_err(Problem::class) {
            Ok(true) => {
                self.lost_privileges += u64::from(row.lost_privileges);
                &mut self.imported
            }
            Ok(false) => &mut self.present,
            Err(Refusal::Invalid) => &mut self.invalid,
            Err(Refusal::UnusableHash) => &mut self.unusable_hashes,
            Err(Refusal::Duplicate) => &mut self.duplicates,
            Err(Refusal::Taken) => &mut self.taken,
        };
        *counter += 1;
    }

    /// How many rows became no account and were none before.
    pub fn refused(&self) -> u64 {
        self.invalid + self.unusable_hashes + self.duplicates + self.taken
    }

    /// A line for each count that is not zero; what was imported is always told.
    pub fn summary(&self, is_real: bool) -> String {
        let imported = if is_real { "imported" } else { "would be imported" };
        let counts = [
            (self.lost_privileges, "of them as ordinary accounts: staff and superusers need --with-privileges"),
            (self.present, "there already"),
            (self.invalid, "refused: invalid"),
            (self.unusable_hashes, "refused: no login could succeed with the hash"),
            (self.duplicates, "refused: duplicate within the file"),
            (self.taken, "refused: the username or id is another account's"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let lines =
            iter::once((self.imported, imported)).chain(counts).map(|(count, what)| format!("{count:>9}  {what}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}
