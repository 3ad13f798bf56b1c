//! Where runs live: `.lumen/runs/ID-N` in the nearest folder upwards that has one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use recorder::history::History;
use store::{Directory, Durability, Options, Reader, Vfs};

use crate::manifest::{self, Manifest};
use crate::terminal::{Failure, reason};
use crate::world;

/// The folder that holds `.lumen`.
pub struct Project {
    root: PathBuf,
}

/// A run's folder.
#[derive(Clone, Debug)]
pub struct RunFolder {
    /// `ID-N`
    pub name: String,
    pub path: PathBuf,
    /// Counts all runs of the project: the greatest is the last one.
    pub number: u64,
}

impl Project {
    /// The nearest folder upwards with `.lumen` or `lumen.toml`; else this one.
    pub fn find() -> Project {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let root = here.ancestors().find(|d| d.join(".lumen").is_dir() || d.join(manifest::FILE).is_file());
        Project { root: root.unwrap_or(&here).to_path_buf() }
    }

    /// What its `lumen.toml` says.
    ///
    /// # Errors
    /// Those of [`Manifest::read`].
    pub fn manifest(&self) -> Result<Manifest, Failure> {
        Manifest::read(&self.root)
    }

    fn runs_folder(&self) -> PathBuf {
        self.root.join(".lumen").join("runs")
    }

    /// All runs, the oldest first.
    pub fn runs(&self) -> Vec<RunFolder> {
        let Ok(entries) = std::fs::read_dir(self.runs_folder()) else { return Vec::new() };
        let mut runs: Vec<RunFolder> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().to_string();
                let number = name.rsplit_once('-')?.1.parse().ok()?;
                Some(RunFolder { name, path: entry.path(), number })
            })
            .collect();
        runs.sort_by_key(|r| r.number);
        runs
    }

    /// A run by its name, its number or the start of its id; the last one without a name.
    pub fn run(&self, name: Option<&str>) -> Result<RunFolder, Failure> {
        let runs = self.runs();
        let Some(name) = name else {
            return runs.last().cloned().ok_or_else(|| {
                Failure::usage("there is no run here yet")
                    .help("`lumen run DOCUMENT` makes one; `lumen new penguins` a document.")
            });
        };
        let path = Path::new(name);
        if path.join("FORMAT").is_file() {
            let name = path.file_name().map_or(String::new(), |n| n.to_string_lossy().to_string());
            return Ok(RunFolder { name, path: path.to_path_buf(), number: 0 });
        }
        let found: Vec<&RunFolder> =
            runs.iter().filter(|r| r.name == name || r.number.to_string() == name).collect();
        let found = if found.is_empty() && name.len() >= 4 {
            runs.iter().filter(|r| r.name.starts_with(name)).collect()
        } else {
            found
        };
        match found.last() {
            Some(run) => Ok((*run).clone()),
            None => {
                let names: Vec<&str> = runs.iter().rev().take(5).map(|r| r.name.as_str()).collect();
                let help = if names.is_empty() {
                    "There is no run here yet.".to_string()
                } else {
                    format!("The last runs are {}.", names.join(", "))
                };
                Err(Failure::usage(format!("there is no run `{name}`")).help(help))
            }
        }
    }

    /// Makes the folder of a new run.
    pub fn new_run(&self, id: &str) -> Result<RunFolder, Failure> {
        let folder = self.runs_folder();
        std::fs::create_dir_all(&folder)
            .map_err(|e| Failure::io(format!("cannot make `{}`", folder.display()), &e))?;
        let ignore = self.root.join(".lumen").join(".gitignore");
        if !ignore.exists() {
            let _ = world::write(&ignore, b"*\n");
        }
        let mut number = self.runs().last().map_or(1, |r| r.number.saturating_add(1));
        loop {
            // Processes that start at once get numbers of their own: who makes the claim owns the number until it is
            // withdrawn, and looks only then whether a run has it. A claim of a dead process costs its number.
            let claim = folder.join(format!("{number}.claim"));
            let failed = |path: &Path, e| Failure::io(format!("cannot make `{}`", path.display()), &e);
            match std::fs::File::create_new(&claim) {
                Ok(_) => {
                    let name = format!("{}-{number}", &id[..id.len().min(12)]);
                    let path = folder.join(&name);
                    let taken = self.runs().iter().any(|r| r.number == number);
                    let made = if taken { Ok(()) } else { std::fs::create_dir(&path) };
                    let _ = std::fs::remove_file(&claim);
                    made.map_err(|e| failed(&path, e))?;
                    if !taken {
                        return Ok(RunFolder { name, path, number });
                    }
                }
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(failed(&claim, e)),
            }
            number = number.checked_add(1).ok_or_else(|| {
                Failure::usage("the project's greatest run number is taken")
                    .help(format!("Remove the folder in `{}` that ends in -{number}.", folder.display()))
            })?;
        }
    }
}

impl RunFolder {
    pub fn vfs(&self) -> Arc<dyn Vfs> {
        Arc::new(Directory::new(&self.path))
    }

    pub fn history(&self) -> Result<History, Failure> {
        let reader = Reader::open(self.vfs()).map_err(recorder::Error::from)?;
        Ok(History::read(reader)?)
    }

    /// Keeps what stands beside the log.
    pub fn keep(&self, finished: &recorder::run::Finished) -> Result<(), Failure> {
        let write = |name: &str, text: &str| {
            world::write(&self.path.join(name), text.as_bytes()).map_err(|why| Failure {
                message: format!("cannot write `{}`: {why}", self.shown(name)),
                help: Some(
                    "The run is recorded whole. Free some space; `lumen resume` writes it then.".to_string(),
                ),
                code: 5,
            })
        };
        if let Some(html) = &finished.html {
            write("report.html", html)?;
        }
        write("run.json", &finished.json)
    }

    /// A file beside the log.
    pub fn beside(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path.join(name)).ok()
    }

    /// The path as a person types it from here.
    pub fn shown(&self, name: &str) -> String {
        let here = std::env::current_dir().unwrap_or_default();
        let path = self.path.join(name);
        path.strip_prefix(&here).unwrap_or(&path).display().to_string()
    }
}

/// How runs write their log: an act's intent is synced before it is carried out, every effect's outcome before the
/// program goes on, and results at least every so often and at the end. One segment holds the log of most runs.
pub fn options() -> Options {
    let mut options = Options::new(world::clock_ns, || {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&world::entropy(16));
        bytes
    });
    options.segment_bytes_min = 256 << 10;
    options.durability(Durability::Buffered { sync_after_ms: 50 })
}

/// All documents and sources below a folder, sorted; hidden folders and `target` are left out.
pub fn sources_below(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir).map_err(|e| Failure {
            message: format!("cannot list `{}`: {}", dir.display(), reason(&e)),
            help: None,
            code: 2,
        })?;
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_string();
            if name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if [".lm", ".lm.md", ".lumen", ".lumen.md"].iter().any(|e| name.ends_with(e)) {
                found.push(path.strip_prefix("./").unwrap_or(&path).display().to_string());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
