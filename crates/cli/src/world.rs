//! The operating system as the recorder's world.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use recorder::model::{Call, Models};
use recorder::program::Loader;
use recorder::python::Pools;
use recorder::tool::Provider;
use recorder::world::{Cancel, Request, Work, World};

use crate::neighbour::Neighbour;
use crate::process;
use crate::terminal::{Failure, reason};
use crate::tool::Tools;
use crate::web;

/// Files beyond this are refused before they are read.
pub const FILE_BYTES_MAX: u64 = 4 << 30;
/// A document or source beyond this is something else by mistake.
const SOURCE_BYTES_MAX: u64 = 16 << 20;
/// A line of a CSV file beyond this has lost its line ends; the file is not read on.
const LINE_BYTES_MAX: usize = 64 << 20;
/// Files are read in pieces of this size, so that what is refused is not read whole.
const PIECE_BYTES: usize = 1 << 20;

/// Effects for real.
pub struct System {
    started: Instant,
    tools: Tools,
    /// Through which a client ends the run; then standard input is that client's too.
    client: Option<Cancel>,
    models: Option<Models>,
    python: Option<Arc<Pools>>,
}

/// What runs Python cells: the interpreter that `LUMEN_PYTHON` names, else `python3` on the path.
pub fn python() -> Arc<Pools> {
    Arc::new(Pools::new(&python_name()))
}

/// The interpreter where nothing else is said: what `LUMEN_PYTHON` names, else `python3` on the path.
pub fn python_name() -> String {
    let named = std::env::var("LUMEN_PYTHON").ok().filter(|name| !name.is_empty());
    named.unwrap_or_else(|| "python3".to_string())
}

impl System {
    #[expect(clippy::disallowed_methods, reason = "the recorder's effects end here")]
    pub fn new() -> System {
        System { started: Instant::now(), tools: Tools::default(), client: None, models: None, python: None }
    }

    /// The world of a run that a client of `lumen serve` may end. It has no standard input: the client writes there.
    pub fn for_client(end: Cancel) -> System {
        System { client: Some(end), ..System::new() }
    }

    /// The same world, whose models somebody answers for.
    pub fn answering(self, models: Option<Models>) -> System {
        System { models, ..self }
    }
}

/// Reads a file whole, within bounds.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    read_within(path, FILE_BYTES_MAX, usize::MAX)
}

/// Reads a file of at most `len_max` bytes whose lines have at most `line_max`; stops at the first that is longer.
fn read_within(path: &Path, len_max: u64, line_max: usize) -> Result<Vec<u8>, String> {
    let mut file = std::fs::File::open(path).map_err(|e| reason(&e))?;
    let meta = file.metadata().map_err(|e| reason(&e))?;
    if meta.is_dir() {
        return Err("it is a folder".to_string());
    }
    let too_large = |len: u64| {
        format!("expected at most {len_max} bytes, found {len}; give a part of it, or another file")
    };
    if meta.len() > len_max {
        return Err(too_large(meta.len()));
    }
    let mut bytes = Vec::with_capacity(meta.len().min(PIECE_BYTES as u64) as usize);
    let (mut line, mut line_start) = (1, 0);
    loop {
        let before = bytes.len();
        let read = Read::by_ref(&mut file)
            .take(PIECE_BYTES as u64)
            .read_to_end(&mut bytes)
            .map_err(|e| reason(&e))?;
        if read == 0 {
            return Ok(bytes);
        }
        // What is no regular file has no length to ask for.
        if bytes.len() as u64 > len_max {
            return Err(too_large(bytes.len() as u64));
        }
        if line_max < usize::MAX {
            for (at, _) in bytes.iter().enumerate().skip(before).filter(|(_, byte)| **byte == b'\n') {
                line += 1;
                line_start = at + 1;
            }
            if bytes.len() - line_start > line_max {
                return Err(format!(
                    "line {line}, which starts at byte {line_start}: expected a line end within {line_max} bytes, \
                     found none; look whether it is a CSV file, with line ends"
                ));
            }
        }
    }
}

/// Whether a path says that its file is a table of lines.
fn has_lines(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.ends_with(".csv") || path.ends_with(".tsv")
}

/// Replaces a file's content: a neighbour, synced, then a rename. What is no regular file, such as a device, is
/// written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        let opened = std::fs::File::options().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(bytes)).map_err(|e| reason(&e));
    }
    Neighbour::write(path, bytes).and_then(Neighbour::take_place).map_err(|e| reason(&e))
}

/// The same for a verb that ends there if it fails.
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write(path, bytes).map_err(|why| Failure::storage(format!("cannot write `{}`: {why}", path.display())))
}

/// Reads a file that the command line names.
pub fn read_named(path: &str) -> Result<Vec<u8>, Failure> {
    read(Path::new(path)).map_err(|why| Failure::usage(format!("cannot read `{path}`: {why}")).code("E0701"))
}

