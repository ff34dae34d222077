//! Pages of a list by key: `?limit=&cursor=`, and the link to the next one.

use actix_web::http::header::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tessera_domain::Invalid;

use super::fields::{FieldErrors, Problem};
use super::form;

/// The most entries of a page, and as many as a page has if nothing else is asked for.
const LARGEST: u16 = 100;

/// Which page is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The most entries.
    pub limit: u16,
    /// The key of the last entry of the page before.
    pub after: Option<[u8; 16]>,
}

impl Page {
    /// Reads the query of a URL. Parameters that are not about pages are ignored.
    pub fn parse(query: &str) -> Result<Self, FieldErrors> {
        let (mut limits, mut cursors) = (Vec::new(), Vec::new());
        for (name, value) in form::pairs(query.as_bytes()) {
            match name.as_deref() {
                Ok("limit") => limits.push(value.ok().as_deref().and_then(limit)),
                Ok("cursor") => cursors.push(value.ok().as_deref().and_then(cursor)),
                _ => {}
            }
        }
        match (one("limit", limits), one("cursor", cursors)) {
            (Ok(limit), Ok(after)) => Ok(Self { limit: limit.unwrap_or(LARGEST), after }),
            (limit, after) => Err(limit.err().into_iter().chain(after.err()).collect()),
        }
    }

    /// The `Link` to the page after the entry with this key (RFC 8288, section 3).
    pub fn link_to_next(&self, path: &str, after: &[u8; 16]) -> Option<HeaderValue> {
        let cursor = URL_SAFE_NO_PAD.encode(after);
        HeaderValue::from_str(&format!("<{path}?limit={}&cursor={cursor}>; rel=\"next\"", self.limit)).ok()
    }
}

/// The value of a parameter that was given at most once, and well-formed.
fn one<T>(name: &'static str, mut given: Vec<Option<T>>) -> Result<Option<T>, (&'static str, Problem)> {
    match (given.pop(), given.pop()) {
        (None, _) => Ok(None),
        (Some(Some(value)), None) => Ok(Some(value)),
        _ => Err((name, Problem::Invalid(Invalid::Malformed))),
    }
}

/// A whole number of at least 1; the largest page, if it is larger, however large that is.
fn limit(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| text.parse().unwrap_or(u64::MAX).min(LARGEST.into()))?;
    u16::try_from(number).ok().filter(|limit| *limit > 0)
}

/// The key in a cursor. To clients a cursor is opaque; here it has one spelling.
fn cursor(text: &str) -> Option<[u8; 16]> {
    let mut key = [0; 16];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut key).ok()?;
    (length == key.len()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Option<(u16, Option<[u8; 16]>)> {
        Page::parse(query).ok().map(|page| (page.limit, page.after))
    }

    #[test]
    fn a_limit_is_clamped_and_never_guessed() {
        for (query, limit) in [
            ("", 100),
            ("limit=1", 1),
            ("limit=100", 100),
            ("limit=101", 100),
            ("limit=007", 7),
            ("other=x", 100),
            ("limit=99999999999999999999999999", 100),
        ] {
            assert_eq!(parse(query), Some((limit, None)), "{query}");
        }
        for query in [
            "limit=",
            "limit=0",
            "limit=-1",
            "limit=+1",
            "limit=1.5",
            "limit=a",
            "limit=1&limit=2",
            "limit=%ff",
            "limit=1&%6cimit=1",
        ] {
            assert_eq!(parse(query), None, "{query}");
        }
    }

    #[test]
    fn a_link_leads_to_the_page_it_names() {
        let link = Page { limit: 2, after: None }.link_to_next("/list", &[0xfb; 16]).expect("a header");
        let link = link.to_str().expect("ASCII");
        assert_eq!(link, "</list?limit=2&cursor=-_v7-_v7-_v7-_v7-_v7-w>; rel=\"next\"");
        let query = &link["</list?".len()..link.len() - ">; rel=\"next\"".len()];
        assert_eq!(parse(query), Some((2, Some([0xfb; 16]))));
    }

    #[test]
    fn a_cursor_has_one_spelling() {
        for cursor in ["", "x", "-_v7-_v7-_v7-_v7-_v7-x", "-_v7-_v7-_v7-_v7-_v7-w==", "-_v7-_v7-_v7-_v7-_v7-_v7"] {
            assert_eq!(parse(&format!("cursor={cursor}")), None, "{cursor}");
        }
    }
}
