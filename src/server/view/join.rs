//! The address for phones as a QR code: a picture that is sharp at any size.
//!
//! Dark on light, since some cameras read nothing else, with the four light modules around it that the
//! standard asks for (ISO/IEC 18004, 6.3.8). Each row of dark modules that touch is one line of the path.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules on each side.
const QUIET: usize = 4;

/// The picture; `None` if the text is too long for any code.
pub(super) fn svg(text: &str) -> Option<String> {
    // A seventh of it may be hidden by a head or a reflection; more would make the modules smaller.
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            if run[0] == Color::Dark {
                let (x, y, wide) = (x + QUIET, y + QUIET, run.len());
                write!(path, "M{x} {y}h{wide}v1h-{wide}z").expect("a string takes everything");
            }
            x += run.len();
        }
    }
    let size = width + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/>\
         <path d=\"{path}\"/></svg>\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corners of every code are squares of 7 modules with a ring and a heart, and the fourth has none.
    #[test]
    fn a_code_has_its_corners_and_its_margin() {
        let picture = svg("http://192.0.2.20:8081/").unwrap();
        let rows = drawn(&picture);
        let size = rows.len();
        for (x, y) in [(4, 4), (size - 11, 4), (4, size - 11)] {
            let corner: Vec<String> =
                (y..y + 7).map(|y| rows[y][x..x + 7].iter().collect()).collect();
            let expected =
                ["#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######"];
            assert_eq!(corner, expected, "at {x}, {y}");
        }
        let is_quiet = |at: usize| at < 4 || at >= size - 4;
        for (y, row) in rows.iter().enumerate() {
            for (x, &module) in row.iter().enumerate() {
                assert!(module == ' ' || !is_quiet(x) && !is_quiet(y), "at {x}, {y}");
            }
        }
    }

    #[test]
    fn what_is_too_long_for_a_code_has_none() {
        assert_eq!(svg(&"x".repeat(5000)), None);
    }

    /// The modules that a picture paints.
    fn drawn(picture: &str) -> Vec<Vec<char>> {
        let size = picture.split(['"', ' ']).skip_while(|word| *word != "0").nth(2).unwrap();
        let size: usize = size.parse().unwrap();
        let mut rows = vec![vec![' '; size]; size];
        let path = picture.rsplit("d=\"").next().unwrap();
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> = run
                .split(|letter: char| !letter.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            let [x, y, length, ..] = numbers[..] else { panic!("{run}") };
            rows[y][x..x + length].fill('#');
        }
        rows
    }
}
