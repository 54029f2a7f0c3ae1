//! Light with its three channels apart: what the loops over all cells work on, many cells at a time.

use super::colour::Linear;

/// Sums that are made side by side: one after the other each would wait for the last.
const LANES: usize = 8;

/// The light of all cells, a list a channel.
#[derive(Clone, Debug)]
pub struct Planes {
    /// Red.
    pub r: Vec<f32>,
    /// Green.
    pub g: Vec<f32>,
    /// Blue.
    pub b: Vec<f32>,
}

/// What all pixels show together: each channel, and what all three have in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Of all channels.
    pub light: Linear,
    /// Of what a white LED could do.
    pub white: f32,
}

impl Sums {
    /// What they are if all cells are dimmed.
    #[must_use]
    pub fn scaled(self, level: f32) -> Sums {
        Sums { light: self.light * level, white: self.white * level }
    }
}

impl Planes {
    /// Dark cells, this many.
    #[must_use]
    pub fn new(cells: usize) -> Planes {
        Planes { r: vec![0.0; cells], g: vec![0.0; cells], b: vec![0.0; cells] }
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.r.len()
    }

    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.r.is_empty()
    }

    /// Makes all cells dark.
    pub fn darken(&mut self) {
        for plane in [&mut self.r, &mut self.g, &mut self.b] {
            plane.fill(0.0);
        }
    }

    /// The light of a cell.
    #[must_use]
    pub fn get(&self, cell: usize) -> Linear {
        Linear::new(self.r[cell], self.g[cell], self.b[cell])
    }

    /// Changes the light of a cell.
    pub fn set(&mut self, cell: usize, light: Linear) {
        (self.r[cell], self.g[cell], self.b[cell]) = (light.r, light.g, light.b);
    }

    /// Takes over what was drawn.
    pub fn take(&mut self, cells: &[Linear]) {
        let planes = self.r.iter_mut().zip(&mut self.g).zip(&mut self.b);
        for (((r, g), b), light) in planes.zip(cells) {
            (*r, *g, *b) = (light.r, light.g, light.b);
        }
    }

    /// Dims all cells.
    pub fn scale(&mut self, level: f32) {
        for plane in [&mut self.r, &mut self.g, &mut self.b] {
            for light in plane {
                *light *= level;
            }
        }
    }

    /// Goes only a part of the way from other light to this.
    pub fn keep(&mut self, other: &Planes, part: f32) {
        let planes = [(&mut self.r, &other.r), (&mut self.g, &other.g), (&mut self.b, &other.b)];
        for (plane, other) in planes {
            for (light, other) in plane.iter_mut().zip(other) {
                *light = other * (1.0 - part) + *light * part;
            }
        }
    }

    /// What all pixels show, if `times` of them show each cell. `white`: what is common is asked for.
    #[must_use]
    pub fn sums(&self, times: &[f32], white: bool) -> Sums {
        let Planes { r, g, b } = self;
        let light = Linear::new(weighted(times, r), weighted(times, g), weighted(times, b));
        let mut sums = Sums { light, white: 0.0 };
        if white {
            for (((r, g), b), times) in r.iter().zip(g).zip(b).zip(times) {
                sums.white += r.min(*g).min(*b) * times;
            }
        }
        sums
    }
}

fn weighted(times: &[f32], values: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (times, times_rest) = times.as_chunks::<LANES>();
    let (values, values_rest) = values.as_chunks::<LANES>();
    for (times, values) in times.iter().zip(values) {
        for lane in 0..LANES {
            sums[lane] += times[lane] * values[lane];
        }
    }
    let rest = times_rest.iter().zip(values_rest).map(|(times, value)| times * value);
    sums.iter().sum::<f32>() + rest.sum::<f32>()
}
