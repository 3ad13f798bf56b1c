//! The directory of a real file system.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::vfs::{OpenMode, Vfs, VfsFile};

/// A directory on disk as a [`Vfs`].
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
    way_from: Option<PathBuf>,
}

impl Directory {
    /// The directory `root`; nothing is touched yet.
    pub fn new(root: impl Into<PathBuf>) -> Directory {
        Directory { root: root.into(), way_from: None }
    }

    /// Makes the names from `ancestor` down to the root durable too, whenever the root is created: for a root whose
    /// parents were made a moment ago, without waiting for the disk.
    #[must_use]
    pub fn way_from(mut self, ancestor: impl Into<PathBuf>) -> Directory {
        self.way_from = Some(ancestor.into());
        self
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.root
    }

    fn resolve(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }
}

impl Vfs for Directory {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        let path = self.resolve(path);
        let absent: Vec<_> =
            path.ancestors().take_while(|dir| !dir.as_os_str().is_empty() && !dir.exists()).collect();
        fs::create_dir_all(&path)?;
        // The caller syncs what stands in the root; the way to the root is nobody else's. One that is there already
        // may have been made a moment ago.
        let root = (path == self.root && absent.is_empty()).then_some(path.as_path());
        let above = absent.iter().copied().filter(|dir| !dir.starts_with(&self.root) || *dir == self.root);
        let way = self.way_from.iter().filter(|_| path == self.root).flat_map(|from| {
            path.ancestors().skip(1).take_while(move |dir| dir.starts_with(from) && dir != from)
        });
        for dir in above.chain(root).chain(way) {
            let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(())
    }

    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>> {
        let mut options = File::options();
        match mode {
            OpenMode::Read => options.read(true),
            OpenMode::Write => options.read(true).write(true),
            OpenMode::Create => options.read(true).write(true).create(true).truncate(true),
        };
        Ok(Box::new(DiskFile(options.open(self.resolve(path))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.resolve(from), self.resolve(to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.resolve(path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.resolve(path))? {
            // No file of a store has a name that is not UTF-8.
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        File::open(self.resolve(path))?.sync_all()
    }

    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>> {
        let path = self.resolve(path);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(Locked(DiskFile(file))))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

struct DiskFile(File);

impl VfsFile for DiskFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// A file whose lock ends with this value. Closing it is not enough: a child that another thread is starting holds the
/// same open file until it runs its own program, and the lock with it.
struct Locked(DiskFile);

impl Drop for Locked {
    fn drop(&mut self) {
        // One that fails leaves what closing does.
        let _ = self.0.0.unlock();
    }
}

impl VfsFile for Locked {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}