impl World for System {
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let line_max = if has_lines(path) { LINE_BYTES_MAX } else { usize::MAX };
        read_within(Path::new(path), FILE_BYTES_MAX, line_max)
    }

    fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), String> {
        write(Path::new(path), bytes)
    }

    fn exists(&mut self, path: &str) -> bool {
        Path::new(path).exists()
    }

    fn glob(&mut self, pattern: &str) -> Result<Vec<String>, String> {
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        if folder.contains(['*', '?']) {
            return Err("wildcards stand in the last part of a pattern only".to_string());
        }
        let dir = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(|e| reason(&e))? {
            let entry = entry.map_err(|e| reason(&e))?;
            let file = entry.file_name().to_string_lossy().to_string();
            if recorder::grant::matches(name, &file) {
                found.push(if folder.is_empty() { file } else { format!("{folder}/{file}") });
            }
        }
        found.sort();
        Ok(found)
    }

    fn make_directory(&mut self, path: &str) -> Result<(), String> {
        std::fs::create_dir_all(path).map_err(|e| reason(&e))
    }

    fn remove(&mut self, path: &str) -> Result<(), String> {
        // A link is removed, not what it leads to.
        let is_folder = std::fs::symlink_metadata(path).map_err(|e| reason(&e))?.is_dir();
        let removed = if is_folder { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
        removed.map_err(|e| reason(&e))
    }

    fn resolve(&mut self, path: &str) -> String {
        let path = if path.is_empty() { "." } else { path };
        let mut known = PathBuf::from(path);
        let mut rest: Vec<std::ffi::OsString> = Vec::new();
        loop {
            if let Ok(real) = known.canonicalize() {
                let mut real = real;
                real.extend(rest.iter().rev());
                return real.to_string_lossy().to_string();
            }
            match known.file_name().map(std::ffi::OsStr::to_os_string) {
                Some(name) => {
                    rest.push(name);
                    known.pop();
                    if known.as_os_str().is_empty() {
                        known.push(".");
                    }
                }
                None => return path.to_string(),
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the recorder's effects end here")]
    fn now(&mut self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros() as i64)
    }

    fn ticks(&mut self) -> i64 {
        self.started.elapsed().as_nanos() as i64
    }

    #[expect(clippy::disallowed_methods, reason = "the recorder's effects end here")]
    fn sleep(&mut self, ms: i64) {
        std::thread::sleep(Duration::from_millis(ms.max(0) as u64));
    }

    fn entropy(&mut self, count: usize) -> Vec<u8> {
        entropy(count)
    }

    fn environment(&mut self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn interruption(&self) -> Option<Cancel> {
        self.client.clone()
    }

    fn read_line(&mut self) -> Result<Option<String>, String> {
        if self.client.is_some() {
            return Err(
                "standard input carries the protocol of `lumen serve`, and no lines for programs".to_string()
            );
        }
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).map_err(|e| reason(&e))?;
        Ok((read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_string()))
    }

    fn execute(&mut self, program: &str, args: &[String]) -> Result<Vec<u8>, String> {
        process::execution(program, args)(&Cancel::default()).map_err(|failed| failed.why)
    }

    fn execution(&mut self, program: &str, args: &[String]) -> Option<Work> {
        Some(process::execution(program, args))
    }

    fn tool(&mut self, provider: &Provider, arguments: &str) -> Option<Work> {
        Some(self.tools.call(provider, arguments))
    }

    fn http(&mut self, request: Request) -> Option<Work> {
        Some(web::request(request))
    }

    fn model(&mut self, call: Call) -> Option<Work> {
        self.models.as_ref().map(|models| models.work(call))
    }

    fn models(&mut self) -> Option<Models> {
        self.models.clone()
    }

    fn python(&mut self) -> Option<Arc<Pools>> {
        Some(Arc::clone(self.python.get_or_insert_with(python)))
    }

    fn keeps_time(&self) -> bool {
        true
    }
}

/// Random bytes of the operating system.
pub fn entropy(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty()) {
            Ok(n) => filled += n,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
    }
    bytes
}

/// Where the generators of a run without a `seed` start.
pub fn fresh_entropy() -> u64 {
    u64::from_le_bytes(entropy(8).try_into().unwrap_or_default())
}

/// Nanoseconds since 1970, for the log's records.
#[expect(clippy::disallowed_methods, reason = "the log's clock starts here")]
pub fn clock_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64)
}

/// Seconds since 1970, for the records of evidence.
pub fn seconds() -> u64 {
    clock_ns() / 1_000_000_000
}

/// Sources from the file system.
pub struct Files;

impl Loader for Files {
    fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let path = Path::new(path);
        if !path.exists() {
            return Ok(None);
        }
        read_within(path, SOURCE_BYTES_MAX, usize::MAX).map(Some)
    }

    fn exists(&mut self, path: &str) -> bool {
        Path::new(path).exists()
    }
}
