//! Attacks on what a token says: the payload.

use super::*;

#[test]
fn every_claim_is_required() {
    let forger = Forger::new();
    for missing in 0..ACCESS.len() {
        let mut members = ACCESS.to_vec();
        let (name, _) = members.remove(missing);
        forger.assert_invalid(&forger.es256(HEADER, &object(&members)), name);
    }
}

#[test]
fn every_claim_is_there_once() {
    let forger = Forger::new();
    for twice in ACCESS {
        let mut members = ACCESS.to_vec();
        members.push(twice);
        forger.assert_invalid(&forger.es256(HEADER, &object(&members)), twice.0);
        members.rotate_right(1);
        forger.assert_invalid(&forger.es256(HEADER, &object(&members)), twice.0);
    }
    let twice = refresh_with("1").replace(r#""gen":1"#, r#""gen":1,"gen":1"#);
    forger.assert_invalid(&forger.es256(HEADER, &twice), "gen");
}

#[test]
fn every_claim_has_its_type() {
    let forger = Forger::new();
    let odd_values =
        ["null", "true", "[]", "{}", r#"[""]"#, "1.5", "1e3", r#""""#, r#""x""#, "-0", "99999999999999999999"];
    for (name, good) in ACCESS {
        let wrapped = format!("[{good}]");
        for odd in odd_values.into_iter().chain([wrapped.as_str()]) {
            let members = ACCESS.map(|(known, value)| (known, if known == name { odd } else { value }));
            forger.assert_invalid(&forger.es256(HEADER, &object(&members)), &format!("{name}: {odd}"));
        }
    }
}

#[test]
fn every_claim_has_its_exact_form() {
    let forger = Forger::new();
    for changes in [
        [("iss", r#""https://id.example/""#)],
        [("iss", r#""https://ID.example""#)],
        [("iss", r#"["https://id.example"]"#)],
        [("iss", r#"["https://id.example","https://attacker.example"]"#)],
        [("iat", r#""1000""#)],
        [("iat", "1000.0")],
        [("iat", "-1")],
        [("iat", "2001")],
        [("exp", r#""2000""#)],
        [("exp", "2000.0")],
        [("exp", "2e3")],
        [("exp", "-2000")],
        [("exp", "999")],
        [("exp", "9223372036854775807")],
        [("exp", "9223372036854775808")],
        [("exp", "1e400")],
        [("jti", r#""01010101010101010101010101010101""#)],
        [("jti", r#""{01010101-0101-0101-0101-010101010101}""#)],
        [("sid", r#""urn:uuid:02020202-0202-0202-0202-020202020202""#)],
        [("sid", r#""0A0A0A0A-0202-0202-0202-020202020202""#)],
        [("sub", r#""07070707-0707-0707-0707-07070707070A""#)],
        [("sub", r#""7""#)],
        [("sub", r#""ext:""#)],
        [("sub", r#""EXT:7""#)],
        [("token_type", r#""Access""#)],
        [("token_type", r#""access ""#)],
        [("token_type", r#"{"access":null}"#)],
        [("token_type", r#"["access"]"#)],
        [("token_type", r#""id""#)],
        // Of another subject.
        [("sub", r#""08080808-0808-0808-0808-080808080808""#)],
        [("user_id", r#""08080808-0808-0808-0808-080808080808""#)],
        [("user_id", "7")],
        // Not among the claims.
        [("aud", r#""https://other.example""#)],
        [("aud", r#""https://id.example""#)],
        [("aud", "[]")],
        [("nbf", "1000")],
        [("admin", "true")],
        [("gen", "0")],
        [("gen", "null")],
    ] {
        let payload = access_with(&changes);
        forger.assert_invalid(&forger.es256(HEADER, &payload), &payload);
    }
}

#[test]
fn a_refresh_token_has_a_generation() {
    let forger = Forger::new();
    for generation in ["null", "-1", "4294967296", "1.0", r#""1""#, "[1]", "true"] {
        forger.assert_invalid(&forger.es256(HEADER, &refresh_with(generation)), generation);
    }
    let without = access_with(&[("token_type", r#""refresh""#)]);
    forger.assert_invalid(&forger.es256(HEADER, &without), "no gen");
}

#[test]
fn an_external_subject_keeps_its_namespace_and_its_json_type() {
    let forger = Forger::new();
    let verify = |changes| forger.verify(&forger.es256(HEADER, &access_with(changes))).map(|claims| claims.subject);
    let number = verify(&[("sub", r#""ext:7""#), ("user_id", "7")]);
    assert!(format!("{number:?}").contains("Number(7)"), "{number:?}");
    let text = verify(&[("sub", r#""ext:7""#), ("user_id", r#""7""#)]);
    assert!(format!("{text:?}").contains(r#"Text("7")"#), "{text:?}");
    // An external user whose id looks like an account is still not that account.
    let account = "07070707-0707-0707-0707-070707070707";
    let twin = verify(&[
        ("sub", r#""ext:07070707-0707-0707-0707-070707070707""#),
        ("user_id", r#""07070707-0707-0707-0707-070707070707""#),
    ]);
    assert_ne!(twin, Ok(account.parse::<Subject>().expect("valid")));
    assert!(matches!(twin, Ok(Subject::External(_))));
}

#[test]
fn the_payload_is_one_flat_object() {
    let forger = Forger::new();
    let values = ACCESS.map(|(_, value)| value).join(",");
    let nested = format!(r#"{{"claims":{}}}"#, access());
    let deep = access_with(&[]).replace("1000", &format!("{}{}", "[".repeat(900), "]".repeat(900)));
    let inner_twice = access().replace("1000", r#"{"a":1,"a":2}"#);
    for payload in [
        format!("[{values}]"),
        format!("[{}]", access()),
        format!("{}{}", access(), access()),
        nested,
        deep,
        inner_twice,
        "[".repeat(2_500),
        r#"{"a":"#.repeat(400),
        "null".to_owned(),
        "1".to_owned(),
        r#""text""#.to_owned(),
        "{}".to_owned(),
        "\0".to_owned(),
    ] {
        forger.assert_invalid(&forger.es256(HEADER, &payload), &payload);
    }
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(b"{\"iss\":\"\xff\"}"));
    let signature = forger.pair.sign(&SystemRandom::new(), input.as_bytes()).expect("signed");
    forger.assert_invalid(&with_signature(&input, signature.as_ref()), "not UTF-8");
}
