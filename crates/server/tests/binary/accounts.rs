//! Accounts that are brought along from files, and taken away in them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::installation::{Done, Installation};

/// Of a password that nobody knows.
const HASH: &str = "pbkdf2_sha256$1000$WYqAydrdOMtFD8IR4gPSW7$aHRjIxr5KHeuFXyQ+GGLZYPNsPQVUFERYGsgqBnrKVU=";

impl Installation {
    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder().join(name), content).expect("written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).expect("readable")
    }

    /// The names of what is in its folder, hidden or not.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn users(&self) -> Vec<Value> {
        let json = self.run(&["user", "list", "--json"]).succeeded();
        json.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

fn lines(rows: &[Value]) -> String {
    rows.iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect()
}

/// Good rows, and one of every kind that is not.
fn mixed() -> String {
    let rows = [
        json!({"email": "Ana@example.com", "username": "ana", "password": HASH, "is_staff": true}),
        json!({"correo": "ben@example.com", "nombre": "Ben", "hashed_password": HASH.replace("$1000$", "$2000$")}),
        json!({"email": "no address", "password": HASH}),
        json!({"email": "clear@example.com", "password": "Xw7-in-clear"}),
        json!({"email": "dear@example.com", "password": HASH.replace("$1000$", "$1000000000$")}),
        json!({"email": "ANA@example.com", "password": HASH}),
        json!({"email": "other@example.com", "username": "there", "password": HASH}),
        json!({"email": "there@example.com", "password": HASH}),
        json!({"email": "social@example.com", "password": "!iW75S0JzMUa2wF4omKsiNLK8C9Y0VoOZhIVLh50V"}),
        json!(["Xw7"]),
    ];
    lines(&rows)
}

const REFUSED: [&str; 6] = [
    "line 3: email is malformed",
    "line 4: password_hash is no password hash (a password in clear is never taken in its place)",
    "line 5: password_hash would take too much time or memory to verify",
    "line 6: email is that of line 1 already",
    "line 7: username is that of another account",
    "line 10: it is no JSON object",
];

fn with_one_account() -> Installation {
    let installation = Installation::new();
    let there = ["--email", "there@example.com", "--username", "there"];
    installation.create_user(&there, crate::commands::PASSWORD).succeeded();
    installation
}

fn shows_no_secret(done: &Done) {
    for secret in ["Xw7", "pbkdf2", "WYqAydrd", "aHRjIxr5"] {
        assert!(!done.out.contains(secret) && !done.err.contains(secret), "{done:?}");
    }
}

#[test]
fn a_dry_run_says_what_would_become_of_each_row_and_changes_nothing() {
    let installation = with_one_account();
    installation.write("users.jsonl", &mixed());
    let done = installation.run(&["user", "import", "users.jsonl", "--dry-run"]);
    shows_no_secret(&done);
    assert_eq!((done.code, done.err.as_str()), (Some(1), ""));
    let expected = [
        "        3  would be imported",
        "        1  of them as ordinary accounts: staff and superusers need --with-privileges",
        "        1  there already",
        "        2  refused: invalid",
        "        2  refused: no login could succeed with the hash",
        "        1  refused: duplicate within the file",
        "        1  refused: the username or id is another account's",
    ];
    assert_eq!(done.out.lines().collect::<Vec<_>>(), [&REFUSED[..], &expected].concat());
    assert_eq!(installation.users().len(), 1);

    let untouched = Installation::new();
    untouched.write("users.jsonl", &lines(&[json!({"email": "ana@example.com", "password": HASH})]));
    let told = untouched.run(&["user", "import", "users.jsonl", "--dry-run"]).succeeded();
    assert_eq!(told, "        1  would be imported\n");
    assert_eq!(untouched.names(), ["users.jsonl"], "not even a database was made");
}

