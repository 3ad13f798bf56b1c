//! Flipped, cut and missing bytes.

use std::sync::Arc;

use store::format::SEGMENT_HEADER_LEN;
use store::{BlobHash, Error, ErrorKind, Memory, Reader, Store, Vfs, copy_verified, verify};

use crate::support::{bodies, image, namespace, open, options, small_log, transaction};

/// The segments with fewer padding bytes: a second pass over zeros teaches nothing.
fn with_short_tail(mut files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    for (path, bytes) in &mut files {
        if path.ends_with(".seg") {
            let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
            bytes.truncate(bytes.len().min(end.next_multiple_of(8) + 64));
        }
    }
    files
}

#[test]
fn every_flipped_byte_of_every_file_is_found() {
    let files = with_short_tail(small_log());
    let verified = verify(&image(&files)).unwrap();
    assert_eq!((verified.end.segment_count, verified.blob_count, verified.end.last_seq), (3, 2, 6));
    assert_eq!((verified.recoveries.len(), verified.torn), (1, None));
    assert_eq!(files.len(), 7, "FORMAT, LOCK, segments, blobs");
    for at in 0..files.len() {
        let (path, bytes) = &files[at];
        for offset in 0..bytes.len() {
            for mask in [0x01, 0x80] {
                let disk = image(&files[..at]);
                for (path, bytes) in &files[at + 1..] {
                    disk.insert(path, bytes.clone());
                }
                let mut damaged = bytes.clone();
                damaged[offset] ^= mask;
                disk.insert(path, damaged);
                found(&disk, path, offset as u64, bytes.len() as u64);
            }
        }
    }
}

fn found(disk: &Memory, path: &str, flipped: u64, len: u64) {
    let context = format!("{path} byte {flipped}");
    match verify(disk) {
        Err(error) => {
            assert!(
                matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::BlobDamaged),
                "{context}: {error}"
            );
            assert_eq!(error.file(), Some(path), "{context}: {error}");
            if error.kind() == ErrorKind::Corrupt {
                // The place is the structure that holds the byte: a header, or the record from `offset` on.
                let offset = error.offset().unwrap_or_else(|| panic!("{context}: {error}"));
                let distance = flipped.checked_sub(offset).unwrap_or_else(|| panic!("{context}: {error}"));
                assert!(distance < SEGMENT_HEADER_LEN as u64, "{context}: {error}");
            }
        }
        Ok(verified) => {
            let torn = verified.torn.unwrap_or_else(|| panic!("{context} was not found"));
            assert_eq!(store::format::segment_path(torn.segment), path, "{context}: {torn:?}");
            let last_mark = len - 64 - 32;
            assert!(torn.offset >= last_mark && torn.offset <= flipped, "{context}: {torn:?} hides a record");
        }
    }
}

/// A closed log has nothing that was not acknowledged: damage before its END is never taken for a torn tail, not
/// even in a record of bookkeeping that repeats a seq.
#[test]
fn no_flipped_byte_of_a_closed_log_is_dropped_as_torn() {
    let disk = Memory::new();
    let store = open(&disk);
    store.append(&transaction(1, b"one")).unwrap();
    store.close().unwrap();
    let files = disk.files();
    let (path, bytes) = files.iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    for offset in 0..bytes.len() - 32 {
        let mut damaged = bytes.clone();
        damaged[offset] ^= 0x10;
        let disk = image(&files);
        disk.insert(path, damaged);
        let error = Store::open(Arc::new(disk), options()).map(drop).unwrap_err();
        assert_eq!((error.kind(), error.segment()), (ErrorKind::Corrupt, Some(1)), "byte {offset}: {error}");
    }
}

/// Cut anywhere, a log is its longest whole first part, or an error; never fewer records, never others.
#[test]
fn a_log_cut_at_every_byte_is_a_first_part_or_an_error() {
    let disk = Memory::new();
    let store = open(&disk);
    for id in 1..=12u128 {
        store.append(&transaction(id, &[id as u8; 40])).unwrap();
    }
    let ends: Vec<u64> = store.scan(2).map(Result::unwrap).map(|r| r.position.offset + r.len_bytes).collect();
    store.close().unwrap();
    let files = disk.files();
    let (path, bytes) = files.iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    for len in 0..bytes.len() {
        let disk = image(&files);
        disk.insert(path, bytes[..len].to_vec());
        match Store::open(Arc::new(disk.clone()), options()) {
            Ok(store) => {
                let whole = ends.iter().filter(|end| **end <= len as u64).count();
                assert_eq!(bodies(store.scan(0)).len(), whole, "cut to {len}");
                store.register(&namespace()).unwrap();
                store.append(&transaction(99, b"on")).unwrap();
            }
            Err(error) => {
                assert!(len < SEGMENT_HEADER_LEN, "cut to {len}: {error}");
                assert_eq!((error.kind(), error.segment()), (ErrorKind::Corrupt, Some(1)));
            }
        }
    }
}

