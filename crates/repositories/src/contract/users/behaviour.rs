//! Every outcome of every method.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tessera_domain::{FullName, Identifier, SecurityVersion, User};

use super::{ANSWERS, credentials, find, ids, inserted, page, taken, walk};
use crate::contract::sample::{NOW, after, email, hash, named_user, new_user, user_id, username};
use crate::{UserPage, UserRepository};

/// Every field comes back: text of any script, quotes, microseconds, both kinds of address.
pub async fn an_account_is_found_as_it_was_written(repo: &dyn UserRepository) {
    for (number, ip) in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].into_iter().enumerate() {
        let mut new = named_user(number, &format!("ana.lópez{number}"));
        new.user.full_name = Some(FullName::parse("Ana '; DROP TABLE users; -- 王 🔑").expect("a name"));
        new.user.is_verified = true;
        new.user.is_staff = number == 0;
        new.user.is_superuser = number == 1;
        new.user.updated_at = after(1);
        new.user.last_login = Some(after(2));
        new.user.last_login_ip = Some(ip);
        inserted(repo, &new).await;
        assert_eq!(find(repo, new.user.id).await, Some(new.user));
    }
}

/// What an account does not have stays absent.
pub async fn an_account_may_be_bare(repo: &dyn UserRepository) {
    let new = new_user(1);
    inserted(repo, &new).await;
    assert_eq!(find(repo, new.user.id).await, Some(new.user));
}

/// An absent account is `None`, not an error.
pub async fn nobody_is_found_in_an_empty_store(repo: &dyn UserRepository) {
    assert_eq!(find(repo, user_id(1)).await, None);
    let (by_email, by_name) = (Identifier::Email(email("a@example.com")), Identifier::Username(username("a")));
    for identifier in [Identifier::Id(user_id(1)), by_email, by_name] {
        assert_eq!(repo.find_credentials(&identifier).await.expect(ANSWERS), None);
    }
    assert_eq!(page(repo, None, 10).await, UserPage { users: Vec::new(), has_more: false });
}

/// The owner of the address keeps it, and the newcomer is not there at all.
pub async fn a_taken_address_inserts_nothing(repo: &dyn UserRepository) {
    let (owner, mut newcomer) = (new_user(1), named_user(2, "newcomer"));
    inserted(repo, &owner).await;
    newcomer.user.email = email("USER1@example.com");
    assert_eq!(repo.insert(&newcomer).await.expect(ANSWERS), taken(true, false));
    assert_eq!(find(repo, newcomer.user.id).await, None);
    assert_eq!(find(repo, owner.user.id).await, Some(owner.user.clone()));
    assert_eq!(credentials(repo, &owner).await.password_hash, owner.password_hash);
}

/// The owner of the username keeps it, and the newcomer's address stays free.
pub async fn a_taken_username_inserts_nothing(repo: &dyn UserRepository) {
    inserted(repo, &named_user(1, "ana")).await;
    let newcomer = named_user(2, "ana");
    assert_eq!(repo.insert(&newcomer).await.expect(ANSWERS), taken(false, true));
    assert_eq!(find(repo, newcomer.user.id).await, None);
    inserted(repo, &new_user(2)).await;
}

/// A form can show both mistakes at once.
pub async fn both_taken_are_reported_together(repo: &dyn UserRepository) {
    inserted(repo, &named_user(1, "ana")).await;
    let mut newcomer = named_user(2, "ana");
    newcomer.user.email = email("user1@example.com");
    assert_eq!(repo.insert(&newcomer).await.expect(ANSWERS), taken(true, true));
}

/// The same if they belong to two different accounts.
pub async fn two_owners_of_one_each_are_reported_together(repo: &dyn UserRepository) {
    inserted(repo, &new_user(1)).await;
    inserted(repo, &named_user(2, "ana")).await;
    let mut newcomer = named_user(3, "ana");
    newcomer.user.email = email("user1@example.com");
    assert_eq!(repo.insert(&newcomer).await.expect(ANSWERS), taken(true, true));
}