#[test]
fn an_import_can_be_run_again_and_what_was_refused_be_mended() {
    let installation = with_one_account();
    installation.write("users.jsonl", &mixed());
    let import = ["user", "import", "users.jsonl", "--rejects", "rejects.jsonl"];
    let first = installation.run(&import);
    shows_no_secret(&first);
    assert_eq!(first.code, Some(1));
    assert_eq!(first.out.lines().take(6).collect::<Vec<_>>(), REFUSED);
    assert!(
        first.out.contains("        3  imported\n") && first.out.contains("        1  there already\n"),
        "{first:?}"
    );

    let rejects = installation.read("rejects.jsonl");
    let refused = [3, 4, 5, 6, 7, 10].map(|line| mixed().lines().nth(line - 1).expect("a line").to_owned());
    assert_eq!(rejects.lines().collect::<Vec<_>>(), refused);
    assert_eq!(mode(&installation.folder().join("rejects.jsonl")), 0o600);

    let second = installation.run(&import);
    assert!(second.out.contains("        0  imported\n") && second.out.contains("        4  there already\n"));
    assert_eq!(installation.read("rejects.jsonl"), rejects);
    assert_eq!(installation.users().len(), 4);

    // Mended in place: what is read is what takes the place of what was read.
    installation
        .write("rejects.jsonl", &rejects.lines().next().expect("a line").replace("no address", "cem@example.com"));
    let mended = installation.run(&["user", "import", "rejects.jsonl", "--rejects", "rejects.jsonl"]);
    assert_eq!(mended.succeeded(), "        1  imported\n");
    assert_eq!(installation.read("rejects.jsonl"), "");
    assert_eq!(installation.names(), ["data", "rejects.jsonl", "users.jsonl"]);
}

#[test]
fn privileges_are_taken_over_only_if_that_is_said() {
    let row = |name: &str| json!({"email": format!("{name}@example.com"), "password": HASH, "is_superuser": 1});
    let installation = Installation::new();
    let import = |row: Value, options: &[&str]| {
        let arguments = [&["user", "import", "-"], options].concat();
        installation.run_with_input(&arguments, &row.to_string()).succeeded()
    };
    assert!(import(row("ana"), &[]).contains("1  of them as ordinary accounts"));
    assert_eq!(import(row("ben"), &["--with-privileges"]), "        1  imported\n");
    let is_superuser: Vec<_> = installation.users().iter().map(|user| user["is_superuser"].clone()).collect();
    assert_eq!(is_superuser, [false, true]);
}

#[test]
fn csv_as_databases_write_it() {
    let installation = Installation::new();
    let csv = format!(
        "\u{feff}id,email,username,full_name,password,is_active,is_verified,date_joined,last_login,password_changed\r\n\
         7,ana@example.com,ana,\"López, Ana\",{HASH},t,f,2024-01-31 08:00:00.25+00,,2024\r\n\
         8,ben@example.com,,,{HASH},f,t,2023-01-31 09:00:00+01,2024-02-01 00:00:00+00,2024\r\n"
    );
    let done = installation.run_with_input(&["user", "import", "-", "--format", "csv"], &csv);
    assert_eq!(done.succeeded(), "        2  imported\n");
    let users = installation.users();
    // Ids are as old as the accounts, and so is the list.
    assert_eq!(
        (&users[0]["email"], &users[0]["date_joined"]),
        (&json!("ben@example.com"), &json!("2023-01-31T08:00:00Z"))
    );
    assert_eq!((&users[0]["is_active"], &users[0]["is_verified"]), (&json!(false), &json!(true)));
    assert_eq!(users[0]["last_login"], "2024-02-01T00:00:00Z");
    assert_eq!((&users[1]["full_name"], &users[1]["username"]), (&json!("López, Ana"), &json!("ana")));
    assert_eq!(users[1]["date_joined"], "2024-01-31T08:00:00.250000Z");
}

