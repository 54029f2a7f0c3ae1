//! Rounds as they are shown: pixels at given instants, what a hidden round tells, and whole evenings.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::picture::Pattern;
use crate::render::bytes::Encoding;
use crate::render::check::{Meter, snapshot_of};
use crate::render::colour::Calibration;
use crate::render::layout::Layout;
use crate::render::power::Budget;
use crate::render::scene::Scene;
use crate::rgb::Rgb;
use crate::round::Counts;
use crate::snapshot::{RoundResult, SourceState, SourceStatus, TeamResult};
use crate::timer::{Marks, TimerStatus};
use crate::timestamp::Timestamp;

const RED: Rgb = Rgb::new(255, 0, 0);
const BLUE: Rgb = Rgb::new(0, 0, 255);
const GREEN: Rgb = Rgb::new(0, 255, 0);
const WHITE: Rgb = Rgb::new(255, 255, 255);
const FRAME: Duration = Duration::from_millis(20);
const PLENTY: Budget = Budget { max_milliamps: 1_000_000 };

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A round in a phase that has stood for so long.
fn round(since: u64) -> RoundStatus {
    RoundStatus {
        number: 1,
        best_of: 1,
        wins: vec![0, 0],
        opened_at: None,
        ends_at: None,
        since: Some(ms(since)),
        opens_in: None,
        left: None,
        length: None,
        counts: Counts::Round,
        paused: false,
        secret: false,
        hidden: false,
        grace: Duration::from_secs(3),
        held: 0,
        result: None,
    }
}

fn snapshot(teams: &[(Rgb, f64)], phase: Phase, round: RoundStatus) -> Snapshot {
    Snapshot { phase, round: Some(round), ..snapshot_of(teams) }
}

fn armed(teams: &[(Rgb, f64)]) -> Snapshot {
    snapshot(teams, Phase::Armed, round(0))
}

fn countdown(teams: &[(Rgb, f64)], since: u64, opens_in: u64) -> Snapshot {
    snapshot(teams, Phase::Countdown, RoundStatus { opens_in: Some(ms(opens_in)), ..round(since) })
}

fn open(teams: &[(Rgb, f64)], left: u64) -> Snapshot {
    snapshot(teams, Phase::Open, RoundStatus { left: Some(ms(left)), ..round(0) })
}

/// The result of such shares, shown so long ago. More than all of the rest wins.
fn revealed(teams: &[(Rgb, f64)], photo_finish: bool, since: u64) -> Snapshot {
    let best = teams.iter().map(|(_, share)| *share).fold(0.0, f64::max);
    let bests = teams.iter().filter(|(_, share)| *share >= best).count();
    let name = |index: usize| format!("team {index}");
    let winner = teams.iter().position(|(_, share)| *share >= best).filter(|_| bests == 1);
    let team = |(index, &(color, share)): (usize, &(Rgb, f64))| TeamResult {
        name: name(index),
        votes: 0,
        share,
        total: 0,
        voices: 0,
        color,
    };
    let at = Timestamp::from_millis(1_795_288_500_000).unwrap();
    let result = RoundResult {
        number: 1,
        question: 1,
        title: "A test".to_owned(),
        opened_at: at,
        closed_at: at,
        teams: teams.iter().enumerate().map(team).collect(),
        voices: 0,
        winner: winner.map(name),
        margin: 0,
        photo_finish,
        partial: false,
        course: Vec::new(),
    };
    snapshot(teams, Phase::Revealed, RoundStatus { result: Some(Arc::new(result)), ..round(since) })
}

/// An output that has been lit for long.
fn renderer(pixels: usize, budget: Budget) -> Renderer {
    let calibration = Calibration::default();
    let mut renderer = Renderer::new(&Layout::plain(pixels), &calibration, budget, Encoding::Duty);
    renderer.fade = 1.0;
    renderer
}

fn frame(renderer: &mut Renderer, scene: &Scene) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let moving = renderer.frame(scene, FRAME, &mut bytes).moving;
    (bytes, moving)
}

fn scene(snapshot: Snapshot) -> Scene {
    Scene::from(Arc::new(snapshot))
}

/// What an output shows that begins with this snapshot, and whether it moves.
fn first(pixels: usize, snapshot: Snapshot) -> (Vec<u8>, bool) {
    frame(&mut renderer(pixels, PLENTY), &scene(snapshot))
}

