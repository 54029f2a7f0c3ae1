//! hashtug from outside: the program and its parts with real files, sockets and processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod agreement;
mod blackout;
mod bounds;
mod browser;
mod cli;
mod config;
mod crash;
mod dark;
mod descriptors;
mod doctor;
mod driven;
mod evening_lights;
mod evenings;
mod hostile_text;
mod journal;
mod layers;
mod leds;
mod missed;
mod networks;
mod operate;
mod oracle;
mod packets;
mod parts;
mod pipeline;
mod record;
mod report;
mod secret;
mod server;
mod service;
mod snapshot;
mod sources;
mod stop;
mod support;
mod suspended;
mod timer;
mod verify;
mod visitors;
