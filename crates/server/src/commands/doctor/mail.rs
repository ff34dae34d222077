//! The mail server, as far as it can be asked without sending a mail.

use std::time::Duration;

use tessera_adapters::mail::SmtpMailer;
use tokio::time::timeout;

use super::finding::Finding;
use crate::config::{Config, Delivery};

const SUBJECT: &str = "mail";
const PATIENCE: Duration = Duration::from_secs(20);

/// Shakes the hand of the mail server: connects, encrypts and logs in as for a mail, and says goodbye.
pub async fn check(config: &Config) -> Finding {
    let Some(sending) = &config.mail.sending else {
        return Finding::warning(SUBJECT, "nobody sends mails: they wait").advise("set EMAIL_HOST");
    };
    let server = match &sending.delivery {
        Delivery::Folder(folder) => {
            return Finding::note(SUBJECT, format!("mails are written into {}, and not sent", folder.display()));
        }
        Delivery::Smtp(server) => server.clone(),
    };
    let place = format!("{}:{}", server.host, server.port);
    let mailer = match SmtpMailer::new(server, sending.from.clone()) {
        Ok(mailer) => mailer,
        Err(error) => return Finding::problem(SUBJECT, error.to_string()),
    };
    let advice = "mails wait for days: put it right, and they are sent (EMAIL_HOST and the settings beside it)";
    match timeout(PATIENCE, mailer.greet()).await {
        Ok(Ok(())) => Finding::ok(SUBJECT, format!("{place} is ready to take mails")),
        Ok(Err(error)) => Finding::problem(SUBJECT, format!("{place}: {error}")).advise(advice),
        Err(_) => Finding::problem(SUBJECT, format!("{place} does not answer in time")).advise(advice),
    }
}
