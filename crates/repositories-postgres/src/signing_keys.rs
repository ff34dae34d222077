//! Signing keys in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Algorithm, KeyId, KeySchedule, SealedKey, SigningKey, Timestamp};
use tessera_repositories::{AppendKeyOutcome, Result, RetireKeyOutcome, SigningKeyRepository};

use crate::PostgresStore;
use crate::error::Failure;
use crate::schema::signing_keys;
use crate::turn::Turn;

/// The signing keys of a [`PostgresStore`].
#[derive(Clone)]
pub struct PostgresSigningKeys {
    store: PostgresStore,
}

impl PostgresSigningKeys {
    /// The signing keys of `store`.
    pub fn new(store: &PostgresStore) -> Self {
        Self { store: store.clone() }
    }
}

/// One instance at a time looks and changes: a key that is not there yet cannot be locked.
#[async_trait]
impl SigningKeyRepository for PostgresSigningKeys {
    async fn list(&self, algorithm: Algorithm) -> Result<Vec<SigningKey>> {
        self.store.run("list signing keys", async move |connection| list(connection, algorithm.name()).await).await
    }

    async fn append(&self, key: &SigningKey, after: Option<KeyId>) -> Result<AppendKeyOutcome> {
        let key = key.clone();
        self.store
            .run("append a signing key", async move |connection| {
                connection.transaction(async |connection| append(connection, &key, after.as_ref()).await).await
            })
            .await
    }

    async fn bring_forward(&self, id: &KeyId, active_from: Timestamp) -> Result<bool> {
        let (id, active_from) = (id.as_str().to_owned(), active_from.unix_micros());
        let done = self.store.run("bring a signing key forward", async move |connection| {
            let later = signing_keys::table
                .find(id)
                .filter(signing_keys::retired_at.is_null())
                .filter(signing_keys::active_from.gt(active_from));
            Ok(diesel::update(later).set(signing_keys::active_from.eq(active_from)).execute(connection).await?)
        });
        Ok(done.await? > 0)
    }

    async fn extend(&self, id: &KeyId, token_lifetime: Duration) -> Result<()> {
        let (id, lifetime) = (id.as_str().to_owned(), micros(token_lifetime));
        let done = self.store.run("extend a signing key", async move |connection| {
            let shorter = signing_keys::table.find(id).filter(signing_keys::token_lifetime.lt(lifetime));
            Ok(diesel::update(shorter).set(signing_keys::token_lifetime.eq(lifetime)).execute(connection).await?)
        });
        done.await.map(drop)
    }

    async fn retire(&self, id: &KeyId, at: Timestamp) -> Result<RetireKeyOutcome> {
        let id = id.clone();
        self.store
            .run("retire a signing key", async move |connection| {
                connection.transaction(async |connection| retire(connection, &id, at).await).await
            })
            .await
    }

    async fn delete(&self, id: &KeyId) -> Result<()> {
        let id = id.as_str().to_owned();
        let done = self.store.run("delete a signing key", async move |connection| {
            Ok(diesel::delete(signing_keys::table.find(id)).execute(connection).await?)
        });
        done.await.map(drop)
    }
}

async fn append(
    connection: &mut AsyncPgConnection,
    key: &SigningKey,
    after: Option<&KeyId>,
) -> Result<AppendKeyOutcome, Failure> {
    Turn::ChangeKeys.wait(connection).await?;
    let schedule = KeySchedule::of(list(connection, key.algorithm.name()).await?);
    if schedule.newest().map(|newest| &newest.id) != after {
        return Ok(AppendKeyOutcome::Overtaken);
    }
    diesel::insert_into(signing_keys::table).values(SigningKeyRow::from(key)).execute(connection).await?;
    Ok(AppendKeyOutcome::Appended)
}

async fn retire(connection: &mut AsyncPgConnection, id: &KeyId, at: Timestamp) -> Result<RetireKeyOutcome, Failure> {
    Turn::ChangeKeys.wait(connection).await?;
    let algorithm = signing_keys::table.find(id.as_str()).select(signing_keys::algorithm);
    let Some(algorithm) = algorithm.first::<String>(connection).await.optional()? else {
        return Ok(RetireKeyOutcome::Unknown);
    };
    let schedule = KeySchedule::of(list(connection, &algorithm).await?);
    if schedule.signing(at).is_some_and(|signing| signing.id == *id) {
        return Ok(RetireKeyOutcome::Signing);
    }
    let live = signing_keys::table.find(id.as_str()).filter(signing_keys::retired_at.is_null());
    match diesel::update(live).set(signing_keys::retired_at.eq(at.unix_micros())).execute(connection).await? {
        0 => Ok(RetireKeyOutcome::Unknown),
        _ => Ok(RetireKeyOutcome::Retired),
    }
}

pub(crate) async fn list(connection: &mut AsyncPgConnection, algorithm: &str) -> Result<Vec<SigningKey>, Failure> {
    let rows: Vec<SigningKeyRow> = signing_keys::table
        .filter(signing_keys::algorithm.eq(algorithm))
        .order((signing_keys::active_from, signing_keys::id))
        .select(SigningKeyRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(SigningKey::try_from).collect()
}

/// A signing key as its row has it. The lifetime is in microseconds.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::pg::Pg))]
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
