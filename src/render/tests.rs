//! Frames as they leave: the whole way from a scene to bytes.

use proptest::prelude::*;

use super::check::{Meter, snapshot_of};
use super::colour::Order;
use super::layout::{Matrix, Segment};
use super::timer::{Marks, Timer};
use super::*;
use crate::picture::Pattern;
use crate::rgb::Rgb;
use crate::snapshot::{Snapshot, SourceState, SourceStatus};

const RED: Rgb = Rgb::new(255, 0, 0);
const BLUE: Rgb = Rgb::new(0, 0, 255);
const WHITE: Rgb = Rgb::new(255, 255, 255);
const FRAME: Duration = Duration::from_millis(20);
const PLENTY: Budget = Budget { max_milliamps: 1_000_000 };

fn renderer(layout: &Layout, calibration: &Calibration) -> Renderer {
    Renderer::new(layout, calibration, PLENTY, Encoding::Duty)
}

/// What the strip shows once all has settled.
fn settled(renderer: &mut Renderer, scene: &Scene) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        if !renderer.frame(scene, FRAME, &mut bytes).moving {
            return bytes;
        }
    }
    panic!("it never settles");
}

fn split(teams: &[(Rgb, f64)]) -> Scene {
    Scene::from(Arc::new(snapshot_of(teams)))
}

#[test]
fn a_boundary_within_a_pixel_is_half_of_both_lights() {
    let scene = split(&[(RED, 0.25), (BLUE, 0.75)]);
    let bytes = settled(&mut renderer(&Layout::plain(10), &Calibration::default()), &scene);
    assert_eq!(bytes[..6], [255, 0, 0, 255, 0, 0]);
    assert_eq!(bytes[6..9], [128, 0, 128]);
    assert_eq!(bytes[9..12], [0, 0, 255]);
    // A screen has another law, and wants the same light.
    let mut screen =
        Renderer::new(&Layout::plain(10), &Calibration::default(), PLENTY, Encoding::Screen);
    assert_eq!(settled(&mut screen, &scene)[3..9], [255, 0, 0, 188, 0, 188]);
}

#[test]
fn a_screen_shows_the_colours_of_the_config() {
    let colors: Vec<(Rgb, f64)> =
        (0..=255).step_by(5).map(|value| (Rgb::new(value, 255 - value, 80), 1.0 / 52.0)).collect();
    let mut screen =
        Renderer::new(&Layout::plain(52), &Calibration::default(), PLENTY, Encoding::Screen);
    let bytes = settled(&mut screen, &split(&colors));
    for (pixel, (color, _)) in bytes.chunks(3).zip(&colors) {
        assert_eq!(pixel, [color.r, color.g, color.b]);
    }
}

#[test]
fn channels_leave_in_the_order_of_the_strip() {
    let scene = split(&[(Rgb::new(255, 186, 0), 1.0), (BLUE, 0.0)]);
    let bytes = |order: &str, white| {
        let order = order.parse::<Order>().unwrap();
        let calibration = Calibration { order, white, gamma: 1.0, ..Calibration::default() };
        settled(&mut renderer(&Layout::plain(1), &calibration), &scene)
    };
    assert_eq!(bytes("rgb", false), [255, 186, 0]);
    assert_eq!(bytes("grb", false), [186, 255, 0]);
    assert_eq!(bytes("brg", false), [0, 255, 186]);
    assert_eq!(bytes("gbr", true), [186, 0, 255, 0]);
}

#[test]
fn what_is_white_in_a_light_is_the_white_leds_work() {
    let calibration = Calibration {
        white: true,
        gamma: 1.0,
        white_balance: [1.0, 0.5, 1.0],
        ..Calibration::default()
    };
    let scene = split(&[(Rgb::new(255, 155, 55), 1.0), (BLUE, 0.0)]);
    let bytes = settled(&mut renderer(&Layout::plain(1), &calibration), &scene);
    assert_eq!(bytes, [200, 50, 0, 55]);
}

#[test]
fn brightness_and_white_balance_are_light() {
    let calibration =
        Calibration { brightness: 0.5, white_balance: [1.0, 0.8, 0.7], ..Calibration::default() };
    let bytes = settled(
        &mut renderer(&Layout::plain(1), &calibration),
        &split(&[(WHITE, 1.0), (BLUE, 0.0)]),
    );
    assert_eq!(bytes, [128, 102, 89]);
}

#[test]
fn a_lit_channel_is_never_rounded_away() {
    let scene = split(&[(Rgb::new(3, 255, 0), 1.0), (BLUE, 0.0)]);
    let bytes = settled(&mut renderer(&Layout::plain(1), &Calibration::default()), &scene);
    assert_eq!(bytes, [1, 255, 0]);
}

