//! The real CPython behind a name: its executable, its standard library and the libraries that it maps.

use crate::clock;
use crate::packages::Packages;
use crate::start::{StartError, StartErrorKind};
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How the worker is entered: no user or site packages, no folder of the script, UTF-8, no written bytecode.
pub(crate) const ENTRY: &str = "-s -S -P -B -X utf8 -c <text of the worker>";

const DESCRIBE: &str = include_str!("worker/describe.py");

const DISTRIBUTIONS: &str = include_str!("worker/distributions.py");

/// Older Pythons lack `-P`.
const OLDEST: [u32; 2] = [3, 11];

/// Starting Python and importing all its extension modules takes a fraction of a second on an idle machine.
const ANSWER: Duration = Duration::from_secs(60);

/// A CPython that workers can be made of.
///
/// `python3` on a path is often a shim, a virtual environment's link or a wrapper script; a worker is started from
/// what such a name finally runs.
#[derive(Debug, Clone)]
pub struct Interpreter {
    executable: PathBuf,
    version: [u32; 3],
    readable: Vec<PathBuf>,
    links: Vec<(PathBuf, PathBuf)>,
    /// The program that was asked: a virtual environment's link knows packages that what it runs does not.
    named: PathBuf,
    packages: Option<Packages>,
}

/// By what runs and what it may read, whatever name it was found by.
impl PartialEq for Interpreter {
    fn eq(&self, other: &Interpreter) -> bool {
        let of = |one: &Interpreter| (one.executable.clone(), one.version, one.packages.clone());
        of(self) == of(other) && self.readable == other.readable && self.links == other.links
    }
}

impl Eq for Interpreter {}

#[derive(Deserialize)]
struct Description {
    version: [u32; 3],
    implementation: Option<String>,
    executable: Option<PathBuf>,
    #[serde(default)]
    folders: Vec<PathBuf>,
    loader: Option<PathBuf>,
    #[serde(default)]
    libraries: Vec<PathBuf>,
}

impl Interpreter {
    /// Asks the program `name` (a path, or a name to look up on `PATH`) what interpreter it runs.
    ///
    /// # Errors
    ///
    /// [`StartErrorKind::NoInterpreter`] if there is no such program, or it is no CPython of 3.11 or newer;
    /// `Garbage`, `Crashed` or `Timeout` by how it failed to answer.
    pub fn find(name: impl AsRef<OsStr>) -> Result<Interpreter, StartError> {
        let name = name.as_ref();
        let shown = name.to_string_lossy().into_owned();
        let fail = |kind, detail: String| StartError::new(kind, &shown, detail);
        // No code but the question runs in this process.
        let answer = asked(name, &["-s", "-S", "-B", "-c", DESCRIBE])?;
        let described: Description = answer.read(&shown)?;
        let mut interpreter = Interpreter::from_description(described)
            .map_err(|detail| fail(StartErrorKind::NoInterpreter, detail))?;
        interpreter.named = name.into();
        Ok(interpreter)
    }

    /// The same with packages that its workers may import, and those that these need, by the names that they are
    /// installed by.
    ///
    /// # Errors
    ///
    /// [`StartErrorKind::MissingModule`] with those that this interpreter does not have.
    pub fn with_packages(&self, names: &[String]) -> Result<Interpreter, StartError> {
        let shown = self.named.to_string_lossy().into_owned();
        // With its own site packages this time, which the question only lists.
        let mut arguments = vec!["-s", "-B", "-X", "utf8", "-c", DISTRIBUTIONS];
        arguments.extend(names.iter().map(String::as_str));
        let packages: Packages = asked(self.named.as_os_str(), &arguments)?.read(&shown)?;
        if !packages.missing.is_empty() {
            let missing = packages.missing.join(", ");
            let detail = format!("the interpreter has no package {missing}");
            return Err(StartError::new(StartErrorKind::MissingModule, &shown, detail));
        }
        let mut readable = self.readable.clone();
        readable.extend(packages.places.values().cloned());
        let readable = outermost(readable);
        Ok(Interpreter { readable, packages: Some(packages), ..self.clone() })
    }

    /// The packages that its workers may import beside the standard library.
    pub fn packages(&self) -> Option<&Packages> {
        self.packages.as_ref()
    }

