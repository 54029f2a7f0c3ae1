//! A strip over a whole evening, as the show tells it: within its limits whatever is ordered, and the
//! same whoever leads while a round is secret.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use hashtug::contest::TeamId;
use hashtug::event::{Message, News, SourceId};
use hashtug::order::{Arm, Command, TimerOrder};
use hashtug::picture::{Dark, Pattern, Scene};
use hashtug::post::{AuthorId, Post, PostId, Side, Tags, Version};
use hashtug::render::Renderer;
use hashtug::render::bytes::Encoding;
use hashtug::render::check::{Meter, snapshot_of};
use hashtug::render::colour::Calibration;
use hashtug::render::layout::Layout;
use hashtug::render::power::Budget;
use hashtug::render::scene;
use hashtug::rgb::Rgb;
use hashtug::round::{Length, Rules};
use hashtug::show::{Event, Now, Setup, Show};
use hashtug::snapshot::{Phase, Snapshot, SourceStatus};
use hashtug::tally::Limits;
use hashtug::timer::Marks;
use hashtug::timestamp::Timestamp;

const PIXELS: usize = 24;
const FRAME: Duration = Duration::from_nanos(16_666_667);
const SECONDS: u32 = 60;

/// A show, and a strip that follows what viewers may see of it.
struct Evening {
    show: Show,
    rng: Rng,
    renderer: Renderer,
    frames: u32,
    posts: u64,
    swapped: bool,
    scene: Option<scene::Scene>,
}

impl Evening {
    fn new(seed: u64, secret: bool, swapped: bool, budget: Budget, encoding: Encoding) -> Evening {
        let teams = [(Rgb::new(255, 255, 255), 0.5), (Rgb::new(255, 0, 0), 0.5)];
        let rules = Rules {
            length: Length::After(Duration::from_secs(12)),
            grace: Duration::from_secs(1),
            secret,
            ..Rules::default()
        };
        let show = Show::new(Setup {
            questions: Arc::new(snapshot_of(&teams).contest.into()),
            rounds: Some(rules),
            is_recorded: false,
            sources: vec![SourceStatus::new("hall".to_owned(), "nostr")],
            limits: Limits::default(),
            marks: Marks::default(),
        });
        let layout = Layout::plain(PIXELS);
        Evening {
            show,
            rng: Rng::with_seed(seed),
            renderer: Renderer::new(&layout, &Calibration::default(), budget, encoding),
            frames: 0,
            posts: 0,
            swapped,
            scene: None,
        }
    }

    fn now(&self) -> Now {
        let elapsed = FRAME * self.frames;
        let clock = Timestamp::from_millis(1_795_288_500_000).unwrap().saturating_add(elapsed);
        Now { elapsed, clock: Some(clock) }
    }

    fn give(&mut self, command: Command) {
        // Many cannot be done when they come.
        self.show.apply(Event::Order(command.into()), self.now());
    }

    /// Posts for one team more than for the other.
    fn post(&mut self) {
        self.posts += 1;
        let leads = self.rng.u8(..) < 180;
        let now = self.now();
        let post = Post {
            id: Some(PostId(self.posts)),
            alias: None,
            author: Some(AuthorId(self.posts)),
            at: now.clock.unwrap(),
            side: Side::Team(TeamId(u16::from(leads != self.swapped))),
            tags: Tags::default(),
            version: Version::First,
        };
        let news = News::Message(Message::Post(post));
        self.show.apply(Event::News(SourceId(0), news), now);
    }

    /// The next frame. `command` says what is given at times.
    fn frame(&mut self, command: impl Fn(&mut Rng) -> Command, bytes: &mut Vec<u8>) -> Snapshot {
        self.frames += 1;
        if self.rng.u8(..) < 30 {
            self.post();
        }
        if self.rng.u8(..) < 6 {
            let command = command(&mut self.rng);
            self.give(command);
        }
        let now = self.now();
        let (all, seen) = self.show.snapshots(now);
        let snapshot = seen.unwrap_or(all);
        // A snapshot for each second frame.
        if self.frames % 2 == 1 || self.scene.is_none() {
            let dark = snapshot.blackout.iter().any(|dark| dark.covers("rope"));
            self.renderer.black_out(dark);
            self.scene = Some(Arc::new(snapshot.clone()).into());
        }
        let scene = self.scene.as_ref().unwrap();
        self.renderer.frame(scene, FRAME, bytes);
        snapshot
    }
}

