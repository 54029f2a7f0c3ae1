//! What a person orders of a running show, and what the show answers.
//!
//! Orders are few, none is lost, and each is answered; see `show::task` for the door that they come
//! through. Their public form, in which they come over HTTP, from a shell and out of a recording, is
//! read and written in `form`.

mod arguments;
mod form;

use std::borrow::Cow;
use std::time::Duration;

use crate::picture::{Dark, Pattern, Scene};
use crate::round::Length;
use crate::snapshot::Phase;

pub use arguments::Mistake;
pub use form::NAMES;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Carry out a command.
    Command(Request),
    /// Show this test pattern on the strips.
    Pattern(Pattern),
}

impl From<Command> for Order {
    fn from(command: Command) -> Order {
        Order::Command(command.into())
    }
}

/// A command, and under which condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be done.
    pub command: Command,
    /// The phase that whoever gave it saw. In another one nothing is done.
    pub from: Option<Phase>,
    /// What cannot be done now is no error.
    pub soft: bool,
}

impl From<Command> for Request {
    fn from(command: Command) -> Request {
        Request { command, from: None, soft: false }
    }
}

/// What an operator can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Makes a question ready.
    Arm(Arm),
    /// Starts the countdown, of a round of the usual length or of another one.
    Start(Option<Length>),
    /// Holds the countdown or the round.
    Pause,
    /// Lets it go on.
    Resume,
    /// Moves the bell by this many milliseconds.
    AddTime(i64),
    /// The bell, now.
    Lock,
    /// Shows the result of this round, or of an earlier one.
    Reveal(Option<u32>),
    /// The round from its beginning.
    Reset,
    /// What comes next in the order of a show.
    Next,
    /// Takes the newest command back.
    Undo,
    /// Brings back what was taken back last.
    Redo,
    /// Whether nobody sees how it stands until it is revealed.
    Secret(bool),
    /// Holds a source, or lets it go on.
    Source {
        /// Its name.
        name: String,
        /// Whether it is held.
        paused: bool,
    },
    /// Whether new phones are let in.
    Devices(bool),
    /// Takes out the votes of phones younger than that.
    Discard(Duration),
    /// Darkens.
    Blackout(Dark),
    /// Lights again.
    Light(Dark),
    /// What the projector shows.
    Scene(Scene),
    /// Lets a post that waits onto the wall.
    Approve(String),
    /// Keeps a post off the wall.
    Reject(String),
    /// Empties every wall.
    WallOff,
    /// Lets the walls fill again.
    WallOn,
    /// To the speaker's timer.
    Timer(TimerOrder),
}

/// Which question is to be made ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arm {
    /// The next round or question.
    Next,
    /// That of this number, from 1.
    Question(u32),
    /// One that is made up on the spot.
    MadeUp {
        /// What is asked.
        title: String,
        /// The names of its teams.
        teams: Vec<String>,
    },
}

/// The number of teams of a question that is made up on the spot.
pub const MADE_UP_TEAMS: std::ops::RangeInclusive<usize> = 2..=8;

/// What is to become of the speaker's timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerOrder {
    /// Start one of this length, and show it.
    Start(Duration),
    /// Give the speaker this many milliseconds more, or fewer.
    Add(i64),
    /// Hold it.
    Pause,
    /// Let it go on.
    Resume,
    /// Hold it if it is running, or else let it go on.
    Toggle,
    /// End it, and show the contest.
    Stop,
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was carried out.
    Done,
    /// It is as wanted already, or it was not to be done now, and why.
    Unchanged(Cow<'static, str>),
    /// It cannot be carried out in this state of the show, and why.
    Refused(Cow<'static, str>),
}

impl Answer {
    /// It is as wanted already.
    pub fn unchanged(why: impl Into<Cow<'static, str>>) -> Answer {
        Answer::Unchanged(why.into())
    }

    /// It cannot be done now.
    pub fn refused(why: impl Into<Cow<'static, str>>) -> Answer {
        Answer::Refused(why.into())
    }
}

/// What whoever gave an order hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What became of the order.
    pub answer: Answer,
    /// The phase after it.
    pub phase: Phase,
    /// The number of the first snapshot that shows it.
    pub seq: u64,
}
