//! Which modules the code of a module names: the paths (`use` lines and those within the code) of every
//! file in `src`, without what is for tests alone.
//!
//! It is no compiler: a name that only a macro makes, or that comes by a glob, is not seen.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::path;

/// How a long file's reason begins.
pub(super) const REASON: &str = "//! Long because ";

/// A module by the names on the way to it; the crate itself has none.
pub(super) type Module = Vec<String>;

/// One module's code names something of another's.
pub(super) struct Arrow {
    pub(super) from: Module,
    pub(super) to: Module,
    pub(super) line: String,
}

/// The files of `src`, by their modules, without those that are for tests alone.
pub(super) struct Tree {
    pub(super) files: BTreeMap<Module, File>,
}

impl Tree {
    pub(super) fn read() -> Tree {
        let mut files = BTreeMap::new();
        read_folder(&path("src"), &Module::new(), &mut files);
        let tests: Vec<Module> = files
            .iter()
            .flat_map(|(module, file)| {
                let inside = |name: &String| [module.clone(), vec![name.clone()]].concat();
                file.test_modules.iter().map(inside)
            })
            .collect();
        files.retain(|module, _| !tests.iter().any(|tests| module.starts_with(tests)));
        Tree { files }
    }

    pub(super) fn arrows(&self) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, file) in self.files.iter().filter(|(module, _)| !module.is_empty()) {
            for (path, line) in &file.paths {
                let to = self.module_of(path, 0);
                let line = format!("src/{}:{line} names {}", file.name, path.join("::"));
                arrows.push(Arrow { from: from.clone(), to, line });
            }
        }
        arrows
    }

    /// The module that a path leads to, and on from there if that only hands the name out again.
    fn module_of(&self, path: &[String], steps: usize) -> Module {
        let known = (0..=path.len()).rev().find(|&length| self.files.contains_key(&path[..length]));
        let length = known.unwrap_or(0);
        let (module, rest) = path.split_at(length);
        let handed_out = rest.first().and_then(|name| self.files.get(module)?.imports.get(name));
        match handed_out {
            Some(origin) if steps < 8 && origin != path => self.module_of(origin, steps + 1),
            _ => module.to_vec(),
        }
    }
}

fn read_folder(folder: &Path, module: &[String], files: &mut BTreeMap<Module, File>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let inside = [module, std::slice::from_ref(&stem)].concat();
        if path.is_dir() {
            read_folder(&path, &inside, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let module = if stem == "mod" || stem == "lib" { module.to_vec() } else { inside };
            let name = path.strip_prefix(self::path("src")).unwrap().to_str().unwrap();
            let file = File::new(name, &std::fs::read_to_string(&path).unwrap(), &module);
            files.insert(module, file);
        }
    }
}

pub(super) struct File {
    pub(super) name: String,
    /// Lines that are not of tests.
    pub(super) lines: usize,
    pub(super) has_reason: bool,
    /// Paths within the crate, and their lines.
    pub(super) paths: Vec<(Module, usize)>,
    /// What `use` brings in, by the name that it has here.
    imports: BTreeMap<String, Module>,
    /// Modules that are compiled for tests alone.
    pub(super) test_modules: Vec<String>,
}

impl File {
    pub(super) fn new(name: &str, source: &str, module: &[String]) -> File {
        let mut file = File {
            name: name.to_owned(),
            lines: source.lines().count(),
            has_reason: source.lines().any(|line| line.starts_with(REASON)),
            paths: Vec::new(),
            imports: BTreeMap::new(),
            test_modules: Vec::new(),
        };
        let tokens = file.without_tests(&tokens(source));
        file.read_paths(&tokens, module);
        file
    }

