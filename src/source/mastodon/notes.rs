//! What there is to say of a source that works: one note of each kind at a time, shown as one problem.

use std::collections::BTreeMap;

/// The kinds of notes, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    Feeds,
    Account,
    Way,
    Tags,
    Silence,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Notes {
    by_topic: BTreeMap<Topic, String>,
    /// What is shown is not what there is.
    is_changed: bool,
}

impl Notes {
    /// Sets the note on a topic; `None`: there is nothing to say about it any more.
    pub(super) fn set(&mut self, topic: Topic, note: Option<String>) {
        if self.by_topic.get(&topic) != note.as_ref() {
            self.is_changed = true;
            match note {
                Some(note) => drop(self.by_topic.insert(topic, note)),
                None => drop(self.by_topic.remove(&topic)),
            }
        }
    }

    pub(super) fn has(&self, topic: Topic) -> bool {
        self.by_topic.contains_key(&topic)
    }

    /// Something else was shown in their place.
    pub(super) fn show_again(&mut self) {
        self.is_changed = true;
    }

    /// All notes as one text, which may be empty, if that is not what is shown.
    pub(super) fn take_changed(&mut self) -> Option<String> {
        let notes: Vec<&str> = self.by_topic.values().map(String::as_str).collect();
        std::mem::take(&mut self.is_changed).then(|| notes.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_shown_together_and_only_when_they_change() {
        let mut notes = Notes::default();
        assert_eq!(notes.take_changed(), None);
        notes.set(Topic::Silence, Some("silent".to_owned()));
        notes.set(Topic::Feeds, Some("off".to_owned()));
        assert_eq!(notes.take_changed().as_deref(), Some("off; silent"));
        notes.set(Topic::Feeds, Some("off".to_owned()));
        notes.set(Topic::Way, None);
        assert_eq!(notes.take_changed(), None);
        notes.show_again();
        assert_eq!(notes.take_changed().as_deref(), Some("off; silent"));
        notes.set(Topic::Silence, None);
        notes.set(Topic::Feeds, None);
        assert_eq!(notes.take_changed().as_deref(), Some(""));
    }
}
