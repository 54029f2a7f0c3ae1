//! What each command does in each phase, and what of it can be taken back.

use std::sync::Arc;

use crate::contest::Contest;
use crate::event::ClockEvent;
use crate::order::{Answer, Arm, Command};
use crate::questions::MAX_QUESTIONS;
use crate::snapshot::{Phase, RedoStatus, RoundResult, UndoStatus};

use super::evening::{Evening, length_ms};
use super::log::Step;
use super::result::timestamp;
use super::timeline::Stage;
use super::{Rounds, Said};

/// A second `next` within this time is a finger that bounced.
const BOUNCE_MS: i64 = 700;

/// Questions that are made up in one evening, at most.
const MAX_MADE_UP: usize = 200;

const TOO_LARGE: &str = "this round has more posts than can be weighed anew";

/// What a command amounts to in a phase.
enum Meaning {
    Command(Command),
    Nothing(&'static str),
}

impl Rounds {
    /// Carries out a command that is about rounds, at the time that was reached.
    pub(in crate::show) fn give(&mut self, command: Command) -> Answer {
        let results = self.evening.results().cloned().collect::<Vec<_>>();
        let answer = self.carry_out(&command);
        if answer == Answer::Done {
            let is_new = |result: &&Arc<RoundResult>| {
                !results.iter().any(|known| Arc::ptr_eq(known, result) || known.says_as(result))
            };
            let new = self.evening.results().filter(is_new).cloned();
            let new: Vec<Said> = new.map(Said::Result).collect();
            // What fell while it was counted anew may have stood before.
            let after = self.said.split_off(self.said_before.min(self.said.len()));
            let at = timestamp(self.now.unwrap_or_default());
            self.said.push(Said::Command(at, command));
            self.said.extend(after.into_iter().filter(|said| !matches!(said, Said::Result(_))));
            self.said.extend(new);
        }
        answer
    }

    fn carry_out(&mut self, command: &Command) -> Answer {
        self.said_before = self.said.len();
        match command {
            Command::Undo => return self.undo(),
            Command::Redo => return self.redo(),
            _ => {}
        }
        self.done_until = None;
        let is_next = *command == Command::Next;
        let command = if is_next {
            match self.next() {
                Meaning::Command(command) => command,
                Meaning::Nothing(why) => return Answer::unchanged(why),
            }
        } else {
            command.clone()
        };
        let Some(now) = self.now else {
            return Answer::refused("nothing has told the time yet");
        };
        let (before, name) = (self.evening.clone(), command.name());
        let timeline = before.round.timeline.clone();
        let answer = self.act(command, now);
        if answer != Answer::Done {
            return answer;
        }
        if is_next {
            self.evening.next_at = Some(now);
        }
        let is_same_round = before.round.first == self.evening.round.first;
        let entry = self.log.end();
        let after = self.evening.clone();
        if is_same_round && self.is_to_be_recounted(&timeline) {
            if !self.log.has_all_since(self.evening.round.first) {
                self.evening = before;
                return Answer::refused(TOO_LARGE);
            }
            self.recount(u64::MAX);
        }
        self.log.note(Step { name, entry, before, after });
        self.log.forget(self.evening.round.first);
        if !self.hears_clock {
            self.let_fall(now, entry);
        }
        Answer::Done
    }

    /// What `next` stands for.
    fn next(&self) -> Meaning {
        let round = &self.evening.round;
        let is_bounce = self.evening.next_at.zip(self.now);
        if is_bounce.is_some_and(|(before, now)| now - before <= BOUNCE_MS) {
            return Meaning::Nothing("that came at once after another `next`");
        }
        if round.timeline.held().is_some() {
            return Meaning::Command(Command::Resume);
        }
        match round.phase() {
            Phase::Armed => Meaning::Command(Command::Start(None)),
            Phase::Countdown => Meaning::Nothing("the countdown is running"),
            Phase::Open => Meaning::Command(Command::Lock),
            Phase::Locked => Meaning::Nothing("posts made before the bell may still arrive"),
            Phase::Sealed => Meaning::Command(Command::Reveal(None)),
            Phase::Revealed => match self.evening.following(&self.times) {
                Some(_) => Meaning::Command(Command::Arm(Arm::Next)),
                None => Meaning::Nothing("that was the last question"),
            },
        }
    }

