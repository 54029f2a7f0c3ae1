//! A disk in memory that fails, is slow or loses power at any chosen operation.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::disk::{Disk, Handle};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// This many operations from there on fail, and do nothing.
    Fail(u64, io::ErrorKind),
    /// The write there takes one half, and the next this many fail.
    Short(u64),
    /// The sync there fails and throws away what was written, as some systems do.
    Forgets,
    /// The program ends before it.
    Crash,
    /// The program ends in the middle of it.
    CrashWithin,
}

/// What a machine finds when it is switched on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Only the program had ended.
    Program,
    /// Of what was not synced nothing.
    Nothing,
    /// Of what was not synced some, and some zeros behind it.
    Some,
    /// Of what was not synced in files all, and the names of files as they were.
    Content,
    /// The names of files, and nothing else.
    Names,
}

#[derive(Clone, Default)]
struct Inode {
    content: Vec<u8>,
    safe: Vec<u8>,
}

#[derive(Clone, Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
    locks: BTreeSet<PathBuf>,
    operations: u64,
    fault: Option<(u64, Fault)>,
    is_down: bool,
    /// Nothing is written while it is held.
    is_held: bool,
}

/// The disk.
#[derive(Clone, Default)]
pub(super) struct SimulatedDisk {
    state: Arc<(Mutex<State>, Condvar)>,
}

pub(super) struct SimulatedHandle {
    disk: SimulatedDisk,
    inode: usize,
    position: usize,
}

pub(super) struct SimulatedLock {
    disk: SimulatedDisk,
    path: PathBuf,
}

/// What became of an operation before it was begun.
enum Go {
    /// It is to be done.
    Whole,
    /// Half of it is.
    Half,
    /// All since the last sync is to be forgotten.
    Forget,
}

impl SimulatedDisk {
    /// A disk on which this goes wrong at operation `at`.
    pub(super) fn plan(&self, at: u64, fault: Fault) {
        self.lock_state().fault = Some((at, fault));
    }

    /// Operations so far.
    pub(super) fn operations(&self) -> u64 {
        self.lock_state().operations
    }

    /// Whether the program has ended.
    pub(super) fn is_down(&self) -> bool {
        self.lock_state().is_down
    }

    /// Holds whoever writes, or lets them go on.
    pub(super) fn hold(&self, is_held: bool) {
        self.lock_state().is_held = is_held;
        self.state.1.notify_all();
    }

    /// What is found when the program begins again.
    pub(super) fn after(&self, after: After) -> SimulatedDisk {
        let mut state = self.lock_state().clone();
        state.fault = None;
        state.is_down = false;
        state.locks.clear();
        state.operations = 0;
        if matches!(after, After::Nothing | After::Some | After::Content) {
            state.names.clone_from(&state.safe_names);
        }
        for inode in &mut state.inodes {
            let Inode { content, safe } = inode;
            let common = content.iter().zip(&*safe).take_while(|(one, other)| one == other).count();
            match after {
                After::Program | After::Content => {}
                After::Nothing | After::Names => content.clone_from(safe),
                After::Some => {
                    let half = common + (content.len() - common) / 2;
                    let zeros = (content.len() - half) / 2;
                    content.truncate(half);
                    content.extend(std::iter::repeat_n(0, zeros));
                }
            }
            safe.clone_from(content);
        }
        state.safe_names.clone_from(&state.names);
        SimulatedDisk { state: Arc::new((Mutex::new(state), Condvar::new())) }
    }

