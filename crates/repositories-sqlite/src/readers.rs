//! The readers: a few threads, each with a connection that cannot write, fed from one bounded queue.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::connection::{Connection, Role};
use crate::error::Failure;

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
}

impl Readers {
    pub(crate) fn start(path: &str, count: usize, queue: usize) -> io::Result<Self> {
        let (queue, waiting) = crossbeam_channel::bounded(queue);
        let threads = (0..count.max(1))
            .map(|number| {
                let connection = Connection::new(path, Role::Reader);
                let waiting = waiting.clone();
                thread::Builder::new()
                    .name(format!("sqlite-reader-{number}"))
                    .spawn(move || serve(connection, &waiting))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { queue, threads: Mutex::new(threads) })
    }

    /// Puts a query in the queue, without waiting for a place in it.
    pub(crate) fn submit(&self, query: Query) -> Result<(), Failure> {
        self.queue.try_send(Message::Read(query)).map_err(|error| match error {
            TrySendError::Full(_) => Failure::QueueFull,
            TrySendError::Disconnected(_) => Failure::Closed,
        })
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

fn serve(mut connection: Connection, waiting: &Receiver<Message>) {
    while let Ok(Message::Read(query)) = waiting.recv() {
        query(&mut connection);
    }
}
