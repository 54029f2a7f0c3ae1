//! From light to bytes: white, white balance, one rounding, and the current of what came out.

use super::colour::{Calibration, Linear};

/// What a byte of the output means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// How long an LED is on, of 255: light itself.
    Duty,
    /// sRGB, for eyes on a screen.
    Screen,
}

/// The bytes of one cell, in the order of the wire.
pub type Cell = [u8; 4];

/// Adding this to a number below 2^22 leaves its nearest whole number in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// Makes bytes of light.
#[derive(Clone, Debug)]
pub struct Encoder {
    places: [usize; 3],
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
        Encoder {
            places: calibration.order.places(),
            white: calibration.white,
            balance: calibration.white_balance.map(|part| part.clamp(0.0, 1.0)),
            steps: (encoding == Encoding::Screen).then(|| steps.collect()),
        }
    }

    /// How much of a channel at full a light takes, all channels together.
    #[inline]
    #[must_use]
    pub fn drive(&self, light: Linear) -> f32 {
        let [r, g, b] = self.balance;
        if self.white {
            let white = light.r.min(light.g).min(light.b);
            (light.r - white) * r + (light.g - white) * g + (light.b - white) * b + white
        } else {
            light.r * r + light.g * g + light.b * b
        }
    }

    /// The bytes of all cells. A channel that is lit is never rounded away.
    pub fn encode(&self, cells: &[Linear], bytes: &mut [Cell]) {
        if let Some(steps) = &self.steps {
            let byte = |light: f32| {
                let byte = steps.partition_point(|&step| step <= light);
                u8::try_from(byte).unwrap_or(u8::MAX).max(u8::from(light > 0.0))
            };
            let mut last = (Linear::BLACK, Cell::default());
            for (&light, cell) in cells.iter().zip(bytes) {
                // All cells of a part are alike, mostly.
                if light != last.0 {
                    let color = [byte(light.r), byte(light.g), byte(light.b)];
                    last = (light, self.in_order(color, 0));
                }
                *cell = last.1;
            }
            return;
        }
        let [r, g, b] = self.balance;
        for (&light, cell) in cells.iter().zip(bytes) {
            let white = if self.white { light.r.min(light.g).min(light.b) } else { 0.0 };
            let color = [(light.r - white) * r, (light.g - white) * g, (light.b - white) * b];
            *cell = self.in_order(color.map(duty), duty(white));
        }
    }

    #[inline]
    fn in_order(&self, color: [u8; 3], white: u8) -> Cell {
        let [first, second, third] = self.places;
        [color[first % 3], color[second % 3], color[third % 3], white]
    }
}

/// The nearest byte, and at least 1 for any light.
#[inline]
fn duty(light: f32) -> u8 {
    let light = light.clamp(0.0, 1.0);
    let byte = (light * 255.0 + ROUND).to_bits().to_le_bytes()[0];
    byte.max(u8::from(light > 0.0))
}

/// The sum of all bytes that the strip shows.
#[must_use]
pub fn sum(cells: &[Cell], times: &[f32]) -> u64 {
    let sum = cells.iter().zip(times).map(|(cell, &times)| {
        let cell: u32 = cell.iter().map(|&byte| u32::from(byte)).sum();
        u64::from(cell) * whole(times)
    });
    sum.sum()
}

/// Takes single steps off the bytes until their sum is at most `most`: what rounding has added. Where
/// even one step a channel is too much, channels go dark.
pub fn reduce(cells: &mut [Cell], times: &[f32], most: u64) {
    let mut excess = sum(cells, times).saturating_sub(most);
    for least in [1, 0] {
        loop {
            let before = excess;
            for (cell, &times) in cells.iter_mut().zip(times) {
                for byte in cell.iter_mut().filter(|byte| **byte > least) {
                    if excess == 0 {
                        return;
                    }
                    *byte -= 1;
                    excess = excess.saturating_sub(whole(times));
                }
            }
            if excess == before {
                break;
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of pixels")]
fn whole(times: f32) -> u64 {
    times as u64
}
