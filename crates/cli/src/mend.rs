//! Files and their sidecars on disk: `X` and `X.rq`.
//!
//! A repair never leaves less than it found. The result is written to a neighbour, synced, read back and compared; the
//! damaged file gets a second name, `X.damaged`; only then does the neighbour take its place.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Error as IoError, ErrorKind, Read};
use std::path::{Path, PathBuf};

use sidecar::{Health, Overhead, Proof, Restored, Scrub, Survey};

use crate::neighbour::Neighbour;
use crate::world::FILE_BYTES_MAX;

/// A file and its sidecar.
#[derive(Clone, Debug)]
pub struct Pair {
    pub file: PathBuf,
    pub sidecar: PathBuf,
}

/// What a repair did.
#[derive(Debug)]
pub struct Mended {
    /// The state before.
    pub scrub: Scrub,
    pub proof: Proof,
    /// Each file that was replaced, and where its damaged bytes are now.
    pub kept: Vec<(PathBuf, PathBuf)>,
}

/// Why a file could not be read, checked, mended or written.
#[derive(Debug)]
pub enum Error {
    Io {
        what: String,
        error: IoError,
    },
    NoSidecar {
        path: PathBuf,
    },
    TooLarge {
        path: PathBuf,
        size_bytes: u64,
    },
    Sidecar {
        path: PathBuf,
        error: sidecar::Error,
    },
    /// Beyond the budget; no file was touched.
    Beyond {
        path: PathBuf,
        error: sidecar::Error,
        proof: Box<Proof>,
    },
}

pub type Result<T> = std::result::Result<T, Error>;

impl Pair {
    /// A file and the `X.rq` beside it, whether they exist or not.
    pub fn of(file: &Path) -> Pair {
        let mut sidecar = file.as_os_str().to_owned();
        sidecar.push(".rq");
        Pair { file: file.to_path_buf(), sidecar: sidecar.into() }
    }

    /// Writes the sidecar of what the file is to hold; returns its size.
    pub fn protect(&self, payload: &[u8], overhead: Overhead) -> Result<usize> {
        let sidecar = sidecar::encode(payload, overhead)
            .map_err(|error| Error::Sidecar { path: self.file.clone(), error })?;
        let neighbour = write_beside(&self.sidecar, &sidecar)?;
        neighbour.take_place().map_err(|error| unwritten(&self.sidecar, error))?;
        Ok(sidecar.len())
    }

    /// Removes the sidecar, if there is one.
    pub fn unprotect(&self) -> Result<()> {
        match std::fs::remove_file(&self.sidecar) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::Io { what: format!("cannot remove `{}`", self.sidecar.display()), error })
            }
            _ => Ok(()),
        }
    }

    /// The state of both files.
    pub fn scrub(&self) -> Result<Scrub> {
        let (payload, sidecar) = self.read()?;
        Ok(self.survey(&payload, &sidecar)?.scrub())
    }

    /// Mends both files, or touches neither.
    pub fn repair(&self) -> Result<Mended> {
        let (payload, sidecar) = self.read()?;
        let survey = self.survey(&payload, &sidecar)?;
        let scrub = survey.scrub();
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let repair = survey.repair(&name);
        let proof = repair.proof;
        let Restored { payload: made, sidecar: made_sidecar } = match repair.outcome {
            Ok(restored) => restored,
            Err(error) => {
                return Err(Error::Beyond { path: self.file.clone(), error, proof: Box::new(proof) });
            }
        };
        let mut kept = Vec::new();
        for (path, health, bytes) in
            [(&self.file, scrub.payload, made), (&self.sidecar, scrub.sidecar, made_sidecar)]
        {
            if health != Health::Ok {
                let neighbour = write_beside(path, &bytes)?;
                kept.extend(keep(path)?.map(|damaged| (path.clone(), damaged)));
                neighbour.take_place().map_err(|error| unwritten(path, error))?;
            }
        }
        Ok(Mended { scrub, proof, kept })
    }

    fn survey<'a>(&self, payload: &'a [u8], sidecar: &'a [u8]) -> Result<Survey<'a>> {
        Survey::new(payload, sidecar).map_err(|error| Error::Sidecar { path: self.sidecar.clone(), error })
    }

    /// A file that is gone altogether counts as empty: a sidecar of 100 percent and more brings it back.
    fn read(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let sidecar = read(&self.sidecar)?.ok_or_else(|| Error::NoSidecar { path: self.sidecar.clone() })?;
        Ok((read(&self.file)?.unwrap_or_default(), sidecar))
    }
}

/// A file's bytes; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    let fault = |error| Error::Io { what: format!("cannot read `{}`", path.display()), error };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    let size_bytes = file.metadata().map_err(fault)?.len();
    if size_bytes > FILE_BYTES_MAX {
        return Err(Error::TooLarge { path: path.to_path_buf(), size_bytes });
    }
    let mut bytes = Vec::with_capacity(size_bytes as usize);
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(fault)?;
    Ok(Some(bytes))
}

/// Writes what a file is to hold beside it, and reads that back: a disk that loses bytes must not be given more.
fn write_beside(target: &Path, bytes: &[u8]) -> Result<Neighbour> {
    let neighbour = Neighbour::write(target, bytes).map_err(|error| unwritten(target, error))?;
    if read(neighbour.path())?.as_deref() != Some(bytes) {
        let why = "the disk gives back other bytes than were written";
        return Err(unwritten(target, IoError::new(ErrorKind::InvalidData, why)));
    }
    Ok(neighbour)
}

fn unwritten(target: &Path, error: IoError) -> Error {
    Error::Io { what: format!("cannot write `{}`", target.display()), error }
}

/// Gives a damaged file a second name that nothing has yet, so that at no moment there is no file of the first.
fn keep(path: &Path) -> Result<Option<PathBuf>> {
    if !path.exists() {
        return Ok(None);
    }
    for number in 1u32.. {
        let mut name = path.as_os_str().to_owned();
        name.push(if number == 1 { ".damaged".to_string() } else { format!(".damaged-{number}") });
        let kept = PathBuf::from(name);
        // Not every file system knows a second name.
        let made = std::fs::hard_link(path, &kept).or_else(|error| match error.kind() {
            ErrorKind::AlreadyExists => Err(error),
            _ => {
                let mut file = OpenOptions::new().write(true).create_new(true).open(&kept)?;
                std::io::copy(&mut File::open(path)?, &mut file)?;
                file.sync_all()
            }
        });
        match made {
            Ok(()) => return Ok(Some(kept)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(Error::Io { what: format!("cannot keep `{}`", path.display()), error });
            }
        }
    }
    Ok(None)
}

impl Error {
    /// What to do next, where there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Io { .. } => None,
            Error::NoSidecar { .. } => {
                Some("`lumen bundle` writes one beside the bundle, while all is whole.".to_string())
            }
            Error::TooLarge { .. } => Some(format!("Files up to {FILE_BYTES_MAX} bytes are read.")),
            Error::Sidecar { error, .. } | Error::Beyond { error, .. } => Some(error.help().to_string()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { what, error } => write!(f, "{what}: {error}"),
            Error::NoSidecar { path } => write!(f, "there is no sidecar `{}`", path.display()),
            Error::TooLarge { path, size_bytes } => {
                write!(f, "`{}` has {size_bytes} bytes, too many to mend", path.display())
            }
            Error::Sidecar { path, error } => write!(f, "`{}`: {error}", path.display()),
            Error::Beyond { path, error, .. } => {
                write!(f, "cannot repair `{}`: {error}; no file was touched", path.display())
            }
        }
    }
}

impl std::error::Error for Error {}
