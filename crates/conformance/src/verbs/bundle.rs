//! `export` and `import`: evidence on another machine.
//!
//! Objects are written first, then a manifest that names them, then the head moves to the manifest if nobody moved it
//! meanwhile. A killed export leaves objects that the next one finds, and no manifest that names what is not there.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::PathBuf;

use evidence::json::Json;
use evidence::ledger::Ledger;
use evidence::typed;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sidecar::Overhead;

use super::{IO, NOT_EVALUATED, PASS, Problem, Session};
use crate::store::{continuation, write_file};

/// The manifest's schema and its major version.
pub const SCHEMA: &str = "lumen.evidence.bundle";
/// See [`SCHEMA`].
pub const VERSION: u32 = 1;

/// Where a bundle lies: a directory, or an object store. Keys have `/` between their parts.
pub trait Target {
    /// The bytes of a key, if it is there.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, io::Error>;
    /// Writes a key that is not there. False if it is there already.
    fn put_absent(&self, key: &str, bytes: &[u8]) -> Result<bool, io::Error>;
    /// Moves the head from one value to another. False if it is another one by now.
    fn swap_head(&self, from: Option<&[u8]>, to: &[u8]) -> Result<bool, io::Error>;
}

/// A folder as a target.
pub struct Folder(pub PathBuf);

impl Target for Folder {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, io::Error> {
        match fs::read(self.0.join(key)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put_absent(&self, key: &str, bytes: &[u8]) -> Result<bool, io::Error> {
        let path = self.0.join(key);
        if path.exists() {
            return Ok(false);
        }
        write_file(&path, bytes).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(true)
    }

    fn swap_head(&self, from: Option<&[u8]>, to: &[u8]) -> Result<bool, io::Error> {
        fs::create_dir_all(&self.0)?;
        // Writers of one folder take turns: comparing and replacing are then one step.
        let lock = OpenOptions::new().create(true).append(true).open(self.0.join("head.lock"))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)?;
        if self.get("head")?.as_deref() != from {
            return Ok(false);
        }
        write_file(&self.0.join("head"), to).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(true)
    }
}

/// One object of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    pub digest: String,
    pub size: u64,
    /// `report`, `gate`, `run`, `ledger`, `lock` or `snapshot`.
    pub kind: String,
    /// The object with its repair symbols.
    pub sidecar: String,
}

/// What a bundle holds. Equal stores give equal bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub schema: String,
    pub version: u32,
    /// Sorted by digest.
    pub objects: Vec<Object>,
    /// First and last row of the ledger.
    pub ledger: Option<(u64, u64)>,
    /// The ledger's object.
    pub ledger_digest: String,
    /// Digest of `evidence.lock`; none without one.
    pub lock: Option<String>,
}

/// How an export ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Completed {
        manifest: String,
        written: u64,
        present: u64,
    },
    /// Another writer moved the head, or the target failed: the same command may succeed.
    Retryable(String),
    /// The same command would fail again.
    Permanent(String),
}

impl Delivery {
    /// The exit status.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Delivery::Completed { .. } => PASS,
            Delivery::Retryable(_) => NOT_EVALUATED,
            Delivery::Permanent(_) => IO,
        }
    }

    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        let mut answer = match self {
            Delivery::Completed { manifest, written, present } => {
                json!({"outcome": "completed", "manifest": manifest, "written": written, "present": present})
            }
            Delivery::Retryable(why) => json!({"outcome": "retryable", "reason": why}),
            Delivery::Permanent(why) => json!({"outcome": "permanent", "reason": why}),
        };
        answer["schema"] = json!("lumen.evidence.export");
        answer["schema_version"] = json!(1);
        answer
    }
}

fn object_key(digest: &str) -> String {
    format!("objects/{}/{digest}", digest.get(..2).unwrap_or("00"))
}

fn manifest_key(digest: &str) -> String {
    format!("manifests/{digest}.json")
}

/// Writes what the ledger names, the ledger and the lock to a target.
pub fn export(session: &Session, target: &dyn Target) -> Result<Delivery, Problem> {
    let store = session.store()?;
    let (ledger, faults) = store.ledger()?;
    let faults: Vec<_> = faults.into_iter().chain(ledger.inspect(None)).collect();
    if let Some(fault) = faults.first() {
        return Err(Problem::damaged(format!("a damaged ledger is not exported: {fault}")));
    }
    let head = target.get("head").map_err(|error| target_problem(&error))?;
    let mut contents: BTreeMap<String, (&str, Vec<u8>)> = BTreeMap::new();
    for row in ledger.rows() {
        for (kind, digest) in [("report", &row.entry.report), ("gate", &row.entry.gate)] {
            if let Some(bytes) = store.get(digest)? {
                contents.insert(digest.clone(), (kind, bytes));
            }
        }
    }
    let text: String = ledger.rows().iter().map(|row| typed::canonical(row) + "\n").collect();
    let ledger_digest = typed::digest(text.as_bytes());
    contents.insert(ledger_digest.clone(), ("ledger", text.into_bytes()));
    let lock = session.lock.as_ref().map(|lock| lock.text().into_bytes());
    let lock_digest = lock.as_deref().map(typed::digest);
    contents.extend(lock.map(|bytes| (typed::digest(&bytes), ("lock", bytes))));
    let mut objects = Vec::new();
    let (mut written, mut present) = (0, 0);
    for (digest, (kind, bytes)) in &contents {
        let repair = sidecar::encode(bytes, Overhead::default())
            .map_err(|error| Problem::damaged(error.to_string()))?;
        let repair_digest = typed::digest(&repair);
        for (digest, bytes) in [(digest, bytes), (&repair_digest, &repair)] {
            match target.put_absent(&object_key(digest), bytes) {
                Ok(true) => written += 1,
                Ok(false) => present += 1,
                Err(error) => return Ok(failed(&error)),
            }
        }
        objects.push(Object {
            digest: digest.clone(),
            size: bytes.len() as u64,
            kind: (*kind).into(),
            sidecar: repair_digest,
        });
    }
    let rows = ledger.rows();
    let manifest = Manifest {
        schema: SCHEMA.into(),
        version: VERSION,
        objects,
        ledger: rows.first().zip(rows.last()).map(|(first, last)| (first.seq, last.seq)),
        ledger_digest,
        lock: lock_digest,
    };
    let bytes = typed::file_bytes(&manifest);
    let digest = typed::digest(&bytes);
    let moved = target.put_absent(&manifest_key(&digest), &bytes).and_then(|_| {
        let unmoved = head.as_deref() == Some(digest.as_bytes());
        Ok(unmoved || target.swap_head(head.as_deref(), digest.as_bytes())?)
    });
    Ok(match moved {
        Ok(true) => Delivery::Completed { manifest: digest, written, present },
        Ok(false) => Delivery::Retryable("another export moved the head meanwhile".into()),
        Err(error) => failed(&error),
    })
}

