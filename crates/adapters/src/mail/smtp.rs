//! Mails handed over to a mail server (RFC 5321; RFC 6409 where it wants to know who we are).
//!
//! Each mail has a connection of its own: mails are few, and a connection that is kept goes stale without notice.

use std::time::Duration;

use async_trait::async_trait;
use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as Sender, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret as _, SecretString};
use tessera_services::ports::{Mail, MailError, Mailer};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::FromAddress;
use super::line_by_line::LineByLine;
use super::message::compose;
use super::step::{Cause, Step};

/// How long each step may take before the message itself. How long the server may think about that is up to the caller: a
/// server that takes its time has perhaps taken the mail, too.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait for a server to say goodbye.
const PARTING: Duration = Duration::from_secs(2);

/// A mail server, and how to talk to it.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    /// Its name or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted. It is so or it is not used: what the server says makes no difference.
    pub encryption: Encryption,
    /// What to log in with.
    pub login: Option<Login>,
    /// A certificate, in PEM, to trust besides those that the operating system does.
    pub also_trusted: Option<String>,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// From the moment at which we ask for it (RFC 3207).
    StartTls,
    /// From the start (RFC 8314, section 3.3).
    Implicit,
}

/// A name and a password.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// Hands mails over to a mail server.
pub struct SmtpMailer {
    server: SmtpServer,
    from: FromAddress,
    tls: TlsParameters,
    ourselves: ClientId,
}

/// The certificates that are to be trusted cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the certificates to trust cannot be used: {0}")]
pub struct InvalidCertificates(Error);

impl SmtpMailer {
    /// One that sends mails from `from`. It reads the certificates of the operating system.
    pub fn new(server: SmtpServer, from: FromAddress) -> Result<Self, InvalidCertificates> {
        let mut tls = TlsParameters::builder(server.host.clone());
        if let Some(pem) = &server.also_trusted {
            tls = tls.add_root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(InvalidCertificates)?);
        }
        let tls = tls.build().map_err(InvalidCertificates)?;
        Ok(Self { server, from, tls, ourselves: ClientId::default() })
    }

    /// Does all that comes before a mail, and says goodbye: whether one would be taken.
    pub async fn greet(&self) -> Result<(), MailError> {
        let mut connection = self.connect().await?;
        self.log_in(&mut connection).await?;
        // It was ready; how it says goodbye makes no difference.
        let _said = timeout(PARTING, connection.quit()).await;
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let address = (self.server.host.as_str(), self.server.port);
        if self.server.encryption == Encryption::Implicit {
            let tls = Some(self.tls.clone());
            return soon(Step::Connect, AsyncSmtpConnection::connect_tokio1(address, None, &self.ourselves, tls, None))
                .await;
        }
        let stream = Box::new(LineByLine(soon(Step::Connect, TcpStream::connect(address)).await?));
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.ourselves);
        let mut connection = soon(Step::Greet, greeted).await?;
        if self.server.encryption == Encryption::StartTls {
            if !connection.can_starttls() {
                return Err(Step::Encrypt.failed(Cause::NotOffered));
            }
            soon(Step::Encrypt, connection.starttls(self.tls.clone(), &self.ourselves)).await?;
        }
        Ok(connection)
    }

    async fn log_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), MailError> {
        let Some(Login { user, password }) = &self.server.login else { return Ok(()) };
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        soon(Step::LogIn, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        Ok(())
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from)?;
        let mut connection = self.connect().await?;
        self.log_in(&mut connection).await?;
        let handed_over = hand_over(&mut connection, &message).await;
        // What became of the mail is known; nobody has to wait for the goodbye.
        tokio::spawn(async move { timeout(PARTING, connection.quit()).await });
        handed_over
    }
}

async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), MailError> {
    let envelope = message.envelope();
    soon(Step::Sender, connection.command(Sender::new(envelope.from().cloned(), Vec::new()))).await?;
    for recipient in envelope.to() {
        soon(Step::Recipient, connection.command(Rcpt::new(recipient.clone(), Vec::new()))).await?;
    }
    soon(Step::Data, connection.command(Data)).await?;
    let taken = connection.message(&message.formatted()).await;
    taken.map(|_| ()).map_err(|error| Step::Message.failed(error.into()))
}

/// A step that has to be done soon.
async fn soon<T, E: Into<Cause>>(step: Step, doing: impl Future<Output = Result<T, E>>) -> Result<T, MailError> {
    match timeout(PATIENCE, doing).await {
        Ok(done) => done.map_err(|error| step.failed(error.into())),
        Err(_) => Err(step.failed(Cause::Silence)),
    }
}