#[test]
fn too_much_light_is_dimmed_as_a_whole() {
    let scene = split(&[(WHITE, 0.5), (RED, 0.5)]);
    // 10 mA idle, and 5 * 60 + 5 * 20 mA at full: half of that is left.
    let budget = Budget { max_milliamps: 210 };
    let mut renderer =
        Renderer::new(&Layout::plain(10), &Calibration::default(), budget, Encoding::Duty);
    let bytes = settled(&mut renderer, &scene);
    let half = |byte: &u8| (127..=128).contains(byte);
    assert!(bytes[..15].iter().all(half), "{bytes:?}");
    assert!(bytes[15..].iter().step_by(3).all(half), "{bytes:?}");
    let report = renderer.frame(&scene, FRAME, &mut Vec::new());
    assert!(report.limited);
    assert!((209..=210).contains(&report.milliamps.unwrap()), "{report:?}");
}

#[test]
fn a_strip_comes_up_from_black() {
    let mut renderer = renderer(&Layout::plain(1), &Calibration::default());
    let scene = Scene::Pattern(Pattern::White);
    let mut bytes = Vec::new();
    let mut shown = Vec::new();
    for _ in 0..50 {
        renderer.frame(&scene, FRAME, &mut bytes);
        shown.push(bytes[0]);
    }
    assert_eq!(shown[0], 0);
    assert!(shown.is_sorted(), "{shown:?}");
    assert!(shown[20] > 40 && shown[20] < 100, "{shown:?}");
    assert_eq!(shown[49], 255);
    // What did not arrive was not seen.
    renderer.darken();
    renderer.frame(&scene, FRAME, &mut bytes);
    assert!(bytes[0] < 2);
}

fn with_source(state: SourceState, silence: Duration) -> Scene {
    let mut snapshot = snapshot_of(&[(WHITE, 0.5), (RED, 0.5)]);
    let source = SourceStatus::new("feed".to_owned(), "nostr");
    snapshot.sources = vec![SourceStatus { state, stale: silence, ..source }];
    Scene::from(Arc::new(snapshot))
}

#[test]
fn a_lost_feed_is_held_and_marked_and_the_mark_goes_when_it_is_back() {
    let mut renderer = renderer(&Layout::plain(2), &Calibration::default());
    let live = with_source(SourceState::Live, Duration::from_mins(1));
    assert_eq!(settled(&mut renderer, &live), [255, 255, 255, 255, 0, 0]);
    let lost = with_source(SourceState::Stale, Duration::from_secs(3));
    let mut bytes = Vec::new();
    let mut seen = Vec::new();
    for _ in 0..500 {
        let report = renderer.frame(&lost, FRAME, &mut bytes);
        assert!(report.moving);
        // The split stays as it was.
        assert!((i16::from(bytes[0]) - i16::from(bytes[3])).abs() <= 1);
        seen.push(bytes[0]);
    }
    let (low, high) = (*seen[60..].iter().min().unwrap(), *seen[60..].iter().max().unwrap());
    assert!((80..100).contains(&low) && (180..200).contains(&high), "{low} {high}");
    assert_eq!(settled(&mut renderer, &live), [255, 255, 255, 255, 0, 0]);
}

#[test]
fn a_winner_keeps_its_light_and_the_others_stand_back() {
    let snapshot = Arc::new(snapshot_of(&[(WHITE, 0.5), (RED, 0.5)]));
    let look = Look::Winner(crate::contest::TeamId(1));
    let scene = Scene::Split { snapshot, look };
    let bytes = settled(&mut renderer(&Layout::plain(2), &Calibration::default()), &scene);
    assert_eq!(bytes, [64, 64, 64, 255, 0, 0]);
}

#[test]
fn on_a_tie_the_teams_breathe_in_turn() {
    let snapshot = Arc::new(snapshot_of(&[(WHITE, 0.5), (WHITE, 0.5)]));
    let scene = Scene::Split { snapshot, look: Look::Tie };
    let mut renderer = renderer(&Layout::plain(2), &Calibration::default());
    let (mut bytes, mut leads) = (Vec::new(), [0, 0]);
    for frame in 0..600 {
        assert!(renderer.frame(&scene, FRAME, &mut bytes).moving);
        leads[0] += u32::from(frame > 100 && bytes[0] > bytes[3]);
        leads[1] += u32::from(frame > 100 && bytes[3] > bytes[0]);
    }
    assert!(leads[0].abs_diff(leads[1]) < 60 && leads[0] > 150, "{leads:?}");
}

