//! A small document with every kind of entry, the world it runs in, and what a disk holds afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use recorder::history::History;
use recorder::program::{Loader, Program, Settings, compile};
use recorder::run::{self, Finished, Request};
use recorder::verify::Verdict;
use recorder::world::{Silent, World};
use store::{Durability, Options, Reader, Store};
use testkit::disk::{FaultyDisk, Survival};

/// Reads, writes, makes a folder, asks the clock, changes its state, is refused that, prints, and holds values that
/// stand inline and as blobs.
const DOCUMENT: &str = "---
inputs: {data: {file: d.txt}}
---

```lumen steps
record Noted(what: String)
state sizes: map[String, Int]
let text = read_text(inputs.data)
let size = len(text)
let noted = upsert
  sizes[\"read\"] = size
  because Noted(what: \"size\")
end
print(\"read\", size)
write_text(\"out.txt\", text + \"!\")
let at = timestamp()
mkdir(\"made\")
let refused = upsert
  sizes[\"read\"] -= 1
  where sizes[\"read\"] < 0
  because Noted(what: \"less\")
end
let grown = upsert
  sizes[\"read\"] += 1
  where sizes[\"read\"] > 0
  because Noted(what: \"more\")
end
let copy = read_text(\"out.txt\")
let total = sizes[\"read\"] - 1 + len(copy)
```

In total `{lumen} total` characters, of which `{lumen} size` are the input's.
";

const GRANTS: [&str; 8] = [
    "state name \"sizes\"",
    "clock",
    "fs.read path \"out.txt\"",
    "fs.write path \"out.txt\"",
    "fs.write path \"made\"",
    "fs.write path \"net.lmt\"",
    "fs.write path \"net.lmt.rq\"",
    "fs.read path \"net.lmt\"",
];

pub fn request() -> Request {
    Request { grants: GRANTS.map(str::to_owned).to_vec(), ..Request::default() }
}

pub fn program() -> Program {
    program_of(DOCUMENT)
}

pub fn program_of(document: &str) -> Program {
    struct Table<'a>(&'a str);
    impl Loader for Table<'_> {
        fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
            Ok((path == "a.lm.md").then(|| self.0.as_bytes().to_vec()))
        }
    }
    let settings = Settings { grants: request().grants, ..Settings::default() };
    let program = compile("a.lm.md", &mut Table(document), &settings).expect("the document is read");
    let found: Vec<String> =
        program.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    assert!(!program.has_errors(), "{found:?}");
    program
}

/// Options whose clock counts and whose entropy is constant: equal runs write equal bytes.
pub fn options(level: Durability) -> Options {
    let clock = AtomicU64::new(1_000);
    let mut options = Options::new(move || clock.fetch_add(10, Ordering::Relaxed), || [7; 16]);
    options.segment_bytes_min = 8 << 10;
    options.durability(level)
}

/// Files and a clock that outlive a process. Holds every effect against what the disk would still have if the power
/// went off at that moment.
pub struct Scene {
    files: BTreeMap<String, Vec<u8>>,
    /// What was asked of the world, in order.
    pub asked: Vec<String>,
    disk: FaultyDisk,
    /// How many effects of the log were complete when this process began.
    known: usize,
    /// The place behind the last act among what was asked.
    acts_end: usize,
}

impl Scene {
    pub fn new(disk: &FaultyDisk) -> Scene {
        let text = "Sphinx of black quartz, judge my vow. ".repeat(150).into_bytes();
        Scene {
            files: BTreeMap::from([("d.txt".to_owned(), text)]),
            asked: Vec::new(),
            disk: disk.clone(),
            known: 0,
            acts_end: 0,
        }
    }

    /// The same world for the process that goes on with `disk`.
    pub fn go_on(&self, disk: &FaultyDisk) -> Scene {
        Scene {
            files: self.files.clone(),
            asked: Vec::new(),
            disk: disk.clone(),
            known: complete(disk).map_or(0, |history| outcomes(&history)),
            acts_end: 0,
        }
    }

