//! What goes to a device, and when: the frame loop without clock, channels and thread.
//!
//! Asked when it wants to be woken, given the time, it answers what the device is to do: show a
//! new frame, show the last one again, or nothing. A frame is rendered only for a device that is
//! free to take it, so that the renderer has seen what the strip has.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::render::scene::Scene;
use crate::render::{FrameReport, Renderer};
use crate::snapshot::{OutputState, OutputStatus};

use super::device::{DeviceError, Refresh};
use super::retry::Retry;
use super::thread::{Show, Task};

/// From going dark to the next light, however soon that is wanted: a strip that is suspended again and
/// again may not flash more than twice a second either.
const DARK: Duration = Duration::from_millis(500);

/// Whether the lights are suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suspension {
    /// They are not.
    None,
    /// They are to be, and the device has not been told.
    Wanted,
    /// They are, and the device is dark.
    Dark,
}

/// What goes to the device, and when.
#[expect(clippy::struct_excessive_bools, reason = "facts, each on its own")]
pub(super) struct Frames {
    renderer: Renderer,
    scene: Scene,
    /// The scene is not the one that was rendered last.
    changed: bool,
    /// The strip is dark by order.
    dark: bool,
    /// When one was rendered last.
    rendered: Instant,
    report: FrameReport,
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
    suspension: Suspension,
    /// The device is going dark.
    darkens: bool,
    /// No light before that.
    dark_until: Instant,
    /// It has taken a frame: the strip is no longer as dark as it was at first.
    reached: bool,
    status: watch::Sender<OutputStatus>,
}

impl Frames {
    pub(super) fn new(
        renderer: Renderer,
        scene: Scene,
        words: bool,
        refresh: Refresh,
        status: watch::Sender<OutputStatus>,
        now: Instant,
    ) -> Frames {
        Frames {
            words,
            room: Some(Vec::with_capacity(renderer.bytes())),
            last: Vec::with_capacity(renderer.bytes()),
            rendered: now,
            beat: Beat::new(refresh, now),
            status,
            retry: Retry::default(),
            report: FrameReport::default(),
            changed: true,
            dark: false,
            busy: false,
            missed: false,
            repeat: false,
            suspension: Suspension::None,
            darkens: false,
            dark_until: now,
            reached: false,
            renderer,
            scene,
        }
    }

    /// There is something new to show.
    pub(super) fn take(&mut self, scene: Scene) {
        self.scene = scene;
        if self.changed && self.busy {
            self.missed = true;
        }
        self.changed = true;
    }

    /// The strip is to be dark by order, or lit again. Its device hears of it as of any other frame.
    pub(super) fn black_out(&mut self, dark: bool) {
        self.renderer.black_out(dark);
        self.changed |= self.dark != dark;
        self.dark = dark;
    }

    /// The device is to be dark.
    pub(super) fn suspend(&mut self) {
        if self.suspension == Suspension::None {
            self.suspension = Suspension::Wanted;
        }
    }

    /// The device is to be lit again: with the newest scene, and nothing of what there was meanwhile.
    pub(super) fn resume(&mut self, now: Instant) {
        self.suspension = Suspension::None;
        self.rendered = now;
        self.changed = true;
    }

    /// The lights are suspended, and the device is dark or cannot be made so.
    pub(super) fn is_dark(&self) -> bool {
        self.suspension == Suspension::Dark
    }

    /// When something is to be done, unless something else happens first.
    pub(super) fn wake(&self) -> Option<Instant> {
        if self.busy || self.suspension == Suspension::Dark {
            None
        } else if self.suspension == Suspension::Wanted {
            // At once.
            Some(self.rendered)
        } else if let Some(at) = self.retry.at() {
            Some(at.max(self.dark_until))
        } else if self.changed || self.report.moving {
            Some(self.beat.due().max(self.dark_until))
        } else {
            self.beat.repeat_at()
        }
    }

