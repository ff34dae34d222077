//! Signing keys in SQLite.

use async_trait::async_trait;
use diesel::{
    ExpressionMethods as _, Insertable, QueryDsl as _, Queryable, RunQueryDsl as _, Selectable, SelectableHelper as _,
    SqliteConnection,
};
use tessera_domain::{Algorithm, KeyId, KeyState, SealedKey, SigningKey, Timestamp};
use tessera_repositories::{InsertKeyOutcome, Result, SigningKeyRepository};

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

#[async_trait]
impl SigningKeyRepository for SqliteSigningKeys {
    async fn list(&self, algorithm: Algorithm) -> Result<Vec<SigningKey>> {
        self.store.read("list signing keys", move |connection| list(connection, algorithm)).await
    }

    /// The write lock of the transaction makes the look and the insertion one step, over all processes.
    async fn insert_first(&self, key: &SigningKey) -> Result<InsertKeyOutcome> {
        let key = key.clone();
        self.store
            .write("insert a first signing key", move |connection| {
                if let Some(first) = list(connection, key.algorithm)?.into_iter().next() {
                    return Ok(InsertKeyOutcome::Exists(first));
                }
                diesel::insert_into(signing_keys::table).values(SigningKeyRow::from(&key)).execute(connection)?;
                Ok(InsertKeyOutcome::Inserted)
            })
            .await
    }
}

fn list(connection: &mut SqliteConnection, algorithm: Algorithm) -> Result<Vec<SigningKey>, Failure> {
    let rows: Vec<SigningKeyRow> = signing_keys::table
        .filter(signing_keys::algorithm.eq(algorithm.name()))
        .order((signing_keys::created_at, signing_keys::id))
        .select(SigningKeyRow::as_select())
        .load(connection)?;
    rows.into_iter().map(SigningKey::try_from).collect()
}

const ACTIVE: &str = "active";

/// A signing key as its row has it.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::sqlite::Sqlite))]
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
