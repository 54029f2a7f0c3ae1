//! JSON of which some places matter, and anything else may be broken: a member of a wrong type, junk
//! nested a thousand deep, an end that was cut off.
//!
//! Splits arrays and objects at their commas by counting brackets, in one pass and without recursion.
//! Does not check what it splits: whoever wants a value reads it strictly and does without if it
//! cannot be read. Messages are not read like this; see [`super::json`].

/// A longer name is none that anybody asks for.
const MAX_NAME: usize = 64;

/// A longer text is no leaf.
const MAX_LEAF: usize = 2000;

/// The elements of an array, as far as they can be told apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elements<'a> {
    /// Each with its text, which may be broken in itself.
    pub(crate) whole: Vec<&'a [u8]>,
    /// What comes after the last one that has an end, or after the array; empty if nothing does.
    pub(crate) rest: &'a [u8],
}

/// The elements of an array; `None` if `text` is none.
pub(crate) fn elements(text: &[u8]) -> Option<Elements<'_>> {
    let mut whole = Vec::new();
    let mut at = open(text, b'[')?;
    loop {
        at = skip(text, at, b",");
        match text.get(at) {
            None => return Some(Elements { whole, rest: &[] }),
            Some(b']') => {
                let rest = text[at + 1..].trim_ascii();
                return Some(Elements { whole, rest });
            }
            Some(_) => match end_of_value(text, at) {
                Some(end) => {
                    whole.push(&text[at..end]);
                    at = end;
                }
                None => return Some(Elements { whole, rest: &text[at..] }),
            },
        }
    }
}

/// The text of the value at the end of a path of member names. Of two members with one name the last
/// one is meant.
pub(crate) fn find<'a>(document: &'a [u8], path: &[&str]) -> Option<&'a [u8]> {
    path.iter().try_fold(document, |object, name| member(object, name))
}

/// The text at the end of a path of member names, if there is one and it is not too long.
pub(crate) fn text(document: &[u8], path: &[&str]) -> Option<String> {
    let leaf = find(document, path).filter(|leaf| leaf.len() <= MAX_LEAF)?;
    serde_json::from_slice(leaf).ok()
}

/// Whether a document is an object, whatever is in it.
pub(crate) fn is_object(document: &[u8]) -> bool {
    open(document, b'{').is_some()
}

/// Whether a document is an array, whatever is in it.
pub(crate) fn is_array(document: &[u8]) -> bool {
    open(document, b'[').is_some()
}

fn member<'a>(object: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    let mut at = open(object, b'{')?;
    let mut found = None;
    loop {
        at = skip(object, at, b",");
        // The end of the object, and what is no name, end the search alike.
        if object.get(at) != Some(&b'"') {
            return found;
        }
        let Some(end) = end_of_value(object, at) else { return found };
        let name = &object[at..end];
        at = skip(object, end, b":");
        let Some(end) = end_of_value(object, at) else { return found };
        if is_name(name, wanted) {
            found = Some(&object[at..end]);
        }
        at = end;
    }
}

fn is_name(quoted: &[u8], wanted: &str) -> bool {
    quoted.len() <= MAX_NAME
        && serde_json::from_slice::<String>(quoted).is_ok_and(|name| name == wanted)
}

/// Where the first value inside of a bracket may begin.
fn open(text: &[u8], bracket: u8) -> Option<usize> {
    let text_without_mark = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let at = skip(text, text.len() - text_without_mark.len(), b"");
    (text.get(at) == Some(&bracket)).then_some(at + 1)
}

/// Passes over white space and `also`.
fn skip(text: &[u8], from: usize, also: &[u8]) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let is_passed = |byte: &u8| byte.is_ascii_whitespace() || also.contains(byte);
    from + rest.iter().take_while(|byte| is_passed(byte)).count()
}

