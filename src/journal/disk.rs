//! What a journal asks of a disk, so that tests can put one in its place that fails or loses power.
//!
//! Nothing here decides anything. What was written is safe from a crash of the program, and what was
//! synced from one of the machine; a name in a folder is safe when the folder was synced.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A disk.
pub(super) trait Disk: Clone + Send + 'static {
    /// An open file that is written at its end.
    type Handle: Handle;
    /// Nobody else has the lock while it lives.
    type Lock: Send;

    /// Makes a file, which must not exist, for the eyes of its owner alone.
    fn create(&self, path: &Path) -> io::Result<Self::Handle>;

    /// Opens a file that is there.
    fn open(&self, path: &Path) -> io::Result<Self::Handle>;

    /// Reads a file from its beginning.
    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>>;

    /// Gives a file another name. What had that name is gone.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in the folder of a file safe.
    fn sync_folder_of(&self, path: &Path) -> io::Result<()>;

    /// Whether there is a file of this name.
    fn exists(&self, path: &Path) -> bool;

    /// Whether an open file still has this name, as far as can be known.
    fn is_at(&self, _handle: &Self::Handle, _path: &Path) -> bool {
        true
    }

    /// The names in the folder of a file.
    fn beside(&self, path: &Path) -> Vec<PathBuf>;

    /// Takes the lock of this name; `Err` with the process that has it, as far as that is known.
    fn lock(&self, path: &Path) -> io::Result<Result<Self::Lock, Option<u32>>>;
}

/// An open file that is written at its end.
pub(super) trait Handle: Send {
    /// Writes some of the bytes, and says how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Makes safe what was written.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to this length. What is written next stands there.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// How long the file is.
    fn length(&self) -> io::Result<u64>;

    /// Writes all of the bytes.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[write_some(self, rest)?..];
        }
        Ok(())
    }
}

/// Writes at least one byte.
pub(super) fn write_some(file: &mut (impl Handle + ?Sized), bytes: &[u8]) -> io::Result<usize> {
    loop {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The disk of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    type Handle = File;
    type Lock = Locked;

    fn create(&self, path: &Path) -> io::Result<File> {
        private().create_new(true).open(path)
    }

    fn open(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).open(path)
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        Ok(Box::new(file))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Only Unix has folders that can be synced; elsewhere names are safe by themselves.
    fn sync_folder_of(&self, path: &Path) -> io::Result<()> {
        if cfg!(unix) { File::open(folder_of(path))?.sync_all() } else { Ok(()) }
    }

    fn exists(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    fn is_at(&self, handle: &File, path: &Path) -> bool {
        is_at(handle, path)
    }

    fn beside(&self, path: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder_of(path)).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    }

    fn lock(&self, path: &Path) -> io::Result<Result<Locked, Option<u32>>> {
        loop {
            let mut file = private().create(true).truncate(false).read(true).open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut process = String::new();
                    let _unknown = file.read_to_string(&mut process);
                    return Ok(Err(process.trim().parse().ok()));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Whoever had it may have removed it in between: then this is a lock on nothing.
            if !is_at(&file, path) {
                continue;
            }
            file.set_len(0)?;
            writeln!(file, "{}", std::process::id())?;
            return Ok(Ok(Locked { path: path.to_owned(), _file: file }));
        }
    }
}

/// A locked file, which is gone with its lock.
#[derive(Debug)]
pub(super) struct Locked {
    path: PathBuf,
    _file: File,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // While it is locked, so that it is nobody else's.
        let _stays = fs::remove_file(&self.path);
    }
}

impl Handle for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length)).map(drop)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

/// For the eyes of the owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Whether a path still leads to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(file), Ok(path)) => place(file) == place(path),
        _ => false,
    }
}

/// Whether a path still leads to this file: what is open is not removed here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
