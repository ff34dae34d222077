//! Good tokens at the wrong door or the wrong time.

use super::*;

#[test]
fn each_type_opens_what_it_is_for() {
    let forger = Forger::new();
    let access = forger.es256(HEADER, &access());
    let refresh = forger.es256(HEADER, &refresh_with("0"));
    assert_eq!(forger.verify_as(&access, TokenType::Refresh), Err(TokenRejected::WrongType));
    assert_eq!(forger.verify_as(&refresh, TokenType::Access), Err(TokenRejected::WrongType));
    // The type of a signed token cannot be edited.
    let (_, signature) = access.rsplit_once('.').expect("three parts");
    forger.assert_invalid(&format!("{}.{signature}", signing_input(HEADER, &refresh_with("0"))), "edited");
}

#[test]
fn a_token_ends_at_its_exp_and_not_a_moment_later() {
    let forger = Forger::new();
    let token = forger.es256(HEADER, &access());
    let verify = |micros| forger.verifier.verify(&token, TokenType::Access, Timestamp::from_unix_micros(micros));
    assert!(verify(1_999_999_999).is_ok());
    assert_eq!(verify(2_000_000_000).err(), Some(TokenRejected::Expired));
    assert_eq!(verify(i64::MAX).err(), Some(TokenRejected::Expired));
}

#[test]
fn a_token_is_not_from_the_future() {
    let forger = Forger::new();
    let token = forger.es256(HEADER, &access());
    let verify = |micros| forger.verifier.verify(&token, TokenType::Access, Timestamp::from_unix_micros(micros));
    assert!(verify(995_000_000).is_ok(), "issued by an instance whose clock is five seconds ahead");
    assert_eq!(verify(994_999_999).err(), Some(TokenRejected::Invalid));
}

#[test]
fn that_it_expired_is_told_only_of_a_good_token() {
    let (forger, stranger) = (Forger::new(), Forger::new());
    let late = Timestamp::from_unix_seconds(3_000);
    let expired = forger.es256(HEADER, &access());
    let verify = |token: &str, expected| forger.verifier.verify(token, expected, late).err();
    assert_eq!(verify(&expired, TokenType::Access), Some(TokenRejected::Expired));
    assert_eq!(verify(&expired, TokenType::Refresh), Some(TokenRejected::WrongType));
    assert_eq!(verify(&stranger.es256(HEADER, &access()), TokenType::Access), Some(TokenRejected::Invalid));
    let unknown = forger.es256(HEADER, &access_with(&[("aud", r#""x""#)]));
    assert_eq!(verify(&unknown, TokenType::Access), Some(TokenRejected::Invalid));
}
