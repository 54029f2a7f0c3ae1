//! Where lines go: a file as it is, or compressed as its name says, or standard output.
//!
//! What was flushed can be read whatever happens then: gzip and Zstandard end a block at each flush,
//! and a recording that breaks off is read to where it breaks. Nothing that exists is overwritten.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::display_text;
use crate::hint::Hint;

/// Why a recording cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is overwritten.
    #[error("`{}` exists, and is not overwritten", display_text::path(.0))]
    Exists(PathBuf),
    /// It cannot be made.
    #[error("cannot write `{}`", display_text::path(path))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Error::Exists(_) => "choose another name, or move that recording away",
            Error::Open { .. } => "the folder must exist, and be one that you may write to",
        })
    }
}

/// Why lines were not written, and how many of them were: a file that is not compressed ends after
/// the last whole one.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) error: io::Error,
    pub(super) lines: u64,
}

/// An open file that lines can go to.
pub struct Out {
    name: String,
    sink: Sink,
}

enum Sink {
    Plain(Target),
    Gz(GzEncoder<Target>),
    Zst(zstd::Encoder<'static, Target>),
}

/// The file itself. After its first error it takes nothing more, so that what was written stays as
/// it was.
struct Target {
    to: To,
    written: u64,
    failed: Option<io::ErrorKind>,
}

enum To {
    File(File),
    Stdout(io::Stdout),
}

impl Out {
    /// Makes the file. What exists and is empty, or no file at all (a pipe, say), is taken as it is.
    ///
    /// # Errors
    /// If it holds something already, or cannot be made.
    pub fn create(path: &Path) -> Result<Out, Error> {
        if super::is_stdout(path) {
            let target = Target { to: To::Stdout(io::stdout()), written: 0, failed: None };
            return Ok(Out { name: "standard output".to_owned(), sink: Sink::Plain(target) });
        }
        let failed = |source| Error::Open { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.write(true);
        let file = match path.metadata() {
            Ok(found) if found.is_file() && found.len() > 0 => {
                return Err(Error::Exists(path.to_owned()));
            }
            Ok(_) => options.open(path),
            Err(_) => options.create_new(true).open(path),
        };
        let file = file.map_err(failed)?;
        let target = Target { to: To::File(file), written: 0, failed: None };
        let sink = match path.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Sink::Gz(GzEncoder::new(target, Compression::default())),
            Some("zst") => Sink::Zst(zstd::Encoder::new(target, 0).map_err(failed)?),
            _ => Sink::Plain(target),
        };
        let name = display_text::path(Path::new(path.file_name().unwrap_or(path.as_os_str())));
        Ok(Out { name, sink })
    }

    /// The name of the file, without its folder.
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// How long the file is.
    pub(super) fn bytes(&self) -> u64 {
        match &self.sink {
            Sink::Plain(target) => target.written,
            Sink::Gz(gz) => gz.get_ref().written,
            Sink::Zst(zst) => zst.get_ref().written,
        }
    }

    /// Writes lines.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), Cut> {
        match &mut self.sink {
            Sink::Plain(target) => {
                let before = target.written;
                target.write_all(lines).map_err(|error| {
                    let taken = usize::try_from(target.written - before).unwrap_or(0);
                    let whole = memchr::memrchr(b'\n', &lines[..taken]).map_or(0, |end| end + 1);
                    target.cut(before + whole as u64);
                    Cut { error, lines: memchr::memchr_iter(b'\n', &lines[..whole]).count() as u64 }
                })
            }
            Sink::Gz(gz) => gz.write_all(lines).map_err(|error| Cut { error, lines: 0 }),
            Sink::Zst(zst) => zst.write_all(lines).map_err(|error| Cut { error, lines: 0 }),
        }
    }

    /// Whether lines that were written are readable before they are flushed.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.sink, Sink::Plain(_))
    }

    /// Brings what was written to where it can be read.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Plain(target) => target.flush(),
            Sink::Gz(gz) => gz.flush(),
            Sink::Zst(zst) => zst.flush(),
        }
    }

    /// Ends the file, and tells how long it is.
    pub(super) fn finish(self) -> io::Result<u64> {
        let mut target = match self.sink {
            Sink::Plain(target) => target,
            Sink::Gz(gz) => gz.finish()?,
            Sink::Zst(zst) => zst.finish()?,
        };
        target.flush()?;
        Ok(target.written)
    }
}

impl Target {
    /// Cuts off a line that was not written whole.
    fn cut(&mut self, len: u64) {
        if let To::File(file) = &self.to
            && file.set_len(len).is_ok()
        {
            self.written = len;
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let written = match &mut self.to {
            To::File(file) => file.write(bytes),
            To::Stdout(stdout) => stdout.write(bytes),
        };
        match &written {
            Ok(count) => self.written += *count as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.failed = Some(error.kind()),
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::File(_) => Ok(()),
            To::Stdout(stdout) => stdout.flush(),
        }
    }
}

#[cfg(test)]
mod tests;