/// The end of the value that begins at `from`, if it has one. A value that begins with a bracket goes
/// on until as many have been closed as were opened, of whatever kind.
fn end_of_value(text: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = from;
    loop {
        match text.get(at)? {
            b'"' => at = end_of_string(text, at)?,
            b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            // An end without a beginning belongs to whatever is around the value.
            b']' | b'}' if depth == 0 => return (at > from).then_some(at),
            b']' | b'}' => {
                depth -= 1;
                at += 1;
            }
            byte if depth == 0 && (*byte == b',' || byte.is_ascii_whitespace()) => {
                return (at > from).then_some(at);
            }
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The end of the string that begins at `from`.
fn end_of_string(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(array: &str, whole: &[&str], rest: &str) {
        let whole = whole.iter().map(|element| element.as_bytes()).collect();
        let expected = Elements { whole, rest: rest.as_bytes() };
        assert_eq!(elements(array.as_bytes()), Some(expected), "{array}");
    }

    #[test]
    fn an_element_that_is_broken_leaves_the_others_as_they_are() {
        check("[]", &[], "");
        check("\u{feff} [ 1 ,{\"a\":[2]}\n, null]\n", &["1", "{\"a\":[2]}", "null"], "");
        check(r#"["a,]\"\\",{"b":"}"}]"#, &[r#""a,]\"\\""#, r#"{"b":"}"}"#], "");
        check("[{\"a\":tru},[}x,{}]", &["{\"a\":tru}", "[}", "x", "{}"], "");
        check("[1,,2,]", &["1", "2"], "");
        check("[{}{}] tail", &["{}", "{}"], "tail");
        let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
        check(&format!("[{{}},{deep},7]"), &["{}", &deep, "7"], "");
    }

    #[test]
    fn what_was_cut_off_is_the_rest() {
        check("[1,{\"a\":[2}", &["1"], "{\"a\":[2}");
        check("[1,\"a", &["1"], "\"a");
        check("[1,\"\\", &["1"], "\"\\");
        check("[1,", &["1"], "");
        for none in ["", "{}", "7", "<html>", "\"[\""] {
            assert_eq!(elements(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn a_leaf_is_found_among_junk() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let document =
            format!(r#"{{"x":{deep},"a":null,"y":tru,"\u0061":{{"b":"c","n":7}},"z":nul,"#);
        let document = document.as_bytes();
        assert_eq!(text(document, &["a", "b"]).as_deref(), Some("c"));
        assert_eq!(text(document, &["a", "n"]), None);
        assert_eq!(text(document, &["a", "b", "c"]), None);
        assert_eq!(find(document, &["z"]), Some(&b"nul"[..]));
        assert!(is_object(document) && !is_object(b"[]") && !is_object(b""));
        assert_eq!(text(b"{\"a\":\"\xff\"}", &["a"]), None);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c\"\\\\{}\\[\\],: \u{e4}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-c]", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_sound_is_read_as_by_anybody(value in value(), pretty: bool) {
            let print = if pretty { serde_json::to_vec_pretty } else { serde_json::to_vec };
            let printed = print(&json!({"a": {"b": value.clone()}, "c": [value.clone(), 1]})).unwrap();
            let found: Value = serde_json::from_slice(find(&printed, &["a", "b"]).unwrap()).unwrap();
            prop_assert_eq!(&found, &value);
            let elements = elements(find(&printed, &["c"]).unwrap()).unwrap();
            prop_assert_eq!(elements.rest, b"");
            let whole: Vec<Value> =
                elements.whole.iter().map(|text| serde_json::from_slice(text).unwrap()).collect();
            prop_assert_eq!(whole, vec![value, 1.into()]);
        }

        #[test]
        fn anything_is_split_into_parts_of_itself(text in prop::collection::vec(any::<u8>(), 0..64)) {
            let text = [b"[".as_slice(), &text].concat();
            let parts = elements(&text).unwrap();
            let length: usize = parts.whole.iter().map(|part| part.len()).sum();
            prop_assert!(length + parts.rest.len() < text.len());
            prop_assert!(parts.whole.iter().all(|part| !part.is_empty()));
            find(&text[1..], &["a", "b"]);
        }
    }
}
