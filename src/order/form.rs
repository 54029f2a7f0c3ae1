//! The public form of commands: JSON objects, as `{"command":"add_time","seconds":30}`.
//!
//! One table says what there is and which arguments each takes; reading, writing and what is said of
//! mistakes go by it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::display_text;
use crate::keys::duration;
use crate::keys::log::nearest;
use crate::picture::{Dark, Scene};
use crate::round::{LENGTHS, Length};
use crate::snapshot::Phase;
use crate::timer;

use super::arguments::{Arguments, Mistake, kind, list, readable, wrong};
use super::{Arm, Command, MADE_UP_TEAMS, Request, TimerOrder};

/// Every command, with the arguments that it takes.
const COMMANDS: [(&str, &[&str]); 23] = [
    ("arm", &["question", "title", "teams"]),
    ("start", &["length"]),
    ("pause", &[]),
    ("resume", &[]),
    ("add_time", &["seconds"]),
    ("lock", &[]),
    ("reveal", &["number"]),
    ("reset", &[]),
    ("next", &[]),
    ("undo", &[]),
    ("redo", &[]),
    ("secret", &["secret"]),
    ("source", &["name", "paused"]),
    ("devices", &["new"]),
    ("discard", &["since"]),
    ("blackout", &["what"]),
    ("light", &["what"]),
    ("scene", &["scene"]),
    ("approve", &["id"]),
    ("reject", &["id"]),
    ("wall_off", &[]),
    ("wall_on", &[]),
    ("timer", &["do", "length", "seconds"]),
];

/// The names of all commands.
pub const NAMES: [&str; COMMANDS.len()] = {
    let mut names = [""; COMMANDS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = COMMANDS[index].0;
        index += 1;
    }
    names
};

/// What is quoted of a mistake, at most, in characters.
const QUOTED: usize = 60;

/// The most by which one command moves a bell or a timer.
const MOST_SECONDS: f64 = 86_400.0;

impl Request {
    /// Reads a request as it comes over HTTP: a command, its arguments, `from` and `soft`.
    ///
    /// # Errors
    /// Says what is wrong, with the nearest name where one is unknown.
    pub fn read(text: &str) -> Result<Request, Mistake> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Mistake(format!("this is no JSON: {error}")))?;
        let Value::Object(object) = value else {
            return Err(Mistake(format!(
                "a command is an object, as in {{\"command\":\"next\"}}, not {}",
                kind(&value)
            )));
        };
        let arguments = Arguments(&object);
        let command = Command::from_object(&object)?;
        let known = arguments_of(command.name());
        let unknown = object.keys().find(|&key| {
            !["command", "from", "soft"].contains(&&**key) && !known.contains(&&**key)
        });
        if let Some(key) = unknown {
            let takes = match known {
                [] => "takes no arguments".to_owned(),
                known => format!("takes {}", list(known)),
            };
            let quoted = display_text::beginning(key, QUOTED);
            let name = command.name();
            return Err(Mistake(format!("`{name}` knows no `{quoted}`: it {takes}")));
        }
        Request::with(command, &arguments)
    }

    /// Reads a request out of an object, whose other keys are somebody else's.
    ///
    /// # Errors
    /// As [`Command::from_object`].
    pub fn from_object(object: &Map<String, Value>) -> Result<Request, Mistake> {
        Request::with(Command::from_object(object)?, &Arguments(object))
    }

    /// A command under the condition that stands beside it.
    fn with(command: Command, arguments: &Arguments<'_>) -> Result<Request, Mistake> {
        let from = arguments.text("from")?.map(|name| {
            Phase::from_name(name).ok_or_else(|| {
                let names = Phase::ALL.map(Phase::name);
                Mistake(format!("`from` is a phase: {}", list(&names)))
            })
        });
        let soft = arguments.truth("soft")?.unwrap_or(false);
        Ok(Request { command, from: from.transpose()?, soft })
    }
}

