//! What a table was asked for: its keys, and the form of what may stand at each.
//!
//! The tables note it as they are read, the log keeps it, and `schema` makes a JSON Schema of it.

/// What may stand at a key, as far as that is told by how it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Form {
    /// A part looks at it by itself.
    Any,
    /// A key of other tables of this sort, which has no meaning here.
    Elsewhere,
    /// A text in quotes.
    Text,
    /// A text in quotes, or a list of them.
    Texts,
    /// One of these words.
    Choice(Vec<String>),
    /// `true` or `false`.
    Flag,
    /// A number within these bounds.
    Number(f64, f64),
    /// A whole number within these bounds.
    Whole(u32, u32),
    /// The table of this name.
    Section(&'static str),
    /// A list of tables of this name.
    Sections(&'static str),
}

/// What a table was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Notes {
    pub(crate) section: &'static str,
    /// Where its header begins.
    pub(crate) start: usize,
    pub(crate) kind: Option<String>,
    pub(crate) keys: Vec<(&'static str, Form)>,
}
