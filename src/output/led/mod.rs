//! The frame loop: newest snapshot, render, write, at a steady rate.
//!
//! A device may block, so that each has a thread of its own and a slot for one frame. A device that
//! is still busy misses a frame and gets a newer one later. While nothing changes nothing is drawn.

pub mod artnet;
pub mod ddp;
pub mod device;
pub mod e131;
pub mod holiday;
pub mod memory;
pub mod spi;
pub mod terminal;
mod udp;
pub mod wled;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::warn;

use crate::render::easing::Easing;
use crate::render::{self, Frame, Layout};
use crate::rgb::Rgb;
use crate::snapshot::Snapshot;

use device::OldDevice as Device;

/// How long a device may take to go dark. A terminal that is held takes for ever.
const PATIENCE: Duration = Duration::from_millis(300);

/// What all strips have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strip {
    /// Which pixel is which.
    pub layout: Layout,
    /// The most frames a second.
    pub fps: u32,
}

/// What the device gets to show.
struct Show {
    frame: Frame,
    snapshot: Arc<Snapshot>,
}

/// Draws until the tally ends, then leaves the device dark.
///
/// # Panics
/// If the device's own thread did, so that whoever waits for this part hears of it.
pub async fn run(
    name: &str,
    strip: Strip,
    device: impl Device,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
) {
    let (shows_tx, shows_rx) = sync_channel(1);
    let (done_tx, done_rx) = oneshot::channel();
    let thread = {
        let name = name.to_owned();
        std::thread::Builder::new().name(format!("output {name}")).spawn(move || {
            write(&name, device, &shows_rx);
            let _nobody_waits = done_tx.send(());
        })
    };
    if let Err(error) = thread {
        return warn!(output = name, %error, "no thread for the output");
    }
    let colors: Vec<Rgb> =
        snapshots.borrow().contest.teams().iter().map(|team| team.color).collect();
    let pause = Duration::from_secs(1) / strip.fps;
    let mut easing = Easing::default();
    let start = Instant::now();
    // The first frame goes out at once.
    let mut drawn = start.checked_sub(pause).unwrap_or(start);
    let mut settled = true;
    snapshots.mark_changed();
    loop {
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { break },
            () = sleep_until(drawn + pause), if !settled => {}
        }
        // The first frame after a quiet time goes out at once, later ones keep the rate.
        sleep_until(drawn + pause).await;
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let target = || snapshot.teams.iter().map(|team| team.share);
        let mut frame = Frame::with_capacity(strip.layout.pixels);
        render::frame(easing.step(target(), drawn.elapsed()), &colors, &strip.layout, &mut frame);
        settled = easing.is_settled(target());
        drawn = Instant::now();
        match shows_tx.try_send(Show { frame, snapshot }) {
            // It is busy, and gets a newer frame next time.
            Ok(()) => {}
            Err(TrySendError::Full(_)) => settled = false,
            Err(TrySendError::Disconnected(_)) => break,
        }
    }
    drop(shows_tx);
    match timeout(PATIENCE, done_rx).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => panic!("the thread of the device panicked"),
        Err(_) => warn!(output = name, "output takes no last frame, and is left behind"),
    }
}

/// The device's own thread.
fn write(name: &str, mut device: impl Device, shows: &Receiver<Show>) {
    let mut failing = false;
    while let Ok(Show { frame, snapshot }) = shows.recv() {
        match device.write(&frame, &snapshot) {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                // Once, not thirty times a second; it is tried again with every frame.
                warn!(output = name, %error, "output failed");
                failing = true;
            }
            Err(_) => {}
        }
    }
    if let Err(error) = device.blackout() {
        warn!(output = name, %error, "output may be left lit");
    }
}
