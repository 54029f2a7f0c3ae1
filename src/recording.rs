//! A recording as a run of blocks of whole lines, whatever its size and wrapping.
//!
//! Reads `.gz` and `.zst` as they are, and keeps memory constant: a line longer than [`MAX_LINE`]
//! is passed on in pieces and never held. A recording that breaks off in the middle, as that of a
//! killed recorder does, is read to where it breaks.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use tracing::warn;

use crate::display_text;
use crate::hint::Hint;

/// A longer line is no message. Pages of saved posts can be long; this holds some ten thousand.
pub const MAX_LINE: usize = 32 << 20;

/// How much is read at a time. Larger blocks fall out of the cache between reading and decoding.
const BLOCK: usize = 256 << 10;

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to read.
    #[error("cannot open `{}`", display_text::path(path))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading failed on the way.
    #[error("cannot read `{name}`")]
    Read {
        /// The file, or standard input.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// It is not text.
    #[error("`{name}` is not a recording: its first line is binary data")]
    Binary {
        /// The file, or standard input.
        name: String,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        let Error::Binary { .. } = self else { return None };
        Some("a recording is text, one JSON object a line, or that compressed as .gz or .zst")
    }
}

/// Whether a file of this name is read, and written by the recorder, as a compressed one.
#[must_use]
pub fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "gz" || ending == "zst")
}

/// Some of a recording.
#[derive(Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Whole lines.
    Lines(&'a [u8]),
    /// A piece of a line that is too long.
    Piece {
        /// Some bytes of it.
        bytes: &'a [u8],
        /// Whether the line ends here.
        last: bool,
    },
}

/// How far the reading has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Bytes of the file as it lies on disk; `None` if that cannot be known.
    pub size: Option<u64>,
    read: Arc<AtomicU64>,
}

impl Progress {
    /// How many bytes were read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// How the bytes lie on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    Plain,
    Compressed,
}

/// An open recording.
pub struct Recording {
    name: String,
    reader: Box<dyn Read + Send>,
    progress: Progress,
    /// What was read; the part in `start..end` has not been passed on.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Before this there is no end of a line that was not passed on.
    searched: usize,
    /// In the middle of a line that is too long.
    in_pieces: bool,
    first: bool,
    wrapping: Wrapping,
    broken_off: bool,
}

