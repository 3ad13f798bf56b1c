//! Appending, reading back, and what is refused.

use std::sync::{Arc, Mutex};

use store::{
    BlobHash, BlobRef, Body, Create, Directory, Durability, ErrorKind, Kind, Memory, Namespace, OpenMode,
    Reader, Store, Transaction, Vfs,
};
use testkit::disk::{Call, Watched};

use crate::support::{bodies, entry, namespace, open, open_with, options, read, transaction, with_blob};

#[test]
fn what_was_appended_is_scanned_in_order_after_reopening() {
    let disk = Memory::new();
    let store = open(&disk);
    for number in 0..50u128 {
        let commit = store.append(&transaction(number + 1, format!("body {number}").as_bytes())).unwrap();
        // Seq 1 is the namespace.
        assert_eq!((commit.seq, commit.repeated), (number as u64 + 2, false));
    }
    let live = bodies(store.scan(0));
    assert_eq!(live.len(), 50);
    store.close().unwrap();

    let reader = Reader::open(Arc::new(disk.clone())).unwrap();
    assert_eq!(bodies(reader.scan(0)), live);
    assert_eq!(bodies(reader.scan(51)), [b"body 49"]);
    assert_eq!(reader.find(7), Some(8));
    assert_eq!(reader.namespaces(), [namespace()]);

    let store = open(&disk);
    assert_eq!(store.last_seq(), 51, "a known namespace is not logged again");
    assert_eq!(store.append(&transaction(100, b"after")).unwrap().seq, 52);
    assert_eq!(store.recoveries(), []);
}

#[test]
fn records_carry_ids_parents_blobs_and_ascending_times() {
    let disk = Memory::new();
    let store = open(&disk);
    let blob = store.put_blob_as("table", &[3; 100_000]).unwrap();
    let mut sent = with_blob(5, b"outcome", blob.clone());
    sent.clients[0].parent = 4;
    sent.clients.push(entry(0, b""));
    store.append(&sent).unwrap();
    store.append(&transaction(6, b"x")).unwrap();
    let records: Vec<_> = store.scan(2).map(Result::unwrap).collect();
    let Body::Transaction { clients, blobs, .. } = &records[0].body else { panic!("{records:?}") };
    assert_eq!((clients, blobs), (&sent.clients, &sent.blobs));
    assert!(records[0].time_ns < records[1].time_ns);
    assert_eq!(
        records[0].position.offset + records[0].len_bytes + 32,
        records[1].position.offset,
        "one MARK between"
    );
    assert_eq!(store.get_blob(&blob.hash).unwrap(), vec![3; 100_000]);
}

#[test]
fn a_known_id_has_no_second_effect_and_no_other_meaning() {
    let disk = Memory::new();
    let store = open(&disk);
    let first = store.append(&transaction(9, b"once")).unwrap();
    let len = read(&disk, "log/00000000000000000001.seg");
    let again = store.append(&transaction(9, b"once")).unwrap();
    assert_eq!((again.seq, again.repeated), (first.seq, true));
    let kind = |transaction: &Transaction| store.append(transaction).unwrap_err().kind();
    assert_eq!(kind(&transaction(9, b"other")), ErrorKind::IntentReused);
    let half_known = Transaction { clients: vec![entry(9, b"once"), entry(10, b"new")], blobs: vec![] };
    assert_eq!(kind(&half_known), ErrorKind::IntentReused);
    assert_eq!(read(&disk, "log/00000000000000000001.seg"), len, "nothing was written");
    drop(store);
    let store = open(&disk);
    assert!(store.append(&transaction(9, b"once")).unwrap().repeated, "also after reopening");
    assert_eq!(kind_of(&store, 9), ErrorKind::IntentReused);
}

fn kind_of(store: &Store, id: u128) -> ErrorKind {
    store.append(&transaction(id, b"different")).unwrap_err().kind()
}

