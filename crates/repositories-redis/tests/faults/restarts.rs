//! The server goes away, comes back with what it had, or loses what it was given, while everybody uses it.

use tessera_test_servers::redis::Process;

use crate::connect;
use crate::load::Load;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_load_gives_nothing_out_twice_and_is_found_again() {
    for settings in [&["--save", "1 1"][..], &["--appendonly", "yes", "--appendfsync", "everysec"], &[]] {
        let mut server = Process::start(settings);
        let mut load = Load::start(&connect(server.url()).await);
        for _ in 0..5 {
            load.spent(200).await;
            // Whichever snapshot it starts from, tokens were spent since.
            server.ask(&["BGSAVE"]);
            load.spent(200).await;
            server.kill();
            load.refused(50).await;
            server.start_again(settings);
        }
        load.spent(200).await;
        load.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_under_load_gives_nothing_out_twice() {
    let server = Process::start(&["--maxmemory-policy", "allkeys-random"]);
    let mut load = Load::start(&connect(server.url()).await);
    for _ in 0..20 {
        load.spent(50).await;
        server.ask(&["FLUSHALL"]);
    }
    fill(&server);
    while server.ask(&["INFO", "stats"]).contains("evicted_keys:0\r\n") {
        load.spent(50).await;
    }
    for _ in 0..20 {
        load.spent(50).await;
    }
    load.stop().await;
}

/// From now on something has to go for everything that comes: one of many keys of no meaning, or one of ours.
fn fill(server: &Process) {
    let script = "for number = 1, 2000 do redis.call('SET', 'ballast' .. number, string.rep('x', 500)) end";
    server.ask(&["EVAL", script, "0"]);
    let memory = server.ask(&["INFO", "memory"]);
    let used = memory.lines().find_map(|line| line.strip_prefix("used_memory:")).expect("what it uses");
    assert!(server.ask(&["CONFIG", "SET", "maxmemory", used]).contains("OK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_killed_under_load_are_replaced() {
    let server = Process::start(&[]);
    let mut load = Load::start(&connect(server.url()).await);
    for _ in 0..20 {
        load.spent(50).await;
        server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    }
    load.spent(100).await;
    load.stop().await;
}
