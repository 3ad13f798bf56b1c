//! Evidence on disk, outside the tree: objects by digest, runs, the ledger.
//!
//! Every file is written as a neighbour, synced and renamed, so a killed run leaves whole files or none. What was
//! stored is never changed; a run that did not come to its end is `incomplete`.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use evidence::ledger::{self, Entry, Fault, Head, Ledger, Row};
use evidence::run::{Completion, FileEntry, RunRecord};
use evidence::typed;
use rustix::fs::{FlockOperation, flock};

use crate::environment::is_tracked;

/// The store's folder.
pub struct Store {
    root: PathBuf,
}

/// Why the store cannot be used.
#[derive(Debug)]
pub enum StoreError {
    /// The folder lies in a checkout and git does not ignore it.
    Tracked(PathBuf),
    /// An operation of the file system failed.
    Io { path: PathBuf, error: io::Error },
    /// Bytes are not what their name or chain says.
    Damaged(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Tracked(path) => write!(
                f,
                "{} lies in a checkout: evidence is stored outside the tree (`--store`)",
                path.display()
            ),
            StoreError::Io { path, error } if error.kind() == io::ErrorKind::StorageFull => {
                write!(f, "{}: the disk is full", path.display())
            }
            StoreError::Io { path, error } => write!(f, "{}: {error}", path.display()),
            StoreError::Damaged(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for StoreError {}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |error| StoreError::Io { path, error }
}

/// Writes a file whole: a neighbour first, synced, then renamed over it.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let neighbour = folder.join(format!(".{name}.{}-{:?}", std::process::id(), std::thread::current().id()));
    let written = File::create(&neighbour).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&neighbour, path));
    if renamed.is_err() {
        // What is left of a failed write is no evidence.
        let _ = fs::remove_file(&neighbour);
    }
    renamed.map_err(io_error(path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_error(folder))
}

impl Store {
    /// Opens or makes the store. A folder in a checkout that git does not ignore is refused.
    pub fn open(root: &Path) -> Result<Store, StoreError> {
        let root = std::path::absolute(root).map_err(io_error(root))?;
        if is_tracked(&root) {
            return Err(StoreError::Tracked(root));
        }
        fs::create_dir_all(root.join("objects")).map_err(io_error(&root))?;
        fs::create_dir_all(root.join("runs")).map_err(io_error(&root))?;
        Ok(Store { root })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where an object lies.
    #[must_use]
    pub fn object_path(&self, digest: &str) -> PathBuf {
        self.root.join("objects").join(digest.get(..2).unwrap_or("00")).join(digest)
    }

    /// Stores bytes under their digest. Bytes that are there already stay.
    pub fn put(&self, bytes: &[u8]) -> Result<String, StoreError> {
        let digest = typed::digest(bytes);
        let path = self.object_path(&digest);
        if !path.exists() {
            write_file(&path, bytes)?;
        }
        Ok(digest)
    }

    /// The bytes of a digest, held against it.
    pub fn get(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.object_path(digest);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(&path)(error)),
            Ok(bytes) if typed::digest(&bytes) == digest => Ok(Some(bytes)),
            Ok(_) => Err(StoreError::Damaged(format!("{}: its bytes have another digest", path.display()))),
        }
    }

    /// Puts the right bytes in the place of a damaged object. True if it was damaged or gone.
    pub fn heal(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        let digest = typed::digest(bytes);
        if matches!(self.get(&digest), Ok(Some(_))) {
            return Ok(false);
        }
        write_file(&self.object_path(&digest), bytes)?;
        Ok(true)
    }

    /// Every object's digest and size, sorted.
    pub fn objects(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut found = Vec::new();
        for folder in entries(&self.root.join("objects"))? {
            for path in entries(&folder)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.len() == 64 {
                    found.push((name, fs::metadata(&path).map_err(io_error(&path))?.len()));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The folder of a run.
    #[must_use]
    pub fn run_path(&self, run: &str) -> PathBuf {
        self.root.join("runs").join(run)
    }

    /// Every run's id, oldest first. Ids begin with the time.
    pub fn runs(&self) -> Result<Vec<String>, StoreError> {
        let folders = entries(&self.root.join("runs"))?;
        let mut runs: Vec<String> = folders
            .iter()
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .filter(|name| !name.starts_with('.'))
            .collect();
        runs.sort();
        Ok(runs)
    }

    /// A run's record.
    pub fn record(&self, run: &str) -> Result<RunRecord, StoreError> {
        let path = self.run_path(run).join("run.json");
        let bytes = fs::read(&path).map_err(io_error(&path))?;
        let name = path.display().to_string();
        typed::read(&name, &bytes).map_err(|malformed| StoreError::Damaged(malformed.to_string()))
    }

    /// Starts a run: its record says that it is incomplete until [`Recording::finish`].
    pub fn begin(&self, record: RunRecord) -> Result<Recording<'_>, StoreError> {
        let recording = Recording { store: self, record };
        recording.write_record()?;
        Ok(recording)
    }

    fn ledger_path(&self) -> PathBuf {
        self.root.join(ledger::FILE)
    }

    /// The ledger and the lines in it that are no rows.
    pub fn ledger(&self) -> Result<(Ledger, Vec<Fault>), StoreError> {
        let path = self.ledger_path();
        match fs::read(&path) {
            Ok(bytes) => Ok(Ledger::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Ledger::default(), Vec::new())),
            Err(error) => Err(io_error(&path)(error)),
        }
    }

    /// Adds rows to the ledger under an exclusive lock: one writer at a time. A ledger with a damaged chain takes no
    /// row; a line that a killed writer left unfinished was never acknowledged and is cut off.
    pub fn append(&self, entries: Vec<Entry>, head: Option<&Head>) -> Result<Option<Head>, StoreError> {
        let (file, mut chain) = self.locked_ledger(head)?;
        let lines: String = entries.into_iter().map(|entry| chain.append(entry, head)).collect();
        self.write_rows(file, &lines)?;
        Ok(chain.head())
    }

    /// The ledger's file under its exclusive lock, whole, with the chain in it.
    fn locked_ledger(&self, head: Option<&Head>) -> Result<(File, Ledger), StoreError> {
        let path = self.ledger_path();
        let file =
            OpenOptions::new().create(true).read(true).append(true).open(&path).map_err(io_error(&path))?;
        flock(&file, FlockOperation::LockExclusive).map_err(|error| io_error(&path)(error.into()))?;
        let text = String::from_utf8_lossy(&fs::read(&path).map_err(io_error(&path))?).into_owned();
        let (chain, mut faults) = Ledger::parse(&text);
        faults.extend(chain.inspect(None).into_iter().filter(|fault| !continues(fault, head)));
        if let Some(fault) = faults.iter().find(|fault| !matches!(fault, Fault::Torn { .. })) {
            return Err(StoreError::Damaged(format!("{}: {fault}", path.display())));
        }
        if !faults.is_empty() {
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            file.set_len(whole as u64).map_err(io_error(&path))?;
        }
        Ok((file, chain))
    }

    fn write_rows(&self, mut file: File, lines: &str) -> Result<(), StoreError> {
        let path = self.ledger_path();
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()).map_err(io_error(&path))
    }

    /// Adds the rows by which another store's ledger goes on where this one ends, as they are. Gives how many they were.
    pub fn adopt(&self, theirs: &Ledger, head: Option<&Head>) -> Result<u64, StoreError> {
        let (file, ours) = self.locked_ledger(head)?;
        let rows = continuation(&ours, theirs)?;
        let lines: String = rows.iter().map(|row| typed::canonical(row) + "\n").collect();
        self.write_rows(file, &lines)?;
        Ok(rows.len() as u64)
    }
}