    /// Leaves out the items that are for tests alone, and their lines.
    fn without_tests<'a>(&mut self, tokens: &[Token<'a>]) -> Vec<Token<'a>> {
        let mut kept = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let attribute = attribute(&tokens[at..]);
            let words: Vec<&str> =
                tokens[at..at + attribute].iter().map(|token| token.text).collect();
            let is_test = matches!(words[..], ["#", "[", "cfg", ..])
                && words.contains(&"test")
                && !words.contains(&"not");
            if !is_test {
                let end = at + attribute.max(1);
                kept.extend_from_slice(&tokens[at..end]);
                at = end;
                continue;
            }
            let mut end = at + attribute;
            while let more @ 1.. = self::attribute(&tokens[end..]) {
                end += more;
            }
            let item = &tokens[end..end + item(&tokens[end..])];
            if let [mod_or_pub @ .., name, semicolon] = item
                && semicolon.text == ";"
                && mod_or_pub.last().is_some_and(|word| word.text == "mod")
            {
                self.test_modules.push(name.text.to_owned());
            } else if item.first().is_some_and(|word| word.text == "mod") {
                self.test_modules.push(item[1].text.to_owned());
            }
            end += item.len();
            self.lines -= tokens[end - 1].line - tokens[at].line + 1;
            at = end;
        }
        kept
    }

    fn read_paths(&mut self, tokens: &[Token], module: &[String]) {
        // `hashtug` is the crate for the program, which is a crate of its own.
        let is_program = self.name == "main.rs";
        // Of inline modules: the depth of their braces.
        let mut inside: Vec<(usize, String)> = Vec::new();
        let (mut depth, mut is_use) = (0, false);
        let mut at = 0;
        while at < tokens.len() {
            let text = tokens[at].text;
            let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text);
            let after = |on: usize| tokens.get(at + on).map_or("", |token| token.text);
            match text {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inside.pop_if(|(outside, _)| *outside == depth);
                }
                "mod" if after(2) == "{" => inside.push((depth, after(1).to_owned())),
                "use" => is_use = true,
                ";" => is_use = false,
                _ => {}
            }
            let is_head = after(1) == ":" && after(2) == ":" && !matches!(before(1), ":" | ".");
            if !is_head || (before(1) == "in" && before(2) == "(") {
                at += 1;
                continue;
            }
            let here = inside.iter().map(|(_, name)| name.clone());
            let mut base: Module = module.iter().cloned().chain(here).collect();
            match text {
                "crate" => base.clear(),
                "hashtug" if is_program => base.clear(),
                "super" => drop(base.pop()),
                "self" => {}
                _ => match self.imports.get(text) {
                    Some(origin) if !is_use => base.clone_from(origin),
                    // The first word of a `use` may name a module of this one.
                    _ if is_use => base.push(text.to_owned()),
                    _ => {
                        at += 1;
                        continue;
                    }
                },
            }
            let line = tokens[at].line;
            let mut found = Vec::new();
            at += tree(&tokens[at + 3..], base, &mut found) + 3;
            for (path, name) in found {
                if is_use && inside.is_empty() {
                    self.imports.insert(name, path.clone());
                }
                self.paths.push((path, line));
            }
        }
        self.paths.sort();
        self.paths.dedup_by(|one, other| one.0 == other.0);
    }
}

/// Reads what follows a `::`, with all that stands in braces, and returns how much that was.
fn tree(tokens: &[Token], mut path: Module, found: &mut Vec<(Module, String)>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut at = 0;
    loop {
        match text(at) {
            "{" => {
                at += 1;
                while text(at) != "}" {
                    at += tree(&tokens[at..], path.clone(), found);
                    at += usize::from(text(at) == ",");
                }
                return at + 1;
            }
            "super" => drop(path.pop()),
            "self" | "*" => {}
            word if word.starts_with(is_word) => path.push(word.to_owned()),
            // A turbofish.
            _ => {
                found.push((path, String::new()));
                return at;
            }
        }
        at += 1;
        if text(at) == ":" && text(at + 1) == ":" {
            at += 2;
            continue;
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if text(at) == "as" {
            text(at + 1).clone_into(&mut name);
            at += 2;
        }
        found.push((path, name));
        return at;
    }
}

/// How many tokens an attribute has, if one begins here.
fn attribute(tokens: &[Token]) -> usize {
    match tokens {
        [hash, open, ..] if hash.text == "#" && open.text == "[" => 1 + group(&tokens[1..]),
        _ => 0,
    }
}

/// How many tokens an item has: up to its semicolon, its block, or the comma after a field.
fn item(tokens: &[Token]) -> usize {
    const WITH_SEMICOLON: [&str; 5] = ["use", "const", "static", "type", "let"];
    const WITH_BLOCK: [&str; 8] =
        ["mod", "fn", "impl", "struct", "enum", "trait", "async", "macro_rules"];
    let mut at = 0;
    let mut keyword = "";
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return at + 1,
            "," if keyword.is_empty() => return at + 1,
            "}" => return at,
            "{" if !WITH_SEMICOLON.contains(&keyword) => return at + group(&tokens[at..]),
            "{" | "(" | "[" => at += group(&tokens[at..]),
            word => {
                let is_first = keyword.is_empty() && WITH_SEMICOLON.contains(&word);
                // Also of a `const fn`.
                if is_first || WITH_BLOCK.contains(&word) {
                    keyword = word;
                }
                at += 1;
            }
        }
    }
    at
}

/// How many tokens there are from an opening bracket to the one that closes it.
fn group(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// A word, a literal or a single mark.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// The tokens of Rust code, without its comments.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (source, 1);
    while let Some(first) = rest.chars().next() {
        let is_comment = rest.starts_with("//") || rest.starts_with("/*");
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if is_comment => block_comment(rest),
            '\'' => quoted(rest),
            _ if let Some(length) = string(rest) => length,
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (text, more) = rest.split_at(length);
        if !is_comment && !first.is_whitespace() {
            tokens.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = more;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// A character, or the name of a lifetime.
fn quoted(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, c))) => {
            let after = escaped + c.len_utf8();
            after + text[after..].find('\'').expect("a character ends") + 1
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}

/// A string of any kind, if one begins here.
fn string(text: &str) -> Option<usize> {
    let prefix = text.find(|c| !matches!(c, 'b' | 'c' | 'r' | '#'))?;
    let (prefix, body) = (&text[..prefix], text[prefix..].strip_prefix('"')?);
    let start = prefix.len() + 1;
    if prefix.contains('r') {
        let close = format!("\"{}", "#".repeat(prefix.matches('#').count()));
        return Some(start + body.find(&close)? + close.len());
    }
    let mut is_escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !is_escaped => return Some(start + at + 1),
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    None
}
