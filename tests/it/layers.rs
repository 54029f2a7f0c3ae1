//! The order of the modules: ARCHITECTURE.md's table says it, and the code keeps to it.
//!
//! What counts is production code: what is for tests alone may look anywhere.

mod code;

use std::collections::{BTreeMap, BTreeSet};

use code::{Arrow, File, Module, REASON, Tree};

use crate::support::path;

/// A file with more lines than this, tests aside, says why in its head.
const MAX_LINES: usize = 450;

#[test]
fn the_table_of_the_architecture_names_every_module() {
    let tree = Tree::read();
    let named: BTreeSet<String> = table().into_iter().collect();
    assert_eq!(named.len(), table().len(), "a module stands in the table twice");
    let there: BTreeSet<String> =
        tree.files.keys().filter_map(|module| module.first().cloned()).collect();
    let missing: Vec<_> = there.difference(&named).collect();
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(missing.is_empty(), "not in the table of ARCHITECTURE.md: {missing:?}");
    assert!(gone.is_empty(), "in the table of ARCHITECTURE.md, and not in src: {gone:?}");
}

#[test]
fn no_arrow_between_modules_points_up() {
    let rank: BTreeMap<String, usize> = table().into_iter().zip(0..).collect();
    let mut found = BTreeMap::new();
    for Arrow { from, to, line } in Tree::read().arrows() {
        let (Some(upper), Some(lower)) = (from.first(), to.first()) else { continue };
        if rank.get(upper) > rank.get(lower) {
            found.insert(format!("{} → {lower}", from.join("::")), line);
        }
    }
    assert_none("arrows that point up", &found);
}

#[test]
fn no_files_of_a_module_go_round_in_a_circle() {
    let mut reached: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut lines = BTreeMap::new();
    for Arrow { from, to, line } in Tree::read().arrows() {
        let shared = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
        // From a file to its own folder's and back is no circle: a parent knows its children.
        let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) else { continue };
        let (folder, pair) = (from[..shared].to_vec(), (one.clone(), other.clone()));
        reached
            .entry(folder.clone())
            .or_default()
            .entry(pair.0.clone())
            .or_default()
            .insert(pair.1);
        lines.entry((folder, one.clone(), other.clone())).or_insert(line);
    }
    // The modules themselves are held to the table, which is stricter.
    reached.remove(&Module::new());
    let mut found = BTreeMap::new();
    for (folder, arrows) in reached {
        let all = closure(&arrows);
        for (one, others) in &all {
            let back = |other: &&String| all.get(*other).is_some_and(|more| more.contains(one));
            let circle: BTreeSet<&String> = others.iter().filter(back).collect();
            if circle.is_empty() {
                continue;
            }
            let names = circle.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            let lines: Vec<&str> = lines
                .iter()
                .filter(|((parent, from, to), _)| {
                    *parent == folder && circle.contains(from) && circle.contains(to)
                })
                .map(|(_, line)| line.as_str())
                .collect();
            found.insert(format!("{}: {names}", folder.join("::")), lines.join("; "));
        }
    }
    assert_none("circles", &found);
}

#[test]
fn a_long_file_says_why_in_its_head() {
    let mut found = BTreeMap::new();
    for file in Tree::read().files.values() {
        if file.lines > MAX_LINES && !file.has_reason {
            let line = format!("{} lines, and no line begins `{REASON}`", file.lines);
            found.insert(file.name.clone(), line);
        }
    }
    assert_none("long files", &found);
}

#[test]
fn every_way_to_write_a_path_is_seen() {
    let source = r##"
        //! use crate::no::doc;
        use crate::a::{self, b::C as D, c::{E, F}};
        pub(in crate::no::visibility) use super::g::*;
        /* use crate::no::comment; /* nested */ */
        fn f<'a>(x: &'a str, c: char) -> crate::h::I {
            let _ = ('"', "use crate::no::string", r#"" crate::no::raw"#, '\'', b'\\');
            self::j::k::<crate::l::M>(x); D::new(crate::n!(c))
        }
        mod inner { use super::o; use super::super::p; }
        #[cfg(test)]
        use crate::no::tests::one;
        #[cfg(all(test, unix))]
        #[expect(dead_code)]
        fn only_here<const N: usize>(x: [u8; N]) -> crate::no::tests::Two { crate::no::tests::two() }
        #[cfg(not(test))]
        use crate::q;
        #[cfg(test)]
        mod tests { use crate::no::tests::three; }
    "##;
    let here = ["m", "n"].map(str::to_owned);
    let file = File::new("m/n.rs", source, &here);
    let seen: BTreeSet<String> = file.paths.iter().map(|(path, _)| path.join("::")).collect();
    let expected = [
        "a",
        "a::b::C",
        "a::b::C::new",
        "a::c::E",
        "a::c::F",
        "h::I",
        "l::M",
        "m::g",
        "m::n::j::k",
        "m::n::o",
        "m::p",
        "n",
        "q",
    ];
    assert_eq!(seen, expected.map(str::to_owned).into());
    assert_eq!(file.test_modules, ["tests"]);
    // Fourteen lines and the last, less seven of tests.
    assert_eq!(file.lines, source.lines().count() - 7);
}

/// The modules of ARCHITECTURE.md's table, from the top down and from left to right.
fn table() -> Vec<String> {
    let text = std::fs::read_to_string(path("ARCHITECTURE.md")).unwrap();
    let (_, table) = text.split_once("| module | what it is |\n|---|---|\n").expect("the table");
    table
        .lines()
        .map_while(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|names| names.split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

/// Fails if there is any, and says where.
#[track_caller]
fn assert_none(what: &str, found: &BTreeMap<String, String>) {
    let found: Vec<String> = found.iter().map(|(name, line)| format!("{name}  ({line})")).collect();
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Where each can get to, in any number of steps.
fn closure(arrows: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = arrows.clone();
    loop {
        let before = all.values().map(BTreeSet::len).sum::<usize>();
        for one in arrows.keys() {
            let further: BTreeSet<String> =
                all[one].iter().filter_map(|next| all.get(next)).flatten().cloned().collect();
            all.entry(one.clone()).or_default().extend(further);
        }
        if all.values().map(BTreeSet::len).sum::<usize>() == before {
            return all;
        }
    }
}
