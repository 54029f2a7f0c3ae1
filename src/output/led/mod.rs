//! The frame loop: newest scene, render, write, at a steady rate.
//!
//! The device has a thread of its own. A frame is rendered when the device is free and not before,
//! so that whatever is rendered is shown and nothing old waits. The first frame after a quiet time
//! goes out at once, later ones at the rate; a stall is not made up for. While nothing moves the
//! loop sleeps, but for what the device wants to hear of a frame that stands.

pub mod artnet;
pub mod ddp;
pub mod device;
pub mod e131;
pub mod holiday;
pub mod memory;
mod retry;
pub mod spi;
pub mod terminal;
mod thread;
mod udp;
pub mod wled;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use crate::render::bytes::Encoding;
use crate::render::colour::Calibration;
use crate::render::layout::Layout;
use crate::render::pattern::Pattern;
use crate::render::power::Budget;
use crate::render::scene::Scene;
use crate::render::{Renderer, Report};
use crate::snapshot::Snapshot;

use super::status::{Desk, State, Status};
use device::{Open, Pace};
use retry::Retry;
pub(super) use thread::darken;
use thread::{Said, Show, Task, Thread};

/// What all strips have.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// How it is mounted.
    pub layout: Layout,
    /// What it makes of a byte.
    pub calibration: Calibration,
    /// How much it may draw.
    pub budget: Budget,
}

/// Where scenes come from. Its end is the end of the output.
#[derive(Clone, Debug)]
pub enum Feed {
    /// The tally.
    Snapshots(watch::Receiver<Arc<Snapshot>>),
    /// The speaker's timer, which snapshots tell of too.
    Timer(watch::Receiver<Arc<Snapshot>>),
    /// Whoever else has something to show.
    Scenes(watch::Receiver<Scene>),
}

impl Feed {
    async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
        match self {
            Feed::Snapshots(snapshots) | Feed::Timer(snapshots) => snapshots.changed().await,
            Feed::Scenes(scenes) => scenes.changed().await,
        }
    }

    /// What there is to show, and how it stands in words.
    fn newest(&mut self) -> (Scene, Option<Arc<Snapshot>>) {
        match self {
            Feed::Snapshots(snapshots) => {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                (Arc::clone(&snapshot).into(), Some(snapshot))
            }
            Feed::Timer(snapshots) => {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                let timer = snapshot.timer.map(|standing| Scene::Timer(standing.into()));
                (timer.unwrap_or(Scene::Pattern(Pattern::Off)), Some(snapshot))
            }
            Feed::Scenes(scenes) => (scenes.borrow_and_update().clone(), None),
        }
    }
}

/// Draws until the feed ends, then leaves the strip dark.
pub async fn run(
    name: &str,
    strip: &Strip,
    encoding: Encoding,
    open: Box<dyn Open>,
    mut feed: Feed,
    desk: Desk,
) {
    let Strip { layout, calibration, budget } = strip;
    let renderer = Renderer::new(layout, calibration, *budget, encoding);
    let pace = open.pace();
    let black = vec![0; renderer.bytes()];
    let channels = calibration.channels();
    let mut thread = match Thread::start(name, open, black, channels, desk.sent) {
        Ok(thread) => thread,
        Err(error) => return warn!(output = name, %error, "no thread for the output"),
    };
    let (scene, snapshot) = feed.newest();
    let mut frames = Frames {
        words: encoding == Encoding::Screen,
        room: Some(Vec::with_capacity(renderer.bytes())),
        last: Vec::with_capacity(renderer.bytes()),
        rendered: Instant::now(),
        beat: Beat::new(pace, Instant::now()),
        status: desk.status,
        retry: Retry::default(),
        report: Report::default(),
        changed: true,
        busy: false,
        missed: false,
        repeat: false,
        renderer,
        scene,
        snapshot,
    };
    loop {
        let wake = frames.wake();
        tokio::select! {
            biased;
            changed = feed.changed() => {
                if changed.is_err() {
                    break;
                }
                let (scene, snapshot) = feed.newest();
                frames.take(scene, snapshot);
            }
            said = thread.said() => match said {
                Some(Said::Done { spare, result }) => frames.done(spare, result),
                Some(Said::Dark) | None => break,
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                if let Some(task) = frames.next() {
                    thread.give(task);
                }
            }
        }
    }
    if !thread.end().await {
        warn!(output = name, "output takes no last frame, and is left behind");
    }
    frames.status.send_modify(|status| status.state = State::Ended);
}

/// What goes to the device, and when.
struct Frames {
    renderer: Renderer,
    scene: Scene,
    /// What it is in words.
    snapshot: Option<Arc<Snapshot>>,
    /// The scene is not the one that was rendered last.
    changed: bool,
    /// When that was.
    rendered: Instant,
    report: Report,
    /// The bytes that were rendered last.
    last: Vec<u8>,
    /// The device shows words too, so that a scene is news even if its light is not.
    words: bool,
    beat: Beat,
    retry: Retry,
    /// Room for a frame; the device has it while it writes.
    room: Option<Vec<u8>>,
    /// The device is writing.
    busy: bool,
    /// What it writes was there before.
    repeat: bool,
    /// A frame was due while it did.
    missed: bool,
    status: watch::Sender<Status>,
}

