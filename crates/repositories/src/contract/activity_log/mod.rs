//! The promises of an [`ActivityRepository`].

mod behaviour;
mod concurrency;
mod expiry;

pub use behaviour::*;
pub use concurrency::*;
pub use expiry::*;
use tessera_domain::{Activity, ActivityEvent, ActivityId, Timestamp};

use super::ANSWERS;
use super::sample::{after, user_id};
use crate::{ActivityPage, ActivityPageRequest, ActivityRepository};

/// Runs the suite of [`ActivityRepository`](crate::ActivityRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! activity_contract {
    ($fresh:expr) => {
        mod activity_repository {
            use super::*;

            $crate::contract_tier! { activity_log::behaviour, $fresh, |repo| &*repo,
                an_entry_is_listed_as_it_was_added
                nothing_is_listed_in_an_empty_store
                nothing_to_add_is_no_error
                entries_are_listed_newest_first
                only_the_entries_of_one_account_are_listed
                an_entry_that_is_there_is_left_as_it_is
                one_call_may_name_an_entry_twice
                pages_join_without_gap_or_overlap
                a_page_says_exactly_whether_there_are_more
                pages_stay_stable_while_entries_are_added
            }
            $crate::contract_tier! { activity_log::expiry, $fresh, |repo| &*repo,
                deletion_begins_after_the_moment_of_the_entry
                deletion_takes_the_oldest_first
                deletion_keeps_to_its_limit
            }
            $crate::contract_tier! { activity_log::concurrency, $fresh, |repo| &repo,
                sixteen_writers_lose_nothing
                sixteen_writers_of_the_same_entries_add_them_once
                a_batch_is_seen_entirely_or_not_at_all
                a_listing_misses_nothing_while_others_add
                simultaneous_deletions_count_each_entry_once
            }
        }
    };
}

/// The entry with this number, of the account with that one. Entries grow with their number, and each is a second after
/// the one before.
fn entry(number: usize, user: usize) -> Activity {
    Activity {
        id: activity_id(number),
        user_id: user_id(user),
        event: ActivityEvent::LoggedIn,
        at: moment(number),
        ip: None,
        user_agent: None,
    }
}

fn activity_id(number: usize) -> ActivityId {
    ActivityId::new(moment(number), [3; 10])
}

fn moment(number: usize) -> Timestamp {
    after(u64::try_from(number).expect("a small number"))
}

async fn insert(repo: &dyn ActivityRepository, entries: &[Activity]) {
    repo.insert(entries).await.expect(ANSWERS);
}

async fn page(repo: &dyn ActivityRepository, user: usize, before: Option<ActivityId>, limit: u16) -> ActivityPage {
    let request = ActivityPageRequest { user_id: user_id(user), before, limit };
    repo.list(request).await.expect(ANSWERS)
}

/// Every page of an account, one after the other.
async fn walk(repo: &dyn ActivityRepository, user: usize, limit: u16) -> Vec<Activity> {
    let mut seen: Vec<Activity> = Vec::new();
    loop {
        let page = page(repo, user, seen.last().map(|entry| entry.id), limit).await;
        assert!(page.entries.len() <= usize::from(limit));
        seen.extend(page.entries);
        if !page.has_more {
            return seen;
        }
    }
}

async fn delete(repo: &dyn ActivityRepository, before: Timestamp, limit: u32) -> u32 {
    repo.delete_older(before, limit).await.expect(ANSWERS)
}