    fn act(&mut self, command: Command, now: i64) -> Answer {
        let phase = self.evening.round.phase();
        let is_held = self.evening.round.timeline.held().is_some();
        match (command, phase) {
            (Command::Arm(arm), Phase::Armed | Phase::Sealed | Phase::Revealed) => {
                return self.arm_by_command(arm, now);
            }
            (Command::Arm(_), _) => {
                return Answer::refused("a round is on: reset it first, or wait for its end");
            }
            (Command::Start(length), Phase::Armed) => {
                let length = length.map_or(self.evening.round.length, length_ms);
                self.evening.start(now, length, &self.times);
                if self.evening.round.phase() == Phase::Open {
                    // From then on a reader need not tell the time by posts.
                    self.say_clock(now, ClockEvent::Open);
                }
            }
            (Command::Start(_), Phase::Countdown | Phase::Open) => {
                return Answer::refused("the round is started already");
            }
            (Command::Start(_), _) => return Answer::refused("arm the next round first"),
            (Command::Pause, Phase::Countdown | Phase::Open) if is_held => {
                return Answer::unchanged("it is paused");
            }
            (Command::Resume, Phase::Countdown | Phase::Open) if !is_held => {
                return Answer::unchanged("it is not paused");
            }
            (Command::Pause, Phase::Countdown | Phase::Open) => {
                self.evening.round.timeline.pause(now);
            }
            (Command::Resume, Phase::Countdown | Phase::Open) => {
                self.evening.round.timeline.resume(now);
            }
            (Command::Pause | Command::Resume, _) => {
                return Answer::refused("there is no countdown and no open round");
            }
            (Command::AddTime(more), phase) => return self.add_time(more, phase, now),
            (Command::Lock, Phase::Open) => {
                self.evening.round.timeline.lock(now, self.times.grace);
                self.evening.round.since = Some(now);
            }
            (Command::Lock, Phase::Armed | Phase::Countdown) => {
                return Answer::refused("the round is not open yet");
            }
            (Command::Lock, _) => return Answer::refused("the bell has fallen already"),
            (Command::Reveal(number), Phase::Sealed | Phase::Revealed) => {
                return self.reveal(number, now);
            }
            // Who has armed the next round need not play it to show what was left sealed.
            (Command::Reveal(Some(number)), Phase::Armed) => {
                return self.reveal(Some(number), now);
            }
            (Command::Reveal(_), _) => {
                return Answer::refused("there is no result that could be revealed");
            }
            (Command::Reset, Phase::Armed) => {
                return Answer::unchanged("the round is at its beginning");
            }
            (Command::Reset, _) => self.reset(now),
            (Command::Secret(secret), Phase::Armed) => {
                if self.evening.round.secret == secret {
                    return Answer::unchanged(if secret { "it is secret" } else { "it is open" });
                }
                (self.evening.round.secret, self.evening.secret) = (secret, secret);
            }
            (Command::Secret(_), _) => {
                return Answer::refused("the round is started: how it stands is seen, or not");
            }
            (Command::Source { name, paused }, _) => return self.hold_source(&name, paused),
            (Command::Devices(new), _) if self.evening.lets_devices_in == new => {
                return Answer::unchanged("it is so already");
            }
            (Command::Devices(new), _) => self.evening.lets_devices_in = new,
            (Command::Discard(_), _) => {
                return Answer::refused("no phones take part in this show");
            }
            (other, _) => {
                return Answer::refused(format!("`{}` is no matter of rounds", other.name()));
            }
        }
        Answer::Done
    }

    fn arm_by_command(&mut self, arm: Arm, now: i64) -> Answer {
        let question = match arm {
            Arm::Next => match self.evening.following(&self.times) {
                Some(question) => question,
                None => return Answer::refused("that was the last question"),
            },
            Arm::Question(number) => {
                let of = self.evening.questions.len();
                match usize::try_from(number).ok().filter(|&number| number <= of) {
                    Some(number) => number - 1,
                    None => return Answer::refused(format!("there are {of} questions")),
                }
            }
            Arm::MadeUp { title, teams } => {
                if self.evening.questions.len() >= MAX_QUESTIONS + MAX_MADE_UP {
                    return Answer::refused("there are too many questions in this evening");
                }
                let contest = Contest::made_up(title, &teams, &self.evening.questions[0]);
                self.evening.questions.push(Arc::new(contest));
                self.evening.questions.len() - 1
            }
        };
        let round = &self.evening.round;
        if round.phase() == Phase::Armed && question == round.question {
            return Answer::unchanged("that question is armed");
        }
        if self.evening.is_made_up(question) {
            self.evening.step_aside(&self.times);
        }
        self.arm(question, self.log.end(), now);
        Answer::Done
    }

