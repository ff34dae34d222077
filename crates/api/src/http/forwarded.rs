//! Reading what proxies say about whom they ask for: `Forwarded` (RFC 7239) and `X-Forwarded-For`.
//!
//! Whether any of it is believed is not decided here. A hop that cannot be read is `None`: it is known that there was one.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The addresses that a request is said to have come through, the farthest first.
pub type Hops = Vec<Option<IpAddr>>;

/// The hops by `Forwarded`, if there is such a header.
pub fn by_forwarded(headers: &HeaderMap) -> Option<Hops> {
    hops(headers, &FORWARDED, elements)
}

/// The hops by `X-Forwarded-For`, if there is such a header.
pub fn by_x_forwarded_for(headers: &HeaderMap) -> Option<Hops> {
    hops(headers, &X_FORWARDED_FOR, |line| {
        line.split(',').map(str::trim).filter(|hop| !hop.is_empty()).map(node).collect()
    })
}

/// Several lines of one name are one list (RFC 9110, section 5.3).
fn hops(headers: &HeaderMap, name: &HeaderName, read: fn(&str) -> Hops) -> Option<Hops> {
    let lines = headers.get_all(name).map(HeaderValue::to_str);
    let hops = lines.map(|line| line.map_or_else(|_| vec![None], read)).reduce(|list, line| [list, line].concat());
    hops.filter(|hops| !hops.is_empty())
}

/// The elements of one line of `Forwarded`. Where a quote is left open nobody can say where the line's elements begin: all
/// of it is one that cannot be read.
fn elements(line: &str) -> Hops {
    match split_unquoted(line, ',') {
        Some(elements) => elements.into_iter().filter(|element| !element.is_empty()).map(element).collect(),
        None => vec![None],
    }
}

/// The one `for` of an element.
fn element(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split_unquoted(element, ';')?.into_iter().filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("for") {
            continue;
        }
        if found.replace(node(unquoted(value.trim())?)?).is_some() {
            return None;
        }
    }
    found
}

/// The parts between separators that are not within quotes, without the blanks around them. `None` if a quote is left open.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts: Vec<_> = text
        .split(|c: char| {
            let splits = c == separator && !is_quoted;
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                _ => {}
            }
            splits
        })
        .map(str::trim)
        .collect();
    (!is_quoted).then_some(parts)
}

/// A value without its quotes. An address has nothing in it that would have to be escaped.
fn unquoted(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'))?;
    (!inner.contains(['"', '\\'])).then_some(inner)
}

/// An address, with a port or without. `unknown` and made-up names (RFC 7239, section 6.3) are none.
fn node(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let plain = bracketed.unwrap_or(text).parse().ok();
    plain.or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip())).map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &str, lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = HeaderName::try_from(name).expect("a name");
            headers.append(name, HeaderValue::from_bytes(line).expect("a value"));
        }
        headers
    }

    /// The hops, in text.
    fn shown(hops: Option<Hops>) -> Option<String> {
        let shown = |hop: Option<IpAddr>| hop.map_or("?".to_owned(), |ip| ip.to_string());
        hops.map(|hops| hops.into_iter().map(shown).collect::<Vec<_>>().join(" "))
    }

    fn forwarded(line: &str) -> String {
        shown(by_forwarded(&headers("forwarded", &[line.as_bytes()]))).unwrap_or_default()
    }

    fn x_forwarded_for(line: &str) -> String {
        shown(by_x_forwarded_for(&headers("x-forwarded-for", &[line.as_bytes()]))).unwrap_or_default()
    }

    #[test]
    fn a_node_is_an_address_in_any_of_its_spellings() {
        for (line, hops) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("2001:DB8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("a, 192.0.2.1 ,, 192.0.2.2,", "? 192.0.2.1 192.0.2.2"),
            ("192.0.2", "?"),
            ("192.0.2.1.", "?"),
            ("192.0.2.1:99999", "?"),
            ("[192.0.2.1", "?"),
            ("unknown", "?"),
            ("' OR 1=1", "?"),
            (",", ""),
        ] {
            assert_eq!(x_forwarded_for(line), hops, "{line}");
        }
    }

    #[test]
    fn an_element_has_one_node_among_its_pairs() {
        for (line, hops) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("For=\"192.0.2.1:80\";proto=http;by=203.0.113.1", "192.0.2.1"),
            ("proto=https; for=\"[2001:db8::1]:4711\" , for=192.0.2.2", "2001:db8::1 192.0.2.2"),
            ("by=\"a,b;c\\\"d\";for=192.0.2.1", "192.0.2.1"),
            ("for=_hidden, for=unknown, for=192.0.2.1", "? ? 192.0.2.1"),
            ("for=192.0.2.1;for=192.0.2.2", "?"),
            ("proto=http", "?"),
            ("192.0.2.1", "?"),
            ("for=\"192.0.2.1\"x", "?"),
            ("for=\"192.0.2.\\1\"", "?"),
            ("for=", "?"),
        ] {
            assert_eq!(forwarded(line), hops, "{line}");
        }
    }

    /// A client that leaves a quote open, for the proxy behind it to close, hides both elements and chooses none.
    #[test]
    fn an_open_quote_swallows_nothing_and_injects_nothing() {
        for forged in ["for=6.6.6.6, for=\"", "for=6.6.6.6;x=\"", "x=\"\\", "for=6.6.6.6, x=\"a\\\\"] {
            for appended in ["for=192.0.2.1", "for=\"[2001:db8::1]\"", "for=\"192.0.2.1:80\";by=\"[::1]\""] {
                assert_eq!(forwarded(&format!("{forged}, {appended}")), "?", "{forged}");
            }
        }
    }

    #[test]
    fn several_lines_are_one_list_and_what_is_no_text_is_a_hop() {
        let lines: [&[u8]; 3] = [b"192.0.2.1, 192.0.2.2", b"\xff", b"192.0.2.3"];
        let hops = by_x_forwarded_for(&headers("x-forwarded-for", &lines));
        assert_eq!(shown(hops).as_deref(), Some("192.0.2.1 192.0.2.2 ? 192.0.2.3"));
        assert_eq!(by_x_forwarded_for(&HeaderMap::new()), None);
        let open: [&[u8]; 2] = [b"for=\"", b"for=192.0.2.3"];
        assert_eq!(shown(by_forwarded(&headers("forwarded", &open))).as_deref(), Some("? 192.0.2.3"));
    }
}