/// Another spelling of a username is the same username (requirement A2).
pub async fn usernames_are_unique_by_their_folded_key(repo: &dyn UserRepository) {
    inserted(repo, &named_user(1, "Ana.López")).await;
    for (number, spelling) in ["ana.lópez", "ANA.LÓPEZ", "ａｎａ.lo\u{301}pez"].into_iter().enumerate() {
        let newcomer = named_user(number + 2, spelling);
        assert_eq!(repo.insert(&newcomer).await.expect(ANSWERS), taken(false, true), "{spelling}");
    }
    inserted(repo, &named_user(9, "ana.lopez")).await;
}

/// Folding is for comparing only.
pub async fn a_username_is_displayed_as_written(repo: &dyn UserRepository) {
    let new = named_user(1, "Ana.López");
    inserted(repo, &new).await;
    let found = find(repo, new.user.id).await.and_then(|user| user.username).expect("it has one");
    assert_eq!(found.as_str(), "Ana.López");
}

/// No username is not a username that somebody else could have.
pub async fn accounts_without_username_do_not_collide(repo: &dyn UserRepository) {
    for number in 0..3 {
        inserted(repo, &new_user(number)).await;
    }
}

/// Each identifier leads to the account, its hash and the first version, in any spelling.
pub async fn credentials_are_found_by_id_address_and_username(repo: &dyn UserRepository) {
    let new = named_user(1, "Ana");
    inserted(repo, &new).await;
    inserted(repo, &named_user(2, "eva")).await;
    let (by_email, by_name) = (Identifier::Email(email("User1@EXAMPLE.com")), Identifier::Username(username("ANA")));
    for identifier in [Identifier::Id(user_id(1)), by_email, by_name] {
        let found = repo.find_credentials(&identifier).await.expect(ANSWERS).expect("the account is there");
        assert_eq!(found.user, new.user);
        assert_eq!(found.password_hash, new.password_hash);
        assert_eq!(found.version, SecurityVersion::FIRST);
    }
    // An address is no username, also if it would be a legal one.
    let crossed = Identifier::Username(username("user1@example.com"));
    assert_eq!(repo.find_credentials(&crossed).await.expect(ANSWERS), None);
}

/// Who may log in is not decided by the storage.
pub async fn inactive_accounts_are_found(repo: &dyn UserRepository) {
    let mut new = new_user(1);
    new.user.is_active = false;
    inserted(repo, &new).await;
    let found = credentials(repo, &new).await;
    assert!(!found.user.is_active);
    assert_eq!(find(repo, new.user.id).await, Some(new.user));
}

/// Compare and set: an upgrade that comes too late does not undo a change of password.
pub async fn a_hash_is_upgraded_only_from_the_expected_one(repo: &dyn UserRepository) {
    let (new, bystander) = (new_user(1), new_user(2));
    inserted(repo, &new).await;
    inserted(repo, &bystander).await;
    let upgrade =
        async |id, expected, better| repo.upgrade_hash(id, &hash(expected), &hash(better)).await.expect(ANSWERS);
    assert!(!upgrade(new.user.id, "another", "better").await);
    assert_eq!(credentials(repo, &new).await.password_hash, new.password_hash);
    assert!(upgrade(new.user.id, "hash 1", "better").await);
    assert!(!upgrade(new.user.id, "hash 1", "best").await);
    assert_eq!(credentials(repo, &new).await.password_hash, hash("better"));
    assert!(!upgrade(user_id(3), "hash 3", "better").await);
    assert_eq!(credentials(repo, &bystander).await.password_hash, bystander.password_hash);
}

/// The password is the same, so nothing that was proved with it ends, and no cache has to forget the account.
pub async fn an_upgrade_changes_nothing_but_the_hash(repo: &dyn UserRepository) {
    let new = new_user(1);
    inserted(repo, &new).await;
    assert!(repo.upgrade_hash(new.user.id, &new.password_hash, &hash("better")).await.expect(ANSWERS));
    let found = credentials(repo, &new).await;
    assert_eq!((found.user, found.version), (new.user, SecurityVersion::FIRST));
}

