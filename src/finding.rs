//! What `hashtug doctor` finds when it tries the parts of a show, in words for people.
//!
//! A part that can be tried has a function that returns findings; nothing here tries anything.

use std::fmt::Write;

use crate::display_text;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It works.
    Ok,
    /// Nobody has tried it: that would be more than looking.
    Untried,
    /// The show runs, and something may be missing in it.
    Warn,
    /// This part of the show does not work.
    Fail,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was tried, in a word or two.
    pub what: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found.
    pub said: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A part of the show, and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Such as "source `bluesky`".
    pub name: String,
    /// In the order in which things were tried.
    pub findings: Vec<Finding>,
}

impl Finding {
    /// Something works.
    #[must_use]
    pub fn ok(what: &'static str, said: impl Into<String>) -> Finding {
        Finding { what, verdict: Verdict::Ok, said: said.into(), hint: None }
    }

    /// Something was not tried; `hint` is how to try it.
    #[must_use]
    pub fn untried(what: &'static str, said: impl Into<String>, hint: &str) -> Finding {
        Finding { what, verdict: Verdict::Untried, said: said.into(), hint: Some(hint.to_owned()) }
    }

    /// Something may be missing.
    #[must_use]
    pub fn warn(what: &'static str, said: impl Into<String>, hint: &str) -> Finding {
        Finding { what, verdict: Verdict::Warn, said: said.into(), hint: Some(hint.to_owned()) }
    }

    /// Something does not work.
    #[must_use]
    pub fn fail(what: &'static str, said: impl Into<String>, hint: Option<&str>) -> Finding {
        let hint = hint.map(str::to_owned);
        Finding { what, verdict: Verdict::Fail, said: said.into(), hint }
    }
}

/// How many findings say that something does not work.
#[must_use]
pub fn failures(parts: &[Part]) -> usize {
    let findings = parts.iter().flat_map(|part| &part.findings);
    findings.filter(|finding| finding.verdict == Verdict::Fail).count()
}

/// All findings as lines of text.
///
/// # Panics
/// Never: a string takes everything.
#[must_use]
pub fn table(parts: &[Part]) -> String {
    let findings = parts.iter().flat_map(|part| &part.findings);
    let width = findings.map(|finding| finding.what.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Part { name, findings } in parts {
        writeln!(text, "{name}").expect("a string takes everything");
        for Finding { what, verdict, said, hint } in findings {
            let word = match verdict {
                Verdict::Ok => "ok",
                Verdict::Untried => "skip",
                Verdict::Warn => "WARN",
                Verdict::Fail => "FAIL",
            };
            let said = display_text::escaped(said);
            writeln!(text, "  {word:4}  {what:width$}  {said}").expect("a string takes everything");
            if let Some(hint) = hint {
                writeln!(text, "        hint: {hint}").expect("a string takes everything");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_to_mend() {
        let parts = [
            Part {
                name: "source `a`".to_owned(),
                findings: vec![
                    Finding::ok("name", "`a.example` has 2 addresses"),
                    Finding::warn("clock", "it is 5 s behind", "set it"),
                    Finding::untried("light", "nothing was sent", "send some"),
                ],
            },
            Part { name: "pages".to_owned(), findings: vec![Finding::fail("port", "taken", None)] },
        ];
        assert_eq!(failures(&parts), 1);
        insta::assert_snapshot!(table(&parts), @r"
        source `a`
          ok    name   `a.example` has 2 addresses
          WARN  clock  it is 5 s behind
                hint: set it
          skip  light  nothing was sent
                hint: send some
        pages
          FAIL  port   taken
        ");
    }
}
