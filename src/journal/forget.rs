//! Forgets who took part: deletes the keys of a journal, and writes a copy that can be kept.
//!
//! Without the keys no name can be matched with a person. Exact times could still be, with posts that
//! are public; so in the copy they are those of the minute. What serves only to go on with a show is left
//! out of it: states, presses, and until when it and its sources were running.

use std::path::{Path, PathBuf};

use crate::timestamp::Timestamp;

use super::beside::named;
use super::disk::{Disk, Handle as _, RealDisk};
use super::open::{failed, head_of, lock};
use super::reader::{Damage, Kind, Line, Reader};
use super::seal::Chain;
use super::{Error, keys};

/// Bytes that are written at once.
const BLOCK: usize = 256 << 10;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// There were keys, and they are deleted.
    pub had_keys: bool,
    /// The copy.
    pub copy: PathBuf,
    /// Lines in it.
    pub lines: u64,
    /// Where the journal could not be read any further, and the copy ends.
    pub damage: Option<Damage>,
}

/// Deletes the keys of the journal at `path`, and writes the copy.
///
/// # Errors
/// If a show is writing it, it is no journal, or the disk does not do it.
pub fn forget(path: &Path) -> Result<Forgotten, Error> {
    forget_on(&RealDisk, path)
}

pub(super) fn forget_on<D: Disk>(disk: &D, path: &Path) -> Result<Forgotten, Error> {
    let _head = head_of(disk, path)?;
    let _lock = lock(disk, path)?;
    let own_keys = keys::path(path);
    let had_keys = disk.exists(&own_keys);
    if had_keys {
        let deleted = disk.remove(&own_keys).and_then(|()| disk.sync_folder_of(path));
        deleted.map_err(|source| failed("delete the keys of", path, source))?;
    }
    let names = (1..).map(|number: u32| match number {
        1 => named(path, "kept"),
        _ => named(path, &format!("kept-{number}")),
    });
    let mut free = names.filter(|name| !disk.exists(name));
    let copy = free.next().expect("there are more numbers than files");
    let (lines, damage) =
        write_copy(disk, path, &copy).map_err(|source| failed("copy", path, source))?;
    Ok(Forgotten { had_keys, copy, lines, damage })
}

fn write_copy<D: Disk>(
    disk: &D,
    path: &Path,
    copy: &Path,
) -> std::io::Result<(u64, Option<Damage>)> {
    let mut reader = Reader::new(disk.read(path)?);
    let mut file = disk.create(copy)?;
    let mut chain = Chain::default();
    let mut block = Vec::new();
    let mut lines = 0;
    while let Some(line) = reader.read()? {
        if let Some(kept) = kept(&line) {
            chain.seal(&kept, &mut block);
            lines += 1;
        }
        if block.len() >= BLOCK {
            file.write_all(&block)?;
            block.clear();
        }
    }
    file.write_all(&block)?;
    file.sync()?;
    disk.sync_folder_of(copy)?;
    Ok((lines, reader.damage()))
}

/// What stands in the copy for a line.
fn kept(line: &Line) -> Option<String> {
    match line.kind {
        Kind::State | Kind::Presses | Kind::Time | Kind::Source => None,
        _ => line.unsealed().map(|text| rounded(&text)),
    }
}

/// A line with all its times those of the minute.
fn rounded(line: &str) -> String {
    const MINUTE: i64 = 60_000;
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('"') {
        let text = &after[..end_of_text(after)];
        out.push_str(before);
        out.push('"');
        let minute = Timestamp::parse_rfc3339(text)
            .and_then(|time| Timestamp::from_millis(time.millis().div_euclid(MINUTE) * MINUTE));
        match minute {
            Some(minute) => out.push_str(&minute.to_string()),
            None => out.push_str(text),
        }
        rest = &after[text.len()..];
        if let Some(closed) = rest.strip_prefix('"') {
            out.push('"');
            rest = closed;
        }
    }
    out + rest
}

/// Where a text of JSON ends that begins here.
fn end_of_text(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(text.len())
}
