//! From a scene to the bytes of a strip: pure, in linear light, and nothing allocated on the way.
//!
//! A [`Renderer`] is made once for each output. It draws the scene into cells, keeps the current
//! within the budget and flashes within the limit, and makes the bytes, in this order:
//!
//! ```text
//! scene ─▶ effects ─▶ level ─▶ current ─▶ dim ─▶ flashes ─▶ white, balance, rounding ─▶ layout ─▶ bytes
//! ```
//!
//! What is shown is within the budget, and so is what is wanted next. A way between the two is
//! within it everywhere (current is a convex function of light), so that the flash limiter may stop
//! a cell anywhere on its way; only where it stops cells at different places the strip as a whole
//! is stopped too.

pub mod blackout;
pub mod bytes;
pub mod check;
pub mod colour;
pub mod easing;
pub mod effects;
pub mod flash;
pub mod layout;
pub mod looks;
pub mod pattern;
pub mod planes;
pub mod power;
pub mod scene;
pub mod sight;
pub mod split;
pub mod stale;
pub mod timer;

use std::sync::Arc;
use std::time::Duration;

use crate::contest::Contest;
use crate::snapshot::Snapshot;

use blackout::Blackout;
use bytes::{Cell, Encoder, Encoding};
use colour::{Calibration, Linear};
use easing::{Easing, breath};
use effects::Effects;
use flash::Flash;
use layout::{Layout, Map};
use looks::crossfade::Crossfade;
use planes::{Planes, Sums};
use power::Budget;
use scene::{Look, Scene};
use stale::Stale;

/// From black to full light at the start: a supply that is switched on by full white falls over.
const FADE_IN: Duration = Duration::from_millis(800);

