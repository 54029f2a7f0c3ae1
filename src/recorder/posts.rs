//! The post form of a recording: what was counted, in lines that name nobody.
//!
//! A recording has no clock but the times of the posts that name a team, so that whoever counts it
//! is never later than the show was, and may remember posts and deletions that the show had let go
//! of. Lines that would count otherwise for that reason are written in another way: a post under a
//! fresh name, or as one that names no team. So each line counts as its event did, to the vote; and
//! edits, for which there is no line, are a deletion and the post as it is since.
//! Names are the keyed hashes of `post`, whose key dies with the program. Texts never come here.

use std::collections::BTreeMap;
use std::fmt::Write;

use smallvec::SmallVec;

use crate::contest::TeamId;
use crate::event::{Counted, Fate, Message};
use crate::post::{AuthorId, Deletion, Post, PostId, Side, Tags};
use crate::questions::Questions;
use crate::timestamp::Timestamp;

/// Names that a recount may remember, at some 80 bytes each. Past it the oldest are forgotten: a post
/// that comes again after so many others would have to be newer than all of them to be counted
/// otherwise.
const MAX_NAMES: usize = 1 << 19;

/// The tables are looked through for what is of no use any more when they are longer than this.
const FEW: usize = 1024;

/// Writes the lines, and knows what a recount knows at each.
pub(super) struct Posts {
    questions: Questions,
    window_ms: i64,
    /// The newest time of a post that names a team, which is what a recount takes for the time.
    newest: Option<i64>,
    names: BTreeMap<PostId, Name>,
    /// Names are looked through when there are so many.
    crowded: usize,
}

/// What a recount knows of a post.
#[derive(Clone, Copy, Default)]
struct Name {
    /// How many other names it had before.
    generation: u32,
    /// When it was posted, if it is counted.
    counted: Option<i64>,
    /// When it was deleted.
    dead: Option<i64>,
    /// The newest time of all lines that named it.
    until: i64,
}

/// Lines to be written.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
    pub(super) count: u64,
}

impl Lines {
    pub(super) fn end(&mut self) {
        self.text.push('\n');
        self.count += 1;
    }
}

impl Posts {
    pub(super) fn new(questions: &Questions) -> Posts {
        Posts {
            questions: questions.clone(),
            window_ms: i64::try_from(questions.window().as_millis()).unwrap_or(i64::MAX),
            newest: None,
            names: BTreeMap::new(),
            crowded: FEW,
        }
    }

    /// A post that names a team was written: it is so late in a recount.
    pub(super) fn see(&mut self, at: Timestamp) {
        if self.newest.is_none() {
            for name in self.names.values_mut().filter(|name| name.until == WAITS) {
                name.dead = Some(at.millis());
                name.until = at.millis();
            }
        }
        self.newest = self.newest.max(Some(at.millis()));
    }

    /// Whether a recount takes a post of that time for late.
    pub(super) fn is_late(&self, at: Timestamp) -> bool {
        self.newest.is_some_and(|newest| at.millis() <= newest - self.window_ms)
    }

    /// Writes a message that was counted at `now`, with what became of it. All but posts and deletions
    /// write nothing.
    pub(super) fn write(
        &mut self,
        now: Option<Timestamp>,
        message: &Message,
        fate: &Fate,
        lines: &mut Lines,
    ) {
        match message {
            Message::Post(post) => self.post(now, post, fate, lines),
            Message::Deletion(deletion) => self.deletion(now, deletion, fate, lines),
            _ => {}
        }
        if self.names.len() > self.crowded {
            self.tidy();
        }
    }

    fn post(&mut self, now: Option<Timestamp>, post: &Post, fate: &Fate, lines: &mut Lines) {
        let Post { id, author, at, side, ref tags, .. } = *post;
        let named = match fate {
            Fate::Counted => {
                self.see(at);
                id.map(|id| (id, self.count(id, at)))
            }
            Fate::Duplicate | Fate::Both => {
                self.see(at);
                id.map(|id| (id, self.generation(id)))
            }
            Fate::Late if self.is_late(at) => id.map(|id| (id, self.generation(id))),
            Fate::Dead => {
                let newest = self.newest.max(Some(at.millis()));
                let names = [id, post.alias].into_iter().flatten();
                let mut dead = names.filter(|id| self.is_dead(*id, newest));
                let Some(id) = dead.next() else { return nothing(at, lines) };
                self.see(at);
                Some((id, self.generation(id)))
            }
            Fate::Edited(counted) => return self.edited(now, post, *counted, lines),
            Fate::Late | Fate::Closed | Fate::Other | Fate::TakenBack(_) => {
                return nothing(at, lines);
            }
        };
        self.line(at, named, author, side, tags, lines);
    }

    fn edited(&mut self, now: Option<Timestamp>, post: &Post, counted: Counted, lines: &mut Lines) {
        let Counted { id, author, at } = counted;
        let Post { side, ref tags, .. } = *post;
        self.delete(id, now.or(Some(at)), lines);
        match side {
            Side::None => nothing(post.at, lines),
            Side::Both => {
                self.see(post.at);
                self.line(post.at, None, author, side, tags, lines);
            }
            // It keeps its place in time.
            Side::Team(_) => {
                let generation = self.count(id, at);
                self.line(at, Some((id, generation)), author, side, tags, lines);
            }
        }
    }

