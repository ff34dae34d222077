//! Signing keys in PostgreSQL.

use async_trait::async_trait;
use diesel::{ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, Selectable, SelectableHelper as _};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use tessera_domain::{Algorithm, KeyId, KeyState, SealedKey, SigningKey, Timestamp};
use tessera_repositories::{InsertKeyOutcome, Result, SigningKeyRepository};

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

#[async_trait]
impl SigningKeyRepository for PostgresSigningKeys {
    async fn list(&self, algorithm: Algorithm) -> Result<Vec<SigningKey>> {
        self.store.run("list signing keys", async move |connection| list(connection, algorithm).await).await
    }

    async fn insert_first(&self, key: &SigningKey) -> Result<InsertKeyOutcome> {
        let key = key.clone();
        self.store
            .run("insert a first signing key", async move |connection| {
                connection.transaction(async |connection| insert_first(connection, &key).await).await
            })
            .await
    }
}

/// One instance at a time looks and inserts: a key that is not there yet cannot be locked.
async fn insert_first(connection: &mut AsyncPgConnection, key: &SigningKey) -> Result<InsertKeyOutcome, Failure> {
    Turn::FirstKey.wait(connection).await?;
    if let Some(first) = list(connection, key.algorithm).await?.into_iter().next() {
        return Ok(InsertKeyOutcome::Exists(first));
    }
    diesel::insert_into(signing_keys::table).values(SigningKeyRow::from(key)).execute(connection).await?;
    Ok(InsertKeyOutcome::Inserted)
}

async fn list(connection: &mut AsyncPgConnection, algorithm: Algorithm) -> Result<Vec<SigningKey>, Failure> {
    let rows: Vec<SigningKeyRow> = signing_keys::table
        .filter(signing_keys::algorithm.eq(algorithm.name()))
        .order((signing_keys::created_at, signing_keys::id))
        .select(SigningKeyRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(SigningKey::try_from).collect()
}

const ACTIVE: &str = "active";

/// A signing key as its row has it.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::pg::Pg))]
struct SigningKeyRow {
    id: String,
    algorithm: String,
    public_key: Vec<u8>,
    sealed_private_key: Vec<u8>,
    created_at: i64,
    state: String,
    state_since: i64,
}

impl From<&SigningKey> for SigningKeyRow {
    fn from(key: &SigningKey) -> Self {
        let (state, since) = match key.state {
            KeyState::Active { since } => (ACTIVE, since),
        };
        Self {
            id: key.id.as_str().to_owned(),
            algorithm: key.algorithm.name().to_owned(),
            public_key: key.public.clone(),
            sealed_private_key: key.private.as_bytes().to_vec(),
            created_at: key.created_at.unix_micros(),
            state: state.to_owned(),
            state_since: since.unix_micros(),
        }
    }
}

impl TryFrom<SigningKeyRow> for SigningKey {
    type Error = Failure;

    fn try_from(row: SigningKeyRow) -> Result<Self, Failure> {
        let since = Timestamp::from_unix_micros(row.state_since);
        let state = match row.state.as_str() {
            ACTIVE => KeyState::Active { since },
            _ => return Err(Failure::Corrupt("signing_keys.state")),
        };
        Ok(Self {
            id: KeyId::parse(&row.id).map_err(|_| Failure::Corrupt("signing_keys.id"))?,
            algorithm: Algorithm::from_name(&row.algorithm).ok_or(Failure::Corrupt("signing_keys.algorithm"))?,
            public: row.public_key,
            private: SealedKey::from_bytes(row.sealed_private_key),
            created_at: Timestamp::from_unix_micros(row.created_at),
            state,
        })
    }
}
