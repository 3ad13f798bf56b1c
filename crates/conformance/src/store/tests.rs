use super::*;

fn entry(packet: &str) -> Entry {
    Entry { packet: packet.into(), ..Entry::default() }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store")).expect("a store");
    (folder, store)
}

#[test]
fn objects_come_back_and_altered_ones_do_not() {
    let (_folder, store) = store();
    let digest = store.put(b"evidence").expect("stored");
    assert_eq!(store.get(&digest).expect("read").as_deref(), Some(&b"evidence"[..]));
    assert_eq!(store.get(&"0".repeat(64)).expect("read"), None);
    fs::write(store.object_path(&digest), b"Evidence").expect("altered");
    assert!(matches!(store.get(&digest), Err(StoreError::Damaged(_))));
}

#[test]
fn a_path_that_git_tracks_is_refused() {
    let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("store-of-a-test");
    assert!(matches!(Store::open(&inside), Err(StoreError::Tracked(_))));
    assert!(!inside.exists());
}

#[test]
fn a_torn_line_is_cut_and_a_damaged_chain_takes_no_row() {
    let (_folder, store) = store();
    store.append(vec![entry("A"), entry("B")], None).expect("rows");
    let path = store.ledger_path();
    let whole = fs::read_to_string(&path).expect("the ledger");
    fs::write(&path, format!("{whole}{{\"ledger\":1,")).expect("torn");
    let head = store.append(vec![entry("C")], None).expect("rows").expect("a head");
    assert_eq!(head.seq, 3);
    let whole = fs::read_to_string(&path).expect("the ledger");
    assert_eq!(whole.lines().count(), 3);
    fs::write(&path, whole.replacen("\"packet\":\"A\"", "\"packet\":\"Z\"", 1)).expect("edited");
    assert!(matches!(store.append(vec![entry("D")], None), Err(StoreError::Damaged(_))));
}

#[test]
fn a_new_store_continues_the_lock_s_head() {
    let (_folder, store) = store();
    let head = Head { seq: 41, hash: "ab".repeat(32) };
    let next = store.append(vec![entry("A")], Some(&head)).expect("rows").expect("a head");
    assert_eq!(next.seq, 42);
    assert_eq!(store.append(vec![entry("B")], Some(&head)).expect("rows").expect("a head").seq, 43);
}

#[test]
fn a_stamp_is_the_civil_time() {
    // By `date -u -d @N`.
    for (seconds, stamped) in
        [(0, "19700101T000000Z"), (951_827_696, "20000229T123456Z"), (1_795_279_999, "20261121T165319Z")]
    {
        assert_eq!(stamp(seconds), stamped);
    }
}
