//! What a client says it is. It decides nothing: it is kept for the owner of an account, who recognises a device by it.

use std::fmt;

use crate::text::is_control;

/// More than this of what a client says about itself is not kept.
const LONGEST: usize = 200;

/// The longest name of a program that is shown as it is.
const LONGEST_PROGRAM: usize = 40;

/// What a client calls itself (RFC 9110, section 10.1.5): at most 200 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserAgent(String);

/// Browsers by their marks, those first that also show the marks of others.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems by their marks, those first that also show the marks of others.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

impl UserAgent {
    /// What is kept of what a client said.
    pub fn of(said: &str) -> Self {
        Self(said.chars().filter(|c| !is_control(*c)).take(LONGEST).collect())
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short name for people, such as `Firefox on Windows`: of a browser and its system, or of the program that comes
    /// first. `None` if it says nothing.
    pub fn device(&self) -> Option<String> {
        if !self.0.starts_with("Mozilla/") {
            return self.program();
        }
        match (first(&BROWSERS, &self.0), first(&SYSTEMS, &self.0)) {
            (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
            (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
            (None, None) => self.program(),
        }
    }

    /// The name of the first product, without its version.
    fn program(&self) -> Option<String> {
        let name = self.0.split(['/', '(', ';']).next().unwrap_or_default().trim();
        (!name.is_empty()).then(|| name.chars().take(LONGEST_PROGRAM).collect())
    }
}

fn first(names: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    names.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name)
}

impl From<&str> for UserAgent {
    fn from(said: &str) -> Self {
        Self::of(said)
    }
}

impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_calls_itself_is_cut_and_cleaned() {
        assert_eq!(UserAgent::of(&"é".repeat(500)).as_str().chars().count(), LONGEST);
        assert_eq!(UserAgent::of("curl/8\t\u{202e}x\0").as_str(), "curl/8x");
    }

    #[test]
    fn a_browser_is_named_with_its_system() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (said, device) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
            (&format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} Chrome/140.0 Safari/537.36"), "Chrome on Linux"),
            (&format!("Mozilla/5.0 (X11; CrOS x86_64) {webkit} Chrome/140.0 Safari/537.36"), "Chrome on ChromeOS"),
            (
                &format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/140.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                &format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/140.0 Safari/537.36 Edg/140.0"),
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1",
                "Safari on macOS",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
            ("Mozilla/5.0 (compatible; Android)", "Android"),
        ] {
            assert_eq!(UserAgent::of(said).device().as_deref(), Some(device), "{said}");
        }
    }

    #[test]
    fn a_program_goes_by_its_first_name() {
        for (said, device) in [
            ("curl/8.5.0", Some("curl")),
            ("python-requests/2.32 Linux", Some("python-requests")),
            ("My App (iOS; 18.0)", Some("My App")),
            ("Mozilla/5.0", Some("Mozilla")),
            ("/1.0", None),
            (" ", None),
            ("", None),
        ] {
            assert_eq!(UserAgent::of(said).device().as_deref(), device, "{said}");
        }
        assert_eq!(UserAgent::of(&"x".repeat(300)).device().map(|name| name.len()), Some(LONGEST_PROGRAM));
    }
}
