//! A finished file that waits beside the one it will replace, so that at no moment half a file has the name.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Synced bytes beside their target, which go away if they never take its place.
pub struct Neighbour {
    target: PathBuf,
    path: PathBuf,
}

impl Neighbour {
    /// Writes and syncs what `target` is to hold.
    ///
    /// # Errors
    /// The system's, with nothing left beside the target.
    pub fn write(target: &Path, bytes: &[u8]) -> io::Result<Neighbour> {
        let unnamed = || io::Error::new(io::ErrorKind::InvalidInput, "it names no file");
        let name = target.file_name().ok_or_else(unnamed)?.to_string_lossy();
        let path = target.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let neighbour = Neighbour { target: target.to_path_buf(), path };
        let mut file = File::create(&neighbour.path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(neighbour)
    }

    /// Where it waits.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the target.
    ///
    /// # Errors
    /// The system's, with the target as it was.
    pub fn take_place(self) -> io::Result<()> {
        std::fs::rename(&self.path, &self.target)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        // After it took its place there is nothing of this name.
        let _ = std::fs::remove_file(&self.path);
    }
}
