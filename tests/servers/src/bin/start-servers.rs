//! Starts both servers, says where they are, and ends as it is told to: the victim of the tests of this crate.

use std::process;

use tessera_test_servers::postgres::Cluster;
use tessera_test_servers::redis::Process;

#[expect(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "it is read, and ended, by a test")]
fn main() {
    let (cluster, redis) = (Cluster::start(&[]), Process::start(&[]));
    println!("{} {}", cluster.folder().display(), cluster.port());
    println!("{} {}", redis.folder().display(), redis.port());
    let mut end = String::new();
    std::io::stdin().read_line(&mut end).expect("readable");
    match end.trim() {
        "panic" => panic!("as it was told"),
        "exit" => process::exit(1),
        _ => {}
    }
}
