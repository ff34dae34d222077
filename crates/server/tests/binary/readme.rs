//! The tour of the README, as its reader types it.

use std::fs;
use std::process::Command;

use rustix::process::Signal;

use crate::installation::Installation;

/// The shell blocks of one section.
fn commands_of(section: &str) -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).expect("the README");
    let start = readme.split(&format!("\n## {section}\n")).nth(1).expect("the section");
    let text = start.split("\n## ").next().unwrap_or_default();
    let blocks: Vec<_> = text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(!blocks.is_empty());
    blocks.concat()
}

#[test]
fn the_tour_works_as_it_is_written() {
    let installation = Installation::new();
    let server = installation.serve(&[]);
    let script = commands_of("A tour").replace("curl -sS ", "curl -sS --fail-with-body --write-out '\\n' ");
    let tour = Command::new("sh").args(["-euc", &script]).env("TESSERA", format!("http://{}", server.addr)).output();
    let tour = tour.expect("a shell, with curl and sed");
    let said = String::from_utf8_lossy(&tour.stdout);
    assert!(tour.status.success(), "{said}{}", String::from_utf8_lossy(&tour.stderr));
    let answers: Vec<_> = said.lines().collect();
    for (answer, expected) in answers.iter().zip([
        "{\"token\":\"user123_",
        "\"username\":\"testuser\"",
        "\"message\":\"Login successful\"",
        "[{\"id\":",
        "\"refresh_token\":",
        "{\"message\":\"Logout successful\"}",
    ]) {
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
    assert_eq!(answers.len(), 6, "{said}");
    server.signal(Signal::TERM);
    assert_eq!(server.end().code, Some(0));
}
