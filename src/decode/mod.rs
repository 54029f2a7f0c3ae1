//! Bytes to events: which posts name a team, in the shapes of the networks.
//!
//! Pure: no clock, no files, no sockets, and nothing here can fail; what cannot be read is an
//! event that says so. A message is refused by a scan of its bytes (`prefilter`) before any JSON
//! is read if no team's hashtag can occur in it and it changes no post, and what is counted does
//! not depend on whether the scan was there.
//!
//! [`Decoder`] takes the lines of a recording and the messages of a connection. All that is known of
//! a network is in its own file in [`networks`]; services that are not among them are read by
//! [`documents`], as the config says.

mod boundary;
mod decoder;
pub mod documents;
mod draft;
pub mod html;
pub mod json;
pub(crate) mod loose;
pub mod mapped;
mod matcher;
mod network;
pub mod networks;
pub mod numbers;
mod optional;
mod page;
pub mod pointer;
mod prefilter;
pub(crate) mod verdict;

pub use decoder::Decoder;
pub use documents::Shape;
pub use networks::Feed;
pub(crate) use page::split;

#[cfg(test)]
mod tests;
