//! A network is its own files and a line in a table: nobody else names it.
//!
//! Reads `src` as text, without comments and without what is for tests alone.

use std::fs;
use std::path::Path;

use crate::support::path;

/// A network, the words that name it in code, and its folder.
const NETWORKS: [(&[&str], &str); 4] = [
    (&["bluesky", "jetstream"], "src/source/jetstream/"),
    (&["mastodon"], "src/source/mastodon/"),
    (&["nostr"], "src/source/nostr/"),
    (&["x::", "feed::x", "kind::x", "\"x\""], "src/source/x/"),
];

/// Where the kinds are registered.
const TABLE: &str = "src/source/mod.rs";

/// The help texts have examples of commands, and no logic.
const HELP: &str = "src/cli.rs";

/// The shapes of the networks have a table and files of their own.
const DECODE: &str = "src/decode/";

#[test]
fn a_network_is_named_in_its_own_files_and_in_the_tables_alone() {
    let files = files();
    for (words, own) in NETWORKS {
        let mut elsewhere = Vec::new();
        for (name, lines) in &files {
            if [own, DECODE, TABLE, HELP].iter().any(|place| name.starts_with(place)) {
                continue;
            }
            let named = lines.iter().filter(|(_, line)| names(line, words));
            elsewhere.extend(named.map(|(number, line)| format!("{name}:{number}: {line}")));
        }
        assert!(elsewhere.is_empty(), "{words:?} is named in\n{}", elsewhere.join("\n"));
    }
}

#[test]
fn a_network_is_registered_by_one_line() {
    let files = files();
    let (_, table) = files.iter().find(|(name, _)| name == TABLE).unwrap();
    for (words, own) in NETWORKS {
        let folder = Path::new(own).file_name().unwrap().to_str().unwrap();
        let module = format!("pub mod {folder};");
        let named = table.iter().filter(|(_, line)| names(line, words) && *line != module);
        let named: Vec<&String> = named.map(|(_, line)| line).collect();
        assert_eq!(named.len(), 1, "{words:?} in {TABLE}: {named:?}");
        assert!(named[0].contains(&format!("({folder}::Settings)")), "{named:?}");
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