/// The rows by which `theirs` goes on where `ours` ends: none where we know them all. Two histories are refused.
pub(crate) fn continuation<'a>(ours: &Ledger, theirs: &'a Ledger) -> Result<&'a [Row], StoreError> {
    let Some(Head { seq, hash }) = ours.head() else { return Ok(theirs.rows()) };
    if let Some(at) = theirs.rows().iter().position(|row| row.seq == seq && row.hash == hash) {
        return Ok(theirs.rows().get(at + 1..).unwrap_or_default());
    }
    if theirs.head().is_none_or(|head| ours.rows().iter().any(|row| row.hash == head.hash)) {
        return Ok(&[]);
    }
    Err(StoreError::Damaged("the bundle's ledger is another history than the store's".into()))
}

/// A ledger that was started from the lock's head of its time does not begin at row 1.
fn continues(fault: &Fault, head: Option<&Head>) -> bool {
    matches!(fault, Fault::Dropped { after: 0, .. }) && head.is_some()
}

/// A run being written.
pub struct Recording<'a> {
    store: &'a Store,
    record: RunRecord,
}

impl Recording<'_> {
    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// Writes a file of the run and stores its bytes as an object. [`Recording::note`] puts it on the record.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<FileEntry, StoreError> {
        let digest = self.store.put(bytes)?;
        let path = self.store.run_path(&self.record.id).join(name);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(io_error(folder))?;
        // The object and the run's file are one file where the file system can say so.
        if fs::hard_link(self.store.object_path(&digest), &path).is_err() {
            write_file(&path, bytes)?;
        }
        Ok(FileEntry { path: name.into(), digest, size_bytes: bytes.len() as u64 })
    }

    /// Puts files on the record.
    pub fn note(&mut self, files: impl IntoIterator<Item = FileEntry>) {
        self.record.outputs.extend(files);
    }

    /// Writes the final record.
    pub fn finish(mut self, finished: u64) -> Result<RunRecord, StoreError> {
        self.record.completion = Completion::Complete;
        self.record.finished = Some(finished);
        self.record.outputs.sort_by(|a, b| a.path.cmp(&b.path));
        self.write_record()?;
        Ok(self.record)
    }

    /// What the record says of the packets.
    pub fn record(&mut self) -> &mut RunRecord {
        &mut self.record
    }

    fn write_record(&self) -> Result<(), StoreError> {
        let path = self.store.run_path(&self.record.id).join("run.json");
        write_file(&path, &typed::file_bytes(&self.record))
    }
}

pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(io_error(folder))?,
    };
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(io_error(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// A point in time as the front of a run's id: `20261121T165403Z`.
#[must_use]
pub fn stamp(seconds: u64) -> String {
    let (days, second) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days of the civil calendar, with years that begin in March (Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let of_cycle = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_cycle + of_cycle / 4 - of_cycle / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = of_cycle + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests;
