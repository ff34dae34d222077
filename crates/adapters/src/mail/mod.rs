//! Handing mails over: to a mail server ([`SmtpMailer`]), or into a folder ([`FolderMailer`]). Both are given the same
//! message, made in one place. What is in a mail is not decided here.

mod folder;
mod from_address;
mod line_by_line;
mod message;
mod smtp;
mod step;

pub use folder::FolderMailer;
pub use from_address::FromAddress;
pub use smtp::{Encryption, InvalidCertificates, Login, SmtpMailer, SmtpServer};
