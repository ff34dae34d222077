//! Whether an account may do anything at all.

use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _, SqliteConnection};
use tessera_domain::{EndReason, OneTimePurpose, SecurityVersion, Timestamp, User, UserId};
use tessera_repositories::ActivationOutcome;

use super::{Account, end_sessions, find, forget_mails_and_tokens};
use crate::error::Failure;
use crate::schema::users;

pub(super) fn enable(
    connection: &mut SqliteConnection,
    id: UserId,
    at: Timestamp,
) -> Result<ActivationOutcome, Failure> {
    let Some(Account { user, version }) = find(connection, id)? else {
        return Ok(ActivationOutcome::Unknown);
    };
    let user = User { is_active: true, updated_at: user.version_after(at), ..user };
    write(connection, &user, version)?;
    Ok(ActivationOutcome::Set { user, ended: Vec::new() })
}

pub(super) fn disable(
    connection: &mut SqliteConnection,
    id: UserId,
    at: Timestamp,
    revoke_until: Timestamp,
) -> Result<ActivationOutcome, Failure> {
    let Some(Account { user, version }) = find(connection, id)? else {
        return Ok(ActivationOutcome::Unknown);
    };
    let user = User { is_active: false, updated_at: user.version_after(at), ..user };
    write(connection, &user, version.next())?;
    forget_mails_and_tokens(connection, &user, &OneTimePurpose::ALL)?;
    let ended = end_sessions(connection, id, EndReason::Disabled, at, revoke_until)?;
    Ok(ActivationOutcome::Set { user, ended })
}

fn write(connection: &mut SqliteConnection, user: &User, version: SecurityVersion) -> Result<(), Failure> {
    diesel::update(users::table.find(user.id.as_bytes().as_slice()))
        .set((
            users::is_active.eq(user.is_active),
            users::security_version.eq(version.number()),
            users::updated_at.eq(user.updated_at.unix_micros()),
        ))
        .execute(connection)?;
    Ok(())
}
