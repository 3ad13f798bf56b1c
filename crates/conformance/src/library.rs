//! Where packets are read from: the cases embedded in the binary, or a folder.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use evidence::case::{Case, CaseFile, Expect};
use evidence::packet::Packet;
use evidence::place::Malformed;
use evidence::report::Lane;
use evidence::typed;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

const PACKET: &str = "packet.yaml";
const GATE: &str = "gate.yaml";

/// Files by their path below `cases/`, with `/` between the parts.
pub struct Library {
    files: BTreeMap<String, Cow<'static, [u8]>>,
    origin: Origin,
}

enum Origin {
    Embedded,
    Folder(PathBuf),
}

/// A packet that may run.
pub struct Loaded {
    /// The folder it lies in: `frame`, `tensor`, …
    pub area: String,
    pub packet: Packet,
    /// Sorted by id.
    pub cases: Vec<Case>,
    /// The file of each case.
    pub file_of: BTreeMap<String, String>,
    /// The text of `gate.yaml`, if it is there.
    pub gate: Option<Vec<u8>>,
    /// BLAKE3 over the names and bytes of `packet.yaml` and the case files.
    pub digest: String,
}

impl Loaded {
    /// The cases of a lane: a case whose seed is the commit has no recorded answer and belongs to the live one alone.
    pub fn cases_in(&self, lane: Lane) -> impl Iterator<Item = &Case> {
        let recorded = move |case: &&Case| lane == Lane::Live || !matches!(case.expect.answer, Expect::Live);
        self.cases.iter().filter(recorded)
    }

    /// The ids of a lane's cases.
    #[must_use]
    pub fn ids_in(&self, lane: Lane) -> BTreeSet<String> {
        self.cases_in(lane).map(|case| case.id.clone()).collect()
    }
}

/// Why a packet cannot be read: nothing of it runs.
#[derive(Debug)]
pub enum Trouble {
    /// A file is not what its format says.
    Malformed(Malformed),
    /// Files, contract and cases do not fit together.
    Unfit {
        packet: String,
        reason: String,
    },
    /// There is no such packet.
    Unknown {
        packet: String,
    },
    Io {
        path: PathBuf,
        error: io::Error,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Malformed(malformed) => malformed.fmt(f),
            Trouble::Unfit { packet, reason } => write!(f, "packet {packet}: {reason}"),
            Trouble::Unknown { packet } => write!(f, "there is no packet {packet}"),
            Trouble::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Malformed> for Trouble {
    fn from(malformed: Malformed) -> Trouble {
        Trouble::Malformed(malformed)
    }
}

impl Library {
    /// The cases that were built into the program.
    #[must_use]
    pub fn embedded() -> Library {
        let files =
            EMBEDDED.iter().map(|(path, bytes)| ((*path).to_string(), Cow::Borrowed(*bytes))).collect();
        Library { files, origin: Origin::Embedded }
    }

    /// A library of given files, for mutants and tests.
    #[must_use]
    pub fn of(files: BTreeMap<String, Vec<u8>>) -> Library {
        let files = files.into_iter().map(|(path, bytes)| (path, Cow::Owned(bytes))).collect();
        Library { files, origin: Origin::Embedded }
    }

    /// The packets below a folder, `<area>/<PACKET>/`.
    pub fn open(folder: &Path) -> Result<Library, Trouble> {
        let mut files = BTreeMap::new();
        walk(folder, folder, &mut files)?;
        Ok(Library { files, origin: Origin::Folder(folder.into()) })
    }

    /// The folder it was opened from; none for the embedded one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Embedded => None,
            Origin::Folder(folder) => Some(folder),
        }
    }

    /// The text of the lock beside the folder of cases, if it is there.
    pub fn lock(&self) -> Result<Option<Cow<'static, [u8]>>, Trouble> {
        let Origin::Folder(folder) = &self.origin else {
            return Ok(EMBEDDED_LOCK.map(|text| Cow::Borrowed(text.as_bytes())));
        };
        let path = folder.join("..").join(evidence::lock::FILE);
        match fs::read(&path) {
            Ok(text) => Ok(Some(Cow::Owned(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Trouble::Io { path, error }),
        }
    }

    /// A file by its path below `cases/`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(AsRef::as_ref)
    }

    /// Every file, by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
    }

    /// Every packet's id and area, sorted by id: each folder with a `packet.yaml` or a `gate.yaml`.
    #[must_use]
    pub fn packets(&self) -> BTreeMap<String, String> {
        let folders = self.files.keys().filter_map(|path| {
            let mut parts = path.split('/');
            let (area, packet, file) = (parts.next()?, parts.next()?, parts.next()?);
            let names = file == PACKET || file == GATE;
            (names && parts.next().is_none()).then(|| (packet.to_string(), area.to_string()))
        });
        folders.collect()
    }

    /// Reads a packet with everything that belongs to it.
    pub fn load(&self, id: &str) -> Result<Loaded, Trouble> {
        let area = self.packets().remove(id).ok_or_else(|| Trouble::Unknown { packet: id.into() })?;
        let unfit = |reason: String| Trouble::Unfit { packet: id.into(), reason };
        let folder = format!("{area}/{id}/");
        let text =
            self.file(&format!("{folder}{PACKET}")).ok_or_else(|| unfit(format!("there is no {PACKET}")))?;
        let packet = Packet::parse(&format!("{folder}{PACKET}"), text)?;
        if packet.id != id {
            return Err(unfit(format!("its folder is {id}, its {PACKET} says {}", packet.id)));
        }
        let mut digest = format!("{PACKET} {}\n", typed::digest(text));
        let mut files = BTreeMap::new();
        for (path, bytes) in
            self.files.range(folder.clone()..).take_while(|(path, _)| path.starts_with(&folder))
        {
            let name = &path[folder.len()..];
            if name == PACKET || name == GATE {
                continue;
            }
            digest.push_str(&format!("{name} {}\n", typed::digest(bytes)));
            files.insert(name.to_string(), CaseFile::parse(path, bytes)?);
        }
        let orphans = packet.orphans(&files);
        if !orphans.is_empty() {
            let shown: Vec<String> = orphans.iter().take(5).map(|orphan| format!("{orphan:?}")).collect();
            return Err(unfit(format!("{} orphans: {}", orphans.len(), shown.join(", "))));
        }
        let (mut cases, mut file_of) = (Vec::new(), BTreeMap::new());
        for (name, file) in files {
            file_of.extend(file.cases.iter().map(|case| (case.id.clone(), name.clone())));
            cases.extend(file.cases);
        }
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Loaded {
            area,
            packet,
            cases,
            file_of,
            gate: self.file(&format!("{folder}{GATE}")).map(<[u8]>::to_vec),
            digest: typed::digest(digest.as_bytes()),
        })
    }
}

fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Cow<'static, [u8]>>) -> Result<(), Trouble> {
    let trouble = |path: &Path| {
        let path = path.to_path_buf();
        move |error| Trouble::Io { path, error }
    };
    for entry in fs::read_dir(folder).map_err(trouble(folder))? {
        let path = entry.map_err(trouble(folder))?.path();
        if path.is_dir() {
            walk(root, &path, files)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            files.insert(name.replace('\\', "/"), Cow::Owned(fs::read(&path).map_err(trouble(&path))?));
        }
    }
    Ok(())
}
