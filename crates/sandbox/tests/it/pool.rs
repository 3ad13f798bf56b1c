//! Forked workers: sealed like any other, apart from each other, in bounded number.

use crate::host::{Echo, evaluated, level, options, run, value};
use sandbox::{Applicant, Blob, Bounds, Canceller, Cell, ErrorKind, Level, Pool, StartErrorKind};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

fn pool(workers: usize, level: Level) -> Pool {
    let bounds = Bounds { workers, memory_bytes: 8 << 30 };
    Pool::start(&options(level), bounds, None).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_forked_worker_is_sealed_and_knows_nothing_of_others() {
    for level in [Level::Strict, Level::Standard].into_iter().filter(|level| evaluated(*level)) {
        let pool = pool(2, level);
        let mut first = pool.worker(1, PATIENCE).expect("a worker");
        assert_eq!(value(&mut first, "x = 41\nx + 1"), json!(42));
        let mut second = pool.worker(1, PATIENCE).expect("a worker");
        assert_eq!(run(&mut second, "x").error.expect("unset").data["type"], "NameError");
        for code in [
            "import os\nos.fork()",
            "import os\nos.kill(os.getppid(), 9)",
            "import socket\nsocket.socket()",
            "import os, sys\nos.execv(sys.executable, ['python'])",
        ] {
            assert_eq!(
                run(&mut second, code).error.expect("refused").data["type"],
                "PermissionError",
                "{code}"
            );
        }
        assert!(run(&mut second, "open('/tmp/note', 'w')").error.is_some());
        let code = "import os\nopen_ones = []\nfor number in range(64):\n    try:\n        os.fstat(number)\n    except OSError:\n        continue\n    open_ones.append(number)\nopen_ones";
        assert_eq!(value(&mut second, code), json!([0, 1, 2, 3]));
    }
}

#[test]
fn a_dead_worker_is_reaped_and_harms_no_other() {
    let pool = pool(2, level());
    let mut victim = pool.worker(1, PATIENCE).expect("a worker");
    let mut other = pool.worker(1, PATIENCE).expect("a worker");
    let failure = run(&mut victim, "import os\nos.chroot('/')").error.expect("killed");
    assert_eq!(failure.kind, ErrorKind::SandboxViolation);
    drop(victim);
    let mut victim = pool.worker(1, PATIENCE).expect("a worker");
    let failure = run(&mut victim, "import os\nos._exit(7)").error.expect("it ended");
    assert_eq!((failure.kind, &failure.data["exit"]), (ErrorKind::WorkerDied, &json!(7)));
    assert_eq!(value(&mut other, "1 + 1"), json!(2));
}

#[test]
fn places_are_bounded_and_come_back() {
    let pool = pool(1, level());
    for number in 0..5 {
        let mut worker = pool.worker(1, PATIENCE).expect("a worker");
        assert_eq!(value(&mut worker, &format!("{number} * 2")), json!(number * 2));
        let refused = pool.worker(2, Duration::from_millis(10)).err().expect("no place");
        assert_eq!(refused.kind, ErrorKind::Admission);
    }
    let bounds = Bounds { workers: 8, memory_bytes: 1 << 20 };
    let error = Pool::start(&options(level()), bounds, None).err().expect("no place at all");
    assert_eq!(error.kind(), StartErrorKind::Limits);
}

/// A worker that is waited for does not stand in the queue behind those that wait for it.
#[test]
fn a_level_has_places_that_the_levels_below_cannot_take() {
    let pool = pool(1, level());
    let applicant = |level| Applicant { run: 1, level };
    let canceller = || Canceller::new().expect("a descriptor");
    let brief = Duration::from_millis(10);
    let mut held: Vec<_> = (0..4)
        .map(|level| pool.worker_for(applicant(level), PATIENCE, canceller()).expect("its own place"))
        .collect();
    for (level, worker) in held.iter_mut().enumerate() {
        assert_eq!(value(worker, &format!("{level}")), json!(level));
    }
    for level in 0..4 {
        let refused = pool.worker_for(applicant(level), brief, canceller()).err().expect("it is held");
        assert_eq!(refused.kind, ErrorKind::Admission, "level {level}");
    }
    held.remove(2);
    assert!(pool.worker_for(applicant(2), PATIENCE, canceller()).is_ok());
    let refused = pool.worker_for(applicant(1), brief, canceller()).err().expect("it is held");
    assert_eq!(refused.kind, ErrorKind::Admission);
}

#[test]
fn who_waits_for_a_worker_can_be_cancelled_and_leaves_the_queue() {
    let pool = pool(1, level());
    let held = pool.worker(1, PATIENCE).expect("a worker");
    let canceller = Canceller::new().expect("a descriptor");
    let applicant = Applicant { run: 1, level: 0 };
    let day = Duration::from_secs(24 * 3600);
    let ended = std::thread::scope(|scope| {
        let waits = scope.spawn(|| pool.worker_for(applicant, day, canceller.clone()).err());
        canceller.cancel();
        waits.join().expect("no panic")
    });
    assert_eq!(ended.map(|failure| failure.kind), Some(ErrorKind::Cancelled));
    // One that was cancelled before is none that waits, place or no place.
    drop(held);
    let refused = pool.worker_for(applicant, day, canceller).err().map(|failure| failure.kind);
    assert_eq!(refused, Some(ErrorKind::Cancelled));
    assert!(pool.worker(1, PATIENCE).is_ok(), "nobody stands before this one");
}

#[test]
fn heavy_cells_share_a_bounded_memory() {
    // Four places of 512 MiB in 2 GiB; each third cell asks for more than its own and dies with `memory`.
    let bounds = Bounds { workers: 64, memory_bytes: 2 << 30 };
    let pool = Pool::start(&options(level()), bounds, None).unwrap_or_else(|error| panic!("{error}"));
    let (living, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ended = std::thread::scope(|scope| {
        let (pool, living, most) = (&pool, &living, &most);
        let one = |number: u64| {
            scope.spawn(move || {
                let mut worker = pool.worker(number % 3, PATIENCE).expect("a worker");
                most.fetch_max(living.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let size = if number.is_multiple_of(3) { 1u64 << 30 } else { 64 << 20 };
                let code = format!("kept = bytearray({size})\nlen(kept)");
                let cell = Cell { code: &code, seed: "00" };
                let outcome = worker.exec(&cell, &mut Echo::default()).expect("it runs");
                living.fetch_sub(1, Ordering::SeqCst);
                drop(worker);
                outcome.error.map(|failure| failure.kind)
            })
        };
        let threads: Vec<_> = (0..64).map(one).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
    });
    for (number, ended) in ended.into_iter().enumerate() {
        assert_eq!(ended, (number % 3 == 0).then_some(ErrorKind::Memory), "cell {number}");
    }
    // Counted between a worker's start and its end, so that what overlaps here overlapped there.
    let most = most.into_inner();
    assert!(most <= 4, "{most} workers at a time");
}

#[test]
fn one_place_is_never_taken_twice() {
    let pool = pool(1, level());
    let living = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..16 {
            let (pool, living) = (&pool, &living);
            scope.spawn(move || {
                let mut worker = pool.worker(number % 4, PATIENCE).expect("a worker");
                assert_eq!(living.fetch_add(1, Ordering::SeqCst), 0, "two workers in one place");
                assert_eq!(value(&mut worker, &format!("{number} + 1")), json!(number + 1));
                living.fetch_sub(1, Ordering::SeqCst);
                drop(worker);
            });
        }
    });
}

#[test]
fn a_context_is_decoded_once_for_all() {
    let bounds = Bounds { workers: 2, memory_bytes: 4 << 30 };
    let blob = Blob::new("é\n".repeat(1000).as_bytes()).expect("memory");
    let pool = Pool::start(&options(level()), bounds, Some(&blob)).unwrap_or_else(|error| panic!("{error}"));
    let mut worker = pool.worker(1, PATIENCE).expect("a worker");
    let listed = worker.list_vars().expect("a list");
    assert_eq!(
        listed.iter().find(|one| one.name == "context").map(|one| one.type_name.as_str()),
        Some("str")
    );
    assert_eq!(value(&mut worker, "len(ctx), len(context)"), json!([3000, 2000]));
}
