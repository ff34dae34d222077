//! `docs/contracts.md` is true: its commands are executed as they stand there, in their order, by a shell, and the answers
//! are those that it shows.
//!
//! A new endpoint gets a heading (`### ` and its method and path in backticks), and below it at least one block `sh` with one
//! curl command, each followed by a block `http` with its answer. What differs from run to run is written `$NAME`.

#![cfg(test)]

mod names;
mod page;

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use names::Names;
use page::{Answer, Example};
use tempfile::TempDir;
use tessera_tests::TestServer;
use tokio::process::Command;

const PAGE: &str = include_str!("../../../docs/contracts.md");

/// What curl does without being told by the page: show headers, and say in the end what it did.
const CURL_SETTINGS: &str = r#"
silent
show-error
include
write-out = "\n%{method} %{url_effective}"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_the_page_says() {
    let server = TestServer::start().await;
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join(".curlrc"), CURL_SETTINGS).expect("written");
    let reader = Reader { home, tessera: format!("http://{}", server.authority()) };
    let (mut section, mut names, mut shown) = ("", Names::default(), BTreeSet::new());
    for example in page::examples(PAGE) {
        if example.section != section {
            (section, names) = (example.section, Names::default());
        }
        shown.insert(reader.follow(&example, &mut names).await);
        // Nobody types faster than this. Accounts are listed in the order in which they were made.
        server.clock.advance(Duration::from_secs(1));
    }
    let missing: Vec<_> = page::endpoints(PAGE).filter(|endpoint| !shown.contains(*endpoint)).collect();
    assert!(missing.is_empty(), "no example calls {missing:?}");
}

/// Somebody with a shell.
struct Reader {
    home: TempDir,
    tessera: String,
}

impl Reader {
    /// Types the command of an example and compares what is answered. Returns which endpoint was called.
    async fn follow(&self, example: &Example<'_>, names: &mut Names) -> String {
        let said = self.execute(&example.command, names).await;
        let (answer, called) = said.rsplit_once('\n').unwrap_or_else(|| panic!("{}: {said}", example.command));
        let (expected, actual) = (&example.answer, Answer::parse(answer));
        let mut fits = expected.status == actual.status;
        for (name, value) in &expected.headers {
            fits &= actual.headers.get(name).is_some_and(|actual| names.fit_text(value, actual));
        }
        fits &= names.fit(&expected.body, &actual.body);
        assert!(
            fits,
            "{}\n{}\nis answered with\n{answer}\nand not with {expected:?}",
            example.endpoint, example.command
        );
        self.endpoint(called)
    }

    async fn execute(&self, command: &str, names: &Names) -> String {
        let mut shell = Command::new("sh");
        shell.args(["-euc", command]).envs(names.variables()).env("TESSERA", &self.tessera);
        shell.env("CURL_HOME", self.home.path()).env("HOME", self.home.path()).current_dir(self.home.path());
        let output = shell.output().await.expect("a shell");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{command}\n{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    /// The heading of what was called: `POST http://.../path/?query` is `POST /path`. Where the page has a `{name}`, anything
    /// may stand.
    fn endpoint(&self, called: &str) -> String {
        let (method, url) = called.split_once(' ').expect("a method and a URL");
        let path = url.strip_prefix(&self.tessera).expect("our server").split('?').next().unwrap_or_default();
        let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
        let called = format!("{method} {path}");
        page::endpoints(PAGE).find(|heading| covers(heading, &called)).map_or(called.clone(), str::to_owned)
    }
}

fn covers(heading: &str, called: &str) -> bool {
    let is_name = |part: &str| part.starts_with('{') && part.ends_with('}');
    let (heading, called) = (heading.split('/'), called.split('/'));
    heading.clone().count() == called.clone().count()
        && heading.zip(called).all(|(heading, called)| heading == called || is_name(heading))
}
