//! A server that is there and does not answer: paused, busy, or behind a network that swallows everything.

use std::pin::pin;
use std::time::{Duration, Instant};

use tessera_domain::{OneTimePurpose, Revocation, RevokedKey, TokenId};
use tessera_repositories::{
    MockRevocationRepository, OneTimeTokenRepository as _, RevocationRepository as _, StorageHealth as _,
};
use tessera_repositories_redis::{RedisBlacklist, RedisOneTimeTokens, RedisRevocations, RedisStore};
use tessera_test_servers::redis::Process;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::load::Load;
use crate::{NOW, RECOVERY, connect, token, until_answered};

/// A request must have ended by then, whatever else it does.
const AT_LAST: Duration = Duration::from_secs(4);

/// What ends in an error, in time.
async fn assert_refused(store: &RedisStore) {
    let tokens = RedisOneTimeTokens::new(store);
    let digest = token(1).digest;
    let refused = timeout(AT_LAST, tokens.consume(&digest, OneTimePurpose::OneTime, NOW)).await;
    assert!(refused.expect("it ends").expect_err("nothing comes back").is_transient());
}

/// The first who asks waits; when it is known that nobody answers, nobody waits any more.
async fn assert_refused_at_once(store: &RedisStore) {
    let knowing = async {
        loop {
            let started = Instant::now();
            assert_refused(store).await;
            if started.elapsed() < Duration::from_millis(100) {
                break;
            }
        }
    };
    timeout(RECOVERY, knowing).await.expect("it becomes known");
}

async fn until_well(store: &RedisStore) {
    until_answered(async || store.check().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_not_waited_for() {
    let server = Process::start(&[]);
    let network = Network::before(&server).await;
    let store = connect(&network.url).await;
    until_well(&store).await;
    network.is_frozen.send_replace(true);
    assert_refused(&store).await;
    assert_refused_at_once(&store).await;
    let late = timeout(AT_LAST * 2, connect(&network.url)).await.expect("a start does not wait for it either");
    assert!(late.check().await.is_err());
    network.is_frozen.send_replace(false);
    until_well(&store).await;
    until_well(&late).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_paused_is_not_waited_for() {
    let server = Process::start(&[]);
    let store = connect(server.url()).await;
    let mut load = Load::start(&store);
    load.spent(50).await;
    server.ask(&["CLIENT", "PAUSE", "6000", "ALL"]);
    load.refused(100).await;
    assert_refused_at_once(&store).await;
    load.spent(50).await;
    load.stop().await;
}

/// It does one thing for seconds, and everything that it was asked meanwhile afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_busy_server_does_too_late_is_not_done_twice() {
    let server = Process::start(&["--enable-debug-command", "local"]);
    let store = connect(server.url()).await;
    let mut load = Load::start(&store);
    for _ in 0..3 {
        load.spent(50).await;
        let port = server.port();
        let asleep = std::thread::spawn(move || {
            let mut connection = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            std::io::Write::write_all(&mut connection, b"DEBUG SLEEP 3\r\n").expect("sent");
            std::io::Read::read(&mut connection, &mut [0; 5]).expect("it woke up")
        });
        load.refused(8).await;
        asleep.join().expect("it was asleep");
    }
    load.spent(50).await;
    load.stop().await;
}

/// What can be done without Redis takes a moment longer, and is done.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_is_not_held_up_by_a_silent_server() {
    let server = Process::start(&[]);
    let network = Network::before(&server).await;
    let mut log = MockRevocationRepository::new();
    log.expect_insert().returning(|_| Ok(()));
    log.expect_is_revoked().returning(|_, _| Ok(true));
    let log: std::sync::Arc<dyn tessera_repositories::RevocationRepository> = std::sync::Arc::new(log);
    let store = connect(&network.url).await;
    until_well(&store).await;
    let blacklist = RedisBlacklist::new(&store, log.clone());
    let revocations = RedisRevocations::new(log, &blacklist);
    network.is_frozen.send_replace(true);
    let key = RevokedKey::Token(TokenId::from_bytes([1; 16]));
    for _ in 0..5 {
        let one = [Revocation { key, until: NOW }];
        let quick = timeout(Duration::from_secs(1), async {
            revocations.insert(&one).await.expect("durable all the same");
            assert!(revocations.is_revoked(&[key], NOW).await.expect("the log answers"));
        });
        quick.await.expect("nobody waits for it");
    }
}

/// What lies between the store and the server, and can be frozen.
struct Network {
    url: String,
    is_frozen: watch::Sender<bool>,
}

impl Network {
    async fn before(server: &Process) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("redis://{}", listener.local_addr().expect("its address"));
        let (is_frozen, frozen) = watch::channel(false);
        let there = ("127.0.0.1", server.port());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(there).await.expect("the server");
                tokio::spawn(carry(near, far, frozen.clone()));
            }
        });
        Self { url, is_frozen }
    }
}

/// Carries bytes both ways, as long as nothing is frozen. What is under way in a frozen network stays there.
async fn carry(mut near: TcpStream, mut far: TcpStream, mut frozen: watch::Receiver<bool>) {
    let mut carrying = pin!(copy_bidirectional(&mut near, &mut far));
    while frozen.wait_for(|frozen| !frozen).await.is_ok() {
        tokio::select! {
            _ = frozen.changed() => {}
            _ = carrying.as_mut() => return,
        }
    }
}
