//! Live sources against servers and networks that misbehave.

mod clocks;
mod instance;
mod jetstream;
mod mastodon;
mod nostr;
mod questions;
mod restart;
mod service;
mod unreadable;
mod x;