#[test]
fn malformed_requests_cost_no_byte() {
    let disk = Memory::new();
    let store = open(&disk);
    let before = disk.files();
    let refused = |transaction: &Transaction| store.append(transaction).unwrap_err().kind();
    assert_eq!(refused(&Transaction::default()), ErrorKind::Malformed);
    assert_eq!(refused(&transaction(1, &[0; (64 << 10) + 1])), ErrorKind::LimitExceeded);
    let twice = Transaction { clients: vec![entry(1, b"a"), entry(1, b"a")], blobs: vec![] };
    assert_eq!(refused(&twice), ErrorKind::Malformed);
    let nowhere = BlobRef { hash: BlobHash::of(b"x"), size_bytes: 1, role: "r".to_owned() };
    assert_eq!(refused(&with_blob(1, b"", nowhere)), ErrorKind::Malformed);
    let mut unknown = transaction(1, b"");
    unknown.clients[0].kind = 77;
    assert_eq!(refused(&unknown), ErrorKind::UnknownKind);
    unknown.clients[0].namespace.0 = 2;
    assert_eq!(refused(&unknown), ErrorKind::UnknownKind);
    let many =
        Transaction { clients: (0..300).map(|id| entry(id + 1, &[1; 60_000])).collect(), blobs: vec![] };
    assert_eq!(refused(&many), ErrorKind::LimitExceeded);
    assert_eq!(disk.files(), before);
}

#[test]
fn records_of_every_size_roll_segments_over() {
    let disk = Memory::new();
    let store = open(&disk);
    let bodies_sent: Vec<Vec<u8>> = (0..40usize).map(|n| vec![n as u8; (n * 1_601) % (64 << 10)]).collect();
    for (id, body) in (1u128..).zip(&bodies_sent) {
        store.append(&transaction(id, body)).unwrap();
    }
    let large =
        Transaction { clients: (0..200).map(|id| entry(1_000 + id, &[9; 60_000])).collect(), blobs: vec![] };
    store.append(&large).unwrap();
    drop(store);
    let verified = store::verify(&disk).unwrap();
    assert!(verified.end.segment_count > 5, "{verified:?}");
    assert_eq!(verified.record_count, 42);
    let reader = Reader::open(Arc::new(disk)).unwrap();
    let read = bodies(reader.scan(1));
    assert_eq!(read[..40], bodies_sent);
    assert_eq!(read.len(), 240);
}

#[test]
fn a_second_writer_is_told_who_holds_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let first = Store::open_dir(directory.path(), options()).unwrap();
    let error = Store::open_dir(directory.path(), options()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert_eq!(error.holder_pid(), Some(std::process::id()));
    drop(first);
    Store::open_dir(directory.path(), options()).unwrap();
}

#[test]
fn a_small_store_on_disk_is_small() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_dir(directory.path(), options()).unwrap();
    store.register(&namespace()).unwrap();
    store.append(&transaction(1, b"hello")).unwrap();
    store.close().unwrap();
    let verified = store::verify(&Directory::new(directory.path())).unwrap();
    assert!(verified.size_bytes < 5_000, "{verified:?}");
}

#[test]
fn options_say_whether_a_store_is_created() {
    let disk: Arc<Memory> = Arc::default();
    let open =
        |create| Store::open(disk.clone(), options().create(create)).map(drop).map_err(|error| error.kind());
    assert_eq!(open(Create::Never), Err(ErrorKind::NoStore));
    assert_eq!(disk.files(), []);
    assert_eq!(open(Create::New), Ok(()));
    assert_eq!(open(Create::New), Err(ErrorKind::StoreExists));
    assert_eq!(open(Create::Never), Ok(()));
    assert_eq!(Reader::open(Arc::new(Memory::new())).map(drop).unwrap_err().kind(), ErrorKind::NoStore);
}

#[test]
fn a_namespace_grows_but_never_changes() {
    let disk = Memory::new();
    let store = open(&disk);
    let mut grown = namespace();
    grown.kinds.push(Kind { number: 3, name: "end".to_owned(), version: 1, must_understand: true });
    let id = store.register(&grown).unwrap();
    let seq = store.last_seq();
    assert_eq!(store.register(&namespace()).unwrap(), id);
    assert_eq!(store.last_seq(), seq, "fewer kinds log nothing");
    assert_eq!(store.namespaces(), [grown.clone()]);
    let mut changed = namespace();
    changed.kinds[0].name = "begin".to_owned();
    assert_eq!(store.register(&changed).unwrap_err().kind(), ErrorKind::Malformed);
    drop(store);

    let store = open(&disk);
    let error = store.append(&transaction(1, b"")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKind, "kind 3 must be understood: {error}");
    store.register(&grown).unwrap();
    store.append(&transaction(1, b"")).unwrap();
    let other = Namespace { name: "call".to_owned(), kinds: vec![] };
    assert_eq!(store.register(&other).unwrap().0, 2);
}

