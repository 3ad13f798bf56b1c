//! What every verb needs: cases, lock, store, checkout, clock.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evidence::lock::{self, Lock};
use evidence::place::Malformed;

use super::{DAMAGED, IO, MALFORMED};
use crate::contained::Program;
use crate::environment::Checkout;
use crate::library::{Library, Trouble};
use crate::store::{Store, StoreError};

/// Where a verb works.
pub struct Session {
    pub library: Library,
    /// The lock beside the cases.
    pub lock: Option<Lock>,
    /// The store's folder, opened by whoever needs it.
    pub store: PathBuf,
    /// The references' interpreter, where the user named one.
    pub python: Option<PathBuf>,
    pub checkout: Option<Checkout>,
    /// What runs the engines in processes of their own; without it they run in this one.
    pub engine: Option<Program>,
    /// The arguments, for records.
    pub command: Vec<String>,
    /// Seconds since 1970.
    pub now: fn() -> u64,
    /// Time from any start on, to tell a person how long something took; standing still where nobody gave one.
    pub elapsed: fn() -> Duration,
}

/// Why a verb gave nothing.
#[derive(Debug)]
pub struct Problem {
    pub message: String,
    pub help: Option<String>,
    /// The exit status.
    pub exit: u8,
}

impl Problem {
    pub(crate) fn usage(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None, exit: MALFORMED }
    }

    pub(crate) fn damaged(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), help: None, exit: DAMAGED }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Problem {
        let exit = if matches!(trouble, Trouble::Io { .. }) { IO } else { MALFORMED };
        Problem { message: trouble.to_string(), help: None, exit }
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Problem {
        Problem::usage(malformed.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let exit = match error {
            StoreError::Tracked(_) => MALFORMED,
            StoreError::Damaged(_) => DAMAGED,
            StoreError::Io { .. } => IO,
        };
        Problem { message: error.to_string(), help: None, exit }
    }
}

/// The store in the user's data folder.
#[must_use]
pub fn default_store() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(data.join("lumen/evidence"))
}

impl Session {
    /// Opens the cases, embedded or in a folder, and the lock beside them.
    pub fn open(
        cases: Option<&Path>,
        store: PathBuf,
        python: Option<PathBuf>,
        command: Vec<String>,
        now: fn() -> u64,
    ) -> Result<Session, Problem> {
        let library = cases.map_or_else(|| Ok(Library::embedded()), Library::open)?;
        let lock = match library.lock()? {
            Some(text) => Some(Lock::parse(&text)?),
            None => None,
        };
        let around = cases.map_or_else(|| std::env::current_dir().unwrap_or_default(), Path::to_path_buf);
        let checkout = Checkout::around(&around);
        Ok(Session {
            library,
            lock,
            store,
            python,
            checkout,
            engine: None,
            command,
            now,
            elapsed: || Duration::ZERO,
        })
    }

    /// The store, made if it is not there.
    pub fn store(&self) -> Result<Store, Problem> {
        Ok(Store::open(&self.store)?)
    }

    /// The folder of cases on disk, for verbs that change it.
    pub fn cases_folder(&self) -> Result<&Path, Problem> {
        self.library.folder().ok_or_else(|| {
            Problem::usage("the cases in the program cannot be changed")
                .help("Name the checkout's folder with `--cases cases`.")
        })
    }

    /// Where the lock lies on disk: beside the folder of cases.
    pub fn lock_path(&self) -> Result<PathBuf, Problem> {
        Ok(self.cases_folder()?.join("..").join(lock::FILE))
    }
}
