//! Every published promise, on a real server, in a schema each.

#![expect(clippy::expect_used, reason = "a test that cannot have its schema fails")]

use std::sync::Arc;

use tessera_repositories::contract::account_changes::AccountPorts;
use tessera_repositories::contract::one_time_tokens::owners;
use tessera_repositories::contract::sessions::SessionPorts;
use tessera_repositories::{
    ActivityRepository, InsertOutcome, MailOutboxRepository, OneTimeTokenRepository, RevocationRepository,
    SigningKeyRepository, UserRepository, UserTokenRepository,
};
use tessera_repositories_postgres::{
    PostgresAccountChanges, PostgresActivity, PostgresMailOutbox, PostgresOneTimeTokens, PostgresRevocations,
    PostgresSessions, PostgresSigningKeys, PostgresStore, PostgresUserTokens, PostgresUsers,
};
use tessera_test_servers::postgres::{Schema, Server};

async fn fresh() -> (PostgresStore, Schema) {
    let schema = Server::shared().schema();
    let store = PostgresStore::connect(schema.url()).await.expect("a store");
    (store, schema)
}

tessera_repositories::user_contract!(async {
    let (store, schema) = fresh().await;
    (Arc::new(PostgresUsers::new(&store)) as Arc<dyn UserRepository>, schema)
});

tessera_repositories::session_contract!(async {
    let (store, schema) = fresh().await;
    let ports = SessionPorts {
        users: Arc::new(PostgresUsers::new(&store)),
        sessions: Arc::new(PostgresSessions::new(&store)),
        revocations: Arc::new(PostgresRevocations::new(&store)),
    };
    (ports, schema)
});

tessera_repositories::revocation_contract!(async {
    let (store, schema) = fresh().await;
    (Arc::new(PostgresRevocations::new(&store)) as Arc<dyn RevocationRepository>, schema)
});

tessera_repositories::signing_key_contract!(async {
    let (store, schema) = fresh().await;
    (Arc::new(PostgresSigningKeys::new(&store)) as Arc<dyn SigningKeyRepository>, schema)
});

tessera_repositories::one_time_token_contract!(async {
    let (store, schema) = fresh().await;
    let users = PostgresUsers::new(&store);
    for owner in owners() {
        assert_eq!(users.insert(&owner).await.expect("an answer"), InsertOutcome::Inserted);
    }
    (Arc::new(PostgresOneTimeTokens::new(&store)) as Arc<dyn OneTimeTokenRepository>, schema)
});

tessera_repositories::activity_contract!(async {
    let (store, schema) = fresh().await;
    (Arc::new(PostgresActivity::new(&store)) as Arc<dyn ActivityRepository>, schema)
});

tessera_repositories::mail_outbox_contract!(async {
    let (store, schema) = fresh().await;
    (Arc::new(PostgresMailOutbox::new(&store)) as Arc<dyn MailOutboxRepository>, schema)
});

tessera_repositories::user_token_contract!(async {
    let (store, schema) = fresh().await;
    (Arc::new(PostgresUserTokens::new(&store)) as Arc<dyn UserTokenRepository>, schema)
});

tessera_repositories::account_change_contract!(async {
    let (store, schema) = fresh().await;
    let ports = AccountPorts {
        users: Arc::new(PostgresUsers::new(&store)),
        sessions: Arc::new(PostgresSessions::new(&store)),
        revocations: Arc::new(PostgresRevocations::new(&store)),
        links: Arc::new(PostgresOneTimeTokens::new(&store)),
        activity: Arc::new(PostgresActivity::new(&store)),
        outbox: Arc::new(PostgresMailOutbox::new(&store)),
        changes: Arc::new(PostgresAccountChanges::new(&store)),
    };
    (ports, schema)
});
