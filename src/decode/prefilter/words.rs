//! Words that mark messages which have to be decoded though they may name no team: deletions, edits,
//! and lines that are no single message.
//!
//! Which words those are is said by each network's own file. A word is looked for by its bytes, with
//! a short look at what follows it; when in doubt it counts as found.

/// A name or a text of JSON, in its quotes, and what has to follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Word {
    pub(in crate::decode) text: &'static str,
    pub(super) follows: Follows,
}

impl Word {
    /// The word `text`, with its quotes, where `follows` is what comes next.
    pub(in crate::decode) const fn new(text: &'static str, follows: Follows) -> Word {
        Word { text, follows }
    }

    /// Whether it may stand in `message`.
    pub(in crate::decode) fn may_stand_in(self, message: &str) -> bool {
        let mut found = message.match_indices(self.text);
        found.any(|(at, word)| self.follows.holds(&message.as_bytes()[at + word.len()..]))
    }
}

/// What follows a word, after white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Follows {
    /// Whatever it is: the word alone is enough.
    Anything,
    /// Any value, so that the word is the name of a member.
    Colon,
    /// A list.
    Array,
    /// A list of two items or more.
    TwoItems,
    /// A text.
    String,
    /// The number 5, in any of its spellings.
    Five,
}

impl Follows {
    /// Whether it may stand in `rest`, which begins after the word.
    pub(super) fn holds(self, rest: &[u8]) -> bool {
        if self == Follows::Anything {
            return true;
        }
        // A few bytes only are looked at, since the word may stand in a line many thousand times.
        let is_cut = rest.len() > LOOK_AHEAD;
        // In JSON in a string, white space may be escaped; who knows what follows then.
        let rest = match after_space(&rest[..rest.len().min(LOOK_AHEAD)]) {
            [b':', rest @ ..] => after_space(rest),
            [b'\\', ..] => return true,
            [] => return is_cut,
            _ => return false,
        };
        let Some((&first, rest)) = rest.split_first() else {
            return true;
        };
        if matches!(first, b'\n' | b'\\') {
            return true;
        }
        match self {
            Follows::Anything | Follows::Colon => true,
            Follows::Array => first == b'[',
            Follows::String => first == b'"',
            Follows::Five => {
                let end = rest.iter().position(|byte| b",}\n".contains(byte));
                let number = &rest[..end.unwrap_or(rest.len())];
                first == b'5' && !matches!(number.first(), Some(b'0'..=b'9'))
                    || number.iter().any(|byte| b"eE.".contains(byte))
                    || end.is_none() && is_cut
            }
            Follows::TwoItems => {
                let end = memchr::memchr3(b',', b']', b'\n', rest);
                first == b'[' && end.map_or(is_cut, |end| rest[end] == b',')
            }
        }
    }
}

/// Bytes of look-ahead after a word. A message in which they leave open what follows is let pass.
const LOOK_AHEAD: usize = 256;

/// What comes after white space. A line feed ends the message.
fn after_space(rest: &[u8]) -> &[u8] {
    let space = rest.iter().take_while(|byte| b" \t\r".contains(byte)).count();
    &rest[space..]
}
