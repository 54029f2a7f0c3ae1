//! Room for text whose letters nobody has measured: the picture is drawn without fonts.
//!
//! A letter is taken for a little wider than it is in any usual font without serifs, so that what fits here
//! fits on every screen.

use unicode_width::UnicodeWidthChar as _;

/// The width of a text in pixels, at a size of the font in pixels.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|char| ems(char) * size).sum()
}

fn ems(char: char) -> f64 {
    match (char, char.width()) {
        (_, None | Some(0)) => 0.0,
        (
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '!' | '|' | '\'' | ' ' | 'f' | 't'
            | 'r',
            _,
        ) => 0.4,
        ('m' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—', _) => 1.0,
        (char, Some(1)) if char.is_uppercase() => 0.78,
        (_, Some(1)) => 0.63,
        // Letters of East Asia are as wide as high, emoji a little wider.
        (_, Some(_)) => 1.3,
    }
}

/// A text that is no wider; what does not fit is cut off, and the cut is shown.
pub(super) fn fitted(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let (end, _) = split(text, size, most - width("…", size));
    format!("{}…", text[..end].trim_end())
}

/// A text in lines that are no wider, and no more of them.
pub(super) fn wrapped(text: &str, size: f64, most: f64, lines: usize) -> Vec<String> {
    let mut wrapped = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if wrapped.len() + 1 >= lines || width(rest, size) <= most {
            wrapped.push(fitted(rest, size, most));
            break;
        }
        let (end, next) = split(rest, size, most);
        // A word is broken only if it fills a line by itself.
        let (end, next) = match rest[..next].rfind(' ') {
            Some(space) if space > 0 => (space, space),
            _ => (end, end),
        };
        wrapped.push(rest[..end].trim_end().to_owned());
        rest = rest[next..].trim_start();
    }
    wrapped
}

/// Where the part of a text ends that is no wider, and where the next character does: at least one is in it.
fn split(text: &str, size: f64, most: f64) -> (usize, usize) {
    let mut used = 0.0;
    for (at, char) in text.char_indices() {
        used += ems(char) * size;
        if used > most && at > 0 {
            return (at, at + char.len_utf8());
        }
    }
    (text.len(), text.len())
}

/// The heights of labels that would stand at `wanted`, from the top down, moved as little as they can be so that
/// they are `pitch` apart, between `top` and `bottom`.
pub(super) fn apart(wanted: &[f64], pitch: f64, top: f64, bottom: f64) -> Vec<f64> {
    // Labels that touch are a block, which stands where its labels want to be on average.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (place, wanted) in wanted.iter().enumerate() {
        let mut block = (wanted - place as f64 * pitch, 1);
        while let Some(&(above, len)) = blocks.last()
            && above > block.0
        {
            let sum = above * len as f64 + block.0 * block.1 as f64;
            block.1 += len;
            block.0 = sum / block.1 as f64;
            blocks.pop();
        }
        blocks.push(block);
    }
    let last = (bottom - pitch * wanted.len().saturating_sub(1) as f64).max(top);
    let heights =
        blocks.iter().flat_map(|&(at, len)| std::iter::repeat_n(at.clamp(top, last), len));
    heights.enumerate().map(|(place, at)| at + place as f64 * pitch).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_that_do_not_touch_stay_where_they_are() {
        assert_eq!(apart(&[10.0, 40.0, 90.0], 20.0, 0.0, 100.0), [10.0, 40.0, 90.0]);
    }

    #[test]
    fn labels_that_touch_make_room_for_each_other_on_both_sides() {
        assert_eq!(apart(&[50.0, 50.0], 20.0, 0.0, 100.0), [40.0, 60.0]);
        assert_eq!(apart(&[50.0, 50.0, 55.0, 90.0], 10.0, 0.0, 100.0)[3..], [90.0]);
        assert_eq!(apart(&[0.0, 0.0, 0.0], 10.0, 0.0, 100.0), [0.0, 10.0, 20.0]);
        assert_eq!(apart(&[99.0, 100.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
    }

    proptest! {
        #[test]
        fn labels_are_apart_in_order_and_inside(
            mut wanted in prop::collection::vec(0.0..600.0f64, 1..64),
        ) {
            wanted.sort_by(f64::total_cmp);
            let heights = apart(&wanted, 10.0, 0.0, 640.0);
            prop_assert_eq!(heights.len(), wanted.len());
            for pair in heights.windows(2) {
                prop_assert!(pair[1] - pair[0] > 10.0 - 1e-6, "{:?}", heights);
            }
            prop_assert!(heights.iter().all(|at| (0.0..=640.0 + 1e-6).contains(at)));
        }

        #[test]
        fn text_fits_where_it_is_fitted(text in "\\PC{0,80}", most in 60.0..300.0f64) {
            prop_assert!(width(&fitted(&text, 16.0, most), 16.0) <= most);
            let lines = wrapped(&text, 16.0, most, 3);
            prop_assert!(lines.len() <= 3);
            for line in lines {
                prop_assert!(width(&line, 16.0) <= most, "{line:?}");
            }
        }
    }

    #[test]
    fn lines_break_between_words_where_they_can() {
        let lines = wrapped("Vim or Emacs, or something else", 10.0, 80.0, 5);
        assert_eq!(lines.join(" "), "Vim or Emacs, or something else");
        assert!(lines.len() > 1);
        let lines = wrapped("Donaudampfschifffahrtsgesellschaft", 10.0, 80.0, 9);
        assert_eq!(lines.concat(), "Donaudampfschifffahrtsgesellschaft");
        assert!(lines.len() > 2);
    }
}
