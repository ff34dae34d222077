//! The mails that a server in development writes into a folder.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// No mail takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of mails.
pub struct Mailbox<'a>(pub &'a Path);

impl Mailbox<'_> {
    /// The token of the newest link to this page in a mail to `address`, once there are `count` such mails.
    pub async fn token(&self, address: &str, page: &str, count: usize) -> String {
        let mark = format!("/{page}?token=");
        let mails = self.wait_for(count, |mail| is_to(mail, address) && mail.contains(&mark)).await;
        let newest = mails.last().expect("at least one");
        let link = newest.split(&mark).nth(1).expect("a link");
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

    /// The sender works beside the requests: what it was asked for is there a little later.
    async fn wait_for(&self, count: usize, matches: impl Fn(&str) -> bool) -> Vec<String> {
        let started = Instant::now();
        loop {
            let found: Vec<_> = self.mails().into_iter().filter(|mail| matches(mail)).collect();
            if found.len() >= count {
                return found;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {count} mails came", found.len());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Every mail, oldest first, its lines whole again (RFC 2045, section 6.7).
    fn mails(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.0) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        let read = |file| fs::read_to_string(file).expect("a mail");
        files
            .into_iter()
            .map(read)
            .map(|mail| mail.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "="))
            .collect()
    }
}

fn is_to(mail: &str, address: &str) -> bool {
    mail.contains(&format!("To: {address}\n")) || mail.contains(&format!("To: <{address}>\n"))
}
