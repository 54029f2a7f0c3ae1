//! Rounds: which posts are votes of which round, and what commands and the clock make of them.
//!
//! The count of a round is a function of its messages, in the order in which they arrived, and of its
//! timeline. Commands change the timeline and the small state of the evening alone ([`evening`]); the
//! count follows message by message, and is made anew, from the messages that are kept ([`log`]), where
//! a command changes what was counted already. So what is taken back is as if it had never been given.
//! Pure: time is told.

mod command;
mod count;
mod evening;
mod log;
mod restart;
mod result;
mod status;
mod timeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::{ClockEvent, Fate, Message, Recorded, SourceId};
use crate::order::Command;
use crate::post::{Deletion, Post, Side};
use crate::questions::Questions;
use crate::round::{Counts, Rules};
use crate::snapshot::{Phase, Posts, RoundResult};
use crate::tally::{Limits, Span, Tally};
use crate::timestamp::Timestamp;

use evening::{Evening, Heard, Times};
use log::{Body, Entry, Log};
use result::timestamp;
use timeline::{Over, Stage};

pub(super) use status::Standing;

/// Names of sources that a recording tells; of further ones none can be held.
const MAX_SOURCES: u32 = 1024;

/// What happened to the evening, in the order in which it did, for whoever writes it down.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The clock did something.
    Clock(Timestamp, ClockEvent),
    /// The message that the show was told was counted; it arrived then.
    Message(Option<Timestamp>),
    /// A command was carried out.
    Command(Timestamp, Command),
    /// A result has fallen.
    Result(Arc<RoundResult>),
}

/// The evening and its count.
pub(super) struct Rounds {
    rules: Rules,
    times: Times,
    limits: Limits,
    questions: Arc<Questions>,
    evening: Evening,
    /// The votes of the round that is on.
    tally: Tally,
    /// What became of messages about which no round decides.
    plain: Posts,
    log: Log,
    /// The time that was reached.
    now: Option<i64>,
    /// The time that is shown, in a recording that is played.
    shown: Option<i64>,
    /// The newest post that names a team.
    named: Option<i64>,
    /// The newest time of anything of this round.
    made: i64,
    /// The newest arrival of the same.
    arrived: i64,
    /// Posts that came after the bell and would count if the round were opened again.
    held: u64,
    /// A grace begins anew when the sources are back after a crash.
    awaits_sources: bool,
    /// Time is what a recording says, and nothing else moves it.
    is_recorded: bool,
    /// The recording tells what its clock did: time alone changes nothing.
    hears_clock: bool,
    /// What the clock did before that was done anew when a command was taken back: a recording says it
    /// once more, after the command.
    done_until: Option<i64>,
    /// Since when the recorded show was not running, if it does not say that it went on.
    off: Option<i64>,
    /// By name: those of the config, and those that recordings tell.
    sources: BTreeMap<String, u32>,
    /// The number of the next source that a recording tells.
    next_source: u32,
    said: Vec<Said>,
    /// How much of that was there before the command that is being carried out.
    said_before: usize,
}

impl Rounds {
    /// An evening in which nothing has happened. `sources`: the names of the config's sources.
    pub(super) fn new(
        questions: Arc<Questions>,
        rules: Rules,
        limits: Limits,
        sources: Vec<String>,
        is_recorded: bool,
    ) -> Rounds {
        let evening = Evening::new(questions.iter().cloned().collect(), &rules);
        let tally = tally(&evening, &rules, limits);
        let next_source = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        let sources = sources.into_iter().zip(0..).collect();
        Rounds {
            times: Times::new(&rules),
            rules,
            limits,
            questions,
            evening,
            tally,
            plain: Posts::default(),
            log: Log::default(),
            now: None,
            shown: None,
            named: None,
            made: i64::MIN,
            arrived: i64::MIN,
            held: 0,
            awaits_sources: false,
            is_recorded,
            hears_clock: false,
            done_until: None,
            off: None,
            sources,
            next_source,
            said: Vec::new(),
            said_before: 0,
        }
    }

