//! The messages that a command may want weighed anew, and the commands that can be taken back.

use std::collections::VecDeque;

use crate::post::{Deletion, Post};

use super::evening::Evening;

/// Commands that can be taken back, one after the other.
const MAX_STEPS: usize = 20;

/// Messages that are kept to be weighed anew. One takes 130 bytes or less.
pub(super) const MAX_ENTRIES: usize = 1_000_000;

/// A message of a round, as it arrived.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// What time it was then; `None` in a recording that has not told one yet.
    pub(super) now: Option<i64>,
    /// When it arrived, which in a recording may be said to be before that.
    pub(super) arrival: Option<i64>,
    pub(super) source: u32,
    pub(super) body: Body,
}

/// What it was.
#[derive(Clone, Debug)]
pub(super) enum Body {
    Post(Post),
    Deletion(Deletion),
}

impl Entry {
    /// When it was made.
    pub(super) fn made(&self) -> Option<i64> {
        match &self.body {
            Body::Post(post) => Some(post.at.millis()),
            Body::Deletion(deletion) => deletion.at.map(crate::timestamp::Timestamp::millis),
        }
    }
}

/// A command that was carried out.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What it was; of `next`, what that stood for.
    pub(super) name: &'static str,
    /// The number of the message that came after it.
    pub(super) entry: u64,
    /// The evening before and right after it.
    pub(super) before: Evening,
    pub(super) after: Evening,
}

/// The newest messages by number, and the newest commands.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the first that is kept.
    first: u64,
    done: VecDeque<Step>,
    /// What was taken back, the newest last.
    undone: Vec<Step>,
    /// A command has left because of the bound.
    has_forgotten: bool,
    /// Fewer in tests.
    most: Option<usize>,
}

impl Log {
    /// The number of the next message.
    pub(super) fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Whether all messages from that number on are kept.
    pub(super) fn has_all_since(&self, entry: u64) -> bool {
        self.first <= entry
    }

    pub(super) fn get(&self, entry: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(entry.checked_sub(self.first)?).ok()?)
    }

    pub(super) fn push(&mut self, entry: Entry, round: u64) {
        self.entries.push_back(entry);
        if self.entries.len() > self.most.unwrap_or(MAX_ENTRIES) {
            self.forget(round);
        }
    }

    /// Keeps what was before a command that was carried out, and what is after it.
    pub(super) fn note(&mut self, step: Step) {
        self.undone.clear();
        if self.done.len() == MAX_STEPS {
            self.done.pop_front();
            self.has_forgotten = true;
        }
        self.done.push_back(step);
    }

    /// Leaves the time from `last` to `now` out of every round that a command could lead back to.
    pub(super) fn leave_out(&mut self, last: i64, now: i64) {
        for step in self.done.iter_mut().chain(&mut self.undone) {
            step.before.round.timeline.leave_out(last, now);
            step.after.round.timeline.leave_out(last, now);
        }
    }

    /// How many commands can be taken back.
    pub(super) fn steps(&self) -> usize {
        self.done.len()
    }

    /// What would be taken back first.
    pub(super) fn newest(&self) -> Option<&Step> {
        self.done.back()
    }

    /// What was taken back, the newest last.
    pub(super) fn undone(&self) -> &[Step] {
        &self.undone
    }

    /// Whether commands were given that can no longer be taken back.
    pub(super) fn has_forgotten(&self) -> bool {
        self.has_forgotten
    }

    /// Takes the newest command back.
    pub(super) fn undo(&mut self) -> Option<&Step> {
        let step = self.done.pop_back()?;
        self.undone.push(step);
        self.undone.last()
    }

    /// Brings back what was taken back last.
    pub(super) fn redo(&mut self) -> Option<&Step> {
        let step = self.undone.pop()?;
        self.done.push_back(step);
        self.done.back()
    }

    /// Lets go of messages that no command can want, now that the round begins with number `round`;
    /// past the bound, of the oldest commands, and then of the oldest messages.
    pub(super) fn forget(&mut self, round: u64) {
        let most = self.most.unwrap_or(MAX_ENTRIES);
        loop {
            let steps = self.done.iter().chain(&self.undone);
            let needed = steps.map(|step| step.before.round.first).fold(round, u64::min);
            let useless = usize::try_from(needed.saturating_sub(self.first)).unwrap_or(usize::MAX);
            self.drop_oldest(useless);
            if self.entries.len() <= most {
                return;
            }
            if self.done.pop_front().is_some() {
                self.has_forgotten = true;
            } else if self.undone.is_empty() {
                // A round of this size cannot be weighed anew.
                self.drop_oldest(self.entries.len() - most / 2);
                return;
            } else {
                self.undone.clear();
            }
        }
    }

    fn drop_oldest(&mut self, count: usize) {
        let count = count.min(self.entries.len());
        self.entries.drain(..count);
        self.first += count as u64;
    }

    /// Keeps fewer messages.
    #[cfg(test)]
    pub(super) fn set_most(&mut self, most: usize) {
        self.most = Some(most);
    }
}
