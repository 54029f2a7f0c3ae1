//! The plain text of the markup in which Mastodon servers send posts.
//!
//! For messages without a list of hashtags: what comes out is for [`crate::hashtag::extract`] to
//! read, not for people. Links read as the whole address, hidden parts included, so that their
//! fragments are not taken for hashtags. This is not a browser: servers send a small, well-formed
//! part of HTML, so scripts, styles, and character names past the common six are left as they are.
//! Any string is valid input: it takes linear time, and what is broken is read as a browser reads
//! it or else left alone.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

/// The text of a piece of HTML: tags and comments dropped, character references decoded.
///
/// Paragraphs, list items and other blocks come on lines of their own, and `<br>` ends a line, so
/// that words do not run together. A tag or comment that never ends hides the rest, as in a
/// browser. A reference without its semicolon or with an unknown name stays as it is; one to a
/// number that is not a character is U+FFFD.
///
/// ```
/// # use hashtug::decode::html::text;
/// assert_eq!(text("<p>Tabs &amp; <a href='/t/tea'>#<span>tea</span></a></p>"), "Tabs & #tea");
/// ```
#[must_use]
pub fn text(html: &str) -> Cow<'_, str> {
    if memchr2(b'<', b'&', html.as_bytes()).is_none() {
        return Cow::Borrowed(html);
    }
    let mut out = Lines { text: String::with_capacity(html.len()), break_due: false };
    let mut rest = html;
    while let Some(at) = memchr2(b'<', b'&', rest.as_bytes()) {
        out.push(&rest[..at]);
        rest = &rest[at..];
        let (piece, length) = markup(rest);
        match piece {
            Piece::Nothing => {}
            Piece::Line => out.push("\n"),
            Piece::Block => out.break_due = true,
            Piece::Char(c) => out.push(c.encode_utf8(&mut [0; 4])),
        }
        rest = &rest[length..];
    }
    out.push(rest);
    Cow::Owned(out.text)
}

/// The text so far, in which a block's line break waits until something follows it.
struct Lines {
    text: String,
    break_due: bool,
}

impl Lines {
    fn push(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        if self.break_due && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.break_due = false;
        self.text.push_str(piece);
    }
}

/// What a piece of markup is in the text.
enum Piece {
    Nothing,
    /// The end of a line.
    Line,
    /// The edge of a block, which has lines of its own.
    Block,
    Char(char),
}

/// What the text starts with, given that it starts with `<` or `&`, and how long that is.
fn markup(text: &str) -> (Piece, usize) {
    if text.starts_with('&') {
        // A lone `&` is itself.
        return reference(text)
            .map_or((Piece::Char('&'), 1), |(c, length)| (Piece::Char(c), length));
    }
    if text.starts_with("<!--") {
        // From the second hyphen on, as `<!-->` is a whole comment.
        let end = memmem::find(&text.as_bytes()[2..], b"-->").map_or(text.len(), |at| 2 + at + 3);
        return (Piece::Nothing, end);
    }
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    match name.bytes().next() {
        Some(b) if b.is_ascii_alphabetic() => (tag(name), tag_length(text)),
        // Declarations, which have no quotes, and what browsers skip as well: `</ x>`, `<?xml?>`.
        Some(b'!' | b'?') => (Piece::Nothing, through(text, b'>')),
        Some(_) if text.starts_with("</") => (Piece::Nothing, through(text, b'>')),
        _ => (Piece::Char('<'), 1),
    }
}

/// What a tag stands for, given the text from its name on.
fn tag(name: &str) -> Piece {
    const BLOCKS: [&str; 14] = [
        "p",
        "li",
        "ul",
        "ol",
        "div",
        "pre",
        "blockquote",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
    ];
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let name = &name[..end];
    if name.eq_ignore_ascii_case("br") {
        Piece::Line
    } else if BLOCKS.iter().any(|block| name.eq_ignore_ascii_case(block)) {
        Piece::Block
    } else {
        Piece::Nothing
    }
}

/// The length of the tag at the start. A `>` in a quoted value does not end it; a quote anywhere
/// but at the start of a value is a character like others.
fn tag_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(found) = memchr2(b'>', b'=', &bytes[at..]) {
        at += found + 1;
        if bytes[at - 1] == b'>' {
            return at;
        }
        at += bytes[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        at += match bytes.get(at) {
            Some(&quote @ (b'"' | b'\'')) => 1 + through(&text[at + 1..], quote),
            _ => bytes[at..].iter().take_while(|&&b| b != b'>' && !b.is_ascii_whitespace()).count(),
        };
    }
    text.len()
}

/// The length of the text up to the first `end` and with it, or of all of it.
fn through(text: &str, end: u8) -> usize {
    memchr(end, text.as_bytes()).map_or(text.len(), |at| at + 1)
}

