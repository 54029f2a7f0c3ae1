//! Which pixel is which: from the picture to the strip, as it was mounted.
//!
//! A picture is drawn once for each length that is needed, into a [`Run`] of cells; a [`Map`], made
//! at the start, says for each pixel of the strip which cell it shows. Everything between the two
//! works on cells, so that the mirrored half or the rows of a matrix cost nothing.
//! What all pixels show adds up to share times pixels in every layout: where a mirrored strip has
//! an odd number of pixels, the one in the middle is a cell of half the width.

/// How a strip is mounted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Pixels of the strip, those of `skip_first` included.
    pub pixels: usize,
    /// The first team's end is the far one.
    pub reverse: bool,
    /// Both halves show the picture, and its far end is in the middle.
    pub mirror: bool,
    /// Pixels by which the picture is turned towards the far end; what leaves there comes in again
    /// at the near one, as on a ring.
    pub offset: usize,
    /// Pixels at the near end that stay dark, such as one that only mends the signal.
    pub skip_first: usize,
    /// The pixels are rows of a matrix, and the picture runs along each.
    pub matrix: Option<Matrix>,
    /// Stretches of the strip, one after the other, that show the whole picture each; none: the
    /// strip is one. Not used with a matrix.
    pub segments: Vec<Segment>,
}

/// Rows of pixels; those past `width * height` stay dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Every second row runs the other way, as strips are folded.
    pub serpentine: bool,
}

/// One stretch of a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// How long it is; what would reach past the strip is left out.
    pub pixels: usize,
    /// The first team's end is the far one of this stretch.
    pub reverse: bool,
}

impl Layout {
    /// A strip as it comes off the reel.
    #[must_use]
    pub fn plain(pixels: usize) -> Layout {
        Layout { pixels, ..Layout::default() }
    }

    /// The strip in the order of its wire: what a test of the wiring is shown on.
    #[must_use]
    pub fn wiring(&self) -> Layout {
        Layout { skip_first: self.skip_first, ..Layout::plain(self.pixels) }
    }
}

/// Cells in a row that show the whole picture.
///
/// The picture lies over the cells from `from` to `from + length`, a cell being 1 wide: the first
/// or the last of them may be covered by half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The first of its cells.
    pub start: usize,
    /// How many they are.
    pub cells: usize,
    /// Where in the first cell the picture begins: 0 or 0.5.
    pub from: f64,
    /// How long the picture is, in cells.
    pub length: f64,
}

/// Which cell each pixel shows.
#[derive(Clone, Debug)]
pub struct Map {
    runs: Vec<Run>,
    /// For each pixel its cell; a pixel that stays dark has the one past the last.
    places: Vec<u32>,
    /// For each cell how many pixels show it.
    times: Vec<f32>,
}

impl Map {
    /// The map of a layout.
    ///
    /// # Panics
    /// Never: no strip has more pixels than 32 bits count.
    #[must_use]
    pub fn new(layout: &Layout) -> Map {
        let mut map =
            Map { runs: Vec::new(), places: vec![u32::MAX; layout.pixels], times: Vec::new() };
        let first = layout.skip_first.min(layout.pixels);
        if let Some(Matrix { width, height, serpentine }) = layout.matrix {
            for row in 0..height {
                let back = serpentine && row % 2 == 1;
                map.stretch(layout, first + row * width, width, layout.reverse ^ back, back);
            }
        } else if layout.segments.is_empty() {
            map.stretch(layout, first, layout.pixels - first, layout.reverse, false);
        } else {
            let mut start = first;
            for segment in &layout.segments {
                let length = segment.pixels.min(layout.pixels - start);
                map.stretch(layout, start, length, layout.reverse ^ segment.reverse, false);
                start += length;
            }
        }
        let dark = u32::try_from(map.times.len()).expect("cells are no more than pixels");
        for place in &mut map.places {
            *place = (*place).min(dark);
        }
        map
    }

    /// Lays the picture over `length` pixels from `start` on. With `back` the wire runs from the
    /// far end to the near one.
    fn stretch(&mut self, layout: &Layout, start: usize, length: usize, reverse: bool, back: bool) {
        let Some(last) = length.checked_sub(1) else { return };
        let offset = layout.offset % length;
        // On a wire that runs back the picture is turned the other way, so that rows agree.
        let turn = if back { offset } else { length - offset };
        // A mirrored picture is reversed by what it is drawn on; others by the order of the pixels.
        let inside_out = layout.mirror && (reverse ^ back);
        let run = self.run(length, layout.mirror, inside_out);
        for pixel in 0..length {
            let mut cell = (pixel + turn) % length;
            if layout.mirror {
                cell = cell.min(last - cell);
                if inside_out {
                    cell = run.cells - 1 - cell;
                }
            } else if reverse {
                cell = last - cell;
            }
            if let Some(place) = self.places.get_mut(start + pixel) {
                *place = u32::try_from(run.start + cell).expect("cells are no more than pixels");
                self.times[run.start + cell] += 1.0;
            }
        }
    }

