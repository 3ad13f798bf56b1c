//! A disk whose power can be cut at any call, and what the next process then finds.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::{Memory, OpenMode, Vfs, VfsFile};

/// What a cut leaves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Survival {
    /// The process died alone: all that it wrote is there.
    Everything,
    /// What was synced, files by their content and names by their folder.
    Synced,
    /// Of what was not synced some sectors and some names, by a seed.
    Some(u64),
}

/// A disk in memory; clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Disk {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    calls: u64,
    cut: Option<u64>,
    lies_from: Option<u64>,
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    kept_names: BTreeMap<String, usize>,
    folders: BTreeSet<String>,
    is_locked: bool,
}

#[derive(Clone, Default)]
struct File {
    seen: Vec<u8>,
    kept: Vec<u8>,
}

const SECTOR: usize = 512;

impl Disk {
    /// A disk whose call with this number, and every later one, fails.
    pub fn cut_at(call: u64) -> Disk {
        let disk = Disk::default();
        disk.shared().cut = Some(call);
        disk
    }

    /// The same disk, whose syncs from the call with this number on report success and do nothing.
    pub fn lying_from(self, call: u64) -> Disk {
        self.shared().lies_from = Some(call);
        self
    }

    pub fn calls(&self) -> u64 {
        self.shared().calls
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> io::Result<MutexGuard<'_, Shared>> {
        let mut shared = self.shared();
        let call = shared.calls;
        shared.calls += 1;
        match shared.cut {
            Some(cut) if call >= cut => Err(io::Error::other("the power is off")),
            _ => Ok(shared),
        }
    }

    /// The disk that the next process finds.
    pub fn after(&self, survival: Survival) -> Memory {
        let shared = self.shared();
        let mut random = Random(if let Survival::Some(seed) = survival { seed } else { 0 });
        let mut names: BTreeMap<&String, usize> = BTreeMap::new();
        let paths: BTreeSet<&String> = shared.names.keys().chain(shared.kept_names.keys()).collect();
        for path in paths {
            let is_seen = match survival {
                Survival::Everything => true,
                Survival::Synced => false,
                Survival::Some(_) => random.coin(),
            };
            let file = if is_seen { shared.names.get(path) } else { shared.kept_names.get(path) };
            names.extend(file.map(|file| (path, *file)));
        }
        let disk = Memory::new();
        for (path, file) in names {
            let Some(file) = shared.files.get(file) else { continue };
            let content = match survival {
                Survival::Everything => file.seen.clone(),
                Survival::Synced => file.kept.clone(),
                Survival::Some(_) => file.some(&mut random),
            };
            disk.insert(path, content);
        }
        disk
    }
}

impl File {
    /// Each sector as it was seen or as it was synced.
    fn some(&self, random: &mut Random) -> Vec<u8> {
        let mut content = if random.coin() { self.seen.clone() } else { self.kept.clone() };
        for (number, sector) in content.chunks_mut(SECTOR).enumerate() {
            let from = if random.coin() { &self.seen } else { &self.kept };
            for (place, byte) in (number * SECTOR..).zip(sector) {
                // Beyond the end of what was synced stand zeros.
                *byte = from.get(place).copied().unwrap_or_default();
            }
        }
        content
    }
}

/// SplitMix64: enough for coins.
struct Random(u64);

impl Random {
    fn coin(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) & 1 == 1
    }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Vfs for Disk {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.enter()?.folders.insert(path.to_string());
        Ok(())
    }

    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>> {
        let mut shared = self.enter()?;
        let file = match (shared.names.get(path).copied(), mode) {
            (Some(file), OpenMode::Create) => {
                if let Some(file) = shared.files.get_mut(file) {
                    file.seen.clear();
                }
                file
            }
            (Some(file), _) => file,
            (None, OpenMode::Create) => shared.add(path),
            (None, _) => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(Box::new(Open { disk: self.clone(), file, holds: false }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut shared = self.enter()?;
        let file = shared.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        shared.names.insert(to.to_string(), file);
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.enter()?.names.remove(path).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let shared = self.enter()?;
        if !path.is_empty() && !shared.folders.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let all = shared.names.keys().chain(&shared.folders).filter(|name| !name.is_empty());
        Ok(all.filter(|name| folder(name) == path).map(|name| leaf(name).to_string()).collect())
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        let mut shared = self.enter()?;
        if shared.lies() {
            return Ok(());
        }
        shared.kept_names.retain(|name, _| folder(name) != path);
        let names: Vec<(String, usize)> = shared
            .names
            .iter()
            .filter(|(name, _)| folder(name) == path)
            .map(|(name, file)| (name.clone(), *file))
            .collect();
        shared.kept_names.extend(names);
        Ok(())
    }

    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>> {
        let mut shared = self.enter()?;
        if shared.is_locked {
            return Ok(None);
        }
        shared.is_locked = true;
        let known = shared.names.get(path).copied();
        let file = known.unwrap_or_else(|| shared.add(path));
        Ok(Some(Box::new(Open { disk: self.clone(), file, holds: true })))
    }
}

fn leaf(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Shared {
    /// Whether the call that was just counted lies, if it is a sync.
    fn lies(&self) -> bool {
        self.lies_from.is_some_and(|from| self.calls > from)
    }

    fn add(&mut self, path: &str) -> usize {
        self.files.push(File::default());
        self.names.insert(path.to_string(), self.files.len() - 1);
        self.files.len() - 1
    }
}

struct Open {
    disk: Disk,
    file: usize,
    holds: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.holds {
            self.disk.shared().is_locked = false;
        }
    }
}

impl Open {
    fn with<T>(&self, act: impl FnOnce(&mut File) -> T) -> io::Result<T> {
        let mut shared = self.disk.enter()?;
        shared.files.get_mut(self.file).map(act).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl VfsFile for Open {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        self.with(|file| {
            let rest = file.seen.get(start..).unwrap_or_default();
            let length = rest.len().min(buffer.len());
            buffer[..length].copy_from_slice(&rest[..length]);
            length
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        self.with(|file| {
            let end = start + bytes.len();
            if file.seen.len() < end {
                file.seen.resize(end, 0);
            }
            file.seen[start..end].copy_from_slice(bytes);
            bytes.len()
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = usize::try_from(len).map_err(io::Error::other)?;
        self.with(|file| file.seen.resize(length, 0))
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|file| file.seen.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let mut shared = self.disk.enter()?;
        if shared.lies() {
            return Ok(());
        }
        let file = shared.files.get_mut(self.file).ok_or(io::ErrorKind::NotFound)?;
        file.kept.clone_from(&file.seen);
        Ok(())
    }
}
