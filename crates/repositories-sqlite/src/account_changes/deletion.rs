//! The end of an account.

use diesel::dsl::exists;
use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _, SqliteConnection, select};
use tessera_domain::{OneTimePurpose, User};
use tessera_repositories::{AccountDeletion, DeletionOutcome};

use super::{Account, find_active, forget_mails_and_tokens};
use crate::error::Failure;
use crate::schema::users;
use crate::{activity_log, sessions};

/// The rows of its sessions go with the row of the account.
pub(super) fn delete(
    connection: &mut SqliteConnection,
    deletion: &AccountDeletion,
) -> Result<DeletionOutcome, Failure> {
    let AccountDeletion { user_id, version, at, revoke_until } = *deletion;
    let found = find_active(connection, user_id)?.filter(|account| account.version == version);
    let Some(Account { user, .. }) = found else {
        return Ok(DeletionOutcome::Superseded);
    };
    if user.is_superuser && is_last_superuser(connection, &user)? {
        return Ok(DeletionOutcome::LastSuperuser);
    }
    forget_mails_and_tokens(connection, &user, &OneTimePurpose::ALL)?;
    activity_log::delete_for(connection, user_id)?;
    let ended = sessions::revoke_all(connection, user_id, revoke_until)?;
    diesel::delete(users::table.find(user_id.as_bytes().as_slice())).execute(connection)?;
    let user = User { updated_at: user.version_after(at), ..user };
    Ok(DeletionOutcome::Deleted { user, ended })
}

/// Whether nobody else is left who may do everything.
fn is_last_superuser(connection: &mut SqliteConnection, user: &User) -> Result<bool, Failure> {
    let others = users::table
        .filter(users::id.ne(user.id.as_bytes().as_slice()))
        .filter(users::is_superuser.eq(true))
        .filter(users::is_active.eq(true));
    let stays: bool = select(exists(others)).get_result(connection)?;
    Ok(!stays)
}
