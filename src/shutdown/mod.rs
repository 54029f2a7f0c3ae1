//! Signals as wishes: Ctrl-C, the system's word to end, and a closed terminal are the one to end; Ctrl-Z is
//! the one to stand still for a while.
//!
//! What carries them differs between systems, a file each. Both have the same [`Signals`].

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Signals;
#[cfg(windows)]
pub use windows::Signals;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The end of the program.
    End,
    /// That it stands still until somebody lets it go on. Windows has no such wish.
    StandStill,
}
