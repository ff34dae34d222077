//! A new password.

use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _, SqliteConnection};
use tessera_domain::{OneTimePurpose, User};
use tessera_repositories::{Authority, PasswordChange, PasswordChangeOutcome};

use super::{Account, end_sessions, find_active, forget_links, spend};
use crate::error::Failure;
use crate::mail_outbox;
use crate::schema::users;

pub(super) fn change(
    connection: &mut SqliteConnection,
    change: &PasswordChange,
) -> Result<PasswordChangeOutcome, Failure> {
    let Some(Account { user, version }) = authorize(connection, change)? else {
        return Ok(PasswordChangeOutcome::Refused);
    };
    let version = version.next();
    let user = User { updated_at: user.version_after(change.at), ..user };
    diesel::update(users::table.find(user.id.as_bytes().as_slice()))
        .set((
            users::password_hash.eq(change.password_hash.expose()),
            users::security_version.eq(version.number()),
            users::updated_at.eq(user.updated_at.unix_micros()),
        ))
        .execute(connection)?;
    forget_links(connection, &user)?;
    mail_outbox::insert(connection, &change.notice)?;
    let reason = change.authority.end_reason();
    let ended = end_sessions(connection, user.id, reason, change.at, change.revoke_until)?;
    Ok(PasswordChangeOutcome::Changed { user, version, ended })
}

/// The account to change, if the authority holds. A link is spent by it.
fn authorize(connection: &mut SqliteConnection, change: &PasswordChange) -> Result<Option<Account>, Failure> {
    match change.authority {
        Authority::Password { user_id, version } => {
            Ok(find_active(connection, user_id)?.filter(|account| account.version == version))
        }
        Authority::Link(digest) => spend(connection, digest, OneTimePurpose::PasswordReset, change.at),
    }
}
