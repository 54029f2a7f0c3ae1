//! Lights that are dark for a while, since nobody will steer them: a program that is stopped is about to
//! stand still with all its threads.
//!
//! Whoever stops it asks, and waits until no output is lit. Each output leaves its device as at the end of
//! a show, and opens it anew when it is to go on.

use tokio::sync::watch;

/// The side that asks.
#[derive(Debug)]
pub struct Suspender {
    wanted: watch::Sender<bool>,
    lit: watch::Receiver<usize>,
}

/// The side of the outputs.
#[derive(Clone, Debug)]
pub struct Suspended {
    wanted: watch::Receiver<bool>,
    lit: watch::Sender<usize>,
}

/// An output that may be lit, for as long as it holds on to this.
#[derive(Debug)]
pub(super) struct Lit(watch::Sender<usize>);

/// Both sides.
#[must_use]
pub fn channel() -> (Suspender, Suspended) {
    let (wanted_tx, wanted_rx) = watch::channel(false);
    let (lit_tx, lit_rx) = watch::channel(0);
    (Suspender { wanted: wanted_tx, lit: lit_rx }, Suspended { wanted: wanted_rx, lit: lit_tx })
}

impl Default for Suspended {
    /// Nobody will ever ask.
    fn default() -> Suspended {
        channel().1
    }
}

impl Suspender {
    /// Asks for the dark, and waits until all outputs have it, for as long as one hangs.
    pub async fn suspend(&mut self) {
        self.wanted.send_replace(true);
        let _nobody_is_left = self.lit.wait_for(|lit| *lit == 0).await;
    }

    /// Lets the outputs go on.
    pub fn resume(&self) {
        self.wanted.send_replace(false);
    }
}

impl Suspended {
    /// Whether the lights are to be dark.
    pub(super) fn is_wanted(&self) -> bool {
        *self.wanted.borrow()
    }

    /// Waits until that may have changed.
    pub(super) async fn changed(&mut self) {
        if self.wanted.changed().await.is_err() {
            // Nobody is left to ask.
            std::future::pending::<()>().await;
        }
    }

    /// Says that an output may be lit.
    pub(super) fn lit(&self) -> Lit {
        self.lit.send_modify(|lit| *lit += 1);
        Lit(self.lit.clone())
    }
}

impl Drop for Lit {
    fn drop(&mut self) {
        self.0.send_modify(|lit| *lit -= 1);
    }
}