    /// What the device is to do now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Task> {
        if self.suspension == Suspension::Wanted {
            self.darkens = true;
            return Some(self.start(Task::Darken, false));
        }
        let failing = self.retry.at().is_some();
        if !failing && !self.changed && !self.report.moving {
            self.beat.repeated(now);
            return Some(self.start(Task::Again, true));
        }
        if !self.reached {
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
            self.publish_limits();
            let repeat = self.beat.repeat_at().is_some_and(|at| at <= now);
            if repeat {
                self.beat.repeated(now);
            } else {
                self.beat.passed(now);
            }
            return repeat.then(|| self.start(Task::Again, true));
        }
        self.last.clone_from(&bytes);
        self.beat.shown(now);
        let snapshot = self.scene.snapshot().cloned();
        Some(self.start(Task::Show(Show { bytes, snapshot }), false))
    }

    /// The frame that stands is what was asked for in another way: it may be limited since.
    fn publish_limits(&self) {
        let FrameReport { milliamps, limited, flash_limited, .. } = self.report;
        self.status.send_if_modified(|status| {
            let published = (status.milliamps, status.limited, status.flash_limited);
            if status.frames == 0 || published == (milliamps, limited, flash_limited) {
                return false;
            }
            (status.milliamps, status.limited, status.flash_limited) =
                (milliamps, limited, flash_limited);
            true
        });
    }

    /// The device is dark: the next frame is another stream's first.
    fn darkened(&mut self, now: Instant) {
        if self.suspension == Suspension::Wanted {
            self.suspension = Suspension::Dark;
        }
        self.renderer.darken();
        self.last.clear();
        self.changed = true;
        self.missed = false;
        self.dark_until = now + DARK;
    }

    /// It has ended.
    pub(super) fn ended(&self) {
        self.status.send_modify(|status| status.state = OutputState::Ended);
    }

    fn start(&mut self, task: Task, repeat: bool) -> Task {
        self.busy = true;
        self.repeat = repeat;
        task
    }

    /// The device did what it was to do, or could not.
    pub(super) fn done(
        &mut self,
        spare: Option<Vec<u8>>,
        result: Result<(), DeviceError>,
        now: Instant,
    ) {
        self.busy = false;
        if let Some(spare) = spare {
            self.room = Some(spare);
        }
        if std::mem::take(&mut self.darkens) {
            self.darkened(now);
            return;
        }
        let name = self.status.borrow().name.clone();
        let result = result.map_err(|error| error.to_string());
        match &result {
            Ok(()) => {
                self.reached = true;
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
                    status.state = OutputState::Live;
                    status.error = None;
                    status.repeated += u64::from(self.repeat);
                    status.frames += u64::from(!self.repeat);
                    status.milliamps = self.report.milliamps;
                    status.limited = self.report.limited;
                    status.flash_limited = self.report.flash_limited;
                }
                Err(error) => {
                    status.state = OutputState::Failing;
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
    refresh: Refresh,
    period: Duration,
    due: Instant,
    /// When the device was written to last.
    written: Instant,
    repeats_left: u32,
}

impl Beat {
    fn new(refresh: Refresh, now: Instant) -> Beat {
        let period = Duration::from_secs(1) / refresh.fps.max(1);
        Beat { refresh, period, due: now, written: now, repeats_left: 0 }
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
            self.refresh.keep_alive.map(|longest| self.written + longest * 9 / 10)
        }
    }

    fn shown(&mut self, now: Instant) {
        self.repeats_left = self.refresh.repeats;
        self.written = now;
        self.passed(now);
    }

    fn repeated(&mut self, now: Instant) {
        self.repeats_left = self.repeats_left.saturating_sub(1);
        self.written = now;
        self.passed(now);
    }

    /// The next beat on the grid, unless that would follow too soon: a stall is not made up for.
    fn passed(&mut self, now: Instant) {
        self.due += self.period;
        if self.due < now + self.period * 3 / 4 {
            self.due = now + self.period;
        }
    }
}
