//! From a scene to the bytes of a strip: pure, in linear light, and nothing allocated on the way.
//!
//! A [`Renderer`] is made once for each output. It draws the scene into cells, keeps the current
//! within the budget and flashes within the limit, and makes the bytes, in this order:
//!
//! ```text
//! scene ─▶ effects ─▶ level ─▶ current ─▶ flashes ─▶ white, balance, rounding ─▶ layout ─▶ bytes
//! ```
//!
//! What is shown is within the budget, and so is what is wanted next. A way between the two is
//! within it everywhere (current is a convex function of light), so that the flash limiter may stop
//! a cell anywhere on its way; only where it stops cells at different places the strip as a whole
//! is stopped too.

pub mod bytes;
pub mod check;
pub mod colour;
pub mod easing;
pub mod effects;
pub mod flash;
pub mod layout;
pub mod pattern;
pub mod planes;
pub mod power;
pub mod scene;
pub mod sight;
pub mod split;
pub mod timer;

use std::sync::Arc;
use std::time::Duration;

use crate::contest::Contest;

use bytes::{Cell, Encoder, Encoding};
use colour::{Calibration, Linear};
use easing::Easing;
use effects::Effects;
use flash::Flash;
use layout::{Layout, Map};
use planes::{Planes, Sums};
use power::Budget;
use scene::{Look, Scene};

/// From black to full light at the start: a supply that is switched on by full white falls over.
const FADE_IN: Duration = Duration::from_millis(800);

/// How a lost feed is marked: dimmed by so much on the whole, and breathing by so much, so slowly.
const STALE_DIM: f32 = 0.45;
const STALE_BREATH: f32 = 0.2;
const STALE_PERIOD: Duration = Duration::from_secs(4);

/// The mark comes and goes within this, and so does a look.
const LOOK_TIME: Duration = Duration::from_secs(1);

/// A winner's opponents keep so much of their light.
const BEATEN: f32 = 0.25;

/// On a tie each team's light falls by so much in turn, so slowly.
const TIE_BREATH: f32 = 0.35;
const TIE_PERIOD: Duration = Duration::from_secs(4);

/// Longer gaps between frames count as this for what moves by itself.
const LONGEST_STEP: Duration = Duration::from_millis(100);

/// What a frame is like, besides its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameReport {
    /// The next frame would look different though the scene stays the same.
    pub moving: bool,
    /// What the strip draws, in mA; `None` on a screen.
    pub milliamps: Option<u32>,
    /// It is darker than it should be, to stay within the budget.
    pub limited: bool,
    /// Some light changes later than it should, to stay within the limit for flashes.
    pub flash_limited: bool,
}

/// Makes the frames of one output.
pub struct Renderer {
    map: Map,
    calibration: Calibration,
    encoding: Encoding,
    encoder: Encoder,
    pixels: usize,
    /// How many pixels are lit at all, at least 1.
    lit: f32,
    /// The sum of all bytes that the budget allows; `None` on a screen.
    most: Option<u64>,
    scene: Option<Scene>,
    /// For how long the scene has been shown.
    age: Duration,
    easing: Easing,
    effects: Effects,
    stale: Stale,
    contest: Option<Arc<Contest>>,
    /// The colours of the teams, and as the look has them.
    lights: Vec<Linear>,
    looks: Vec<Linear>,
    fade: f32,
    flash: Flash,
    /// The scene in full light.
    drawn: Vec<Linear>,
    /// The frame that is made, and the last one with what it shows together.
    wanted: Planes,
    shown: Planes,
    sums: Sums,
    /// The bytes of the cells, and those of a dark one.
    cells: Vec<Cell>,
}

impl Renderer {
    /// For a strip as it is mounted, wired and supplied.
    #[must_use]
    pub fn new(
        layout: &Layout,
        calibration: &Calibration,
        budget: Budget,
        encoding: Encoding,
    ) -> Renderer {
        let map = Map::new(layout);
        let cells = map.cells();
        Renderer {
            calibration: calibration.clone(),
            encoding,
            encoder: Encoder::new(calibration, encoding),
            pixels: layout.pixels,
            lit: map.times().iter().sum::<f32>().max(1.0),
            most: (encoding == Encoding::Duty).then(|| budget.byte_sum(layout.pixels)),
            scene: None,
            age: Duration::ZERO,
            easing: Easing::default(),
            effects: Effects::new(cells),
            stale: Stale::default(),
            contest: None,
            lights: Vec::new(),
            looks: Vec::new(),
            // No supply falls over by what a screen shows.
            fade: if encoding == Encoding::Screen { 1.0 } else { 0.0 },
            flash: Flash::new(cells),
            drawn: vec![Linear::BLACK; cells],
            wanted: Planes::new(cells),
            shown: Planes::new(cells),
            sums: Sums::default(),
            cells: vec![Cell::default(); cells + 1],
            map,
        }
    }