impl Frames {
    fn take(&mut self, scene: Scene, snapshot: Option<Arc<Snapshot>>) {
        self.scene = scene;
        self.snapshot = snapshot;
        if self.changed && self.busy {
            self.missed = true;
        }
        self.changed = true;
    }

    /// When something is to be done, unless something else happens first.
    fn wake(&self) -> Option<Instant> {
        if self.busy {
            None
        } else if let Some(at) = self.retry.at() {
            Some(at)
        } else if self.changed || self.report.moving {
            Some(self.beat.due())
        } else {
            self.beat.repeat_at()
        }
    }

    /// What the device is to do now.
    fn next(&mut self) -> Option<Task> {
        let now = Instant::now();
        let failing = self.retry.at().is_some();
        if !failing && !self.changed && !self.report.moving {
            self.beat.repeated(now);
            return Some(self.start(Task::Again, true));
        }
        if self.status.borrow().frames == 0 {
            self.renderer.darken();
        }
        let mut bytes = self.room.take()?;
        let elapsed = now - self.rendered;
        self.report = self.renderer.frame(&self.scene, elapsed, &mut bytes);
        self.rendered = now;
        let news = failing || bytes != self.last || (self.words && self.changed);
        self.changed = false;
        if !news {
            self.room = Some(bytes);
            let repeat = self.beat.repeat_at().is_some_and(|at| at <= now);
            self.beat.passed(now);
            if repeat {
                self.beat.repeated(now);
            }
            return repeat.then(|| self.start(Task::Again, true));
        }
        self.last.clone_from(&bytes);
        self.beat.shown(now);
        let snapshot = self.snapshot.clone();
        Some(self.start(Task::Show(Show { bytes, snapshot }), false))
    }

    fn start(&mut self, task: Task, repeat: bool) -> Task {
        self.busy = true;
        self.repeat = repeat;
        task
    }

    /// The device did what it was to do, or could not.
    fn done(&mut self, spare: Option<Vec<u8>>, result: Result<(), String>) {
        self.busy = false;
        if let Some(spare) = spare {
            self.room = Some(spare);
        }
        let now = Instant::now();
        let name = self.status.borrow().name.clone();
        match &result {
            Ok(()) => {
                if self.retry.at().is_some() {
                    info!(output = name, "output is back");
                }
                self.retry.succeeded();
            }
            Err(error) => {
                if self.retry.at().is_none() {
                    // Once a spell, not with every attempt.
                    warn!(output = name, error, "output failed; it is tried again and again");
                }
                self.retry.failed(now);
                self.changed = true;
            }
        }
        let missed = std::mem::take(&mut self.missed);
        self.status.send_modify(|status| {
            status.skipped += u64::from(missed);
            match result {
                Ok(()) => {
                    status.state = State::Live;
                    status.error = None;
                    status.repeated += u64::from(self.repeat);
                    status.frames += u64::from(!self.repeat);
                    status.milliamps = self.report.milliamps;
                    status.limited = self.report.limited;
                    status.flash_limited = self.report.flash_limited;
                }
                Err(error) => {
                    status.state = State::Failing;
                    status.error = Some(error);
                    status.errors += 1;
                    status.skipped += u64::from(!self.repeat);
                }
            }
        });
    }
}

/// The rate, and the repetition of frames that stand.
struct Beat {
    pace: Pace,
    period: Duration,
    due: Instant,
    /// When the device was written to last.
    written: Instant,
    repeats_left: u32,
}

impl Beat {
    fn new(pace: Pace, now: Instant) -> Beat {
        let period = Duration::from_secs(1) / pace.fps.max(1);
        Beat { pace, period, due: now, written: now, repeats_left: 0 }
    }

    /// The first frame after a quiet time is due at once.
    fn due(&self) -> Instant {
        self.due
    }

    /// When the frame that stands is to be repeated.
    fn repeat_at(&self) -> Option<Instant> {
        if self.repeats_left > 0 {
            Some(self.due)
        } else {
            // A little sooner than the device needs it.
            self.pace.keep_alive.map(|longest| self.written + longest * 9 / 10)
        }
    }

    fn shown(&mut self, now: Instant) {
        self.repeats_left = self.pace.repeats;
        self.written = now;
        self.passed(now);
    }

    fn repeated(&mut self, now: Instant) {
        self.repeats_left = self.repeats_left.saturating_sub(1);
        self.written = now;
        self.passed(now);
    }

    /// A beat on the grid, unless that would follow too soon: a stall is not made up for.
    fn passed(&mut self, now: Instant) {
        self.due = (self.due + self.period).max(now + self.period * 3 / 4);
    }
}