impl Command {
    /// As it is typed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Command::Arm(_) => "arm",
            Command::Start(_) => "start",
            Command::Pause => "pause",
            Command::Resume => "resume",
            Command::AddTime(_) => "add_time",
            Command::Lock => "lock",
            Command::Reveal(_) => "reveal",
            Command::Reset => "reset",
            Command::Next => "next",
            Command::Undo => "undo",
            Command::Redo => "redo",
            Command::Secret(_) => "secret",
            Command::Source { .. } => "source",
            Command::Devices(_) => "devices",
            Command::Discard(_) => "discard",
            Command::Blackout(_) => "blackout",
            Command::Light(_) => "light",
            Command::Scene(_) => "scene",
            Command::Approve(_) => "approve",
            Command::Reject(_) => "reject",
            Command::WallOff => "wall_off",
            Command::WallOn => "wall_on",
            Command::Timer(_) => "timer",
        }
    }

    /// Reads a command out of an object, whose other keys are somebody else's.
    ///
    /// # Errors
    /// Says what is wrong, with the nearest name where one is unknown.
    pub fn from_object(object: &Map<String, Value>) -> Result<Command, Mistake> {
        let arguments = Arguments(object);
        let name = arguments.needed("command", arguments.text("command")?)?;
        Ok(match name {
            "arm" => Command::Arm(arm(&arguments)?),
            "start" => Command::Start(round_length(&arguments)?),
            "pause" => Command::Pause,
            "resume" => Command::Resume,
            "add_time" => Command::AddTime(seconds(&arguments)?),
            "lock" => Command::Lock,
            "reveal" => Command::Reveal(arguments.number("number")?),
            "reset" => Command::Reset,
            "next" => Command::Next,
            "undo" => Command::Undo,
            "redo" => Command::Redo,
            "secret" => Command::Secret(arguments.needed("secret", arguments.truth("secret")?)?),
            "source" => Command::Source {
                name: arguments.needed_text("name")?,
                paused: arguments.needed("paused", arguments.truth("paused")?)?,
            },
            "devices" => Command::Devices(arguments.needed("new", arguments.truth("new")?)?),
            "discard" => Command::Discard(length(&arguments, "since")?),
            "blackout" => Command::Blackout(dark(&arguments)?),
            "light" => Command::Light(dark(&arguments)?),
            "scene" => {
                let given = arguments.needed_text("scene")?;
                let scene = Scene::ALL.into_iter().find(|scene| scene.name() == given);
                Command::Scene(scene.ok_or_else(|| {
                    Mistake(format!("`scene` is one of {}", list(&Scene::ALL.map(Scene::name))))
                })?)
            }
            "approve" => Command::Approve(arguments.needed_text("id")?),
            "reject" => Command::Reject(arguments.needed_text("id")?),
            "wall_off" => Command::WallOff,
            "wall_on" => Command::WallOn,
            "timer" => Command::Timer(timer_order(&arguments)?),
            unknown => return Err(unknown_command(unknown)),
        })
    }

    /// As an object, with its arguments: what [`Command::from_object`] reads.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("command".to_owned(), json!(self.name()));
        let mut argument = |key: &str, value: Value| {
            object.insert(key.to_owned(), value);
        };
        match self {
            Command::Arm(Arm::Question(number)) => argument("question", json!(number)),
            Command::Arm(Arm::MadeUp { title, teams }) => {
                argument("title", json!(title));
                argument("teams", json!(teams));
            }
            Command::Start(Some(Length::Open)) => argument("length", json!("open")),
            Command::Start(Some(Length::After(length))) => {
                argument("length", json!(format!("{}ms", length.as_millis())));
            }
            Command::AddTime(ms) => argument("seconds", in_seconds(*ms)),
            Command::Reveal(Some(number)) => argument("number", json!(number)),
            Command::Secret(secret) => argument("secret", json!(secret)),
            Command::Source { name, paused } => {
                argument("name", json!(name));
                argument("paused", json!(paused));
            }
            Command::Devices(new) => argument("new", json!(new)),
            Command::Discard(since) => {
                argument("since", json!(format!("{}ms", since.as_millis())));
            }
            Command::Blackout(what) | Command::Light(what) => argument("what", json!(what.name())),
            Command::Scene(scene) => argument("scene", json!(scene.name())),
            Command::Approve(id) | Command::Reject(id) => argument("id", json!(id)),
            Command::Timer(order) => match order {
                TimerOrder::Start(length) => {
                    argument("do", json!("start"));
                    argument("length", json!(format!("{}ms", length.as_millis())));
                }
                TimerOrder::Add(ms) => {
                    argument("do", json!("add"));
                    argument("seconds", in_seconds(*ms));
                }
                TimerOrder::Pause => argument("do", json!("pause")),
                TimerOrder::Resume => argument("do", json!("resume")),
                TimerOrder::Toggle => argument("do", json!("toggle")),
                TimerOrder::Stop => argument("do", json!("stop")),
            },
            Command::Arm(Arm::Next)
            | Command::Start(None)
            | Command::Pause
            | Command::Resume
            | Command::Lock
            | Command::Reveal(None)
            | Command::Reset
            | Command::Next
            | Command::Undo
            | Command::Redo
            | Command::WallOff
            | Command::WallOn => {}
        }
        object
    }
}

