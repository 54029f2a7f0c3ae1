//! A network is its own files and a line in two tables, that of the sources and that of the shapes:
//! nobody else names it.
//!
//! Reads `src` as text, without comments and without what is for tests alone.

use std::fs;
use std::path::Path;

use crate::support::path;

/// The module of a network, and the words that name it in code.
const NETWORKS: [(&str, &[&str]); 4] = [
    ("jetstream", &["bluesky", "jetstream"]),
    ("mastodon", &["mastodon"]),
    ("nostr", &["nostr"]),
    ("x", &["x::", "feed::x", "kind::x", "\"x\""]),
];

/// Where sources and shapes of messages are registered, and in folders of which each is at home.
const TABLES: [&str; 2] = ["src/source/mod.rs", "src/decode/networks/mod.rs"];

/// The help texts have examples of commands, and no logic.
const HELP: &str = "src/cli.rs";

#[test]
fn a_network_is_named_in_its_own_files_and_in_the_tables_alone() {
    let files = files();
    for (module, words) in NETWORKS {
        let own = TABLES.map(|table| table.replace("mod.rs", &format!("{module}/")));
        let mut elsewhere = Vec::new();
        for (name, lines) in &files {
            let is_own = own.iter().any(|folder| name.starts_with(folder));
            if is_own || TABLES.contains(&&**name) || name == HELP {
                continue;
            }
            let named = lines.iter().filter(|(_, line)| names(line, words));
            elsewhere.extend(named.map(|(number, line)| format!("{name}:{number}: {line}")));
        }
        assert!(elsewhere.is_empty(), "{words:?} is named in\n{}", elsewhere.join("\n"));
    }
}

#[test]
fn a_network_is_one_line_of_each_table() {
    let files = files();
    for table in TABLES {
        let (_, lines) = files.iter().find(|(name, _)| name == table).unwrap();
        for (module, _) in NETWORKS {
            let declared = format!("pub mod {module};");
            let lines = lines.iter().map(|(_, line)| line).filter(|line| **line != declared);
            let named: Vec<&String> = lines
                .filter(|line| {
                    line.split(|c: char| !c.is_alphanumeric()).any(|word| word == module)
                })
                .collect();
            assert_eq!(named.len(), 1, "{module} in {table}: {named:?}");
        }
    }
}

/// Whether a line has one of the words, and not as the end of another word.
fn names(line: &str, words: &[&str]) -> bool {
    let line = line.to_lowercase();
    words.iter().any(|word| {
        line.match_indices(word).any(|(at, _)| !line[..at].ends_with(char::is_alphanumeric))
    })
}

/// Every file of the program with its lines of code and their numbers.
fn files() -> Vec<(String, Vec<(usize, String)>)> {
    let mut files = Vec::new();
    walk(&path("src"), "src", &mut files);
    assert!(files.len() > 100, "{} files in src", files.len());
    files
}

fn walk(folder: &Path, name: &str, files: &mut Vec<(String, Vec<(usize, String)>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &name, files);
        } else if entry.file_name() != "tests.rs" {
            let text = fs::read_to_string(entry.path()).unwrap();
            files.push((name, code(&text)));
        }
    }
}

/// The lines of code before the tests.
fn code(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines = code.lines().map(str::trim).zip(1..);
    lines
        .filter(|(line, _)| !line.starts_with("//"))
        .map(|(line, number)| (number, line.to_owned()))
        .collect()
}