/// A look comes within this.
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
    /// What was shown of a round last, and how it gives way to what is shown next.
    round: Option<looks::Shown>,
    crossfade: Crossfade,
    blackout: Blackout,
    contest: Option<Arc<Contest>>,
    /// The colours of the teams, and as the look has them.
    lights: Vec<Linear>,
    looks: Vec<Linear>,
    fade: f32,
    /// How much of the light that the budget allows the look has.
    dim: f32,
    flash: Flash,
    /// The scene in full light; the level at which it was shown, and how much of that was left.
    drawn: Vec<Linear>,
    drawn_level: f32,
    drawn_dim: f32,
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
            round: None,
            crossfade: Crossfade::new(cells),
            blackout: Blackout::default(),
            contest: None,
            lights: Vec::new(),
            looks: Vec::new(),
            // No supply falls over by what a screen shows.
            fade: if encoding == Encoding::Screen { 1.0 } else { 0.0 },
            dim: 1.0,
            flash: Flash::new(cells),
            drawn: vec![Linear::BLACK; cells],
            drawn_level: 1.0,
            drawn_dim: 1.0,
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

    /// The strip is to be dark, whatever there is to show, or lit again: frames from now on fade.
    pub fn black_out(&mut self, dark: bool) {
        self.blackout.order(dark);
    }

    /// Makes the frame of `scene`, `elapsed` after the last one. `bytes` gets [`Renderer::bytes`]
    /// bytes; if it has had so many already, nothing is allocated.
    pub fn frame(&mut self, scene: &Scene, elapsed: Duration, bytes: &mut Vec<u8>) -> FrameReport {
        self.continue_with(scene, elapsed);
        self.blackout.step(elapsed);
        let (moving, level) = self.draw(scene, elapsed);
        let (fades, level) = self.crossfade(level, elapsed);
        let (sums, limited) = self.level(level);
        let (held, reined) = self.hold(sums, elapsed);
        bytes.resize(self.bytes(), 0);
        let (milliamps, reduced) = self.encode(bytes);
        FrameReport {
            moving: moving || fades || self.blackout.is_moving() || self.fade < 1.0 || held,
            milliamps,
            limited: limited || reined || reduced,
            flash_limited: held,
        }
    }

    fn continue_with(&mut self, scene: &Scene, elapsed: Duration) {
        let continued = self.scene.as_ref().is_some_and(|last| last.is_continued_by(scene));
        self.age = if continued { self.age + elapsed } else { Duration::ZERO };
        if let Some(last) = &self.scene {
            if last.is_round() != scene.is_round() {
                self.crossfade.begin(&self.drawn, self.drawn_level, self.drawn_dim);
                self.round = None;
            }
            let step = elapsed.min(LONGEST_STEP).as_secs_f32() / FADE_IN.as_secs_f32();
            self.fade = (self.fade + step).min(1.0);
        }
        self.scene = Some(scene.clone());
    }

    /// Draws the scene, and says whether it moves and at what level its light is.
    fn draw(&mut self, scene: &Scene, elapsed: Duration) -> (bool, f32) {
        let age = self.age;
        self.dim = 1.0;
        match scene {
            Scene::Split { snapshot, look } => {
                self.colours_of(&snapshot.contest);
                self.look(*look);
                self.effects.step(&snapshot.teams, elapsed);
                self.stale.step(scene::is_stale(snapshot), elapsed);
                let moving = self.draw_shares(snapshot, elapsed)
                    || self.stale.is_seen()
                    || *look == Look::Tie
                    || (*look != Look::Standing && age < LOOK_TIME);
                (moving, self.effects.level() * self.stale.level())
            }
            Scene::Round(snapshot) => match &snapshot.round {
                Some(round) => self.draw_round(snapshot, round, elapsed),
                None => (false, 1.0),
            },
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

    /// Draws the shares as they ease, with the effects, and says whether either goes on.
    fn draw_shares(&mut self, snapshot: &Snapshot, elapsed: Duration) -> bool {
        let target = || snapshot.teams.iter().map(|team| team.share);
        let shares = self.easing.step(target(), elapsed);
        for run in self.map.runs() {
            let cells = &mut self.drawn[run.start..run.start + run.cells];
            split::draw(shares, &self.looks, run, cells);
            self.effects.draw(shares, run, cells);
        }
        !self.easing.is_settled(target()) || self.effects.is_active()
    }

    /// Mixes what was shown before into what was drawn, while one look of a round gives way to another.
    /// Says whether it does, and the level of the mixture.
    fn crossfade(&mut self, mut level: f32, elapsed: Duration) -> (bool, f32) {
        let fades = self.crossfade.is_on();
        if fades {
            self.dim = self.crossfade.mix(&mut self.drawn, level, self.dim, elapsed);
            level = 1.0;
        }
        (self.drawn_level, self.drawn_dim) = (level, self.dim);
        (fades, level)
    }

    /// The colours of the teams as a look has them that has lasted for the scene's age.
    fn look(&mut self, look: Look) {
        let on = (self.age.as_secs_f32() / LOOK_TIME.as_secs_f32()).min(1.0);
        let turn = self.age.as_secs_f32() / TIE_PERIOD.as_secs_f32();
        self.light_teams(look, on, turn);
    }

    /// The colours of the teams as a look has them that is there so far, in such a turn of a breath.
    fn light_teams(&mut self, look: Look, on: f32, turn: f32) {
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

    /// The colours of the teams as light, decoded once. Says whether they are others than before.
    fn colours_of(&mut self, contest: &Arc<Contest>) -> bool {
        if self.contest.as_ref().is_some_and(|known| Arc::ptr_eq(known, contest)) {
            return false;
        }
        let gamma = self.calibration.gamma;
        let lights = || {
            contest.teams().iter().map(|team| match self.encoding {
                Encoding::Duty => Linear::by_gamma(team.color, gamma),
                Encoding::Screen => Linear::decode(team.color),
            })
        };
        let others = !lights().eq(self.lights.iter().copied());
        if others {
            let lights: Vec<Linear> = lights().collect();
            self.looks.clone_from(&lights);
            self.lights = lights;
        }
        self.contest = Some(Arc::clone(contest));
        others
    }

    /// Brings what was drawn to its brightness, and within the budget. Says what that is together,
    /// and whether it had to be dimmed for it.
    fn level(&mut self, level: f32) -> (Sums, bool) {
        let level = level * self.calibration.brightness.clamp(0.0, 1.0) * self.fade * self.fade;
        self.wanted.take(&self.drawn);
        let sums = self.sums_of(&self.wanted);
        let (drive, most) = (self.encoder.drive(sums) * level, self.most_drive());
        let limit = if drive > most { most / drive } else { 1.0 };
        // Dimmed by what the look wants of what the budget leaves, so that it is seen on any budget.
        let level = level * limit * (self.dim * self.blackout.level());
        self.wanted.scale(level);
        (sums.scaled(level), limit < 1.0)
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

#[cfg(test)]
mod tests;
