//! Whether an account may do anything at all.

use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{EndReason, OneTimePurpose, SecurityVersion, Timestamp, User, UserId};
use tessera_repositories::ActivationOutcome;

use super::{Account, end_sessions, forget_mails_and_tokens, lock};
use crate::error::Failure;
use crate::schema::users;

pub(super) async fn enable(
    connection: &mut AsyncPgConnection,
    id: UserId,
    at: Timestamp,
) -> Result<ActivationOutcome, Failure> {
    let Some(Account { user, version }) = lock(connection, id).await? else {
        return Ok(ActivationOutcome::Unknown);
    };
    let user = User { is_active: true, updated_at: user.version_after(at), ..user };
    write(connection, &user, version).await?;
    Ok(ActivationOutcome::Set { user, ended: Vec::new() })
}

pub(super) async fn disable(
    connection: &mut AsyncPgConnection,
    id: UserId,
    at: Timestamp,
    revoke_until: Timestamp,
) -> Result<ActivationOutcome, Failure> {
    let Some(Account { user, version }) = lock(connection, id).await? else {
        return Ok(ActivationOutcome::Unknown);
    };
    let user = User { is_active: false, updated_at: user.version_after(at), ..user };
    write(connection, &user, version.next()).await?;
    forget_mails_and_tokens(connection, &user, &OneTimePurpose::ALL).await?;
    let ended = end_sessions(connection, id, EndReason::Disabled, at, revoke_until).await?;
    Ok(ActivationOutcome::Set { user, ended })
}

async fn write(connection: &mut AsyncPgConnection, user: &User, version: SecurityVersion) -> Result<(), Failure> {
    diesel::update(users::table.find(user.id.as_bytes().as_slice()))
        .set((
            users::is_active.eq(user.is_active),
            users::security_version.eq(version.number()),
            users::updated_at.eq(user.updated_at.unix_micros()),
        ))
        .execute(connection)
        .await?;
    Ok(())
}
