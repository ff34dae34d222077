//! Whether who asks is a browser that shows a page to somebody, or a program.

use actix_web::http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The headers that tell, as `Vary` names them.
pub(crate) const TELLS_BROWSERS: &str = "accept, authorization, sec-fetch-mode";

/// Whether a browser opens an address for somebody who will see a page.
///
/// That it likes HTML better than JSON is not enough: the HTTP client that comes with Java says so of itself. Beyond that
/// a browser names its mode (Fetch Metadata), or where it does not, over plain HTTP, XHTML, which nothing else asks for. And
/// it has no token to send by itself.
pub(super) fn shows_a_page(headers: &HeaderMap) -> bool {
    // Programs do not pay for it: few of them name texts at all.
    names(headers, b"text/") && !headers.contains_key(AUTHORIZATION) && navigates(headers) && prefers_pages(headers)
}

/// Whether an address is opened, and not merely fetched by a page.
fn navigates(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => names(headers, b"application/xhtml+xml"),
    }
}

/// Whether this is somewhere in what is accepted.
fn names(headers: &HeaderMap, text: &[u8]) -> bool {
    let is_in = |value: &HeaderValue| value.as_bytes().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text));
    headers.get_all(ACCEPT).any(is_in)
}

/// Whether a page is liked better than JSON (RFC 9110, section 12.5.1). A program that takes anything, or says nothing, is
/// a program.
fn prefers_pages(headers: &HeaderMap) -> bool {
    let accepted: Vec<&str> = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    let accepted = accepted.join(",");
    quality(&accepted, "text", "html") > quality(&accepted, "application", "json")
}

/// How much a media type is liked, in thousandths: by the range that names it most exactly.
fn quality(accepted: &str, kind: &str, subtype: &str) -> u32 {
    let ranges = accepted.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
        let is_kind = range_kind.eq_ignore_ascii_case(kind);
        let exactness = match (range_kind, range_subtype) {
            ("*", "*") => 0,
            (_, "*") if is_kind => 1,
            (_, found) if is_kind && found.eq_ignore_ascii_case(subtype) => 2,
            _ => return None,
        };
        Some((exactness, parts.find_map(weight).unwrap_or(1_000)))
    });
    ranges.max().map_or(0, |(_, weight)| weight)
}

/// The weight in `q=0.8`, if that is what this parameter is.
fn weight(parameter: &str) -> Option<u32> {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let thousandths = format!("{fraction:0<3}");
    let number = |text: &str| text.parse::<u32>().ok();
    Some((number(whole)?.min(1) * 1_000 + number(thousandths.get(..3)?)?).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    fn headers(accepts: &[&str], more: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for accept in accepts {
            headers.append(ACCEPT, HeaderValue::from_str(accept).expect("a header"));
        }
        for (name, value) in more {
            headers.insert(name.clone(), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_browser_that_opens_an_address_wants_a_page() {
        assert!(shows_a_page(&headers(&[BROWSER], &[])));
        assert!(shows_a_page(&headers(&["text/html", "Application/XHTML+XML, */*;q=0.1"], &[])));
        for accept in [BROWSER, "text/html", "TEXT/HTML; charset=utf-8", "text/*", "application/json;q=0.5, text/html"]
        {
            assert!(shows_a_page(&headers(&[accept], &[(SEC_FETCH_MODE, "navigate")])), "{accept}");
        }
    }

    #[test]
    fn a_program_never_notices() {
        for accept in [
            "*/*",
            "application/json",
            "application/json, text/plain, */*",
            "application/json, text/html",
            "text/html;q=0.5, */*",
            "text/html;q=0",
            "application/*, text/html;q=0.9",
            "application/json, application/xhtml+xml, text/html",
            "image/png",
            "",
            "nonsense",
            ";q=1",
        ] {
            assert!(!shows_a_page(&headers(&[accept], &[])), "{accept}");
            assert!(!shows_a_page(&headers(&[accept], &[(SEC_FETCH_MODE, "navigate")])), "{accept}");
        }
        assert!(!shows_a_page(&headers(&[], &[])));
    }

    #[test]
    fn to_like_pages_makes_no_browser() {
        for accept in
            ["text/html", "text/html, image/gif, image/jpeg, */*; q=0.2", "text/html;q=0.9, application/json;q=0.8"]
        {
            assert!(!shows_a_page(&headers(&[accept], &[])), "{accept}");
        }
        for mode in ["cors", "no-cors", "same-origin"] {
            assert!(!shows_a_page(&headers(&[BROWSER], &[(SEC_FETCH_MODE, mode)])), "{mode}");
        }
        assert!(!shows_a_page(&headers(&[BROWSER], &[(AUTHORIZATION, "Bearer x"), (SEC_FETCH_MODE, "navigate")])));
    }

    #[test]
    fn a_weight_has_three_digits_at_most_and_is_never_above_one() {
        for (parameter, expected) in
            [("q=1", Some(1_000)), ("q=0.8", Some(800)), ("q=0.123", Some(123)), ("q=7", Some(1_000)), ("q=", None)]
        {
            assert_eq!(weight(parameter), expected, "{parameter}");
        }
        for nonsense in ["q=x", "q=4294967295", "q=0.x", "q=-1", "q=0.é", "charset=utf-8"] {
            assert!(weight(nonsense).is_none_or(|weight| weight <= 1_000), "{nonsense}");
        }
    }
}
