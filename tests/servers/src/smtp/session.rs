//! One session: as much of RFC 5321 as a client that sends one mail uses, and the faults.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Encryption, Manner, Received, Shared};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Session<'a> {
    stream: BufReader<Box<dyn Stream>>,
    encrypted: bool,
    manner: Manner,
    shared: &'a Shared,
}

pub(super) async fn serve(stream: TcpStream, manner: Manner, shared: &Shared) -> io::Result<()> {
    if manner == Manner::Silent {
        return std::future::pending().await;
    }
    let mut stream: Box<dyn Stream> = Box::new(stream);
    let mut encrypted = false;
    if let Encryption::Implicit(certificate) = &shared.encryption {
        (stream, encrypted) = (Box::new(certificate.acceptor().accept(stream).await?), true);
    }
    let mut session = Session { stream: BufReader::new(stream), encrypted, manner, shared };
    session.say("220 localhost ESMTP").await?;
    let asked_for_encryption = session.converse().await?;
    if let (true, Encryption::StartTls(certificate)) = (asked_for_encryption, &shared.encryption) {
        let stream = certificate.acceptor().accept(session.stream.into_inner()).await?;
        let stream: Box<dyn Stream> = Box::new(stream);
        Session { stream: BufReader::new(stream), encrypted: true, manner, shared }.converse().await?;
    }
    Ok(())
}

impl Session<'_> {
    /// Answers until the client is done; `true` if it wants to go on encrypted.
    async fn converse(&mut self) -> io::Result<bool> {
        let mut mail = Received { encrypted: self.encrypted, ..Received::default() };
        loop {
            let line = self.hear().await?;
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.introduce().await?,
                "STARTTLS" if self.manner == Manner::Injecting => {
                    self.say("220 go on\r\n250-localhost\r\n250 AUTH PLAIN LOGIN").await?;
                    return Ok(true);
                }
                "STARTTLS" => {
                    self.say("220 go on").await?;
                    return Ok(true);
                }
                "AUTH" if self.manner == Manner::LoginRefused => self.say(&format!("535 wrong: {line}")).await?,
                "AUTH" => {
                    mail.login = credentials(argument);
                    self.say("235 welcome").await?;
                }
                "MAIL" => {
                    mail.from = address(argument);
                    self.say("250 OK").await?;
                }
                "RCPT" => match self.manner {
                    Manner::UnknownRecipient => self.say("550 5.1.1 no such user").await?,
                    Manner::Busy => self.say("451 4.3.2 come back later").await?,
                    _ => {
                        mail.to.push(address(argument));
                        self.say("250 OK").await?;
                    }
                },
                "DATA" => {
                    self.say("354 go on").await?;
                    if self.manner == Manner::HangingUp {
                        return Ok(false);
                    }
                    mail.message = self.hear_message().await?;
                    match self.manner {
                        Manner::ContentRefused => {
                            let quoted = mail.message.replace('\n', " ");
                            self.say(&format!("554 5.7.1 no: {quoted}")).await?;
                        }
                        Manner::HangingUpAfterwards => {
                            self.keep(&mail);
                            return Ok(false);
                        }
                        _ => {
                            self.keep(&mail);
                            self.say("250 OK").await?;
                        }
                    }
                }
                "QUIT" => {
                    self.say("221 bye").await?;
                    return Ok(false);
                }
                _ => self.say("502 what?").await?,
            }
        }
    }

    async fn introduce(&mut self) -> io::Result<()> {
        let can_encrypt = !self.encrypted && matches!(self.shared.encryption, Encryption::StartTls(_));
        let starttls = if can_encrypt { "250-STARTTLS\r\n" } else { "" };
        self.say(&format!("250-localhost\r\n{starttls}250-8BITMIME\r\n250 AUTH PLAIN LOGIN")).await
    }

    fn keep(&self, mail: &Received) {
        let _nobody_waits_for_it_any_longer = self.shared.kept.send(mail.clone());
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }

    async fn hear(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The lines up to the one with a single dot, the dot before other dots taken off (section 4.5.2).
    async fn hear_message(&mut self) -> io::Result<String> {
        let mut message = String::new();
        loop {
            match self.hear().await?.as_str() {
                "." => return Ok(message),
                line => {
                    message.push_str(line.strip_prefix('.').unwrap_or(line));
                    message.push('\n');
                }
            }
        }
    }
}

/// What is between the angle brackets.
fn address(argument: &str) -> String {
    let inner = argument.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// The name and the password of `PLAIN` (RFC 4616).
fn credentials(argument: &str) -> Option<(String, String)> {
    let decoded = STANDARD.decode(argument.strip_prefix("PLAIN ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.strip_prefix('\0')?.split_once('\0')?;
    Some((name.to_owned(), password.to_owned()))
}
