//! The frame loop: newest scene, render, write, at a steady rate.
//!
//! The device has a thread of its own. A frame is rendered when the device is free and not before,
//! so that whatever is rendered is shown and nothing old waits. The first frame after a quiet time
//! goes out at once, later ones at the rate; a stall is not made up for. While nothing moves the
//! loop sleeps, but for what the device wants to hear of a frame that stands. While the lights are
//! suspended the device is dark and gets no frame at all.

pub mod device;
mod frames;
pub mod memory;
mod retry;
mod thread;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::failpoint;
use crate::render::Renderer;
use crate::render::bytes::Encoding;
use crate::render::scene::Scene;
use crate::snapshot::Snapshot;

use super::status::StatusSender;
use super::strip::Strip;
use super::suspend::Suspended;
use device::Open;
use frames::Frames;
pub(super) use thread::darken;
use thread::{Reply, Thread};

/// Draws the newest snapshot until the show ends, then leaves the strip dark.
pub async fn run(
    name: &str,
    strip: &Strip,
    encoding: Encoding,
    open: Box<dyn Open>,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    status: StatusSender,
    mut suspended: Suspended,
) {
    let Strip { layout, calibration, budget } = strip;
    let renderer = Renderer::new(layout, calibration, *budget, encoding);
    let refresh = open.refresh();
    let black = vec![0; renderer.bytes()];
    let channels = calibration.channels();
    let mut lit = Some(suspended.lit());
    let mut thread = match Thread::start(name, open, black, channels, status.sent) {
        Ok(thread) => thread,
        Err(error) => return warn!(output = name, %error, "no thread for the output"),
    };
    let words = encoding == Encoding::Screen;
    let (mut scene, dark) = newest(name, &mut snapshots);
    let mut frames =
        Frames::new(renderer, scene.clone(), words, refresh, status.status, Instant::now());
    frames.black_out(dark);
    if suspended.is_wanted() {
        frames.suspend();
    }
    loop {
        status.turns.send_modify(|turns| *turns += 1);
        let wake = frames.wake();
        tokio::select! {
            biased;
            changed = snapshots.changed() => {
                if changed.is_err() {
                    break;
                }
                let (next, dark) = newest(name, &mut snapshots);
                frames.black_out(dark);
                // A pattern tells of nothing that a further snapshot could change.
                if !scene.is_same_pattern(&next) {
                    scene = next.clone();
                    frames.take(next);
                }
            }
            reply = thread.reply() => match reply {
                Some(Reply::Done { spare, result }) => {
                    frames.done(spare, result, Instant::now());
                    if frames.is_dark() {
                        lit = None;
                    }
                }
                Some(Reply::Dark) | None => break,
            },
            () = suspended.changed() => {
                if suspended.is_wanted() {
                    frames.suspend();
                } else {
                    lit.get_or_insert_with(|| suspended.lit());
                    frames.resume(Instant::now());
                }
            }
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                failpoint::reach("frame");
                if let Some(task) = frames.next(Instant::now()) {
                    thread.give(task);
                }
            }
        }
    }
    if !thread.end().await {
        warn!(output = name, "output takes no last frame, and is left behind");
    }
    frames.ended();
}

/// What the output of this name is to show, and whether it is to be dark whatever that is.
fn newest(name: &str, snapshots: &mut watch::Receiver<Arc<Snapshot>>) -> (Scene, bool) {
    let snapshot = Arc::clone(&snapshots.borrow_and_update());
    let dark = snapshot.blackout.iter().any(|dark| dark.covers(name));
    (snapshot.into(), dark)
}

#[cfg(test)]
mod tests;