    fn add_time(&mut self, more: i64, phase: Phase, now: i64) -> Answer {
        let timeline = &mut self.evening.round.timeline;
        match phase {
            Phase::Armed | Phase::Countdown => Answer::refused("the round is not open yet"),
            Phase::Open => {
                let Some(before) = timeline.bell(now) else {
                    return Answer::refused(
                        "this round has no bell: it is open until it is locked",
                    );
                };
                timeline.move_bell(now, more);
                if timeline.bell(now) == Some(before) {
                    return Answer::unchanged("the bell falls now");
                }
                Answer::Done
            }
            Phase::Locked | Phase::Sealed | Phase::Revealed if more <= 0 => {
                Answer::refused("the bell has fallen: only more time opens the round again")
            }
            Phase::Locked | Phase::Sealed | Phase::Revealed => {
                if !self.log.has_all_since(self.evening.round.first) {
                    return Answer::refused(TOO_LARGE);
                }
                self.evening.reopen(now, now + more);
                Answer::Done
            }
        }
    }

    fn reveal(&mut self, number: Option<u32>, now: i64) -> Answer {
        let round = &self.evening.round;
        let own = (round.phase() != Phase::Armed).then_some(round.number);
        match number.filter(|&number| Some(number) != own) {
            None if round.revealed.is_some() => {
                self.evening.round.since = Some(now);
                Answer::unchanged("it is revealed, and is celebrated once more")
            }
            None => {
                self.evening.reveal(now);
                Answer::Done
            }
            Some(number) if self.evening.reveal_ended(number) => Answer::Done,
            Some(number) => {
                let mut results = self.evening.results();
                if results.any(|result| result.number == number) {
                    Answer::unchanged("it is revealed")
                } else {
                    Answer::refused(format!("there is no result of round {number}"))
                }
            }
        }
    }

    fn reset(&mut self, now: i64) {
        if !self.log.has_all_since(self.evening.round.first) {
            // Its messages cannot be weighed anew: they stay what they were, and it begins after them.
            self.evening.before = self.evening.before + self.tally.posts();
            self.evening.round.first = self.log.end();
            self.evening.reset(now);
            return self.begin_count();
        }
        self.evening.reset(now);
    }

    fn hold_source(&mut self, name: &str, is_held: bool) -> Answer {
        let known = self.sources.get(name).copied();
        let source = match known {
            Some(source) => source,
            None if self.is_recorded => self.source_named(name),
            None => return Answer::refused(format!("there is no source `{name}`")),
        };
        if self.evening.holds(source) == is_held {
            let why = if is_held { "that source is held" } else { "that source is not held" };
            return Answer::unchanged(why);
        }
        self.evening.hold(source, is_held, self.log.end());
        Answer::Done
    }

    fn undo(&mut self) -> Answer {
        let newest = self.log.newest();
        let is_kept = newest.is_none_or(|step| self.log.has_all_since(step.before.round.first));
        let step = if is_kept { self.log.undo() } else { None };
        let Some(step) = step else {
            return Answer::refused(if self.log.has_forgotten() || !is_kept {
                "too long ago"
            } else {
                "there is nothing to take back"
            });
        };
        let (evening, entry) = (step.before.clone(), step.entry);
        self.go_to(evening, entry);
        Answer::Done
    }

    fn redo(&mut self) -> Answer {
        let Some(step) = self.log.redo() else {
            return Answer::refused("nothing was taken back since the newest command");
        };
        let (evening, entry) = (step.after.clone(), step.entry);
        self.go_to(evening, entry);
        Answer::Done
    }

    /// The evening is as it was at the message of number `entry`, and what came since comes again.
    fn go_to(&mut self, evening: Evening, entry: u64) {
        self.evening = evening;
        self.replay(entry);
    }

    /// How many commands can be taken back and brought back, and the first of them.
    pub(super) fn undo_status(&self) -> UndoStatus {
        let count = |steps: usize| u32::try_from(steps).unwrap_or(u32::MAX);
        let undone = self.log.undone();
        UndoStatus {
            steps: count(self.log.steps()),
            next: self.log.newest().map(|step| step.name),
            redo: RedoStatus {
                steps: count(undone.len()),
                next: undone.last().map(|step| step.name),
            },
        }
    }

    /// Whether the round is open and time goes on.
    pub(super) fn is_running(&self) -> bool {
        let timeline = &self.evening.round.timeline;
        timeline.stage() == Stage::Open && timeline.held().is_none()
    }
}