    /// The time that was reached.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.now.map(timestamp)
    }

    /// All results that stand, the oldest first.
    pub(super) fn results(&self) -> impl Iterator<Item = &Arc<RoundResult>> {
        self.evening.results()
    }

    /// What happened since this was asked last.
    pub(super) fn take_said(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.said)
    }

    /// The phase of the round.
    pub(super) fn phase(&self) -> Phase {
        self.evening.round.phase()
    }

    /// The time that is shown, in a recording that is played, has come to `at`.
    pub(super) fn show(&mut self, at: Timestamp) {
        if self.is_recorded {
            self.shown = self.shown.max(Some(at.millis()));
        }
    }

    /// Time has come to `now` by the show's clock.
    pub(super) fn advance(&mut self, now: Timestamp) {
        if !self.is_recorded {
            self.reach(now.millis());
        }
    }

    /// Time has come to `at` by a recording. `false` if it is not the recording's.
    pub(super) fn follow(&mut self, at: Timestamp) -> bool {
        if self.is_recorded {
            self.reach(at.millis());
        }
        self.is_recorded
    }

    /// Takes in a message of a source.
    pub(super) fn message(&mut self, source: SourceId, message: Message) -> Fate {
        let (message, seen, source) = match message {
            Message::Recorded(recorded) => {
                let Recorded { seen, source: name, message } = *recorded;
                let source = name.map_or(number_of(source), |name| self.source_named(&name));
                (message, seen.map(Timestamp::millis), source)
            }
            message => (message, None, number_of(source)),
        };
        let fate = match message {
            Message::Post(post) => return self.post(post, seen, source),
            Message::Deletion(deletion) => return self.deletion(deletion, seen, source),
            Message::Unmatched(count) => {
                self.plain.unmatched += count;
                Fate::Other
            }
            Message::Dropped(count) => {
                self.plain.dropped += count;
                Fate::Other
            }
            Message::Clock(at, event) if self.is_recorded => {
                self.hear_clock(at.millis(), event);
                return Fate::Other;
            }
            // A rehearsal plays posts, and is led by whoever is there; commands are given by the show.
            Message::Command(_) | Message::Clock(..) => return Fate::Other,
            Message::Malformed(_) | Message::Recorded(_) => {
                self.plain.malformed += 1;
                Fate::Other
            }
        };
        self.said.push(Said::Message(self.now()));
        fate
    }

    fn source_named(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.sources.get(name) {
            return number;
        }
        let number = self.next_source;
        if number >= MAX_SOURCES {
            return u32::MAX;
        }
        self.next_source += 1;
        self.sources.insert(name.to_owned(), number);
        number
    }

    fn post(&mut self, mut post: Post, seen: Option<i64>, source: u32) -> Fate {
        let mut at = post.at.millis();
        let arrival = if self.is_recorded { seen } else { self.now };
        if let Some(arrival) = arrival.filter(|&arrival| at > arrival) {
            // Nothing is made after it arrived.
            at = arrival;
            post.at = timestamp(arrival);
        }
        if self.side(&post) != Side::None {
            self.reach(seen.filter(|_| self.is_recorded).unwrap_or(at));
            self.named = self.named.max(Some(at));
        }
        self.enter(arrival, source, Body::Post(post))
    }

    fn deletion(&mut self, mut deletion: Deletion, seen: Option<i64>, source: u32) -> Fate {
        let arrival = if self.is_recorded { seen } else { self.now };
        deletion.at = deletion.at.or(self.named.map(timestamp));
        self.enter(arrival, source, Body::Deletion(deletion))
    }

    fn enter(&mut self, arrival: Option<i64>, source: u32, body: Body) -> Fate {
        let arrival = arrival.or(self.now);
        // Where a show has written what its clock did, each message came by that clock, although it
        // moves no time.
        let now = if self.hears_clock { self.now.max(arrival) } else { self.now };
        let entry = Entry { now, arrival, source, body };
        let number = self.log.end();
        let fate = self.count(&entry, number);
        self.log.push(entry, self.evening.round.first);
        self.said.push(Said::Message(arrival.map(timestamp)));
        fate
    }

    /// It is `now`: what the clock does until then happens.
    fn reach(&mut self, now: i64) {
        let now = self.now.map_or(now, |before| before.max(now));
        self.now = Some(now);
        if !self.hears_clock {
            self.let_fall(now, self.log.end());
        }
    }

    /// All that the clock does until `now` happens; `entry` is the number of the next message.
    fn let_fall(&mut self, now: i64, entry: u64) {
        if self.times.rest.is_some() && self.evening.round.armed.is_none() {
            self.evening.round.armed = Some(now);
        }
        while let Some(due) = self.evening.next_change(&self.times).filter(|&due| due <= now) {
            match self.evening.round.phase() {
                Phase::Armed => self.start_by_itself(due),
                Phase::Countdown => {
                    self.evening.round.timeline.open(due);
                    self.evening.round.since = Some(due);
                    self.say_clock(due, ClockEvent::Open);
                }
                Phase::Open => {
                    let bell = due - 1;
                    self.evening.round.timeline.lock(bell, self.times.grace);
                    self.evening.round.since = Some(bell);
                    self.say_clock(bell, ClockEvent::Locked);
                }
                Phase::Locked => {
                    let at = self.evening.round.timeline.grace_ends();
                    self.close(Over { at, entry }, self.evening.round.secret);
                }
                Phase::Sealed => {
                    self.evening.reveal(due);
                    self.say_clock(due, ClockEvent::Revealed);
                }
                Phase::Revealed => {
                    self.arm_by_itself(entry, due);
                    self.say_clock(due, ClockEvent::Armed);
                }
            }
        }
    }

    fn start_by_itself(&mut self, at: i64) {
        let length = self.evening.round.length;
        self.evening.start(at, length, &self.times);
        let is_open = self.evening.round.phase() == Phase::Open;
        self.say_clock(at, if is_open { ClockEvent::Open } else { ClockEvent::Countdown });
    }

    /// The grace is over: the result stands.
    fn close(&mut self, over: Over, is_sealed: bool) {
        let before = self.evening.round.timeline.clone();
        self.evening.round.timeline.close(over);
        // Whoever locks in a long pause ends the grace in the past.
        if self.is_to_be_recounted(&before) {
            self.recount(over.entry);
        }
        let result = Arc::new(self.result());
        self.evening.end_round(over.at, is_sealed, Arc::clone(&result));
        let event = if is_sealed { ClockEvent::Sealed } else { ClockEvent::Revealed };
        self.say_clock(over.at, event);
        self.said.push(Said::Result(result));
    }

    /// Makes a question ready, from the message of number `entry` on.
    fn arm(&mut self, question: usize, entry: u64, now: i64) {
        self.evening.arm(question, entry, now, self.tally.posts());
        self.begin_count();
    }

    fn begin_count(&mut self) {
        self.tally = tally(&self.evening, &self.rules, self.limits);
        (self.made, self.arrived, self.held) = (i64::MIN, i64::MIN, 0);
    }

    fn say_clock(&mut self, at: i64, event: ClockEvent) {
        self.said.push(Said::Clock(timestamp(at), event));
    }

    /// What the clock did, as a recording says it.
    fn hear_clock(&mut self, at: i64, event: ClockEvent) {
        self.hears_clock = true;
        self.reach(at);
        if self.done_until.is_some_and(|done| at < done) {
            return;
        }
        let entry = self.log.end();
        let before = self.evening.round.timeline.clone();
        match self.off.take() {
            Some(off) => self.log.leave_out(off, at),
            None => self.off = (event == ClockEvent::Paused).then_some(at),
        }
        match self.evening.hear_clock(event, at, &self.times) {
            Heard::Done => {}
            Heard::Closes { is_sealed } => return self.close(Over { at, entry }, is_sealed),
            Heard::Arms => self.arm_by_itself(entry, at),
            Heard::ArmsAndOpens => {
                self.arm_by_itself(entry, at);
                self.evening.hear_clock(ClockEvent::Open, at, &self.times);
            }
        }
        self.said.push(Said::Clock(timestamp(at), event));
        if self.is_to_be_recounted(&before) {
            self.recount(u64::MAX);
        }
    }

    fn arm_by_itself(&mut self, entry: u64, at: i64) {
        if let Some(question) = self.evening.following(&self.times) {
            self.arm(question, entry, at);
            self.log.forget(entry);
        }
    }

    /// The end of a recording: a bell that has fallen closes its round.
    pub(super) fn end(&mut self) {
        let entry = self.log.end();
        let timeline = &self.evening.round.timeline;
        let bell = timeline.bell(0).filter(|_| timeline.held().is_none());
        if let Some(bell) = bell
            && timeline.stage() == Stage::Open
            && self.now.is_some_and(|now| bell < now)
        {
            self.evening.round.timeline.lock(bell, self.times.grace);
            self.say_clock(bell, ClockEvent::Locked);
        }
        if self.evening.round.timeline.stage() == Stage::Locked {
            let at = self.evening.round.timeline.grace_ends();
            self.close(Over { at, entry }, self.evening.round.secret);
        }
    }
}

fn number_of(SourceId(source): SourceId) -> u32 {
    u32::try_from(source).unwrap_or(u32::MAX)
}

/// An empty count of the round that is on.
fn tally(evening: &Evening, rules: &Rules, limits: Limits) -> Tally {
    let span = match rules.counts {
        Counts::Round => Span::Round,
        Counts::Window => Span::RoundWindow,
    };
    Tally::over(span, Arc::clone(evening.contest()), limits)
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
