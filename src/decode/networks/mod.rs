//! The networks whose messages are known: a file or folder each, and a line each in the table below.
//!
//! A network's own file says all that there is to say of it (`Network`): its name, its shape, how it
//! is told from the others, and the words that mark its deletions and edits. Whatever asks for the
//! networks, in here or elsewhere, goes through the table.

pub mod jetstream;
pub mod mastodon;
pub mod nostr;
mod post;
pub mod x;

use std::fmt;
use std::str::FromStr;

use crate::questions::Questions;

use super::json::{Invalid, Kind, Reader};
use super::matcher::Folding;
use super::network::{Decode, Members, Network};
use super::page::Array;
use super::prefilter::Prefilter;

pub(super) use post::{STEERING, steers};

/// Makes [`Feed`] of the table. A network is a name, and the module with its [`Network`].
macro_rules! networks {
    ($($(#[$doc:meta])* $feed:ident = $module:ident,)*) => {
        /// The shape of the messages of one network.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Feed {
            $($(#[$doc])* $feed,)*
        }

        impl Feed {
            /// All feeds, in the order in which help texts list them.
            pub const ALL: [Feed; [$(stringify!($feed)),*].len()] = [$(Feed::$feed),*];

            pub(super) fn network(self) -> &'static Network {
                match self {
                    $(Feed::$feed => &$module::NETWORK,)*
                }
            }
        }
    };
}

networks! {
    /// hashtug's own recordings; also what people write by hand.
    Post = post,
    /// Bluesky's Jetstream, both generations of its protocol.
    Jetstream = jetstream,
    /// Mastodon: statuses, and the events of its streaming API.
    Mastodon = mastodon,
    /// X: API v2, lines of the stream or pages, and version 1.1.
    X = x,
    /// Nostr: events, bare or as a relay sends them.
    Nostr = nostr,
}

impl Feed {
    /// As it is written in the config and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.network().name
    }

    /// As people call the network.
    pub(crate) fn title(self) -> &'static str {
        self.network().title
    }

    /// The kind of the live source that receives these messages, if one does.
    pub(crate) fn source(self) -> Option<&'static str> {
        self.network().source
    }

    /// What can be asked for where a feed is asked for: each by its name, and `auto`.
    pub fn choices() -> impl Iterator<Item = (&'static str, Option<Feed>)> {
        let feeds = Feed::ALL.into_iter().map(|feed| (feed.name(), Some(feed)));
        std::iter::once(("auto", None)).chain(feeds)
    }

    /// The feed of a source of this kind, as recordings name it. Its messages can be recorded as they
    /// come: they are decoded by the name of the kind alone.
    pub(crate) fn of_source(kind: &str) -> Option<Feed> {
        let network = |feed: &Feed| feed.network().source == Some(kind);
        Feed::ALL.into_iter().find(network).or_else(|| kind.parse().ok())
    }

    /// Tells by its members which network's message this is; `None` if it could be any, or none.
    #[must_use]
    pub fn sniff(message: &str) -> Option<Feed> {
        let mut reader = Reader::new(message);
        match reader.peek().ok()? {
            Kind::Object => {
                let members = Members::read(&mut reader);
                // The last of the surest, and so the one that stands first in the table.
                let feeds = Feed::ALL.into_iter().rev();
                let claims =
                    feeds.filter_map(|feed| Some(((feed.network().claim)(&members)?, feed)));
                claims.max_by_key(|&(claim, _)| claim).map(|(_, feed)| feed)
            }
            Kind::Array => {
                let mut feed = None;
                let mut first = true;
                let _ = reader.array(|reader| {
                    if std::mem::take(&mut first) {
                        feed = match reader.peek()? {
                            Kind::String => Feed::ALL
                                .into_iter()
                                .find(|feed| feed.network().array == Array::MessageIfTextFirst),
                            Kind::Object | Kind::Array => Feed::sniff(reader.skip()?),
                            _ => None,
                        };
                    }
                    Err(Invalid("seen enough"))
                });
                feed
            }
            _ => None,
        }
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Feed {
    type Err = String;

    fn from_str(name: &str) -> Result<Feed, String> {
        Feed::ALL.into_iter().find(|feed| feed.name() == name).ok_or_else(|| {
            let names = Feed::ALL.map(Feed::name).join(", ");
            format!("`{name}` is not a feed; it is one of {names}")
        })
    }
}

/// The networks of which messages may come: that of the feed, or all if it is not known or is that of
/// recordings.
fn networks(feed: Option<Feed>) -> impl Iterator<Item = &'static Network> {
    let holds_all = |feed: Feed| matches!(feed.network().decode, Decode::Recording(_));
    let only = feed.filter(|&feed| !holds_all(feed));
    let feeds = Feed::ALL.into_iter().filter(move |&feed| only.is_none_or(|only| only == feed));
    feeds.map(Feed::network)
}

/// How hashtags may be written in messages of this feed.
pub(super) fn folding(feed: Option<Feed>) -> Folding {
    networks(feed).map(|network| network.folding).max().unwrap_or(Folding::Plain)
}

/// What an array is in this feed.
pub(super) fn array(feed: Option<Feed>) -> Array {
    feed.map_or(Array::Page, |feed| feed.network().array)
}

/// A scan for messages of this feed that are worth decoding.
pub(super) fn prefilter(feed: Option<Feed>, questions: &Questions) -> Prefilter {
    // What steers a show is looked at wherever it comes from, since it must not pass for a post.
    let mut words = STEERING.to_vec();
    for network in networks(feed) {
        for word in network.changes.iter().chain(network.framing) {
            if !words.contains(word) {
                words.push(*word);
            }
        }
    }
    Prefilter::new(questions, folding(feed), words)
}

/// Whether a message may be a deletion or an edit, of this feed or, if that is not known, of any.
pub(super) fn may_change(feed: Option<Feed>, message: &str) -> bool {
    let feeds = Feed::ALL.into_iter().filter(|&one| feed.is_none_or(|feed| feed == one));
    feeds.flat_map(|feed| feed.network().changes).any(|word| word.may_stand_in(message))
}

#[cfg(test)]
mod tests;
