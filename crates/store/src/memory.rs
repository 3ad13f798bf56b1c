//! A directory in memory: for a bundle that is verified without unpacking it, and for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::vfs::{OpenMode, Vfs, VfsFile};

/// Files in memory as a [`Vfs`]. Clones share the files.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    tree: Arc<Mutex<Tree>>,
}

#[derive(Debug, Default)]
struct Tree {
    files: BTreeMap<String, Content>,
    dirs: BTreeSet<String>,
    locked: BTreeSet<String>,
}

type Content = Arc<Mutex<Vec<u8>>>;

/// A panic elsewhere leaves plain bytes behind, so a poisoned mutex is taken over.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// An empty directory.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Puts a file in place, together with the directories above it.
    pub fn insert(&self, path: &str, bytes: Vec<u8>) {
        let mut tree = hold(&self.tree);
        for (end, _) in path.match_indices('/') {
            tree.dirs.insert(path[..end].to_owned());
        }
        tree.files.insert(path.to_owned(), Arc::new(Mutex::new(bytes)));
    }

    /// Every file's path and a copy of its content, by path.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let tree = hold(&self.tree);
        tree.files.iter().map(|(path, content)| (path.clone(), hold(content).clone())).collect()
    }
}

impl Vfs for Memory {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        if !path.is_empty() {
            hold(&self.tree).dirs.insert(path.to_owned());
        }
        Ok(())
    }

    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>> {
        let mut tree = hold(&self.tree);
        let content = match mode {
            OpenMode::Read | OpenMode::Write => tree.files.get(path).ok_or(io::ErrorKind::NotFound)?.clone(),
            OpenMode::Create => {
                let content = tree.files.entry(path.to_owned()).or_default().clone();
                hold(&content).clear();
                content
            }
        };
        Ok(Box::new(MemoryFile { content, lock: None }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut tree = hold(&self.tree);
        let content = tree.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        tree.files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        hold(&self.tree).files.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let tree = hold(&self.tree);
        if !path.is_empty() && !tree.dirs.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let child = |full: &String| {
            let name = if path.is_empty() { full } else { full.strip_prefix(path)?.strip_prefix('/')? };
            (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
        };
        Ok(tree.files.keys().chain(&tree.dirs).filter_map(child).collect())
    }

    fn sync_dir(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>> {
        let mut tree = hold(&self.tree);
        if !tree.locked.insert(path.to_owned()) {
            return Ok(None);
        }
        let content = tree.files.entry(path.to_owned()).or_default().clone();
        let lock = Some((self.clone(), path.to_owned()));
        Ok(Some(Box::new(MemoryFile { content, lock })))
    }
}

struct MemoryFile {
    content: Content,
    lock: Option<(Memory, String)>,
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        if let Some((memory, path)) = &self.lock {
            hold(&memory.tree).locked.remove(path);
        }
    }
}

impl VfsFile for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let content = hold(&self.content);
        let rest = usize::try_from(offset).ok().and_then(|offset| content.get(offset..)).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut content = hold(&self.content);
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let end = start.checked_add(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        if content.len() < end {
            content.resize(end, 0);
        }
        content[start..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
        hold(&self.content).resize(len, 0);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(hold(&self.content).len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
