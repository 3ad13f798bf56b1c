//! The bytes of `docs/formats/log.md`, written here by hand.

use std::num::NonZeroUsize;
use std::sync::Arc;

use plan::{DeltaSpec, Expr, FieldType, PageRef, Query, UpsertPlan, Value};
use store::format::{SEGMENT_HEADER_LEN, SegmentHeader, StoreHeader};
use store::{Body, Edit, ErrorKind, GraphEdit, Memory, Outcome, Reader, Store, verify};

use crate::support::{bodies, image, open, options, small_log, transaction, with_blob};

/// CRC32C bit by bit (RFC 3720, appendix B.4): a second opinion on the checksums.
pub fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, step)
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
    assert_eq!(&bytes[..12], b"LUMENSG1\x01\0\0\0");
    assert_eq!(bytes[32..48], [0xab; 16]);
    for (word, offset) in (2u64..).zip((48..88).step_by(8)) {
        assert_eq!(bytes[offset..offset + 8], word.to_le_bytes(), "at {offset}");
    }
    assert_eq!(bytes[88..120], [7; 32]);
    assert!(bytes[120..4092].iter().all(|byte| *byte == 0));
    assert_eq!(bytes[4092..], crc(&bytes[..4092]).to_le_bytes());
    assert_eq!(SegmentHeader::decode(&bytes, 2).unwrap(), header);
}

/// A record of version 1.
fn record(salt: u32, kind: u8, seq: u64, durable_upto: u64, entries: &[u8]) -> Vec<u8> {
    versioned(salt, [kind, 1], seq, durable_upto, entries)
}

/// A record by hand: the CRC over everything but itself, zeros up to a multiple of 8.
fn versioned(salt: u32, [kind, version]: [u8; 2], seq: u64, durable_upto: u64, entries: &[u8]) -> Vec<u8> {
    let mut rest = salt.to_le_bytes().to_vec();
    rest.extend_from_slice(&[kind, version, 0, 0]);
    rest.extend_from_slice(&seq.to_le_bytes());
    rest.extend_from_slice(&durable_upto.to_le_bytes());
    rest.extend_from_slice(entries);
    let len = (rest.len() as u32 + 8).to_le_bytes();
    let crc = crc(&[&len, rest.as_slice()].concat()).to_le_bytes();
    let mut bytes = [&len, &crc, rest.as_slice()].concat();
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

#[test]
fn records_have_the_documented_bytes() {
    let disk = Memory::new();
    let store = open(&disk);
    let mut first = transaction(5, b"hello");
    first.clients[0].parent = 3;
    store.append(&first).unwrap();
    let blob = store.put_blob_as("table", b"content").unwrap();
    store.append(&with_blob(0, b"", blob.clone())).unwrap();
    let times: Vec<u64> = store.scan(1).map(|record| record.unwrap().time_ns).collect();
    store.close().unwrap();

    let (_, segment) = disk.files().into_iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    let header = SegmentHeader::decode(&segment, 1).unwrap();
    let salt = header.salt as u32;
    let namespace =
        [&[13, 23, 1, 3][..], b"run", &[2, 1, 1, 0, 5], b"start", &[2, 1, 0, 7], b"outcome"].concat();
    let five = 5u128.to_le_bytes();
    let three = 3u128.to_le_bytes();
    let hello = [&[9, 41, 1, 1, 1, 3][..], &five, &three, b"hello"].concat();
    let table = [&[9, 4, 1, 1, 1, 0, 10, 38][..], &blob.hash.0, &[7], b"table"].concat();
    let time = |step: u64| [12, 1, u8::try_from(step).unwrap()];
    let by_hand = [
        header.encode(),
        record(salt, 4, 1, 0, &[&namespace[..1], &[namespace.len() as u8 - 2], &namespace[2..]].concat()),
        record(salt, 131, 1, 1, &[]),
        record(salt, 1, 2, 1, &[&hello[..], &time(times[1] - header.start_time_ns)].concat()),
        record(salt, 131, 2, 2, &[]),
        record(salt, 1, 3, 2, &[&table[..], &time(times[2] - times[1])].concat()),
        record(salt, 131, 3, 3, &[]),
        record(salt, 132, 3, 3, &[]),
    ]
    .concat();
    assert_eq!(segment, by_hand);
}

/// Writes `bytes` with a format number or an incompatible flag from the future and a checksum that holds.
fn from_the_future(mut bytes: Vec<u8>, header_len: usize, offset: usize) -> Vec<u8> {
    bytes[offset] += 1;
    let crc = crc(&bytes[..header_len - 4]).to_le_bytes();
    bytes[header_len - 4..header_len].copy_from_slice(&crc);
    bytes
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
            refused(&disk, path);
        }
    }
}

