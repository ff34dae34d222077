//! Every published promise, on a real file each.

#![expect(clippy::expect_used, reason = "a test that cannot make its folder fails")]

use std::sync::Arc;

use tempfile::TempDir;
use tessera_repositories::contract::account_changes::AccountPorts;
use tessera_repositories::contract::one_time_tokens::owners;
use tessera_repositories::contract::sessions::SessionPorts;
use tessera_repositories::{
    ActivityRepository, InsertOutcome, MailOutboxRepository, OneTimeTokenRepository, RevocationRepository,
    SigningKeyRepository, UserRepository, UserTokenRepository,
};
use tessera_repositories_sqlite::{
    SqliteAccountChanges, SqliteActivity, SqliteMailOutbox, SqliteOneTimeTokens, SqliteRevocations, SqliteSessions,
    SqliteSigningKeys, SqliteStore, SqliteUserTokens, SqliteUsers,
};

fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("tessera.db")).expect("a store");
    (store, folder)
}

tessera_repositories::user_contract!(async {
    let (store, folder) = fresh();
    (Arc::new(SqliteUsers::new(&store)) as Arc<dyn UserRepository>, folder)
});

tessera_repositories::session_contract!(async {
    let (store, folder) = fresh();
    let ports = SessionPorts {
        users: Arc::new(SqliteUsers::new(&store)),
        sessions: Arc::new(SqliteSessions::new(&store)),
        revocations: Arc::new(SqliteRevocations::new(&store)),
    };
    (ports, folder)
});

tessera_repositories::revocation_contract!(async {
    let (store, folder) = fresh();
    (Arc::new(SqliteRevocations::new(&store)) as Arc<dyn RevocationRepository>, folder)
});

tessera_repositories::one_time_token_contract!(async {
    let (store, folder) = fresh();
    let users = SqliteUsers::new(&store);
    for owner in owners() {
        assert_eq!(users.insert(&owner).await.expect("an answer"), InsertOutcome::Inserted);
    }
    (Arc::new(SqliteOneTimeTokens::new(&store)) as Arc<dyn OneTimeTokenRepository>, folder)
});

tessera_repositories::signing_key_contract!(async {
    let (store, folder) = fresh();
    (Arc::new(SqliteSigningKeys::new(&store)) as Arc<dyn SigningKeyRepository>, folder)
});

tessera_repositories::activity_contract!(async {
    let (store, folder) = fresh();
    (Arc::new(SqliteActivity::new(&store)) as Arc<dyn ActivityRepository>, folder)
});

tessera_repositories::mail_outbox_contract!(async {
    let (store, folder) = fresh();
    (Arc::new(SqliteMailOutbox::new(&store)) as Arc<dyn MailOutboxRepository>, folder)
});

tessera_repositories::user_token_contract!(async {
    let (store, folder) = fresh();
    (Arc::new(SqliteUserTokens::new(&store)) as Arc<dyn UserTokenRepository>, folder)
});

tessera_repositories::account_change_contract!(async {
    let (store, folder) = fresh();
    let ports = AccountPorts {
        users: Arc::new(SqliteUsers::new(&store)),
        sessions: Arc::new(SqliteSessions::new(&store)),
        revocations: Arc::new(SqliteRevocations::new(&store)),
        links: Arc::new(SqliteOneTimeTokens::new(&store)),
        activity: Arc::new(SqliteActivity::new(&store)),
        outbox: Arc::new(SqliteMailOutbox::new(&store)),
        changes: Arc::new(SqliteAccountChanges::new(&store)),
    };
    (ports, folder)
});