fn failed(error: &io::Error) -> Delivery {
    let permanent = matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotADirectory
    );
    if permanent { Delivery::Permanent(error.to_string()) } else { Delivery::Retryable(error.to_string()) }
}

fn target_problem(error: &io::Error) -> Problem {
    Problem { message: format!("the bundle cannot be read: {error}"), help: None, exit: IO }
}

/// What an import brought.
pub struct Imported {
    pub manifest: String,
    pub objects: usize,
    /// Objects that were damaged and computed back from their sidecar.
    pub repaired: Vec<String>,
    /// Rows that the ledger gained.
    pub rows: u64,
}

impl Imported {
    /// The data of `--json`.
    #[must_use]
    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.evidence.import", "schema_version": 1, "manifest": self.manifest,
            "objects": self.objects, "repaired": self.repaired, "rows": self.rows,
        })
    }
}

/// Takes a bundle in. Everything is read and held against its digest before any of it is visible.
pub fn import(session: &Session, target: &dyn Target) -> Result<Imported, Problem> {
    let read = |key: &str| target.get(key).map_err(|error| target_problem(&error));
    let head = read("head")?.ok_or_else(|| Problem::usage("there is no bundle: it has no head"))?;
    let digest = String::from_utf8_lossy(&head).trim().to_string();
    let bytes =
        read(&manifest_key(&digest))?.ok_or_else(|| Problem::damaged("the head names no manifest"))?;
    if typed::digest(&bytes) != digest {
        return Err(Problem::damaged("the manifest was altered"));
    }
    let version = evidence::json::parse("manifest", &bytes).ok();
    let version = version.and_then(|json| json.get("version").and_then(Json::as_u64));
    if version != Some(u64::from(VERSION)) {
        let found = version.map_or("none".into(), |version| version.to_string());
        return Err(Problem::usage(format!("bundle: expected version {VERSION}, found {found}")));
    }
    let manifest: Manifest = typed::read("manifest", &bytes)?;
    if manifest.schema != SCHEMA {
        return Err(Problem::usage(format!("bundle: expected {SCHEMA}, found {}", manifest.schema)));
    }
    let (mut contents, mut repaired) = (BTreeMap::new(), Vec::new());
    for object in &manifest.objects {
        let stored = read(&object_key(&object.digest))?.unwrap_or_default();
        let bytes = if typed::digest(&stored) == object.digest {
            stored
        } else {
            let repair = read(&object_key(&object.sidecar))?.unwrap_or_default();
            let mended = sidecar::repair(&object.digest, &stored, &repair).and_then(|repair| repair.outcome);
            let mended = mended
                .map_err(|error| Problem::damaged(format!("object {} is damaged: {error}", object.digest)))?;
            repaired.push(object.digest.clone());
            mended.payload
        };
        if bytes.len() as u64 != object.size || typed::digest(&bytes) != object.digest {
            return Err(Problem::damaged(format!("object {} is not what the manifest says", object.digest)));
        }
        contents.insert(object.digest.as_str(), bytes);
    }
    let text = contents
        .get(manifest.ledger_digest.as_str())
        .ok_or_else(|| Problem::damaged("the bundle has no ledger"))?;
    let (theirs, faults) = Ledger::parse(&String::from_utf8_lossy(text));
    let range = theirs.rows().first().zip(theirs.rows().last()).map(|(first, last)| (first.seq, last.seq));
    let faults: Vec<_> = faults
        .into_iter()
        .chain(theirs.inspect(None).into_iter().skip(usize::from(range.is_some_and(|(first, _)| first > 1))))
        .collect();
    if let Some(fault) = faults.first() {
        return Err(Problem::damaged(format!("the bundle's ledger: {fault}")));
    }
    if range != manifest.ledger {
        return Err(Problem::damaged("the bundle's ledger does not span the rows that its manifest names"));
    }
    let store = session.store()?;
    // Rows are visible last: what they name is in the store by then.
    continuation(&store.ledger()?.0, &theirs)?;
    for bytes in contents.values() {
        store.put(bytes)?;
    }
    let rows = store.adopt(&theirs, session.lock.as_ref().and_then(|lock| lock.head.as_ref()))?;
    Ok(Imported { manifest: digest, objects: manifest.objects.len(), repaired, rows })
}