    /// The run for so many pixels; stretches of one length share it.
    fn run(&mut self, pixels: usize, mirror: bool, inside_out: bool) -> Run {
        let (cells, length) = if mirror {
            (pixels.div_ceil(2), pixels as f64 / 2.0)
        } else {
            (pixels, pixels as f64)
        };
        let from = if inside_out { cells as f64 - length } else { 0.0 };
        let like = |run: &&Run| {
            (run.cells, run.from.to_bits(), run.length.to_bits())
                == (cells, from.to_bits(), length.to_bits())
        };
        if let Some(run) = self.runs.iter().find(like) {
            return *run;
        }
        let run = Run { start: self.times.len(), cells, from, length };
        self.times.resize(run.start + cells, 0.0);
        self.runs.push(run);
        run
    }

    /// Where pictures are drawn.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How many cells the runs have together.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.times.len()
    }

    /// For each pixel its cell; a pixel that stays dark has the one past the last.
    #[must_use]
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// For each cell how many pixels show it.
    #[must_use]
    pub fn times(&self) -> &[f32] {
        &self.times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cell of each pixel as a digit, `.` for dark.
    #[track_caller]
    fn check(layout: &Layout, expected: &str) {
        let map = Map::new(layout);
        let digit = |&place: &u32| match place as usize {
            dark if dark == map.cells() => '.',
            cell => char::from_digit(u32::try_from(cell).unwrap(), 36).unwrap(),
        };
        assert_eq!(map.places().iter().map(digit).collect::<String>(), expected);
        let shown: f32 = map.times().iter().sum();
        let lit = expected.chars().filter(|&c| c != '.').count();
        assert!((f64::from(shown) - lit as f64).abs() < 1e-3);
    }

    fn plain(pixels: usize) -> Layout {
        Layout::plain(pixels)
    }

    #[test]
    fn a_plain_strip_is_the_picture() {
        check(&plain(5), "01234");
        check(&plain(0), "");
    }

    #[test]
    fn reverse_puts_the_first_team_at_the_far_end() {
        check(&Layout { reverse: true, ..plain(5) }, "43210");
    }

    #[test]
    fn skipped_pixels_stay_dark_and_the_rest_shows_everything() {
        check(&Layout { skip_first: 2, ..plain(5) }, "..012");
        check(&Layout { skip_first: 9, ..plain(5) }, ".....");
        check(&Layout { skip_first: 1, reverse: true, ..plain(5) }, ".3210");
    }

    #[test]
    fn an_offset_turns_the_picture_as_on_a_ring() {
        check(&Layout { offset: 2, ..plain(5) }, "34012");
        check(&Layout { offset: 7, ..plain(5) }, "34012");
        check(&Layout { offset: 1, skip_first: 1, ..plain(5) }, ".3012");
    }

    #[test]
    fn mirror_shows_the_picture_in_both_halves() {
        check(&Layout { mirror: true, ..plain(6) }, "012210");
        check(&Layout { mirror: true, ..plain(5) }, "01210");
        check(&Layout { mirror: true, ..plain(1) }, "0");
        let map = Map::new(&Layout { mirror: true, ..plain(5) });
        assert_eq!(map.runs(), [Run { start: 0, cells: 3, from: 0.0, length: 2.5 }]);
    }

    #[test]
    fn a_mirrored_and_reversed_strip_has_the_first_team_in_the_middle() {
        let layout = Layout { mirror: true, reverse: true, ..plain(5) };
        check(&layout, "21012");
        assert_eq!(Map::new(&layout).runs(), [Run { start: 0, cells: 3, from: 0.5, length: 2.5 }]);
    }

    #[test]
    fn the_rows_of_a_matrix_show_one_picture() {
        let matrix = |serpentine| Some(Matrix { width: 3, height: 3, serpentine });
        check(&Layout { matrix: matrix(false), ..plain(9) }, "012012012");
        check(&Layout { matrix: matrix(true), ..plain(9) }, "012210012");
        check(&Layout { matrix: matrix(true), reverse: true, ..plain(9) }, "210012210");
        check(&Layout { matrix: matrix(true), offset: 1, ..plain(9) }, "201102201");
        check(&Layout { matrix: matrix(true), ..plain(11) }, "012210012..");
        check(&Layout { matrix: matrix(true), ..plain(8) }, "01221001");
        check(&Layout { matrix: matrix(true), mirror: true, ..plain(9) }, "010010010");
    }

    #[test]
    fn every_segment_shows_the_whole_picture() {
        let segments = |parts: &[(usize, bool)]| {
            parts.iter().map(|&(pixels, reverse)| Segment { pixels, reverse }).collect()
        };
        // Segments of one length share their cells.
        let parts = [(3, false), (3, true), (2, false)];
        check(&Layout { segments: segments(&parts), ..plain(9) }, "01221034.");
        check(&Layout { segments: segments(&parts), reverse: true, ..plain(9) }, "21001243.");
        check(&Layout { segments: segments(&[(3, false), (9, false)]), ..plain(5) }, "01234");
        let layout = Layout { segments: segments(&parts), skip_first: 1, ..plain(9) };
        check(&layout, ".01221034");
    }
}
