//! Writing files so that a failure leaves the old one whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Names of neighbours that are tried.
const NEIGHBOURS_MAX: u32 = 100;

/// Writes `bytes` to a new file beside `path`, makes them durable, and renames it to `path`.
///
/// # Errors
/// The system's; the file at `path` is then as it was, and the neighbour is gone.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What is no plain file (a pipe, a terminal, a link) is written where it stands.
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, bytes);
    }
    let (mut file, neighbour) = create_neighbour(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| {
        if let Ok(old) = fs::metadata(path) {
            fs::set_permissions(&neighbour, old.permissions())?;
        }
        fs::rename(&neighbour, path)
    });
    written.inspect_err(|_| {
        let _ = fs::remove_file(&neighbour);
    })
}

fn create_neighbour(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 0..NEIGHBOURS_MAX {
        let mut neighbour = OsString::from(".");
        neighbour.push(name);
        neighbour.push(format!(".{}.{number}.part", std::process::id()));
        let neighbour = path.with_file_name(neighbour);
        match OpenOptions::new().write(true).create_new(true).open(&neighbour) {
            Ok(file) => return Ok((file, neighbour)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}
