//! Redis in front of the log of revocations: what it adds, and that the log stays the truth (requirement T8).

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tessera_domain::{
    Email, EndReason, Revocation, RevokedKey, SecurityVersion, Session, SessionId, SessionLimits, Timestamp, TokenId,
    User, UserId,
};
use tessera_repositories::{
    AccountChangeRepository as _, AccountDeletion, AccountSessionEnding, DeletionOutcome, MockAccountChangeRepository,
    MockRevocationRepository, MockSessionRepository, RepositoryError, RevocationNotices as _, RevocationRepository,
    SessionRepository as _, WhichSessions,
};
use tessera_repositories_redis::{AnnouncedAccountChanges, AnnouncedSessions, RedisBlacklist, RedisRevocations};
use tessera_repositories_sqlite::{SqliteRevocations, SqliteStore};
use tessera_test_servers::redis::Process;
use tokio::time::timeout;

use crate::support::{PREFIX, connect, restart};
use crate::{NOW, RECOVERY, until_answered};

/// A log, and the parts in front of it, as one instance of the service has them.
struct Instance {
    revocations: RedisRevocations,
    blacklist: RedisBlacklist,
}

impl Instance {
    async fn start(server: &Process, log: &Arc<dyn RevocationRepository>) -> Self {
        let store = connect(server.url(), PREFIX).await;
        let blacklist = RedisBlacklist::new(&store, Arc::clone(log));
        Self { revocations: RedisRevocations::new(Arc::clone(log), &blacklist), blacklist }
    }

    async fn insert(&self, revocations: &[Revocation]) {
        self.revocations.insert(revocations).await.expect("recorded");
    }

    async fn is_revoked(&self, key: RevokedKey) -> bool {
        self.revocations.is_revoked(&[key], NOW).await.expect("an answer")
    }

    async fn catch_up(&self) {
        until_answered(async || self.blacklist.catch_up(NOW).await).await;
    }
}

fn database() -> (Arc<dyn RevocationRepository>, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("tessera.sqlite3")).expect("a database");
    (Arc::new(SqliteRevocations::new(&store)), folder)
}

fn session(number: u8) -> Revocation {
    Revocation {
        key: RevokedKey::Session(SessionId::from_bytes([number; 16])),
        until: NOW.plus(Duration::from_hours(1)),
    }
}

fn token(number: u8) -> Revocation {
    Revocation { key: RevokedKey::Token(TokenId::from_bytes([number; 16])), ..session(number) }
}

