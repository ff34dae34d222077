//! A connection that is read one line at a time.
//!
//! What the other side sends after its consent to encrypt, in the same breath, was sent without encryption, by whom nobody
//! knows. A reader that buffers would take it for answers to what is said later, under the protection of TLS (the attack of
//! CVE-2011-0411, turned on clients). Read like this, it is still in the connection when the handshake begins, and breaks it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most that is read at once.
const CHUNK: usize = 1_024;

/// A TCP connection of which no read goes past the end of a line.
#[derive(Debug)]
pub struct LineByLine(pub TcpStream);

impl AsyncRead for LineByLine {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; CHUNK];
        let (room, _) = bytes.split_at_mut(CHUNK.min(buf.remaining()));
        let mut ahead = ReadBuf::new(room);
        ready!(self.0.poll_peek(cx, &mut ahead))?;
        let ahead = ahead.filled();
        let length = ahead.iter().position(|byte| *byte == b'\n').map_or(ahead.len(), |end| end.saturating_add(1));
        let (room, _) = bytes.split_at_mut(length);
        let mut line = ReadBuf::new(room);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut line))?;
        buf.put_slice(line.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}
