//! With which file a show begins: a new one, or that of the show before a crash, with which it goes on.
//!
//! A journal is never overwritten: one that is of another evening is kept under its date. What cannot be
//! gone on with ends the program before the show, with the ways out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Take};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::display_text;
use crate::hint::Hint;
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use super::beside::{named, with_suffix};
use super::disk::{Disk, Handle as _, RealDisk};
use super::head::Head;
use super::lines::{self, Lines};
use super::reader::{self, Survey};
use super::seal::Chain;
use super::writer::OpenFile;
use super::{Damage, Difference, Journal, Keys, Place, Reader, Rules, Writer, keys};

/// A journal whose last line is older is of another evening.
const SAME_EVENING: Duration = Duration::from_hours(6);

/// So long after the last line the keys of a journal are deleted.
pub(super) const KEYS_LIVE: Duration = Duration::from_hours(7 * 24);

/// Bytes of a first line. A longer one is no journal's.
const MAX_HEAD: u64 = 4 << 20;

/// What a show wants of its journal.
#[derive(Debug)]
pub struct Setup<'a> {
    /// The file.
    pub path: &'a Path,
    /// What is counted, and how.
    pub rules: Rules,
    /// Their hashtags are written by name.
    pub questions: &'a Questions,
    /// The names of the sources, in the order of their ids.
    pub sources: Vec<String>,
    /// What to do with a journal that is there.
    pub begin: Begin,
    /// What the machine takes for the time.
    pub now: Timestamp,
}

/// What to do with a journal that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// Go on with it, if it is of this evening.
    #[default]
    Auto,
    /// Keep it under its date, whatever it is, and begin a new one.
    Fresh,
    /// Go on with it, however old it is.
    Resume,
}

/// A journal that is written.
#[derive(Debug)]
pub struct Opened {
    /// The end for the show.
    pub journal: Journal,
    /// The thread that writes.
    pub writer: Writer,
    /// The secrets of the evening.
    pub keys: Keys,
    /// What happened before, if the show goes on.
    pub past: Option<Past>,
    /// Where a journal of another evening is kept, if there was one.
    pub kept: Option<PathBuf>,
}

/// What a journal has of the show before.
#[derive(Clone, Debug)]
pub struct Past {
    path: PathBuf,
    /// Its first line.
    pub head: Head,
    /// Before its last state line, if it has one: all that came before is in that.
    pub state: Option<Place>,
    /// After its last line.
    pub end: Place,
    /// The newest time that it has reached.
    pub last: Timestamp,
    /// Since when each source that was connected was not any more, by its name; `None`: it still was.
    sources: BTreeMap<String, Option<Timestamp>>,
    /// Bytes of an incomplete last line, which were dropped.
    pub torn: Option<u64>,
    /// It says that things are missing in it.
    pub lost: bool,
}

impl Past {
    /// Reads its lines, from the last state line if it has one.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn lines(&self) -> io::Result<Reader<Take<File>>> {
        Reader::open_between(&self.path, self.state, self.end)
    }

    /// Until when the source of that name was connected; `None` if it never was.
    #[must_use]
    pub fn heard(&self, source: &str) -> Option<Timestamp> {
        self.sources.get(source).map(|heard| heard.unwrap_or(self.last))
    }

    /// Reads its lines, from the first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn all_lines(&self) -> io::Result<Reader<Take<File>>> {
        Reader::open_between(&self.path, None, self.end)
    }
}

/// Why a show cannot begin with its journal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another show writes it.
    #[error("the journal `{}` is written by {}", display_text::path(path), who(*process))]
    Held {
        /// The file.
        path: PathBuf,
        /// Whose it is, if that can be known.
        process: Option<u32>,
    },
    /// There is something else.
    #[error("`{}` is not a journal", display_text::path(.0))]
    NotAJournal(PathBuf),
    /// This program could misread it.
    #[error(
        "the journal `{}` is of a newer version, {}",
        display_text::path(path),
        display_text::escaped(version)
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Which version wrote it.
        version: String,
    },
    /// Its posts count otherwise than the config says.
    #[error("the journal `{}` is of another contest: {}", display_text::path(path), display_text::escaped(&difference.to_string()))]
    OtherContest {
        /// The file.
        path: PathBuf,
        /// The first difference.
        difference: Difference,
    },
    /// It is not what was written.
    #[error(
        "the journal `{}` was changed: line {line} is not what was written there",
        display_text::path(path)
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// The first such line.
        line: u64,
    },
    /// Nobody in it would be known again.
    #[error("cannot read the keys of the journal `{}`", display_text::path(path))]
    NoKeys {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The disk does not do it.
    #[error("cannot {what} the journal `{}`", display_text::path(path))]
    Disk {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Error::Held { .. } => "end that show first, or give this one a journal of its own",
            Error::NotAJournal(_) => "choose another name: nothing that exists is overwritten",
            Error::Newer { .. } => {
                "go on with that version, or begin a new one with `--fresh`: this is kept under its date"
            }
            Error::OtherContest { .. } => {
                "mend the config, or begin a new one with `--fresh`: this is kept under its date"
            }
            Error::Changed { .. } => {
                "`hashtug verify` tells more of it; `--fresh` begins a new one and keeps this"
            }
            Error::NoKeys { .. } => "begin a new one with `--fresh`: this is kept under its date",
            Error::Disk { .. } => {
                "the folder must exist, have room, and be one that you may write to"
            }
        })
    }
}

