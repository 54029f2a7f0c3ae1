//! Reads TOML generically: tables, values, durations, addresses, and what is wrong with them.
//!
//! Knows no key of any part: each part reads its own keys from a `table::Table`, beside its
//! settings. All problems of a file are gathered in one `log::Log`, each with its place, and keys
//! that nobody asked for are among them. Nothing outside of the file is looked at.

pub(crate) mod address;
pub(crate) mod duration;
pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod host;
pub(crate) mod log;
pub(crate) mod names;
pub(crate) mod problem;
pub(crate) mod schema;
pub(crate) mod syntax;
pub(crate) mod table;
pub(crate) mod value;

pub use duration::{DurationError, duration};
pub use problem::Report;