fn arguments_of(command: &str) -> &'static [&'static str] {
    let found = COMMANDS.iter().find(|(name, _)| *name == command);
    found.map_or(&[], |(_, arguments)| arguments)
}

fn unknown_command(given: &str) -> Mistake {
    let quoted = display_text::beginning(given, QUOTED);
    Mistake(match nearest(given, NAMES.into_iter().map(|name| (name, name))) {
        Some(nearest) => format!("there is no command `{quoted}`; did you mean `{nearest}`?"),
        None => format!("there is no command `{quoted}`; there are {}", list(&NAMES)),
    })
}

fn arm(arguments: &Arguments<'_>) -> Result<Arm, Mistake> {
    let question = arguments.number("question")?;
    let title = arguments.get("title").is_some() || arguments.get("teams").is_some();
    match question {
        Some(_) if title => {
            Err(Mistake("`arm` takes a `question`, or a `title` with `teams`, not both".into()))
        }
        Some(number) => Ok(Arm::Question(number)),
        None if !title => Ok(Arm::Next),
        None => {
            let title = arguments.needed_text("title")?;
            let teams = arguments.needed("teams", arguments.get("teams"))?;
            let Value::Array(names) = teams else {
                return Err(wrong("teams", "a list of names", teams));
            };
            if !MADE_UP_TEAMS.contains(&names.len()) {
                let (least, most) = (MADE_UP_TEAMS.start(), MADE_UP_TEAMS.end());
                let count = names.len();
                return Err(Mistake(format!("`teams` are {least} to {most} names, not {count}")));
            }
            let mut teams: Vec<String> = Vec::new();
            for name in names {
                let Value::String(name) = name else {
                    return Err(wrong("teams", "a list of names", name));
                };
                let name = readable("teams", name)?;
                if teams.contains(&name) {
                    return Err(Mistake(format!("two `teams` are named `{name}`")));
                }
                teams.push(name);
            }
            Ok(Arm::MadeUp { title, teams })
        }
    }
}

fn round_length(arguments: &Arguments<'_>) -> Result<Option<Length>, Mistake> {
    match arguments.text("length")? {
        None => Ok(None),
        Some("open") => Ok(Some(Length::Open)),
        Some(_) => {
            let length = length(arguments, "length")?;
            if LENGTHS.contains(&length) {
                Ok(Some(Length::After(length)))
            } else {
                Err(Mistake("a round is 5s to 24h long, or `open`".into()))
            }
        }
    }
}

fn length(arguments: &Arguments<'_>, key: &str) -> Result<Duration, Mistake> {
    let text = arguments.needed(key, arguments.text(key)?)?;
    duration(text).map_err(|error| Mistake(error.to_string()))
}

