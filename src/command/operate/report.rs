//! What a show has answered, in words for a shell. Pure.

use std::fmt::Write as _;

use serde_json::Value;

/// What became of a command that was not refused: one line.
pub(super) fn outcome(answer: &Value) -> String {
    let phase = text(&answer["phase"]);
    match answer["why"].as_str() {
        None => format!("done; phase {phase}, snapshot {}\n", answer["seq"]),
        Some(why) => format!("nothing changed: {why}; phase {phase}\n"),
    }
}

/// How it stands: a few lines.
pub(super) fn status(snapshot: &Value) -> String {
    let mut said = String::new();
    let mut line = |what: &str, words: String| {
        writeln!(said, "{what:9} {words}").expect("a string takes everything");
    };
    let round = &snapshot["round"];
    let is = |key: &str| round[key] == true;
    let mut phase = text(&snapshot["phase"]).to_owned();
    for (key, word) in [("paused", "paused"), ("secret", "secret"), ("hidden", "hidden")] {
        if is(key) {
            write!(phase, ", {word}").expect("a string takes everything");
        }
    }
    line("phase", phase);
    let question = &snapshot["question"];
    if question.is_null() {
        line("question", text(&snapshot["title"]).to_owned());
    } else {
        let (number, of) = (&question["number"], &question["of"]);
        line("question", format!("{number} of {of}: {}", text(&question["title"])));
    }
    if !round.is_null() {
        line("round", format!("{}, best of {}", round["number"], round["best_of"]));
        match (round["opens_in_ms"].as_u64(), round["left_ms"].as_u64()) {
            (Some(opens), _) => line("opens in", clock(opens)),
            (None, Some(left)) => line("left", clock(left)),
            (None, None) => line("left", "until it is locked".to_owned()),
        }
    }
    let teams = snapshot["teams"].as_array().map(Vec::as_slice).unwrap_or_default();
    for team in teams {
        let share = team["share"].as_f64().unwrap_or_default() * 100.0;
        line("votes", format!("{}: {} ({share:.1} %)", text(&team["name"]), team["votes"]));
    }
    if let Some(next) = snapshot["undo"]["next"].as_str() {
        line("undo", format!("takes back {next}, and {} in all", snapshot["undo"]["steps"]));
    }
    let redo = &snapshot["undo"]["redo"];
    if let Some(next) = redo["next"].as_str() {
        line("redo", format!("brings back {next}, and {} in all", redo["steps"]));
    }
    let sealed = snapshot["sealed"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !sealed.is_empty() {
        let rounds = sealed.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        line("sealed", format!("{rounds}; `hashtug operate reveal {}` shows one", sealed[0]));
    }
    if let Some(left) = snapshot["timer"]["left_ms"].as_u64() {
        let held = if snapshot["timer"]["paused"] == true { ", held" } else { "" };
        line("timer", format!("{} left{held}", clock(left)));
    }
    let dark = snapshot["blackout"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !dark.is_empty() {
        line("dark", dark.iter().map(text).collect::<Vec<_>>().join(", "));
    }
    said
}

/// Why a command was refused, or what is wrong with it.
pub(super) fn why(answer: &Value) -> String {
    let error = answer["error"].as_str().unwrap_or("it does not say why");
    error.to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `4:05`; a second that has begun is whole.
fn clock(ms: u64) -> String {
    let seconds = ms.div_ceil(1000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_one_line() {
        let done = json!({"seq": 7, "phase": "locked", "changed": true});
        assert_eq!(outcome(&done), "done; phase locked, snapshot 7\n");
        let dark = json!({"seq": 7, "phase": "open", "changed": false, "why": "that is dark"});
        assert_eq!(outcome(&dark), "nothing changed: that is dark; phase open\n");
    }

    #[test]
    fn how_it_stands_is_said_in_a_few_lines() {
        let snapshot = json!({
            "phase": "open", "title": "Vim or Emacs?",
            "question": {"number": 1, "of": 3, "title": "Vim or Emacs?"},
            "round": {"number": 2, "best_of": 3, "wins": [1, 0], "opens_in_ms": null,
                      "left_ms": 42_100, "paused": true, "secret": true, "hidden": false},
            "teams": [{"name": "Vim", "votes": 24, "share": 0.6},
                      {"name": "Emacs", "votes": 16, "share": 0.4}],
            "undo": {"steps": 3, "next": "start", "redo": {"steps": 1, "next": "add_time"}},
            "sealed": [1, 3],
            "timer": {"left_ms": 240_000, "length_ms": 300_000, "paused": false},
            "blackout": ["all"],
        });
        let expected = "\
phase     open, paused, secret
question  1 of 3: Vim or Emacs?
round     2, best of 3
left      0:43
votes     Vim: 24 (60.0 %)
votes     Emacs: 16 (40.0 %)
undo      takes back start, and 3 in all
redo      brings back add_time, and 1 in all
sealed    1, 3; `hashtug operate reveal 1` shows one
timer     4:00 left
dark      all
";
        assert_eq!(status(&snapshot), expected);
        let without_rounds = json!({"phase": "open", "title": "Tabs?", "question": null,
            "round": null, "teams": [], "undo": null, "timer": null, "blackout": []});
        assert_eq!(status(&without_rounds), "phase     open\nquestion  Tabs?\n");
    }
}