/// What it shows once all has settled.
fn settled(renderer: &mut Renderer, scene: &Scene) -> Vec<u8> {
    for _ in 0..500 {
        let (bytes, moving) = frame(renderer, scene);
        if !moving {
            return bytes;
        }
    }
    panic!("it never settles");
}

/// One letter a pixel: which channels are lit, as a capital if one is at full.
fn letters(bytes: &[u8]) -> String {
    let letter = |pixel: &[u8]| {
        let names = ["", "r", "g", "y", "b", "m", "c", "w"];
        let lit = (0..3).filter(|&place| pixel[place] > 0).map(|place| 1 << place).sum::<usize>();
        let name = names[lit];
        match (lit, pixel.contains(&255)) {
            (0, _) => ".".to_owned(),
            (_, true) => name.to_uppercase(),
            (_, false) => name.to_owned(),
        }
    };
    bytes.chunks(3).map(letter).collect()
}

fn channel(bytes: &[u8], place: usize) -> Vec<u8> {
    bytes.iter().skip(place).step_by(3).copied().collect()
}

#[test]
fn an_armed_round_shows_the_teams_equal_and_dim() {
    // 12 % of the light are 30.6 of 255.
    let expected = [[31, 0, 0], [31, 0, 0], [0, 0, 31], [0, 0, 31]].concat();
    assert_eq!(first(4, armed(&[(RED, 0.9), (BLUE, 0.1)])), (expected, false));
}

#[test]
fn a_countdown_fills_the_strip_from_both_ends_in_step_with_it() {
    let two = [(RED, 0.5), (BLUE, 0.5)];
    let shown = |since, left| letters(&first(8, countdown(&two, since, left)).0);
    assert_eq!(shown(0, 3000), "rrrrbbbb");
    assert_eq!(shown(1500, 1500), "RRrrbbBB");
    assert_eq!(shown(3000, 0), "RRRRBBBB");
    let three = [(RED, 0.2), (GREEN, 0.2), (BLUE, 0.6)];
    let shown = |since, left| letters(&first(9, countdown(&three, since, left)).0);
    assert_eq!(shown(0, 3000), "rrrgggbbb");
    assert_eq!(shown(2000, 1000), "RRRgggBBB");
    assert_eq!(shown(3000, 0), "RRRGGGBBB");
    // A quarter of eight cells is one at each end; an eighth is half of one: 0.56 of 255.
    assert_eq!(first(8, countdown(&two, 375, 2625)).0[..6], [143, 0, 0, 31, 0, 0]);
}

#[test]
fn a_countdown_goes_on_between_two_snapshots_and_is_held_in_a_pause() {
    let two = [(RED, 0.5), (BLUE, 0.5)];
    let mut renderer = self::renderer(8, PLENTY);
    let running = scene(countdown(&two, 0, 4000));
    assert_eq!(letters(&frame(&mut renderer, &running).0), "rrrrbbbb");
    for _ in 0..100 {
        frame(&mut renderer, &running);
    }
    assert_eq!(letters(&frame(&mut renderer, &running).0), "RRrrbbBB");
    let mut paused = countdown(&two, 2000, 2000);
    paused.round.as_mut().unwrap().paused = true;
    let held = settled(&mut renderer, &scene(paused));
    assert_eq!(held[..9], [128, 0, 0, 128, 0, 0, 15, 0, 0], "half of its light");
}

#[test]
fn an_open_round_is_shown_as_a_show_without_rounds_to_the_byte() {
    let shares = |step: usize| 0.5 + 0.4 * ((step * 7 % 11) as f64 / 11.0 - 0.5);
    let budget = Budget { max_milliamps: 700 };
    let (mut with, mut without) = (renderer(50, budget), renderer(50, budget));
    for step in 0..300 {
        let share = shares(step / 10);
        let mut open = open(&[(WHITE, share), (BLUE, 1.0 - share)], 60_000);
        open.teams[step % 2].total = step as u64 / 20;
        let plain = Snapshot { round: None, ..open.clone() };
        assert_eq!(frame(&mut with, &scene(open)), frame(&mut without, &scene(plain)), "{step}");
    }
}

