//! One HTTP/1.1 connection, as little of it as a load generator needs: it must cost less than what it measures.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than any answer has; a read that does not fill it leaves the next one to the poller, without a failed attempt.
const BUFFER: usize = 64 * 1_024;

/// A connection that is kept alive.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// An answer, as it lies in the connection's buffer.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Connection {
    /// Connects to a server on this machine.
    pub async fn open(addr: SocketAddr) -> anyhow::Result<Self> {
        ensure!(addr.ip().is_loopback(), "{addr} is another machine");
        let stream = TcpStream::connect(addr).await.context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(BUFFER) })
    }

    /// Sends the bytes of a request, and waits for the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server hung up in the middle of an answer");
            }
            match Head::read(&self.received)? {
                Some(head) if self.received.len() >= head.length + head.content_length => break head,
                _ => {}
            }
        };
        let body = self.received.get(head.length..).unwrap_or_default();
        Ok(Answer { status: head.status, body })
    }
}

/// What is looked at of an answer's head.
struct Head {
    status: u16,
    /// With the empty line that ends it.
    length: usize,
    content_length: usize,
}

impl Head {
    /// `None` while it is not complete.
    fn read(received: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return Ok(None);
        };
        let mut lines = received.get(..end).unwrap_or_default().split(|byte| *byte == b'\n');
        let status = lines.next().and_then(|line| number(line.get(9..12)?)).context("no status line")?;
        let content_length = lines.find_map(content_length).context("no Content-Length")?;
        Ok(Some(Self { status: u16::try_from(status)?, length: end + 4, content_length }))
    }
}

fn content_length(line: &[u8]) -> Option<usize> {
    let (name, value) = line.split_at_checked(b"content-length:".len())?;
    if name.eq_ignore_ascii_case(b"content-length:") { number(value.trim_ascii()) } else { None }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The bytes of a request. All of ours have a head of few lines and a body that may be empty.
pub fn request(line: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() {
        text.push_str("Content-Type: application/json\r\n");
    }
    if line.starts_with("POST") {
        text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}
