//! The readers: a few threads, each with a connection that cannot write, fed from one bounded queue.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tessera_repositories::PoolLoad;

use crate::connection::{Connection, Role};
use crate::error::Failure;
use crate::gauge::Meter;

/// A query with its way back to the caller.
pub(crate) type Query = Box<dyn FnOnce(&mut Connection) + Send>;

enum Message {
    Read(Query),
    Stop,
}

/// The way to the readers' threads.
pub(crate) struct Readers {
    queue: Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    count: usize,
    meter: Arc<Meter>,
}

impl Readers {
    pub(crate) fn start(path: &str, count: usize, queue: usize) -> io::Result<Self> {
        let (queue, waiting) = crossbeam_channel::bounded(queue);
        let (count, meter) = (count.max(1), Arc::new(Meter::default()));
        let threads = (0..count)
            .map(|number| {
                let connection = Connection::new(path, Role::Reader);
                let (waiting, meter) = (waiting.clone(), Arc::clone(&meter));
                thread::Builder::new()
                    .name(format!("sqlite-reader-{number}"))
                    .spawn(move || serve(connection, &waiting, &meter))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { queue, threads: Mutex::new(threads), count, meter })
    }

    /// Puts a query in the queue, without waiting for a place in it.
    pub(crate) fn submit(&self, query: Query) -> Result<(), Failure> {
        self.queue.try_send(Message::Read(query)).map_err(|error| match error {
            TrySendError::Full(_) => {
                self.meter.refused();
                Failure::QueueFull
            }
            TrySendError::Disconnected(_) => Failure::Closed,
        })
    }

    /// How busy they are.
    pub(crate) fn load(&self) -> PoolLoad {
        self.meter.read("readers", self.count, self.queue.len())
    }

    /// An answer came too late.
    pub(crate) fn note_late(&self) {
        self.meter.late();
    }

    /// Finishes what is in the queue, and ends.
    pub(crate) fn stop(&self) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for _ in &threads {
            let _ = self.queue.send(Message::Stop);
        }
        for thread in threads {
            let _ = thread.join();
        }
    }
}

fn serve(mut connection: Connection, waiting: &Receiver<Message>, meter: &Meter) {
    while let Ok(Message::Read(query)) = waiting.recv() {
        meter.at_work(|| query(&mut connection));
    }
}
