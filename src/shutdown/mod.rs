//! Ctrl-C, the system's word to end, and a closed terminal: one wish, to end.
//!
//! What carries that wish differs between systems, a file each. Both have the same [`Signals`].

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Signals;
#[cfg(windows)]
pub use windows::Signals;
