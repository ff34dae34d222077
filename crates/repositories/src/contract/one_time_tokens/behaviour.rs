//! Every outcome of every method.

use tessera_domain::Digest;
use tessera_domain::OneTimePurpose::{EmailVerification, OneTime, PasswordReset};

use super::{ANSWERS, SOON, consume, delete_for, find, insert, is_there, secret, token};
use crate::Earlier::{Keep, Replace};
use crate::OneTimeTokenRepository;

/// Account, purpose and expiry to the microsecond.
pub async fn a_token_is_consumed_as_it_was_given(repo: &dyn OneTimeTokenRepository) {
    for (number, purpose) in [OneTime, PasswordReset, EmailVerification].into_iter().enumerate() {
        let token = token(number, purpose, number);
        insert(repo, &token, Keep).await;
        assert_eq!(consume(repo, &token, SOON).await, Some(token));
    }
}

/// And never again (invariant I1).
pub async fn a_token_is_consumed_once(repo: &dyn OneTimeTokenRepository) {
    let token = token(1, OneTime, 1);
    insert(repo, &token, Keep).await;
    assert!(consume(repo, &token, SOON).await.is_some());
    assert_eq!(consume(repo, &token, SOON).await, None);
    assert_eq!(find(repo, &token, SOON).await, None);
}

/// However often it is looked at.
pub async fn a_look_spends_nothing(repo: &dyn OneTimeTokenRepository) {
    let token = token(1, PasswordReset, 1);
    insert(repo, &token, Keep).await;
    for _ in 0..3 {
        assert_eq!(find(repo, &token, SOON).await, Some(token.clone()));
    }
    assert_eq!(consume(repo, &token, SOON).await, Some(token));
}

/// Neither by a look nor by a try.
pub async fn nothing_is_found_in_an_empty_store(repo: &dyn OneTimeTokenRepository) {
    let token = token(1, OneTime, 1);
    assert_eq!(find(repo, &token, SOON).await, None);
    assert_eq!(consume(repo, &token, SOON).await, None);
}

/// Not by another digest, and not by its secret.
pub async fn a_token_is_known_by_its_digest_alone(repo: &dyn OneTimeTokenRepository) {
    let token = token(1, OneTime, 1);
    insert(repo, &token, Keep).await;
    let mut neighbour = *token.digest.as_bytes();
    neighbour[31] ^= 1;
    for other in [neighbour, secret(1), [0; 32], [0xff; 32]].map(Digest::from_bytes) {
        assert_eq!(repo.find(&other, OneTime, SOON).await.expect(ANSWERS), None);
        assert_eq!(repo.consume(&other, OneTime, SOON).await.expect(ANSWERS), None);
    }
    assert!(is_there(repo, &token).await);
}

/// And is not spent there either (requirement T3).
pub async fn a_token_of_one_purpose_is_unknown_to_every_other(repo: &dyn OneTimeTokenRepository) {
    let token = token(1, OneTime, 1);
    insert(repo, &token, Keep).await;
    for purpose in [PasswordReset, EmailVerification] {
        assert_eq!(repo.find(&token.digest, purpose, SOON).await.expect(ANSWERS), None);
        assert_eq!(repo.consume(&token.digest, purpose, SOON).await.expect(ANSWERS), None);
    }
    assert_eq!(consume(repo, &token, SOON).await, Some(token));
}

/// They are two tokens, spent one by one.
pub async fn one_digest_may_serve_two_purposes(repo: &dyn OneTimeTokenRepository) {
    let (proof, reset) = (token(1, OneTime, 1), token(1, PasswordReset, 2));
    assert_eq!(proof.digest, reset.digest, "the case this is about");
    insert(repo, &proof, Keep).await;
    insert(repo, &reset, Keep).await;
    assert_eq!(consume(repo, &proof, SOON).await, Some(proof.clone()));
    assert_eq!(consume(repo, &proof, SOON).await, None);
    assert_eq!(consume(repo, &reset, SOON).await, Some(reset));
}

/// An account may hold several.
pub async fn earlier_tokens_stay_where_they_are_kept(repo: &dyn OneTimeTokenRepository) {
    for number in 0..3 {
        insert(repo, &token(number, OneTime, 1), Keep).await;
    }
    for number in [1, 0, 2] {
        assert!(consume(repo, &token(number, OneTime, 1), SOON).await.is_some());
    }
}

/// However many there were.
pub async fn the_newest_token_replaces_the_earlier_ones(repo: &dyn OneTimeTokenRepository) {
    for number in 0..3 {
        insert(repo, &token(number, PasswordReset, 1), Keep).await;
    }
    for number in 3..5 {
        insert(repo, &token(number, PasswordReset, 1), Replace).await;
    }
    for number in 0..4 {
        assert_eq!(consume(repo, &token(number, PasswordReset, 1), SOON).await, None, "{number}");
    }
    assert!(consume(repo, &token(4, PasswordReset, 1), SOON).await.is_some());
}

/// Somebody else's link is not mine to end.
pub async fn replacing_touches_no_other_account_and_no_other_purpose(repo: &dyn OneTimeTokenRepository) {
    let others = [token(1, PasswordReset, 2), token(2, OneTime, 1), token(3, EmailVerification, 1)];
    for other in &others {
        insert(repo, other, Keep).await;
    }
    insert(repo, &token(4, PasswordReset, 1), Replace).await;
    for other in &others {
        assert!(is_there(repo, other).await, "{other:?}");
    }
}

/// Not when its successor is spent or deleted, either (invariant I2).
pub async fn what_was_replaced_does_not_come_back(repo: &dyn OneTimeTokenRepository) {
    let (first, second, third) = (token(1, PasswordReset, 1), token(2, PasswordReset, 1), token(3, PasswordReset, 1));
    insert(repo, &first, Keep).await;
    insert(repo, &second, Replace).await;
    assert!(consume(repo, &second, SOON).await.is_some());
    assert!(!is_there(repo, &first).await);
    insert(repo, &third, Replace).await;
    delete_for(repo, 1, &[PasswordReset]).await;
    for token in [first, second, third] {
        assert_eq!(consume(repo, &token, SOON).await, None);
    }
}

/// One, several, but nothing that was not named.
pub async fn deletion_takes_the_named_purposes_of_one_account(repo: &dyn OneTimeTokenRepository) {
    let [proof, second_proof, reset, verification] =
        [token(1, OneTime, 1), token(2, OneTime, 1), token(3, PasswordReset, 1), token(4, EmailVerification, 1)];
    let theirs = token(5, PasswordReset, 2);
    for token in [&proof, &second_proof, &reset, &verification, &theirs] {
        insert(repo, token, Keep).await;
    }
    delete_for(repo, 1, &[PasswordReset, EmailVerification]).await;
    assert!(!is_there(repo, &reset).await && !is_there(repo, &verification).await);
    assert!(is_there(repo, &proof).await && is_there(repo, &second_proof).await && is_there(repo, &theirs).await);
    delete_for(repo, 1, &[OneTime]).await;
    assert!(!is_there(repo, &proof).await && !is_there(repo, &second_proof).await);
    assert!(is_there(repo, &theirs).await);
}

/// Of an account without tokens, and of no purpose at all.
pub async fn deletion_of_nothing_is_no_error(repo: &dyn OneTimeTokenRepository) {
    let token = token(1, OneTime, 1);
    insert(repo, &token, Keep).await;
    delete_for(repo, 2, &[OneTime]).await;
    delete_for(repo, 1, &[]).await;
    delete_for(repo, 1, &[PasswordReset]).await;
    assert!(is_there(repo, &token).await);
}
