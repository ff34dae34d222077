//! E-mail addresses: which texts are one, and when two are the same.

use std::fmt;

use crate::{Invalid, Result, TextRule};

/// An e-mail address in its folded form (requirement A2): the local part in lower-case ASCII, the domain in
/// lower-case ASCII after the mapping of international domain names (UTS 46). Two addresses are the same if
/// their folded forms are equal, and mail goes to the folded form.
///
/// The local part is limited to the unquoted ASCII of RFC 5321 (`dot-string`). That refuses a few legal
/// rarities, and with them the look-alikes that case-fold into somebody else's address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

const MAX_CHARS: usize = 254;
const MAX_LOCAL: usize = 64;

impl Email {
    /// Parses and folds an address. White space around it is dropped.
    pub fn parse(text: &str) -> Result<Self> {
        TextRule { max_chars: MAX_CHARS }.check(text)?;
        let (local, domain) = text.trim().rsplit_once('@').ok_or(Invalid::Malformed)?;
        if local.len() > MAX_LOCAL || !is_dot_string(local) {
            return Err(Invalid::Malformed);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| Invalid::Malformed)?;
        if !is_mail_domain(&domain) {
            return Err(Invalid::Malformed);
        }
        let folded = format!("{}@{domain}", local.to_ascii_lowercase());
        if folded.len() > MAX_CHARS {
            return Err(Invalid::TooLong { max: MAX_CHARS });
        }
        Ok(Self(folded))
    }

    /// The folded address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One or more atoms of RFC 5321 `atext` with single dots between them.
fn is_dot_string(local: &str) -> bool {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// A name with at least two labels whose last one is not a number, or `localhost`.
fn is_mail_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        !label.starts_with('-')
            && !label.ends_with('-')
            && !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    match domain.rsplit_once('.') {
        Some((_, top)) => {
            domain.split('.').all(is_label) && top.len() >= 2 && top.chars().any(|c| c.is_ascii_alphabetic())
        }
        None => domain == "localhost",
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(text: &str) -> Result<String> {
        Email::parse(text).map(|email| email.to_string())
    }

    #[test]
    fn folds_case_and_international_domains() {
        assert_eq!(folded(" Ana.Lopez+x@Example.COM "), Ok("ana.lopez+x@example.com".into()));
        assert_eq!(folded("ana@BÜCHER.example"), Ok("ana@xn--bcher-kva.example".into()));
        assert_eq!(folded("root@localhost"), Ok("root@localhost".into()));
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in [
            "ana",
            "@example.com",
            "ana@",
            "ana@example",
            "a na@example.com",
            "ana@@example.com",
            ".ana@example.com",
            "ana.@example.com",
            "a..b@example.com",
            "ana@-example.com",
            "ana@example.com.",
            "ana@127.0.0.1",
            "ana@[::1]",
            "\"a b\"@example.com",
            "ana@exa_mple.com",
            "ana@example.com,eve@example.com",
        ] {
            assert_eq!(folded(text), Err(Invalid::Malformed), "{text}");
        }
        assert_eq!(folded("ana@example.com\r\nBcc: eve@example.com"), Err(Invalid::ControlCharacter));
        assert_eq!(folded(""), Err(Invalid::Blank));
        assert_eq!(folded(&format!("ana@{}.com", "a".repeat(300))), Err(Invalid::TooLong { max: 254 }));
    }

    #[test]
    fn a_look_alike_does_not_fold_into_another_address() {
        // KELVIN SIGN and DOTLESS I become k and i under full case mapping.
        assert_eq!(folded("mi\u{212a}e@example.com"), Err(Invalid::Malformed));
        assert_eq!(folded("m\u{131}ke@example.com"), Err(Invalid::Malformed));
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "[A-Za-z0-9.+_-]{1,12}@[A-Za-z0-9éß-]{1,10}\\.[A-Za-z]{2,5}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }

        #[test]
        fn case_never_makes_a_second_address(text in "[A-Za-z0-9.+_-]{1,12}@[A-Za-z0-9-]{1,10}\\.[A-Za-z]{2,5}") {
            prop_assert_eq!(Email::parse(&text.to_uppercase()), Email::parse(&text.to_lowercase()));
        }

        #[test]
        fn no_text_breaks_the_parser(text in "\\PC*") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.as_str().is_ascii());
                prop_assert!(email.as_str().len() <= MAX_CHARS);
            }
        }
    }
}
