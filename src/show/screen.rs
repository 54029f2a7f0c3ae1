//! What is shown, beside the count: the scene, the speaker's timer, a test pattern, and what is dark.
//!
//! Nothing here can be undone: each command has its opposite.

use std::time::Duration;

use crate::order::{Answer, Command, TimerOrder};
use crate::picture::{Dark, Pattern, Scene};
use crate::timer::{Countdown, Marks, TimerStatus};

/// More outputs than a config can have are not dark one by one.
const MAX_DARK: usize = 512;

/// What is shown.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    scene: Scene,
    pattern: Option<Pattern>,
    blackout: Vec<Dark>,
    timer: Option<Countdown>,
    marks: Marks,
}

impl Screen {
    pub(super) fn new(marks: Marks) -> Screen {
        Screen { scene: Scene::Contest, pattern: None, blackout: Vec::new(), timer: None, marks }
    }

    /// Carries out a command that is about what is shown; `None` for all others.
    pub(super) fn carry_out(&mut self, command: &Command, now: Duration) -> Option<Answer> {
        Some(match command {
            Command::Timer(order) => self.time(*order, now),
            Command::Scene(scene) => self.show_scene(*scene),
            Command::Blackout(what) => self.darken(what.clone()),
            Command::Light(what) => self.lighten(what),
            _ => return None,
        })
    }

    pub(super) fn scene(&self) -> Scene {
        self.scene
    }

    pub(super) fn pattern(&self) -> Option<Pattern> {
        self.pattern
    }

    pub(super) fn blackout(&self) -> &[Dark] {
        &self.blackout
    }

    pub(super) fn timer(&self, now: Duration) -> Option<TimerStatus> {
        self.timer.map(|timer| timer.status(now))
    }

    /// When the clock of the timer shows another second.
    pub(super) fn next_second(&self, now: Duration) -> Option<Duration> {
        self.timer.and_then(|timer| timer.next_second(now))
    }

    pub(super) fn show_pattern(&mut self, pattern: Pattern) -> Answer {
        if self.pattern.replace(pattern) == Some(pattern) {
            Answer::unchanged("that is what is shown")
        } else {
            Answer::Done
        }
    }

    fn show_scene(&mut self, scene: Scene) -> Answer {
        if scene == self.scene {
            return Answer::unchanged("that is what is shown");
        }
        if scene == Scene::Timer && self.timer.is_none() {
            return Answer::refused("there is no timer");
        }
        self.scene = scene;
        Answer::Done
    }

    /// Darkens it. What is dark by itself stays so when all is light again.
    fn darken(&mut self, what: Dark) -> Answer {
        if self.blackout.contains(&what) {
            return Answer::unchanged("that is dark");
        }
        if self.blackout.len() >= MAX_DARK {
            return Answer::refused("too many outputs are dark by themselves");
        }
        self.blackout.push(what);
        self.blackout.sort();
        Answer::Done
    }

    /// Lights it again; all of it, also what was darkened by itself.
    fn lighten(&mut self, what: &Dark) -> Answer {
        let before = self.blackout.len();
        self.blackout.retain(|dark| *what != Dark::All && dark != what);
        if self.blackout.len() < before {
            return Answer::Done;
        }
        if self.blackout.contains(&Dark::All) {
            return Answer::refused("all is dark: light `all` first");
        }
        Answer::unchanged("that is not dark")
    }

    fn time(&mut self, order: TimerOrder, now: Duration) -> Answer {
        match (order, &mut self.timer) {
            (TimerOrder::Start(length), timer) => {
                *timer = Some(Countdown::start(length, self.marks, now));
                self.scene = Scene::Timer;
            }
            (TimerOrder::Stop, None) => return Answer::unchanged("there is no timer"),
            (_, None) => return Answer::refused("there is no timer"),
            (TimerOrder::Add(more), Some(timer)) => timer.add(more, now),
            (TimerOrder::Pause, Some(timer)) if !timer.status(now).running => {
                return Answer::unchanged("the timer is held");
            }
            (TimerOrder::Resume, Some(timer)) if timer.status(now).running => {
                return Answer::unchanged("the timer is running");
            }
            (TimerOrder::Pause, Some(timer)) if timer.left(now).is_zero() => {
                return Answer::refused("the time of the timer is over");
            }
            (TimerOrder::Toggle | TimerOrder::Pause | TimerOrder::Resume, Some(timer)) => {
                timer.hold_or_go_on(now);
            }
            (TimerOrder::Stop, timer) => {
                *timer = None;
                if self.scene == Scene::Timer {
                    self.scene = Scene::Contest;
                }
            }
        }
        Answer::Done
    }
}
