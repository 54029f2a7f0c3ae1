//! How many files and connections the program may have open at once, and how many of them are left for
//! visitors.
//!
//! Systems count both as open files (descriptors), and limit them: usually to 1,024, which a program may
//! raise to a harder limit. A hall of phones fills any limit, and then no source could connect again and
//! no output could open its device. So visitors get only what all others do not need.

use tracing::warn;

/// What the parts of a show open beside its visitors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// Where posts come from.
    pub(crate) sources: usize,
    /// Connections that those keep at once.
    pub(crate) links: usize,
    /// Lights.
    pub(crate) outputs: usize,
    /// A recording is written.
    pub(crate) is_recorded: bool,
}

/// Standard streams, the runtime, the listener, the service manager, look-ups of names, files of pages
/// and certificates that are read.
const PROGRAM: usize = 24;

/// A file, a look-up, or what asks beside its connections.
const SOURCE: usize = 3;

/// A connection, of which two addresses are tried at once.
const LINK: usize = 2;

/// A socket or a device, and the next one while that is opened anew.
const OUTPUT: usize = 2;

/// A file, its folder, and what stands beside it.
const RECORDING: usize = 3;

/// Visitors get no fewer places than this, however little is left: whoever looks at the show wants to see
/// what is wrong.
const FEWEST: u64 = 8;

/// Where raising to the hard limit itself is refused: macOS lets no program have more than this
/// (`OPEN_MAX`), and calls its hard limit infinite.
#[cfg(unix)]
const OPEN_MAX: u64 = 10_240;

/// Raises the limit as far as may be, and says how many visitors there is room for.
pub(crate) fn places(needs: &Needs) -> u32 {
    let places = left(limit(), needs);
    let wanted = crate::server::PLACES;
    if places < wanted {
        warn!(
            places,
            hint = "raise it with `ulimit -n 65536`, or as a service with `LimitNOFILE=65536`",
            "the limit of open files leaves room for fewer viewers than the {wanted} of a large hall"
        );
    }
    places
}

/// What a limit leaves to visitors.
fn left(limit: Option<u64>, needs: &Needs) -> u32 {
    let Needs { sources, links, outputs, is_recorded } = *needs;
    let recording = if is_recorded { RECORDING } else { 0 };
    let others = PROGRAM + sources * SOURCE + links * LINK + outputs * OUTPUT + recording;
    let others = u64::try_from(others).unwrap_or(u64::MAX);
    let left = limit.unwrap_or(u64::MAX).saturating_sub(others).max(FEWEST);
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// The limit, raised as far as the system lets it be; `None` where there is none.
#[cfg(unix)]
fn limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let hard = maximum.unwrap_or(u64::MAX);
    let soft = current.unwrap_or(u64::MAX);
    if soft >= hard {
        return current;
    }
    let raise =
        |current| setrlimit(Resource::Nofile, Rlimit { current, maximum }).map(|()| current);
    let lower = Some(hard.min(OPEN_MAX).max(soft));
    raise(maximum).or_else(|_| raise(lower)).unwrap_or_else(|error| {
        // A sandbox may forbid it. The show goes on with what there is.
        warn!(%error, "the limit of open files cannot be raised, and stays at {soft}");
        current
    })
}

/// The same. Windows counts no sockets.
#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors_get_what_the_parts_of_the_show_leave() {
        let one_each = Needs { sources: 1, links: 1, outputs: 1, is_recorded: true };
        assert_eq!(left(None, &one_each), u32::MAX);
        assert_eq!(left(Some(65_536), &one_each), 65_502);
        assert_eq!(left(Some(1024), &one_each), 990);
        assert_eq!(left(Some(64), &one_each), 30);
        let many = Needs { sources: 3, links: 48, outputs: 20, is_recorded: true };
        assert_eq!(left(Some(1024), &many), 852);
        assert_eq!(left(Some(64), &many), 8, "a few places are left whatever the config needs");
    }
}
