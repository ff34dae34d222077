//! Accounts in SQLite.

use std::net::IpAddr;

use async_trait::async_trait;
use diesel::dsl::{case_when, exists};
use diesel::{
    ExpressionMethods as _, Insertable, IntoSql as _, OptionalExtension as _, QueryDsl as _, Queryable,
    RunQueryDsl as _, Selectable, SelectableHelper as _, SqliteConnection, select, sql_types,
};
use tessera_domain::{
    Credentials, Email, FullName, Identifier, NewUser, PasswordHash, SecurityVersion, Timestamp, User, UserId, Username,
};
use tessera_repositories::{InsertOutcome, Result, UserPage, UserPageRequest, UserRepository};

use crate::error::Failure;
use crate::schema::users;
use crate::{SqliteStore, column};

/// The accounts of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteUsers {
    store: SqliteStore,
}

impl SqliteUsers {
    /// The accounts of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl UserRepository for SqliteUsers {
    async fn insert(&self, new: &NewUser) -> Result<InsertOutcome> {
        let row = UserRow::from(&new.user);
        let hash = new.password_hash.clone();
        self.store.write("insert an account", move |connection| insert(connection, &row, &hash)).await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>> {
        self.store
            .read("find an account", move |connection| {
                let row = users::table
                    .find(id.as_bytes().as_slice())
                    .select(UserRow::as_select())
                    .first(connection)
                    .optional()?;
                row.map(User::try_from).transpose()
            })
            .await
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>> {
        let identifier = identifier.clone();
        self.store.read("find credentials", move |connection| find_credentials(connection, &identifier)).await
    }

    async fn upgrade_hash(&self, id: UserId, expected: &PasswordHash, better: &PasswordHash) -> Result<bool> {
        let (expected, better) = (expected.clone(), better.clone());
        self.store
            .write("upgrade a password hash", move |connection| {
                let unchanged =
                    users::table.find(id.as_bytes().as_slice()).filter(users::password_hash.eq(expected.expose()));
                let changed =
                    diesel::update(unchanged).set(users::password_hash.eq(better.expose())).execute(connection)?;
                Ok(changed == 1)
            })
            .await
    }

    async fn record_login(&self, id: UserId, at: Timestamp, ip: Option<IpAddr>) -> Result<()> {
        let at = at.unix_micros();
        let ip = ip.map(|ip| ip.to_string());
        self.store
            .write("record a login", move |connection| {
                // The version that caches go by never goes back, also when the clock does.
                let advanced = case_when(users::updated_at.lt(at), at.into_sql::<sql_types::BigInt>())
                    .otherwise(users::updated_at);
                diesel::update(users::table.find(id.as_bytes().as_slice()))
                    .set((
                        users::last_login.eq(at),
                        users::last_login_ip.eq(ip.as_deref()),
                        users::updated_at.eq(advanced),
                    ))
                    .execute(connection)?;
                Ok(())
            })
            .await
    }

    async fn list(&self, request: UserPageRequest) -> Result<UserPage> {
        self.store.read("list accounts", move |connection| list(connection, request)).await
    }
}

/// The unique indexes decide. Only a refused insertion asks which of them it was; nothing can change in between, since
/// both happen in one transaction of the only writer.
fn insert(connection: &mut SqliteConnection, row: &UserRow, hash: &PasswordHash) -> Result<InsertOutcome, Failure> {
    let inserted = diesel::insert_into(users::table)
        .values((
            row,
            users::password_hash.eq(hash.expose()),
            users::security_version.eq(SecurityVersion::FIRST.number()),
        ))
        .on_conflict_do_nothing()
        .execute(connection)?;
    if inserted == 1 {
        return Ok(InsertOutcome::Inserted);
    }
    let email = select(exists(users::table.filter(users::email.eq(&row.email)))).get_result(connection)?;
    let username = select(exists(users::table.filter(users::username_key.eq(row.username_key.as_deref()))))
        .get_result(connection)?;
    match (email, username) {
        (false, false) => Err(Failure::Corrupt("the id of a new account is another account's")),
        (email, username) => Ok(InsertOutcome::Taken { email, username }),
    }
}

fn find_credentials(
    connection: &mut SqliteConnection,
    identifier: &Identifier,
) -> Result<Option<Credentials>, Failure> {
    let columns = (UserRow::as_select(), users::password_hash, users::security_version);
    let found: Option<(UserRow, String, i64)> = match identifier {
        Identifier::Id(id) => users::table.find(id.as_bytes().as_slice()).select(columns).first(connection),
        Identifier::Email(email) => {
            users::table.filter(users::email.eq(email.as_str())).select(columns).first(connection)
        }
        Identifier::Username(username) => {
            users::table.filter(users::username_key.eq(username.key())).select(columns).first(connection)
        }
    }
    .optional()?;
    let Some((row, hash, version)) = found else {
        return Ok(None);
    };
    Ok(Some(Credentials {
        user: row.try_into()?,
        password_hash: PasswordHash::from_encoded(hash),
        version: SecurityVersion::from_number(version),
    }))
}

/// Keyset paging on the primary key; one row more than asked for tells whether there are more. The empty key sorts
/// before every id.
fn list(connection: &mut SqliteConnection, request: UserPageRequest) -> Result<UserPage, Failure> {
    let limit = usize::from(request.limit);
    let after = request.after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows: Vec<UserRow> = users::table
        .filter(users::id.gt(after))
        .order(users::id)
        .limit(i64::from(request.limit) + 1)
        .select(UserRow::as_select())
        .load(connection)?;
    let has_more = rows.len() > limit;
    let users = rows.into_iter().take(limit).map(User::try_from).collect::<Result<_, _>>()?;
    Ok(UserPage { users, has_more })
}

/// An account as its row has it, without the hash.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(diesel::sqlite::Sqlite))]
#[expect(clippy::struct_excessive_bools, reason = "the columns of the table")]
pub(crate) struct UserRow {
    id: Vec<u8>,
    email: String,
    username: Option<String>,
    username_key: Option<String>,
    full_name: Option<String>,
    is_active: bool,
    is_verified: bool,
    is_staff: bool,
    is_superuser: bool,
    date_joined: i64,
    updated_at: i64,
    last_login: Option<i64>,
    last_login_ip: Option<String>,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.as_bytes().to_vec(),
            email: user.email.as_str().to_owned(),
            username: user.username.as_ref().map(|name| name.as_str().to_owned()),
            username_key: user.username.as_ref().map(|name| name.key().to_owned()),
            full_name: user.full_name.as_ref().map(|name| name.as_str().to_owned()),
            is_active: user.is_active,
            is_verified: user.is_verified,
            is_staff: user.is_staff,
            is_superuser: user.is_superuser,
            date_joined: user.date_joined.unix_micros(),
            updated_at: user.updated_at.unix_micros(),
            last_login: user.last_login.map(Timestamp::unix_micros),
            last_login_ip: user.last_login_ip.map(|ip| ip.to_string()),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = Failure;

    fn try_from(row: UserRow) -> Result<Self, Failure> {
        let username = row.username.as_deref().map(Username::parse).transpose();
        let full_name = row.full_name.as_deref().map(FullName::parse).transpose();
        let last_login_ip = row.last_login_ip.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: UserId::from_bytes(column::id(&row.id)?),
            email: Email::parse(&row.email).map_err(|_| Failure::Corrupt("users.email"))?,
            username: username.map_err(|_| Failure::Corrupt("users.username"))?,
            full_name: full_name.map_err(|_| Failure::Corrupt("users.full_name"))?,
            is_active: row.is_active,
            is_verified: row.is_verified,
            is_staff: row.is_staff,
            is_superuser: row.is_superuser,
            date_joined: Timestamp::from_unix_micros(row.date_joined),
            updated_at: Timestamp::from_unix_micros(row.updated_at),
            last_login: row.last_login.map(Timestamp::from_unix_micros),
            last_login_ip: last_login_ip.map_err(|_| Failure::Corrupt("users.last_login_ip"))?,
        })
    }
}
