//! From a recording to snapshots and frames, with a clock that is moved by hand.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use hashtug::event::SourceId;
use hashtug::output;
use hashtug::output::led;
use hashtug::output::led::device::Refresh;
use hashtug::output::led::memory::{Memory, Received};
use hashtug::output::strip::Strip;
use hashtug::output::suspend::Suspended;
use hashtug::post::Hasher;
use hashtug::render::Renderer;
use hashtug::render::bytes::Encoding;
use hashtug::render::check::Meter;
use hashtug::render::colour::Calibration;
use hashtug::render::layout::Layout;
use hashtug::render::power::Budget;
use hashtug::render::scene::Scene;
use hashtug::show::task::Beside;
use hashtug::show::{self, Now};
use hashtug::snapshot::{Snapshot, SourceState};
use hashtug::source::link::Times;
use hashtug::source::replay::{self, Input, Speed};
use hashtug::source::{self, Legacy, SourceContext};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::support::patience::within;
use crate::support::program::lines;
use crate::support::{self, contest, path, program};

/// A replay on its way through the tally.
struct Play {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    stop: CancellationToken,
}

fn play(input: Input, speed: Speed, repeat: bool) -> Play {
    let settings = source::Settings {
        name: "rehearsal".into(),
        kind: source::Kind::Replay(replay::Settings {
            input,
            speed,
            repeat,
            commands: true,
            feed: None,
        }),
    };
    let contest = contest();
    let mut show = support::show(&contest, vec![settings.status()]);
    let (_orders, news, doors) = show::task::doors();
    let (snapshot_tx, snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
    let stop = CancellationToken::new();
    let reach = contest.window();
    let source_context = SourceContext {
        id: SourceId(0),
        questions: Arc::new(contest.into()),
        hasher: Hasher::default(),
        news,
        clock: None,
        times: Times::default(),
        reach,
        recorder: None,
        stop: stop.clone(),
        legacy: Legacy::default(),
    };
    tokio::spawn(show::task::run(show, None, Beside::default(), doors, snapshot_tx.into()));
    tokio::spawn(source::run(settings, source_context));
    Play { snapshots, stop }
}

impl Play {
    /// Every snapshot until the tally ends, by the time it shows.
    async fn all(mut self) -> BTreeMap<String, Arc<Snapshot>> {
        let mut all = BTreeMap::new();
        while within("a snapshot", self.snapshots.changed()).await.is_ok() {
            let snapshot = self.snapshots.borrow_and_update().clone();
            if let Some(at) = snapshot.at {
                all.insert(at.to_string(), snapshot);
            }
        }
        all
    }
}

/// What a recording decides of a snapshot.
fn decided(snapshot: &Snapshot) -> serde_json::Value {
    let json: serde_json::Value =
        serde_json::from_str(&hashtug::server::wire::snapshot(snapshot)).unwrap();
    kept(json)
}

fn kept(mut json: serde_json::Value) -> serde_json::Value {
    for key in ["seq", "sources", "title", "outputs"] {
        json.as_object_mut().unwrap().remove(key);
    }
    json
}

/// At speed 1 the ticks are at 20 a second, at 400 they are 20 s apart.
#[tokio::test(start_paused = true)]
async fn snapshots_are_those_of_the_offline_count_at_any_speed() {
    let output = program::tally(&path("fixtures/posts/keynote.jsonl"), &["--every", "50ms"]);
    let offline = lines(&output)
        .into_iter()
        .map(|line| (line["at"].as_str().unwrap().to_owned(), kept(line)));
    let offline: BTreeMap<String, serde_json::Value> = offline.collect();
    for (speed, least) in
        [(Speed::Times(1.0), 3000), (Speed::Times(7.0), 300), (Speed::Times(400.0), 5)]
    {
        let online = play(Input::Embedded, speed, false).all().await;
        let mut compared = 0;
        for (at, snapshot) in &online {
            assert_eq!(Some(&decided(snapshot)), offline.get(at), "at {at} and {speed:?}");
            compared += 1;
        }
        assert!(compared >= least, "only {compared} snapshots at {speed:?}");
        let (at, end) = online.last_key_value().unwrap();
        assert_eq!(Some(at), offline.keys().last());
        assert_eq!(end.sources[0].state, SourceState::Ended);
    }
}

#[tokio::test]
async fn a_replay_at_full_speed_ends_as_the_offline_count() {
    let file = path("fixtures/posts/keynote.jsonl");
    let offline = program::last(&program::tally(&file, &[]));
    let online = play(Input::File(file), Speed::Max, false).all().await;
    assert_eq!(decided(online.last_key_value().unwrap().1), kept(offline));
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_repeats_goes_on_where_it_ended() {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    for (second, tag) in [(0, "tabs"), (2, "spaces")] {
        let line = "\"id\":\"p\",\"author\":\"ada\"";
        writeln!(file, "{{\"at\":{},{line},\"hashtags\":[\"{tag}\"]}}", second * 1000).unwrap();
    }
    let mut play = play(Input::File(file.path().to_owned()), Speed::Times(1.0), true);
    let ten = Duration::from_secs(10);
    let passed = async {
        loop {
            play.snapshots.changed().await.unwrap();
            let snapshot = play.snapshots.borrow_and_update().clone();
            if snapshot.at.is_some_and(|at| at.millis() >= 9000) {
                return snapshot;
            }
        }
    };
    let snapshot = tokio::time::timeout(ten, passed).await.expect("time goes on");
    play.stop.cancel();
    // A pass has one post and its copy, and each pass has posts of its own: at 0, 3, 6 and 9 s.
    assert_eq!((snapshot.posts.matched, snapshot.posts.duplicate), (4, 3));
    assert_eq!(snapshot.teams[0].votes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_recording_without_posts_of_the_contest_ends_even_if_it_should_repeat() {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    writeln!(file, "{{\"at\":0,\"text\":\"nothing here\"}}").unwrap();
    let mut play = play(Input::File(file.path().to_owned()), Speed::Times(1.0), true);
    let ended = |snapshot: &Arc<Snapshot>| snapshot.sources[0].state == SourceState::Ended;
    let snapshot = within("the end", play.snapshots.wait_for(ended)).await.unwrap().clone();
    assert_eq!((snapshot.at, snapshot.posts.unmatched), (None, 1));
}

/// One end-to-end proof: every frame that a strip showed of a whole recording.
#[tokio::test(start_paused = true)]
async fn the_strip_follows_the_split_and_ends_dark() {
    let play = play(Input::Embedded, Speed::Times(100.0), false);
    let (told_tx, told_rx) = sync_channel(100_000);
    let strip = Strip {
        layout: Layout::plain(50),
        calibration: Calibration::default(),
        budget: Budget { max_milliamps: 2000 },
    };
    let memory = Memory::new(told_tx, Refresh { fps: 30, repeats: 0, keep_alive: None });
    let (status, _monitor) = output::status::channel("strip", "memory", &strip, Encoding::Duty);
    led::run(
        "memory",
        &strip,
        Encoding::Duty,
        Box::new(memory),
        play.snapshots,
        status,
        Suspended::default(),
    )
    .await;
    let mut told: Vec<Received> = told_rx.iter().collect();
    assert_eq!(told.pop(), Some(Received::End));
    assert_eq!(told.pop(), Some(Received::Frame(vec![0; 150])));
    assert!(told.len() > 10, "{}", told.len());
    let mut meter = Meter::new(50, &strip.calibration, Some(strip.budget));
    for told in &told {
        let Received::Frame(bytes) = told else { panic!("it ended early") };
        meter.frame(Duration::ZERO, bytes);
    }
    assert!(told.windows(2).any(|pair| pair[0] != pair[1]));
}

/// Every snapshot of a whole recording, rendered for several strips at 60 frames a second.
#[tokio::test(start_paused = true)]
async fn every_frame_of_a_recording_is_within_its_limits() {
    let snapshots = play(Input::Embedded, Speed::Times(20.0), false).all().await;
    assert!(snapshots.len() > 100, "{}", snapshots.len());
    let plain = Layout::plain(60);
    let layouts = [
        Layout { mirror: true, offset: 7, ..plain.clone() },
        Layout { reverse: true, skip_first: 1, ..Layout::plain(61) },
        plain,
    ];
    let frame = Duration::from_micros(16_667);
    for layout in layouts {
        for max_milliamps in [400, 100_000] {
            let calibration = Calibration::default();
            let budget = Budget { max_milliamps };
            let mut renderer = Renderer::new(&layout, &calibration, budget, Encoding::Duty);
            let mut meter = Meter::new(layout.pixels, &calibration, Some(budget));
            let (mut bytes, mut at) = (Vec::new(), Duration::ZERO);
            for snapshot in snapshots.values() {
                let scene = Scene::from(Arc::clone(snapshot));
                for _ in 0..3 {
                    at += frame;
                    renderer.frame(&scene, frame, &mut bytes);
                    meter.frame(at, &bytes);
                }
            }
            meter.flashes();
            // All has come to rest some time after the last post, in proportion.
            let last = Scene::from(Arc::clone(snapshots.values().next_back().unwrap()));
            while renderer.frame(&last, frame, &mut bytes).moving {}
            let lit = layout.pixels - layout.skip_first;
            let share = last.snapshot().unwrap().teams[0].share;
            // Only the first team's amber has red in it.
            let red: f64 = bytes.iter().step_by(3).map(|&byte| f64::from(byte)).sum();
            let full = f64::from(*bytes.iter().step_by(3).max().unwrap());
            assert!((red / full - share * lit as f64).abs() < 0.1, "{red} {full} {share}");
        }
    }
}
