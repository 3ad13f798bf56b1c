//! Who shares a sync. The disk holds one back until the others are queued, so nothing here depends on time.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::memory::Memory;

/// Memory whose next sync of a file waits, once armed, until the log has sequenced so many requests.
struct Gate {
    memory: Memory,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    armed: AtomicBool,
    sync_count: AtomicU64,
    sequenced: AtomicU64,
    until: u64,
}

impl Vfs for Gate {
    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.memory.create_dir(path)
    }

    fn open(&self, path: &str, mode: OpenMode) -> io::Result<Box<dyn VfsFile>> {
        Ok(Box::new(GateFile { file: self.memory.open(path, mode)?, held: Arc::clone(&self.held) }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.memory.rename(from, to)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.memory.remove(path)
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        self.memory.list(path)
    }

    fn sync_dir(&self, path: &str) -> io::Result<()> {
        self.memory.sync_dir(path)
    }

    fn try_lock(&self, path: &str) -> io::Result<Option<Box<dyn VfsFile>>> {
        self.memory.try_lock(path)
    }
}

struct GateFile {
    file: Box<dyn VfsFile>,
    held: Arc<Held>,
}

impl VfsFile for GateFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn sync(&self) -> io::Result<()> {
        self.held.sync_count.fetch_add(1, Ordering::SeqCst);
        if self.held.armed.swap(false, Ordering::SeqCst) {
            while self.held.sequenced.load(Ordering::SeqCst) < self.held.until {
                std::thread::yield_now();
            }
        }
        self.file.sync()
    }
}

/// Sequences a record of these entries.
fn sequence(log: &Log, kind: u8, entries: &[u8]) -> u64 {
    let draft = |_: &Index| {
        Ok(Draft {
            kind,
            entries: entries.into(),
            graph_entries: Default::default(),
            ids: &[],
            naming: Naming::Bytes,
            effect: Effect::None,
            answer: Answer::Committed(0..0),
        })
    };
    log.sequence(&Request { ids: &[], hash: [0; 16], draft: &draft }).unwrap().seq
}

#[test]
fn requests_that_arrive_during_a_sync_share_the_next_one() {
    const FOLLOWERS: u64 = 7;
    let held = Arc::new(Held { until: FOLLOWERS + 2, ..Held::default() });
    let gate = Gate { memory: Memory::new(), held: Arc::clone(&held) };
    let options = Options::new(|| 1, || [1; 16]);
    let log = Log::open(Arc::new(gate), options, Index::default(), None).unwrap();
    let append = || {
        let seq = sequence(&log, kind::TXN, &[]);
        log.finish(seq).unwrap();
        seq
    };
    assert_eq!(append(), 1);
    held.sync_count.store(0, Ordering::SeqCst);
    held.armed.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        // The leader: its sync waits for everybody else's request.
        scope.spawn(append);
        while held.armed.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        for _ in 0..FOLLOWERS {
            scope.spawn(append);
        }
        while log.lock().index.last_seq < FOLLOWERS + 2 {
            std::thread::yield_now();
        }
        assert_eq!(log.lock().durable, 1, "nobody was acknowledged yet");
        held.sequenced.store(FOLLOWERS + 2, Ordering::SeqCst);
    });
    assert_eq!(log.lock().durable, FOLLOWERS + 2);
    assert_eq!(held.sync_count.load(Ordering::SeqCst), 2, "the leader's sync and one for all others");
}

#[test]
fn a_segment_keeps_room_for_its_mark_and_end() {
    let memory = Memory::new();
    let mut options = Options::new(|| 1, || [1; 16]);
    options.segment_bytes_min = 8192;
    options.segment_bytes_max = options.segment_bytes_min;
    let log = Log::open(Arc::new(memory.clone()), options, Index::default(), None).unwrap();
    for len in 0..200 {
        let entries = vec![0; len];
        let seq = sequence(&log, kind::NAMESPACE, &entries);
        log.finish(seq).unwrap();
    }
    log.close().unwrap();
    let sizes: Vec<usize> = memory.files().iter().map(|(_, bytes)| bytes.len()).collect();
    assert!(sizes.iter().all(|len| *len <= 8192), "{sizes:?}");
    assert!(sizes.len() > 5, "{sizes:?}");
}
