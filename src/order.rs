//! What a person orders of a running show, and what the show answers.
//!
//! Orders are few, none is lost, and each is answered; see `show::task` for the door that they come
//! through.

use std::time::Duration;

use crate::picture::Picture;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Show this.
    Show(Picture),
    /// To the speaker's timer.
    Timer(TimerOrder),
}

/// What is to become of the speaker's timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerOrder {
    /// Start one of this length, and show it.
    Start(Duration),
    /// Give the speaker this much more.
    Add(Duration),
    /// Hold it, or let it go on.
    HoldOrGoOn,
    /// End it, and show the contest.
    Stop,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was carried out.
    Done,
    /// It is as wanted already, and why.
    Unchanged(&'static str),
    /// It cannot be carried out in this state of the show, and why.
    Refused(&'static str),
}

/// What whoever gave an order hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What became of the order.
    pub answer: Answer,
    /// The number of the first snapshot that shows it.
    pub seq: u64,
}
