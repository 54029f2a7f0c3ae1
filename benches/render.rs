//! Drawing a frame: at 60 Hz there are 16 ms for it, of which this may take 10 us for 1,000 pixels.
//!
//! Run it with `cargo bench --bench render`.

use std::sync::Arc;
use std::time::Duration;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use hashtug::contest::{Contest, PALETTE, Reposts, Team, Vote};
use hashtug::render::Renderer;
use hashtug::render::bytes::Encoding;
use hashtug::render::colour::Calibration;
use hashtug::render::layout::Layout;
use hashtug::render::power::Budget;
use hashtug::render::scene::Scene;
use hashtug::show::{self, Now, Show};
use hashtug::snapshot::Snapshot;
use hashtug::tally::Limits;
use hashtug::timer::Marks;

fn main() {
    divan::main();
}

const FRAME: Duration = Duration::from_micros(16_667);

/// Three teams, with posts arriving, so that effects run.
fn snapshot(contest: &Arc<Contest>, shares: [f64; 3], total: u64) -> Arc<Snapshot> {
    let mut show = Show::new(show::Setup {
        questions: Arc::new(contest.into()),
        sources: Vec::new(),
        limits: Limits::default(),
        marks: Marks::default(),
        rounds: None,
        is_recorded: false,
    });
    let mut snapshot = show.snapshot(Now::default());
    for (standing, share) in snapshot.teams.iter_mut().zip(shares) {
        standing.share = share;
        standing.votes = 1;
        standing.rate = 12.0;
        standing.total = total;
    }
    Arc::new(snapshot)
}

fn contest() -> Arc<Contest> {
    let team = |place: usize, name: &str| Team {
        name: name.to_owned(),
        hashtags: vec![name.to_owned()],
        color: PALETTE[place],
        size: 1.0,
    };
    let teams = vec![team(0, "tabs"), team(1, "spaces"), team(2, "both")];
    let minute = Duration::from_mins(1);
    let contest = Contest::new("Bench".into(), minute, Vote::Latest, Reposts::Ignore, teams);
    Arc::new(contest.expect("the contest is sound"))
}

/// A whole frame while the crowd posts: the seam moves, effects run, the current is limited.
#[divan::bench(args = [50, 1000], sample_count = 1000)]
fn busy(bencher: Bencher, pixels: usize) {
    frames(bencher, pixels, &Calibration::default(), 0.05);
}

/// The same while the crowd tries to make it flash, which it must not.
#[divan::bench(args = [1000], sample_count = 1000)]
fn shaken(bencher: Bencher, pixels: usize) {
    frames(bencher, pixels, &Calibration::default(), 2.0);
}

/// A frame of a split that stands still.
#[divan::bench(args = [1000], sample_count = 1000)]
fn calm(bencher: Bencher, pixels: usize) {
    let calibration = Calibration::default();
    let budget = Budget { max_milliamps: 20 * u32::try_from(pixels).unwrap_or(0) };
    let mut renderer = Renderer::new(&Layout::plain(pixels), &calibration, budget, Encoding::Duty);
    let mut bytes = Vec::new();
    let scene = Scene::from(snapshot(&contest(), [0.2, 0.35, 0.45], 0));
    for _ in 0..300 {
        renderer.frame(&scene, FRAME, &mut bytes);
    }
    bencher.counter(ItemsCount::new(pixels)).bench_local(|| {
        black_box(renderer.frame(black_box(&scene), FRAME, &mut bytes));
    });
}

/// As `busy`, for RGBW pixels with a white balance.
#[divan::bench(args = [1000], sample_count = 1000)]
fn busy_rgbw(bencher: Bencher, pixels: usize) {
    let calibration =
        Calibration { white: true, white_balance: [1.0, 0.9, 0.8], ..Calibration::default() };
    frames(bencher, pixels, &calibration, 0.05);
}

/// `pace`: how far the shares go between two snapshots, in radians of their swing.
fn frames(bencher: Bencher, pixels: usize, calibration: &Calibration, pace: f64) {
    // The default budget, which bites.
    let budget = Budget { max_milliamps: 20 * u32::try_from(pixels.max(100)).unwrap_or(0) };
    let layout = Layout::plain(pixels);
    let mut renderer = Renderer::new(&layout, calibration, budget, Encoding::Duty);
    let mut bytes = Vec::new();
    let contest = contest();
    let scenes: Vec<Scene> = (0u32..500)
        .map(|index| {
            let swing = 0.1 * (f64::from(index) * pace).sin();
            let shares = [0.3 + swing, 0.3, 0.4 - swing];
            Scene::from(snapshot(&contest, shares, u64::from(index) / 2))
        })
        .collect();
    let mut frame = 0;
    bencher.counter(ItemsCount::new(pixels)).bench_local(|| {
        frame += 1;
        // A snapshot lasts two frames.
        let scene = &scenes[frame / 2 % scenes.len()];
        black_box(renderer.frame(black_box(scene), FRAME, &mut bytes));
    });
}
