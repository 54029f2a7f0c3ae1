//! Hashtags: how they compare, and where a text has them.
//!
//! [`fold`] makes the key on which hashtags compare; [`fold_latin`] goes on to the key of a server
//! that drops the accents of Latin letters. [`extract`] finds the hashtags of a plain text by the
//! rules of the twitter-text standard; it is for messages without a structured list of hashtags.
//! Nothing here knows of teams, networks or markup. Any string is valid input, however hostile:
//! every function is linear in its length and none panics.

mod extract;
mod fold;
mod link;
#[cfg(test)]
mod tests;

pub use extract::{Extract, extract};
pub use fold::{fold, fold_into, fold_latin};
