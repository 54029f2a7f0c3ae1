//! Text from outside within HTML and SVG: without what would mislead, and never as markup.

use crate::display_text;

/// Characters of a name or a title; the rest is cut off, and the cut is shown.
const LONGEST: usize = 300;

/// A name or a title, as a line that can be shown.
pub(super) fn shown(text: &str) -> String {
    // No XML has the last two places of a plane's end.
    let text: String = text.chars().filter(|char| !is_noncharacter(*char)).collect();
    display_text::one_line(&text, LONGEST)
}

/// A text as markup that says just that text, also within an attribute's quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            char => markup.push(char),
        }
    }
    markup
}

/// A name or a title as markup.
pub(super) fn text(text: &str) -> String {
    escaped(&shown(text))
}

fn is_noncharacter(char: char) -> bool {
    matches!(u32::from(char) & 0xffff, 0xfffe | 0xffff) || ('\u{fdd0}'..='\u{fdef}').contains(&char)
}
