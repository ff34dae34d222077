//! Reading what happened to one's own account.

use tessera_domain::{Activity, ActivityId};
use tessera_repositories::ActivityPageRequest;

use super::OwnAccounts;
use crate::Outage;
use crate::tokens::Caller;

/// Which page of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityPageQuery {
    /// The last entry of the page before, if there was one.
    pub before: Option<ActivityId>,
    /// The most entries; at least 1.
    pub limit: u16,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityListing {
    /// The entries, newest first.
    pub entries: Vec<Activity>,
    /// Before which entry the next page begins, if there is one.
    pub next_before: Option<ActivityId>,
}

impl OwnAccounts {
    pub(super) async fn list_own_activity(
        &self,
        caller: &Caller,
        page: ActivityPageQuery,
    ) -> Result<ActivityListing, Outage> {
        self.activity.settle().await;
        let ActivityPageQuery { before, limit } = page;
        let page = self.activity_log.list(ActivityPageRequest { user_id: caller.user_id, before, limit }).await?;
        let next_before = page.entries.last().filter(|_| page.has_more).map(|entry| entry.id);
        Ok(ActivityListing { entries: page.entries, next_before })
    }
}

#[cfg(test)]
mod tests {
    use mockall::Sequence;
    use tessera_domain::{ActivityEvent, ErrorKind};
    use tessera_repositories::{ActivityPage, MockActivityRepository};

    use super::*;
    use crate::account::AccountService as _;
    use crate::account::fixtures::{Parts, caller};
    use crate::activity::MockActivityRecorder;
    use crate::fixtures::{NOW, USER, away};

    const FIRST: ActivityPageQuery = ActivityPageQuery { before: None, limit: 2 };

    fn entry(number: u8) -> Activity {
        let id = ActivityId::from_bytes([number; 16]);
        Activity { id, user_id: USER, event: ActivityEvent::LoggedIn, at: NOW, ip: None, user_agent: None }
    }

    #[tokio::test]
    async fn what_was_just_done_is_waited_for_and_only_ones_own_is_listed() {
        let (mut recorder, mut log) = (MockActivityRecorder::new(), MockActivityRepository::new());
        let mut order = Sequence::new();
        recorder.expect_settle().times(1).in_sequence(&mut order).return_const(());
        log.expect_list()
            .withf(|request| *request == ActivityPageRequest { user_id: USER, before: None, limit: 2 })
            .times(1)
            .in_sequence(&mut order)
            .returning(|_| Ok(ActivityPage { entries: vec![entry(9), entry(8)], has_more: true }));
        let accounts = Parts { activity: recorder, activity_log: log, ..Parts::default() }.assemble();
        let listing = accounts.list_activity(&caller(), FIRST).await.expect("listed");
        assert_eq!(listing.entries, [entry(9), entry(8)]);
        assert_eq!(listing.next_before, Some(entry(8).id));
    }

    #[tokio::test]
    async fn the_last_page_leads_nowhere_and_an_absent_log_is_no_empty_one() {
        let (mut recorder, mut log) = (MockActivityRecorder::new(), MockActivityRepository::new());
        recorder.expect_settle().return_const(());
        log.expect_list().times(1).returning(|_| Ok(ActivityPage { entries: vec![entry(9)], has_more: false }));
        log.expect_list().returning(|_| Err(away()));
        let accounts = Parts { activity: recorder, activity_log: log, ..Parts::default() }.assemble();
        assert_eq!(accounts.list_activity(&caller(), FIRST).await.expect("listed").next_before, None);
        let error = accounts.list_activity(&caller(), FIRST).await.expect_err("away");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
}
