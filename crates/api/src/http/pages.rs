//! Whether who asks is a browser that shows a page to somebody, or a program.

use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};

/// Whether a page is liked better than JSON (RFC 9110, section 12.5.1). A program that takes anything, or says nothing, is
/// a program.
pub(super) fn prefers_pages(headers: &HeaderMap) -> bool {
    // Programs do not pay for it: few of them name texts at all.
    let names_texts = |value: &HeaderValue| value.as_bytes().windows(5).any(|part| part.eq_ignore_ascii_case(b"text/"));
    if !headers.get_all(ACCEPT).any(names_texts) {
        return false;
    }
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

    fn prefers(accepts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for accept in accepts {
            headers.append(ACCEPT, HeaderValue::from_str(accept).expect("a header"));
        }
        prefers_pages(&headers)
    }

    #[test]
    fn a_browser_that_opens_an_address_wants_a_page() {
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            "text/html",
            "TEXT/HTML; charset=utf-8",
            "text/*",
            "text/html;q=0.9, application/json;q=0.8",
            "application/json;q=0.5, text/html",
        ] {
            assert!(prefers(&[accept]), "{accept}");
        }
        assert!(prefers(&["text/html", "*/*;q=0.1"]));
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
            "image/png",
            "",
            "nonsense",
            ";q=1",
        ] {
            assert!(!prefers(&[accept]), "{accept}");
        }
        assert!(!prefers(&[]));
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
