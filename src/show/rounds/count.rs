//! The count of a round: where each message stands, the count anew, and the result with its course.

use crate::event::Fate;
use crate::post::{Deletion, Post, Side, Version};
use crate::snapshot::{CoursePoint, RoundResult};
use crate::tally::Place;
use crate::timestamp::Timestamp;

use super::log::{Body, Entry};
use super::result::{Of, result, timestamp};
use super::timeline::{Stage, Timeline};
use super::{Rounds, tally};

/// Points of a round's course, at most.
const MAX_POINTS: i64 = 240;

impl Rounds {
    /// Whom a post pulls for in the question that is on.
    pub(super) fn side(&self, post: &Post) -> Side {
        match self.evening.round.question {
            0 => post.side,
            question => self.questions.side(question, &post.tags),
        }
    }

    /// Counts a message for the round that is on.
    pub(super) fn count(&mut self, entry: &Entry, number: u64) -> Fate {
        let timeline = &self.evening.round.timeline;
        if let Some(now) = entry.now {
            self.tally.advance(timestamp(timeline.running_now(now)));
        }
        self.made = self.made.max(entry.made().unwrap_or(i64::MIN));
        self.arrived = self.arrived.max(entry.arrival.unwrap_or(i64::MIN));
        let is_in_time = entry.arrival.is_none_or(|arrival| timeline.is_in_time(arrival, number));
        let is_barred = |at: i64| timeline.is_past_bell(at) || !is_in_time;
        let post = match &entry.body {
            Body::Deletion(deletion) => {
                let at = deletion.at.map(Timestamp::millis);
                if at.map_or(!is_in_time, is_barred) {
                    return self.tally.pass();
                }
                let at = at.map(|at| timestamp(timeline.running(at)));
                return self.tally.deletion(&Deletion { at, ..deletion.clone() });
            }
            Body::Post(post) => post,
        };
        let at = post.at.millis();
        let is_inside = timeline.is_inside(at);
        let place = if post.version == Version::Edit && is_barred(at) {
            Place::Barred
        } else if is_inside && !is_in_time {
            Place::Late
        } else if self.evening.is_held(entry.source, number) {
            if is_inside { Place::Held } else { Place::Shut }
        } else if is_inside {
            Place::Inside
        } else {
            Place::Outside
        };
        let has_bell_fallen = matches!(timeline.stage(), Stage::Locked | Stage::Over);
        let is_after_bell = has_bell_fallen && timeline.is_past_bell(at);
        let made = timestamp(timeline.running(at));
        let post = Post { at: made, side: self.side(post), ..post.clone() };
        if place == Place::Inside && post.side != Side::None {
            // In a recording it moved no time if another question was on when it came.
            self.tally.advance(made);
        }
        let fate = self.tally.place(&post, place);
        self.held += u64::from(match fate {
            Fate::Late => place == Place::Late,
            Fate::Closed => is_after_bell,
            _ => false,
        });
        fate
    }

    /// Whether what was counted by the timeline `before` is counted otherwise by that of today.
    pub(super) fn is_to_be_recounted(&self, before: &Timeline) -> bool {
        let (made, arrived) = (self.made, self.arrived);
        let timeline = &self.evening.round.timeline;
        before.verdict_until(made, arrived) != timeline.verdict_until(made, arrived)
    }

    /// Counts the messages of the round anew, up to that of number `end`.
    pub(super) fn recount(&mut self, end: u64) {
        self.begin_count();
        let mut number = self.evening.round.first;
        while let Some(entry) = self.log.get(number).filter(|_| number < end).cloned() {
            self.count(&entry, number);
            number += 1;
        }
    }

    /// The same for all messages, while the clock does anew what it has done since that of number
    /// `since`.
    pub(super) fn replay(&mut self, since: u64) {
        self.begin_count();
        let mut number = self.evening.round.first;
        // Where rounds follow each other by themselves, messages of a round that ended may go.
        while let Some(entry) = self.log.get(number).cloned() {
            if let Some(now) = entry.now.filter(|_| number >= since) {
                self.let_fall(now, number);
            }
            self.count(&entry, number);
            number += 1;
        }
        if let Some(now) = self.now {
            self.let_fall(now, number);
        }
        self.done_until = self.now;
    }

    pub(super) fn result(&mut self) -> RoundResult {
        let round = &self.evening.round;
        let timeline = &round.timeline;
        let (opened, bell) = (timeline.opens(0).unwrap_or(0), timeline.bell(0).unwrap_or(0));
        self.tally.advance(timestamp(timeline.running_now(bell)));
        let course = self.course(opened, bell);
        let round = &self.evening.round;
        let of = Of {
            number: round.number,
            question: round.question,
            contest: self.evening.contest(),
            opened,
            bell,
            course,
        };
        result(&mut self.tally, of)
    }

    /// How the shares went from the opening to the bell. Empty if the messages are no longer kept.
    fn course(&mut self, opened: i64, bell: i64) -> Vec<CoursePoint> {
        let first = self.evening.round.first;
        if !self.log.has_all_since(first) {
            return Vec::new();
        }
        let step = ((bell - opened) / MAX_POINTS).max(250);
        let counted = (
            std::mem::replace(&mut self.tally, tally(&self.evening, &self.rules, self.limits)),
            self.made,
            self.arrived,
            self.held,
        );
        let mut points = Vec::new();
        let mut at = opened;
        let mut number = first;
        while at < bell {
            while let Some(entry) = self
                .log
                .get(number)
                .filter(|entry| entry.arrival.is_none_or(|arrival| arrival <= at))
            {
                let entry = entry.clone();
                self.count(&entry, number);
                number += 1;
            }
            points.push(self.point(at));
            at += step;
        }
        (self.tally, self.made, self.arrived, self.held) = counted;
        points.push(self.point(bell));
        points
    }

    fn point(&mut self, at: i64) -> CoursePoint {
        let running = self.evening.round.timeline.running_now(at);
        self.tally.advance(timestamp(running));
        let shares = self.tally.count(None).teams.iter().map(|team| team.share).collect();
        CoursePoint { at: timestamp(at), shares }
    }
}
