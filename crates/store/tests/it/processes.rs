//! Real files: a writer that is killed, and readers beside a writer.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, Stdio};

use store::{BlobHash, Directory, Durability, Reader, Store, verify};

use crate::support::{bodies, namespace, options, transaction};

const DIRECTORY: &str = "STORE_TEST_DIRECTORY";

/// The child of the test below: appends for ever and says what was acknowledged. Does nothing by itself.
#[test]
fn writer_until_killed() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let store = Store::open_dir(directory, options()).unwrap();
    store.register(&namespace()).unwrap();
    let mut out = std::io::stdout();
    for number in bodies(store.scan(0)).len() as u128.. {
        let blob = store.put_blob_as("number", &number.to_le_bytes()).unwrap();
        let mut sent = transaction(number + 1, format!("body {number}").as_bytes());
        sent.blobs.push(blob);
        store.append(&sent).unwrap();
        writeln!(out, "acknowledged {number}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn what_a_killed_process_acknowledged_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 1..=4usize {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::writer_until_killed", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines.map(Result::unwrap).filter(|line| line.starts_with("acknowledged"));
        acknowledged += told.take(10 * round + 3).count();
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();

        let store = Store::open_dir(directory.path(), options()).unwrap();
        assert_eq!(store.recoveries().len(), round);
        store.register(&namespace()).unwrap();
        let found = bodies(store.scan(0));
        assert!(found.len() >= acknowledged, "{} of {acknowledged}", found.len());
        for (number, body) in found.iter().enumerate() {
            assert_eq!(*body, format!("body {number}").into_bytes());
        }
        acknowledged = found.len();
        store.close().unwrap();
        // It may have died between a blob and the record that was to name it.
        let next = BlobHash::of(&(acknowledged as u128).to_le_bytes());
        let unnamed = u64::from(directory.path().join(next.path()).exists());
        let blob_count = verify(&Directory::new(directory.path())).unwrap().blob_count;
        assert_eq!(blob_count, acknowledged as u64 + unnamed);
    }
}

#[test]
fn strange_neighbours_and_deep_directories_are_fine() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("a/b/c");
    Store::open_dir(&deep, options()).unwrap().close().unwrap();
    let name = std::ffi::OsString::from_vec(vec![b'x', 0xff]);
    std::fs::write(deep.join(&name), "not ours").unwrap();
    std::fs::write(deep.join("log/notes.txt"), "not ours").unwrap();
    std::fs::create_dir(deep.join("blobs/zz")).unwrap();
    let store = Store::open_dir(&deep, options()).unwrap();
    store.register(&namespace()).unwrap();
    store.close().unwrap();
    assert_eq!(verify(&Directory::new(&deep)).unwrap().end.last_seq, 1);
    assert!(deep.join(&name).exists());
}

#[test]
fn readers_beside_a_writer_see_a_growing_first_part() {
    let directory = tempfile::tempdir().unwrap();
    let options = options().durability(Durability::Buffered { sync_after_ms: 0 });
    let store = Store::open_dir(directory.path(), options).unwrap();
    store.register(&namespace()).unwrap();
    let count = 400;
    let body = |number: usize| vec![number as u8; (number * 37) % 900];
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..count {
                store.append(&transaction(number as u128 + 1, &body(number))).unwrap();
            }
        });
        let mut last = 0;
        while last < count || !writer.is_finished() {
            let reader = Reader::open_dir(directory.path()).unwrap();
            let found = bodies(reader.scan(0));
            assert!(found.len() >= last);
            for (number, found) in found.iter().enumerate().skip(last) {
                assert_eq!(*found, body(number));
            }
            last = found.len();
        }
    });
}

#[test]
fn a_child_in_its_start_does_not_keep_the_writers_lock() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_dir(directory.path(), options()).unwrap();
    let _child = testkit::open_files::held_by_a_child(&directory.path().join("LOCK"));
    drop(store);
    Store::open_dir(directory.path(), options()).unwrap();
}
