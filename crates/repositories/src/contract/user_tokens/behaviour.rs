//! Every outcome of every method.

use tessera_domain::{ExternalId, ExternalPair};

use super::{ACCESS, delete, find, id, issued, name, pair, put, replace, spelling, stored};
use crate::contract::sample::after;
use crate::{GuardedOutcome, PutOutcome, UserTokenRepository};

/// Every field comes back, the microseconds too.
pub async fn a_pair_is_found_as_it_was_put(repo: &dyn UserTokenRepository) {
    let pair = stored(repo, ExternalPair { username: name("User One"), ..pair(1, 1) }).await;
    assert_eq!(find(repo, &id(1)).await, Some(pair));
    assert_eq!(spelling(repo, &id(1)).await.as_deref(), Some("User One"), "equality ignores it");
}

/// An absent user is `None`, not an error.
pub async fn nobody_is_found_in_an_empty_store(repo: &dyn UserTokenRepository) {
    assert_eq!(find(repo, &id(1)).await, None);
    stored(repo, pair(1, 1)).await;
    assert_eq!(find(repo, &id(2)).await, None);
}

/// A service may send `1` in one call and `"1"` in the next; `"01"` is somebody else.
pub async fn a_number_and_its_text_are_one_user(repo: &dyn UserTokenRepository) {
    let by_number = stored(repo, pair(1, 1)).await;
    assert_eq!(find(repo, &ExternalId::Text("1".into())).await, Some(by_number));
    let by_text = ExternalPair { subject: ExternalId::Text("1".into()), ..pair(1, 2) };
    stored(repo, by_text.clone()).await;
    assert_eq!(find(repo, &id(1)).await, Some(by_text));
    for other in ["01", "1 ", "+1", "1.0"] {
        assert_eq!(find(repo, &ExternalId::Text(other.into())).await, None, "{other:?}");
    }
}

/// Quotes, wildcards and letters of any script are text like any other, and an id has one spelling.
pub async fn ids_and_names_may_be_any_text(repo: &dyn UserTokenRepository) {
    let mut expected = Vec::new();
    for (number, text) in
        ["a'b", "a\"b", "%", "_", "ñ", "🔑", "A", "a", "{}", "-9223372036854775808"].iter().enumerate()
    {
        let subject = ExternalId::parse(text).expect("an id");
        let username = name(&format!("{text}{number}"));
        expected.push(stored(repo, ExternalPair { subject, username, ..pair(1, number) }).await);
    }
    for pair in expected {
        assert_eq!(find(repo, &pair.subject).await, Some(pair));
    }
}

/// There is one pair a user; nothing of the first one counts any more.
pub async fn a_second_pair_takes_the_place_of_the_first(repo: &dyn UserTokenRepository) {
    let first = stored(repo, pair(1, 1)).await;
    let bystander = stored(repo, pair(2, 2)).await;
    let second = stored(repo, pair(1, 3)).await;
    assert_eq!(find(repo, &id(1)).await, Some(second.clone()));
    let access = issued(8, after(1), ACCESS);
    assert_eq!(replace(repo, &id(1), &first.refresh, access).await, GuardedOutcome::Superseded);
    assert_eq!(delete(repo, &id(1), &first.access).await, GuardedOutcome::Superseded);
    assert_eq!(find(repo, &id(1)).await, Some(second));
    assert_eq!(find(repo, &id(2)).await, Some(bystander));
}

/// The id stays with the name that it is known under (requirement S2).
pub async fn an_id_is_not_taken_over(repo: &dyn UserTokenRepository) {
    let owner = stored(repo, pair(1, 1)).await;
    let taker = ExternalPair { username: name("somebody else"), ..pair(1, 2) };
    assert_eq!(put(repo, &taker).await, PutOutcome::SubjectBound);
    assert_eq!(find(repo, &id(1)).await, Some(owner));
}

/// The name stays with the id that it is known under, and the other id is none the richer.
pub async fn a_username_is_not_taken_over(repo: &dyn UserTokenRepository) {
    let owner = stored(repo, pair(1, 1)).await;
    let taker = ExternalPair { username: owner.username.clone(), ..pair(2, 2) };
    assert_eq!(put(repo, &taker).await, PutOutcome::UsernameBound);
    assert_eq!(find(repo, &id(2)).await, None);
    assert_eq!(find(repo, &id(1)).await, Some(owner));
}

