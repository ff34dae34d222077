//! A mail that was received, and what is in it.

/// A mail, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Who logged in, with which password.
    pub login: Option<(String, String)>,
    /// The message: headers and body, without the transparency of SMTP, lines ended by `\n`.
    pub message: String,
}

impl Received {
    /// The value of a header of the message, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.message, name)
    }

    /// The plain text.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The HTML.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// The token in the link of the plain text.
    pub fn token(&self) -> Option<String> {
        let text = self.text();
        let (_, token) = text.split_once("?token=")?;
        token.split_whitespace().next().map(str::to_owned)
    }

    /// The part of this type, decoded.
    fn part(&self, content_type: &str) -> String {
        let boundary = self.header("Content-Type").unwrap_or_default();
        let boundary = boundary.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let separator = format!("\n--{}", boundary.expect("parts"));
        let is_it = |part: &&str| header(part, "Content-Type").is_some_and(|value| value.starts_with(content_type));
        let part = self.message.split(&separator).map(|part| part.trim_start_matches('\n')).find(is_it);
        let part = part.expect("a part of this type");
        let (_, body) = part.split_once("\n\n").expect("a body");
        match header(part, "Content-Transfer-Encoding").as_deref() {
            Some("quoted-printable") => decode_quoted_printable(body),
            _ => body.to_owned(),
        }
    }
}

fn header(entity: &str, name: &str) -> Option<String> {
    let (head, _) = entity.split_once("\n\n")?;
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let value_of = |line: &str| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then(|| value.to_owned())
    };
    unfolded.lines().find_map(value_of)
}

/// RFC 2045, section 6.7.
fn decode_quoted_printable(text: &str) -> String {
    let mut pieces = text.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        if let Some(rest) = piece.strip_prefix('\n') {
            bytes.extend(rest.as_bytes());
        } else {
            let (digits, rest) = piece.split_at(2);
            bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
            bytes.extend(rest.as_bytes());
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
