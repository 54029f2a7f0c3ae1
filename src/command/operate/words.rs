//! A command as it is typed in a shell, made into its public form. Pure.
//!
//! Arguments stand in their order, or as `key=value`. Which there are and what they may be is for
//! [`crate::order::Request::read`] to judge; here a word only gets its key and its type.

use serde_json::{Map, Value, json};

use crate::display_text;
use crate::hint::Hint;
use crate::keys::duration;
use crate::order::NAMES;

/// Characters of a word that are quoted.
const QUOTED: usize = 60;

/// A word too many.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{command}` has no place for `{word}`")]
pub(super) struct Stray {
    command: String,
    word: String,
}

impl Hint for Stray {
    fn hint(&self) -> Option<&'static str> {
        Some("`hashtug operate --help` has every command with its arguments")
    }
}

/// The object that says the same.
pub(super) fn object(
    command: &str,
    words: &[String],
    title: Option<&str>,
) -> Result<Map<String, Value>, Stray> {
    let mut object = Map::new();
    object.insert("command".to_owned(), json!(command));
    if let Some(title) = title {
        object.insert("title".to_owned(), json!(title));
    }
    // Nothing is known of its arguments; it is the command that is wrong.
    if !NAMES.contains(&command) {
        return Ok(object);
    }
    let mut in_order = Vec::new();
    for word in words {
        match word.split_once('=').filter(|(key, _)| is_key(key)) {
            Some((key, value)) => {
                object.insert(key.to_owned(), typed(key, value));
            }
            None => in_order.push(&**word),
        }
    }
    let stray = |word: &str| Stray {
        command: command.to_owned(),
        word: display_text::beginning(word, QUOTED),
    };
    if command == "arm" {
        arm(&mut object, &in_order);
        return Ok(object);
    }
    for word in in_order {
        let key = match (command, object.get("do").and_then(Value::as_str)) {
            // What follows depends on what is to be done.
            ("timer", Some("start")) => Some("length"),
            ("timer", Some("add")) => Some("seconds"),
            // Those that are named already are not expected again.
            _ => keys(command).iter().copied().find(|key| !object.contains_key(*key)),
        };
        let key = key.filter(|key| !object.contains_key(*key)).ok_or_else(|| stray(word))?;
        let value = match (command, key) {
            ("source", "paused") => held(word),
            _ => typed(key, word),
        };
        object.insert(key.to_owned(), value);
    }
    Ok(object)
}

/// A question's number; or its title, unless that is given, and its teams.
fn arm(object: &mut Map<String, Value>, words: &[&str]) {
    let mut words = words;
    if let [number] = words
        && !object.contains_key("title")
    {
        object.insert("question".to_owned(), typed("question", number));
        return;
    }
    if let [title, rest @ ..] = words
        && !object.contains_key("title")
    {
        object.insert("title".to_owned(), json!(title));
        words = rest;
    }
    if !words.is_empty() {
        object.insert("teams".to_owned(), json!(words));
    }
}

/// The keys of a command's arguments, in their order.
fn keys(command: &str) -> &'static [&'static str] {
    match command {
        "start" => &["length"],
        "add_time" => &["seconds"],
        "reveal" => &["number"],
        "secret" => &["secret"],
        "source" => &["name", "paused"],
        "devices" => &["new"],
        "discard" => &["since"],
        "blackout" | "light" => &["what"],
        "scene" => &["scene"],
        "approve" | "reject" => &["id"],
        "timer" => &["do"],
        _ => &[],
    }
}

/// Whether that is the key of an argument, so that what stands before a `=` in a title is none.
fn is_key(key: &str) -> bool {
    const KEYS: &str = "question title teams length seconds number secret name paused new since what \
        scene id do from soft";
    KEYS.split(' ').any(|known| known == key)
}

/// A word as the type that its key has. What does not fit stays a text, and is refused by its name.
fn typed(key: &str, word: &str) -> Value {
    match key {
        "question" | "number" => word.parse::<u64>().map_or_else(|_| json!(word), Value::from),
        "seconds" => seconds(word).unwrap_or_else(|| json!(word)),
        "secret" | "new" | "paused" | "soft" => match word {
            "on" | "true" | "yes" => json!(true),
            "off" | "false" | "no" => json!(false),
            _ => json!(word),
        },
        "teams" => word.split(',').map(str::trim).collect(),
        _ => json!(word),
    }
}

/// Seconds: a number, or a length of time with a sign or without.
fn seconds(word: &str) -> Option<Value> {
    if let Ok(whole) = word.parse::<i64>() {
        return Some(json!(whole));
    }
    if let Ok(number) = word.parse::<f64>() {
        return number.is_finite().then(|| json!(number));
    }
    let (sign, length) = match word.strip_prefix('-') {
        Some(length) => (-1.0, length),
        None => (1.0, word.strip_prefix('+').unwrap_or(word)),
    };
    duration(length).ok().map(|length| json!(sign * length.as_secs_f64()))
}

