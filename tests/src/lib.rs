//! What the end-to-end tests drive: the real server on each [`Storage`], in this process ([`TestServer`]) or in one of its
//! own that can be killed ([`ServerProcess`]).

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot set up its world has failed")]

mod answer;
mod clock;
pub mod dashboard;
pub mod golden;
mod mail;
mod process;
mod rounds;
mod server;
mod storage;

#[doc(hidden)]
pub use insta;

pub use answer::{Answer, base64url, decode_base64url};
pub use clock::ManualClock;
pub use mail::Mailbox;
pub use process::ServerProcess;
pub use rounds::rounds;
pub use server::TestServer;
pub use storage::{Data, Storage};
pub use tessera_test_servers::eventually;
