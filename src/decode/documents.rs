//! Documents of any service to messages, whatever they hold.

use crate::event::Message;
use crate::post::Hasher;
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use super::mapped::{Map, Mapped};
use super::numbers::{Fields, Numbers};
use super::verdict::Verdict;

/// What the documents of a service hold that is not one of the known networks.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Posts, and where in a document each part of them is.
    Posts(Map),
    /// Numbers that pull the rope as they grow.
    Numbers(Fields),
}

impl Default for Shape {
    /// hashtug's own posts.
    fn default() -> Shape {
        Shape::Posts(Map::default())
    }
}

/// Decodes the documents of one source, in order.
pub enum Documents {
    /// They hold posts.
    Posts(Box<Mapped>),
    /// They hold numbers.
    Numbers(Numbers),
}

impl Documents {
    /// A decoder of what the source named `scope` receives: ids and authors are its own.
    #[must_use]
    pub fn new(questions: &Questions, shape: &Shape, hasher: Hasher, scope: &str) -> Documents {
        match shape {
            Shape::Posts(map) => {
                Documents::Posts(Box::new(Mapped::new(questions, map.clone(), hasher, scope)))
            }
            Shape::Numbers(fields) => Documents::Numbers(Numbers::new(fields.clone())),
        }
    }

    /// The documents that follow are those of one poll: posts that stood in the last one are no
    /// messages again.
    pub fn begin_poll(&mut self) {
        if let Documents::Posts(mapped) = self {
            mapped.begin_poll();
        }
    }

    /// Messages of this poll that were new, and those that were there before.
    #[must_use]
    pub fn polled(&self) -> (usize, usize) {
        match self {
            Documents::Posts(mapped) => mapped.polled(),
            Documents::Numbers(_) => (0, 0),
        }
    }

    /// How far a document can be read; counts nothing.
    pub(crate) fn verdict(&self, bytes: &[u8]) -> Verdict {
        match self {
            Documents::Posts(mapped) => mapped.verdict(bytes),
            Documents::Numbers(numbers) => numbers.verdict(bytes),
        }
    }

    /// Decodes one document. What has no time of its own was posted when it arrived.
    pub fn document(&mut self, bytes: &[u8], arrived: Timestamp, report: impl FnMut(Message)) {
        match self {
            Documents::Posts(mapped) => mapped.document(bytes, arrived, report),
            Documents::Numbers(numbers) => numbers.document(bytes, arrived, report),
        }
    }
}
