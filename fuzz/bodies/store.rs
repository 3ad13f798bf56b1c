//! What must hold for any bytes that a store's files are made of: no panic, an error that says what is wrong, and where
//! a store opens, one state however it is read. Shared by the fuzz targets and the tests of the crate `store`.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, UpsertPlan, Value};
use store::format::{FORMAT_FILE, SEGMENT_HEADER_LEN, SegmentHeader, StoreHeader, kind, segment_path};
use store::{
    ClientEntry, Create, Edit, ErrorKind, GraphEdit, Kind, Memory, Mutation, Namespace, NamespaceId, Options,
    Reader, Store, verify,
};

/// Every file of a store, by path.
pub type Files = Vec<(String, Vec<u8>)>;

const ID: [u8; 16] = [7; 16];
const SALT: u32 = 0x5a17;

fn options() -> Options {
    let mut options = Options::new(|| 1_000, || ID).create(Create::IfAbsent);
    options.segment_bytes_min = 8 << 10;
    options
}

fn image(files: &[(String, Vec<u8>)]) -> Memory {
    let disk = Memory::new();
    for (path, bytes) in files {
        disk.insert(path, bytes.clone());
    }
    disk
}

/// A store of two sessions with a namespace, pages, a plan accepted and one refused, metadata, derived pages of every
/// kind, two of which lag, an ended page, a blob and a checkpoint.
pub fn sample() -> &'static Files {
    static SAMPLE: OnceLock<Files> = OnceLock::new();
    SAMPLE.get_or_init(|| make().expect("a store in memory"))
}

fn make() -> store::Result<Files> {
    let disk = Memory::new();
    let open = || {
        let store = Store::open(Arc::new(disk.clone()), options())?;
        store.derive().register("same@1", |parents| Ok(parents.concat()));
        Ok::<Store, store::Error>(store)
    };
    let kinds = vec![Kind { number: 1, name: "note".to_owned(), version: 1, must_understand: false }];
    let namespace = Namespace { name: "run".to_owned(), kinds };
    let change = |store: &Store, edits: Vec<Edit>| {
        store.mutate().commit(&Mutation { edits, ..Mutation::default() }).map(drop)
    };
    let store = open()?;
    store.register(&namespace)?;
    let names = [Some("count"), None, None, Some("end"), None, None];
    change(&store, (0..).zip(names).map(|(number, name)| Edit::create(number, 8, name)).collect())?;
    let lagging = |page, stale, asynchronous| GraphEdit::Derive {
        page,
        function: "same@1".to_owned(),
        parents: vec![2],
        stale,
        asynchronous,
    };
    let graph = [GraphEdit::derive(3, "same@1", [1]), lagging(5, vec![2], false), lagging(6, vec![], true)];
    store.derive().edit(&graph)?;
    store.upsert().submit(&add(1, 5))?;
    store.upsert().submit(&add(2, 500))?;
    change(&store, vec![Edit::Metadata { page: 2, metadata: b"described".to_vec() }])?;
    store.derive().refresh(5)?;
    store.derive().work(NonZeroUsize::MIN)?;
    store.checkpoint()?;
    store.close()?;
    let store = open()?;
    store.register(&namespace)?;
    change(&store, vec![Edit::Delete { page: 4 }, Edit::write(2, 1, *b"bytes")])?;
    let entry = ClientEntry {
        namespace: NamespaceId(1),
        kind: 1,
        version: 1,
        id: 9,
        parent: 1,
        body: b"{}".to_vec(),
    };
    let blobs = vec![store.put_blob_as("table", b"a blob")?];
    store.append(&store::Transaction { clients: vec![entry], blobs })?;
    store.close()?;
    Ok(disk.files())
}

/// Adds to the counter while it is below 100 behind that.
fn add(id: u128, amount: i128) -> UpsertPlan {
    let count = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };
    let field = || Box::new(Expr::Field { page: 1, offset: 0, field_type: count });
    let int = |int| Box::new(Expr::Constant(Value::Int(int)));
    let sum = Expr::Binary(Operator::Add, field(), int(amount));
    UpsertPlan {
        intent: Intent {
            id,
            parent: 0,
            author: "agent".into(),
            schema: "add".into(),
            schema_version: 1,
            body: "{}".into(),
        },
        reads: vec![plan::Read::Version { page: 3, version: 2 }],
        guard: Some(Expr::Binary(Operator::Lt, Box::new(sum.clone()), int(100))),
        deltas: vec![DeltaSpec::Write {
            page: PageRef::Existing(1),
            offset: 0,
            field_type: count,
            value: sum,
        }],
        clients: vec![],
        query: Query { pages: vec![1, 3], ..Query::default() },
    }
}

/// The kinds, versions and entries of a segment's records: what [`records`] takes.
pub fn unsealed(segment: &[u8]) -> Vec<u8> {
    let mut rest = segment.get(SEGMENT_HEADER_LEN..).unwrap_or_default();
    let mut data = Vec::new();
    while let Some((head, _)) = rest.split_first_chunk::<32>() {
        let len = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let Some(entries) = rest.get(32..len) else { break };
        data.extend_from_slice(&head[12..14]);
        data.extend_from_slice(&(entries.len() as u16).to_le_bytes());
        data.extend_from_slice(entries);
        rest = rest.get(len.next_multiple_of(8)..).unwrap_or_default();
    }
    data
}

