//! The wire types of `accounts`.

mod answers;
mod open_sessions;
mod passwords;
mod profile;
mod sessions;

pub use answers::{Access, Entry, Message, Profile, WithProfile, WithSession, WithTokens, entries};
pub use open_sessions::{EndedSessions, OpenSession, open_sessions};
pub use passwords::{ChangePasswordBody, ForgotPasswordBody, ResetPasswordBody};
pub use profile::{DeleteProfileBody, RegisterBody, UpdateProfileBody, VerifyEmailBody};
pub use sessions::{LogInBody, LogOutBody, RefreshBody};

use tessera_domain::{Invalid, OneTimeSecret};

/// The secret of a link; none if the text can be no link's, which is told like a link that was used.
fn secret(text: &str) -> Result<Option<OneTimeSecret>, Invalid> {
    let text = text.trim();
    if text.is_empty() { Err(Invalid::Blank) } else { Ok(OneTimeSecret::parse(text).ok()) }
}
