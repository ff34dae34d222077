//! Encrypted connections, to a server with a certificate of its own making.

#![cfg(test)]

use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tessera_repositories_postgres::{ConnectError, PostgresStore};
use tessera_test_servers::postgres::Cluster;
use tokio_postgres::NoTls;

/// A server that insists on TLS, and the file of the certificate to trust.
struct Encrypted {
    cluster: Cluster,
    folder: TempDir,
}

impl Encrypted {
    fn start() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let cluster = Cluster::start(&[]);
        cluster.append("server.crt", &cert.pem());
        cluster.append("server.key", &signing_key.serialize_pem());
        cluster.append("postgresql.conf", "ssl=on");
        assert!(cluster.pg_ctl(&["restart"]), "the server starts with its certificate");
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), cert.pem()).expect("written");
        Self { cluster, folder }
    }

    /// A URL with these parameters, in which `CA` stands for the file of the certificate.
    fn url(&self, host: &str, parameters: &str) -> String {
        let roots = self.folder.path().join("ca.pem").display().to_string();
        format!("{}?{}", self.cluster.url().replace("127.0.0.1", host), parameters.replace("CA", &roots))
    }

    async fn connect(&self, host: &str, parameters: &str) -> Result<(), ConnectError> {
        let store = PostgresStore::connect(&self.url(host, parameters)).await?;
        store.close().await;
        Ok(())
    }

    /// How many connections of this name are encrypted, and how many are not.
    async fn connections(&self, name: &str) -> (i64, i64) {
        let (client, connection) = tokio_postgres::connect(self.cluster.url(), NoTls).await.expect("a connection");
        tokio::spawn(connection);
        let row = client
            .query_one(
                "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) \
                 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1",
                &[&name],
            )
            .await
            .expect("counted");
        (row.get(0), row.get(1))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_checks_what_it_promises() {
    let server = Encrypted::start();
    for (host, parameters) in [
        ("localhost", "sslmode=disable"),
        ("localhost", "sslmode=prefer"),
        ("localhost", "sslmode=require"),
        ("localhost", "sslmode=verify-full&sslrootcert=CA"),
    ] {
        server.connect(host, parameters).await.unwrap_or_else(|error| panic!("{parameters}: {error}"));
    }
    // The system does not trust the certificate, and it is not one for an address.
    for (host, parameters) in [
        ("localhost", "sslmode=verify-full"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=CA"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=CA"),
    ] {
        let refused = server.connect(host, parameters).await.expect_err(parameters);
        assert!(matches!(refused, ConnectError::Unreachable(_) | ConnectError::Tls(_)), "{parameters}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_encrypted_is() {
    let server = Encrypted::start();
    for (mode, encrypted) in [("disable", false), ("prefer", true), ("require", true)] {
        let url = server.url("127.0.0.1", &format!("application_name={mode}&sslmode={mode}"));
        let store = PostgresStore::connect(&url).await.expect(mode);
        tessera_repositories::StorageHealth::check(&store).await.expect("it answers");
        let (tls, plain) = server.connections(mode).await;
        assert_eq!((tls > 0, plain > 0), (encrypted, !encrypted), "{mode}");
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_refused_where_tls_is_required() {
    let plain = Cluster::start(&["ssl=off"]);
    let refused = PostgresStore::connect(&format!("{}?sslmode=require", plain.url())).await.err().expect("refused");
    assert!(matches!(refused, ConnectError::Unreachable(_)), "{refused:?}");
    assert!(PostgresStore::connect(&format!("{}?sslmode=prefer", plain.url())).await.is_ok());
}
