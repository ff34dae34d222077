//! Every outcome of every method.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tessera_domain::{Activity, ActivityEvent};

use super::{activity_id, entry, insert, page, walk};
use crate::contract::sample::{NOW, user_id};
use crate::{ActivityPage, ActivityRepository};

/// Every field comes back: each event, both kinds of address, text of any script, microseconds.
pub async fn an_entry_is_listed_as_it_was_added(repo: &dyn ActivityRepository) {
    let events = [
        ActivityEvent::Registered,
        ActivityEvent::LoggedIn,
        ActivityEvent::LoginFailed,
        ActivityEvent::RefreshReused,
        ActivityEvent::LoggedOut,
        ActivityEvent::PasswordChanged,
        ActivityEvent::PasswordReset,
        ActivityEvent::ProfileChanged,
        ActivityEvent::EmailConfirmed,
    ];
    let addresses = [None, Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), Some(IpAddr::V6(Ipv6Addr::LOCALHOST))];
    let agents = [None, Some(""), Some("Lynx '; DROP TABLE activity; -- 王 🔑")];
    let mut entries: Vec<Activity> = Vec::new();
    for (number, event) in events.into_iter().enumerate() {
        let ip = addresses.get(number % addresses.len()).copied().flatten();
        let user_agent = agents.get(number / agents.len()).copied().flatten().map(str::to_owned);
        entries.push(Activity { event, ip, user_agent, ..entry(number, 1) });
    }
    insert(repo, &entries).await;
    entries.reverse();
    assert_eq!(page(repo, 1, None, 100).await, ActivityPage { entries, has_more: false });
}

/// An account without entries has an empty page, and so has one that is not there.
pub async fn nothing_is_listed_in_an_empty_store(repo: &dyn ActivityRepository) {
    let empty = ActivityPage { entries: Vec::new(), has_more: false };
    assert_eq!(page(repo, 1, None, 10).await, empty);
    assert_eq!(page(repo, 1, Some(activity_id(5)), 10).await, empty);
}

/// And adds nothing.
pub async fn nothing_to_add_is_no_error(repo: &dyn ActivityRepository) {
    insert(repo, &[]).await;
    assert!(walk(repo, 1, 10).await.is_empty());
}

/// Whatever the order in which they were added; the id is what orders them, also where several happened at one moment.
pub async fn entries_are_listed_newest_first(repo: &dyn ActivityRepository) {
    let simultaneous = |number| Activity { at: NOW, ..entry(number, 1) };
    insert(repo, &[simultaneous(3), simultaneous(5)]).await;
    insert(repo, &[simultaneous(1), simultaneous(4), simultaneous(2)]).await;
    assert_eq!(walk(repo, 1, 10).await, [5, 4, 3, 2, 1].map(simultaneous));
}

/// What happened to others is none of mine.
pub async fn only_the_entries_of_one_account_are_listed(repo: &dyn ActivityRepository) {
    insert(repo, &[entry(1, 1), entry(2, 2), entry(3, 1), entry(4, 2)]).await;
    assert_eq!(walk(repo, 1, 10).await, [entry(3, 1), entry(1, 1)]);
    assert_eq!(walk(repo, 2, 1).await, [entry(4, 2), entry(2, 2)]);
    assert_eq!(page(repo, 2, Some(activity_id(3)), 10).await.entries, [entry(2, 2)]);
}

/// Whoever does not know whether entries were added may add them again. Those that are new are added all the same.
pub async fn an_entry_that_is_there_is_left_as_it_is(repo: &dyn ActivityRepository) {
    insert(repo, &[entry(2, 1)]).await;
    let other = Activity { event: ActivityEvent::LoggedOut, user_agent: Some("other".to_owned()), ..entry(2, 1) };
    insert(repo, &[entry(1, 1), other, entry(3, 1)]).await;
    insert(repo, &[Activity { user_id: user_id(2), ..entry(2, 1) }]).await;
    assert_eq!(walk(repo, 1, 10).await, [entry(3, 1), entry(2, 1), entry(1, 1)]);
    assert!(walk(repo, 2, 10).await.is_empty());
}

/// The first of the two counts.
pub async fn one_call_may_name_an_entry_twice(repo: &dyn ActivityRepository) {
    let other = Activity { event: ActivityEvent::LoggedOut, ..entry(2, 1) };
    insert(repo, &[entry(2, 1), other, entry(1, 1), entry(1, 1)]).await;
    assert_eq!(walk(repo, 1, 10).await, [entry(2, 1), entry(1, 1)]);
}

/// Whatever the size of the pages.
pub async fn pages_join_without_gap_or_overlap(repo: &dyn ActivityRepository) {
    let mut all: Vec<_> = (0..7).map(|number| entry(number, 1)).collect();
    insert(repo, &all).await;
    insert(repo, &[entry(7, 2)]).await;
    all.reverse();
    for limit in 1..=8 {
        assert_eq!(walk(repo, 1, limit).await, all, "pages of {limit}");
    }
}

/// Neither early nor late, also where a page ends with the oldest entry.
pub async fn a_page_says_exactly_whether_there_are_more(repo: &dyn ActivityRepository) {
    for number in 1..=4 {
        insert(repo, &[entry(number, 1), entry(10 + number, 2)]).await;
    }
    let look = async |before: Option<usize>, limit| {
        let page = page(repo, 1, before.map(activity_id), limit).await;
        (page.entries.len(), page.has_more)
    };
    assert_eq!(look(None, 3).await, (3, true));
    assert_eq!(look(None, 4).await, (4, false));
    assert_eq!(look(Some(3), 2).await, (2, false));
    assert_eq!(look(Some(3), 1).await, (1, true));
    assert_eq!(look(Some(1), 1).await, (0, false));
    assert_eq!(look(Some(0), 1).await, (0, false));
}

/// What happens while somebody turns the pages moves nothing across the place of the reader.
pub async fn pages_stay_stable_while_entries_are_added(repo: &dyn ActivityRepository) {
    insert(repo, &[10, 20, 30, 40].map(|number| entry(number, 1))).await;
    let first = page(repo, 1, None, 2).await;
    assert_eq!(first.entries, [entry(40, 1), entry(30, 1)]);
    insert(repo, &[50, 35, 15].map(|number| entry(number, 1))).await;
    let rest = page(repo, 1, Some(activity_id(30)), 10).await;
    assert_eq!(rest.entries, [entry(20, 1), entry(15, 1), entry(10, 1)]);
}
