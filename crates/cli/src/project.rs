//! Where runs live: `.lumen/runs/ID-N` in the nearest folder upwards that has one.

mod run_json;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use recorder::history::History;
use recorder::run::{Ending, Finished};
use store::{Directory, Durability, Options, Reader, Vfs};

use crate::manifest::{self, Manifest};
use crate::neighbour::Neighbour;
use crate::terminal::{Failure, reason};
use crate::world;

pub use run_json::RunJson;

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

    /// The nearest folder upwards with `lumen.toml`.
    pub fn manifest_folder() -> Option<PathBuf> {
        let here = std::env::current_dir().ok()?;
        here.ancestors().find(|folder| folder.join(manifest::FILE).is_file()).map(Path::to_path_buf)
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

    /// All runs, the oldest first; none where no run was made yet.
    ///
    /// # Errors
    /// A folder that cannot be listed: its runs must not pass for none.
    pub fn runs(&self) -> Result<Vec<RunFolder>, Failure> {
        let folder = self.runs_folder();
        let failed = |e| Failure::io(format!("cannot list `{}`", folder.display()), &e);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed(e)),
        };
        let mut runs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().to_string();
            let number = name.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
            runs.extend(number.map(|number| RunFolder { name, path: entry.path(), number }));
        }
        runs.sort_by_key(|r| r.number);
        Ok(runs)
    }

    /// Whether the newest run of a document says beside its log that it kept no durable state; also where there is none.
    ///
    /// # Errors
    /// Those of [`Project::runs`].
    pub fn keeps_nothing(&self, document: &str) -> Result<bool, Failure> {
        let runs = self.runs()?;
        let mut newest = runs.iter().rev().map(RunFolder::run_json);
        let of_document =
            newest.find(|told| told.as_ref().is_none_or(|told| told.document() == Some(document)));
        Ok(of_document.is_none_or(|newest| newest.is_some_and(|told| told.keeps_nothing())))
    }

    /// The newest run of a document before `before` whose log can be read, with what the log tells. Runs of other
    /// documents are told by their `run.json`, without their logs.
    ///
    /// # Errors
    /// Those of [`Project::runs`]; where `needs` says so, a newer run whose log cannot be read.
    pub fn last_of(
        &self,
        document: &str,
        before: Option<u64>,
        needs: bool,
    ) -> Result<Option<(RunFolder, History)>, Failure> {
        for folder in self.runs()?.into_iter().rev().filter(|r| before.is_none_or(|n| r.number < n)) {
            if folder.run_json().is_some_and(|told| told.document() != Some(document)) {
                continue;
            }
            match folder.history() {
                Ok(history) if history.start.document == document => return Ok(Some((folder, history))),
                Ok(_) => {}
                // One that was killed before it began changed nothing.
                Err(failure) if needs && failure.code != "E0704" => {
                    let help = "A run begins with the state of the run before. Repair that one, or move its folder away.";
                    let message = format!("the run before, {}: {}", folder.name, failure.message);
                    return Err(Failure { message, ..failure }.help(help));
                }
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// A run by its name, its number or the start of its id; the last one without a name.
    pub fn run(&self, name: Option<&str>) -> Result<RunFolder, Failure> {
        let runs = self.runs()?;
        let Some(name) = name else {
            return runs.last().cloned().ok_or_else(|| {
                Failure::usage("there is no run here yet")
                    .code("E0703")
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
                Err(Failure::usage(format!("there is no run `{name}`")).code("E0703").help(help))
            }
        }
    }

    /// Where texts are kept that came by standard input, beside the runs that asked of them; as one names it from here.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn asked_folder(&self) -> Result<PathBuf, Failure> {
        let here = std::env::current_dir().unwrap_or_default();
        let folder = self.root.join(".lumen").join("asked");
        std::fs::create_dir_all(&folder)
            .map_err(|e| Failure::io(format!("cannot make `{}`", folder.display()), &e))?;
        self.ignore();
        Ok(folder.strip_prefix(&here).map_or(folder.clone(), Path::to_path_buf))
    }

    /// What is kept here is none of what a repository keeps.
    fn ignore(&self) {
        let ignore = self.root.join(".lumen").join(".gitignore");
        // Not waited for: one that a crash left empty is written again.
        if std::fs::metadata(&ignore).map_or(true, |file| file.len() == 0) {
            let _ = std::fs::write(&ignore, b"*\n");
        }
    }

    /// Makes the folder of a new run.
    pub fn new_run(&self, id: &str) -> Result<RunFolder, Failure> {
        let folder = self.runs_folder();
        std::fs::create_dir_all(&folder)
            .map_err(|e| Failure::io(format!("cannot make `{}`", folder.display()), &e))?;
        self.ignore();
        let mut number = self.runs()?.last().map_or(1, |r| r.number.saturating_add(1));
        loop {
            // Processes that start at once get numbers of their own: who makes the claim owns the number until it is
            // withdrawn, and looks only then whether a run has it. A claim of a dead process costs its number.
            let claim = folder.join(format!("{number}.claim"));
            let failed = |path: &Path, e| Failure::io(format!("cannot make `{}`", path.display()), &e);
            match std::fs::File::create_new(&claim) {
                Ok(_) => {
                    let name = format!("{}-{number}", &id[..id.len().min(12)]);
                    let path = folder.join(&name);
                    let taken = self.runs()?.iter().any(|r| r.number == number);
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

    /// That of a new run, whose log's thread puts the way to it on disk before anything else: what a run acts on the
    /// world must not outlive the run's record.
    pub fn new_vfs(&self) -> Arc<dyn Vfs> {
        let project = self.path.ancestors().nth(3).unwrap_or(Path::new("/"));
        Arc::new(Directory::new(&self.path).way_from(project))
    }

    /// What the log tells.
    ///
    /// # Errors
    /// Damage; also a log that tells of no end though `run.json` stands beside it.
    pub fn history(&self) -> Result<History, Failure> {
        let read = Reader::open(self.vfs()).map_err(recorder::Error::from).and_then(History::read);
        if !read.as_ref().is_ok_and(|history| history.end.is_some()) {
            self.check_pin()?;
        }
        Ok(read?)
    }

    /// What `run.json` says of a run that ended, without a look at its log; `None` where there is none that can be read.
    pub fn run_json(&self) -> Option<RunJson> {
        let bytes = self.beside("run.json").ok()??;
        RunJson::parse(&bytes)
    }

    /// Holds the log against its end as `run.json` pins it; says whether there is one. A run that ended once and whose
    /// log stops before that lost records, and is not to be written on.
    pub fn check_pin(&self) -> Result<bool, Failure> {
        let Some(pinned) = self.beside("run.json")? else { return Ok(false) };
        let found = store::verify(&*self.vfs()).map_err(recorder::Error::from)?;
        recorder::pin::check(&pinned, &found.end)?;
        Ok(true)
    }

    /// Keeps what stands beside the log. The report is written while the end of the log goes to disk; neither gets
    /// its name before the run is there.
    ///
    /// # Errors
    /// What the log or the files failed with.
    pub fn keep(&self, ending: Ending) -> Result<Finished, Failure> {
        let report =
            ending.html().map(|html| Neighbour::write(&self.path.join("report.html"), html.as_bytes()));
        let finished = ending.close()?;
        let unkept = |name: &str, error: &std::io::Error| {
            Failure::io(format!("cannot write `{}`", self.shown(name)), error)
                .help("The run is recorded whole. Free some space; `lumen resume` writes it then.")
        };
        if let Some(report) = report {
            report.and_then(Neighbour::take_place).map_err(|e| unkept("report.html", &e))?;
        }
        Neighbour::write(&self.path.join("run.json"), finished.json().as_bytes())
            .and_then(Neighbour::take_place)
            .map_err(|e| unkept("run.json", &e))?;
        Ok(finished)
    }

    /// A file beside the log; `None` where there is none.
    ///
    /// # Errors
    /// One that cannot be read: it must not pass for one that is not there.
    pub fn beside(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        match std::fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(format!("cannot read `{}`", self.shown(name)), &error)),
        }
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

/// The files that a verb works on: those named, and the documents and sources below folders that are; else those
/// below this one.
///
/// # Errors
/// There are none.
pub fn sources(paths: &[String]) -> Result<Vec<String>, Failure> {
    let here = [".".to_string()];
    let mut files = Vec::new();
    for path in if paths.is_empty() { &here } else { paths } {
        match Path::new(path).is_dir() {
            true => files.extend(sources_below(Path::new(path))?),
            false => files.push(path.clone()),
        }
    }
    match files.is_empty() {
        true => Err(Failure::usage("there is no .lm or .lm.md file here")
            .code("E0701")
            .help("Name one, or make a project: `lumen new penguins`.")),
        false => Ok(files),
    }
}

/// All documents and sources below a folder, sorted; hidden folders, `target` and links to folders, which may lead back,
/// are left out.
pub fn sources_below(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(dir) = open.pop() {
        let entries = std::fs::read_dir(&dir).map_err(|e| {
            Failure::usage(format!("cannot list `{}`: {}", dir.display(), reason(&e))).code("E0701")
        })?;
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_string();
            if name.starts_with('.') || name == "target" || name == "node_modules" {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
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
