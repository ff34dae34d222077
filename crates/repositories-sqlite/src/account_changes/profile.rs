//! What an account says about its owner.

use diesel::dsl::exists;
use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _, SqliteConnection, select};
use tessera_domain::{Digest, FullName, OneTimePurpose, Timestamp, User, Username};
use tessera_repositories::{ProfileChange, ProfileChangeOutcome};

use super::{Account, find_active, forget_links, spend};
use crate::error::Failure;
use crate::mail_outbox;
use crate::schema::users;

pub(super) fn change(
    connection: &mut SqliteConnection,
    change: &ProfileChange,
) -> Result<ProfileChangeOutcome, Failure> {
    let Some(Account { user: before, version }) = find_active(connection, change.user_id)? else {
        return Ok(ProfileChangeOutcome::Superseded);
    };
    if change.email.as_ref().is_some_and(|new| new.version != version) {
        return Ok(ProfileChangeOutcome::Superseded);
    }
    let (email, username) = taken(connection, change)?;
    if email || username {
        return Ok(ProfileChangeOutcome::Taken { email, username });
    }
    let moved = change.email.as_ref().filter(|new| new.email != before.email);
    let user = User {
        full_name: change.full_name.clone().or_else(|| before.full_name.clone()),
        username: change.username.clone().or_else(|| before.username.clone()),
        email: moved.map_or(&before.email, |new| &new.email).clone(),
        is_verified: before.is_verified && moved.is_none(),
        updated_at: before.version_after(change.at),
        ..before.clone()
    };
    write(connection, &user)?;
    if let Some(new) = moved {
        forget_links(connection, &before)?;
        for mail in &new.mails {
            mail_outbox::insert(connection, mail)?;
        }
    }
    Ok(ProfileChangeOutcome::Changed(user))
}

/// Whether the new address and the new username are those of other accounts.
fn taken(connection: &mut SqliteConnection, change: &ProfileChange) -> Result<(bool, bool), Failure> {
    let others = || users::table.filter(users::id.ne(change.user_id.as_bytes().as_slice()));
    let email = match &change.email {
        Some(new) => select(exists(others().filter(users::email.eq(new.email.as_str())))).get_result(connection)?,
        None => false,
    };
    let username = match &change.username {
        Some(new) => select(exists(others().filter(users::username_key.eq(new.key())))).get_result(connection)?,
        None => false,
    };
    Ok((email, username))
}

fn write(connection: &mut SqliteConnection, user: &User) -> Result<(), Failure> {
    diesel::update(users::table.find(user.id.as_bytes().as_slice()))
        .set((
            users::full_name.eq(user.full_name.as_ref().map(FullName::as_str)),
            users::username.eq(user.username.as_ref().map(Username::as_str)),
            users::username_key.eq(user.username.as_ref().map(Username::key)),
            users::email.eq(user.email.as_str()),
            users::is_verified.eq(user.is_verified),
            users::updated_at.eq(user.updated_at.unix_micros()),
        ))
        .execute(connection)?;
    Ok(())
}

pub(super) fn confirm_email(
    connection: &mut SqliteConnection,
    link: Digest,
    at: Timestamp,
) -> Result<Option<User>, Failure> {
    let Some(Account { user, .. }) = spend(connection, link, OneTimePurpose::EmailVerification, at)? else {
        return Ok(None);
    };
    let user = User { is_verified: true, updated_at: user.version_after(at), ..user };
    write(connection, &user)?;
    Ok(Some(user))
}
