//! The fixed list of tests: which nodes real pandas passes, and the class of each.
//!
//! A list holds a directory of the suite, a line a node, `CLASS node`, sorted. It is made by `--freeze` and kept outside
//! the tree; the tree holds its digest and its counts, so that a score's denominator cannot move unseen.

use super::environment::{Environment, digest};
use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The directories most scripts' calls are tested in.
pub const CORE: [&str; 13] = [
    "frame",
    "series",
    "groupby",
    "indexing",
    "reshape",
    "indexes",
    "window",
    "strings",
    "apply",
    "reductions",
    "resample",
    "arithmetic",
    "copy_view",
];

/// Public names only; private names that the table of shims holds; other private names; inherited from the extension
/// interface's base tests.
pub const CLASSES: [char; 4] = ['A', 'B', 'C', 'I'];

/// Nodes with their class.
pub type Nodes = BTreeMap<String, char>;

/// How many nodes of each class, in the order of [`CLASSES`].
pub type Counts = [u64; 4];

/// The digests and counts in the tree.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    directories: Map<String, Value>,
}

impl Lock {
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join("python/suite/nodes.lock");
        let directories = match fs::read(&path) {
            Ok(bytes) => {
                let value: Value = serde_json::from_slice(&bytes)
                    .with_context(|| format!("{} is not valid JSON", path.display()))?;
                let directories = value.get("directories").and_then(Value::as_object).cloned();
                directories.with_context(|| format!("{} has no `directories`", path.display()))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { path, directories })
    }

    pub fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.keys().map(String::as_str)
    }

    /// How many nodes of a directory pass when every public call raises, and how many there are.
    pub fn floor(&self, directory: &str) -> Option<(Counts, Counts)> {
        let entry = self.directories.get(directory)?;
        Some((counts(entry.get("floor")?)?, counts(entry.get("nodes")?)?))
    }

    /// A directory's list, proved by its digest; `None` where the directory was never frozen.
    pub fn nodes(&self, environment: &Environment, directory: &str) -> Result<Option<Nodes>> {
        let Some(entry) = self.directories.get(directory) else { return Ok(None) };
        let path = list_path(environment, directory);
        let packed = fs::read(&path).with_context(|| {
            format!("no {}: `cargo xtask pandas-suite --freeze --area {directory}` makes it", path.display())
        })?;
        let mut text = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .with_context(|| format!("cannot unpack {}", path.display()))?;
        let found = digest(text.as_bytes());
        let expected = entry.get("digest").and_then(Value::as_str).unwrap_or_default();
        if found != expected {
            bail!("{}: expected digest {expected}, found {found}; freeze it again", path.display());
        }
        parse(&text).map(Some)
    }

    /// Keeps a list outside the tree and its digest and counts in it.
    pub fn freeze(&mut self, environment: &Environment, directory: &str, nodes: &Nodes) -> Result<()> {
        let text: String = nodes.iter().map(|(node, class)| format!("{class} {node}\n")).collect();
        let path = list_path(environment, directory);
        fs::create_dir_all(&environment.nodes)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(text.as_bytes())?;
        fs::write(&path, packed.finish()?).with_context(|| format!("cannot write {}", path.display()))?;
        let entry = json!({ "digest": digest(text.as_bytes()), "nodes": by_class(count(nodes.values())) });
        self.directories.insert(directory.to_owned(), entry);
        self.write()
    }

    pub fn set_floor(&mut self, directory: &str, floor: Counts) -> Result<()> {
        if let Some(entry) = self.directories.get_mut(directory).and_then(Value::as_object_mut) {
            entry.insert("floor".to_owned(), by_class(floor));
        }
        self.write()
    }

    fn write(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&json!({ "directories": self.directories }))?;
        fs::write(&self.path, text + "\n").with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Counts nodes by class.
pub fn count<'a>(classes: impl IntoIterator<Item = &'a char>) -> Counts {
    let mut counts = Counts::default();
    for class in classes {
        if let Some(place) = CLASSES.iter().position(|known| known == class) {
            counts[place] += 1;
        }
    }
    counts
}

fn counts(by_class: &Value) -> Option<Counts> {
    let mut counts = Counts::default();
    for (place, class) in counts.iter_mut().zip(CLASSES) {
        *place = by_class.get(class.to_string())?.as_u64()?;
    }
    Some(counts)
}

fn by_class(counts: Counts) -> Value {
    CLASSES.iter().zip(counts).map(|(class, count)| (class.to_string(), Value::from(count))).collect()
}

fn list_path(environment: &Environment, directory: &str) -> PathBuf {
    environment.nodes.join(format!("{}.txt.gz", directory.replace('/', "-")))
}

/// The lines of a list.
pub fn parse(text: &str) -> Result<Nodes> {
    text.lines()
        .map(|line| {
            let (class, node) = line.split_once(' ').with_context(|| format!("not a node: {line}"))?;
            let class = class.chars().next().filter(|class| CLASSES.contains(class) && node.contains("::"));
            Ok((node.to_owned(), class.with_context(|| format!("not a node: {line}"))?))
        })
        .collect()
}

/// The directory of the suite a node or path belongs to; a file beside the directories is its own.
pub fn directory_of(node: &str) -> &str {
    let path = node.split("::").next().unwrap_or(node);
    path.split('/').next().unwrap_or(path)
}

/// Which of `parts` a node falls into, by its digest: the same number that a worker computes.
pub fn part_of(node: &str, parts: usize) -> usize {
    let digest = Sha256::digest(node.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (number % parts.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_core_directory_has_a_list_and_a_floor() {
        let lock = Lock::read(crate::workspace::root()).unwrap();
        for directory in CORE {
            let entry =
                lock.directories.get(directory).unwrap_or_else(|| panic!("{directory} was never frozen"));
            let digest = entry["digest"].as_str().unwrap();
            assert_eq!(digest.len(), 64, "{directory}");
            let (floor, nodes) = lock.floor(directory).unwrap();
            for (floor, nodes) in floor.iter().zip(nodes) {
                assert!(*floor <= nodes, "{directory}");
            }
        }
    }

    #[test]
    fn a_line_that_is_no_node_is_refused() {
        assert_eq!(parse("A frame/test_a.py::test_x[a b]\n").unwrap().len(), 1);
        for line in ["frame/test_a.py::test_x", "D frame/test_a.py::test_x", "A frame/test_a.py", ""] {
            assert!(parse(&format!("{line}\n")).is_err(), "{line}");
        }
    }

    #[test]
    fn parts_are_those_of_the_worker() {
        // int.from_bytes(hashlib.sha256(b"frame/test_a.py::test_x").digest()[:8], "big") % 1000
        assert_eq!(part_of("frame/test_a.py::test_x", 1000), 101);
    }

    #[test]
    fn a_node_belongs_to_the_first_part_of_its_path() {
        assert_eq!(directory_of("frame/methods/test_abs.py::test_x"), "frame");
        assert_eq!(directory_of("test_take.py::test_x[a/b]"), "test_take.py");
    }
}