fn who(process: Option<u32>) -> String {
    process.map_or("another program".to_owned(), |process| format!("process {process}"))
}

/// Begins a journal, or goes on with the one that is there.
///
/// # Errors
/// Why neither can be done.
pub fn open(setup: &Setup<'_>) -> Result<Opened, Error> {
    let Prepared { file, keys, past, kept } = prepare(RealDisk, setup)?;
    let lines = Lines::new(setup.questions, setup.sources.iter().cloned());
    let name = setup.path.file_name().unwrap_or(setup.path.as_os_str());
    let name = display_text::path(Path::new(name)).into();
    let (journal, writer) =
        super::start(file, lines, name).map_err(|source| failed("write", setup.path, source))?;
    Ok(Opened { journal, writer, keys, past, kept })
}

/// A journal that can be written on, before there is anybody who does.
pub(super) struct Prepared<D: Disk> {
    pub(super) file: OpenFile<D>,
    pub(super) keys: Keys,
    pub(super) past: Option<Past>,
    pub(super) kept: Option<PathBuf>,
}

pub(super) fn prepare<D: Disk>(disk: D, setup: &Setup<'_>) -> Result<Prepared<D>, Error> {
    let Setup { path, begin, now, .. } = *setup;
    let lock = lock(&disk, path)?;
    delete_old_keys(&disk, path, now);
    let Some(head) = look(&disk, path)? else {
        return begin_anew(disk, lock, setup, None);
    };
    if begin == Begin::Fresh {
        let kept = keep_aside(&disk, path, head.at, Moved::WithKeys)?;
        return begin_anew(disk, lock, setup, Some(kept));
    }
    if head.is_newer() {
        let version = head.version;
        return Err(Error::Newer { path: path.to_owned(), version });
    }
    let input = disk.read(path).map_err(|source| failed("read", path, source))?;
    let survey = reader::survey(input).map_err(|source| failed("read", path, source))?;
    let last = survey.last.unwrap_or(head.at);
    let age = now.saturating_since(last);
    if begin == Begin::Auto && age > SAME_EVENING {
        let moved = if age > KEYS_LIVE { Moved::Alone } else { Moved::WithKeys };
        let kept = keep_aside(&disk, path, head.at, moved)?;
        return begin_anew(disk, lock, setup, Some(kept));
    }
    go_on(disk, lock, setup, head, survey)
}

/// The first line of the file, if it has one.
fn look<D: Disk>(disk: &D, path: &Path) -> Result<Option<Head>, Error> {
    if !disk.exists(path) {
        return Ok(None);
    }
    let input = disk.read(path).map_err(|source| failed("read", path, source))?;
    let mut first = Vec::new();
    let read = BufReader::new(input.take(MAX_HEAD)).read_until(b'\n', &mut first);
    read.map_err(|source| failed("read", path, source))?;
    if first.last() == Some(&b'\n') {
        return match Head::read(&first) {
            Some(head) => Ok(Some(head)),
            None => Err(Error::NotAJournal(path.to_owned())),
        };
    }
    // A crash at the very beginning leaves less than a line, and nothing is lost with it.
    let beginning = &b"{\"at\":\""[..first.len().min(7)];
    if first.starts_with(beginning) { Ok(None) } else { Err(Error::NotAJournal(path.to_owned())) }
}

fn begin_anew<D: Disk>(
    disk: D,
    lock: D::Lock,
    setup: &Setup<'_>,
    kept: Option<PathBuf>,
) -> Result<Prepared<D>, Error> {
    let path = setup.path;
    let keys = Keys::default();
    let mut chain = Chain::default();
    let mut line = Vec::new();
    chain.seal(&Head::new(setup.now, setup.rules.clone()).line(), &mut line);
    let written = keys.write(&disk, &keys::path(path)).and_then(|()| {
        let mut handle = if disk.exists(path) {
            let mut handle = disk.open(path)?;
            handle.cut(0)?;
            handle
        } else {
            disk.create(path)?
        };
        handle.write_all(&line)?;
        handle.sync()?;
        disk.sync_folder_of(path)?;
        Ok(handle)
    });
    let handle = written.map_err(|source| failed("begin", path, source))?;
    let (path, synced) = (path.to_owned(), line.len() as u64);
    let file = OpenFile { disk, path, handle, lock, synced, lines: 1, chain };
    Ok(Prepared { file, keys, past: None, kept })
}