/// A record as the format has it, its checksum right.
fn sealed([kind, version]: [u8; 2], seq: u64, entries: &[u8]) -> Vec<u8> {
    let mut record = (32 + entries.len() as u32).to_le_bytes().to_vec();
    record.extend_from_slice(&SALT.to_le_bytes());
    record.extend_from_slice(&[kind, version, 0, 0]);
    record.extend_from_slice(&seq.to_le_bytes());
    record.extend_from_slice(&seq.saturating_sub(1).to_le_bytes());
    record.extend_from_slice(entries);
    let crc = crc32c::crc32c(&record).to_le_bytes();
    record.splice(4..4, crc);
    record.resize(record.len().next_multiple_of(8), 0);
    record
}

/// Records whose checksums hold: a kind, a version, two bytes of length, entries, again and again.
pub fn records(mut data: &[u8]) {
    let header = SegmentHeader {
        store_id: ID,
        number: 1,
        first_seq: 1,
        salt: u64::from(SALT),
        start_time_ns: 5,
        previous_len: 0,
        previous_hash: [0; 32],
    };
    let mut segment = header.encode();
    let mut seq = 0;
    while let Some(([number, version, low, high], rest)) = data.split_first_chunk::<4>() {
        let len = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        let (entries, rest) = rest.split_at(len);
        seq += u64::from(!kind::is_bookkeeping(*number));
        segment.extend_from_slice(&sealed([*number, *version], seq, entries));
        data = rest;
    }
    let blobs = sample().iter().filter(|(path, _)| path.starts_with("blobs/")).cloned();
    let mut files: Files = blobs.collect();
    files.push((FORMAT_FILE.to_owned(), StoreHeader { store_id: ID }.encode()));
    files.push((segment_path(1), segment));
    read(&files);
}

/// The file of the sample that the first byte chooses has these bytes instead. An odd second byte mends the checksum
/// of its header and that of a checkpoint's footer, so that what stands behind them is reached.
pub fn file(data: &[u8]) {
    let [chosen, mend, bytes @ ..] = data else { return };
    let mut files = sample().clone();
    let at = usize::from(*chosen) % files.len();
    let Some((path, content)) = files.get_mut(at) else { return };
    *content = bytes.to_vec();
    if mend % 2 == 1 {
        let header_len = if path.starts_with("log/") { SEGMENT_HEADER_LEN } else { 64 };
        seal(content, 0, header_len);
        if path.ends_with(".ckpt") {
            mend_footer(content);
        }
    }
    read(&files);
}

/// Makes the last four of `len` bytes the checksum of those before.
fn seal(bytes: &mut [u8], start: usize, len: usize) {
    if let Some((body, crc)) =
        bytes.get_mut(start..start + len).and_then(|all| all.split_last_chunk_mut::<4>())
    {
        *crc = crc32c::crc32c(body).to_le_bytes();
    }
}

fn mend_footer(bytes: &mut [u8]) {
    let Some((body, trailer)) = bytes.split_last_chunk_mut::<28>() else { return };
    let Some(offset) = trailer.first_chunk::<8>() else { return };
    let offset = usize::try_from(u64::from_le_bytes(*offset)).unwrap_or(usize::MAX);
    let Some(footer) = body.get(offset..) else { return };
    let (len, crc) = (footer.len() as u64, crc32c::crc32c(footer));
    trailer[8..16].copy_from_slice(&len.to_le_bytes());
    trailer[16..20].copy_from_slice(&crc.to_le_bytes());
    trailer[20..].copy_from_slice(b"LUMENCKE");
}

/// Opens, reads, goes on and reads again.
fn read(files: &Files) {
    let verified = verify(&image(files));
    let reader = Reader::open(Arc::new(image(files)));
    if let Ok(reader) = &reader {
        let _ = reader.past().audit();
        reader.scan(0).for_each(drop);
    }
    let disk = image(files);
    let store = match Store::open(Arc::new(disk.clone()), options()) {
        Ok(store) => store,
        Err(error) => {
            let named = matches!(
                error.kind(),
                ErrorKind::Corrupt | ErrorKind::UnsupportedFormat | ErrorKind::Diverged | ErrorKind::NoStore
            );
            assert!(named, "{error}");
            // The lock is taken before anything is looked at.
            let written = |disk: &Memory| {
                disk.files().into_iter().filter(|(path, _)| path != "LOCK").collect::<Files>()
            };
            assert_eq!(written(&disk), written(&image(files)), "refused, and something was written: {error}");
            return;
        }
    };
    // Namespace and functions are unknown to this process: replay needs neither.
    let (seq, hash) = (store.last_seq(), store.query().snapshot().state_hash());
    if verified.is_ok() {
        let replayed = store.past().replay(seq).expect("a log that was verified");
        assert_eq!(replayed.state_hash(), hash, "replay at seq {seq}");
        assert_eq!(store.scan(0).filter(Result::is_ok).count() as u64, seq, "every record is there");
    }
    let edits = vec![Edit::create(0, 3, None)];
    if store.mutate().commit(&Mutation { edits, ..Mutation::default() }).is_ok() {
        let after = store.query().snapshot().state_hash();
        drop(store);
        let store = Store::open(Arc::new(disk), options()).expect("what was written is read");
        assert_eq!((store.last_seq(), store.query().snapshot().state_hash()), (seq + 1, after));
    }
}

/// The sample as inputs for [`records`] and [`file`].
pub fn seeds() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let segments = sample().iter().filter(|(path, _)| path.starts_with("log/"));
    let records = segments.map(|(_, bytes)| unsealed(bytes)).collect();
    let numbered = (0u8..).zip(sample());
    let files =
        numbered.flat_map(|(at, (_, bytes))| [0, 1].map(|mend| [&[at, mend], bytes.as_slice()].concat()));
    (records, files.collect())
}
