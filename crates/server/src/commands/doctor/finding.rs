//! What was found, and how it is told.

use std::fmt::Write as _;

use serde_json::json;

/// How good or bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// It works, and will not always.
    Warning,
    /// It does not work, or it is not safe.
    Problem,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub subject: &'static str,
    pub verdict: Verdict,
    pub text: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Finding {
    pub fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Ok, text: text.into(), advice: None }
    }

    pub fn note(subject: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Note, ..Self::ok(subject, text) }
    }

    pub fn warning(subject: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, ..Self::ok(subject, text) }
    }

    pub fn problem(subject: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Problem, ..Self::ok(subject, text) }
    }

    /// With what to do about it.
    pub fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

/// Everything that was found.
pub struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn has_problem(&self) -> bool {
        self.worst() == Verdict::Problem
    }

    fn worst(&self) -> Verdict {
        self.0.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok)
    }

    /// A line for each, what to do below it, and how many there are of each kind.
    pub fn table(&self) -> String {
        let width = self.0.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
        let mut text = String::new();
        for Finding { subject, verdict, text: found, advice } in &self.0 {
            let _infallible = writeln!(text, "{:7}  {subject:width$}  {found}", verdict.name());
            if let Some(advice) = advice {
                let _infallible = writeln!(text, "{:7}  {:width$}  -> {advice}", "", "");
            }
        }
        let count = |verdict| self.0.iter().filter(|finding| finding.verdict == verdict).count();
        let (problems, warnings) = (count(Verdict::Problem), count(Verdict::Warning));
        let plural = |count| if count == 1 { "" } else { "s" };
        let _infallible =
            write!(text, "\n{problems} problem{}, {warnings} warning{}", plural(problems), plural(warnings));
        text
    }

    pub fn json(&self) -> serde_json::Result<String> {
        let findings = self.0.iter().map(|Finding { subject, verdict, text, advice }| {
            json!({"subject": subject, "verdict": verdict.name(), "text": text, "advice": advice})
        });
        let all = json!({"verdict": self.worst().name(), "findings": findings.collect::<Vec<_>>()});
        serde_json::to_string_pretty(&all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Findings {
        let full = Finding::problem("disk", "is full").advise("buy another");
        Findings(vec![Finding::ok("database", "answers"), full])
    }

    #[test]
    fn the_table_lines_up() {
        let expected = "ok       database  answers\n\
                        problem  disk      is full\n\
                        \x20                  -> buy another\n\
                        \n\
                        1 problem, 0 warnings";
        assert_eq!(two().table(), expected);
    }

    #[test]
    fn machines_are_told_the_same() {
        let told: serde_json::Value = serde_json::from_str(&two().json().expect("text")).expect("JSON");
        assert_eq!(told["verdict"], "problem");
        let disk = json!({"subject": "disk", "verdict": "problem", "text": "is full", "advice": "buy another"});
        assert_eq!((&told["findings"][1], &told["findings"][0]["advice"]), (&disk, &json!(null)));
        assert!(two().has_problem() && !Findings(vec![Finding::warning("x", "y")]).has_problem());
    }
}
