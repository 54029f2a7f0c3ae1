//! Where one message ends and the next begins: lines, pages of messages, and lines that are not messages.

use super::json::{Invalid, Reader};

/// What an array on a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Array {
    /// A page of messages.
    Page,
    /// A message if it begins with a text, or else a page of messages.
    MessageIfTextFirst,
}

/// Message streams are kept open with comments.
pub(super) fn is_heartbeat(line: &[u8]) -> bool {
    line.first() == Some(&b':')
}

/// Whether a line is a page of messages.
pub(super) fn is_page(array: Array, line: &[u8]) -> bool {
    match line.trim_ascii_start() {
        [b'[', rest @ ..] => array == Array::Page || rest.trim_ascii_start().first() != Some(&b'"'),
        _ => false,
    }
}

/// The messages of a page; `None` if `text` is not a page but one message.
pub(super) fn page(array: Array, text: &str) -> Result<Option<Vec<&str>>, Invalid> {
    if !is_page(array, text.as_bytes()) {
        return Ok(None);
    }
    let mut reader = Reader::new(text);
    let mut items = Vec::new();
    reader.array(|reader| {
        items.push(reader.skip()?);
        Ok(())
    })?;
    reader.end()?;
    Ok(Some(items))
}

/// The messages in a block: its lines, and of those that are pages of messages the parts.
pub(crate) fn split(block: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    for line in block.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        let text = str::from_utf8(line).ok();
        match text.and_then(|text| page(Array::MessageIfTextFirst, text).ok()?) {
            Some(items) => messages.extend(items.into_iter().map(str::as_bytes)),
            None if line.is_empty() => {}
            None => messages.push(line),
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_block_is_split_into_messages() {
        let split = |block: &'static str| -> Vec<&'static str> {
            super::split(block.as_bytes()).into_iter().map(|m| str::from_utf8(m).unwrap()).collect()
        };
        assert_eq!(
            split("{\"a\":1}\r\n\n [{\"b\":[2]}, {\"c\":3}]\n:thump"),
            ["{\"a\":1}", "{\"b\":[2]}", "{\"c\":3}", ":thump"]
        );
        // What a relay sends is an array and one message; what is broken is one too.
        assert_eq!(split("[\"EVENT\",\"s\",{}]\n[1,"), ["[\"EVENT\",\"s\",{}]", "[1,"]);
    }
}