/// Seconds, in milliseconds.
fn seconds(arguments: &Arguments<'_>) -> Result<i64, Mistake> {
    let value = arguments.needed("seconds", arguments.get("seconds"))?;
    let Some(seconds) = value.as_f64() else { return Err(wrong("seconds", "a number", value)) };
    if seconds.abs() > MOST_SECONDS || seconds == 0.0 {
        return Err(Mistake("`seconds` are -86400 to 86400, and not 0".into()));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is at most a day")]
    Ok((seconds * 1000.0).round() as i64)
}

fn in_seconds(ms: i64) -> Value {
    if ms % 1000 == 0 { json!(ms / 1000) } else { json!(ms as f64 / 1000.0) }
}

fn dark(arguments: &Arguments<'_>) -> Result<Dark, Mistake> {
    match arguments.text("what")? {
        None => Ok(Dark::All),
        Some(what) => Ok(Dark::from(&*readable("what", what)?)),
    }
}

fn timer_order(arguments: &Arguments<'_>) -> Result<TimerOrder, Mistake> {
    match arguments.needed("do", arguments.text("do")?)? {
        "start" => {
            let length = length(arguments, "length")?;
            if length.is_zero() || length > timer::LONGEST {
                return Err(Mistake("a timer is at most 24h long, and not nothing".into()));
            }
            Ok(TimerOrder::Start(length))
        }
        "add" => Ok(TimerOrder::Add(seconds(arguments)?)),
        "pause" => Ok(TimerOrder::Pause),
        "resume" => Ok(TimerOrder::Resume),
        "toggle" => Ok(TimerOrder::Toggle),
        "stop" => Ok(TimerOrder::Stop),
        _ => Err(Mistake(
            "`do` is `start` with `length`, `add` with `seconds`, `pause`, `resume`, `toggle` or \
             `stop`"
                .into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Command, String> {
        Request::read(text).map(|request| request.command).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn every_command_reads_back_as_it_was_written() {
        let two = vec!["Cats".to_owned(), "Dogs".to_owned()];
        let second = Duration::from_secs(1);
        let all = [
            Command::Arm(Arm::Next),
            Command::Arm(Arm::Question(3)),
            Command::Arm(Arm::MadeUp { title: "Pets?".to_owned(), teams: two }),
            Command::Start(None),
            Command::Start(Some(Length::Open)),
            Command::Start(Some(Length::After(90 * second))),
            Command::Pause,
            Command::Resume,
            Command::AddTime(-1500),
            Command::AddTime(30_000),
            Command::Lock,
            Command::Reveal(None),
            Command::Reveal(Some(2)),
            Command::Reset,
            Command::Next,
            Command::Undo,
            Command::Redo,
            Command::Secret(true),
            Command::Source { name: "hall".to_owned(), paused: false },
            Command::Devices(false),
            Command::Discard(300 * second),
            Command::Blackout(Dark::All),
            Command::Light(Dark::Output("strip".to_owned())),
            Command::Scene(Scene::Join),
            Command::Approve("a1".to_owned()),
            Command::Reject("a1".to_owned()),
            Command::WallOff,
            Command::WallOn,
            Command::Timer(TimerOrder::Start(300 * second)),
            Command::Timer(TimerOrder::Add(60_000)),
            Command::Timer(TimerOrder::Pause),
            Command::Timer(TimerOrder::Resume),
            Command::Timer(TimerOrder::Toggle),
            Command::Timer(TimerOrder::Stop),
        ];
        for command in &all {
            let text = Value::Object(command.to_object()).to_string();
            assert_eq!(read(&text).as_ref(), Ok(command), "{text}");
        }
        for name in NAMES {
            assert!(all.iter().any(|command| command.name() == name), "{name}");
        }
    }

    #[test]
    fn what_is_no_command_is_told_what_to_mend() {
        for (text, expected) in [
            ("lock", "this is no JSON: "),
            ("[]", "a command is an object"),
            ("{}", "there is no `command` in it"),
            (r#"{"command":7}"#, "`command` must be a text, not 7"),
            (r#"{"command":"lokc"}"#, "did you mean `lock`?"),
            (r#"{"command":"dance"}"#, "there are `arm`, `start`"),
            (r#"{"command":"lock","now":true}"#, "`lock` knows no `now`: it takes no arguments"),
            (r#"{"command":"source","name":"a"}"#, "`source` needs `paused`"),
            (r#"{"command":"start","length":"1s"}"#, "5s to 24h"),
            (r#"{"command":"start","length":"90"}"#, "not a length of time"),
            (r#"{"command":"start","length":90}"#, "`length` must be a text, not 90"),
            (r#"{"command":"add_time","seconds":1e9}"#, "-86400 to 86400"),
            (r#"{"command":"arm","question":0}"#, "a whole number from 1"),
            (r#"{"command":"arm","question":1,"title":"x"}"#, "not both"),
            (r#"{"command":"arm","title":"x"}"#, "`arm` needs `teams`"),
            (r#"{"command":"arm","title":"x","teams":["a"]}"#, "2 to 8 names, not 1"),
            (r#"{"command":"arm","title":"x","teams":["a","a"]}"#, "two `teams` are named `a`"),
            (r#"{"command":"arm","title":"x","teams":["a",1]}"#, "a list of names, not 1"),
            (r#"{"command":"scene","scene":"party"}"#, "`contest`, `join`, `timer` and `wall`"),
            (r#"{"command":"timer","do":"run"}"#, "`do` is `start`"),
            (r#"{"command":"lock","from":"closed"}"#, "`from` is a phase: `armed`"),
            (r#"{"command":"lock","soft":"yes"}"#, "`soft` must be true or false, not a text"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn a_request_says_which_phase_it_was_made_in() {
        let request = Request::read(r#"{"command":"next","from":"open","soft":true}"#).unwrap();
        let expected = Request { command: Command::Next, from: Some(Phase::Open), soft: true };
        assert_eq!(request, expected);
    }
}
