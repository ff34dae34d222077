//! The way from events to where they are written: a bounded queue, and a thread that empties it.
//!
//! Whoever reads the log may be slow, or may have stopped: a full pipe must stall neither a request nor the end of the
//! program (invariant I5). So nobody waits for a line. Those that find no place are counted, and the count is logged.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::one_line::on_one_line;

/// Lines that may wait: some megabytes at the very most.
const ROOM: usize = 4_096;
/// How long a line waits for others to be written with. Without it a busy service would wake the thread, and call the
/// system, for nearly every line; who kills the process loses as much of the log.
const GATHER: Duration = Duration::from_millis(10);
/// How much is written with one call to the system.
const AT_ONCE: usize = 64 * 1_024;
/// How long the end of the program waits for the lines that are still to be written.
const PATIENCE: Duration = Duration::from_secs(1);

/// Lines that found no place since the process started: all logs of a process end in one.
static LOST: AtomicU64 = AtomicU64::new(0);

/// How many lines nobody will read.
pub fn lines_lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

enum Message {
    Event(Vec<u8>),
    /// Everything before this is to be written; then tell.
    Flush(SyncSender<()>),
}

/// The entrance of the queue.
#[derive(Clone)]
pub struct Queue {
    entrance: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl Queue {
    /// Starts the thread that writes to `target`.
    pub fn start(target: impl Write + Send + 'static) -> io::Result<Self> {
        let (entrance, exit) = sync_channel(ROOM);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&lost);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&exit, target, &counter))?;
        Ok(Self { entrance, lost })
    }

    /// Puts an event in, as it is to be written.
    pub fn put(&self, event: Vec<u8>) {
        if self.entrance.try_send(Message::Event(event)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
            LOST.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was logged before is written, but not for ever.
    pub fn flush(&self) {
        let (tell, told) = mpsc::sync_channel(1);
        if self.entrance.try_send(Message::Flush(tell)).is_ok() {
            let _as_far_as_it_goes = told.recv_timeout(PATIENCE);
        }
    }
}

/// Errors of the target are ignored: there is nowhere left to tell of them.
fn write_all(exit: &Receiver<Message>, target: impl Write, lost: &AtomicU64) {
    let mut target = BufWriter::with_capacity(AT_ONCE, target);
    while let Ok(first) = exit.recv() {
        thread::sleep(GATHER);
        for message in std::iter::once(first).chain(exit.try_iter().take(ROOM)) {
            match message {
                Message::Event(event) => {
                    let _ = target.write_all(on_one_line(&String::from_utf8_lossy(&event)).as_bytes());
                }
                Message::Flush(tell) => {
                    let _ = target.flush();
                    let _nobody_may_wait_any_more = tell.send(());
                }
            }
        }
        let _ = target.flush();
        let lines = lost.swap(0, Ordering::Relaxed);
        if lines > 0 {
            tracing::warn!(lines, "the reader of the log is too slow; lines were lost");
        }
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Queue {
    /// Is given a whole event at a time.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.put(event.to_vec());
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// What was written, as long as its lock is not held by somebody who does not read.
    #[derive(Clone, Default)]
    pub struct Reader(Arc<Mutex<Vec<u8>>>);

    impl Reader {
        /// All that was written.
        pub fn text(&self) -> String {
            String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
        }
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_logged_is_written_in_order_and_on_lines_of_its_own() {
        let reader = Reader::default();
        let queue = Queue::start(reader.clone()).expect("a thread");
        for event in ["first\n", "sec\nond\n", "third\n"] {
            (&queue).write_all(event.as_bytes()).expect("taken");
        }
        queue.flush();
        assert_eq!(reader.text(), "first\nsec\\u000aond\nthird\n");
    }

    #[test]
    fn nobody_waits_for_a_reader_that_does_not_read() {
        let reader = Reader::default();
        let queue = Queue::start(reader.clone()).expect("a thread");
        let not_reading = reader.0.lock().expect("no panic");
        let event = [b'x'; 100];
        // The thread hangs as soon as its own buffer is full; what the queue has no room for is lost.
        for _ in 0..3 * ROOM {
            (&queue).write_all(&event).expect("taken, or lost");
        }
        assert!(queue.lost.load(Ordering::Relaxed) > 0 && lines_lost() > 0);
        drop(not_reading);
        queue.flush();
    }
}