/// What an operator might give who has lost their mind.
fn anything(rng: &mut Rng) -> Command {
    let what = || [Dark::All, Dark::Strips, Dark::Output("rope".to_owned())];
    match rng.u8(..18) {
        0..6 => Command::Next,
        6 => Command::Undo,
        7 => Command::Redo,
        8 => Command::Pause,
        9 => Command::Resume,
        10 => Command::AddTime(rng.i64(-8000..8000)),
        11 => Command::Blackout(what()[rng.usize(..3)].clone()),
        12 => Command::Light(Dark::All),
        13 => Command::Reset,
        14 => Command::Reveal(None),
        15 => Command::Timer(TimerOrder::Start(Duration::from_secs(rng.u64(1..40)))),
        16 => Command::Scene([Scene::Contest, Scene::Join, Scene::Timer][rng.usize(..3)]),
        _ => Command::Arm(Arm::Question(1)),
    }
}

#[test]
fn a_strip_keeps_its_limits_over_evenings_of_random_commands() {
    let mut phases = [0u32; Phase::ALL.len()];
    for seed in 0..16 {
        let budget = Budget { max_milliamps: if seed % 2 == 0 { 500 } else { 100_000 } };
        let screen = seed % 4 == 3;
        let encoding = if screen { Encoding::Screen } else { Encoding::Duty };
        let calibration = Calibration::default();
        let mut meter = Meter::new(PIXELS, &calibration, (!screen).then_some(budget));
        let mut evening = Evening::new(seed, seed % 3 == 0, false, budget, encoding);
        let mut bytes = Vec::new();
        for _ in 0..60 * SECONDS {
            let snapshot = evening.frame(anything, &mut bytes);
            meter.frame(evening.now().elapsed, &bytes);
            phases[Phase::ALL.iter().position(|phase| *phase == snapshot.phase).unwrap()] += 1;
        }
        meter.flashes();
    }
    assert!(phases.iter().all(|&frames| frames > 60), "all looks were there: {phases:?}");
}

#[test]
fn a_secret_round_sends_a_strip_the_same_bytes_whoever_leads_until_it_is_revealed() {
    // What leads to a reveal at last, with everything that can be taken back on the way.
    let towards = |rng: &mut Rng| match rng.u8(..12) {
        0 => Command::Pause,
        1..4 => Command::Resume,
        4 => Command::AddTime(rng.i64(-3000..3000)),
        5 => Command::Undo,
        6 => Command::Redo,
        7 => Command::Blackout(Dark::Strips),
        8 => Command::Light(Dark::All),
        _ => Command::Next,
    };
    let (mut compared, mut told) = (0, 0);
    for seed in 0..12 {
        let budget = Budget { max_milliamps: 700 };
        let [mut one, mut other] =
            [false, true].map(|swapped| Evening::new(seed, true, swapped, budget, Encoding::Duty));
        let (mut bytes, mut others) = (Vec::new(), Vec::new());
        let mut revealed = 0;
        for frame in 0..60 * SECONDS {
            let snapshot = one.frame(towards, &mut bytes);
            other.frame(towards, &mut others);
            if snapshot.phase == Phase::Revealed || revealed > 0 {
                revealed += 1;
                told += u32::from(bytes != others);
                if revealed > 300 {
                    break;
                }
            } else {
                assert_eq!(bytes, others, "seed {seed}, frame {frame}, {:?}", snapshot.phase);
                compared += 1;
            }
        }
    }
    assert!(compared > 3000 && told > 300, "{compared} {told}");
}

#[test]
fn a_pattern_is_shown_in_a_show_with_rounds_too() {
    let budget = Budget { max_milliamps: 100_000 };
    let mut evening = Evening::new(1, true, false, budget, Encoding::Duty);
    let order = hashtug::order::Order::Pattern(Pattern::White);
    evening.show.apply(Event::Order(order), evening.now());
    let mut bytes = Vec::new();
    for _ in 0..90 {
        evening.frame(|_| Command::Light(Dark::All), &mut bytes);
    }
    assert_eq!(bytes, [255; 3 * PIXELS]);
}
