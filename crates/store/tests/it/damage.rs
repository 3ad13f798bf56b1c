//! Flipped and missing bytes, forged files, newer formats.

use std::sync::Arc;

use store::format::{SEGMENT_HEADER_LEN, SegmentHeader, StoreHeader};
use store::{BlobHash, Error, ErrorKind, Memory, Reader, Store, Vfs, copy_verified, verify};

use crate::support::{bodies, namespace, open, options, transaction, with_blob};

/// A log of three segments, one ended, one recovered and one whose writer still lives, and two blobs.
fn small_log() -> Vec<(String, Vec<u8>)> {
    let disk = Memory::new();
    let store = open(&disk);
    let blob = store.put_blob_as("table", &[1; 300]).unwrap();
    store.append(&with_blob(1, b"one", blob)).unwrap();
    store.append(&transaction(2, b"two")).unwrap();
    store.put_blob(b"named by no record").unwrap();
    store.close().unwrap();
    let store = open(&disk);
    store.append(&transaction(3, b"three")).unwrap();
    let disk = image(&disk.files());
    drop(store);
    let store = open(&disk);
    store.append(&transaction(4, b"four")).unwrap();
    store.append(&transaction(5, b"five")).unwrap();
    let files = disk.files();
    drop(store);
    files
}

fn image(files: &[(String, Vec<u8>)]) -> Memory {
    let disk = Memory::new();
    for (path, bytes) in files {
        disk.insert(path, bytes.clone());
    }
    disk
}

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
    assert_eq!((verified.segment_count, verified.blob_count, verified.last_seq), (3, 2, 6));
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
            "LOCK" => assert_eq!(answer.unwrap().last_seq, 6),
            "FORMAT" => assert_eq!(answer, Err((ErrorKind::NoStore, Some(path.clone())))),
            // Nothing follows the last segment that could miss it.
            "log/00000000000000000003.seg" => assert_eq!(answer.unwrap().last_seq, 4),
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

/// Writes `bytes` with a format number or an incompatible flag from the future and a checksum that holds.
fn from_the_future(mut bytes: Vec<u8>, header_len: usize, offset: usize) -> Vec<u8> {
    bytes[offset] += 1;
    let crc = crc(&bytes[..header_len - 4]).to_le_bytes();
    bytes[header_len - 4..header_len].copy_from_slice(&crc);
    bytes
}

/// CRC32C bit by bit (RFC 3720, appendix B.4): a second opinion on the checksums.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn a_newer_format_is_refused_with_nothing_written() {
    let files = small_log();
    let (format, flags) = (8, 24);
    for (path, bytes) in files.iter().filter(|(path, _)| path == "FORMAT" || path.starts_with("log/")) {
        let header_len = if path == "FORMAT" { 64 } else { SEGMENT_HEADER_LEN };
        for offset in [format, flags] {
            let disk = image(&files);
            disk.insert(path, from_the_future(bytes.clone(), header_len, offset));
            let before = disk.files();
            let error = Store::open(Arc::new(disk.clone()), options()).map(drop).unwrap_err();
            assert_eq!(
                (error.kind(), error.file()),
                (ErrorKind::UnsupportedFormat, Some(path.as_str())),
                "{error}"
            );
            assert_eq!(verify(&disk).unwrap_err().kind(), ErrorKind::UnsupportedFormat);
            assert_eq!(
                Reader::open(Arc::new(disk.clone())).map(drop).unwrap_err().kind(),
                ErrorKind::UnsupportedFormat
            );
            assert_eq!(disk.files(), before);
        }
    }
}

#[test]
fn headers_have_the_documented_bytes() {
    let format = StoreHeader { store_id: [0xab; 16] }.encode();
    assert_eq!(&format[..12], b"LUMENST1\x01\0\0\0");
    assert_eq!(format[32..48], [0xab; 16]);
    assert_eq!((format.len(), format[60..].to_vec()), (64, crc(&format[..60]).to_le_bytes().to_vec()));
    let header = SegmentHeader {
        store_id: [0xab; 16],
        number: 2,
        first_seq: 3,
        salt: 4,
        start_time_ns: 5,
        previous_len: 6,
        previous_hash: [7; 32],
    };
    let bytes = header.encode();
    assert_eq!(&bytes[..8], b"LUMENSG1");
    for (word, offset) in (2u64..).zip((48..88).step_by(8)) {
        assert_eq!(bytes[offset..offset + 8], word.to_le_bytes(), "at {offset}");
    }
    assert_eq!(bytes[88..120], [7; 32]);
    assert!(bytes[120..4092].iter().all(|byte| *byte == 0));
    assert_eq!(SegmentHeader::decode(&bytes, 2).unwrap(), header);
}

#[test]
fn a_copy_is_whole_checked_and_goes_on() {
    let files = small_log();
    let from = image(&files);
    let to = Memory::new();
    copy_verified(&from, &to).unwrap();
    let (original, copy) = (verify(&from).unwrap(), verify(&to).unwrap());
    assert_eq!((copy.last_seq, copy.blob_count), (original.last_seq, original.blob_count));
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
