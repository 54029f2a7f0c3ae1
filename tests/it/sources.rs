//! Live sources against servers and networks that misbehave.

mod jetstream;
mod service;
