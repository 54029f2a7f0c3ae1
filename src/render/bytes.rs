//! From light to bytes: white, white balance, and one rounding.

use super::colour::{Calibration, Linear};
use super::planes::{Planes, Sums};

/// What a byte of the output means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// How long an LED is on, of 255: light itself.
    Duty,
    /// sRGB, for eyes on a screen.
    Screen,
}

/// The bytes of one cell in the order of the wire, the first lowest.
pub type Cell = u32;

/// Adding this to a number below 2^22 leaves its nearest whole number in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// Makes bytes of light.
#[derive(Clone, Debug)]
pub struct Encoder {
    /// By how many bits red, green and blue stand to the left.
    shifts: [u32; 3],
    white: bool,
    balance: [f32; 3],
    /// For a screen the light at which each byte begins, from the second.
    steps: Option<Vec<f32>>,
}

impl Encoder {
    /// For an output.
    #[must_use]
    pub fn new(calibration: &Calibration, encoding: Encoding) -> Encoder {
        let steps = (0u8..255).map(|value| {
            let value = (f32::from(value) + 0.5) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let mut shifts = [0; 3];
        for (color, shift) in calibration.order.places().into_iter().zip([0, 8, 16]) {
            shifts[color] = shift;
        }
        Encoder {
            shifts,
            white: calibration.white,
            balance: calibration.white_balance.map(|part| part.clamp(0.0, 1.0)),
            steps: (encoding == Encoding::Screen).then(|| steps.collect()),
        }
    }

    /// Whether what is common to the three channels is the work of a fourth.
    #[must_use]
    pub fn has_white(&self) -> bool {
        self.white
    }

    /// How many channels at full the pixels take together.
    #[must_use]
    pub fn drive(&self, sums: Sums) -> f32 {
        let [r, g, b] = self.balance;
        let Linear { r: red, g: green, b: blue } = sums.light;
        let colored = red * r + green * g + blue * b;
        if self.white { colored + sums.white * (1.0 - r - g - b) } else { colored }
    }

    /// The bytes of all cells. A channel that is lit is never rounded away.
    pub fn encode(&self, cells: &Planes, bytes: &mut [Cell]) {
        if let Some(steps) = &self.steps {
            self.encode_for_screen(steps, cells, bytes);
            return;
        }
        let [r_shift, g_shift, b_shift] = self.shifts;
        let [r_part, g_part, b_part] = self.balance.map(|part| part * 255.0);
        let lights = cells.r.iter().zip(&cells.g).zip(&cells.b);
        if self.white {
            for (((r, g), b), cell) in lights.zip(bytes) {
                let white = least(least(*r, *g), *b);
                *cell = duty((r - white) * r_part) << r_shift
                    | duty((g - white) * g_part) << g_shift
                    | duty((b - white) * b_part) << b_shift
                    | duty(white * 255.0) << 24;
            }
        } else {
            for (((r, g), b), cell) in lights.zip(bytes) {
                *cell = duty(r * r_part) << r_shift
                    | duty(g * g_part) << g_shift
                    | duty(b * b_part) << b_shift;
            }
        }
    }

    fn encode_for_screen(&self, steps: &[f32], cells: &Planes, bytes: &mut [Cell]) {
        let byte = |light: f32| {
            let byte = steps.partition_point(|&step| step <= light);
            u32::try_from(byte).unwrap_or(255).max(u32::from(light > 0.0))
        };
        let mut last = (Linear::BLACK, Cell::default());
        for (index, cell) in bytes.iter_mut().enumerate().take(cells.len()) {
            // All cells of a part are alike, mostly.
            let light = cells.get(index);
            if light != last.0 {
                let [r, g, b] = self.shifts;
                last = (light, byte(light.r) << r | byte(light.g) << g | byte(light.b) << b);
            }
            *cell = last.1;
        }
    }
}

/// The nearest byte of 0..=255, and at least 1 for any light.
#[inline]
fn duty(light: f32) -> u32 {
    let light = if light < 255.0 { light } else { 255.0 };
    let byte = (light + ROUND).to_bits() & 0xff;
    byte | (u32::from(byte == 0) & u32::from(light > 0.0))
}

/// Without the care for what is no number that `f32::min` takes.
#[inline]
fn least(one: f32, other: f32) -> f32 {
    if one < other { one } else { other }
}

/// Lays the cells on the strip. `bytes` are as many as the pixels have.
pub fn lay(cells: &[Cell], places: &[u32], channels: usize, bytes: &mut [u8]) {
    if channels == 4 {
        for (pixel, &place) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(places) {
            *pixel = cells[place as usize].to_le_bytes();
        }
    } else {
        let mut at = 0;
        for &place in places {
            let cell = cells[place as usize].to_le_bytes();
            // Four bytes are one store; the fourth is the next pixel's, which comes after.
            if let Some(bytes) = bytes.get_mut(at..at + 4) {
                bytes.copy_from_slice(&cell);
            } else {
                bytes[at..at + 3].copy_from_slice(&cell[..3]);
            }
            at += 3;
        }
    }
}

/// The sum of all bytes.
#[must_use]
pub fn sum(bytes: &[u8]) -> u64 {
    // Blocks small enough for 32 bits, which are added many at a time.
    bytes
        .chunks(1 << 16)
        .map(|block| u64::from(block.iter().map(|&b| u32::from(b)).sum::<u32>()))
        .sum()
}

/// Takes so many single steps off the bytes: what rounding has added. Where even one step a channel
/// is too much, channels go dark.
pub fn reduce(bytes: &mut [u8], mut excess: u64) {
    for least in [1, 0] {
        loop {
            let before = excess;
            for byte in bytes.iter_mut().filter(|byte| **byte > least) {
                if excess == 0 {
                    return;
                }
                *byte -= 1;
                excess -= 1;
            }
            if excess == before {
                break;
            }
        }
    }
}
