//! Life in the light: the part of a team that posts sparkles towards its end, and for each post a
//! chaser runs from the seam to there.
//!
//! Share is the seam, pull is life: effects move light about within the whole cells of one team and
//! take none away, so that the seam stays where it is. To shine above the rest a light needs room,
//! so that all teams alike are dimmed a little while there is something to see. What is seen
//! depends on the posts and on time alone: chance is a table that is always the same.
//! Three seconds after the last post nothing of it is left, however many there were: the strip is
//! as bright as it can be, and each team's part is plain.

use std::time::Duration;

use crate::snapshot::Standing;

use super::colour::Linear;
use super::layout::Run;

/// How much all light is dimmed while the crowd is at its liveliest.
const ROOM: f32 = 0.3;

/// No light goes below this part of what it would be.
const DIMMEST: f32 = 0.45;

/// Chasers of one team under way at one time; further posts wait, and only so many.
const CHASERS: usize = 4;
const WAITING: u64 = 1;

/// From one chaser of a team to the next, and from the seam past the end, in seconds.
const APART: f32 = 0.6;
const TRAVEL: f32 = 1.6;

/// A chaser reaches so far to both sides, as a part of its team's cells. It passes a cell slowly
/// enough that the flash limiter finds nothing to hold back: in half a second.
const REACH: f32 = 0.25;

/// Half of a team's posts are forgotten in so many seconds, and so many more each second: the last
/// of the most that are felt is gone after 2.3 s.
const MEMORY: f32 = 1.5;
const FORGOTTEN: f32 = 3.0;
const MOST_HEAT: f32 = 12.0;

/// Posts that are half of the most that could be shown.
const HALF_PULL: f32 = 4.0;

/// Seconds in which all room is made, and those in which it is given back.
const RISE: f32 = 0.3;
const FALL: f32 = 0.6;

/// Less than this is nothing.
const NOTHING: f32 = 0.004;

/// How fast the sparkle flows, in knots of the table a second; at this a cell brightens and darkens
/// again about once in two seconds.
const FLOW: f32 = 1.2;

/// Knots of the table along the whole strip, and the fewest cells between two.
const KNOTS: f64 = 24.0;
const FEWEST_CELLS: f64 = 2.0;

/// Knots of the table.
const TABLE: usize = 256;

/// Where chance begins.
const SEED: u32 = 0x7u32.wrapping_mul(0x9e37_79b9);

/// What the effects remember.
#[derive(Clone, Debug)]
pub struct Effects {
    teams: Vec<Life>,
    /// How much room there is to be made, 0..=1.
    activity: f32,
    table: Vec<f32>,
    scratch: Vec<f32>,
}

/// One team's posts, as they are seen.
#[derive(Clone, Debug, Default)]
struct Life {
    total: u64,
    /// Posts of late, fading.
    heat: f32,
    /// How far the sparkle has flowed, in knots.
    flow: f32,
    waiting: u64,
    pause: f32,
    /// How far each chaser has come, 0..1; from 1 on there is none.
    chasers: [f32; CHASERS],
}

impl Life {
    fn pull(&self) -> f32 {
        self.heat / (self.heat + HALF_PULL)
    }

    fn is_chased(&self) -> bool {
        self.waiting > 0 || self.chasers.iter().any(|&way| way < 1.0)
    }
}

