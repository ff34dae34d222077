//! Signing keys in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, RunQueryDsl as _, Selectable,
    SelectableHelper as _, SqliteConnection,
};
use tessera_domain::{Algorithm, KeyId, KeySchedule, SealedKey, SigningKey, Timestamp};
use tessera_repositories::{AppendKeyOutcome, Result, RetireKeyOutcome, SigningKeyRepository};

use crate::SqliteStore;
use crate::error::Failure;
use crate::schema::signing_keys;

/// The signing keys of a [`SqliteStore`].
#[derive(Clone)]
pub struct SqliteSigningKeys {
    store: SqliteStore,
}

impl SqliteSigningKeys {
    /// The signing keys of `store`.
    pub fn new(store: &SqliteStore) -> Self {
        Self { store: store.clone() }
    }
}

/// The write lock of a transaction makes the look and the change one step, over all processes.
#[async_trait]
impl SigningKeyRepository for SqliteSigningKeys {
    async fn list(&self, algorithm: Algorithm) -> Result<Vec<SigningKey>> {
        self.store.read("list signing keys", move |connection| list(connection, algorithm.name())).await
    }

    async fn append(&self, key: &SigningKey, after: Option<KeyId>) -> Result<AppendKeyOutcome> {
        let key = key.clone();
        self.store.write("append a signing key", move |connection| append(connection, &key, after.as_ref())).await
    }

    async fn bring_forward(&self, id: &KeyId, active_from: Timestamp) -> Result<bool> {
        let (id, active_from) = (id.as_str().to_owned(), active_from.unix_micros());
        let done = self.store.write("bring a signing key forward", move |connection| {
            let later = signing_keys::table
                .find(&id)
                .filter(signing_keys::retired_at.is_null())
                .filter(signing_keys::active_from.gt(active_from));
            Ok(diesel::update(later).set(signing_keys::active_from.eq(active_from)).execute(connection)?)
        });
        Ok(done.await? > 0)
    }

    async fn extend(&self, id: &KeyId, token_lifetime: Duration) -> Result<()> {
        let (id, lifetime) = (id.as_str().to_owned(), micros(token_lifetime));
        let done = self.store.write("extend a signing key", move |connection| {
            let shorter = signing_keys::table.find(&id).filter(signing_keys::token_lifetime.lt(lifetime));
            Ok(diesel::update(shorter).set(signing_keys::token_lifetime.eq(lifetime)).execute(connection)?)
        });
        done.await.map(drop)
    }

    async fn retire(&self, id: &KeyId, at: Timestamp) -> Result<RetireKeyOutcome> {
        let id = id.clone();
        self.store.write("retire a signing key", move |connection| retire(connection, &id, at)).await
    }

    async fn delete(&self, id: &KeyId) -> Result<()> {
        let id = id.as_str().to_owned();
        let done = self.store.write("delete a signing key", move |connection| {
            Ok(diesel::delete(signing_keys::table.find(&id)).execute(connection)?)
        });
        done.await.map(drop)
    }
}

fn append(
    connection: &mut SqliteConnection,
    key: &SigningKey,
    after: Option<&KeyId>,
) -> Result<AppendKeyOutcome, Failure> {
    let schedule = KeySchedule::of(list(connection, key.algorithm.name())?);
    if schedule.newest().map(|newest| &newest.id) != after {
        return Ok(AppendKeyOutcome::Overtaken);
    }
    diesel::insert_into(signing_keys::table).values(SigningKeyRow::from(key)).execute(connection)?;
    Ok(AppendKeyOutcome::Appended)
}

fn retire(connection: &mut SqliteConnection, id: &KeyId, at: Timestamp) -> Result<RetireKeyOutcome, Failure> {
    let algorithm = signing_keys::table.find(id.as_str()).select(signing_keys::algorithm);
    let Some(algorithm) = algorithm.first::<String>(connection).optional()? else {
        return Ok(RetireKeyOutcome::Unknown);
    };
    let schedule = KeySchedule::of(list(connection, &algorithm)?);
    if schedule.signing(at).is_some_and(|signing| signing.id == *id) {
        return Ok(RetireKeyOutcome::Signing);
    }
    let live = signing_keys::table.find(id.as_str()).filter(signing_keys::retired_at.is_null());
    match diesel::update(live).set(signing_keys::retired_at.eq(at.unix_micros())).execute(connection)? {
        0 => Ok(RetireKeyOutcome::Unknown),
        _ => Ok(RetireKeyOutcome::Retired),
    }
}

pub(crate) fn list(connection: &mut SqliteConnection, algorithm: &str) -> Result<Vec<SigningKey>, Failure> {
    let rows: Vec<SigningKeyRow> = signing_keys::table
        .filter(signing_keys::algorithm.eq(algorithm))
        .order((signing_keys::active_from, signing_keys::id))
        .select(SigningKeyRow::as_select())
        .load(connection)?;
    rows.into_iter().map(SigningKey::try_from).collect()
}

/// A signing key as its row has it. The lifetime is in microseconds.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::sqlite::Sqlite))]
struct SigningKeyRow {
    id: String,
    algorithm: String,
    public_key: Vec<u8>,
    sealed_private_key: Vec<u8>,
    created_at: i64,
    active_from: i64,
    token_lifetime: i64,
    retired_at: Option<i64>,
}

impl From<&SigningKey> for SigningKeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            id: key.id.as_str().to_owned(),
            algorithm: key.algorithm.name().to_owned(),
            public_key: key.public.clone(),
            sealed_private_key: key.private.as_bytes().to_vec(),
            created_at: key.created_at.unix_micros(),
            active_from: key.active_from.unix_micros(),
            token_lifetime: micros(key.token_lifetime),
            retired_at: key.retired_at.map(Timestamp::unix_micros),
        }
    }
}

impl TryFrom<SigningKeyRow> for SigningKey {
    type Error = Failure;

    fn try_from(row: SigningKeyRow) -> Result<Self, Failure> {
        let lifetime =
            u64::try_from(row.token_lifetime).map_err(|_| Failure::Corrupt("signing_keys.token_lifetime"))?;
        Ok(Self {
            id: KeyId::parse(&row.id).map_err(|_| Failure::Corrupt("signing_keys.id"))?,
            algorithm: Algorithm::from_name(&row.algorithm).ok_or(Failure::Corrupt("signing_keys.algorithm"))?,
            public: row.public_key,
            private: SealedKey::from_bytes(row.sealed_private_key),
            created_at: Timestamp::from_unix_micros(row.created_at),
            active_from: Timestamp::from_unix_micros(row.active_from),
            token_lifetime: Duration::from_micros(lifetime),
            retired_at: row.retired_at.map(Timestamp::from_unix_micros),
        })
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