#[test]
fn the_last_ten_seconds_breathe_and_move_no_seam() {
    let mut renderer = renderer(100, PLENTY);
    let scene = scene(open(&[(RED, 0.3), (BLUE, 0.7)], 10_500));
    let mut reds = Vec::new();
    for _ in 0..525 {
        let (bytes, _) = frame(&mut renderer, &scene);
        reds.push(bytes[0]);
        let sum = |place| channel(&bytes, place).into_iter().map(f64::from).sum::<f64>();
        let share = sum(0) / (sum(0) + sum(2));
        assert!((share - 0.3).abs() < 1e-6, "{share}");
    }
    // A frame is 20 ms: 0.5 s of calm, then 0.5 s to the lowest, 0.7 of the light.
    assert_eq!([reds[0], reds[25], reds[50], reds[75]], [255, 255, 178, 255]);
    assert!(reds.iter().all(|red| (178..=255).contains(red)), "{reds:?}");
    let lows = reds.windows(2).filter(|pair| pair[0] > 190 && pair[1] <= 190).count();
    assert_eq!(lows, 10, "once a second");
    // It is seen on a budget that bites as well.
    let mut poor = self::renderer(100, Budget { max_milliamps: 600 });
    let lows: Vec<u8> = (0..76).map(|_| frame(&mut poor, &scene).0[0]).collect();
    assert!(lows[50] < lows[0] * 3 / 4, "{lows:?}");
}

#[test]
fn a_pause_is_the_split_at_half_of_its_light_and_still() {
    let mut renderer = renderer(4, PLENTY);
    let mut paused = open(&[(RED, 0.5), (BLUE, 0.5)], 4300);
    paused.round.as_mut().unwrap().paused = true;
    settled(&mut renderer, &scene(paused.clone()));
    paused.teams[0].total += 7;
    let (bytes, moving) = frame(&mut renderer, &scene(paused));
    assert_eq!((letters(&bytes), bytes[0], moving), ("rrbb".to_owned(), 128, false));
}

#[test]
fn a_locked_round_is_held_a_little_dimmer_and_late_posts_still_move_it() {
    let mut renderer = renderer(4, PLENTY);
    let locked = |share, total| {
        let mut locked = snapshot(&[(RED, share), (BLUE, 1.0 - share)], Phase::Locked, round(0));
        locked.teams[0].total = total;
        scene(locked)
    };
    assert_eq!(
        settled(&mut renderer, &locked(0.5, 0)),
        [153, 0, 0, 153, 0, 0, 0, 0, 153, 0, 0, 153]
    );
    let (bytes, moving) = frame(&mut renderer, &locked(0.75, 9));
    assert!(moving && bytes[6] > 0 && bytes[6] < 60, "on its way: {bytes:?}");
    assert_eq!(
        settled(&mut renderer, &locked(0.75, 9)),
        [153, 0, 0, 153, 0, 0, 153, 0, 0, 0, 0, 153]
    );
}

#[test]
fn a_lost_feed_is_marked_while_it_counts() {
    let lost = |phase| {
        let mut snapshot = snapshot(&[(RED, 0.5), (BLUE, 0.5)], phase, round(60_000));
        let source = SourceStatus::new("feed".to_owned(), "nostr");
        snapshot.sources =
            vec![SourceStatus { state: SourceState::Stale, stale: ms(9000), ..source }];
        let mut renderer = renderer(4, PLENTY);
        (0..100).any(|_| frame(&mut renderer, &scene(snapshot.clone())).1)
    };
    assert_eq!(Phase::ALL.map(lost), [false, false, true, false, false, false]);
}

#[test]
fn a_result_comes_in_from_both_ends_over_neutral_light_and_never_goes_back() {
    let teams = [(RED, 0.3), (BLUE, 0.7)];
    let mut renderer = renderer(50, PLENTY);
    let sealed = scene(snapshot(&teams, Phase::Sealed, round(5000)));
    let neutral = settled(&mut renderer, &sealed);
    assert_eq!(channel(&neutral, 0), channel(&neutral, 1));
    let reveal = scene(revealed(&teams, false, 0));
    assert_eq!(frame(&mut renderer, &reveal).0, neutral, "it begins with what there was");
    let mut before = 0;
    for step in 0..90 {
        let (bytes, moving) = frame(&mut renderer, &reveal);
        assert!(moving);
        let whole = bytes.chunks(3).filter(|pixel| pixel[1] == 0).count();
        assert!(whole >= before, "{step}");
        before = whole;
    }
    // After 1.8 s all of it is there, and the split is where the result says.
    assert_eq!(before, 50);
}

