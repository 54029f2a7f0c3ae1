//! What every frame that leaves has to pass, measured from its bytes alone.
//!
//! For tests, here and of the outputs. It shares nothing with the renderer but the current model: the
//! flashes are counted from the bytes by another way than the limiter's, over all frames at once.

use std::sync::Arc;
use std::time::Duration;

use crate::contest::{Contest, Reposts, Team, Vote};
use crate::picture::Scene;
use crate::rgb::Rgb;
use crate::snapshot::{Evicted, Phase, Posts, Snapshot, Standing};

use super::colour::{Calibration, Linear};
use super::power::{self, Budget};

/// What a strip has been shown, with the time of each frame.
pub struct Meter {
    pixels: usize,
    calibration: Calibration,
    budget: Option<Budget>,
    frames: Vec<(Duration, Vec<u8>)>,
}

/// Two flashes a second; the law says three.
const FLASHES: usize = 2;

/// A tenth of the range of luminance, and 20 of 320 of redness.
const LUMINANCE: f64 = 0.1;
const REDNESS: f64 = 20.0 / 320.0;

/// Counted in every window of this length.
const SECOND: Duration = Duration::from_secs(1);

impl Meter {
    /// For the strip of an output; without a budget for a screen, whose bytes are sRGB.
    #[must_use]
    pub fn new(pixels: usize, calibration: &Calibration, budget: Option<Budget>) -> Meter {
        Meter { pixels, calibration: calibration.clone(), budget, frames: Vec::new() }
    }

    /// Takes a frame `at` some time since the beginning.
    ///
    /// # Panics
    /// If it is no frame for this strip, or draws more than the budget.
    pub fn frame(&mut self, at: Duration, bytes: &[u8]) {
        let channels = self.calibration.channels();
        assert_eq!(bytes.len(), self.pixels * channels, "a frame is as long as the strip");
        if let Some(budget) = self.budget {
            let sum = bytes.iter().map(|&byte| u64::from(byte)).sum();
            let milliamps = power::milliamps(self.pixels, sum);
            let least = u32::try_from(self.pixels).expect("strips are short");
            assert!(
                milliamps <= budget.max_milliamps.max(least),
                "{milliamps} mA of {} at {at:?}",
                budget.max_milliamps
            );
        }
        self.frames.push((at, bytes.to_vec()));
    }

    /// Counts the flashes of every pixel and of the whole strip.
    ///
    /// # Panics
    /// If there were more than two in a second anywhere.
    pub fn flashes(&self) {
        let times: Vec<Duration> = self.frames.iter().map(|(at, _)| *at).collect();
        let mut means = vec![(0.0, 0.0, 0.0); self.frames.len()];
        for pixel in 0..self.pixels {
            let lights: Vec<(f64, f64, f64)> =
                self.frames.iter().map(|(_, bytes)| self.light(bytes, pixel)).collect();
            for (mean, light) in means.iter_mut().zip(&lights) {
                let part = 1.0 / self.pixels as f64;
                mean.0 += light.0 * part;
                mean.1 += light.1 * part;
                mean.2 += light.2 * part;
            }
            check(&times, &lights, &format!("pixel {pixel}"));
        }
        check(&times, &means, "the whole strip");
    }

    /// The light of a pixel as the eye sees it: white where the white balance makes white.
    fn light(&self, bytes: &[u8], pixel: usize) -> (f64, f64, f64) {
        let channels = self.calibration.channels();
        let bytes = &bytes[pixel * channels..(pixel + 1) * channels];
        let mut color = [0u8; 3];
        for (&byte, place) in bytes.iter().zip(self.calibration.order.places()) {
            color[place] = byte;
        }
        if self.budget.is_none() {
            let light = Linear::decode(Rgb::new(color[0], color[1], color[2]));
            return (light.r.into(), light.g.into(), light.b.into());
        }
        let white = bytes.get(3).map_or(0.0, |&white| f64::from(white) / 255.0);
        let balance = self.calibration.white_balance;
        let light =
            |place: usize| f64::from(color[place]) / 255.0 / f64::from(balance[place]) + white;
        (light(0), light(1), light(2))
    }
}