/// The character that a reference like `&amp;` or `&#35;` at the start stands for, and the length
/// of the reference.
fn reference(text: &str) -> Option<(char, usize)> {
    const NAMES: [(&str, char); 6] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&nbsp;", '\u{A0}'),
    ];
    let Some(number) = text.strip_prefix("&#") else {
        let &(name, c) = NAMES.iter().find(|(name, _)| text.starts_with(name))?;
        return Some((c, name.len()));
    };
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let count = digits.bytes().take_while(|&b| char::from(b).is_digit(radix)).count();
    if count == 0 || !digits[count..].starts_with(';') {
        return None;
    }
    // Too many digits for a number are no character either.
    let c = u32::from_str_radix(&digits[..count], radix)
        .ok()
        .and_then(char::from_u32)
        .filter(|&c| c != '\0')
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((c, text.len() - digits.len() + count + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hashtag::extract;

    #[test]
    fn text_without_markup_is_borrowed() {
        assert!(matches!(text("tea > coffee; #tea"), Cow::Borrowed("tea > coffee; #tea")));
        assert!(matches!(text(""), Cow::Borrowed("")));
    }

    #[test]
    fn a_hashtag_reads_as_one_word() {
        let html = r#"<p>I say <a href="https://m.example/tags/tabs" class="mention hashtag" rel="tag">#<span>tabs</span></a>!</p>"#;
        check(html, "I say #tabs!");
    }

    #[test]
    fn a_link_reads_as_its_whole_address() {
        let html = r#"<p>see <a href="https://example.com/page#frag" rel="nofollow"><span class="invisible">https://</span><span class="ellipsis">example.com/pa</span><span class="invisible">ge/#frag</span></a></p>"#;
        check(html, "see https://example.com/page/#frag");
        assert_eq!(extract(&text(html)).count(), 0);
    }

    #[test]
    fn words_of_different_lines_and_blocks_do_not_run_together() {
        check("<p>#tea</p><p>#milk</p>", "#tea\n#milk");
        check("#tea<br>#milk<br />#mug<BR/>#cup", "#tea\n#milk\n#mug\n#cup");
        check("<ul><li>#tea</li><li>#milk</li></ul>#mug", "#tea\n#milk\n#mug");
        check("<blockquote><p>#tea</p></blockquote>#milk", "#tea\n#milk");
        check("#tea<h2>#milk</h2>", "#tea\n#milk");
        check("<p>a</p><br><p>b</p>", "a\n\nb");
    }

    #[test]
    fn other_tags_and_comments_vanish() {
        check("t<b>e</b>a", "tea");
        check("<pa>t</pa><brr>ea", "tea");
        check("te<!-- > <p> -->a", "tea");
        check("te<!-->a<!--->!", "tea!");
        check("te<!doctype html><?php 1 ?></ >a</1>", "tea");
    }

    #[test]
    fn a_greater_than_sign_in_quotes_does_not_end_a_tag() {
        check(r#"<a title="a > b">tea</a>"#, "tea");
        check("<a title = 'a > \"b'>tea</a>", "tea");
        check("<a a=b title='>'>tea</a>", "tea");
        // These quotes are no quotes of values.
        check(r#"<a "b>tea</a>"#, "tea");
        check(r#"<a a=b="c>tea</a>"#, "tea");
        check("<a a=>tea", "tea");
    }

    #[test]
    fn character_references_are_decoded_once() {
        check("&lt;b&gt; &amp;&quot;&apos;&nbsp;", "<b> &\"'\u{A0}");
        check("&#35;tea &#x23;tea &#X23;tea &#039;", "#tea #tea #tea '");
        check("&#127861;&#x1f375;", "🍵🍵");
        check("&amp;lt; &amp;#35;", "&lt; &#35;");
    }

    #[test]
    fn broken_references_stay_and_impossible_characters_are_replaced() {
        for html in [
            "&", "&&", "&;", "&amp", "&AMP;", "&tea;", "&#;", "&#x;", "&#35", "&#3 5;", "&#xg;",
            "&#-1;",
        ] {
            check(html, html);
        }
        for html in ["&#0;", "&#xD800;", "&#x110000;", "&#99999999999999999999;"] {
            check(html, "\u{FFFD}");
        }
    }

    #[test]
    fn a_sign_that_opens_no_tag_stays() {
        check("1 < 2 <3 << <", "1 < 2 <3 << <");
    }

    #[test]
    fn what_never_ends_hides_the_rest() {
        for html in
            ["tea<a", "tea<a href", "tea<a href='>", "tea<!-- >", "tea<!", "tea</", "tea</ "]
        {
            let expected = if html == "tea</" { "tea</" } else { "tea" };
            check(html, expected);
        }
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        // Quadratic time at this length would be minutes for each.
        for unit in [
            "<", "<a", "<a ", "<a=", "<a ='", "</", "<!", "<!--", "<!-->", "&", "&#", "&#1",
            "&#x1", "<p>", "<br>",
        ] {
            let html = unit.repeat(200_000 / unit.len());
            assert!(text(&html).len() <= html.len());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(html in prop_oneof![any::<String>(), "[<>/&#;x1=\"'!a p-]{0,24}"]) {
            prop_assert!(text(&html).len() <= html.len());
        }

        #[test]
        fn escaped_text_reads_as_itself(plain in prop_oneof![any::<String>(), "[<>&#;'\"a]{0,9}"]) {
            let html = plain
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\'', "&#39;");
            let html = format!("<p>{html}</p>");
            prop_assert_eq!(text(&html), plain);
        }
    }

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(text(html), expected, "{html}");
    }
}