    /// How many outcomes must be on disk now: those of a log that was gone on with, and all up to the last act that
    /// the program was told of. It was told of all but the last effect.
    pub fn told(&self) -> usize {
        self.known + self.acts_end.min(self.asked.len().saturating_sub(1))
    }

    /// What a file holds now.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    fn ask(&mut self, what: String, acts: bool) {
        if acts {
            let history = complete(&self.disk.after_crash(Survival::Synced)).expect("an act has a log");
            let (found, before) = (outcomes(&history), self.known + self.asked.len());
            assert!(found >= before, "{what}: {found} outcomes of {before} are on disk before the act");
            let promised = history.effects.last().map(|effect| effect.intent.request.to_string());
            assert!(
                promised.as_ref().is_some_and(|p| p.contains(&what)),
                "{what}: the disk holds {promised:?}"
            );
            self.acts_end = self.asked.len() + 1;
        }
        self.asked.push(what);
    }
}

impl World for Scene {
    fn read_file(&mut self, path: &str) -> Result<Vec<u8>, String> {
        self.ask(format!("\"read\":\"{path}\""), false);
        self.files.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }

    fn write_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), String> {
        self.ask(format!("\"write\":\"{path}\""), true);
        self.files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn make_directory(&mut self, path: &str) -> Result<(), String> {
        self.ask(format!("\"mkdir\":\"{path}\""), true);
        Ok(())
    }

    fn now(&mut self) -> i64 {
        self.ask("\"now\"".to_owned(), false);
        1_700_000_000_000_000
    }

    fn exists(&mut self, _path: &str) -> bool {
        unreachable!("the document does not ask")
    }

    fn glob(&mut self, _pattern: &str) -> Result<Vec<String>, String> {
        unreachable!("the document does not ask")
    }

    fn resolve(&mut self, path: &str) -> String {
        path.to_owned()
    }

    fn ticks(&mut self) -> i64 {
        unreachable!("the document does not ask")
    }

    fn sleep(&mut self, _ms: i64) {
        unreachable!("the document does not ask")
    }

    fn entropy(&mut self, _count: usize) -> Vec<u8> {
        unreachable!("the document does not ask")
    }

    fn environment(&mut self, _name: &str) -> Option<String> {
        unreachable!("the document does not ask")
    }

    fn read_line(&mut self) -> Result<Option<String>, String> {
        unreachable!("the document does not ask")
    }

    fn execute(&mut self, _program: &str, _args: &[String]) -> Result<Vec<u8>, String> {
        unreachable!("the document does not ask")
    }
}

/// What a log tells once a writer settled its end; `None` where no run began. The disk itself stays as it is.
pub fn complete(disk: &FaultyDisk) -> Option<History> {
    let disk = disk.after_crash(Survival::Everything);
    Store::open(Arc::new(disk.clone()), options(Durability::Durable)).ok()?.close().expect("the log ends");
    History::read(Reader::open(Arc::new(disk)).expect("the log is read")).ok()
}

pub fn outcomes(history: &History) -> usize {
    history.effects.iter().filter(|effect| effect.outcome.is_some()).count()
}

pub fn start(program: &Program, scene: &mut Scene, level: Durability) -> recorder::Result<Finished> {
    let disk = Arc::new(scene.disk.clone());
    run::start(program, &request(), disk, options(level), None, None, scene, &mut Silent)?.close()
}

pub fn resume(scene: &mut Scene) -> recorder::Result<Finished> {
    let disk = Arc::new(scene.disk.clone());
    run::resume(disk, false, options(Durability::Durable), scene, &mut Silent)?.close()
}

pub fn verify(disk: &FaultyDisk) -> recorder::Result<Verdict> {
    recorder::verify::verify(Arc::new(disk.clone()), None, None, None, &mut Silent)
}
