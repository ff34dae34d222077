//! The end of an account.

use diesel::dsl::exists;
use diesel::{ExpressionMethods as _, QueryDsl as _, select};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{OneTimePurpose, User};
use tessera_repositories::{AccountDeletion, DeletionOutcome};

use super::{Account, forget_mails_and_tokens, lock_active};
use crate::error::Failure;
use crate::schema::users;
use crate::turn::Turn;
use crate::{activity_log, sessions};

/// The rows of its sessions go with the row of the account.
pub(super) async fn delete(
    connection: &mut AsyncPgConnection,
    deletion: &AccountDeletion,
) -> Result<DeletionOutcome, Failure> {
    let AccountDeletion { user_id, version, at, revoke_until } = *deletion;
    let found = lock_active(connection, user_id).await?.filter(|account| account.version == version);
    let Some(Account { user, .. }) = found else {
        return Ok(DeletionOutcome::Superseded);
    };
    if user.is_superuser && is_last_superuser(connection, &user).await? {
        return Ok(DeletionOutcome::LastSuperuser);
    }
    forget_mails_and_tokens(connection, &user, &OneTimePurpose::ALL).await?;
    activity_log::delete_for(connection, user_id).await?;
    let ended = sessions::revoke_all(connection, user_id, revoke_until).await?;
    diesel::delete(users::table.find(user_id.as_bytes().as_slice())).execute(connection).await?;
    let user = User { updated_at: user.version_after(at), ..user };
    Ok(DeletionOutcome::Deleted { user, ended })
}

/// Whether nobody else is left who may do everything. Superusers leave one after the other: each of two that leave at the
/// same moment would take the other for the one who stays.
async fn is_last_superuser(connection: &mut AsyncPgConnection, user: &User) -> Result<bool, Failure> {
    Turn::LeaveAsSuperuser.wait(connection).await?;
    let others = users::table
        .filter(users::id.ne(user.id.as_bytes().as_slice()))
        .filter(users::is_superuser.eq(true))
        .filter(users::is_active.eq(true));
    let stays: bool = select(exists(others)).get_result(connection).await?;
    Ok(!stays)
}