    fn deletion(
        &mut self,
        now: Option<Timestamp>,
        deletion: &Deletion,
        fate: &Fate,
        lines: &mut Lines,
    ) {
        let before = lines.count;
        let at = deletion.at.or(now);
        let hits: &[PostId] = if let Fate::TakenBack(hits) = fate { hits } else { &[] };
        for &id in hits {
            self.delete(id, at, lines);
        }
        // A counted post may be called otherwise by its deletion.
        if hits.len() < deletion.posts.len() {
            for &id in deletion.posts.iter().filter(|id| !hits.contains(id)) {
                // What the show has let go of, or what somebody else deletes, must not be taken back.
                let name = self.names.get(&id).copied().unwrap_or_default();
                if name.counted.is_none_or(|at| self.has_left(at, self.newest)) {
                    self.delete(id, at, lines);
                }
            }
        }
        if lines.count == before {
            nothing(at.unwrap_or(EPOCH), lines);
        }
    }

    fn delete(&mut self, id: PostId, at: Option<Timestamp>, lines: &mut Lines) {
        let ms = at.map_or(WAITS, Timestamp::millis);
        let name = self.names.entry(id).or_default();
        name.counted = None;
        name.dead = name.dead.max(Some(ms));
        name.until = name.until.max(ms);
        let generation = name.generation;
        lines.text.push('{');
        if let Some(at) = at {
            let _infallible = write!(lines.text, "\"at\":\"{at}\",");
        }
        lines.text.push_str("\"delete\":");
        push_name(id, generation, lines);
        lines.text.push('}');
        lines.end();
    }

    /// The generation of a name under which a recount will count a post.
    fn count(&mut self, id: PostId, at: Timestamp) -> u32 {
        let newest = self.newest;
        let is_dead = self.is_dead(id, newest);
        let name = self.names.get(&id).copied().unwrap_or_default();
        let is_known = name.counted.is_some_and(|at| !self.has_left(at, newest));
        self.names.insert(
            id,
            Name {
                generation: name.generation + u32::from(is_dead || is_known),
                counted: Some(at.millis()),
                dead: None,
                until: name.until.max(at.millis()),
            },
        );
        self.generation(id)
    }

    fn generation(&self, id: PostId) -> u32 {
        self.names.get(&id).map_or(0, |name| name.generation)
    }

    /// Whether a recount remembers that a post is deleted, when the newest time is `newest`.
    fn is_dead(&self, id: PostId, newest: Option<i64>) -> bool {
        let horizon = newest.map_or(i64::MIN, |newest| newest - self.window_ms);
        self.names.get(&id).and_then(|name| name.dead).is_some_and(|at| at >= horizon)
    }

    fn has_left(&self, at: i64, newest: Option<i64>) -> bool {
        newest.is_some_and(|newest| at <= newest - self.window_ms)
    }

    fn line(
        &self,
        at: Timestamp,
        named: Option<(PostId, u32)>,
        author: Option<AuthorId>,
        side: Side,
        tags: &Tags,
        lines: &mut Lines,
    ) {
        let _infallible = write!(lines.text, "{{\"at\":\"{at}\",");
        if let Some((id, generation)) = named {
            lines.text.push_str("\"id\":");
            push_name(id, generation, lines);
            lines.text.push(',');
        }
        if let Some(AuthorId(author)) = author {
            let _infallible = write!(lines.text, "\"author\":\"{author:016x}\",");
        }
        lines.text.push_str("\"hashtags\":[");
        let mut comma = "";
        // A hashtag of a contest holds nothing that JSON would escape.
        for hashtag in self.hashtags_of(side, tags) {
            let _infallible = write!(lines.text, "{comma}\"{hashtag}\"");
            comma = ",";
        }
        lines.text.push_str("]}");
        lines.end();
    }

    /// The hashtags of a post, or where they say otherwise than its side the first ones of its teams.
    fn hashtags_of(&self, side: Side, tags: &Tags) -> SmallVec<[&str; 8]> {
        let questions = &self.questions;
        let is_side = |question| questions.side(question, tags) == side;
        if side != Side::None && (0..questions.len()).any(is_side) {
            return tags.iter().filter_map(|tag| questions.hashtag(tag)).collect();
        }
        let pulls = |hashtag: &&str, team| {
            questions.first().hashtags().any(|(of, known)| of == team && known == *hashtag)
        };
        let of = |team: TeamId| {
            let mut known = tags.iter().filter_map(|tag| questions.hashtag(tag));
            let first = questions.first().teams().get(team.index())?.hashtags.first();
            known.find(|hashtag| pulls(hashtag, team)).or(first.map(String::as_str))
        };
        match side {
            Side::None => SmallVec::new(),
            Side::Team(team) => of(team).into_iter().collect(),
            Side::Both => [TeamId(0), TeamId(1)].into_iter().filter_map(of).collect(),
        }
    }

    /// Forgets what a recount has forgotten.
    fn tidy(&mut self) {
        let horizon = self.newest.map_or(i64::MIN, |newest| newest - self.window_ms);
        self.names.retain(|_, name| name.until >= horizon);
        if self.names.len() > MAX_NAMES {
            let mut times: Vec<i64> = self.names.values().map(|name| name.until).collect();
            let middle = times.len() / 2;
            let (_, &mut median, _) = times.select_nth_unstable(middle);
            self.names.retain(|_, name| name.until > median);
        }
        self.crowded = (2 * self.names.len()).clamp(FEW, MAX_NAMES);
    }
}

/// Deletions without a time before there is any have that of the first post.
const WAITS: i64 = i64::MAX;

const EPOCH: Timestamp = Timestamp::MIN;

/// A message that concerns no team, at a time that nobody looks at.
pub(super) fn nothing(at: Timestamp, lines: &mut Lines) {
    let _infallible = write!(lines.text, "{{\"at\":\"{at}\",\"hashtags\":[]}}");
    lines.end();
}

fn push_name(PostId(id): PostId, generation: u32, lines: &mut Lines) {
    let _infallible = match generation {
        0 => write!(lines.text, "\"{id:016x}\""),
        _ => write!(lines.text, "\"{id:016x}-{generation}\""),
    };
}

#[cfg(test)]
mod tests;
