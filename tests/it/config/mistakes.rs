//! The mistakes in `fixtures/config/mistakes`, each with what is reported about it; the README there
//! says how they are written.

use std::fmt::Write;
use std::path::Path;

use hashtug::config::Config;

use super::{TEAMS, root};

/// As many as there were when they were counted last; none may get lost on the way.
const FEWEST: usize = 303;

#[test]
fn every_mistake_is_reported_as_its_file_says() {
    let mut wrong = String::new();
    let mut count = 0;
    for entry in root().join("fixtures/config/mistakes").read_dir().expect("a folder") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a file of text");
        let name = path.file_name().expect("a file").display();
        for case in cases(&text) {
            count += 1;
            let reported = case.reported();
            if reported != case.text {
                write!(wrong, "{name} has\n\n{}\n\nand it is\n\n{reported}\n\n", case.text)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= FEWEST, "only {count} mistakes were found");
}

/// A broken config, and the text in its file that says what is reported about it.
struct Case<'a> {
    text: &'a str,
    lines: Vec<&'a str>,
    is_alone: bool,
}

fn cases(text: &str) -> impl Iterator<Item = Case<'_>> {
    let mut starts: Vec<usize> = text.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    assert!(text.starts_with("## "), "a file begins with a case");
    starts.insert(0, 0);
    let ends: Vec<usize> = starts[1..].iter().copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| Case::new(text[start..end].trim_end()))
}

impl Case<'_> {
    fn new(text: &str) -> Case<'_> {
        let mut lines = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("  ") {
                Some(line) => lines.push(line),
                None if line.is_empty() => lines.push(""),
                None => assert!(line.starts_with('#'), "without a margin: {line}"),
            }
        }
        Case { text, lines, is_alone: text.lines().nth(1) == Some("# alone") }
    }

    /// The text as it should be.
    fn reported(&self) -> String {
        let mut config = self.lines.join("\n");
        config += if self.lines.is_empty() { "" } else { "\n" };
        config += if self.is_alone { "" } else { TEAMS };
        let report = match Config::parse(&config, Path::new("config.toml")) {
            Ok(_) => "config.toml:0:0: nothing is wrong".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(!report.contains("hunter2"), "a secret is shown: {report}");
        let mut problems: Vec<&str> = report.split("\n\n").collect();
        if problems.len() > 1 {
            let count = problems.pop().expect("a count ends a report of more than one");
            assert_eq!(count, format!("{} problems in config.toml", problems.len()));
        }
        // What is said of each line, and before the first.
        let mut said = vec![String::new(); self.lines.len() + 1];
        for problem in problems {
            let (line, words) = self.drawn(problem);
            said[line.min(self.lines.len())] += &words;
        }
        let mut text = self.text.lines().next().expect("a name").to_owned();
        if self.is_alone {
            text += "\n# alone";
        }
        text += &said[0];
        for (line, said) in self.lines.iter().zip(&said[1..]) {
            let margin = if line.is_empty() { "" } else { "  " };
            write!(text, "\n{margin}{line}{said}").unwrap();
        }
        text
    }

    /// The number of the line that a problem names, and the problem in comments below that line:
    /// with a caret that points up at it, or as it stands if what it shows is not the line.
    fn drawn(&self, problem: &str) -> (usize, String) {
        let (head, rest) = problem.split_once('\n').unwrap_or((problem, ""));
        let mut parts = head.strip_prefix("config.toml:").expect("a place").splitn(3, ':');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).expect("a number");
        let (line, column): (usize, usize) = (number(), number());
        let message = parts.next().expect("a message");
        let (excerpt, hint) = match rest.find("hint: ") {
            Some(start) => rest.split_at(start),
            None => (rest, ""),
        };
        let mut lines = Vec::new();
        if let [_, shown, caret] = excerpt.lines().collect::<Vec<_>>()[..]
            && let (Some((_, shown)), Some((_, caret))) =
                (shown.split_once(" | "), caret.split_once(" | "))
            && self.lines.get(line.wrapping_sub(1)) == Some(&shown)
            && caret.find('^') == Some(column - 1)
        {
            lines.push(format!("{caret}{message}"));
            lines.extend(hint.lines().map(str::to_owned));
        } else {
            lines.push(format!("{line}:{column}:{message}"));
            lines.extend(rest.lines().map(str::to_owned));
        }
        let comments = lines.iter().map(|line| format!("\n# {line}"));
        (line, comments.map(|line| line.trim_end().to_owned()).collect())
    }
}