#[test]
fn damage_to_what_was_acknowledged_is_refused_with_nothing_written() {
    let files = small_log();
    let disk = image(&files);
    let offset = {
        let reader = Reader::open(Arc::new(disk.clone())).unwrap();
        let record = reader.scan(5).next().unwrap().unwrap();
        assert_eq!(record.position.segment, 3);
        record.position.offset
    };
    let (path, mut bytes) = files.iter().find(|(path, _)| path.ends_with("03.seg")).unwrap().clone();
    bytes[offset as usize + 40] ^= 4;
    disk.insert(&path, bytes);
    let before = disk.files();
    let check = |error: Error| {
        let place = (error.kind(), error.segment(), error.offset(), error.seq());
        assert_eq!(place, (ErrorKind::Corrupt, Some(3), Some(offset), Some(5)), "{error}");
    };
    check(Store::open(Arc::new(disk.clone()), options()).map(drop).unwrap_err());
    check(Reader::open(Arc::new(disk.clone())).map(drop).unwrap_err());
    check(verify(&disk).unwrap_err());
    assert_eq!(disk.files(), before);
}

#[test]
fn a_missing_file_is_named() {
    let files = small_log();
    for (path, _) in &files {
        let disk = image(&files);
        disk.remove(path).unwrap();
        let answer = verify(&disk).map_err(|error| (error.kind(), error.file().map(str::to_owned)));
        let unnamed = BlobHash::of(b"named by no record").path();
        match path.as_str() {
            "LOCK" => assert_eq!(answer.unwrap().end.last_seq, 6),
            "FORMAT" => assert_eq!(answer, Err((ErrorKind::NoStore, Some(path.clone())))),
            // Nothing follows the last segment that could miss it.
            "log/00000000000000000003.seg" => assert_eq!(answer.unwrap().end.last_seq, 4),
            blob if blob == unnamed => {
                assert_eq!(answer.unwrap().blob_count, 1)
            }
            blob if blob.starts_with("blobs/") => {
                assert_eq!(answer, Err((ErrorKind::BlobDamaged, Some(path.clone()))));
            }
            _ => assert_eq!(answer, Err((ErrorKind::Corrupt, Some(path.clone())))),
        }
    }
}

#[test]
fn a_damaged_blob_is_refused_by_name_and_mended_by_putting_it_again() {
    let disk = Memory::new();
    let store = open(&disk);
    let hash = store.put_blob(&[8; 5_000]).unwrap();
    drop(store);
    disk.insert(&hash.path(), vec![8; 4_999]);
    let store = open(&disk);
    let error = store.get_blob(&hash).unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::BlobDamaged, Some(hash.path().as_str())));
    assert_eq!(store.put_blob(&[8; 5_000]).unwrap(), hash);
    assert_eq!(store.get_blob(&hash).unwrap(), [8; 5_000]);
    let absent = BlobHash::of(b"absent");
    assert_eq!(store.get_blob(&absent).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_copy_is_whole_checked_and_goes_on() {
    let files = small_log();
    let from = image(&files);
    let to = Memory::new();
    copy_verified(&from, &to).unwrap();
    let (original, copy) = (verify(&from).unwrap(), verify(&to).unwrap());
    assert_eq!((copy.end, copy.blob_count), (original.end, original.blob_count));
    assert_eq!(copy_verified(&from, &to).unwrap_err().kind(), ErrorKind::StoreExists);
    let store = open(&to);
    assert_eq!(bodies(store.scan(0)).len(), 5);
    store.append(&transaction(50, b"in the copy")).unwrap();

    let (path, mut bytes) = files.iter().find(|(path, _)| path.starts_with("blobs/")).unwrap().clone();
    bytes[0] ^= 1;
    from.insert(&path, bytes);
    let nowhere = Memory::new();
    assert_eq!(copy_verified(&from, &nowhere).unwrap_err().kind(), ErrorKind::BlobDamaged);
    assert_eq!(verify(&nowhere).unwrap_err().kind(), ErrorKind::NoStore);
}