impl Recording {
    /// What comes through standard input.
    #[must_use]
    pub fn stdin() -> Recording {
        Recording::new("standard input".into(), Box::new(io::stdin()), None)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub fn open(path: &Path) -> Result<Recording, Error> {
        let open = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(io::Error::from(io::ErrorKind::IsADirectory));
            }
            Ok((file, metadata.is_file().then_some(metadata.len())))
        };
        let (file, size) =
            open().map_err(|source| Error::Open { path: path.to_owned(), source })?;
        let name = display_text::path(path);
        let mut recording = Recording::new(name, Box::new(io::empty()), size);
        let file = Counted { inner: file, read: Arc::clone(&recording.progress.read) };
        if is_compressed(path) {
            recording.wrapping = Wrapping::Compressed;
        }
        recording.reader = match path.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Box::new(MultiGzDecoder::new(file)),
            Some("zst") => Box::new(
                zstd::Decoder::new(file)
                    .map_err(|source| Error::Open { path: path.to_owned(), source })?,
            ),
            _ => Box::new(file),
        };
        Ok(recording)
    }

    /// A recording that is part of the program.
    #[must_use]
    pub fn embedded(name: &str, bytes: &'static [u8]) -> Recording {
        Recording::new(name.to_owned(), Box::new(bytes), Some(bytes.len() as u64))
    }

    fn new(name: String, reader: Box<dyn Read + Send>, size: Option<u64>) -> Recording {
        Recording {
            name,
            reader,
            progress: Progress { size, read: Arc::default() },
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            searched: 0,
            in_pieces: false,
            first: true,
            wrapping: Wrapping::Plain,
            broken_off: false,
        }
    }

    /// The file's name as it was given, fit to be shown.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For the log.
    #[must_use]
    pub fn malformed(&self) -> Malformed {
        Malformed { name: self.name.clone(), seen: 0 }
    }

    /// How far the reading has come, to be watched from elsewhere.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Whether a compressed recording broke off before its end.
    #[must_use]
    pub fn broken_off(&self) -> bool {
        self.broken_off
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::Binary`] at the first chunk.
    pub fn read(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        loop {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.searched = self.searched.saturating_sub(self.start);
                self.start = 0;
            }
            let fresh = &self.buffer[self.searched..self.end];
            if self.in_pieces && !fresh.is_empty() {
                let line_end = memchr::memchr(b'\n', fresh);
                let piece = line_end.unwrap_or(fresh.len());
                self.in_pieces = line_end.is_none();
                self.start = if self.in_pieces { piece } else { piece + 1 };
                // What follows the line was not searched for the ends of others.
                self.searched = self.start;
                let bytes = &self.buffer[..piece];
                return Ok(Some(Chunk::Piece { bytes, last: !self.in_pieces }));
            }
            if let Some(at) = memchr::memrchr(b'\n', fresh) {
                self.start = self.searched + at + 1;
                self.searched = self.end;
                self.check_first()?;
                return Ok(Some(Chunk::Lines(&self.buffer[..self.start])));
            }
            self.searched = self.end;
            if self.end == MAX_LINE {
                self.check_first()?;
                self.in_pieces = true;
                self.start = self.end;
                return Ok(Some(Chunk::Piece { bytes: &self.buffer[..self.end], last: false }));
            }
            if self.end == self.buffer.len() {
                // Nothing but the beginning of one line: make room for more of it.
                let len = (self.buffer.len() * 2).min(MAX_LINE);
                self.buffer.resize(len, 0);
            }
            let count = self.fill()?;
            if count == 0 {
                self.check_first()?;
                return Ok(self.rest());
            }
            self.end += count;
        }
    }

    /// What is left when there is no more to read.
    fn rest(&mut self) -> Option<Chunk<'_>> {
        let rest = 0..std::mem::take(&mut self.end);
        self.searched = 0;
        if std::mem::take(&mut self.in_pieces) {
            return Some(Chunk::Piece { bytes: &self.buffer[rest], last: true });
        }
        (!rest.is_empty()).then(|| Chunk::Lines(&self.buffer[rest]))
    }

    fn fill(&mut self) -> Result<usize, Error> {
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Something came out of it, so it is what its name says, up to here.
                Err(_)
                    if self.wrapping == Wrapping::Compressed && (self.end > 0 || !self.first) =>
                {
                    self.broken_off = true;
                    return Ok(0);
                }
                Err(source) => return Err(Error::Read { name: self.name.clone(), source }),
            }
        }
    }

    /// JSON has no NUL, and most other kinds of file have one early on.
    fn check_first(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.first) {
            let line = self.buffer[..self.end].split(|&byte| byte == b'\n').next();
            if line.is_some_and(|line| memchr::memchr(0, line).is_some()) {
                return Err(Error::Binary { name: self.name.clone() });
            }
            // Some editors begin a file with a byte order mark, which is no part of its first line.
            if self.buffer[..self.end].starts_with(b"\xef\xbb\xbf") {
                self.buffer[..3].fill(b' ');
            }
        }
        Ok(())
    }
}

/// Names the malformed lines of a recording in the log, until there were too many of them.
pub struct Malformed {
    name: String,
    seen: u32,
}

impl Malformed {
    /// More are counted without being named.
    const NAMED: u32 = 20;

    /// Logs that a line was counted as malformed, and why.
    pub fn name(&mut self, line: u64, reason: &str) {
        self.seen = self.seen.saturating_add(1);
        let name = &self.name;
        if self.seen <= Malformed::NAMED {
            warn!("{name}:{line}: post skipped: {reason}");
        } else if self.seen == Malformed::NAMED + 1 {
            warn!("{name}: further malformed lines are counted, and not named here");
        }
    }
}

struct Counted {
    inner: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
