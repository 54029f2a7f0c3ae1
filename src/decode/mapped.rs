//! Posts of any service, found in its JSON documents by JSON Pointers (RFC 6901).

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// Where in a message the parts of a post are. What has no pointer is not looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The list of messages in a document. Without it a list is its messages, and anything else is
    /// one message.
    pub items: Option<Pointer>,
    /// The text, from which hashtags are taken where there is no `hashtags`.
    pub text: Option<Pointer>,
    /// The hashtags: a list of texts, or of objects with a `name`, `tag`, `text` or `hashtag`, or
    /// one text, separated by spaces or commas.
    pub hashtags: Option<Pointer>,
    /// What the service calls the post, as text or number. Without it each post is its own.
    pub id: Option<Pointer>,
    /// Who posted it, as text or number. Without it each post is by an author of its own.
    pub author: Option<Pointer>,
    /// When: RFC 3339, or seconds, milliseconds or microseconds since 1970. Without it, when it
    /// arrived.
    pub at: Option<Pointer>,
    /// The id of a post that the message takes back.
    pub delete: Option<Pointer>,
}

impl Default for Map {
    /// hashtug's own posts.
    fn default() -> Map {
        let pointer = |text: &str| text.parse().ok();
        Map {
            items: None,
            text: pointer("/text"),
            hashtags: pointer("/hashtags"),
            id: pointer("/id"),
            author: pointer("/author"),
            at: pointer("/at"),
            delete: pointer("/delete"),
        }
    }
}

/// A pointer longer than this, in bytes, is none.
const MAX_POINTER: usize = 1000;

/// A JSON Pointer, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

/// Why a text is no JSON Pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It has no slash first.
    #[error("it does not begin with `/`")]
    NoSlash,
    /// A tilde that escapes nothing.
    #[error("after `~` there must be `0` (for `~`) or `1` (for `/`)")]
    Tilde,
    /// It is longer than any message is deep.
    #[error("it is longer than {MAX_POINTER} bytes")]
    TooLong,
}

impl Pointer {
    /// Reads a pointer. The empty one points at the document as a whole.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Pointer, PointerError> {
        if text.len() > MAX_POINTER {
            return Err(PointerError::TooLong);
        }
        if text.is_empty() {
            return Ok(Pointer(Vec::new()));
        }
        let names = text.strip_prefix('/').ok_or(PointerError::NoSlash)?;
        names.split('/').map(unescape).collect::<Result<_, _>>().map(Pointer)
    }

    /// What it points at; `None` if that is not there.
    #[must_use]
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(document, |value, name| match value {
            Value::Object(members) => members.get(name),
            Value::Array(items) => items.get(index(name)?),
            _ => None,
        })
    }
}

/// `~1` is a slash and `~0` a tilde.
fn unescape(name: &str) -> Result<String, PointerError> {
    let mut pieces = name.split('~');
    let mut unescaped = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (escaped, rest) = match piece.as_bytes().first() {
            Some(b'0') => ('~', &piece[1..]),
            Some(b'1') => ('/', &piece[1..]),
            _ => return Err(PointerError::Tilde),
        };
        unescaped.push(escaped);
        unescaped.push_str(rest);
    }
    Ok(unescaped)
}

/// An index of a list has no sign and no zero first.
fn index(name: &str) -> Option<usize> {
    let plain = name == "0" || !name.starts_with(['0', '+']);
    plain.then(|| name.parse().ok()).flatten()
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Pointer, PointerError> {
        Pointer::parse(text)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.0 {
            write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}
