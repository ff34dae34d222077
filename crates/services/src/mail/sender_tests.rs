//! The loop: when attempts begin, what goes on beside them, and what does not end it. The clock is tokio's, which jumps to
//! the next thing that is waited for.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Digest, Email, MailId, MailKind, QueuedMail, Timestamp};
use tessera_repositories::{
    Backlog, ClaimedMail, MailOutboxRepository, MockOneTimeTokenRepository, MockUserRepository, Result, Settlement,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::{Letterhead, MailBell, MailSender};
use crate::fixtures::{NOW, SameBytes, away};
use crate::ports::{Clock, Mail, MailError, Mailer};

/// Tells tokio's time.
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        NOW.plus(self.0.elapsed())
    }
}

/// An outbox in memory, which can also fail.
#[derive(Default)]
struct FakeOutbox {
    waiting: Mutex<Vec<Waiting>>,
    fault: Mutex<Option<Fault>>,
}

struct Waiting {
    mail: QueuedMail,
    due: Timestamp,
    attempt: u32,
}

enum Fault {
    Away,
    Panic,
}

impl FakeOutbox {
    fn hold<T>(&self, id: MailId, attempt: u32, act: impl FnOnce(&mut Vec<Waiting>, usize) -> T) -> Option<T> {
        let mut waiting = self.waiting.lock().unwrap();
        let held = waiting.iter().position(|row| row.mail.id == id && row.attempt == attempt)?;
        Some(act(&mut waiting, held))
    }
}

#[async_trait]
impl MailOutboxRepository for FakeOutbox {
    async fn insert(&self, mail: &QueuedMail) -> Result<()> {
        let row = Waiting { mail: mail.clone(), due: mail.queued_at, attempt: 0 };
        self.waiting.lock().unwrap().push(row);
        Ok(())
    }

    async fn claim(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>> {
        let fault = self.fault.lock().unwrap().take();
        match fault {
            Some(Fault::Away) => return Err(away()),
            Some(Fault::Panic) => panic!("as it was told to"),
            None => {}
        }
        let mut waiting = self.waiting.lock().unwrap();
        let due = waiting.iter_mut().filter(|row| row.due <= now).take(limit as usize);
        let claimed = due.map(|row| {
            (row.due, row.attempt) = (until, row.attempt + 1);
            ClaimedMail { mail: row.mail.clone(), attempt: row.attempt }
        });
        Ok(claimed.collect())
    }

    async fn renew(&self, id: MailId, attempt: u32, until: Timestamp) -> Result<bool> {
        Ok(self.hold(id, attempt, |waiting, held| waiting[held].due = until).is_some())
    }

    async fn settle(&self, id: MailId, attempt: u32, settlement: Settlement) -> Result<bool> {
        let settled = self.hold(id, attempt, |waiting, held| match settlement {
            Settlement::Retry { at } => waiting[held].due = at,
            Settlement::Sent { .. } | Settlement::GivenUp { .. } => drop(waiting.remove(held)),
        });
        Ok(settled.is_some())
    }

    async fn delete_finished(&self, _: Timestamp, _: u32) -> Result<u32> {
        Ok(0)
    }

    async fn backlog(&self) -> Result<Backlog> {
        let waiting = self.waiting.lock().unwrap();
        Ok(Backlog {
            waiting: waiting.len() as u64,
            oldest: waiting.iter().map(|row| row.mail.queued_at).min(),
            given_up: 0,
        })
    }
}

/// Does with a mail what the first part of its recipient's address says, and tells that it was asked.
struct FakeMailer {
    asked: mpsc::UnboundedSender<String>,
    is_up: Mutex<bool>,
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, mail: &Mail) -> std::result::Result<(), MailError> {
        let to = mail.to.as_str();
        let (what, _) = to.split_once(['-', '@']).expect("an address");
        let _nobody_listens_any_longer = self.asked.send(to.to_owned());
        match what {
            "silent" => pending().await,
            "slow" => {
                sleep(Duration::from_secs(1)).await;
                Ok(())
            }
            "panic" => panic!("as it was told to"),
            _ if *self.is_up.lock().unwrap() => Ok(()),
            _ => Err(MailError::Failed("down".to_owned())),
        }
    }
}