#[test]
fn posts_make_the_light_move_and_it_comes_to_rest() {
    let mut renderer = renderer(&Layout::plain(100), &Calibration::default());
    let mut snapshot = snapshot_of(&[(RED, 0.5), (BLUE, 0.5)]);
    let calm = settled(&mut renderer, &Scene::from(Arc::new(snapshot.clone())));
    snapshot.teams[1].total += 1;
    let scene = Scene::from(Arc::new(snapshot));
    let mut bytes = Vec::new();
    for _ in 0..25 {
        assert!(renderer.frame(&scene, FRAME, &mut bytes).moving);
    }
    let blue: Vec<u8> = bytes[150..].chunks(3).map(|pixel| pixel[2]).collect();
    assert!(blue.iter().max() > blue.iter().min().map(|least| least + 40).as_ref(), "{blue:?}");
    for _ in 0..60 * 60 {
        renderer.frame(&scene, FRAME, &mut bytes);
    }
    assert_eq!(settled(&mut renderer, &scene), calm);
}

#[test]
fn a_seam_that_shakes_is_held_back_and_arrives() {
    let mut renderer = renderer(&Layout::plain(10), &Calibration::default());
    let scenes = [split(&[(WHITE, 1.0), (RED, 0.0)]), split(&[(WHITE, 0.0), (RED, 1.0)])];
    let mut bytes = Vec::new();
    let mut held = 0;
    for frame in 0..600 {
        let report = renderer.frame(&scenes[frame / 6 % 2], FRAME, &mut bytes);
        held += u32::from(report.flash_limited);
        assert!(!report.flash_limited || report.moving);
    }
    assert!(held > 100, "{held}");
    assert_eq!(settled(&mut renderer, &scenes[0]), [255; 30]);
}

#[test]
fn nothing_is_allocated_for_a_frame() {
    let budget = Budget { max_milliamps: 3000 };
    let layout = Layout { mirror: true, ..Layout::plain(1000) };
    let mut renderer = Renderer::new(&layout, &Calibration::default(), budget, Encoding::Duty);
    let mut snapshot = snapshot_of(&[(RED, 0.5), (BLUE, 0.2), (WHITE, 0.3)]);
    let mut bytes = Vec::new();
    renderer.frame(&Scene::from(Arc::new(snapshot.clone())), FRAME, &mut bytes);
    let places = |renderer: &Renderer, bytes: &Vec<u8>| {
        // The two buffers of light take turns.
        let mut lights = [renderer.wanted.r.as_ptr(), renderer.shown.r.as_ptr()];
        lights.sort_unstable();
        (lights, renderer.cells.as_ptr(), renderer.looks.as_ptr(), bytes.as_ptr(), bytes.capacity())
    };
    let before = places(&renderer, &bytes);
    for frame in 0..500 {
        snapshot.teams[frame % 3].total += 1;
        renderer.frame(&Scene::from(Arc::new(snapshot.clone())), FRAME, &mut bytes);
        assert_eq!(places(&renderer, &bytes), before);
    }
}

fn colors() -> impl Strategy<Value = Rgb> {
    prop_oneof![
        Just(RED),
        Just(BLUE),
        Just(WHITE),
        Just(Rgb::BLACK),
        any::<[u8; 3]>().prop_map(|[r, g, b]| Rgb::new(r, g, b)),
    ]
}

fn layouts() -> impl Strategy<Value = Layout> {
    let matrix = prop::option::weighted(0.2, (1usize..6, 1usize..5, any::<bool>()));
    let segments = prop::collection::vec((1usize..20, any::<bool>()), 0..3);
    let turns = (any::<bool>(), any::<bool>(), 0usize..9, 0usize..3);
    (1usize..=24, turns, matrix, segments).prop_map(|(pixels, turns, matrix, segments)| {
        let (reverse, mirror, offset, skip_first) = turns;
        let matrix = matrix.map(|(width, height, serpentine)| Matrix { width, height, serpentine });
        let segments = segments.into_iter();
        let segments = segments.map(|(pixels, reverse)| Segment { pixels, reverse }).collect();
        Layout { pixels, reverse, mirror, offset, skip_first, matrix, segments }
    })
}

fn calibrations() -> impl Strategy<Value = Calibration> {
    let order = prop::sample::select(vec!["rgb", "rbg", "grb", "gbr", "brg", "bgr"]);
    (order, any::<bool>(), 0.05f32..=1.0, 0.5f32..=1.0).prop_map(
        |(order, white, brightness, blue)| Calibration {
            order: order.parse().unwrap(),
            white,
            brightness,
            gamma: 2.2,
            white_balance: [1.0, 0.9, blue],
        },
    )
}

/// What a crowd, an operator or a bug might ask for, for how long.
#[derive(Clone, Debug)]
enum Demand {
    Shares([u32; 3], u64),
    Winner(u16),
    Tie,
    Pattern(usize),
    Flash(u64),
    Lost,
}