#[test]
fn what_is_exported_imports_the_same_elsewhere() {
    let from = with_one_account();
    from.write("users.jsonl", &mixed());
    from.run(&["user", "import", "users.jsonl", "--with-privileges"]);
    for file in ["all.jsonl", "all.csv"] {
        let told = from.run(&["user", "export", file, "--with-hashes"]).succeeded();
        assert_eq!(told, format!("Exported 4 accounts to {file}.\n"));
        assert_eq!(mode(&from.folder().join(file)), 0o600);

        let to = Installation::new();
        to.write(file, &from.read(file));
        assert_eq!(to.run(&["user", "import", file, "--with-privileges"]).succeeded(), "        4  imported\n");
        assert_eq!(to.users(), from.users());
        to.run(&["user", "export", "again.csv", "--with-hashes"]).succeeded();
        assert_eq!(to.read("again.csv"), from.run(&["user", "export", "--format", "csv", "--with-hashes"]).succeeded());
    }
}

#[test]
fn an_export_has_hashes_only_if_that_is_said() {
    let installation = with_one_account();
    for format in ["jsonl", "csv"] {
        let done = installation.run(&["user", "export", "--format", format]);
        assert!(!done.out.contains("password") && !done.out.contains("bcrypt"), "{done:?}");
        assert!(done.succeeded().contains("there@example.com"));
    }
}

#[test]
fn an_export_that_fails_leaves_what_was_there() {
    let installation = with_one_account();
    installation.write("users.jsonl", "old");
    let nowhere = [("DATA_DIR", "users.jsonl")];
    let mut export = installation.command(&["user", "export", "users.jsonl"]);
    let failed = Done::from(export.envs(nowhere).output().expect("it runs"));
    assert!(failed.failed().contains("the accounts were not exported"));
    assert_eq!(installation.read("users.jsonl"), "old");
    assert_eq!(installation.names(), ["data", "users.jsonl"]);
    for (file, expected) in [("missing/users.jsonl", "missing/users.jsonl cannot be written"), ("data", "--format")] {
        assert!(installation.run(&["user", "export", file]).failed().contains(expected), "{file}");
    }
}

#[test]
fn a_file_that_cannot_be_imported_is_refused_as_a_whole() {
    let installation = Installation::new();
    installation.write("array.json", "[\n{}\n]");
    installation.write("heading.csv", "username,password\nana,Xw7\n");
    installation.write("users.txt", "");
    installation.write("none.jsonl", "");
    for (arguments, expected) in [
        (&["array.json"][..], "one object a line"),
        (&["heading.csv"], "names no column email or correo"),
        (&["users.txt"], "say --format"),
        (&["missing.csv"], "missing.csv cannot be read"),
        (&[".", "--format", "csv"], ". cannot be read"),
        (&["none.jsonl", "--rejects", "/dev/null"], "/dev/null cannot be written: it is there, and is no regular file"),
    ] {
        let error = installation.run(&[&["user", "import", "--dry-run"], arguments].concat()).failed();
        assert!(error.contains(expected) && !error.contains("Xw7"), "{arguments:?}: {error}");
    }
    assert_eq!(installation.names(), ["array.json", "heading.csv", "none.jsonl", "users.txt"]);
}

#[test]
fn an_import_that_is_told_to_stop_says_how_far_it_came() {
    let installation = Installation::new();
    let mut child = installation
        .command(&["user", "import", "-", "--rejects", "rejects.jsonl"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    // More than fits in the pipe and what is read ahead: when all of it is written, some of it is imported.
    for number in 0..3_000 {
        let row = json!({"email": format!("user{number}@example.com"), "password": HASH});
        writeln!(stdin, "{row}").expect("read");
    }
    kill_process(Pid::from_child(&child), Signal::TERM).expect("sent");
    let done = Done::from(child.wait_with_output().expect("it ends"));
    let imported: usize = done.out.split_whitespace().next().and_then(|count| count.parse().ok()).expect("a count");
    assert!(imported > 0 && done.err.contains("SIGTERM stopped it"), "{done:?}");
    assert!(done.failed().contains("run it again"));
    assert!(installation.users().len() >= imported);
    assert_eq!(installation.names(), ["data"], "what was refused is told by the next run");
}
