//! The documents of any service: `[source.map]`, which says where in them posts, or numbers, are
//! found; and how a source of that shape is described and decoded.

use toml::de::DeValue;

use crate::decode::Shape;
use crate::decode::documents::Documents;
use crate::decode::mapped::Map;
use crate::decode::numbers::{Field, Fields, PER_VOTE};
use crate::decode::pointer::{Pointer, PointerError};
use crate::keys::problem::{Problem, printable};
use crate::keys::table::Table;
use crate::keys::value::{Value, string, wrong_type};
use crate::questions::Questions;

use super::SourceContext;
use super::link::Decoding;

/// What a map of posts can have.
const OF_POSTS: [&str; 7] = ["items", "text", "hashtags", "id", "author", "at", "delete"];

/// Reads the map of the source, or takes hashtug's own posts if it has none. Without sound questions
/// the names of teams are not judged.
pub(super) fn read(source: &Table<'_>, questions: Option<&Questions>) -> Shape {
    let is_there = source.has("map");
    source.section("map", "[source.map]", |map| {
        if !is_there {
            return Shape::default();
        }
        if !map.has("numbers") {
            map.mention("numbers");
            return Shape::Posts(posts(map));
        }
        for key in OF_POSTS {
            map.mention(key);
            if map.has(key) {
                let message = format!("`{key}` has no meaning beside `numbers`");
                let hint = "a source has posts or numbers; leave one of them to another source";
                map.report(Problem::new(map.place(key), message).hint(hint));
            }
        }
        Shape::Numbers(Fields {
            teams: numbers(map, questions).unwrap_or_default(),
            per_vote: map.number("per_vote", PER_VOTE).unwrap_or(1.0),
        })
    })
}

/// How the documents of the source of that name are read. A life before this one knew what the last
/// of them held: numbers that have been counted, messages that were there.
pub(super) fn decoding(name: &str, shape: &Shape, context: &SourceContext) -> Decoding {
    let known = context.legacy.take();
    Decoding::Documents(
        known.unwrap_or_else(|| {
            Documents::new(&context.questions, shape, context.hasher.clone(), name)
        }),
    )
}

/// What the documents hold, in a few words.
pub(super) fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Posts(map) if *map == Map::default() => "hashtug's own posts".to_owned(),
        Shape::Posts(_) => "posts by a map".to_owned(),
        Shape::Numbers(fields) => {
            let teams = fields
                .teams
                .iter()
                .map(|Field { team, pointer, .. }| format!("{team} by {pointer}"));
            format!("numbers: {}", teams.collect::<Vec<_>>().join(", "))
        }
    }
}

fn posts(map: &Table<'_>) -> Map {
    map.mention("per_vote");
    if map.has("per_vote") {
        let message = "`per_vote` has no meaning without `numbers`";
        let hint = "for example `numbers = { Tabs = \"/left\", Spaces = \"/right\" }`";
        map.report(Problem::new(map.place("per_vote"), message).hint(hint));
    }
    if !map.has("text") && !map.has("hashtags") {
        map.report_missing(
            "text",
            "say where the text of a post is: `text = \"/text\"`".to_owned(),
        );
    }
    let [items, text, hashtags, id, author, at, delete] =
        OF_POSTS.map(|key| map.read(key, |value| pointer(key, value)));
    Map { items, text, hashtags, id, author, at, delete }
}

/// The numbers of the teams, one for each at most.
fn numbers(map: &Table<'_>, questions: Option<&Questions>) -> Option<Vec<Field>> {
    const EXAMPLE: &str =
        "give each team its number: `numbers = { Tabs = \"/left\", Spaces = \"/right\" }`";
    map.read("numbers", |value| {
        let DeValue::Table(entries) = value.get_ref() else {
            return Err(wrong_type("numbers", "a table", value).hint(EXAMPLE));
        };
        if entries.is_empty() {
            return Err(Problem::new(value.span(), "`numbers` is empty").hint(EXAMPLE));
        }
        let mut numbers = Vec::new();
        for (name, value) in entries {
            let found = pointer(name.get_ref(), value).map_err(|problem| map.report(problem));
            let Some(questions) = questions else { continue };
            let is_team = questions.team_names().any(|team| team == &**name.get_ref());
            match found {
                Ok(pointer) if is_team => {
                    numbers.extend(Field::new(questions, name.get_ref(), pointer));
                }
                Err(()) if is_team => {}
                _ => {
                    let message = format!("no team is named `{}`", printable(name.get_ref()));
                    let all: Vec<_> = questions
                        .team_names()
                        .map(|name| format!("`{}`", printable(name)))
                        .collect();
                    let hint = format!("the teams are {}", all.join(", "));
                    map.report(Problem::new(name.span(), message).hint(hint));
                }
            }
        }
        if let Some(questions) = questions {
            numbers.sort_by_key(|field| questions.team_names().position(|it| it == field.team));
        }
        Ok(numbers)
    })
}

fn pointer(key: &str, value: &Value<'_>) -> Result<Pointer, Problem> {
    let text = string(key, value, Some("/text"))?;
    Pointer::parse(text).map_err(|error| {
        let message = format!("`{}` is not a JSON Pointer: {error}", printable(key));
        let problem = Problem::new(value.span(), message);
        if error == PointerError::NoSlash {
            let path =
                text.trim_start_matches(['$', '.']).replace(['.', '['], "/").replace(']', "");
            problem.hint(format!("write `\"/{}\"`", printable(&path)))
        } else {
            problem
        }
    })
}
