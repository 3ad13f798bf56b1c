//! What a crash leaves of a disk.

use std::collections::BTreeMap;

use super::platter::{ContentChange, File, NameChange, Names, Platter, parent};
use crate::dice::Dice;

/// The unit that a disk writes whole.
const SECTOR_LEN: usize = 512;

/// Which unsynced changes outlive a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// All: the process died, the machine did not. They stay as unsynced as they were.
    Everything,
    /// None: the power went, and the cache was cold.
    Synced,
    /// Some, by this seed: sectors in any order, each with some first part of its writes, now and then cut in the
    /// middle; lengths without content; any of the changes of names, each whole.
    Some(u64),
}

impl Platter {
    /// The platter that the next process finds. After a power cut all of it is durable.
    pub(super) fn after_crash(&self, survival: Survival) -> Platter {
        let mut dice = match survival {
            Survival::Everything => return self.clone(),
            Survival::Synced => return settled(&self.durable_names, |file| self.files[file].durable.clone()),
            Survival::Some(seed) => Dice::new(seed),
        };
        let mut names = self.durable_names.clone();
        for change in &self.unsynced_names {
            if dice.coin() {
                names.apply(change);
            }
        }
        let contents: Vec<Vec<u8>> = self.files.iter().map(|file| survivor(file, &mut dice)).collect();
        settled(&names, |file| contents[file].clone())
    }
}

/// A platter of durable files; names whose directory did not survive are gone.
fn settled(names: &Names, content: impl Fn(usize) -> Vec<u8>) -> Platter {
    let mut platter = Platter::default();
    let exists = |path: &str| parent(path).is_empty() || names.dirs.contains(parent(path));
    for dir in names.dirs.iter().filter(|dir| exists(dir)) {
        platter.names.apply(&NameChange::Directory(dir.clone()));
    }
    // One file may go by two names after half of a rename.
    let mut copies: BTreeMap<usize, usize> = BTreeMap::new();
    for (path, file) in names.files.iter().filter(|(path, _)| exists(path)) {
        let file = *copies.entry(*file).or_insert_with(|| {
            let content = content(*file);
            platter.files.push(File { visible: content.clone(), durable: content, unsynced: Vec::new() });
            platter.files.len() - 1
        });
        platter.names.apply(&NameChange::Create { path: path.clone(), file });
    }
    platter.durable_names = platter.names.clone();
    platter
}

/// A cached sector holds all writes to it so far, so it reaches the platter with a first part of them.
fn survivor(file: &File, dice: &mut Dice) -> Vec<u8> {
    let mut content = file.durable.clone();
    let mut kept: BTreeMap<usize, usize> = BTreeMap::new();
    let change_count = file.unsynced.len();
    for (at, change) in file.unsynced.iter().enumerate() {
        let ContentChange::Write { offset, bytes } = change else {
            if dice.coin() {
                change.apply(&mut content);
            }
            continue;
        };
        let mut start = 0;
        while start < bytes.len() {
            let sector = (offset + start) / SECTOR_LEN;
            let end = bytes.len().min((sector + 1) * SECTOR_LEN - offset);
            let cut = *kept.entry(sector).or_insert_with(|| dice.below(change_count as u64 + 1) as usize);
            let len = match at.cmp(&cut) {
                std::cmp::Ordering::Less => end - start,
                std::cmp::Ordering::Equal if dice.below(4) == 0 => dice.below((end - start) as u64) as usize,
                _ => 0,
            };
            if len > 0 {
                let piece = ContentChange::Write {
                    offset: offset + start,
                    bytes: bytes[start..start + len].to_vec(),
                };
                piece.apply(&mut content);
            } else if dice.below(4) == 0 && content.len() < offset + end {
                content.resize(offset + end, 0);
            }
            start = end;
        }
    }
    content
}
