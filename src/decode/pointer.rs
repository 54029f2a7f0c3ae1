//! JSON Pointers (RFC 6901): where in a document a value is.

use std::fmt;
use std::str::FromStr;

use super::json::{Invalid, Kind, MAX_DEPTH, Reader};

/// Bytes of a pointer. A longer one is refused.
const MAX_POINTER: usize = 1000;

/// A JSON Pointer, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

/// Why a text is not a JSON Pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It has no slash first.
    #[error("it does not begin with `/`")]
    NoSlash,
    /// A tilde that escapes nothing.
    #[error("after `~` there must be `0` (for `~`) or `1` (for `/`)")]
    Tilde,
    /// It is longer than any that is meant.
    #[error("it is longer than {MAX_POINTER} bytes or {MAX_DEPTH} names")]
    TooLong,
}

impl Pointer {
    /// Reads a pointer. The empty one points at the document as a whole.
    ///
    /// # Errors
    /// If the text is not a JSON Pointer.
    pub fn parse(text: &str) -> Result<Pointer, PointerError> {
        if text.len() > MAX_POINTER {
            return Err(PointerError::TooLong);
        }
        if text.is_empty() {
            return Ok(Pointer(Vec::new()));
        }
        let names = text.strip_prefix('/').ok_or(PointerError::NoSlash)?;
        if names.split('/').count() > MAX_DEPTH {
            return Err(PointerError::TooLong);
        }
        names.split('/').map(unescape).collect::<Result<_, _>>().map(Pointer)
    }

    /// The text of the value that it points at in `document`; `None` if that is not there. Of several
    /// members with one name it is the last.
    ///
    /// # Errors
    /// If the document is broken before the place is found; what lies outside the way to it is not
    /// looked at twice.
    pub fn find<'a>(&self, document: &'a str) -> Result<Option<&'a str>, Invalid> {
        let mut here = document;
        for name in &self.0 {
            let mut reader = Reader::new(here);
            let mut found = None;
            match reader.peek()? {
                Kind::Object => reader.object(|reader, member| {
                    let value = reader.skip()?;
                    if member.is(name) {
                        found = Some(value);
                    }
                    Ok(())
                })?,
                Kind::Array => {
                    let wanted = index(name);
                    let mut next = 0;
                    reader.array(|reader| {
                        let value = reader.skip()?;
                        if wanted == Some(next) {
                            found = Some(value);
                        }
                        next += 1;
                        Ok(())
                    })?;
                }
                _ => {}
            }
            let Some(found) = found else { return Ok(None) };
            here = found;
        }
        Ok(Some(here))
    }

    /// The name of the member that it points at; `None` if that is the document or may be an item of
    /// a list.
    pub(super) fn member(&self) -> Option<&str> {
        self.0.last().map(String::as_str).filter(|name| index(name).is_none())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The document of the RFC, section 5.
    const DOCUMENT: &str = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;

    #[test]
    fn the_examples_of_the_standard_point_where_it_says() {
        for (pointer, expected) in [
            ("", DOCUMENT),
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            let parsed = Pointer::parse(pointer).unwrap();
            assert_eq!(parsed.find(DOCUMENT), Ok(Some(expected)), "{pointer}");
            assert_eq!(parsed.to_string(), pointer);
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for pointer in
            ["/x", "/foo/2", "/foo/00", "/foo/+1", "/foo/-", "/foo/bar", "/foo/0/0", "/a/b"]
        {
            assert_eq!(Pointer::parse(pointer).unwrap().find(DOCUMENT), Ok(None), "{pointer}");
        }
    }

    #[test]
    fn the_last_of_two_members_counts() {
        let pointer = Pointer::parse("/a").unwrap();
        assert_eq!(pointer.find(r#"{"a":1,"\u0061":2,"b":3}"#), Ok(Some("2")));
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        assert_eq!(Pointer::parse("a"), Err(PointerError::NoSlash));
        assert_eq!(Pointer::parse("/~"), Err(PointerError::Tilde));
        assert_eq!(Pointer::parse("/a~2"), Err(PointerError::Tilde));
        assert_eq!(Pointer::parse(&"/".repeat(MAX_DEPTH + 1)), Err(PointerError::TooLong));
        assert_eq!(Pointer::parse(&format!("/{}", "x".repeat(1000))), Err(PointerError::TooLong));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            (0..9).prop_map(Value::from),
            "[a~/0]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map("[a0~/]{0,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_common_implementation_finds_the_same(value in value(), pointer in "(/([a01/-]|~0|~1){0,2}){0,4}") {
            let text = value.to_string();
            let found = Pointer::parse(&pointer).unwrap().find(&text).unwrap();
            let found: Option<Value> = found.map(|found| serde_json::from_str(found).unwrap());
            prop_assert_eq!(found.as_ref(), value.pointer(&pointer));
        }
    }
}