/// Every kind, version, flag and entry that this format does not have, in a record whose checksum holds.
#[test]
fn a_newer_record_is_refused_with_nothing_written() {
    let disk = Memory::new();
    open(&disk).close().unwrap();
    let files = disk.files();
    let (path, segment) = files.iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    let salt = SegmentHeader::decode(segment, 1).unwrap().salt as u32;
    let end = segment.len() - 32;
    let time = [12, 1, 1];
    let mut newer = Vec::new();
    for kind in (0..=255u8).filter(|kind| ![1, 2, 3, 4, 128, 130, 131, 132].contains(kind)) {
        let seq = if kind < 128 { 2 } else { 1 };
        newer.push(record(salt, kind, seq, 1, &time));
    }
    for tag in (0..=255u8).filter(|tag| !matches!(tag, 1..=12 | 16 | 18 | 19)) {
        // Behind TIME the order is wrong before the tag is unknown; every other one stands first.
        newer.push(record(salt, 1, 2, 1, &[&[tag, 0][..], if tag < 12 { &time } else { &[] }].concat()));
    }
    for newer in newer {
        let seq = u64::from(newer[16]);
        let disk = image(&files);
        disk.insert(path, [&segment[..end], &newer, &record(salt, 131, seq, seq, &[])].concat());
        refused(&disk, path);
    }
}

fn refused(disk: &Memory, path: &str) {
    let before = disk.files();
    let error = Store::open(Arc::new(disk.clone()), options()).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.file()), (ErrorKind::UnsupportedFormat, Some(path)), "{error}");
    assert_eq!(verify(disk).unwrap_err().kind(), ErrorKind::UnsupportedFormat);
    assert_eq!(
        Reader::open(Arc::new(disk.clone())).map(drop).unwrap_err().kind(),
        ErrorKind::UnsupportedFormat
    );
    assert_eq!(disk.files(), before);
}

/// Bytes that hold their checksums and break another rule. Only a faulty writer makes them; none may be shown.
#[test]
fn a_well_summed_record_that_breaks_the_order_is_corrupt() {
    let disk = Memory::new();
    let store = open(&disk);
    store.append(&transaction(7, b"first")).unwrap();
    store.close().unwrap();
    let files = disk.files();
    let (path, segment) = files.iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    let salt = SegmentHeader::decode(segment, 1).unwrap().salt as u32;
    let end = segment.len() - 32;
    let client = |namespace: u8, id: u128| {
        let entries = [&[9, 20, namespace, 1, 1, 1][..], &id.to_le_bytes(), &[12, 1, 1]].concat();
        record(salt, 1, 3, 2, &entries)
    };
    let check = |record: Vec<u8>, expected: Option<ErrorKind>| {
        let disk = image(&files);
        disk.insert(path, [&segment[..end], &record].concat());
        let found = Store::open(Arc::new(disk), options()).map(drop).map_err(|error| {
            assert_eq!((error.segment(), error.offset()), (Some(1), Some(end as u64)), "{error}");
            error.kind()
        });
        assert_eq!(found.err(), expected);
    };
    check(client(1, 8), None);
    check(client(1, 7), Some(ErrorKind::Corrupt));
    check(client(2, 8), Some(ErrorKind::Corrupt));
    let time = [12, 1, 1];
    check(record(salt, 1, 4, 2, &time), Some(ErrorKind::Corrupt));
    check(record(salt, 1, 2, 2, &time), Some(ErrorKind::Corrupt));
    check(record(salt, 1, 3, 1, &time), Some(ErrorKind::Corrupt));
    check(record(salt, 1, 3, 4, &time), Some(ErrorKind::Corrupt));
    check(record(salt, 131, 3, 3, &[]), Some(ErrorKind::Corrupt));
    check(record(salt, 1, 3, 2, &[]), Some(ErrorKind::Corrupt));
    check(record(salt, 1, 3, 2, &[12, 1, 0]), Some(ErrorKind::Corrupt));
    check(record(salt, 1, 3, 2, &[12, 2, 0x81, 0]), Some(ErrorKind::Corrupt));
    check(record(salt, 130, 2, 2, &[14, 3, 1, 1, 1]), Some(ErrorKind::Corrupt));
}

#[test]
fn equal_requests_write_equal_bytes() {
    let write = || {
        let disk = Memory::new();
        let store = open(&disk);
        for id in 1..=20 {
            store.append(&transaction(id, &[id as u8; 500])).unwrap();
        }
        assert_eq!(bodies(store.scan(0)).len(), 20);
        drop(store);
        disk.files()
    };
    assert_eq!(write(), write());
}

