//! Mails as files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tessera_adapters::mail::FolderMailer;
use tessera_services::ports::{Mail, MailError, Mailer as _};

use crate::support::{LINK, from, mail};

#[tokio::test]
async fn a_mail_is_one_private_file_however_often_it_is_written() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("data/mail");
    let mailer = FolderMailer::new(folder.clone(), from());
    mailer.send(&mail()).await.expect("written");
    mailer.send(&Mail { text: "the newer link".to_owned().into(), ..mail() }).await.expect("written");
    let files: Vec<_> = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(files, [folder.join(format!("{}.eml", mail().id))]);
    let mode = |path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!((mode(&files[0]), mode(&folder)), (0o600, 0o700));
    let text = fs::read_to_string(&files[0]).expect("text");
    assert!(text.contains("the newer link") && text.contains("To: ana@example.com"), "{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_fails_for_now() {
    let root = tempfile::tempdir().expect("a folder");
    fs::write(root.path().join("file"), "").expect("written");
    let mailer = FolderMailer::new(root.path().join("file/mail"), from());
    let error = mailer.send(&mail()).await.expect_err("it is a file");
    assert!(matches!(&error, MailError::Failed(why) if why.contains("file/mail")), "{error:?}");
    assert!(!error.to_string().contains(LINK));
}