    /// Bytes of a frame.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.pixels * self.calibration.channels()
    }

    /// The strip was dark so far: what was rendered did not reach it.
    pub fn darken(&mut self) {
        if self.encoding == Encoding::Duty {
            self.fade = 0.0;
        }
        self.shown.darken();
        self.sums = Sums::default();
        self.flash.reset();
    }

    /// Makes the frame of `scene`, `elapsed` after the last one. `bytes` gets [`Renderer::bytes`]
    /// bytes; if it has had so many already, nothing is allocated.
    pub fn frame(&mut self, scene: &Scene, elapsed: Duration, bytes: &mut Vec<u8>) -> FrameReport {
        self.continue_with(scene, elapsed);
        let (moving, level) = self.draw(scene, elapsed);
        let (sums, limited) = self.level(level);
        let (held, reined) = self.hold(sums, elapsed);
        bytes.resize(self.bytes(), 0);
        let (milliamps, reduced) = self.encode(bytes);
        FrameReport {
            moving: moving || self.fade < 1.0 || held,
            milliamps,
            limited: limited || reined || reduced,
            flash_limited: held,
        }
    }

    fn continue_with(&mut self, scene: &Scene, elapsed: Duration) {
        let continued = self.scene.as_ref().is_some_and(|last| last.is_continued_by(scene));
        self.age = if continued { self.age + elapsed } else { Duration::ZERO };
        if self.scene.is_some() {
            let step = elapsed.min(LONGEST_STEP).as_secs_f32() / FADE_IN.as_secs_f32();
            self.fade = (self.fade + step).min(1.0);
        }
        self.scene = Some(scene.clone());
    }

    /// Draws the scene, and says whether it moves and at what level its light is.
    fn draw(&mut self, scene: &Scene, elapsed: Duration) -> (bool, f32) {
        let age = self.age;
        match scene {
            Scene::Split { snapshot, look } => {
                self.colours_of(&snapshot.contest);
                self.look(*look);
                self.effects.step(&snapshot.teams, elapsed);
                self.stale.step(scene::is_stale(snapshot), elapsed);
                let target = || snapshot.teams.iter().map(|team| team.share);
                let shares = self.easing.step(target(), elapsed);
                for run in self.map.runs() {
                    let cells = &mut self.drawn[run.start..run.start + run.cells];
                    split::draw(shares, &self.looks, run, cells);
                    self.effects.draw(shares, run, cells);
                }
                let moving = !self.easing.is_settled(target())
                    || self.effects.is_active()
                    || self.stale.amount > 0.0
                    || *look == Look::Tie
                    || (*look != Look::Standing && age < LOOK_TIME);
                (moving, self.effects.level() * self.stale.level())
            }
            Scene::Pattern(pattern) => {
                for run in self.map.runs() {
                    let cells = &mut self.drawn[run.start..run.start + run.cells];
                    pattern.draw(age, run, cells);
                }
                (scene.is_moving(age), 1.0)
            }
            Scene::Timer(timer, _) => {
                self.drawn.fill(timer.light(age));
                (scene.is_moving(age), 1.0)
            }
        }
    }

    /// The colours of the teams as the look has them.
    fn look(&mut self, look: Look) {
        let on = (self.age.as_secs_f32() / LOOK_TIME.as_secs_f32()).min(1.0);
        let turn = self.age.as_secs_f32() / TIE_PERIOD.as_secs_f32();
        let count = self.lights.len() as f32;
        for (index, (look_light, &light)) in self.looks.iter_mut().zip(&self.lights).enumerate() {
            let level = match look {
                Look::Standing => 1.0,
                Look::Winner(team) if team.index() == index => 1.0,
                Look::Winner(_) => 1.0 - on * (1.0 - BEATEN),
                Look::Tie => 1.0 - on * TIE_BREATH * breath(turn + index as f32 / count),
            };
            *look_light = light * level;
        }
    }

    /// The colours of the teams as light, decoded once.
    fn colours_of(&mut self, contest: &Arc<Contest>) {
        if self.contest.as_ref().is_some_and(|known| Arc::ptr_eq(known, contest)) {
            return;
        }
        self.lights.clear();
        let gamma = self.calibration.gamma;
        self.lights.extend(contest.teams().iter().map(|team| match self.encoding {
            Encoding::Duty => Linear::by_gamma(team.color, gamma),
            Encoding::Screen => Linear::decode(team.color),
        }));
        self.looks.clone_from(&self.lights);
        self.contest = Some(Arc::clone(contest));
    }

    /// Brings what was drawn to its brightness, and within the budget. Says what that is together,
    /// and whether it had to be dimmed for it.
    fn level(&mut self, level: f32) -> (Sums, bool) {
        let level = level * self.calibration.brightness.clamp(0.0, 1.0) * self.fade * self.fade;
        self.wanted.take(&self.drawn);
        let sums = self.sums_of(&self.wanted);
        let (drive, most) = (self.encoder.drive(sums) * level, self.most_drive());
        let limit = if drive > most { most / drive } else { 1.0 };
        self.wanted.scale(level * limit);
        (sums.scaled(level * limit), limit < 1.0)
    }

    /// Keeps flashes within the limit. Says whether a light was held back for it, and whether one
    /// was because others, held, did not give their current free.
    fn hold(&mut self, mut sums: Sums, elapsed: Duration) -> (bool, bool) {
        self.flash.pass(elapsed);
        let mean = 1.0 / self.lit;
        let (mut held, mut reined) = (false, false);
        if self.flash.is_hasty(&self.wanted, sums.light * mean) {
            held = true;
            self.flash.hold(&self.shown, &mut self.wanted, self.map.times(), &mut sums);
            let mut part = self.flash.whole(self.sums.light * mean, sums.light * mean);
            let (from, to) = (self.encoder.drive(self.sums), self.encoder.drive(sums));
            if to > self.most_drive() {
                let within = ((self.most_drive() - from) / (to - from)).clamp(0.0, 1.0);
                reined = within < part;
                part = part.min(within);
            }
            if part < 1.0 {
                self.wanted.keep(&self.shown, part);
                sums = self.sums_of(&self.wanted);
                self.flash.want(&self.wanted, sums.light * mean);
            }
        }
        self.flash.note();
        self.sums = sums;
        std::mem::swap(&mut self.wanted, &mut self.shown);
        (held, reined)
    }

    fn sums_of(&self, cells: &Planes) -> Sums {
        cells.sums(self.map.times(), self.encoder.has_white())
    }

    /// How many channels at full the budget allows.
    fn most_drive(&self) -> f32 {
        self.most.map_or(f32::MAX, |most| most as f32 / 255.0)
    }

    /// Makes the bytes, and says what they draw and whether they had to be reduced.
    fn encode(&mut self, bytes: &mut [u8]) -> (Option<u32>, bool) {
        let cells = self.shown.len();
        self.encoder.encode(&self.shown, &mut self.cells[..cells]);
        bytes::lay(&self.cells, self.map.places(), self.calibration.channels(), bytes);
        let Some(most) = self.most else { return (None, false) };
        let sum = bytes::sum(bytes);
        let excess = sum.saturating_sub(most);
        if excess > 0 {
            bytes::reduce(bytes, excess);
        }
        (Some(power::milliamps(self.pixels, sum - excess)), excess > 0)
    }
}

/// The mark of a lost feed.
#[derive(Clone, Copy, Debug, Default)]
struct Stale {
    /// How much of it is there, 0..=1.
    amount: f32,
    /// Where in a breath it is, 0..1.
    turn: f32,
}

impl Stale {
    fn step(&mut self, stale: bool, elapsed: Duration) {
        let step = elapsed.min(LONGEST_STEP).as_secs_f32();
        let by = step / LOOK_TIME.as_secs_f32();
        self.amount = (self.amount + if stale { by } else { -by }).clamp(0.0, 1.0);
        self.turn = (self.turn + step / STALE_PERIOD.as_secs_f32()) % 1.0;
        if self.amount <= 0.0 {
            self.turn = 0.0;
        }
    }

    fn level(self) -> f32 {
        1.0 - self.amount * (STALE_DIM + STALE_BREATH * (2.0 * breath(self.turn) - 1.0))
    }
}

/// In and out, 0 to 1 and back within a turn.
fn breath(turn: f32) -> f32 {
    0.5 - 0.5 * (turn * std::f32::consts::TAU).cos()
}

#[cfg(test)]
mod tests;