/// A node that may lag stands in a GRAPH of version 2, and a watermark behind the time.
#[test]
fn what_lags_has_the_documented_bytes() {
    let disk = Memory::new();
    let store = crate::pages::open(&disk);
    store.derive().register("f@1", |parents| Ok(parents[0].to_vec()));
    crate::pages::commit(&store, (0..3).map(|number| Edit::create(number, 1, None)).collect());
    let before = store.scan(1).next().unwrap().unwrap();
    let node = |page, parents, stale, asynchronous| GraphEdit::Derive {
        page,
        function: "f@1".to_owned(),
        parents,
        stale,
        asynchronous,
    };
    store.derive().edit(&[node(2, vec![1], vec![], true), node(3, vec![1, 2], vec![1], false)]).unwrap();
    crate::pages::commit(&store, vec![Edit::write(1, 0, [9])]);
    store.derive().work(NonZeroUsize::MIN).unwrap();
    let times: Vec<u64> = store.scan(1).map(|record| record.unwrap().time_ns).collect();
    store.close().unwrap();

    let (path, segment) = disk.files().into_iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    let salt = SegmentHeader::decode(&segment, 1).unwrap().salt as u32;
    let time = |at: usize| [12, 1, u8::try_from(times[at] - times[at - 1]).unwrap()];
    let slow = [&[18, 9, 2, 3][..], b"f@1", &[1, 1, 1, 0]].concat();
    let lazy = [&[18, 11, 3, 3][..], b"f@1", &[2, 1, 2, 0, 1, 1]].concat();
    let made = |page: u8| [&[8, 8, 3][..], b"f@1", &[page, 3, 2, 9]].concat();
    let graph = versioned(salt, [3, 2], 2, 1, &[&time(1)[..], &slow, &lazy].concat());
    let write = record(salt, 1, 3, 2, &[&[4, 4, 1, 2, 2, 9][..], &time(2)].concat());
    let worked = [&made(2)[..], &made(3), &time(3), &[19, 2, 2, 1]].concat();
    let worked = record(salt, 1, 4, 3, &worked);
    let mark = |seq: u64| record(salt, 131, seq, seq, &[]);
    let start = (before.position.offset + before.len_bytes) as usize + 32;
    let by_hand = [&graph[..], &mark(2), &write, &mark(3), &worked, &mark(4), &record(salt, 132, 4, 4, &[])];
    assert_eq!(segment[start..], by_hand.concat());

    let reads = |records: &[&[u8]]| {
        let disk = image(&disk.files());
        disk.insert(&path, [&segment[..start], &records.concat()].concat());
        Reader::open(Arc::new(disk)).map(drop).map_err(|error| error.kind()).err()
    };
    let step = [12, 1, 1];
    let told =
        |seq: u64, watermark: [u8; 4]| record(salt, 1, seq, seq - 1, &[&step[..], &watermark].concat());
    assert_eq!(reads(&[&graph, &write, &told(4, [19, 2, 2, 1]), &mark(4)]), None);
    // In a GRAPH of version 1 no page lags.
    let older = record(salt, 3, 2, 1, &[&step[..], &slow].concat());
    assert_eq!(reads(&[&older, &mark(2)]), Some(ErrorKind::Corrupt));
    // Neither asynchronous nor stale in a form that says one of them; more than a yes; a stale page that is no parent.
    for end in [&[0, 0][..], &[2, 0], &[0, 1, 2]] {
        let entry = [&[18, 7 + end.len() as u8, 2, 3][..], b"f@1", &[1, 1], end].concat();
        let graph = versioned(salt, [3, 2], 2, 1, &[&step[..], &entry].concat());
        assert_eq!(reads(&[&graph, &mark(2)]), Some(ErrorKind::Corrupt), "{end:?}");
    }
    // Of a page that never lags, of the beginning, and of two pages out of order.
    for watermark in [[19, 2, 1, 1], [19, 2, 2, 4]] {
        assert_eq!(reads(&[&graph, &write, &told(4, watermark), &mark(4)]), Some(ErrorKind::Corrupt));
    }
    let crossed = record(salt, 1, 4, 3, &[&step[..], &[19, 2, 3, 1], &[19, 2, 2, 1]].concat());
    assert_eq!(reads(&[&graph, &write, &crossed, &mark(4)]), Some(ErrorKind::Corrupt));
    // A watermark goes on, and never back to where it was: after the write at seq 5 it is 4.
    let again = record(salt, 1, 5, 4, &[&[4, 4, 1, 2, 2, 7][..], &step].concat());
    for (age, expected) in [(1, None), (2, Some(ErrorKind::Corrupt))] {
        let records = [&graph[..], &write, &worked, &again, &told(6, [19, 2, 2, age]), &mark(6)];
        assert_eq!(reads(&records), expected, "age {age}");
    }
}

