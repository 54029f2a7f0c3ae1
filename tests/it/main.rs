//! hashtug from outside: the program and its parts with real files, sockets and processes.

mod cli;
mod config;
mod oracle;
mod pipeline;
mod server;
mod stop;
mod support;
