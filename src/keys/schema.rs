//! A JSON Schema of the config, for editors, from the readers of the config themselves.
//!
//! A [`Table`] notes each key that it is asked for, and in which form. Read over a config in which
//! every key stands, the notes are the keys of each table; read over a table that has its kind and no
//! other key, the keys that are missed are those that it needs. What the keys mean is said by the
//! comments of that config.
//!
//! It refuses less than the readers do: where a part looks at a value by itself, or at several keys
//! together, the schema knows the name of the key alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::form::{Form, Notes};
use super::log::Log;
use super::syntax;
use super::table::Table;

/// The draft that editors of TOML read.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of what `read` reads. Every key stands in `example`, with what it means above it.
pub(crate) fn of(example: &str, read: impl Fn(&Table<'_>)) -> Value {
    let mut tables = Tables::default();
    for notes in look(example, &read).0 {
        tables.add(notes);
    }
    // Some keys depend on the word that stands at another one.
    for (section, kind, key, word) in tables.choices() {
        let Some(list) = list_of(section) else { continue };
        let text = table_text(list, Some(&kind), &format!("{key} = \"{word}\"\n"));
        for notes in look(&text, &read).0.into_iter().filter(|notes| notes.section == section) {
            tables.add(notes);
        }
    }
    let words = Words::of(example);
    let needed = |key: &str, kind: Option<&str>| needed(key, kind, &read);
    let mut schema = Writer { tables: &tables, words: &words, needed: &needed }.table("");
    schema.insert("$schema".into(), DRAFT.into());
    schema.insert("title".into(), "The config of hashtug".into());
    Value::Object(schema)
}

/// Reads a text; gives what the tables were asked for, and which keys are missing in which of them.
fn look(text: &str, read: &impl Fn(&Table<'_>)) -> (Vec<Notes>, Vec<(usize, &'static str)>) {
    let log = Log::new(Path::new(""));
    Table::root(syntax::parse(text).root.get_ref(), &log, read);
    let notes = log.notes();
    let missing = log.into_problems().into_iter().filter_map(|problem| problem.missing);
    (notes, missing.collect())
}

/// The keys that a table of the list `key` needs beside its kind.
fn needed(key: &str, kind: Option<&str>, read: &impl Fn(&Table<'_>)) -> BTreeSet<&'static str> {
    let (notes, missing) = look(&table_text(key, kind, ""), read);
    let Some(table) = notes.iter().find(|notes| list_of(notes.section) == Some(key)) else {
        return BTreeSet::new();
    };
    missing.into_iter().filter(|(start, _)| *start == table.start).map(|(_, key)| key).collect()
}

/// A config of one table. It does not begin at the start of the file, which stands for the file itself
/// where a section is missing.
fn table_text(list: &str, kind: Option<&str>, more: &str) -> String {
    let kind = kind.filter(|kind| !kind.is_empty());
    let kind = kind.map(|kind| format!("kind = \"{kind}\"\n")).unwrap_or_default();
    format!("\n[[{list}]]\n{kind}{more}")
}

/// The key of a section that is a list at the top of the file.
fn list_of(section: &str) -> Option<&str> {
    section.strip_prefix("[[")?.strip_suffix("]]")
}

type Keys = BTreeMap<&'static str, Form>;

/// The keys of all tables, by section and kind. A table of no kind has the empty one.
#[derive(Default)]
struct Tables(BTreeMap<&'static str, BTreeMap<String, Keys>>);

impl Tables {
    /// The words of all choices but that of the kind: section, kind, key and word.
    fn choices(&self) -> Vec<(&'static str, String, &'static str, String)> {
        let mut choices = Vec::new();
        for (&section, kinds) in &self.0 {
            for (kind, keys) in kinds {
                for (&key, form) in keys {
                    let Form::Choice(words) = form else { continue };
                    let words = words.iter().filter(|_| key != "kind");
                    choices.extend(words.map(|word| (section, kind.clone(), key, word.clone())));
                }
            }
        }
        choices
    }

    fn add(&mut self, notes: Notes) {
        let kind = notes.kind.unwrap_or_default();
        let keys = self.0.entry(notes.section).or_default().entry(kind).or_default();
        for (key, form) in notes.keys {
            let known = keys.remove(key);
            keys.insert(key, known.map_or(form.clone(), |known| either(known, form)));
        }
    }
}

/// What may stand at a key that was asked for in two ways.
fn either(one: Form, other: Form) -> Form {
    match (one, other) {
        (one, other) if one == other => one,
        (Form::Elsewhere, form) | (form, Form::Elsewhere) => form,
        (Form::Whole(from, to), Form::Whole(other_from, other_to)) => {
            Form::Whole(from.min(other_from), to.max(other_to))
        }
        (Form::Number(from, to), Form::Number(other_from, other_to)) => {
            Form::Number(from.min(other_from), to.max(other_to))
        }
        _ => Form::Any,
    }
}

struct Writer<'w> {
    tables: &'w Tables,
    words: &'w Words,
    needed: &'w dyn Fn(&str, Option<&str>) -> BTreeSet<&'static str>,
}

impl Writer<'_> {
    fn table(&self, section: &str) -> Map<String, Value> {
        let none = BTreeMap::new();
        let kinds = self.tables.0.get(section).unwrap_or(&none);
        let needed =
            |kind| list_of(section).map(|key| (self.needed)(key, kind)).unwrap_or_default();
        if let ([(kind, keys)], true) = (&*kinds.iter().collect::<Vec<_>>(), kinds.contains_key(""))
        {
            return self.keys(section, kind, keys, &needed(None));
        }
        let mut table = object(json!({ "type": "object", "required": ["kind"] }));
        let mut cases = Vec::new();
        for (kind, keys) in kinds {
            let mut case = self.keys(section, kind, keys, &needed(Some(kind)));
            if let Some(Form::Choice(all)) = keys.get("kind") {
                table.insert("properties".into(), json!({ "kind": { "enum": all } }));
            }
            let mut this_kind = object(json!({ "const": kind }));
            describe(&mut this_kind, self.words.about(section, kind, "kind"));
            case["properties"]["kind"] = Value::Object(this_kind);
            let is_this =
                json!({ "properties": { "kind": { "const": kind } }, "required": ["kind"] });
            cases.push(json!({ "if": is_this, "then": case }));
        }
        table.insert("allOf".into(), cases.into());
        table
    }

    fn keys(
        &self,
        section: &str,
        kind: &str,
        keys: &Keys,
        needed: &BTreeSet<&'static str>,
    ) -> Map<String, Value> {
        let known = keys.iter().filter(|(_, form)| **form != Form::Elsewhere);
        let properties: Map<String, Value> = known
            .map(|(key, form)| {
                let mut value = self.form(form);
                let about = match form {
                    Form::Section(name) | Form::Sections(name) if section.is_empty() => {
                        self.words.about(name, "", "")
                    }
                    _ => self.words.about(section, kind, key),
                };
                describe(&mut value, about);
                ((*key).to_owned(), Value::Object(value))
            })
            .collect();
        let mut table = object(json!({ "type": "object", "additionalProperties": false }));
        table.insert("properties".into(), Value::Object(properties));
        if !needed.is_empty() {
            table.insert("required".into(), json!(needed));
        }
        table
    }

    fn form(&self, form: &Form) -> Map<String, Value> {
        object(match form {
            Form::Any | Form::Elsewhere => json!({}),
            Form::Text => json!({ "type": "string" }),
            Form::Texts => {
                json!({ "type": ["string", "array"], "items": { "type": "string" } })
            }
            Form::Choice(words) => json!({ "enum": words }),
            Form::Flag => json!({ "type": "boolean" }),
            Form::Number(from, to) => json!({ "type": "number", "minimum": from, "maximum": to }),
            Form::Whole(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
            Form::Section(name) => Value::Object(self.table(name)),
            Form::Sections(name) => {
                json!({ "type": "array", "items": self.table(name) })
            }
        })
    }
}

fn describe(value: &mut Map<String, Value>, about: Option<&str>) {
    if let Some(about) = about {
        value.insert("description".into(), about.into());
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The comments of the example: what stands above a key, or above the first header of a section.
#[derive(Default)]
struct Words(BTreeMap<(String, String, String), String>);

impl Words {
    fn of(example: &str) -> Words {
        let mut words = Words::default();
        let (mut section, mut kind) = (String::new(), String::new());
        let (mut above, mut table) = (String::new(), Vec::new());
        for line in example.lines().chain(["[]"]) {
            let comment = std::mem::take(&mut above);
            if let Some(more) = line.strip_prefix("# ") {
                above = format!("{comment}{}{more}", if comment.is_empty() { "" } else { " " });
            } else if line.starts_with('[') {
                for (key, about) in table.drain(..) {
                    words.add(&section, &kind, key, about);
                }
                (section, kind) = (line.to_owned(), String::new());
                words.add(&section, "", "", comment);
            } else if let Some((key, value)) = line.split_once(" = ") {
                if key == "kind" {
                    value.trim_matches('"').clone_into(&mut kind);
                }
                table.push((key, comment));
            }
        }
        words
    }

    /// What is said first is what is told.
    fn add(&mut self, section: &str, kind: &str, key: &str, about: String) {
        if !about.is_empty() {
            let place = (section.to_owned(), kind.to_owned(), key.to_owned());
            self.0.entry(place).or_insert(about);
        }
    }

    /// What is said of a key: at its own kind, or else at the kind that most is said of.
    fn about(&self, section: &str, kind: &str, key: &str) -> Option<&str> {
        let at = |kind: &str| self.0.get(&(section.to_owned(), kind.to_owned(), key.to_owned()));
        let said_of = |kind: &str| {
            self.0.keys().filter(|(of, other, _)| of == section && other == kind).count()
        };
        let others = || {
            let kinds = self.0.keys().filter(|(of, _, word)| of == section && word == key);
            kinds.map(|(_, kind, _)| kind).max_by_key(|kind| said_of(kind))
        };
        let about = at(kind).or_else(|| if key == "kind" { None } else { at(others()?) });
        about.map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::table::Most;

    const EXAMPLE: &str = "\
# Things, one or more.
[[thing]]
# \"lamp\" gives light.
kind = \"lamp\"
# How bright.
level = 3

[[thing]]
kind = \"bell\"
# What it sounds like.
sound = \"dong\"
level = 9

[room]
# Nobody is in it.
empty = true
";

    fn read(root: &Table<'_>) {
        let most = Most { number: 9, what: "things", that: "fit" };
        root.each("thing", "[[thing]]", most, |thing| {
            match thing.kind(&[("lamp", 9), ("bell", 5)], &[]) {
                Some(("lamp", most)) => drop(thing.whole("level", 1..=most)),
                Some((_, most)) => {
                    let sizes = [("small", 0), ("big", 95)];
                    let most = most + thing.choice("size", &sizes).unwrap_or(0);
                    if thing.text("sound").is_none() && !thing.has("sound") {
                        thing.report_missing("sound", String::new());
                    }
                    thing.whole("level", 1..=most);
                }
                None => {}
            }
        });
        root.section("room", "[room]", |room| room.flag("empty"));
    }

    #[test]
    fn each_kind_has_the_keys_that_its_reader_asks_for_and_needs() {
        let schema = of(EXAMPLE, read);
        let things = &schema["properties"]["thing"];
        assert_eq!(things["description"], "Things, one or more.");
        let (bell, lamp) = (&things["items"]["allOf"][0], &things["items"]["allOf"][1]);
        assert_eq!(bell["if"]["properties"]["kind"]["const"], "bell");
        assert_eq!(
            bell["then"],
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "kind": { "const": "bell" },
                    "sound": { "type": "string", "description": "What it sounds like." },
                    "size": { "enum": ["small", "big"] },
                    // A big one may be as loud as that.
                    "level": { "type": "integer", "minimum": 1, "maximum": 100, "description": "How bright." },
                },
                "required": ["sound"],
            })
        );
        assert_eq!(lamp["then"]["properties"]["level"]["maximum"], 9);
        assert_eq!(lamp["then"]["properties"]["kind"]["description"], "\"lamp\" gives light.");
        assert_eq!(things["items"]["properties"]["kind"]["enum"], json!(["lamp", "bell"]));
    }

    #[test]
    fn a_section_knows_its_keys_and_no_others() {
        let schema = of(EXAMPLE, read);
        assert_eq!(
            schema["properties"]["room"],
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": { "empty": { "type": "boolean", "description": "Nobody is in it." } },
            })
        );
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn a_key_that_is_asked_for_in_two_ways_takes_both() {
        assert_eq!(either(Form::Whole(1, 5), Form::Whole(3, 9)), Form::Whole(1, 9));
        assert_eq!(either(Form::Elsewhere, Form::Flag), Form::Flag);
        assert_eq!(either(Form::Text, Form::Flag), Form::Any);
    }
}
