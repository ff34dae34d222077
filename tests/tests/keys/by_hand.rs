//! What the operator does on the command line while servers are running, and what a crash leaves of it.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use tessera_tests::{Storage, on_every_storage, rounds};

use super::{LAG, ask, command, kid, listed, of_today, operate, text, until_published};

on_every_storage! {
    a_new_key_is_announced_before_it_signs
    a_new_key_in_haste_signs_as_soon_as_all_instances_know_it
    what_a_leaked_key_signed_is_refused_at_once_and_everywhere
    a_next_key_that_was_withdrawn_never_signs
    operators_at_the_same_moment_make_one_key
    a_kill_in_the_middle_leaves_nothing_half_done
}

async fn a_new_key_is_announced_before_it_signs(storage: Storage) {
    let server = of_today(storage, &[]).await;
    let (before, _) = server.sign_up("ana").await;
    let said = operate(server.data(), &["keys", "rotate"]);
    let names = until_published(&server, 2).await;
    assert!(said.starts_with(&format!("Made and published the key {}.", names[1])), "{said}");
    assert_eq!(kid(&server.log_in("ana").await.0), names[0]);
    let again = operate(server.data(), &["keys", "rotate"]);
    assert!(again.starts_with(&format!("The key that waits is {}.", names[1])), "{again}");
    server.clock.advance(Duration::from_mins(10));
    let (after, _) = server.log_in("ana").await;
    assert_eq!(kid(&after), names[1]);
    assert_eq!((ask(&server, &before).await, ask(&server, &after).await), (201, 201));
}

async fn a_new_key_in_haste_signs_as_soon_as_all_instances_know_it(storage: Storage) {
    let server = of_today(storage, &[]).await;
    let other = server.another_instance().await;
    let (before, _) = server.sign_up("ana").await;
    let said = operate(server.data(), &["keys", "rotate", "--now"]);
    assert!(said.contains("Warning: services that keep the key set"), "{said}");
    let (meanwhile, _) = server.log_in("ana").await;
    assert_eq!(kid(&meanwhile), kid(&before));
    server.clock.advance(Duration::from_mins(2));
    let (after, _) = server.log_in("ana").await;
    assert_ne!(kid(&after), kid(&before));
    for token in [&before, &meanwhile, &after] {
        assert_eq!((ask(&server, token).await, ask(&other, token).await), (201, 201));
    }
}

async fn what_a_leaked_key_signed_is_refused_at_once_and_everywhere(storage: Storage) {
    let server = of_today(storage, &[]).await;
    let other = server.another_instance().await;
    let (access, refresh) = server.sign_up("ana").await;
    let leaked = kid(&access);
    // Both have verified it, and remember that.
    assert_eq!((ask(&server, &access).await, ask(&other, &access).await), (201, 201));
    let refused = command(server.data(), &["keys", "retire", "--now", "--", &leaked]).output().expect("it runs");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("has to log in again") && said.contains("--yes"), "{said}");
    assert_eq!(ask(&server, &access).await, 201, "nothing was changed");

    let said = operate(server.data(), &["keys", "retire", "--now", "--yes", "--", &leaked]);
    assert!(said.starts_with(&format!("Retired the key {leaked}: what it signed is refused.")), "{said}");
    // By now each has either followed or asks.
    server.clock.advance(LAG + Duration::from_micros(1));
    for instance in [&server, &other] {
        assert_eq!((ask(instance, &access).await, instance.refresh(&refresh).await.status), (401, 401));
    }
    let (access, refresh) = server.log_in("ana").await;
    assert_ne!(kid(&access), leaked);
    assert_eq!((ask(&server, &access).await, ask(&other, &access).await), (201, 201));
    assert_eq!(other.refresh(&refresh).await.status, 200);
    assert_eq!(until_published(&server, 1).await, [kid(&access)]);
}

async fn a_next_key_that_was_withdrawn_never_signs(storage: Storage) {
    let server = of_today(storage, &[]).await;
    let (before, _) = server.sign_up("ana").await;
    operate(server.data(), &["keys", "rotate"]);
    let names = until_published(&server, 2).await;
    let said = operate(server.data(), &["keys", "retire", "--", &names[1]]);
    assert!(said.starts_with("Withdrew the key"), "{said}");
    assert_eq!(until_published(&server, 1).await, names[..1]);
    server.clock.advance(Duration::from_mins(10));
    assert_eq!(kid(&server.log_in("ana").await.0), kid(&before));
}

async fn operators_at_the_same_moment_make_one_key(storage: Storage) {
    let server = of_today(storage, &[]).await;
    let data = server.data();
    let said = thread::scope(|scope| {
        let rotations: Vec<_> = (0..4).map(|_| scope.spawn(|| operate(data, &["keys", "rotate"]))).collect();
        rotations.into_iter().map(|rotation| rotation.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(said.iter().filter(|said| said.starts_with("Made")).count(), 1, "{said:?}");
    let states: Vec<_> = listed(data).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["active", "next"]);
}

/// The log says that another key was made; the old one is retired in the next step, or the process is dead before.
async fn a_kill_in_the_middle_leaves_nothing_half_done(storage: Storage) {
    let server = of_today(storage, &[]).await;
    server.sign_up("ana").await;
    for _ in 0..rounds("KILL_ROUNDS", 3) {
        let (leaked, _) = listed(server.data()).into_iter().find(|(_, state)| state == "active").expect("one signs");
        let mut child = command(server.data(), &["keys", "retire", "--now", "--yes", "--", &leaked])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it runs");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let made = log.find(|line| line.as_ref().is_ok_and(|line| line.contains("signing_key_made")));
        assert!(made.is_some(), "it says what it does");
        child.kill().expect("killed");
        child.wait().expect("gone");

        let keys = listed(server.data());
        let signing: HashSet<_> = keys.iter().filter(|(_, state)| state == "active").map(|(name, _)| name).collect();
        assert!(signing.len() == 1 && !signing.contains(&leaked), "{keys:?}");
        // Commands have the clock of the machine, which has gone on.
        server.clock.advance(Duration::from_mins(5));
        let (access, _) = server.log_in("ana").await;
        assert_eq!((signing.contains(&kid(&access)), ask(&server, &access).await), (true, 201));
        // What was not finished is finished by saying it again.
        let again = command(server.data(), &["keys", "retire", "--now", "--yes", "--", &leaked]).output();
        let again = again.expect("it runs");
        if again.status.success() {
            assert!(text(&again).starts_with("Retired the key"));
        } else {
            assert!(String::from_utf8_lossy(&again.stderr).contains("is retired already"), "{again:?}");
        }
    }
}