/// A sender that runs.
struct Running {
    outbox: Arc<FakeOutbox>,
    mailer: Arc<FakeMailer>,
    bell: Arc<MailBell>,
    asked: mpsc::UnboundedReceiver<String>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start() -> Self {
        let (asking, asked) = mpsc::unbounded_channel();
        let outbox = Arc::new(FakeOutbox::default());
        let mailer = Arc::new(FakeMailer { asked: asking, is_up: Mutex::new(true) });
        let bell = Arc::new(MailBell::default());
        let sender = MailSender {
            outbox: outbox.clone(),
            users: Arc::new(MockUserRepository::new()),
            links: Arc::new(MockOneTimeTokenRepository::new()),
            mailer: mailer.clone(),
            bell: bell.clone(),
            clock: Arc::new(TokioClock(Instant::now())),
            secrets: Arc::new(SameBytes),
            letterhead: Letterhead {
                app_name: "Tessera".to_owned(),
                frontend_url: "https://app.example.com".to_owned(),
                reset_lifetime: Duration::from_mins(10),
            },
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(Arc::new(sender).run(async { stopped.await.unwrap_or_default() }));
        Self { outbox, mailer, bell, asked, stop, task }
    }

    /// Queues the news for `name@example.com`, and rings for nobody.
    async fn queue(&self, name: &str) {
        let recipient = Email::parse(&format!("{name}@example.com")).expect("an address");
        let id = MailId::from_bytes(Digest::of(name.as_bytes()).as_bytes()[..16].try_into().expect("16"));
        let mail = QueuedMail { id, kind: MailKind::PasswordChanged, recipient, queued_at: NOW };
        self.outbox.insert(&mail).await.expect("queued");
    }

    /// The recipients of the next attempts, in the order of the alphabet.
    async fn next<const N: usize>(&mut self) -> [String; N] {
        let mut names = [const { String::new() }; N];
        for name in &mut names {
            let address = self.asked.recv().await.expect("it runs");
            *name = address.split('@').next().unwrap_or_default().to_owned();
        }
        names.sort();
        names
    }

    async fn waiting(&self) -> u64 {
        self.outbox.backlog().await.expect("it answers").waiting
    }

    async fn stop(self) {
        self.stop.send(()).expect("it runs");
        self.task.await.expect("it ends well");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_sent_at_once_when_somebody_rings() {
    let mut sender = Running::start();
    sleep(Duration::from_millis(1)).await;
    let started = Instant::now();
    sender.queue("ana").await;
    sender.bell.ring();
    assert_eq!(sender.next().await, ["ana"]);
    assert_eq!(started.elapsed(), Duration::ZERO);
    sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_nobody_rang_for_is_found_within_seconds() {
    let mut sender = Running::start();
    sleep(Duration::from_millis(1)).await;
    let started = Instant::now();
    sender.queue("ana").await;
    assert_eq!(sender.next().await, ["ana"]);
    assert!(started.elapsed() <= Duration::from_secs(5));
    sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_with_some_is_not_waited_for_by_others() {
    let mut sender = Running::start();
    for name in ["silent-1", "silent-2", "silent-3", "ana", "ben", "cleo"] {
        sender.queue(name).await;
    }
    sender.bell.ring();
    let started = Instant::now();
    assert_eq!(sender.next().await, ["ana", "ben", "cleo", "silent-1", "silent-2", "silent-3"]);
    assert_eq!(started.elapsed(), Duration::ZERO);
    sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_than_four_are_sent_at_once_and_each_has_a_deadline() {
    let mut sender = Running::start();
    for name in ["silent-1", "silent-2", "silent-3", "silent-4", "ana"] {
        sender.queue(name).await;
    }
    sender.bell.ring();
    let started = Instant::now();
    assert_eq!(sender.next().await, ["silent-1", "silent-2", "silent-3", "silent-4"]);
    sleep(Duration::from_secs(59)).await;
    assert!(sender.asked.is_empty());
    assert_eq!(sender.next().await, ["ana"]);
    assert_eq!(started.elapsed().as_secs(), 60);
    sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_tried_again_until_it_is_taken() {
    let mut sender = Running::start();
    *sender.mailer.is_up.lock().unwrap() = false;
    sender.queue("ana").await;
    sender.bell.ring();
    let started = Instant::now();
    for _ in 0..3 {
        assert_eq!(sender.next().await, ["ana"]);
    }
    assert!((Duration::from_mins(4)..Duration::from_mins(7)).contains(&started.elapsed()), "{:?}", started.elapsed());
    *sender.mailer.is_up.lock().unwrap() = true;
    assert_eq!(sender.next().await, ["ana"]);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(sender.waiting().await, 0);
    sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn neither_a_panic_nor_an_outage_ends_it() {
    let mut sender = Running::start();
    for fault in [Fault::Panic, Fault::Away] {
        *sender.outbox.fault.lock().unwrap() = Some(fault);
        sender.bell.ring();
        sleep(Duration::from_millis(1)).await;
        assert!(sender.outbox.fault.lock().unwrap().is_none(), "it happened");
    }
    sender.queue("panic").await;
    sender.queue("ana").await;
    assert_eq!(sender.next().await, ["ana", "panic"]);
    assert_eq!(sender.next().await, ["panic"], "when its claim is over");
    sender.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_an_attempt_that_ends_soon_and_not_for_one_that_does_not() {
    for (name, elapsed, left) in [("slow", Duration::from_secs(1), 0), ("silent", Duration::from_secs(3), 1)] {
        let mut sender = Running::start();
        sender.queue(name).await;
        sender.bell.ring();
        sender.next::<1>().await;
        let (started, outbox) = (Instant::now(), sender.outbox.clone());
        sender.stop().await;
        assert_eq!(started.elapsed(), elapsed, "{name}");
        assert_eq!(outbox.backlog().await.expect("it answers").waiting, left, "{name}");
    }
}
