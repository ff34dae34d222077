//! The mails that a server in development writes into a folder.

use std::fs;
use std::path::Path;

use crate::eventually;

/// A folder of mails.
pub struct Mailbox<'a>(pub &'a Path);

impl Mailbox<'_> {
    /// The token of the newest link to this page in a mail to `address`, once there are `count` such mails.
    pub async fn token(&self, address: &str, page: &str, count: usize) -> String {
        let mails = self.wait_for(count, |mail| is_to(mail, address) && mail.contains(&mark(page))).await;
        let newest = mails.last().expect("at least one");
        let link = newest.split(&mark(page)).nth(1).expect("a link");
        link.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
    }

    /// Waits until there are `count` mails to `address` with this subject.
    pub async fn subject(&self, address: &str, subject: &str, count: usize) {
        let line = format!("Subject: {subject}\n");
        self.wait_for(count, |mail| is_to(mail, address) && mail.contains(&line)).await;
    }

    /// How many mails to `address` there are by now.
    pub fn count(&self, address: &str) -> usize {
        self.mails().iter().filter(|mail| is_to(mail, address)).count()
    }

    /// Waits for `count` such mails: the sender works beside the requests, and what it was asked for is there a little
    /// later.
    async fn wait_for(&self, count: usize, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
        let found = async || {
            let found: Vec<_> = self.mails().into_iter().filter(|mail| is_meant(mail)).collect();
            (found.len() >= count).then_some(found)
        };
        eventually(&format!("{count} such mails came"), found).await
    }

    /// Every mail, oldest first, its lines whole again (RFC 2045, section 6.7).
    fn mails(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.0) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        files.into_iter().map(|file| whole(&fs::read_to_string(file).expect("a mail"))).collect()
    }
}

fn whole(mail: &str) -> String {
    mail.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "=")
}

fn mark(page: &str) -> String {
    format!("/{page}?token=")
}

fn is_to(mail: &str, address: &str) -> bool {
    mail.contains(&format!("To: {address}\n")) || mail.contains(&format!("To: <{address}>\n"))
}
