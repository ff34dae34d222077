//! Attacks on how a token is written: parts, spelling, size, signature.

use super::*;

#[test]
fn there_are_three_parts() {
    let forger = Forger::new();
    let good = forger.es256(HEADER, &access());
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("three parts") };
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{header}.{payload}.{payload}.{signature}"),
        // JSON serialisation (RFC 7515, section 7.2).
        format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
        format!("Bearer {good}"),
    ] {
        forger.assert_invalid(&token, &token);
    }
}

#[test]
fn a_token_has_one_encoding() {
    let forger = Forger::new();
    let good = forger.es256(HEADER, &access());
    let (input, signature) = good.rsplit_once('.').expect("three parts");
    for blank in [" ", "\n", "\t", "\r\n", "\0", "=", "==", "%3D", "é"] {
        forger.assert_invalid(&format!("{good}{blank}"), blank);
        forger.assert_invalid(&format!("{blank}{good}"), blank);
        forger.assert_invalid(&good.replace('.', &format!("{blank}.")), blank);
        forger.assert_invalid(&good.replace('.', &format!(".{blank}")), blank);
    }
    for respelled in respellings(signature) {
        forger.assert_invalid(&format!("{input}.{respelled}"), "stray bits in the signature");
    }
    // Signed as they are: only the spelling is wrong.
    let (header, payload) = input.split_once('.').expect("two parts");
    let headers = respellings(header).into_iter().map(|header| format!("{header}.{payload}"));
    let payload = URL_SAFE_NO_PAD.encode(format!("{}{}", access(), " ".repeat(2 - access().len() % 3)));
    let payloads = respellings(&payload).into_iter().map(|payload| format!("{header}.{payload}"));
    for input in headers.chain(payloads) {
        let signature = forger.pair.sign(&SystemRandom::new(), input.as_bytes()).expect("signed");
        forger.assert_invalid(&with_signature(&input, signature.as_ref()), &input);
    }
}

/// The other spellings of what `encoded` decodes to: its last character carries bits that mean nothing.
fn respellings(encoded: &str) -> Vec<String> {
    let lenient = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
    let meaning = lenient.decode(encoded).expect("base64url");
    let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
    let start = &encoded[..encoded.len() - 1];
    let mut spellings: Vec<String> = alphabet.map(|last| format!("{start}{last}")).collect();
    spellings.retain(|spelling| spelling != encoded && lenient.decode(spelling).as_ref() == Ok(&meaning));
    assert!(!spellings.is_empty(), "no bits are spare");
    spellings
}

#[test]
fn a_signature_is_over_these_bytes_by_this_key() {
    let (forger, stranger) = (Forger::new(), Forger::new());
    forger.assert_invalid(&stranger.es256(HEADER, &access()), "a stranger's key of the same name");
    let input = signing_input(HEADER, &access());
    let mut order = [0; 64];
    order[32..].copy_from_slice(&[0xff; 32]);
    for signature in [&[0; 64][..], &[0xff; 64], &order, &[1; 63], &[1; 65], &[0], &[0x30, 0x06, 2, 1, 0, 2, 1, 0]] {
        forger.assert_invalid(&with_signature(&input, signature), "no signature");
    }
    let good = forger.es256(HEADER, &access());
    let changed = good.replacen(&URL_SAFE_NO_PAD.encode(access()), &URL_SAFE_NO_PAD.encode(refresh_with("0")), 1);
    forger.assert_invalid(&changed, "another payload");
}

#[test]
fn size_is_capped_before_anything_else() {
    let forger = Forger::new();
    let padded = |blanks: usize| forger.es256(HEADER, &format!("{}{}", access(), " ".repeat(blanks)));
    let room = MAX_TOKEN_BYTES - padded(0).len();
    // JSON may be followed by blanks; what is too long is refused for its length alone.
    assert!(forger.verify(&padded(room * 3 / 4 - 4)).is_ok());
    forger.assert_invalid(&padded(room * 3 / 4 + 4), "just too long");
    forger.assert_invalid(&"a".repeat(10_000_000), "much too long");
}