impl Effects {
    /// For so many cells.
    #[must_use]
    pub fn new(cells: usize) -> Effects {
        let mut state = SEED;
        let table = (0..TABLE).map(|_| {
            // Xorshift: chance enough to look at.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        });
        Effects {
            teams: Vec::new(),
            activity: 0.0,
            table: table.collect(),
            scratch: vec![0.0; cells],
        }
    }

    /// Time goes on, and so many posts have counted.
    pub fn step(&mut self, standings: &[Standing], elapsed: Duration) {
        self.advance(standings, elapsed, |_, posts| posts);
    }

    /// The same where no post is to be seen: what there was fades.
    pub fn rest(&mut self, standings: &[Standing], elapsed: Duration) {
        self.advance(standings, elapsed, |_, _| 0);
    }

    /// The same where a team is cheered, as often as if it had so many posts.
    pub fn cheer(&mut self, team: usize, times: u64, standings: &[Standing], elapsed: Duration) {
        self.advance(standings, elapsed, |index, _| if index == team { times } else { 0 });
    }

    fn advance(
        &mut self,
        standings: &[Standing],
        elapsed: Duration,
        felt: impl Fn(usize, u64) -> u64,
    ) {
        let seconds = elapsed.as_secs_f32();
        if self.teams.len() != standings.len() {
            // What counted before anything was shown is no news.
            self.teams.clear();
            self.teams.extend(standings.iter().map(|standing| Life {
                total: standing.total,
                chasers: [1.0; CHASERS],
                ..Life::default()
            }));
        }
        let mut wish = 0.0f32;
        for (index, (life, standing)) in self.teams.iter_mut().zip(standings).enumerate() {
            let posts = felt(index, standing.total.saturating_sub(life.total));
            life.total = standing.total;
            life.heat = life.heat * (-seconds / MEMORY).exp2() - seconds * FORGOTTEN;
            life.heat = (life.heat.max(0.0) + posts.min(1000) as f32).min(MOST_HEAT);
            let pull = life.pull();
            life.flow = (life.flow + seconds * FLOW * pull) % TABLE as f32;
            for way in &mut life.chasers {
                *way = (*way + seconds / TRAVEL).min(1.0);
            }
            life.waiting = (life.waiting + posts).min(WAITING);
            life.pause = (life.pause - seconds).max(0.0);
            if life.waiting > 0
                && life.pause <= 0.0
                && let Some(way) = life.chasers.iter_mut().find(|way| **way >= 1.0)
            {
                *way = 0.0;
                life.waiting -= 1;
                life.pause = APART;
            }
            wish = wish.max(if life.is_chased() { 1.0 } else { (2.0 * pull).min(1.0) });
        }
        let (falls, rises) = (-seconds / FALL, seconds / RISE);
        self.activity += (wish - self.activity).clamp(falls, rises);
    }

    /// Whether there is anything to see.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.activity > 0.0
    }

    /// To what part of their light all teams are dimmed.
    #[must_use]
    pub fn level(&self) -> f32 {
        1.0 - ROOM * self.activity
    }

    /// Moves light about within each team's cells. The result is to be dimmed by [`Effects::level`].
    pub fn draw(&mut self, shares: &[f64], run: &Run, cells: &mut [Linear]) {
        if !self.is_active() {
            return;
        }
        let most = 1.0 / self.level() - 1.0;
        let (mut sum, mut from) = (0.0, run.from);
        for (index, (life, &share)) in self.teams.iter().zip(shares).enumerate() {
            sum += share;
            let to = run.from + sum.clamp(0.0, 1.0) * run.length;
            // Only whole cells: the seam is not for playing.
            let (first, last) = (whole(from.ceil()), whole(to.floor()).min(cells.len()));
            from = to;
            if last <= first + 1 {
                continue;
            }
            let towards_near = 2 * index + 1 < shares.len();
            let texture = &mut self.scratch[first..last];
            flow(texture, &self.table, life, first, run, towards_near);
            for &way in life.chasers.iter().filter(|&&way| way < 1.0) {
                chase(texture, way, towards_near);
            }
            redistribute(texture, &mut cells[first..last], most);
        }
    }
}

/// The sparkle of a team: the table, flowing towards its end.
fn flow(
    texture: &mut [f32],
    table: &[f32],
    life: &Life,
    first: usize,
    run: &Run,
    towards_near: bool,
) {
    let depth = 0.6 * life.pull();
    let step = narrow(1.0 / (run.length / KNOTS).max(FEWEST_CELLS));
    let flow = if towards_near { life.flow } else { TABLE as f32 - life.flow };
    let start = flow + first as f32 * step;
    let mut done = 0;
    // From knot to knot the texture is straight.
    while done < texture.len() {
        let knot = whole_f32(start + done as f32 * step);
        let next = whole_f32(((knot as f32 + 1.0 - start) / step).ceil());
        let next = next.clamp(done + 1, texture.len());
        let (one, other) = (table[knot % TABLE], table[(knot + 1) % TABLE]);
        let slope = depth * (other - one);
        let base = depth * one + slope * (start + done as f32 * step - knot as f32);
        for (index, texture) in (0i32..).zip(&mut texture[done..next]) {
            #[expect(clippy::cast_precision_loss, reason = "an index of few digits")]
            let place = index as f32;
            *texture = base + slope * step * place;
        }
        done = next;
    }
}

/// A chaser: a bump of light, some way from the seam to the end. It comes out of the one and goes
/// into the other.
fn chase(texture: &mut [f32], way: f32, towards_near: bool) {
    let length = texture.len() as f32;
    let reach = (length * REACH).max(1.5);
    let way = if towards_near { 1.0 - way } else { way };
    let middle = way * (length - 1.0 + 2.0 * reach) - reach;
    let first = whole_f32((middle - reach).max(0.0).ceil()).min(texture.len());
    let end = whole_f32((middle + reach).max(0.0).ceil()).clamp(first, texture.len());
    for (index, texture) in (0i32..).zip(&mut texture[first..end]) {
        #[expect(clippy::cast_precision_loss, reason = "an index of few digits")]
        let place = first as f32 + index as f32;
        let near = 1.0 - (place - middle).abs() / reach;
        *texture += near * near * (3.0 - 2.0 * near);
    }
}

/// Brightens and dims cells by a texture, at most by `most`, so that their sum stays.
fn redistribute(texture: &[f32], cells: &mut [Linear], most: f32) {
    let (sum, low, high) = summary(texture);
    let mean = sum / texture.len() as f32;
    let scale = most.min(most / (high - mean).max(NOTHING));
    let scale = scale.min((1.0 - DIMMEST) / (mean - low).max(NOTHING));
    let base = 1.0 - scale * mean;
    for (cell, &value) in cells.iter_mut().zip(texture) {
        *cell = *cell * (base + scale * value);
    }
}

/// Sum, least and greatest; many side by side, since each waits for the last.
fn summary(values: &[f32]) -> (f32, f32, f32) {
    const LANES: usize = 8;
    let (mut sums, mut lows, mut highs) = ([0.0; LANES], [f32::MAX; LANES], [f32::MIN; LANES]);
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            let value = block[lane];
            sums[lane] += value;
            lows[lane] = if value < lows[lane] { value } else { lows[lane] };
            highs[lane] = if value > highs[lane] { value } else { highs[lane] };
        }
    }
    let (mut sum, mut low, mut high) = (0.0, f32::MAX, f32::MIN);
    for &value in rest {
        sum += value;
        low = low.min(value);
        high = high.max(value);
    }
    let low = lows.into_iter().fold(low, f32::min);
    let high = highs.into_iter().fold(high, f32::max);
    (sum + sums.iter().sum::<f32>(), low, high)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place on the strip")]
