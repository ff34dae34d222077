//! Accounts and sessions for the scenarios, made through the contract `users` like anybody's.

use anyhow::{Context as _, ensure};

use crate::http::{Connection, request};
use crate::load::Client;
use crate::server::Server;

const PASSWORD: &str = "a long walk by the sea";

/// The tokens of one session.
pub struct Session {
    pub access: String,
    pub refresh: String,
}

/// Makes the account with this number.
pub async fn create(connection: &mut Connection, number: usize) -> anyhow::Result<()> {
    let body = format!(r#"{{"username":"bench{number}","email":"{}","password":"{PASSWORD}"}}"#, address(number));
    let answer = connection.exchange(&request("POST /api/v1/user/create", &[], &body)).await?;
    ensure!(answer.status == 201, "no account was made: {}", String::from_utf8_lossy(answer.body));
    Ok(())
}

/// `count` sessions of one account, which is made if it is not there.
pub async fn sessions(server: &Server, count: u32) -> anyhow::Result<Vec<Session>> {
    let mut connection = Connection::open(server.addr()).await?;
    if connection.exchange(&log_in(0)).await?.status == 401 {
        create(&mut connection, 0).await?;
    }
    let mut sessions = Vec::new();
    for _ in 0..count {
        let answer = connection.exchange(&log_in(0)).await?;
        sessions.push(Session::read(answer.body).context("nobody was logged in")?);
    }
    Ok(sessions)
}

/// The request that logs the account with this number in.
pub fn log_in(number: usize) -> Vec<u8> {
    let body = format!(r#"{{"email":"{}","password":"{PASSWORD}"}}"#, address(number));
    request("POST /api/v1/user/login", &[], &body)
}

fn address(number: usize) -> String {
    format!("bench{number}@example.com")
}

impl Session {
    /// Those of an answer.
    pub fn read(body: &[u8]) -> Option<Self> {
        Some(Self { access: member(body, "access_token")?, refresh: member(body, "refresh_token")? })
    }
}

/// The text of a member of a JSON object, if it has no escapes; tokens have none.
pub fn member(body: &[u8], name: &str) -> Option<String> {
    let (_, rest) = std::str::from_utf8(body).ok()?.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(text, _)| text.to_owned())
}

/// Rotates one session for ever: each refresh token that it is given is spent for the next one.
pub struct Rotate {
    next: Vec<u8>,
    /// Every access token that it was given.
    pub given: Vec<String>,
}

impl Rotate {
    pub fn new(session: &Session) -> Self {
        Self { next: refresh(&session.refresh), given: Vec::new() }
    }
}

impl Client for Rotate {
    fn request(&mut self) -> Option<&[u8]> {
        Some(&self.next)
    }

    fn answered(&mut self, body: &[u8]) {
        // An answer without tokens leaves the spent one in place, and the next answer is a failure.
        if let Some(session) = Session::read(body) {
            self.next = refresh(&session.refresh);
            self.given.push(session.access);
        }
    }
}

/// The request that spends this refresh token.
pub fn refresh(token: &str) -> Vec<u8> {
    request("POST /api/v1/user/refresh", &[("X-Refresh-Token", token)], "")
}