/// Whether a source is held that is to be like this.
fn held(word: &str) -> Value {
    match word {
        "off" | "pause" | "paused" | "hold" => json!(true),
        "on" | "resume" => json!(false),
        _ => json!(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Command, Request};

    fn read(typed: &str) -> Result<Map<String, Value>, Stray> {
        let mut words = typed.split(' ').map(str::to_owned);
        let command = words.next().unwrap();
        object(&command, &words.collect::<Vec<_>>(), None)
    }

    #[track_caller]
    fn check(typed: &str, expected: &Value) {
        let object = Value::Object(read(typed).unwrap());
        assert_eq!(object, *expected, "{typed}");
        let read = Request::read(&object.to_string());
        assert!(read.is_ok(), "{typed}: {read:?}");
    }

    #[test]
    fn words_become_the_arguments_of_each_command() {
        check("lock", &json!({"command": "lock"}));
        check("arm", &json!({"command": "arm"}));
        check("arm 2", &json!({"command": "arm", "question": 2}));
        let pets = json!({"command": "arm", "title": "Pets?", "teams": ["Cats", "Dogs"]});
        check("arm Pets? Cats Dogs", &pets);
        check("arm title=Pets? teams=Cats,Dogs", &pets);
        check("arm title=Pets? Cats Dogs", &pets);
        check("start", &json!({"command": "start"}));
        check("start 90s", &json!({"command": "start", "length": "90s"}));
        check("start open", &json!({"command": "start", "length": "open"}));
        check("add_time 30", &json!({"command": "add_time", "seconds": 30}));
        check("add_time -10", &json!({"command": "add_time", "seconds": -10}));
        check("add_time -1m30s", &json!({"command": "add_time", "seconds": -90.0}));
        check("add_time 0.5", &json!({"command": "add_time", "seconds": 0.5}));
        check("reveal 2", &json!({"command": "reveal", "number": 2}));
        check("secret on", &json!({"command": "secret", "secret": true}));
        check("source hall off", &json!({"command": "source", "name": "hall", "paused": true}));
        check("source hall on", &json!({"command": "source", "name": "hall", "paused": false}));
        check(
            "source name=hall paused=true",
            &json!({"command": "source", "name": "hall", "paused": true}),
        );
        check(
            "source paused=no hall",
            &json!({"command": "source", "name": "hall", "paused": false}),
        );
        check("devices off", &json!({"command": "devices", "new": false}));
        check("discard 5m", &json!({"command": "discard", "since": "5m"}));
        check("blackout", &json!({"command": "blackout"}));
        check("light strips", &json!({"command": "light", "what": "strips"}));
        check("scene join", &json!({"command": "scene", "scene": "join"}));
        check("approve p1", &json!({"command": "approve", "id": "p1"}));
        check("timer start 5m", &json!({"command": "timer", "do": "start", "length": "5m"}));
        check("timer add -60", &json!({"command": "timer", "do": "add", "seconds": -60}));
        check(
            "timer do=add seconds=1m",
            &json!({"command": "timer", "do": "add", "seconds": 60.0}),
        );
        check("timer do=start 5m", &json!({"command": "timer", "do": "start", "length": "5m"}));
        check("timer stop", &json!({"command": "timer", "do": "stop"}));
        check(
            "next from=open soft=true",
            &json!({"command": "next", "from": "open", "soft": true}),
        );
    }

    #[test]
    fn a_title_may_hold_what_a_key_ends_with() {
        let read = Value::Object(read("arm a=b? Yes No").unwrap());
        assert_eq!(read, json!({"command": "arm", "title": "a=b?", "teams": ["Yes", "No"]}));
        let words = ["Yes", "No"].map(str::to_owned);
        let read = Value::Object(object("arm", &words, Some("Sure?")).unwrap());
        assert_eq!(read, json!({"command": "arm", "title": "Sure?", "teams": ["Yes", "No"]}));
    }

    #[test]
    fn a_word_too_many_is_named() {
        for (typed, word) in [
            ("lock now", "now"),
            ("start 90s 10s", "10s"),
            ("timer stop 5m", "5m"),
            ("timer start 5m 6m", "6m"),
            ("source hall off on", "on"),
        ] {
            let stray = read(typed).unwrap_err();
            assert_eq!(stray.word, word, "{typed}");
        }
    }

    #[test]
    fn every_command_has_its_arguments_in_the_help() {
        for name in NAMES {
            let line = format!(" {name}");
            assert!(crate::cli::COMMANDS.contains(&line), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_for_the_command_to_refuse() {
        for (typed, expected) in [
            ("arm two", "`question` must be a whole number from 1"),
            ("add_time soon", "`seconds` must be a number"),
            ("secret maybe", "`secret` must be true or false"),
            ("lokc now", "did you mean `lock`?"),
            ("timer", "`timer` needs `do`"),
        ] {
            let object = Value::Object(read(typed).unwrap());
            let mistake = Request::read(&object.to_string()).unwrap_err().to_string();
            assert!(mistake.contains(expected), "{typed}: {mistake}");
        }
        assert_eq!(Request::read(r#"{"command":"lock"}"#).unwrap().command, Command::Lock);
    }
}
