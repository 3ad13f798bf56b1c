//! A disk whose calls somebody is told of.

use std::io;
use std::sync::Arc;

use store::{OpenMode, Vfs, VfsFile};

/// What is asked of a disk; the path is told beside it. Calls of open files come under the path they were opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A directory is created.
    CreateDir,
    /// A file is opened.
    Open(OpenMode),
    /// A file gets another name; told with its old one.
    Rename,
    /// A file is removed.
    Remove,
    /// The names in a directory.
    List,
    /// The names in a directory become durable.
    SyncDir,
    /// The lock is tried.
    Lock,
    /// At most so many bytes are read.
    Read(usize),
    /// At most so many bytes are written.
    Write(usize),
    /// A file is cut or extended.
    SetLen(u64),
    /// The length of a file.
    Len,
    /// A file becomes durable.
    Sync,
}

type Watch = dyn Fn(&str, Call) + Send + Sync;

/// Another disk, and who is told of each of its calls before it is carried out: to count, to wait, to panic. Disks that
/// fail are [`FaultyDisk`](super::FaultyDisk)s.
pub struct Watched {
    disk: Arc<dyn Vfs>,
    watch: Arc<Watch>,
}

struct WatchedFile {
    file: Box<dyn VfsFile>,
    path: String,
    watch: Arc<Watch>,
}

impl Watched {
    /// A disk whose calls `watch` is told of.
    pub fn new(disk: impl Vfs + 'static, watch: impl Fn(&str, Call) + Send + Sync + 'static) -> Watched {
        Watched { disk: Arc::new(disk), watch: Arc::new(watch) }
    }

    fn wrap(&self, path: &str, file: Box<dyn VfsFile>) -> Box<dyn VfsFile> {
        Box::new(WatchedFile { file, path: path.to_owned(), watch: Arc::clone(&self.watch) })
    }
}

impl Vfs for Watched {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        (self.watch)(path, Call::CreateDir);
        self.disk.create_dir(path)
    }

    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>> {
        (self.watch)(path, Call::Open(mode));
        Ok(self.wrap(path, self.disk.open(path, mode)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        (self.watch)(from, Call::Rename);
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        (self.watch)(path, Call::Remove);
        self.disk.remove(path)
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        (self.watch)(path, Call::List);
        self.disk.list(path)
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        (self.watch)(path, Call::SyncDir);
        self.disk.sync_dir(path)
    }

    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>> {
        (self.watch)(path, Call::Lock);
        Ok(self.disk.try_lock(path)?.map(|file| self.wrap(path, file)))
    }
}

impl WatchedFile {
    fn tell(&self, call: Call) {
        (self.watch)(&self.path, call);
    }
}

impl VfsFile for WatchedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.tell(Call::Read(buffer.len()));
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.tell(Call::Write(bytes.len()));
        self.file.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.tell(Call::SetLen(len));
        self.file.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.tell(Call::Len);
        self.file.len()
    }

    fn sync(&self) -> io::Result<()> {
        self.tell(Call::Sync);
        self.file.sync()
    }
}
