//! What of a segment is kept free.

use super::*;
use crate::memory::Memory;

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