fn whole(place: f64) -> usize {
    place as usize
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
fn whole_f32(place: f32) -> usize {
    place as u32 as usize
}

#[expect(clippy::cast_possible_truncation, reason = "24 bits are enough to be looked at")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::split;
    use super::*;

    const FRAME: Duration = Duration::from_millis(16);

    fn standings(totals: &[u64]) -> Vec<Standing> {
        totals.iter().map(|&total| Standing { total, ..Standing::default() }).collect()
    }

    fn lively(totals: &[u64], frames: usize) -> Effects {
        let mut effects = Effects::new(1000);
        effects.step(&standings(&vec![0; totals.len()]), FRAME);
        for _ in 0..frames {
            effects.step(&standings(totals), FRAME);
        }
        effects
    }

    fn drawn(effects: &mut Effects, shares: &[f64], run: &Run) -> Vec<Linear> {
        let lights = vec![Linear::WHITE; shares.len()];
        let mut cells = vec![Linear::BLACK; run.cells];
        split::draw(shares, &lights, run, &mut cells);
        effects.draw(shares, run, &mut cells);
        cells
    }

    fn plain(cells: usize) -> Run {
        Run { start: 0, cells, from: 0.0, length: cells as f64 }
    }

    #[test]
    fn nothing_is_to_be_seen_while_nobody_posts() {
        let mut effects = lively(&[0, 0], 100);
        assert!(!effects.is_active());
        assert_eq!(drawn(&mut effects, &[0.5, 0.5], &plain(10)), [Linear::WHITE; 10]);
    }

    #[test]
    fn what_counted_before_the_start_is_no_news() {
        let mut effects = Effects::new(10);
        effects.step(&standings(&[1000, 1000]), FRAME);
        effects.step(&standings(&[1000, 1000]), FRAME);
        assert!(!effects.is_active());
    }

    /// The brightest cell of each team.
    fn brightest(cells: &[Linear]) -> usize {
        (0..cells.len()).max_by(|&a, &b| cells[a].r.total_cmp(&cells[b].r)).unwrap()
    }

    #[test]
    fn a_post_sends_a_chaser_from_the_seam_to_the_end_of_its_team() {
        for (team, way) in [(0, [33, 22, 10]), (1, [66, 77, 89])] {
            let mut totals = [0, 0];
            totals[team] = 1;
            for (frames, expected) in [(40, way[0]), (55, way[1]), (70, way[2])] {
                let cells = drawn(&mut lively(&totals, frames), &[0.5, 0.5], &plain(100));
                let found = brightest(&cells);
                assert!(found.abs_diff(expected) < 6, "{team}: {found} and not {expected}");
                // The other team is as calm as before.
                let other = if team == 0 { &cells[50..] } else { &cells[..50] };
                assert!(other.iter().all(|light| (light.r - 1.0).abs() < 1e-6));
            }
        }
    }

    #[test]
    fn chasers_are_few_however_many_posts_there_are() {
        let effects = lively(&[1_000_000, 0], 200);
        assert!(effects.teams[0].chasers.iter().filter(|&&way| way < 1.0).count() <= CHASERS);
        assert!(effects.teams[0].waiting <= WAITING);
    }

    #[test]
    fn all_is_quiet_three_seconds_after_the_last_post() {
        for (posts, seconds) in [(1, 2.5), (2, 3.0), (30, 3.0), (1_000_000, 3.0)] {
            let mut effects = lively(&[posts, 0], 1);
            let mut quiet = 0.0;
            while effects.is_active() {
                effects.step(&standings(&[posts, 0]), FRAME);
                quiet += FRAME.as_secs_f32();
                assert!(quiet < seconds, "{posts} posts");
            }
        }
    }

    proptest! {
        #[test]
        fn effects_move_no_seam_and_shine_within_their_room(
            weights in prop::collection::vec(1u32..1000, 2..6),
            posts in prop::collection::vec(0u64..50, 6),
            cells in 1usize..1000,
            half in any::<bool>(),
            frames in 1usize..200,
        ) {
            let sum = f64::from(weights.iter().sum::<u32>());
            let shares: Vec<f64> = weights.iter().map(|&weight| f64::from(weight) / sum).collect();
            let mut effects = lively(&posts[..shares.len()], frames);
            let run = Run {
                from: if half { 0.5 } else { 0.0 },
                length: cells as f64 - if half { 0.5 } else { 0.0 },
                ..plain(cells)
            };
            let level = effects.level();
            for team in 0..shares.len() {
                let mut lights = vec![Linear::BLACK; shares.len()];
                lights[team] = Linear::new(1.0, 0.4, 0.0);
                let mut calm = vec![Linear::BLACK; cells];
                split::draw(&shares, &lights, &run, &mut calm);
                let mut alive = calm.clone();
                effects.draw(&shares, &run, &mut alive);
                let sum = |cells: &[Linear]| cells.iter().map(|light| f64::from(light.r)).sum::<f64>();
                let (calm_sum, alive_sum) = (sum(&calm), sum(&alive));
                prop_assert!((calm_sum - alive_sum).abs() < 1.0 / 256.0, "{} {}", calm_sum, alive_sum);
                for (calm, alive) in calm.iter().zip(&alive) {
                    prop_assert!(alive.r * level <= 1.0 + 1e-5);
                    prop_assert!(alive.r >= calm.r * (DIMMEST - 1e-5));
                    // A cell of two teams is not touched.
                    prop_assert!(calm.r >= 1.0 - 1e-6 || alive == calm);
                }
            }
        }
    }
}