/// A plan that its record tells has no REQUEST there, under version 2; version 1 has it always. Both are read, and
/// both know the plan when it comes again.
#[test]
fn a_told_plan_is_known_with_and_without_its_hash() {
    let disk = Memory::new();
    let store = crate::pages::open(&disk);
    crate::pages::commit(&store, vec![Edit::create(0, 16, None)]);
    store.close().unwrap();
    let files = disk.files();
    let (path, segment) = files.iter().find(|(path, _)| path.ends_with(".seg")).unwrap();
    let salt = SegmentHeader::decode(segment, 1).unwrap().salt as u32;
    let end = segment.len() - 32;
    let plan = told_plan();
    let hash = plan.hash().unwrap();
    let intent = plan.intent.encode().unwrap();
    let intent = [&[1, intent.len() as u8], intent.as_slice()].concat();
    // WRITE: page 1, age 1, one run at 3 of four bytes; TIME: 1.
    let entries = [&intent[..], &[4, 10, 1, 1, 0, 1, 3, 4], b"abcd", &[12, 1, 1]].concat();
    let named = [&entries[..], &[16, 16], &hash.0].concat();
    for (version, entries) in [(1, &named), (2, &entries)] {
        let disk = image(&files);
        let record = versioned(salt, [1, version], 2, 1, entries);
        disk.insert(path, [&segment[..end], &record].concat());
        let store = crate::pages::open(&disk);
        let Body::Transaction { decision, .. } = store.scan(2).next().unwrap().unwrap().body else {
            panic!()
        };
        assert_eq!(decision.unwrap().plan, hash, "version {version}");
        assert_eq!(store.query().snapshot().expect_page(1).unwrap().bytes()[..8], *b"\0\0\0abcd\0");
        let again = store.upsert().submit(&plan).unwrap();
        assert!(matches!(again, Outcome::Committed { seq: 2, repeated: true, .. }), "{again:?}");
        let other = UpsertPlan {
            deltas: [plan.deltas.clone(), vec![DeltaSpec::Delete { page: 1 }]].concat(),
            ..plan.clone()
        };
        assert!(store.upsert().submit(&other).is_err());
    }
    // What neither version has is of another format.
    for (version, entries) in [(1, &entries), (2, &named), (3, &entries)] {
        let disk = image(&files);
        disk.insert(path, [&segment[..end], &versioned(salt, [1, version], 2, 1, entries)].concat());
        let kind = Store::open(Arc::new(disk), options()).map(drop).unwrap_err().kind();
        let expected = if version == 1 { ErrorKind::Corrupt } else { ErrorKind::UnsupportedFormat };
        assert_eq!(kind, expected, "version {version}");
    }
    // The same record by the crate itself.
    let disk = image(&files);
    let store = crate::pages::open(&disk);
    let seq = store.upsert().submit(&plan).unwrap().seq();
    let record = store.scan(seq).next().unwrap().unwrap();
    assert!(record.len_bytes <= 96, "{} bytes", record.len_bytes);
    store.close().unwrap();
    let store = crate::pages::open(&disk);
    assert!(matches!(store.upsert().submit(&plan).unwrap(), Outcome::Committed { repeated: true, .. }));
    let other = UpsertPlan { intent: plan::Intent { id: 2, ..plan.intent.clone() }, ..plan.clone() };
    assert!(matches!(store.upsert().submit(&other).unwrap(), Outcome::Committed { repeated: false, .. }));
    // Values that touch are one in the record, and an unnamed page is not in it at all: such plans keep their hash.
    let write = |offset, bytes: &[u8]| DeltaSpec::Write {
        page: PageRef::Existing(1),
        offset,
        field_type: FieldType::Bytes(bytes.len() as u32),
        value: Expr::Constant(Value::Bytes(bytes.to_vec())),
    };
    let touching = UpsertPlan { deltas: vec![write(0, b"ab"), write(2, b"cd")], ..plan.clone() };
    let wider = UpsertPlan { query: Query { pages: vec![1, 7], ..Query::default() }, ..plan.clone() };
    for (id, mut plan) in [(3, touching), (4, wider)] {
        plan.intent.id = id;
        let seq = store.upsert().submit(&plan).unwrap().seq();
        let Body::Transaction { decision, .. } = store.scan(seq).next().unwrap().unwrap().body else {
            panic!()
        };
        assert_eq!(decision.unwrap().plan, plan.hash().unwrap());
    }
}

fn told_plan() -> UpsertPlan {
    UpsertPlan {
        intent: plan::Intent {
            id: 1,
            parent: 0,
            author: "a".to_owned(),
            schema: "s".to_owned(),
            schema_version: 1,
            body: "{}".to_owned(),
        },
        reads: vec![],
        guard: None,
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(1),
            offset: 3,
            field_type: FieldType::Bytes(4),
            value: Expr::Constant(Value::Bytes(b"abcd".to_vec())),
        }],
        clients: vec![],
        query: Query { pages: vec![1], ..Query::default() },
    }
}