#[test]
fn the_winner_is_celebrated_and_then_the_split_stands() {
    let teams = [(RED, 0.3), (BLUE, 0.7)];
    let mut renderer = renderer(50, PLENTY);
    let reveal = scene(revealed(&teams, false, 0));
    let frames: Vec<Vec<u8>> = (0..500).map(|_| frame(&mut renderer, &reveal).0).collect();
    // At three seconds the others have a quarter of their light, and the winner's part is alive.
    let (red, blue) = (channel(&frames[150], 0), channel(&frames[150], 2));
    assert!(red[..15].iter().all(|&red| red < 70), "{red:?}");
    assert!(blue[15..].iter().max() > blue[15..].iter().min(), "{blue:?}");
    let end = settled(&mut renderer, &reveal);
    let expected = [[255, 0, 0].repeat(15), [0, 0, 255].repeat(35)].concat();
    assert_eq!(end, expected);
    assert_eq!(first(50, revealed(&teams, false, 60_000)), (expected, false), "who comes late");
}

#[test]
fn a_photo_finish_is_seen_last_and_a_result_that_nobody_dates_stands() {
    let teams = [(RED, 0.49), (BLUE, 0.51)];
    assert_eq!(letters(&first(100, revealed(&teams, false, 1800)).0).matches('w').count(), 0);
    assert_eq!(letters(&first(100, revealed(&teams, true, 3300)).0).matches('w').count(), 6);
    let mut undated = revealed(&teams, true, 0);
    undated.round.as_mut().unwrap().since = None;
    let (bytes, moving) = first(100, undated);
    assert_eq!((bytes.iter().map(|&byte| u64::from(byte)).sum(), moving), (25_500, false));
}

#[test]
fn after_a_tie_the_teams_breathe_in_turn() {
    let tie = scene(revealed(&[(WHITE, 0.5), (WHITE, 0.5)], false, 0));
    let mut renderer = renderer(2, PLENTY);
    let frames: Vec<Vec<u8>> = (0..600).map(|_| frame(&mut renderer, &tie).0).collect();
    let leads = |one: usize, other: usize| {
        frames[150..].iter().filter(|bytes| bytes[one] > bytes[other]).count()
    };
    assert!(leads(0, 3) > 150 && leads(3, 0) > 150);
    assert!(frame(&mut renderer, &tie).1);
}

#[test]
fn a_reveal_that_is_taken_back_and_given_again_begins_anew() {
    let teams = [(RED, 0.3), (BLUE, 0.7)];
    let mut renderer = renderer(50, PLENTY);
    let sealed = scene(snapshot(&teams, Phase::Sealed, round(5000)));
    for _ in 0..3 {
        settled(&mut renderer, &sealed);
        let reveal = scene(revealed(&teams, false, 0));
        for _ in 0..20 {
            frame(&mut renderer, &reveal);
        }
        let bytes = frame(&mut renderer, &reveal).0;
        assert!(bytes[75 + 1] > 90, "the middle is neutral yet: {bytes:?}");
    }
}

/// A snapshot in each look.
fn looks() -> Vec<Snapshot> {
    let teams = [(WHITE, 0.8), (BLUE, 0.2)];
    let hidden = |phase| {
        let round =
            RoundStatus { secret: true, hidden: true, left: Some(ms(20_000)), ..round(700) };
        snapshot(&teams, phase, round)
    };
    let mut paused = open(&teams, 7300);
    paused.round.as_mut().unwrap().paused = true;
    vec![
        armed(&teams),
        countdown(&teams, 1500, 1500),
        open(&teams, 60_000),
        open(&teams, 5500),
        paused,
        hidden(Phase::Open),
        snapshot(&teams, Phase::Locked, round(0)),
        hidden(Phase::Locked),
        snapshot(&teams, Phase::Sealed, round(0)),
        revealed(&teams, false, 0),
        revealed(&teams, false, 3000),
        revealed(&[(WHITE, 0.5), (BLUE, 0.5)], false, 9000),
        revealed(&teams, false, 90_000),
        armed(&[(BLUE, 0.5), (RED, 0.25), (GREEN, 0.25)]),
        Snapshot {
            scene: crate::picture::Scene::Timer,
            timer: Some(TimerStatus {
                left: Duration::from_mins(4),
                total: Duration::from_mins(5),
                running: true,
                marks: Marks::default(),
            }),
            ..armed(&teams)
        },
        Snapshot { pattern: Some(Pattern::White), ..armed(&teams) },
    ]
}