    fn from_description(described: Description) -> Result<Interpreter, String> {
        let [major, minor, micro] = described.version;
        if [major, minor] < OLDEST {
            return Err(format!("expected Python 3.11 or newer, found {major}.{minor}.{micro}"));
        }
        if described.implementation.as_deref() != Some("cpython") {
            return Err(format!("expected CPython, found {}", described.implementation.unwrap_or_default()));
        }
        let executable = described.executable.filter(|path| path.is_absolute());
        let executable = executable.ok_or("the interpreter does not know its own executable")?;
        let mut readable = vec![executable.clone()];
        readable.extend(described.folders);
        if let Some(loader) = &described.loader {
            let real =
                std::fs::canonicalize(loader).map_err(|error| format!("{}: {error}", loader.display()))?;
            readable.extend(real.parent().map(of_libraries(&real)));
            let named = loader.parent().and_then(|parent| std::fs::canonicalize(parent).ok());
            readable.extend(named.filter(|folder| is_of_libraries(folder)));
        }
        for library in described.libraries.iter().filter(|path| path.is_absolute()) {
            readable.extend(library.parent().map(of_libraries(library)));
        }
        let readable = outermost(readable);
        let links = ["/lib", "/lib32", "/lib64", "/libx32", "/bin", "/usr/lib64"]
            .iter()
            .filter_map(|link| Some((PathBuf::from(link), std::fs::read_link(link).ok()?)))
            .filter(|(link, _)| !readable.iter().any(|path| path.starts_with(link)))
            .collect();
        let version = described.version;
        Ok(Interpreter { named: executable.clone(), executable, version, readable, links, packages: None })
    }

    /// The executable, with every link resolved.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// Major, minor and micro version.
    pub fn version(&self) -> [u32; 3] {
        self.version
    }

    /// What a confined worker may read: the executable, the standard library and folders of shared libraries.
    pub fn readable(&self) -> &[PathBuf] {
        &self.readable
    }

    /// Links at the root through which the loader finds libraries, such as `/lib64`.
    pub(crate) fn links(&self) -> &[(PathBuf, PathBuf)] {
        &self.links
    }
}

/// Without what lies in another one of them.
fn outermost(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    paths.dedup();
    let all = paths.clone();
    paths.retain(|path| !all.iter().any(|other| other != path && path.starts_with(other)));
    paths
}

/// What an interpreter said of itself.
struct Said {
    answer: Vec<u8>,
    stderr: String,
}

impl Said {
    fn read<T: serde::de::DeserializeOwned>(&self, shown: &str) -> Result<T, StartError> {
        serde_json::from_slice(&self.answer).map_err(|error| {
            let detail = format!("asked what it is, it answered no JSON: {error}");
            StartError::new(StartErrorKind::Garbage, shown, detail).with_stderr(&self.stderr)
        })
    }
}

/// Runs an interpreter once, unconfined, and takes what it prints. A shim reads its environment, so it has ours.
fn asked(name: &OsStr, arguments: &[&str]) -> Result<Said, StartError> {
    let shown = name.to_string_lossy().into_owned();
    let fail = |kind, detail: String| StartError::new(kind, &shown, detail);
    let mut child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| fail(StartErrorKind::NoInterpreter, format!("{shown} does not run: {error}")))?;
    let ended = clock::wait_child(&child, ANSWER);
    if !ended {
        // Already gone is as good.
        let _ = child.kill();
        let _ = child.wait();
        return Err(fail(StartErrorKind::Timeout, format!("no answer within {ANSWER:?}")));
    }
    let (mut answer, mut stderr) = (Vec::new(), Vec::new());
    // Both are pipes of an ended process and shorter than a pipe's buffer, or it would not have ended.
    let read = child.stdout.take().map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut answer));
    let read = read.and(child.stderr.take().map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut stderr)));
    let status = read.and_then(|_| child.wait()).map_err(|error| {
        fail(StartErrorKind::Crashed, format!("the interpreter's answer cannot be read: {error}"))
    })?;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    if !status.success() {
        let detail = format!("asked what it is, it ended with {status}");
        return Err(fail(StartErrorKind::Crashed, detail).with_stderr(&stderr));
    }
    Ok(Said { answer, stderr })
}

/// Libraries come by the folder, because the loader asks for names that are links beside the file; a file in a folder
/// that is none of libraries (a home, a folder of builds) comes alone.
fn of_libraries(library: &Path) -> impl Fn(&Path) -> PathBuf + '_ {
    |parent| if is_of_libraries(parent) { parent.to_path_buf() } else { library.to_path_buf() }
}

fn is_of_libraries(folder: &Path) -> bool {
    let named = |part: Component<'_>| part.as_os_str().to_string_lossy().starts_with("lib");
    folder.components().any(named)
}
