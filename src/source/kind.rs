//! What the rest of the program asks of a kind of source, and how kinds are registered.
//!
//! A kind is the type of its settings with the trait [`Source`], all in the kind's own file or folder:
//! `config`, `check`, `doctor`, `record` and `run` ask the trait, and name no kind. The table of kinds
//! is in [`super`], a line each; the enum is made of it, so that settings are plain data that can be
//! cloned and compared, and what is async is a plain async function.

use std::time::Duration;

use crate::decode::Feed;
use crate::finding::Finding;
use crate::keys::table::Table;
use crate::questions::Questions;
use crate::recording;

use super::SourceContext;
use super::probe::ProbeContext;
use super::secret::{Missing, Variable};

/// A kind of source: the settings of one `[[source]]` of that kind.
pub(crate) trait Source: Sized {
    /// The kind's name in the config, in snapshots and in recordings.
    const KIND: &'static str;

    /// Reads the keys of the kind. What is wrong with them is recorded as problems of the table;
    /// `None` if there can be no such source then. Without sound questions there is none to refer to.
    fn read(table: &Table<'_>, questions: Option<&Questions>) -> Option<Self>;

    /// Whether its posts are of this moment, so that the show goes by a clock.
    fn is_live(&self) -> bool;

    /// How many connections it keeps at once.
    fn links(&self, _: &Questions) -> usize {
        1
    }

    /// How long it takes from one look at the network to the next: zero where posts come by
    /// themselves, or from a recording.
    fn cycle(&self, _: &Questions) -> Duration {
        Duration::ZERO
    }

    /// Whether what it brings tells the time of an evening and leads it: a recording with commands.
    fn leads(&self, _: &Questions) -> bool {
        false
    }

    /// The environment variables that must be set before it can run.
    fn variables(&self) -> Vec<&Variable>;

    /// What of them is missing, or cannot be what it should be.
    fn missing(&self) -> Vec<Missing> {
        self.variables().into_iter().filter_map(|variable| variable.read().err()).collect()
    }

    /// The feed that its messages are of, if a reader of them needs no config: they can be recorded as
    /// they come over the wire.
    fn feed(&self) -> Option<Feed>;

    /// What it does and where, on one line.
    fn describe(&self) -> String;

    /// Whether the file that it reads is there. Nothing is connected.
    fn check_file(&self) -> Result<(), recording::Error> {
        Ok(())
    }

    /// Tries what it needs, step by step, and changes nothing anywhere.
    async fn probe(&self, context: &ProbeContext) -> Vec<Finding>;

    /// Runs until it ends or is stopped. `name` is that of the source.
    async fn run(self, name: &str, context: SourceContext);
}

/// How the keys of a kind are read.
pub(super) type Reader = fn(&Table<'_>, Option<&Questions>) -> Option<super::Kind>;

/// Makes the enum `Kind` and the table `KINDS`, and hands each question on to the kind's own answer.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident($settings:ty),)*) => {
        /// The kinds of source, each with its keys.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Kind { $($(#[doc = $doc])* $kind($settings),)* }

        /// The kinds by their names in the config.
        const KINDS: &[(&str, kind::Reader)] = &[$((
            <$settings as Source>::KIND,
            |table, questions| <$settings as Source>::read(table, questions).map(Kind::$kind),
        ),)*];

        impl Kind {
            /// As in the config and in snapshots.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Kind::$kind(_) => <$settings as Source>::KIND,)* }
            }

            /// Whether its posts are of this moment, so that the show goes by a clock.
            #[must_use]
            pub fn is_live(&self) -> bool {
                match self { $(Kind::$kind(source) => source.is_live(),)* }
            }

            /// How many connections it keeps at once.
            #[must_use]
            pub fn links(&self, questions: &Questions) -> usize {
                match self { $(Kind::$kind(source) => source.links(questions),)* }
            }

            /// Whether what it brings tells the time of an evening and leads it.
            #[must_use]
            pub fn leads(&self, questions: &Questions) -> bool {
                match self { $(Kind::$kind(source) => source.leads(questions),)* }
            }

            /// How long it takes from one look at the network to the next.
            #[must_use]
            pub fn cycle(&self, questions: &Questions) -> Duration {
                match self { $(Kind::$kind(source) => source.cycle(questions),)* }
            }

            /// What is missing in the environment before it can run.
            #[must_use]
            pub fn missing(&self) -> Vec<Missing> {
                match self { $(Kind::$kind(source) => source.missing(),)* }
            }

            /// The feed that its messages are of, if a reader of them needs no config.
            #[must_use]
            pub fn feed(&self) -> Option<Feed> {
                match self { $(Kind::$kind(source) => source.feed(),)* }
            }

            /// What it does and where, on one line.
            #[must_use]
            pub fn describe(&self) -> String {
                match self { $(Kind::$kind(source) => source.describe(),)* }
            }

            /// Whether the file that it reads is there.
            ///
            /// # Errors
            /// Why the file cannot be read.
            pub fn check_file(&self) -> Result<(), recording::Error> {
                match self { $(Kind::$kind(source) => source.check_file(),)* }
            }

            async fn probe(&self, context: &ProbeContext) -> Vec<Finding> {
                match self { $(Kind::$kind(source) => source.probe(context).await,)* }
            }

            async fn run(self, name: &str, context: SourceContext) {
                match self { $(Kind::$kind(source) => source.run(name, context).await,)* }
            }
        }
    };
}
pub(super) use kinds;