/// How many entries the blacklist has.
fn listed(server: &Process) -> usize {
    server.ask(&["KEYS", "tessera:jwt_blacklist:*"]).matches("jwt_blacklist:").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn other_services_find_a_token_for_as_long_as_it_would_have_lived() {
    let server = Process::start(&[]);
    let (log, _folder) = database();
    let instance = Instance::start(&server, &log).await;
    let time = server.ask(&["TIME"]);
    let seconds: i64 = time.lines().nth(2).expect("a number").parse().expect("of seconds");
    let until = Timestamp::from_unix_seconds(seconds).plus(Duration::from_mins(10));
    instance.insert(&[Revocation { until, ..token(0xab) }, Revocation { until, ..session(0xcd) }]).await;
    for name in [
        "tessera:jwt_blacklist:abababab-abab-abab-abab-abababababab",
        "tessera:jwt_blacklist:session:cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd",
    ] {
        let answer = server.ask(&["TTL", name]);
        let left: i64 = answer.trim().trim_start_matches(':').parse().expect("seconds");
        assert!((560..=600).contains(&left), "{name}: {left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_loses_no_revocation_and_fails_no_request() {
    let mut server = Process::start(&[]);
    let (log, _folder) = database();
    let instance = Instance::start(&server, &log).await;
    server.kill();
    instance.insert(&[token(1), session(2)]).await;
    assert!(instance.is_revoked(token(1).key).await && instance.is_revoked(session(2).key).await);
    assert!(!instance.is_revoked(token(2).key).await);
    assert!(instance.blacklist.catch_up(NOW).await.expect_err("it is away").is_transient());

    restart(&mut server, &[]);
    instance.catch_up().await;
    assert_eq!(listed(&server), 2, "copied from the log");
}

/// Which sessions those are is known only when they have ended.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_end_together_or_with_their_account_are_announced() {
    let server = Process::start(&[]);
    let (log, _folder) = database();
    let instance = Instance::start(&server, &log).await;
    let (user_id, revoke_until) = (UserId::from_bytes([1; 16]), session(1).until);
    let limits = SessionLimits { idle: Duration::from_hours(1), absolute: Duration::from_hours(1) };
    let ended = move |number: u8| Session::open(SessionId::from_bytes([number; 16]), user_id, NOW, limits);
    let mut sessions = MockSessionRepository::new();
    sessions.expect_end_of().returning(move |_| Ok(vec![ended(1), ended(2)]));
    let ending = AccountSessionEnding {
        user_id,
        which: WhichSessions::All,
        reason: EndReason::LoggedOut,
        at: NOW,
        revoke_until,
    };
    let announced = AnnouncedSessions::new(Arc::new(sessions), &instance.blacklist);
    assert_eq!(announced.end_of(&ending).await.expect("ended").len(), 2);
    assert_eq!(listed(&server), 2);

    let mut changes = MockAccountChangeRepository::new();
    changes.expect_delete().times(1).returning(|_| Ok(DeletionOutcome::LastSuperuser));
    changes
        .expect_delete()
        .returning(move |_| Ok(DeletionOutcome::Deleted { user: account(user_id), ended: vec![ended(3).id] }));
    let deletion = AccountDeletion { user_id, version: SecurityVersion::FIRST, at: NOW, revoke_until };
    let announced = AnnouncedAccountChanges::new(Arc::new(changes), &instance.blacklist);
    for expected in [2, 3] {
        let _outcome = announced.delete(&deletion).await.expect("an answer");
        assert_eq!(listed(&server), expected);
    }
}

fn account(id: UserId) -> User {
    User {
        id,
        email: Email::parse("ana@example.com").expect("an address"),
        username: None,
        full_name: None,
        is_active: true,
        is_verified: false,
        is_staff: false,
        is_superuser: false,
        date_joined: NOW,
        updated_at: NOW,
        last_login: None,
        last_login_ip: None,
    }
}

/// Whatever was lost, and by whichever process it was written.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_lost_is_copied_from_the_log_again() {
    let mut server = Process::start(&[]);
    let (log, _folder) = database();
    let (one, other) = (Instance::start(&server, &log).await, Instance::start(&server, &log).await);
    one.insert(&[token(1)]).await;
    one.catch_up().await;
    server.ask(&["SAVE"]);
    log.insert(&[token(2), session(3)]).await.expect("recorded by somebody who knows no Redis");
    other.catch_up().await;
    assert_eq!(listed(&server), 3);

    server.ask(&["FLUSHALL"]);
    one.catch_up().await;
    assert_eq!(listed(&server), 3, "after a flush");
    server.ask(&["SAVE"]);
    other.insert(&[token(4)]).await;
    other.catch_up().await;
    restart(&mut server, &[]);
    assert_eq!(listed(&server), 3, "the snapshot is older");
    one.catch_up().await;
    assert_eq!(listed(&server), 4, "after the return of a snapshot");
}

/// The position belongs to the log of a database that is gone: the one from the backup counts from a lower number.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_database_from_a_backup_is_compared_from_its_beginning() {
    let server = Process::start(&[]);
    let ((gone, _folder), (restored, _other_folder)) = (database(), database());
    let before = Instance::start(&server, &gone).await;
    before.insert(&(1..=5).map(token).collect::<Vec<_>>()).await;
    before.catch_up().await;
    let after = Instance::start(&server, &restored).await;
    restored.insert(&[token(6)]).await.expect("recorded");
    after.catch_up().await;
    restored.insert(&[token(7)]).await.expect("recorded");
    after.catch_up().await;
    assert_eq!(listed(&server), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_copied_to_its_end() {
    let server = Process::start(&[]);
    let (log, _folder) = database();
    let instance = Instance::start(&server, &log).await;
    let id = |number: u32| {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        TokenId::from_bytes(bytes)
    };
    let many: Vec<_> = (0..1_234).map(|number| Revocation { key: RevokedKey::Token(id(number)), ..token(1) }).collect();
    log.insert(&many).await.expect("recorded");
    instance.catch_up().await;
    assert_eq!(listed(&server), many.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_of_a_revocation_at_once() {
    let mut server = Process::start(&[]);
    let (log, _folder) = database();
    let (one, other) = (Instance::start(&server, &log).await, Instance::start(&server, &log).await);
    one.insert(&[session(1), token(2)]).await;
    let heard = timeout(RECOVERY, other.blacklist.next()).await.expect("it hears of it");
    assert_eq!(heard, [session(1), token(2)]);

    restart(&mut server, &[]);
    one.catch_up().await;
    other.catch_up().await;
    one.insert(&[session(3)]).await;
    let heard = timeout(RECOVERY, other.blacklist.next()).await.expect("also on a new connection");
    assert_eq!(heard, [session(3)]);
}

fn away() -> RepositoryError {
    RepositoryError::transient("away", "refused")
}

/// The log decides. Only that something *is* revoked may be said without it.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_log_nothing_is_good_and_what_was_revoked_still_is() {
    let server = Process::start(&[]);
    let mut log = MockRevocationRepository::new();
    log.expect_insert().times(1).returning(|_| Ok(()));
    log.expect_insert().returning(|_| Err(away()));
    log.expect_is_revoked().returning(|_, _| Err(away()));
    let log: Arc<dyn RevocationRepository> = Arc::new(log);
    let instance = Instance::start(&server, &log).await;
    instance.insert(&[session(1)]).await;
    assert!(instance.is_revoked(session(1).key).await);
    let asked = instance.revocations.is_revoked(&[session(2).key], NOW).await;
    assert!(asked.expect_err("nobody knows").is_transient());
    assert!(instance.revocations.insert(&[session(2)]).await.is_err());
    assert_eq!(listed(&server), 1, "what is not durable is not announced");
}
