//! What is visible, what is durable, and the changes between the two.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Files and names, each in its visible state and with the changes that no sync has made durable.
#[derive(Clone, Debug, Default)]
pub(super) struct Platter {
    pub(super) files: Vec<File>,
    pub(super) names: Names,
    pub(super) durable_names: Names,
    pub(super) unsynced_names: Vec<NameChange>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) visible: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) unsynced: Vec<ContentChange>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) files: BTreeMap<String, usize>,
    pub(super) dirs: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub(super) enum ContentChange {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

#[derive(Clone, Debug)]
pub(super) enum NameChange {
    Directory(String),
    Create { path: String, file: usize },
    Rename { from: String, to: String, file: usize },
    Remove(String),
}

/// The directory that a path stands in.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

impl NameChange {
    /// Whether a sync of `dir` makes the change durable. A rename between directories is one change: either sync
    /// takes all of it.
    fn is_in(&self, dir: &str) -> bool {
        match self {
            NameChange::Directory(path) | NameChange::Create { path, .. } | NameChange::Remove(path) => {
                parent(path) == dir
            }
            NameChange::Rename { from, to, .. } => parent(from) == dir || parent(to) == dir,
        }
    }
}

impl Names {
    pub(super) fn apply(&mut self, change: &NameChange) {
        match change {
            NameChange::Directory(path) => {
                self.dirs.insert(path.clone());
            }
            NameChange::Create { path, file } => {
                self.files.insert(path.clone(), *file);
            }
            NameChange::Rename { from, to, file } => {
                self.files.remove(from);
                self.files.insert(to.clone(), *file);
            }
            NameChange::Remove(path) => {
                self.files.remove(path);
            }
        }
    }
}

impl ContentChange {
    pub(super) fn apply(&self, content: &mut Vec<u8>) {
        match self {
            ContentChange::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(bytes);
            }
            ContentChange::SetLen(len) => content.resize(*len, 0),
        }
    }
}

impl Platter {
    pub(super) fn find(&self, path: &str) -> Option<usize> {
        self.names.files.get(path).copied()
    }

    pub(super) fn check_parent(&self, path: &str) -> io::Result<()> {
        let dir = parent(path);
        if dir.is_empty() || self.names.dirs.contains(dir) {
            Ok(())
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    pub(super) fn create(&mut self, path: &str) -> io::Result<usize> {
        self.check_parent(path)?;
        let file = self.files.len();
        self.files.push(File::default());
        self.change(NameChange::Create { path: path.to_owned(), file });
        Ok(file)
    }

    pub(super) fn change(&mut self, change: NameChange) {
        self.names.apply(&change);
        self.unsynced_names.push(change);
    }

    pub(super) fn sync_dir(&mut self, dir: &str) {
        let (durable, rest) =
            std::mem::take(&mut self.unsynced_names).into_iter().partition(|change| change.is_in(dir));
        self.unsynced_names = rest;
        let durable: Vec<NameChange> = durable;
        durable.iter().for_each(|change| self.durable_names.apply(change));
    }

    pub(super) fn list(&self, path: &str) -> io::Result<Vec<String>> {
        if !path.is_empty() && !self.names.dirs.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let names = self.names.files.keys().chain(&self.names.dirs).filter(|name| parent(name) == path);
        Ok(names.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect())
    }

    pub(super) fn content(&self, file: usize) -> &[u8] {
        &self.files[file].visible
    }

    pub(super) fn write(&mut self, file: usize, offset: u64, bytes: &[u8]) {
        self.change_content(file, ContentChange::Write { offset: offset as usize, bytes: bytes.to_vec() });
    }

    pub(super) fn set_len(&mut self, file: usize, len: usize) {
        self.change_content(file, ContentChange::SetLen(len));
    }

    fn change_content(&mut self, file: usize, change: ContentChange) {
        let file = &mut self.files[file];
        change.apply(&mut file.visible);
        file.unsynced.push(change);
    }

    pub(super) fn sync(&mut self, file: usize) {
        let file = &mut self.files[file];
        for change in std::mem::take(&mut file.unsynced) {
            change.apply(&mut file.durable);
        }
    }

    /// What a failed sync does: the content stays in sight and counts as written.
    pub(super) fn forget_unsynced(&mut self, file: usize) {
        self.files[file].unsynced.clear();
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.names.files.values().map(|file| self.files[*file].visible.len() as u64).sum()
    }

    pub(super) fn flip(&mut self, path: &str, offset: u64, mask: u8) -> bool {
        let Some(file) = self.find(path) else { return false };
        let File { visible, durable, .. } = &mut self.files[file];
        let mut found = false;
        for content in [visible, durable] {
            if let Some(byte) = content.get_mut(offset as usize) {
                *byte ^= mask;
                found = true;
            }
        }
        found
    }

    pub(super) fn files(&self) -> Vec<(String, Vec<u8>)> {
        self.names
            .files
            .iter()
            .map(|(path, file)| (path.clone(), self.files[*file].visible.clone()))
            .collect()
    }
}
