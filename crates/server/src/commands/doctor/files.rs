//! The folder of the service: who can read what is in it, and how much room there is.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::finding::{Finding, Verdict};
use crate::config::{Config, Database, Delivery, SecretKey};

const SUBJECT: &str = "files";
const DISK: &str = "disk";

/// The bits that let everybody at a file, let everybody change it, and let all but its owner at it.
const EVERYBODY: u32 = 0o007;
const EVERYBODY_WRITES: u32 = 0o002;
const OTHERS: u32 = 0o077;

/// Room for some millions of rows, and for the journal.
const COMFORTABLE: u64 = 1 << 30;
/// Below this the next morning may be too late.
const LEAST: u64 = 100 << 20;

/// Looks at the folder, at what is secret in it, and at the disk below it.
pub fn check(config: &Config) -> Vec<Finding> {
    let folder = &config.storage.data_dir;
    let mut findings = private(folder, EVERYBODY_WRITES, "chmod 700");
    if findings.is_empty() {
        // Its files are private all the same.
        let listed = private(folder, EVERYBODY, "chmod 700").into_iter();
        findings.extend(listed.map(|finding| Finding { verdict: Verdict::Warning, ..finding }));
    }
    if let SecretKey::InFile(path) = &config.secret_key {
        findings.extend(private(path, OTHERS, "chmod 600"));
    }
    if let Some(Delivery::Folder(mails)) = config.mail.sending.as_ref().map(|sending| &sending.delivery) {
        findings.extend(private(mails, OTHERS, "chmod 700: mails hold links that work"));
    }
    if let Database::Sqlite { path } = &config.storage.database {
        findings.extend(private(path, EVERYBODY, "chmod 600"));
        findings.extend(path.parent().and_then(room));
    }
    if folder.exists() && access(folder, Access::WRITE_OK).is_err() {
        let text = format!("{} cannot be written to by this user", folder.display());
        findings.push(Finding::problem(SUBJECT, text).advise("run the service as its owner, or give it to this user"));
    }
    if !findings.iter().any(|finding| finding.subject == SUBJECT) {
        findings.push(Finding::ok(SUBJECT, format!("{} is private", folder.display())));
    }
    findings
}

/// A finding if somebody can get at `path` who must not. What is not there yet will be made for its owner alone.
fn private(path: &Path, bits: u32, advice: &str) -> Vec<Finding> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & bits != 0 => {
            let text =
                format!("{shown} can be read or changed by others (mode {:o})", found.permissions().mode() & 0o777);
            vec![Finding::problem(SUBJECT, text).advise(format!("{advice} {shown}"))]
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            vec![Finding::problem(SUBJECT, format!("{shown} cannot be looked at: {error}"))]
        }
        _ => Vec::new(),
    }
}

/// How much room there is where the database file is, or will be.
fn room(folder: &Path) -> Option<Finding> {
    let disk = statvfs(folder).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB are free in {}", free >> 20, folder.display());
    let advice = "make room: a database that cannot grow refuses every change";
    Some(match free {
        free if free < LEAST => Finding::problem(DISK, text).advise(advice),
        free if free < COMFORTABLE => Finding::warning(DISK, text).advise(advice),
        _ => Finding::ok(DISK, text),
    })
}
