//! One event a line, whatever is in it (requirement G1).
//!
//! Names, addresses and user agents come from strangers. A line break in one would let it write a line of its own, and a
//! terminal would obey an escape sequence; so every control character is escaped at the last moment, where no event can
//! pass by. That leaves no room for colours.

use std::borrow::Cow;
use std::fmt::Write as _;

use tessera_domain::is_control;

/// The event with every control character as JSON escapes it, but for the line break that ends it.
pub fn on_one_line(event: &str) -> Cow<'_, str> {
    let (body, end) = event.strip_suffix('\n').map_or((event, ""), |body| (body, "\n"));
    // Nearly every event is plain, and that is quickly seen.
    if body.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !body.chars().any(is_control) {
        return Cow::Borrowed(event);
    }
    let mut line = String::with_capacity(event.len() + 16);
    for c in body.chars() {
        if is_control(c) {
            let _infallible = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    line.push_str(end);
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        assert_eq!(on_one_line("INFO login ip=::1\n"), "INFO login ip=::1\n");
        assert_eq!(on_one_line("a\r\nERROR forged\n"), "a\\u000d\\u000aERROR forged\n");
        assert_eq!(on_one_line("\u{1b}[2J\u{2028}\u{85}é\n"), "\\u001b[2J\\u2028\\u0085é\n");
    }
}
