//! Asking once more for the link that confirms the address of one's own account.

use tessera_domain::MailKind;

use super::{FindProfileError, OwnAccounts};
use crate::limits::Attempt;
use crate::tokens::Caller;
use crate::{ClientInfo, Outage};

impl OwnAccounts {
    /// Every mail that is asked for counts: there is no right guess. For an address that is confirmed there is none.
    pub(super) async fn queue_confirmation(
        &self,
        caller: &Caller,
        client: &ClientInfo,
    ) -> Result<(), FindProfileError> {
        let user = self.find_own(caller).await?;
        if user.is_verified {
            return Ok(());
        }
        let _kept = self.limiter.admit(&Attempt::ConfirmationLink(user.email.clone()), client).await?;
        self.mails.insert(MailKind::EmailConfirmation, user.email).await.map_err(Outage::from)?;
        tracing::info!(target: "audit", event = "email_confirmation_requested", user_id = %user.id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::{ErrorKind, User};
    use tessera_repositories::{MockMailOutboxRepository, MockUserCache};

    use super::*;
    use crate::account::AccountService as _;
    use crate::account::fixtures::{Parts, caller};
    use crate::fixtures::{away, client, mail, user};

    fn remembering(user: User) -> Parts {
        let mut cache = MockUserCache::new();
        cache.expect_find().returning(move |_, _| Ok(Some(user.clone())));
        Parts { cache, ..Parts::default() }
    }

    #[tokio::test]
    async fn a_mail_waits_for_an_address_that_is_not_confirmed() {
        let mut outbox = MockMailOutboxRepository::new();
        let expected = mail(MailKind::EmailConfirmation, user().email);
        outbox.expect_insert().withf(move |mail| *mail == expected).times(1).returning(|_| Ok(()));
        let accounts = Parts { outbox, ..remembering(user()) }.assemble();
        accounts.resend_confirmation(&caller(), &client()).await.expect("queued");
    }

    #[tokio::test]
    async fn none_waits_for_one_that_is() {
        let accounts = remembering(User { is_verified: true, ..user() }).assemble();
        accounts.resend_confirmation(&caller(), &client()).await.expect("nothing to do");
    }

    #[tokio::test]
    async fn a_disabled_account_is_told_from_a_storage_that_is_away() {
        let disabled = remembering(User { is_active: false, ..user() }).assemble();
        let error = disabled.resend_confirmation(&caller(), &client()).await.expect_err("disabled");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);

        let mut outbox = MockMailOutboxRepository::new();
        outbox.expect_insert().returning(|_| Err(away()));
        let accounts = Parts { outbox, ..remembering(user()) }.assemble();
        let error = accounts.resend_confirmation(&caller(), &client()).await.expect_err("away");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}
