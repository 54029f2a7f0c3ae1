//! Everything noticed while a file is read: problems, keys asked for, keys nobody asked for.
//!
//! A key is unknown when the file has been read to its end and no part has asked for it, so the
//! unknown ones are judged last, with all that is known by then: the nearest key of that table, or
//! the section where the key is at home.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::form::{Form, Notes};
use super::problem::{Problem, is_secret, printable, secret};

/// One list for one file, shared by all its tables.
#[derive(Default)]
pub(crate) struct Log {
    /// Relative paths are relative to this.
    folder: PathBuf,
    problems: RefCell<Vec<Problem>>,
    strangers: RefCell<Vec<Stranger>>,
    /// Keys that are not missing, whatever else is wrong with them: in which table, and which key.
    excused: RefCell<BTreeSet<(usize, &'static str)>>,
    /// The keys asked for in each section, as `[contest]` and `window`.
    asked: RefCell<BTreeMap<&'static str, BTreeSet<&'static str>>>,
    /// Asked for and there, in one table or another, by section.
    set: RefCell<BTreeSet<(&'static str, &'static str)>>,
    /// What each table was asked for, and how.
    notes: RefCell<Vec<Notes>>,
}

/// A key that no part has asked for.
pub(crate) struct Stranger {
    pub(crate) key: String,
    pub(crate) span: Range<usize>,
    /// The table it stands in: where it begins, and how its section is written.
    pub(crate) table: usize,
    pub(crate) section: &'static str,
    /// Is it a table or a list?
    pub(crate) is_section: bool,
    /// What this table could have held.
    pub(crate) known: Rc<[Known]>,
    pub(crate) scope: Scope,
}

/// A key that was asked for.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) key: &'static str,
    /// As it is written: `window`, `[web]`, `[[team]]`.
    pub(crate) written: String,
    pub(crate) present: bool,
    /// What may stand there.
    pub(crate) form: Form,
}

/// How much is known of the keys of a table.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scope {
    /// Everything.
    Closed,
    /// Its kind is not known, so any other key may be right.
    Open,
}

impl Log {
    pub(crate) fn new(folder: &Path) -> Log {
        Log { folder: folder.to_owned(), ..Log::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Says that a key is there, though nothing could be read from it.
    pub(crate) fn excuse(&self, table: usize, key: &'static str) {
        self.excused.borrow_mut().insert((table, key));
    }

    pub(crate) fn ask(&self, section: &'static str, key: &'static str, present: bool) {
        self.asked.borrow_mut().entry(section).or_default().insert(key);
        if present {
            self.set.borrow_mut().insert((section, key));
        }
    }

    /// Notes what a table was asked for when it has been read.
    pub(crate) fn note(&self, notes: Notes) {
        self.notes.borrow_mut().push(notes);
    }

    /// What the tables were asked for.
    pub(crate) fn notes(&self) -> Vec<Notes> {
        self.notes.borrow().clone()
    }

    pub(crate) fn stranger(&self, stranger: Stranger) {
        self.strangers.borrow_mut().push(stranger);
    }

    /// Every known key that no table of the file set, as (section, key).
    #[cfg(test)]
    pub(crate) fn unset(&self) -> BTreeSet<(&'static str, &'static str)> {
        let asked = self.asked.borrow();
        let known =
            asked.iter().flat_map(|(section, keys)| keys.iter().map(|key| (*section, *key)));
        known.filter(|known| !self.set.borrow().contains(known)).collect()
    }

    /// All problems, each once: a key that is missing only because it is misspelt is not missing.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        let asked = self.asked.into_inner();
        let mut problems = self.problems.into_inner();
        let mut excused = self.excused.into_inner();
        for stranger in self.strangers.into_inner() {
            let (problem, meant) = judge(&stranger, &asked);
            problems.extend(problem);
            excused.extend(meant.map(|key| (stranger.table, key)));
        }
        problems.retain(|problem| problem.missing.is_none_or(|key| !excused.contains(&key)));
        problems
    }
}

type Asked = BTreeMap<&'static str, BTreeSet<&'static str>>;

/// What to say about an unknown key, and which key was meant.
fn judge(stranger: &Stranger, asked: &Asked) -> (Option<Problem>, Option<&'static str>) {
    let Stranger { key, span, section, known, scope, .. } = stranger;
    let shown = printable(key);
    let problem = |message: String| Problem::new(span.clone(), message);
    if is_secret(key) {
        return (Some(secret(span.clone(), key)), None);
    }
    let candidates = known.iter().filter(|known| *scope == Scope::Closed || !known.present);
    let nearest = nearest(key, candidates.map(|known| (known.key, known)));
    if *scope == Scope::Open && nearest.is_none() {
        return (None, None);
    }
    let top = section.is_empty();
    let unknown = problem(match section {
        _ if top && stranger.is_section => format!("unknown section `{shown}`"),
        _ if top => format!("`{shown}` stands in no section"),
        section => format!("unknown key `{shown}` in `{section}`"),
    });
    if let Some(nearest) = nearest {
        return (
            Some(unknown.hint(format!("did you mean `{}`?", nearest.written))),
            Some(nearest.key),
        );
    }
    let elsewhere = || asked.iter().filter(|(section, _)| !section.is_empty());
    if let Some((home, _)) = elsewhere().find(|(_, keys)| keys.contains(key.as_str())) {
        return (Some(unknown.hint(format!("`{shown}` belongs to `{home}`"))), None);
    }
    if top && !stranger.is_section {
        let keys =
            elsewhere().flat_map(|(home, keys)| keys.iter().map(move |key| (*key, (*key, *home))));
        if let Some((key, home)) = self::nearest(key, keys) {
            return (Some(unknown.hint(format!("did you mean `{key}` in `{home}`?"))), None);
        }
    }
    let all: Vec<_> = known.iter().map(|known| format!("`{}`", known.written)).collect();
    let subject = if top { "the sections are".to_owned() } else { format!("`{section}` knows") };
    (Some(unknown.hint(format!("{subject} {}", all.join(", ")))), None)
}

/// The candidate that was most likely meant by `given`, if any is near.
pub(crate) fn nearest<'a, T>(
    given: &str,
    candidates: impl Iterator<Item = (&'a str, T)>,
) -> Option<T> {
    /// A longer word is no slip of the finger, and the distance takes time in its square.
    const MAX_WORD: usize = 40;
    if given.is_empty() || given.len() > MAX_WORD {
        return None;
    }
    let given = given.to_lowercase();
    candidates
        .filter_map(|(name, candidate)| {
            let distance = strsim::damerau_levenshtein(&given, name);
            let part = given.len() >= 3 && (name.starts_with(&given) || name.ends_with(&given));
            let near = distance <= (name.len() / 3).max(1);
            (part || near).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