fn demands() -> impl Strategy<Value = Demand> {
    prop_oneof![
        4 => (any::<[u8; 3]>(), 0u64..40).prop_map(|(shares, posts)| {
            Demand::Shares(shares.map(|share| if share < 100 { 0 } else { u32::from(share) }), posts)
        }),
        1 => (0u16..3).prop_map(Demand::Winner),
        1 => Just(Demand::Tie),
        2 => (0usize..Pattern::ALL.len()).prop_map(Demand::Pattern),
        1 => (0u64..40_000).prop_map(Demand::Flash),
        1 => Just(Demand::Lost),
    ]
}

fn scene(demand: &Demand, snapshot: &mut Snapshot) -> Scene {
    snapshot.sources.clear();
    let mut look = Look::Standing;
    match *demand {
        Demand::Shares(weights, posts) => {
            let sum = f64::from(weights.iter().sum::<u32>());
            for (team, weight) in snapshot.teams.iter_mut().zip(weights) {
                team.share = if sum > 0.0 { f64::from(weight) / sum } else { 1.0 / 3.0 };
                team.total += posts;
            }
        }
        Demand::Winner(team) => look = Look::Winner(crate::contest::TeamId(team)),
        Demand::Tie => look = Look::Tie,
        Demand::Pattern(pattern) => return Scene::Pattern(Pattern::ALL[pattern]),
        Demand::Flash(left) => {
            let left = Duration::from_millis(left);
            let timer = Timer { left, running: true, marks: Marks::default() };
            return Scene::Timer(timer, None);
        }
        Demand::Lost => {
            let mut source = SourceStatus::new("feed".to_owned(), "nostr");
            source.state = SourceState::Stale;
            source.stale = Duration::from_secs(9);
            snapshot.sources = vec![source];
        }
    }
    Scene::Split { snapshot: Arc::new(snapshot.clone()), look }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_for_stays_within_current_and_flashes(
        layout in layouts(),
        calibration in calibrations(),
        colors in [colors(), colors(), colors()],
        budget in prop_oneof![0u32..300, Just(10_000)],
        screen in any::<bool>(),
        demands in prop::collection::vec((demands(), 1u32..8, 1u64..120), 1..120),
    ) {
        let budget = Budget { max_milliamps: budget };
        let encoding = if screen { Encoding::Screen } else { Encoding::Duty };
        let calibration = if screen { Calibration { white: false, white_balance: [1.0; 3], ..calibration } } else { calibration };
        let mut renderer = Renderer::new(&layout, &calibration, budget, encoding);
        let mut meter = Meter::new(layout.pixels, &calibration, (!screen).then_some(budget));
        let mut snapshot = snapshot_of(&colors.map(|color| (color, 1.0 / 3.0)));
        let (mut bytes, mut at) = (Vec::new(), Duration::ZERO);
        for (demand, frames, step) in &demands {
            let scene = scene(demand, &mut snapshot);
            for _ in 0..*frames {
                let step = Duration::from_millis(*step);
                at += step;
                let report = renderer.frame(&scene, step, &mut bytes);
                meter.frame(at, &bytes);
                prop_assert_eq!(report.milliamps.is_none(), screen);
                let dark = layout.skip_first.min(layout.pixels) * calibration.channels();
                prop_assert!(bytes[..dark].iter().all(|&byte| byte == 0));
            }
        }
        meter.flashes();
    }

    #[test]
    fn bytes_add_up_to_the_shares(
        weights in prop::collection::vec(1u32..1000, 2..6),
        pixels in 1usize..1000,
    ) {
        let sum = f64::from(weights.iter().sum::<u32>());
        let mut teams: Vec<(Rgb, f64)> =
            weights.iter().map(|&weight| (Rgb::BLACK, f64::from(weight) / sum)).collect();
        teams[1].0 = WHITE;
        let bytes = settled(&mut renderer(&Layout::plain(pixels), &Calibration::default()), &split(&teams));
        let shown: f64 = bytes.iter().step_by(3).map(|&byte| f64::from(byte) / 255.0).sum();
        let expected = teams[1].1 * pixels as f64;
        // Two boundaries are rounded, once each: to the nearest byte, or to a whole one if there is any light.
        let near = teams[0].1 * pixels as f64;
        let parts = [1.0 - near.fract(), (near + expected).fract()];
        let slivers = parts.iter().filter(|&&part| part > 0.0 && part * 255.0 < 0.5).count();
        let allowed = (2.0 + slivers as f64) * 0.5 / 255.0 + 1e-3;
        prop_assert!((shown - expected).abs() <= allowed, "{} {}", shown, expected);
    }
}