/// Where both are bound, to two users, neither is touched.
pub async fn an_id_that_is_bound_is_told_of_first(repo: &dyn UserTokenRepository) {
    let (first, second) = (stored(repo, pair(1, 1)).await, stored(repo, pair(2, 2)).await);
    let taker = ExternalPair { username: second.username.clone(), ..pair(1, 3) };
    assert_eq!(put(repo, &taker).await, PutOutcome::SubjectBound);
    assert_eq!(find(repo, &id(1)).await, Some(first));
    assert_eq!(find(repo, &id(2)).await, Some(second));
}

/// One name has many spellings; the last one is kept for display.
pub async fn usernames_are_compared_folded(repo: &dyn UserTokenRepository) {
    let spelled = |user: usize, number: usize, text: &str| ExternalPair { username: name(text), ..pair(user, number) };
    for (number, text) in ["Bób", "bób", "BÓB", "bo\u{301}b", "ｂób"].into_iter().enumerate() {
        stored(repo, spelled(1, number, text)).await;
        assert_eq!(spelling(repo, &id(1)).await.as_deref(), Some(text));
        assert_eq!(put(repo, &spelled(2, 9, &text.to_uppercase())).await, PutOutcome::UsernameBound);
    }
    stored(repo, spelled(2, 9, "bob")).await;
}

/// What a refresh does: one access token goes, another comes.
pub async fn an_access_token_is_replaced_and_the_refresh_token_stays(repo: &dyn UserTokenRepository) {
    let first = stored(repo, pair(1, 1)).await;
    let bystander = stored(repo, pair(2, 2)).await;
    for number in [8, 10] {
        let access = issued(number, after(60), ACCESS);
        assert_eq!(replace(repo, &id(1), &first.refresh, access).await, GuardedOutcome::Done);
        assert_eq!(find(repo, &id(1)).await, Some(ExternalPair { access, ..first.clone() }));
    }
    assert_eq!(delete(repo, &id(1), &first.access).await, GuardedOutcome::Superseded, "the first one is dead");
    assert_eq!(find(repo, &id(2)).await, Some(bystander));
}

/// Neither does an access token, nor the refresh token of another user.
pub async fn a_superseded_refresh_token_replaces_nothing(repo: &dyn UserTokenRepository) {
    let (own, other) = (stored(repo, pair(1, 1)).await, stored(repo, pair(2, 2)).await);
    for token in [own.access, other.refresh, issued(99, after(0), ACCESS)] {
        let outcome = replace(repo, &id(1), &token, issued(8, after(1), ACCESS)).await;
        assert_eq!(outcome, GuardedOutcome::Superseded);
    }
    assert_eq!(find(repo, &id(1)).await, Some(own));
}

/// And nobody is made.
pub async fn nothing_is_replaced_for_nobody(repo: &dyn UserTokenRepository) {
    let pair = pair(1, 1);
    assert_eq!(replace(repo, &id(1), &pair.refresh, pair.access).await, GuardedOutcome::Absent);
    assert_eq!(find(repo, &id(1)).await, None);
}

/// Once; a second time there is nothing.
pub async fn a_pair_is_deleted_by_its_access_token(repo: &dyn UserTokenRepository) {
    let own = stored(repo, pair(1, 1)).await;
    let bystander = stored(repo, pair(2, 2)).await;
    assert_eq!(delete(repo, &id(1), &own.access).await, GuardedOutcome::Done);
    assert_eq!(find(repo, &id(1)).await, None);
    assert_eq!(delete(repo, &id(1), &own.access).await, GuardedOutcome::Absent);
    assert_eq!(replace(repo, &id(1), &own.refresh, own.access).await, GuardedOutcome::Absent);
    assert_eq!(find(repo, &id(2)).await, Some(bystander));
}

/// Neither the user's refresh token nor the access token of somebody else.
pub async fn any_other_token_deletes_nothing(repo: &dyn UserTokenRepository) {
    let (own, other) = (stored(repo, pair(1, 1)).await, stored(repo, pair(2, 2)).await);
    for token in [&own.refresh, &other.access] {
        assert_eq!(delete(repo, &id(1), token).await, GuardedOutcome::Superseded);
    }
    assert_eq!(find(repo, &id(1)).await, Some(own));
    assert_eq!(find(repo, &id(2)).await, Some(other));
}

/// A user who was deleted, or renamed after a logout, is in nobody's way.
pub async fn a_deleted_pair_frees_id_and_name(repo: &dyn UserTokenRepository) {
    let own = stored(repo, pair(1, 1)).await;
    assert_eq!(delete(repo, &id(1), &own.access).await, GuardedOutcome::Done);
    stored(repo, ExternalPair { username: name("renamed"), ..pair(1, 2) }).await;
    stored(repo, ExternalPair { username: own.username, ..pair(2, 3) }).await;
}
