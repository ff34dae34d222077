//! Where mails are queued, and who sends those that wait.

use std::sync::Arc;

use anyhow::Context as _;
use tessera_adapters::mail::{FolderMailer, SmtpMailer};
use tessera_services::mail::{Letterhead, MailBell, MailQueue, MailSender};
use tessera_services::ports::Mailer;

use super::{Storages, Surroundings};
use crate::config::{Config, Delivery};

/// Where mails are queued.
pub fn queue(storages: &Storages, around: &Surroundings) -> MailQueue {
    MailQueue {
        outbox: storages.mail_outbox.clone(),
        bell: Arc::default(),
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
    }
}

/// The sender, if there is anybody to send to; otherwise mails wait. It is woken by `bell`.
pub fn sender(
    config: &Config,
    storages: &Storages,
    around: &Surroundings,
    bell: Arc<MailBell>,
) -> anyhow::Result<Option<Arc<MailSender>>> {
    let Some(sending) = config.mail.sending.clone() else { return Ok(None) };
    let mailer: Arc<dyn Mailer> = match sending.delivery {
        Delivery::Folder(folder) => Arc::new(FolderMailer::new(folder, sending.from)),
        Delivery::Smtp(server) => {
            Arc::new(SmtpMailer::new(server, sending.from).context("no mails can be sent (EMAIL_HOST)")?)
        }
    };
    let letterhead = Letterhead {
        app_name: config.runtime.app_name.clone(),
        frontend_url: sending.frontend_url,
        reset_lifetime: config.mail.reset_lifetime,
    };
    Ok(Some(Arc::new(MailSender {
        outbox: storages.mail_outbox.clone(),
        users: storages.users.clone(),
        links: storages.links.clone(),
        mailer,
        bell,
        clock: around.clock.clone(),
        secrets: around.secrets.clone(),
        letterhead,
    })))
}
