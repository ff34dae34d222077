//! Attacks on the choice of the key and the algorithm: the header.

use super::*;

#[test]
fn none_is_no_algorithm() {
    let forger = Forger::new();
    for alg in ["none", "None", "NONE", "nOnE", "none ", "", "null", "HS256", "es256", "ES256 ", "ES384", "RS256"] {
        let header = format!(r#"{{"alg":"{alg}","kid":"ec","typ":"JWT"}}"#);
        let input = signing_input(&header, &access());
        forger.assert_invalid(&format!("{input}."), alg);
        forger.assert_invalid(&input, alg);
        forger.assert_invalid(&with_signature(&input, &[0; 64]), alg);
        forger.assert_invalid(&forger.es256(&header, &access()), alg);
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let forger = Forger::new();
    let point = forger.pair.public_key().as_ref().to_vec();
    // SubjectPublicKeyInfo of a P-256 key (RFC 5480): what a published PEM contains.
    let prefix = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let der = [&prefix[..], &point].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    for secret in [point, der, pem.into_bytes(), Vec::new()] {
        for header in [
            r#"{"alg":"HS256","kid":"ec","typ":"JWT"}"#,
            r#"{"alg":"ES256","kid":"ec","typ":"JWT"}"#,
            r#"{"alg":"HS256","kid":"hs","typ":"JWT"}"#,
        ] {
            forger.assert_invalid(&hs256(&secret, header, &access()), header);
        }
    }
}

#[test]
fn each_key_has_one_algorithm() {
    let forger = Forger::new();
    for header in [r#"{"alg":"ES256","kid":"hs","typ":"JWT"}"#, r#"{"alg":"HS256","kid":"hs","typ":"JWT"}"#] {
        forger.assert_invalid(&forger.es256(header, &access()), header);
    }
    for header in [r#"{"alg":"HS256","kid":"ec","typ":"JWT"}"#, HEADER] {
        forger.assert_invalid(&hs256(SECRET.as_bytes(), header, &access()), header);
    }
}

#[test]
fn the_header_is_an_allow_list() {
    let forger = Forger::new();
    for header in [
        // The key's name: unknown, an injection into whatever looks keys up, of another type, missing, twice.
        r#"{"alg":"ES256","kid":"other","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"EC","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ec ","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"../../../dev/null","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ec' OR '1'='1","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"x' UNION SELECT 'secret'; --","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"https://attacker.example/key","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ec\u0000","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"\u0065c","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":["ec"],"typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":{"ec":1},"typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":null,"typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":0,"typ":"JWT"}"#,
        r#"{"alg":"ES256","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ec","kid":"ec","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"hs","kid":"ec","typ":"JWT"}"#,
        // The algorithm: missing, twice, not a string, escaped.
        r#"{"kid":"ec","typ":"JWT"}"#,
        r#"{"alg":"none","alg":"ES256","kid":"ec","typ":"JWT"}"#,
        r#"{"alg":["ES256"],"kid":"ec","typ":"JWT"}"#,
        r#"{"alg":null,"kid":"ec","typ":"JWT"}"#,
        r#"{"alg":"\u0045S256","kid":"ec","typ":"JWT"}"#,
        r#"{"ALG":"ES256","kid":"ec","typ":"JWT"}"#,
        // The type: missing, twice, another.
        r#"{"alg":"ES256","kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","typ":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"jwt"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"at+jwt"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JOSE"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":null}"#,
        // Members that other libraries act upon.
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","jku":"https://attacker.example/jwks"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","x5c":["MIIB"]}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","x5u":"https://attacker.example/cert"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","x5t":"AA"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","crit":["exp"]}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","crit":[]}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","cty":"JWT"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","zip":"DEF"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","enc":"A256GCM"}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT","":""}"#,
        // No object, or more than one.
        r#"["ES256","ec","JWT"]"#,
        r#"[{"alg":"ES256","kid":"ec","typ":"JWT"}]"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT"}{}"#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT""#,
        r#"{"alg":"ES256","kid":"ec","typ":"JWT",}"#,
        r#""ES256""#,
        "null",
        "{}",
        " ",
        "\u{feff}{}",
    ] {
        forger.assert_invalid(&forger.es256(header, &access()), header);
    }
}
