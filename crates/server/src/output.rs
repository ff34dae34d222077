//! What the commands print on standard output.

use std::io::{self, Write as _};

/// Prints `text` and ends the line. A reader that has gone, as `head` goes, is no failure: nobody is left to be told.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells on standard error why the program ends, causes and all, in one line a sentence.
pub fn print_error(error: &anyhow::Error) {
    let _nowhere_left_to_tell = writeln!(io::stderr().lock(), "tessera: {error:#}");
}