fn check(times: &[Duration], lights: &[(f64, f64, f64)], what: &str) {
    let luminance: Vec<f64> =
        lights.iter().map(|(r, g, b)| 0.2126 * r + 0.7152 * g + 0.0722 * b).collect();
    let redness: Vec<f64> = lights.iter().map(|(r, g, b)| (r - g - b).max(0.0)).collect();
    for (values, least, name) in [(luminance, LUMINANCE, "luminance"), (redness, REDNESS, "red")] {
        let turns = transitions(&values, least);
        let times: Vec<Duration> = turns.iter().map(|&turn| times[turn]).collect();
        for (first, &from) in times.iter().enumerate() {
            let within = times[first..].iter().take_while(|&&at| at < from + SECOND).count();
            assert!(
                within / 2 <= FLASHES,
                "{what}: {within} changes of {name} within a second from {from:?} on"
            );
        }
    }
}

/// The frames at which the value has gone by `least` from where it turned last, the other way than
/// the time before.
fn transitions(values: &[f64], least: f64) -> Vec<usize> {
    let mut turns = Vec::new();
    let Some(&start) = values.first() else { return turns };
    let (mut low, mut high) = (start, start);
    let mut rising = None;
    for (index, &value) in values.iter().enumerate() {
        low = low.min(value);
        high = high.max(value);
        let rises = rising != Some(true) && value - low >= least;
        let falls = rising != Some(false) && high - value >= least;
        if rises || falls {
            turns.push(index);
            rising = Some(rises);
            (low, high) = (value, value);
        }
    }
    turns
}

/// A snapshot of teams of these colours and shares, with nobody's votes.
///
/// # Panics
/// If there are no two of them.
#[must_use]
pub fn snapshot_of(teams: &[(Rgb, f64)]) -> Snapshot {
    let named = teams.iter().enumerate().map(|(place, &(color, _))| Team {
        name: format!("team {place}"),
        hashtags: vec![format!("tag{place}")],
        color,
        size: 1.0,
    });
    let minute = Duration::from_mins(1);
    let contest =
        Contest::new("A test".into(), minute, Vote::Latest, Reposts::Ignore, named.collect());
    let contest = Arc::new(contest.expect("the teams are sound"));
    Snapshot {
        seq: 1,
        at: None,
        contest,
        phase: Phase::Open,
        question: None,
        following: None,
        round: None,
        results: Vec::new(),
        sealed: Vec::new(),
        voices: None,
        undo: None,
        teams: teams.iter().map(|&(_, share)| Standing { share, ..Standing::default() }).collect(),
        leader: None,
        posts: Posts::default(),
        evicted: Evicted::default(),
        sources: Vec::new(),
        recording: None,
        journal: None,
        scene: Scene::Contest,
        pattern: None,
        blackout: Vec::new(),
        join: None,
        timer: None,
        outputs: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pixel of so many steps of light, one every 50 ms.
    fn shown(levels: impl IntoIterator<Item = u8>) {
        let budget = Budget { max_milliamps: 1000 };
        let mut meter = Meter::new(1, &Calibration::default(), Some(budget));
        for (index, level) in (0u32..).zip(levels) {
            meter.frame(Duration::from_millis(50) * index, &[level; 3]);
        }
        meter.flashes();
    }

    #[test]
    fn two_flashes_a_second_pass() {
        shown((0..60).map(|frame| if frame / 5 % 2 == 0 { 0 } else { 255 }));
        // Smaller ones are none.
        shown((0..60).map(|frame| if frame % 2 == 0 { 100 } else { 120 }));
    }

    #[test]
    #[should_panic(expected = "changes of luminance within a second")]
    fn three_flashes_a_second_do_not() {
        shown((0..60).map(|frame| if frame / 3 % 2 == 0 { 0 } else { 255 }));
    }

    #[test]
    #[should_panic(expected = "changes of luminance within a second")]
    fn slopes_are_flashes_too() {
        shown((0..60).map(|frame| [0, 20, 40, 60, 40, 20][frame % 6]));
    }

    #[test]
    #[should_panic(expected = "changes of red within a second")]
    fn dark_red_flashes_are_counted_by_their_redness() {
        let budget = Budget { max_milliamps: 1000 };
        let mut meter = Meter::new(1, &Calibration::default(), Some(budget));
        for frame in 0u32..60 {
            let red = if frame / 3 % 2 == 0 { 0 } else { 60 };
            meter.frame(Duration::from_millis(50) * frame, &[red, 0, 0]);
        }
        meter.flashes();
    }

    #[test]
    #[should_panic(expected = "61 mA of 60")]
    fn a_frame_beyond_the_budget_does_not_pass() {
        let budget = Budget { max_milliamps: 60 };
        Meter::new(1, &Calibration::default(), Some(budget)).frame(Duration::ZERO, &[255; 3]);
    }
}