/// The moment and the address of the last login, which may be unknown.
pub async fn a_login_is_noted(repo: &dyn UserRepository) {
    let (new, bystander) = (named_user(1, "ana"), new_user(2));
    inserted(repo, &new).await;
    inserted(repo, &bystander).await;
    for (seconds, ip) in [(5, Some(IpAddr::V6(Ipv6Addr::LOCALHOST))), (6, None)] {
        repo.record_login(new.user.id, after(seconds), ip).await.expect(ANSWERS);
        let expected = User {
            last_login: Some(after(seconds)),
            last_login_ip: ip,
            updated_at: after(seconds),
            ..new.user.clone()
        };
        assert_eq!(find(repo, new.user.id).await, Some(expected));
    }
    assert_eq!(find(repo, bystander.user.id).await, Some(bystander.user));
}

/// Logging in proves credentials; it does not change them.
pub async fn a_login_changes_no_credentials(repo: &dyn UserRepository) {
    let new = new_user(1);
    inserted(repo, &new).await;
    repo.record_login(new.user.id, after(5), None).await.expect(ANSWERS);
    let found = credentials(repo, &new).await;
    assert_eq!((found.password_hash, found.version), (new.password_hash, SecurityVersion::FIRST));
}

/// An account that is gone is left alone, and not made again.
pub async fn a_login_of_nobody_is_ignored(repo: &dyn UserRepository) {
    repo.record_login(user_id(1), NOW, None).await.expect(ANSWERS);
    assert_eq!(find(repo, user_id(1)).await, None);
}

/// Caches go by `updated_at`: it advances, also if the clock went back meanwhile.
pub async fn the_version_of_an_account_never_goes_back(repo: &dyn UserRepository) {
    let mut new = new_user(1);
    new.user.updated_at = after(60);
    inserted(repo, &new).await;
    repo.record_login(new.user.id, after(5), None).await.expect(ANSWERS);
    let found = find(repo, new.user.id).await.expect("the account is there");
    assert_eq!((found.last_login, found.updated_at), (Some(after(5)), after(60)));
}

/// Oldest id first, whatever the order of insertion.
pub async fn pages_are_in_the_order_of_ids(repo: &dyn UserRepository) {
    for number in [4, 1, 5, 3, 2] {
        inserted(repo, &new_user(number)).await;
    }
    let everybody: Vec<_> = (1..=5).map(user_id).collect();
    assert_eq!(ids(&page(repo, None, 10).await), everybody);
    for limit in 1..=6 {
        assert_eq!(walk(repo, None, limit).await, everybody, "pages of {limit}");
    }
}

/// `has_more` is neither early nor late, also where a page ends with the last account.
pub async fn a_page_says_exactly_whether_there_are_more(repo: &dyn UserRepository) {
    for number in 1..=4 {
        inserted(repo, &new_user(number)).await;
    }
    let look = async |after: Option<usize>, limit| {
        let page = page(repo, after.map(user_id), limit).await;
        (page.users.len(), page.has_more)
    };
    assert_eq!(look(None, 3).await, (3, true));
    assert_eq!(look(None, 4).await, (4, false));
    assert_eq!(look(Some(2), 2).await, (2, false));
    assert_eq!(look(Some(2), 1).await, (1, true));
    assert_eq!(look(Some(4), 1).await, (0, false));
    assert_eq!(look(Some(9), 1).await, (0, false));
}

/// Who is added before the place of a reader moves nobody across it.
pub async fn pages_stay_stable_while_accounts_are_added(repo: &dyn UserRepository) {
    for number in [10, 20, 30, 40] {
        inserted(repo, &new_user(number)).await;
    }
    let first = page(repo, None, 2).await;
    assert_eq!(ids(&first), [user_id(10), user_id(20)]);
    for number in [5, 15, 35] {
        inserted(repo, &new_user(number)).await;
    }
    let rest = page(repo, Some(user_id(20)), 10).await;
    assert_eq!(ids(&rest), [user_id(30), user_id(35), user_id(40)]);
}
