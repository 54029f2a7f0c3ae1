//! What a network's file says of its messages: all that the decoder and the scan before it must know.
//!
//! The files themselves are in `networks`, with the table of them.

use super::draft::{Content, Context, Line};
use super::json::{Invalid, Kind, Reader};
use super::matcher::Folding;
use super::page::Array;
use super::prefilter::words::Word;

/// One network, or another shape that lines of recordings have.
pub(super) struct Network {
    /// As it is written in the config and on the command line.
    pub(super) name: &'static str,
    /// As people call it.
    pub(super) title: &'static str,
    /// The kind of the live source that receives these messages. A raw recording names them by it,
    /// and is decoded by it again; `None` if no source does.
    pub(super) source: Option<&'static str>,
    /// How sure it is, by the members of a message, that the message is of this network; `None` if it
    /// is not.
    pub(super) claim: fn(&Members) -> Option<Claim>,
    /// What an array is.
    pub(super) array: Array,
    /// How hashtags are written.
    pub(super) folding: Folding,
    /// Words without which a message is not a deletion or an edit.
    pub(super) changes: &'static [Word],
    /// Words without which a line is one message, and not a page or a remark.
    pub(super) framing: &'static [Word],
    /// Reads a message.
    pub(super) decode: Decode,
}

/// Reads what stands on one line, or is one item of a page.
#[derive(Clone, Copy)]
pub(super) enum Decode {
    /// One message.
    One(fn(&Context, &str) -> Result<Content, Invalid>),
    /// An object that may hold several messages. Each has its own text, and is broken by itself.
    Several(for<'a> fn(&Context, &'a str, &mut Each<'_, 'a>)),
    /// A line of a recording, which may hold a message of any network as it came.
    Recording(for<'a> fn(&Context, &'a str) -> Result<Line<'a>, Invalid>),
}

/// Is given the text of each message of an object, and what it turned out to hold.
pub(super) type Each<'f, 'a> = dyn FnMut(&'a str, Result<Content, Invalid>) + 'f;

/// How sure a network is of a message. The surest has it; of two that are alike the one that stands
/// first in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// It is, if no other claims it.
    Possible,
    /// Its members are what the network's messages have; others may have them as well.
    Likely,
    /// It has a member that no other network's messages have.
    Certain,
}

/// The members of a message that is an object, as far as it can be read.
pub(super) struct Members(Vec<(String, Option<Kind>)>);

impl Members {
    /// Reads the names. A broken end does not matter: the members before it may tell.
    pub(super) fn read(reader: &mut Reader<'_>) -> Members {
        let mut members = Vec::new();
        let _broken = reader.object(|reader, name| {
            members.push((name.value().into_owned(), reader.peek().ok()));
            reader.skip().map(drop)
        });
        Members(members)
    }

    /// Whether there is one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Whether there is one of any of these names.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// What the member of this name is; `None` if there is none, or its value is broken.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        self.0.iter().rev().filter(|(known, _)| known == name).find_map(|&(_, kind)| kind)
    }
}
