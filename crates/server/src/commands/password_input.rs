//! Asking the operator for a password.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use tessera_domain::PlainPassword;

/// From a terminal: asked for twice, without echo. Otherwise: one line of standard input.
pub fn read() -> anyhow::Result<PlainPassword> {
    let text = if io::stdin().is_terminal() { ask_twice()? } else { read_line()? };
    match PlainPassword::parse(text) {
        Ok(password) => Ok(password),
        Err(problem) => bail!("the password {problem}"),
    }
}

fn ask_twice() -> anyhow::Result<SecretString> {
    let ask = |prompt| rpassword::prompt_password(prompt).map(SecretString::from).context("no password was given");
    let (first, second) = (ask("Password: ")?, ask("Again: ")?);
    if first.expose_secret() != second.expose_secret() {
        bail!("the two passwords are not the same");
    }
    Ok(first)
}

/// The line break is not part of the password, every other character of the line is.
fn read_line() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    // Longer than any password that is accepted, so that nothing is cut off and taken for one.
    let longest = 4 * PlainPassword::MAX_BYTES as u64;
    io::stdin().lock().take(longest).read_line(&mut line).context("no password can be read from standard input")?;
    let line = SecretString::from(line);
    let text = line.expose_secret();
    Ok(text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text)).into())
}