#[test]
fn no_look_jumps_to_another() {
    // Without the way of a seam, which an open round has as a show without rounds does.
    let still = |mut snapshot: Snapshot| {
        let share = 1.0 / snapshot.teams.len() as f64;
        snapshot.teams.iter_mut().for_each(|standing| standing.share = share);
        snapshot
    };
    for from in looks().into_iter().map(still) {
        for to in looks().into_iter().map(still).filter(|to| *to != from) {
            let mut renderer = renderer(20, PLENTY);
            let (from, to) = (scene(from.clone()), scene(to));
            // Neither is a look of a round: they change as in a show without.
            if !from.is_round() && !to.is_round() {
                continue;
            }
            let (mut before, mut held) = (Vec::new(), false);
            for step in 0..35 {
                let mut bytes = Vec::new();
                let report = renderer.frame(if step < 5 { &from } else { &to }, FRAME, &mut bytes);
                let jump = bytes.iter().zip(&before).map(|(one, other)| one.abs_diff(*other)).max();
                // The first step of a crossfade is an eighth of the way; the rest is the looks' own
                // motion. What the flash limiter holds back comes when it may.
                let limited = std::mem::replace(&mut held, report.flash_limited) || held;
                assert!(
                    limited || jump < Some(85),
                    "{jump:?} at {step}, from {from:?} to {to:?}: {before:?} {bytes:?}"
                );
                before = bytes;
            }
        }
    }
}

#[test]
fn nothing_is_allocated_for_a_frame_of_a_round() {
    let budget = Budget { max_milliamps: 3000 };
    let mut renderer = renderer(100, budget);
    let teams = [(RED, 0.5), (BLUE, 0.2), (WHITE, 0.3)];
    let mut bytes = Vec::new();
    let looks = [
        armed(&teams),
        countdown(&teams, 0, 3000),
        open(&teams, 9000),
        snapshot(&teams, Phase::Sealed, round(0)),
        revealed(&teams, false, 0),
    ]
    .map(scene);
    let mut places = Vec::new();
    for turn in 0..500 {
        renderer.frame(&looks[turn / 20 % looks.len()], FRAME, &mut bytes);
        let mut lights = [renderer.wanted.r.as_ptr(), renderer.shown.r.as_ptr()];
        lights.sort_unstable();
        let (drawn, looks) = (renderer.drawn.as_ptr(), renderer.looks.as_ptr());
        places.push((lights, drawn, looks, bytes.as_ptr(), renderer.easing.place()));
    }
    assert!(places[1..].iter().all(|place| *place == places[1]));
}

