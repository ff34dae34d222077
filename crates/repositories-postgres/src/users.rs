//! Accounts in PostgreSQL.

use std::net::IpAddr;

use async_trait::async_trait;
use diesel::dsl::{case_when, exists};
use diesel::{
    ExpressionMethods as _, Insertable, IntoSql as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _, select, sql_types,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{
    Credentials, Email, FullName, Identifier, NewUser, PasswordHash, SecurityVersion, Timestamp, User, UserId, Username,
};
use tessera_repositories::{InsertOutcome, Result, UserPage, UserPageRequest, UserRepository};

use crate::error::Failure;
use crate::schema::users;
use crate::{PostgresStore, column};

/// The accounts of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresUsers {
    store: PostgresStore,
}

impl PostgresUsers {
    /// The accounts of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl UserRepository for PostgresUsers {
    async fn insert(&self, new: &NewUser) -> Result<InsertOutcome> {
        let row = UserRow::from(&new.user);
        let hash = new.password_hash.clone();
        self.store.run("insert an account", async move |connection| insert(connection, &row, &hash).await).await
    }

    async fn find(&self, id: UserId) -> Result<Option<User>> {
        self.store
            .run("find an account", async move |connection| {
                let row = users::table
                    .find(id.as_bytes().as_slice())
                    .select(UserRow::as_select())
                    .first(connection)
                    .await
                    .optional()?;
                row.map(User::try_from).transpose()
            })
            .await
    }

    async fn find_credentials(&self, identifier: &Identifier) -> Result<Option<Credentials>> {
        let identifier = identifier.clone();
        self.store
            .run("find credentials", async move |connection| find_credentials(connection, &identifier).await)
            .await
    }

    async fn upgrade_hash(&self, id: UserId, expected: &PasswordHash, better: &PasswordHash) -> Result<bool> {
        let (expected, better) = (expected.clone(), better.clone());
        self.store
            .run("upgrade a password hash", async move |connection| {
                let unchanged =
                    users::table.find(id.as_bytes().as_slice()).filter(users::password_hash.eq(expected.expose()));
                let changed =
                    diesel::update(unchanged).set(users::password_hash.eq(better.expose())).execute(connection).await?;
                Ok(changed == 1)
            })
            .await
    }

    async fn record_login(&self, id: UserId, at: Timestamp, ip: Option<IpAddr>) -> Result<()> {
        let at = at.unix_micros();
        let ip = ip.map(|ip| ip.to_string());
        self.store
            .run("record a login", async move |connection| {
                // The version that caches go by never goes back, also when the clock does.
                let advanced = case_when(users::updated_at.lt(at), at.into_sql::<sql_types::BigInt>())
                    .otherwise(users::updated_at);
                diesel::update(users::table.find(id.as_bytes().as_slice()))
                    .set((
                        users::last_login.eq(at),
                        users::last_login_ip.eq(ip.as_deref()),
                        users::updated_at.eq(advanced),
                    ))
                    .execute(connection)
                    .await?;
                Ok(())
            })
            .await
    }

    async fn list(&self, request: UserPageRequest) -> Result<UserPage> {
        self.store.run("list accounts", async move |connection| list(connection, request).await).await
    }
}

/// How often an insertion is tried whose obstacle was gone before it could be named.
const ATTEMPTS: usize = 3;

/// The unique indexes decide, in one statement that also waits for insertions under way. Only a refused insertion asks
/// what was in its way; if nothing is any more, an account was deleted in between and the insertion is tried again.
async fn insert(
    connection: &mut AsyncPgConnection,
    row: &UserRow,
    hash: &PasswordHash,
) -> Result<InsertOutcome, Failure> {
    for _ in 0..ATTEMPTS {
        let inserted = diesel::insert_into(users::table)
            .values((
                row,
                users::password_hash.eq(hash.expose()),
                users::security_version.eq(SecurityVersion::FIRST.number()),
            ))
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
        if inserted == 1 {
            return Ok(InsertOutcome::Inserted);
        }
        match obstacles(connection, row).await? {
            (false, false, false) => {}
            (false, false, true) => return Err(Failure::Corrupt("the id of a new account is another account's")),
            (email, username, _) => return Ok(InsertOutcome::Taken { email, username }),
        }
    }
    Err(Failure::Contended)
}

/// Whether the address, the username and the id are taken, all at one moment.
async fn obstacles(connection: &mut AsyncPgConnection, row: &UserRow) -> Result<(bool, bool, bool), Failure> {
    let email = exists(users::table.filter(users::email.eq(&row.email)));
    let username = exists(users::table.filter(users::username_key.eq(row.username_key.as_deref())));
    let id = exists(users::table.find(&row.id));
    Ok(select((email, username, id)).get_result(connection).await?)
}

async fn find_credentials(
    connection: &mut AsyncPgConnection,
    identifier: &Identifier,
) -> Result<Option<Credentials>, Failure> {
    let columns = (UserRow::as_select(), users::password_hash, users::security_version);
    let found: Option<(UserRow, String, i64)> = match identifier {
        Identifier::Id(id) => users::table.find(id.as_bytes().as_slice()).select(columns).first(connection).await,
        Identifier::Email(email) => {
            users::table.filter(users::email.eq(email.as_str())).select(columns).first(connection).await
        }
        Identifier::Username(username) => {
            users::table.filter(users::username_key.eq(username.key())).select(columns).first(connection).await
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
async fn list(connection: &mut AsyncPgConnection, request: UserPageRequest) -> Result<UserPage, Failure> {
    let limit = usize::from(request.limit);
    let after = request.after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows: Vec<UserRow> = users::table
        .filter(users::id.gt(after))
        .order(users::id)
        .limit(i64::from(request.limit) + 1)
        .select(UserRow::as_select())
        .load(connection)
        .await?;
    let has_more = rows.len() > limit;
    let users = rows.into_iter().take(limit).map(User::try_from).collect::<Result<_, _>>()?;
    Ok(UserPage { users, has_more })
}

/// An account as its row has it, without the hash.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
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
