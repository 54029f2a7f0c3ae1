//! Tug-of-war by hashtag.
//!
//! Posts come in on the left, light goes out on the right; what people order comes in at a door of its
//! own. One direction, one owner of everything that happens, whole snapshots out:
//!
//! ```text
//! source ──bytes──▶ decode ──News──▶ show ──Snapshot──▶ render ──Frame──▶ device
//! (task each)      (pure)   bounded  (task,    watch:   (pure)            (one per LED output)
//! control ──Order──▶ answered ───────┘ owner)  newest └─Snapshot──▶ wire ──JSON──▶ viewer
//! ```
//!
//! The middle (`decode`, `tally`, `show`, `render`) is pure: no clock, no files, no sockets, no errors.
//! Time comes in as an argument. The edges (`source`, `control`, `output`, `server`) touch the world,
//! keep their errors to themselves, and never touch the count. ARCHITECTURE.md tells the rest.

pub mod app;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod contest;
pub mod control;
pub mod decode;
mod descriptors;
pub mod display_text;
pub mod evening;
pub mod event;
mod failpoint;
pub mod finding;
pub mod hashtag;
pub mod hint;
pub mod journal;
pub mod keyboard;
pub mod keys;
pub mod look_alike;
pub mod order;
pub mod output;
mod panics;
mod parts;
pub mod picture;
pub mod post;
pub mod questions;
pub mod recorder;
pub mod recording;
pub mod render;
pub mod report;
pub mod rgb;
pub mod round;
pub mod running;
pub mod screen;
pub mod server;
pub mod show;
pub mod shutdown;
pub mod snapshot;
pub mod source;
pub mod tally;
pub mod telemetry;
pub mod timer;
pub mod timestamp;
mod watchdog;