/// A secret round with these votes, which whoever reads it is not to know; or as its operator sees it.
fn hidden(hidden: bool, phase: Phase, millis: u64, shares: [f64; 2], totals: [u64; 2]) -> Snapshot {
    let teams = [(RED, shares[0]), (BLUE, shares[1])];
    let mut snapshot = revealed(&teams, false, 0);
    let round = snapshot.round.take().unwrap();
    let left = Some(ms(20_000).saturating_sub(ms(millis)));
    let round = RoundStatus { secret: true, hidden, since: Some(ms(millis)), left, ..round };
    for (standing, total) in snapshot.teams.iter_mut().zip(totals) {
        (standing.total, standing.votes, standing.rate) = (total, total, total as f64);
    }
    Snapshot { phase, round: Some(round), ..snapshot }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]

    #[test]
    fn a_hidden_round_shows_the_same_whoever_leads_and_the_same_from_both_ends(
        steps in prop::collection::vec((0.0f64..=1.0, 0u64..50, 0u64..50, 0u64..400, 1usize..9), 1..60),
        pixels in 1usize..60,
        masked in any::<bool>(),
        budget in prop_oneof![Just(10_000u32), Just(300)],
    ) {
        let layout = Layout::plain(pixels);
        let budget = Budget { max_milliamps: budget };
        let new = || Renderer::new(&layout, &Calibration::default(), budget, Encoding::Duty);
        let (mut one, mut other) = (new(), new());
        let (mut at, mut totals) = (0, [0, 0]);
        for (share, left, right, millis, phase) in steps {
            at += millis;
            totals = [totals[0] + left, totals[1] + right];
            let phase = match phase {
                0..7 => Phase::Open,
                7 => Phase::Locked,
                _ => Phase::Sealed,
            };
            let this = scene(hidden(masked, phase, at, [share, 1.0 - share], totals));
            let swapped = scene(hidden(masked, phase, at, [1.0 - share, share], [totals[1], totals[0]]));
            for _ in 0..3 {
                let (mut bytes, mut others) = (Vec::new(), Vec::new());
                let report = one.frame(&this, ms(millis / 3), &mut bytes);
                prop_assert_eq!(report, other.frame(&swapped, ms(millis / 3), &mut others));
                prop_assert_eq!(&bytes, &others);
                // A budget that bites takes single steps off what rounding has added, from one end on.
                let near = |one: u8, other: u8| one.abs_diff(other) <= 1;
                let back = bytes.rchunks(3).flatten();
                prop_assert!(bytes.iter().zip(back).all(|(&one, &other)| near(one, other)));
                prop_assert!(bytes.chunks(3).all(|pixel| near(pixel[0], pixel[2])), "a colour");
            }
        }
    }

    #[test]
    fn a_whole_evening_stays_within_current_and_flashes(
        commands in prop::collection::vec((0usize..24, 1u64..60), 10..120),
        colors in [prop::sample::select(vec![WHITE, RED, BLUE]), prop::sample::select(vec![WHITE, RED, GREEN])],
        budget in prop_oneof![0u32..400, Just(10_000)],
        screen in any::<bool>(),
    ) {
        let encoding = if screen { Encoding::Screen } else { Encoding::Duty };
        let (layout, calibration, budget) = (Layout::plain(12), Calibration::default(), Budget { max_milliamps: budget });
        let mut renderer = Renderer::new(&layout, &calibration, budget, encoding);
        let mut meter = Meter::new(12, &calibration, (!screen).then_some(budget));
        let looks: Vec<Snapshot> = looks();
        let (mut at, mut bytes, mut dark) = (Duration::ZERO, Vec::new(), false);
        let mut shown = scene(looks[0].clone());
        for (command, frames) in commands {
            match command {
                // Also the one before, again and again, as undo and redo would.
                0..18 => {
                    let mut snapshot = looks[command % looks.len()].clone();
                    if snapshot.teams.len() == 2 {
                        let shares = [(colors[0], snapshot.teams[0].share), (colors[1], snapshot.teams[1].share)];
                        snapshot.contest = snapshot_of(&shares).contest;
                    }
                    shown = scene(snapshot);
                }
                18..22 => dark = !dark,
                _ => {
                    // The same, told anew: time jumps back to what it was.
                    if let Some(snapshot) = shown.snapshot() {
                        shown = scene((**snapshot).clone());
                    }
                }
            }
            renderer.black_out(dark);
            for _ in 0..frames {
                let step = Duration::from_nanos(16_666_667);
                at += step;
                renderer.frame(&shown, step, &mut bytes);
                meter.frame(at, &bytes);
            }
        }
        meter.flashes();
        renderer.black_out(true);
        for _ in 0..150 {
            renderer.frame(&shown, FRAME, &mut bytes);
        }
        prop_assert!(bytes.iter().all(|&byte| byte == 0), "dark at the end: {:?}", bytes);
    }
}

#[test]
fn an_ordered_dark_takes_half_a_second_and_covers_whatever_is_shown() {
    for snapshot in looks().into_iter().chain([snapshot_of(&[(WHITE, 0.8), (BLUE, 0.2)])]) {
        let mut renderer = renderer(20, PLENTY);
        let scene = scene(snapshot);
        let mut lit = frame(&mut renderer, &scene).0;
        renderer.black_out(true);
        for step in 0..27 {
            let (bytes, moving) = frame(&mut renderer, &scene);
            assert!(moving || step >= 25, "{step}");
            let light = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
            assert_eq!(light(&bytes) == 0, step >= 25, "{step} {scene:?}");
            lit = bytes;
        }
        assert_eq!(lit, [0; 60]);
        renderer.black_out(false);
        let back: Vec<u64> = (0..40)
            .map(|_| frame(&mut renderer, &scene).0.iter().map(|&byte| u64::from(byte)).sum())
            .collect();
        assert_eq!(back[0], 0);
        assert!(back[12] > 0 && back[12] < back[39], "{back:?}");
    }
}
