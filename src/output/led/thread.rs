//! The thread of a device: opens it, writes what it is told to, and leaves it dark.
//!
//! A device may block, so that each has a thread of its own. The thread decides nothing and knows no
//! time: the frame loop says when to write, and hears how it went. When the loop is gone, however it
//! ended, the strip goes black and the stream ends. A device that panics is taken for one that failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tracing::warn;

use crate::output::status::Sent;
use crate::panics::reason;
use crate::snapshot::Snapshot;

use super::device::{Device, DeviceError, Open, Wire};

/// How long a device may take to go dark, and how long to end. A terminal that is held takes for ever.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);

/// Between two looks at whether the thread has ended, where nobody can be told.
const LOOK: Duration = Duration::from_millis(2);

/// What the thread is to do.
pub(super) enum Task {
    /// Show this frame.
    Show(Show),
    /// Show the last one again.
    Again,
    /// Be black and end the stream, until the next frame begins another.
    Darken,
}

/// A frame on its way.
#[derive(Default)]
pub(super) struct Show {
    pub(super) bytes: Vec<u8>,
    pub(super) snapshot: Option<Arc<Snapshot>>,
}

/// What the thread answers.
pub(super) enum Reply {
    /// It did what it was told to, or why it could not; and the room for the next frame.
    Done { spare: Option<Vec<u8>>, result: Result<(), DeviceError> },
    /// The strip is dark, or cannot be made so.
    Dark,
}

/// A frame loop's hold on the thread. Dropping it ends the stream and waits a moment for that, so
/// that the strip is dark even if the loop, or the whole program, panics.
pub(super) struct Thread {
    tasks: Option<SyncSender<Task>>,
    replies: mpsc::Receiver<Reply>,
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    /// Starts it. `black` is what a dark strip gets.
    pub(super) fn start(
        name: &str,
        open: Box<dyn Open>,
        black: Vec<u8>,
        channels: usize,
        sent: watch::Sender<Sent>,
    ) -> std::io::Result<Thread> {
        let (tasks_tx, tasks_rx) = sync_channel(1);
        let (replies_tx, replies_rx) = mpsc::channel(2);
        let worker = Worker {
            name: name.to_owned(),
            open,
            device: None,
            black,
            channels,
            sent,
            replies: replies_tx,
        };
        let thread = std::thread::Builder::new().name(format!("output {name}"));
        let handle = thread.spawn(move || worker.run(&tasks_rx))?;
        Ok(Thread { tasks: Some(tasks_tx), replies: replies_rx, handle: Some(handle) })
    }

    /// Gives it something to do. It must not be doing anything.
    pub(super) fn give(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            let _ended = tasks.try_send(task);
        }
    }

    /// Its next answer; `None` if it has ended.
    pub(super) async fn reply(&mut self) -> Option<Reply> {
        self.replies.recv().await
    }

    /// Ends the stream. False if the device takes too long, and is left behind.
    pub(super) async fn end(mut self) -> bool {
        self.tasks = None;
        let dark = async {
            while let Some(reply) = self.replies.recv().await {
                if matches!(reply, Reply::Dark) {
                    break;
                }
            }
        };
        let dark = tokio::time::timeout(PATIENCE, dark).await.is_ok();
        let ended = async { while self.replies.recv().await.is_some() {} };
        let ended = dark && tokio::time::timeout(PATIENCE, ended).await.is_ok();
        if !ended {
            // It has had its time.
            self.handle = None;
        }
        ended
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.tasks = None;
        let Some(handle) = self.handle.take() else { return };
        let mut waited = Duration::ZERO;
        // A thread cannot be joined with a limit.
        while !handle.is_finished() && waited < PATIENCE {
            std::thread::park_timeout(LOOK);
            waited += LOOK;
        }
    }
}

struct Worker {
    name: String,
    open: Box<dyn Open>,
    device: Option<Box<dyn Device>>,
    black: Vec<u8>,
    channels: usize,
    sent: watch::Sender<Sent>,
    replies: mpsc::Sender<Reply>,
}

impl Worker {
    fn run(mut self, tasks: &Receiver<Task>) {
        let mut show = Show { bytes: self.black.clone(), snapshot: None };
        while let Ok(task) = tasks.recv() {
            let (spare, result) = match task {
                Task::Show(next) => {
                    let spare = std::mem::replace(&mut show, next).bytes;
                    (Some(spare), self.show(&show))
                }
                Task::Again => (None, self.show(&show)),
                Task::Darken => {
                    self.darken();
                    self.end();
                    (None, Ok(()))
                }
            };
            // The loop reads the reply before it gives the next task.
            let _gone = self.replies.try_send(Reply::Done { spare, result });
        }
        self.darken();
        let _gone = self.replies.try_send(Reply::Dark);
        self.end();
    }

    /// Writes a frame, and says what was sent.
    fn show(&mut self, show: &Show) -> Result<(), DeviceError> {
        self.write(show)?;
        self.sent.send_modify(|sent| sent.bytes.clone_from(&show.bytes));
        Ok(())
    }

    /// Black; a device that fails is opened once more for it.
    fn darken(&mut self) {
        let black = Show { bytes: self.black.clone(), snapshot: None };
        if let Err(error) = self.show(&black).or_else(|_| self.show(&black)) {
            warn!(output = self.name, error = error.to_string(), "output may be left lit");
        }
    }

    /// The end of the stream.
    fn end(&mut self) {
        if let Some(mut device) = self.device.take()
            && let Err(error) = attempt(|| device.end())
        {
            warn!(output = self.name, error = error.to_string(), "output did not end its stream");
        }
    }

    /// Writes a frame, to a device that is opened if it has to be. After a failure the device is
    /// closed: what it had taken of the frame is unknown.
    fn write(&mut self, show: &Show) -> Result<(), DeviceError> {
        let Worker { open, device, .. } = self;
        let wire = Wire {
            bytes: &show.bytes,
            channels: self.channels,
            snapshot: show.snapshot.as_deref(),
        };
        let result = attempt(|| {
            let device = match device {
                Some(device) => device,
                None => device.insert(open.open()?),
            };
            device.write(&wire)
        });
        if result.is_err()
            && let Some(broken) = device.take()
        {
            // Closing may go wrong too.
            let _nothing_lost = attempt(|| {
                drop(broken);
                Ok(())
            });
        }
        result
    }
}

/// Opens a device for a black frame and the end of the stream, and no more.
pub(in crate::output) fn darken(
    mut open: Box<dyn Open>,
    black: &[u8],
    channels: usize,
) -> Result<(), DeviceError> {
    attempt(|| {
        let mut device = open.open()?;
        device.write(&Wire { bytes: black, channels, snapshot: None })?;
        device.end()
    })
}

/// Does something with a device. A panic is a failure like others.
fn attempt(action: impl FnOnce() -> Result<(), DeviceError>) -> Result<(), DeviceError> {
    catch_unwind(AssertUnwindSafe(action))
        .unwrap_or_else(|panic| Err(DeviceError::Panicked(reason(&*panic))))
}