#[test]
fn threads_share_the_log_without_losing_or_doubling() {
    for durability in [Durability::Durable, Durability::Buffered { sync_after_ms: 1 }, Durability::Memory] {
        let disk = Memory::new();
        let store = open_with(&disk, options().durability(durability));
        std::thread::scope(|scope| {
            for thread in 0..4u128 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..100u128 {
                        let id = thread * 1_000 + number + 1;
                        let commit = store.append(&transaction(id, &id.to_le_bytes())).unwrap();
                        assert_eq!(store.find(id), Some(commit.seq));
                    }
                });
            }
        });
        store.wait_durable(401).unwrap();
        assert_eq!(store.durable_seq(), 401);
        assert_eq!(store.wait_durable(402).unwrap_err().kind(), ErrorKind::NotFound);
        store.close().unwrap();
        let mut ids: Vec<u128> = bodies(Reader::open(Arc::new(disk)).unwrap().scan(0))
            .iter()
            .map(|body| u128::from_le_bytes(body.as_slice().try_into().unwrap()))
            .collect();
        ids.sort_unstable();
        let sent: Vec<u128> =
            (0..4).flat_map(|thread| (1..=100).map(move |number| thread * 1_000 + number)).collect();
        assert_eq!(ids, sent);
    }
}

#[test]
fn a_reader_sees_the_log_of_a_live_writer() {
    let disk = Memory::new();
    let store = open(&disk);
    for id in 1..=20 {
        store.append(&transaction(id, b"live")).unwrap();
        assert_eq!(Reader::open(Arc::new(disk.clone())).unwrap().last_seq(), store.last_seq());
    }
}

/// An END stands only behind what is on disk. It is made sure itself before anything is built on it: the next segment,
/// or a checkpoint that names it, and before anybody is told that the log ends there. Who only looks writes nothing.
#[test]
fn a_closed_log_is_copied_when_it_goes_on() {
    let disk = Memory::new();
    let store = open(&disk);
    store.append(&transaction(1, b"first")).unwrap();
    store.close().unwrap();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&calls);
    let watched: Arc<dyn Vfs> = Arc::new(Watched::new(disk, move |path, call| {
        let writes =
            matches!(call, Call::Write(_) | Call::Rename | Call::Open(OpenMode::Create | OpenMode::Write));
        if path.starts_with("log/") && writes {
            note.lock().unwrap().push((path.to_owned(), call));
        }
    }));
    let copied = |calls: &[(String, Call)]| {
        let first = "log/00000000000000000001.seg.tmp";
        calls.iter().position(|(path, call)| path == first && *call == Call::Rename)
    };
    let session = || {
        let store = Store::open(Arc::clone(&watched), options()).unwrap();
        store.register(&namespace()).unwrap();
        store
    };
    let store = session();
    assert_eq!(bodies(store.scan(0)), [b"first"]);
    store.wait_durable(store.last_seq()).unwrap();
    drop(store);
    assert_eq!(*calls.lock().unwrap(), [], "nothing was asked for");

    session().close().unwrap();
    assert_eq!(copied(&calls.lock().unwrap()), Some(2), "{calls:?}");
    assert_eq!(calls.lock().unwrap().len(), 3, "a copy, and no segment");
    calls.lock().unwrap().clear();

    let store = session();
    store.checkpoint().unwrap();
    assert_eq!(copied(&calls.lock().unwrap()), Some(2), "{calls:?}");
    store.checkpoint().unwrap();
    store.append(&transaction(2, b"second")).unwrap();
    assert_eq!(copied(&calls.lock().unwrap()[3..]), None, "once");
    store.close().unwrap();
    calls.lock().unwrap().clear();

    let store = session();
    store.append(&transaction(3, b"third")).unwrap();
    let calls = calls.lock().unwrap();
    let at = |path: &str| calls.iter().position(|(of, call)| of == path && *call == Call::Rename);
    let (copied, begun) = (at("log/00000000000000000002.seg.tmp"), at("log/00000000000000000003.seg.tmp"));
    assert!(copied.is_some() && copied < begun, "{calls:?}");
}
