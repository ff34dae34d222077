//! Accounts of other systems: brought along with their hashes, they log in with the passwords of old.

#![cfg(test)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tessera_tests::{Data, ServerProcess, Storage, on_every_storage};

on_every_storage! {
    an_account_of_each_scheme_logs_in_and_its_hash_is_replaced
    a_hash_that_is_broken_or_none_is_a_failed_login
    an_import_that_is_killed_is_finished_by_the_next
    what_one_storage_exports_another_imports
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_tessera-under-test");
const PASSWORD: &str = "contraseña 🔑 пароль";

/// The same password under every scheme, as Django 5.2, passlib 1.7 and argon2-cffi 25 wrote it.
const SCHEMES: [(&str, &str); 8] = [
    ("pbkdf2", "pbkdf2_sha256$1000$WYqAydrdOMtFD8IR4gPSW7$aHRjIxr5KHeuFXyQ+GGLZYPNsPQVUFERYGsgqBnrKVU="),
    (
        "argon2id",
        "argon2$argon2id$v=19$m=512,t=2,p=2$cFN6TWJlOGFoRXFidXRIeFlWT2FHZw$o2LOP6EfV86YTrZJSQolLaO6KIQjn5tFxll0ZlUQBic",
    ),
    (
        "argon2i",
        "argon2$argon2i$v=19$m=512,t=2,p=2$eTNFcHdpUzJBV2xTbnE5T2pwZDJQYw$/jlx+hCi5l0h2L2WUgJ16YkyuQZWCe+uTmAqHeQDFRQ",
    ),
    ("bcrypt", "bcrypt$$2b$04$fZTF/MHISSaktDBWo70ej.RBr4oTVt026aWqTlmDOgz8Hatiuf24i"),
    ("bcrypt_sha256", "bcrypt_sha256$$2b$04$Bfuy3418w3zIjCdgyUj92OePgDr12uAHqGC7oq16QnX/5hiqmSjEu"),
    ("passlib_2a", "$2a$04$ixnWi.BOqViUIED3fKYt9ecLTK7bhyd3bwe6bdsaUGjdBwIj9LAvK"),
    ("passlib_2b", "$2b$04$aaqdjwe.1orvM9BhKf68.OuZ1ilkU/dvu588VbhFbt0PYEgYR.YYq"),
    ("passlib_2y", "$2y$04$e3O2JdkYe6FOPpeWI.Zpl.hGQ8bI7WiODm3QRrhS3R1NAW3j3SiwK"),
];

fn command(data: &Data, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().env("BCRYPT_COST", "5").envs(data.settings()).current_dir(data.folder());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(data: &Data, arguments: &[&str], input: &str) -> Output {
    let mut child = command(data, arguments).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn import(data: &Data, rows: &str) -> String {
    let output = run(data, &["user", "import", "-"], rows);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn export(data: &Data) -> Vec<Value> {
    let output = run(data, &["user", "export", "--with-hashes"], "");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

fn lines(rows: impl IntoIterator<Item = Value>) -> String {
    rows.into_iter().flat_map(|row| [row.to_string(), "\n".to_owned()]).collect()
}

async fn log_in(server: &ServerProcess, name: &str, password: &str) -> [u16; 2] {
    let email = format!("{name}@example.com");
    let users = server.post("/api/v1/user/login", &json!({"email": email, "password": password})).await;
    let one_time_tokens = server.post("/auth/login", &json!({"correo": email, "password": password})).await;
    [users, one_time_tokens].map(|answer| answer.expect("answered").status)
}

async fn an_account_of_each_scheme_logs_in_and_its_hash_is_replaced(storage: Storage) {
    let data = Arc::new(Data::on(storage));
    let row = |(name, hash): (&str, &str)| json!({"email": format!("{name}@example.com"), "password": hash});
    import(&data, &lines(SCHEMES.map(row)));
    assert_eq!(export(&data).iter().filter(|user| is_todays(user)).count(), 0);

    let server = ServerProcess::start_with(PROGRAM, &data, &[("BCRYPT_COST", "5")]).await;
    for (name, _) in SCHEMES {
        assert_eq!(log_in(&server, name, "something else").await, [401, 401], "{name}");
        assert_eq!(log_in(&server, name, PASSWORD).await, [200, 200], "{name}");
    }
    server.kill().await;
    let users = export(&data);
    assert!(users.iter().all(is_todays), "{users:?}");
    assert_eq!(users.len(), SCHEMES.len());

    let server = ServerProcess::start_with(PROGRAM, &data, &[("BCRYPT_COST", "5")]).await;
    for (name, _) in SCHEMES {
        assert_eq!(log_in(&server, name, "something else").await, [401, 401], "{name}");
        assert_eq!(log_in(&server, name, PASSWORD).await, [200, 200], "{name}");
    }
}

/// Whether the hash of an account is what would be made today.
fn is_todays(user: &Value) -> bool {
    user["password_hash"].as_str().is_some_and(|hash| hash.starts_with("bcrypt_sha256$$2b$05$"))
}

async fn a_hash_that_is_broken_or_none_is_a_failed_login(storage: Storage) {
    let data = Data::on(storage);
    let none = json!({"email": "none@example.com", "password": "!iW75S0JzMUa2wF4omKsiNLK8C9Y0VoOZhIVLh50V"});
    import(&data, &lines([none]));
    let server = ServerProcess::start(PROGRAM, &data).await;
    for password in ["iW75S0JzMUa2wF4omKsiNLK8C9Y0VoOZhIVLh50V", "!", PASSWORD] {
        assert_eq!(log_in(&server, "none", password).await, [401, 401]);
    }
}

async fn an_import_that_is_killed_is_finished_by_the_next(storage: Storage) {
    const COUNT: usize = 4_000;
    let data = Data::on(storage);
    let hash = SCHEMES[0].1;
    let row = |number: usize| json!({"email": format!("user{number}@example.com"), "username": format!("user{number}"), "password": hash});
    let all = lines((0..COUNT).map(row));

    let mut killed = command(&data, &["user", "import", "-"]).spawn().expect("it runs");
    let mut stdin = killed.stdin.take().expect("piped");
    // Much more than fits in the pipe and what is read ahead, and not the end: some is imported, and some is not.
    let most = all.match_indices('\n').nth(COUNT * 3 / 4).expect("a line").0;
    stdin.write_all(&all.as_bytes()[..most]).expect("it reads");
    killed.kill().expect("killed");
    killed.wait().expect("it ends");
    let first = export(&data).len();
    assert!(first > 0 && first < COUNT, "{first}");

    // What the dead one had asked of a server that lives on may have happened since.
    let told = import(&data, &all);
    let counts: Vec<usize> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(counts.len() == 2 && counts[1] >= first && counts[0] + counts[1] == COUNT, "{first}: {told}");
    let users = export(&data);
    assert_eq!(users.len(), COUNT);
    assert!(users.iter().all(|user| user["password_hash"] == hash));
}

async fn what_one_storage_exports_another_imports(storage: Storage) {
    let (from, to) = (Data::on(storage), Data::on(Storage::Sqlite));
    let row = |number: usize| {
        json!({"email": format!("user{number}@example.com"), "full_name": format!("User, {number}"), "password": SCHEMES[0].1,
            "is_active": number.is_multiple_of(2), "date_joined": format!("2024-01-{:02}", number % 28 + 1)})
    };
    import(&from, &lines((0..1_200).map(row)));
    let exported = export(&from);
    assert_eq!(exported.len(), 1_200);
    import(&to, &lines(exported.clone()));
    assert_eq!(export(&to), exported);
}