fn go_on<D: Disk>(
    disk: D,
    lock: D::Lock,
    setup: &Setup<'_>,
    head: Head,
    survey: Survey,
) -> Result<Prepared<D>, Error> {
    let path = setup.path;
    let Survey { state, end, lost, damage, last, sources, changed, .. } = survey;
    let rules = changed.as_ref().unwrap_or(&head.rules);
    let last = last.unwrap_or(head.at);
    let torn = match damage {
        None => None,
        Some(Damage::Torn { bytes, .. }) => Some(bytes),
        Some(Damage::Changed { line }) => {
            return Err(Error::Changed { path: path.to_owned(), line });
        }
    };
    if let Some(difference) = rules.difference(&setup.rules) {
        return Err(Error::OtherContest { path: path.to_owned(), difference });
    }
    let keys = Keys::read(&disk, &keys::path(path))
        .map_err(|source| Error::NoKeys { path: path.to_owned(), source })?;
    let mut chain = end.chain();
    let mut line = Vec::new();
    // So that whoever counts the evening anew has what was added.
    let changed = (*rules != setup.rules).then(|| setup.rules.value());
    chain.seal(&lines::resumed(setup.now.max(last), changed.as_ref()), &mut line);
    let written = disk.open(path).and_then(|mut handle| {
        handle.cut(end.offset())?;
        handle.write_all(&line)?;
        handle.sync()?;
        Ok(handle)
    });
    let handle = written.map_err(|source| failed("go on with", path, source))?;
    let past = Past { path: path.to_owned(), head, state, end, last, sources, torn, lost };
    let (synced, lines) = (end.offset() + line.len() as u64, end.lines() + 1);
    let file = OpenFile { disk, path: path.to_owned(), handle, lock, synced, lines, chain };
    Ok(Prepared { file, keys, past: Some(past), kept: None })
}

/// Takes the lock of a journal.
pub(super) fn lock<D: Disk>(disk: &D, path: &Path) -> Result<D::Lock, Error> {
    match disk.lock(&with_suffix(path, ".lock")) {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(process)) => Err(Error::Held { path: path.to_owned(), process }),
        Err(source) => Err(failed("lock", path, source)),
    }
}

/// What becomes of the keys of a journal that is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    WithKeys,
    /// They are deleted.
    Alone,
}

/// Gives a journal that began at `began` a name with its date.
fn keep_aside<D: Disk>(
    disk: &D,
    path: &Path,
    began: Timestamp,
    moved: Moved,
) -> Result<PathBuf, Error> {
    let own_keys = keys::path(path);
    let has_keys = disk.exists(&own_keys);
    let date = began.to_string();
    let date = date.get(..10).unwrap_or_default();
    let is_free = |name: &PathBuf| {
        // Keys without a journal are those of this one, after a crash between the two moves.
        let has_other_keys = || has_keys && disk.exists(&keys::path(name));
        !disk.exists(name) && !has_other_keys()
    };
    let names = (1..).map(|number: u32| match number {
        1 => named(path, date),
        _ => named(path, &format!("{date}-{number}")),
    });
    let mut free = names.filter(is_free);
    let kept = free.next().expect("there are more numbers than files");
    let keep = || {
        match moved {
            Moved::WithKeys if has_keys => disk.rename(&own_keys, &keys::path(&kept))?,
            Moved::Alone if has_keys => disk.remove(&own_keys)?,
            Moved::WithKeys | Moved::Alone => {}
        }
        disk.rename(path, &kept)?;
        disk.sync_folder_of(path)
    };
    keep().map_err(|source| failed("keep", path, source))?;
    Ok(kept)
}

/// Deletes the keys of journals that were kept under their date, a week after it.
fn delete_old_keys<D: Disk>(disk: &D, path: &Path, now: Timestamp) {
    // The date is that of the beginning.
    const LONGEST_EVENING: Duration = Duration::from_hours(24);
    let suffix = with_suffix(Path::new(path.extension().unwrap_or_default()), ".key");
    for beside in disk.beside(path) {
        let dated = || {
            let stem = path.file_stem()?.to_str()?;
            let name = beside.file_name()?.to_str()?;
            let rest = name.strip_prefix(stem)?.strip_prefix('-')?;
            let date = Timestamp::parse_rfc3339(&format!("{}T00:00:00Z", rest.get(..10)?))?;
            rest.ends_with(suffix.to_str()?).then_some(date)
        };
        if dated().is_some_and(|date| now.saturating_since(date) > KEYS_LIVE + LONGEST_EVENING) {
            // What cannot be deleted today can be tomorrow.
            let _stays = disk.remove(&beside);
        }
    }
}

pub(super) fn failed(what: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Disk { what, path: path.to_owned(), source }
}

/// Reads the first line of a journal, which must be one.
pub(super) fn head_of<D: Disk>(disk: &D, path: &Path) -> Result<Head, Error> {
    if !disk.exists(path) {
        return Err(failed("read", path, io::ErrorKind::NotFound.into()));
    }
    look(disk, path)?.ok_or_else(|| Error::NotAJournal(path.to_owned()))
}