    /// All files, by their names.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.lock_state();
        let file = |(name, inode): (&PathBuf, &usize)| {
            (name.clone(), state.inodes[*inode].content.clone())
        };
        state.names.iter().map(file).collect()
    }

    /// Puts a file there, safely.
    pub(super) fn put(&self, path: &Path, content: &[u8]) {
        let mut state = self.lock_state();
        let inode = state.inodes.len();
        state.inodes.push(Inode { content: content.to_vec(), safe: content.to_vec() });
        state.names.insert(path.to_owned(), inode);
        state.safe_names.insert(path.to_owned(), inode);
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }

    /// Counts an operation, and lets go wrong what is to.
    fn operation(&self) -> io::Result<(MutexGuard<'_, State>, Go)> {
        let mut state = self.lock_state();
        while state.is_held {
            state = self.state.1.wait(state).unwrap();
        }
        if state.is_down {
            return Err(io::Error::other("the power is off"));
        }
        let number = state.operations;
        state.operations += 1;
        let Some((at, fault)) = state.fault else { return Ok((state, Go::Whole)) };
        match fault {
            Fault::Fail(times, kind) if (at..at + times).contains(&number) => Err(kind.into()),
            Fault::Short(_) if number == at => Ok((state, Go::Half)),
            Fault::Short(times) if (at + 1..=at + times).contains(&number) => {
                Err(io::ErrorKind::StorageFull.into())
            }
            Fault::Forgets if number == at => Ok((state, Go::Forget)),
            Fault::Crash if number == at => {
                state.is_down = true;
                Err(io::Error::other("the power has gone"))
            }
            Fault::CrashWithin if number == at => {
                state.is_down = true;
                Ok((state, Go::Half))
            }
            _ => Ok((state, Go::Whole)),
        }
    }

    fn handle(&self, inode: usize) -> SimulatedHandle {
        SimulatedHandle { disk: self.clone(), inode, position: 0 }
    }
}

impl Disk for SimulatedDisk {
    type Handle = SimulatedHandle;
    type Lock = SimulatedLock;

    fn create(&self, path: &Path) -> io::Result<SimulatedHandle> {
        let (mut state, _) = self.operation()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.names.insert(path.to_owned(), inode);
        Ok(self.handle(inode))
    }

    fn open(&self, path: &Path) -> io::Result<SimulatedHandle> {
        let (state, _) = self.operation()?;
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(inode))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let (state, _) = self.operation()?;
        let inode = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(state.inodes[inode].content.clone())))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (mut state, _) = self.operation()?;
        let inode = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let (mut state, _) = self.operation()?;
        state.names.remove(path).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_folder_of(&self, _: &Path) -> io::Result<()> {
        let (mut state, _) = self.operation()?;
        if state.is_down {
            return Err(io::Error::other("the power has gone"));
        }
        state.safe_names = state.names.clone();
        Ok(())
    }

    fn exists(&self, path: &Path) -> bool {
        self.lock_state().names.contains_key(path)
    }

    fn beside(&self, _: &Path) -> Vec<PathBuf> {
        self.lock_state().names.keys().cloned().collect()
    }

    fn lock(&self, path: &Path) -> io::Result<Result<SimulatedLock, Option<u32>>> {
        let (mut state, _) = self.operation()?;
        Ok(if state.locks.insert(path.to_owned()) {
            Ok(SimulatedLock { disk: self.clone(), path: path.to_owned() })
        } else {
            Err(Some(7))
        })
    }
}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.disk.lock_state().locks.remove(&self.path);
    }
}

impl Handle for SimulatedHandle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut state, go) = self.disk.operation()?;
        let taken = match go {
            Go::Whole | Go::Forget => bytes.len(),
            Go::Half => bytes.len().div_ceil(2),
        };
        let is_down = state.is_down;
        let content = &mut state.inodes[self.inode].content;
        content.truncate(self.position);
        content.extend_from_slice(&bytes[..taken]);
        self.position += taken;
        if is_down { Err(io::Error::other("the power has gone")) } else { Ok(taken) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let (mut state, go) = self.disk.operation()?;
        let is_down = state.is_down;
        let inode = &mut state.inodes[self.inode];
        match go {
            Go::Half if is_down => {
                let half = inode.safe.len().midpoint(inode.content.len()).min(inode.content.len());
                inode.safe = inode.content[..half].to_vec();
            }
            Go::Whole | Go::Half => inode.safe.clone_from(&inode.content),
            Go::Forget => {
                inode.content.clone_from(&inode.safe);
                return Err(io::Error::other("the disk has forgotten"));
            }
        }
        if is_down { Err(io::Error::other("the power has gone")) } else { Ok(()) }
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let (mut state, _) = self.disk.operation()?;
        let length = usize::try_from(length).unwrap();
        state.inodes[self.inode].content.resize(length, 0);
        self.position = length;
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        let (state, _) = self.disk.operation()?;
        Ok(state.inodes[self.inode].content.len() as u64)
    }
}
