//! Asking for a link to choose a new password with.

use tessera_domain::{Email, MailKind};

use super::OwnAccounts;
use crate::limits::Attempt;
use crate::{ClientInfo, Outage};

impl OwnAccounts {
    /// Every mail that is asked for counts: there is no right guess.
    pub(super) async fn queue_reset(&self, email: Email, client: &ClientInfo) -> Result<(), Outage> {
        let _kept = self.limiter.admit(&Attempt::PasswordLink(email.clone()), client).await?;
        self.mails.insert(MailKind::PasswordReset, email).await?;
        tracing::info!(target: "audit", event = "password_reset_requested");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::ErrorKind;
    use tessera_repositories::MockMailOutboxRepository;

    use super::*;
    use crate::account::AccountService as _;
    use crate::account::fixtures::{Parts, address};
    use crate::fixtures::{away, client, mail};

    #[tokio::test]
    async fn a_mail_waits_for_whatever_address_was_typed_and_no_account_is_looked_for() {
        let mut outbox = MockMailOutboxRepository::new();
        let expected = mail(MailKind::PasswordReset, address("x@example.com"));
        outbox.expect_insert().withf(move |mail| *mail == expected).times(1).returning(|_| Ok(()));
        let accounts = Parts { outbox, ..Parts::default() }.assemble();
        accounts.request_password_reset(address("x@example.com"), &client()).await.expect("queued");
    }

    #[tokio::test]
    async fn a_storage_that_is_away_is_told_to_everybody_alike() {
        let mut outbox = MockMailOutboxRepository::new();
        outbox.expect_insert().returning(|_| Err(away()));
        let accounts = Parts { outbox, ..Parts::default() }.assemble();
        let error = accounts.request_password_reset(address("x@example.com"), &client()).await.expect_err("away");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}
