//! Following a log as it grows: everything once, and what is new costs what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Edit, Filter, Memory, Store};
use testkit::disk::{Call, Watched};

use crate::pages::commit;
use crate::support::{bodies, namespace, options, transaction};

/// Over many segments, with records from a few bytes to more than is read at once.
#[test]
fn a_follower_is_given_everything_once_as_the_log_grows() {
    let mut options = options();
    options.segment_bytes_max = 64 << 10;
    let store = Store::open(Arc::new(Memory::new()), options).unwrap();
    store.register(&namespace()).unwrap();
    let mut following = store.subscribe(0, Filter::default());
    let mut given = Vec::new();
    for number in 0..600u64 {
        let len = if number % 97 == 0 { 60_000 } else { number * 37 % 900 };
        store.append(&transaction(u128::from(number) + 1, &vec![number as u8; len as usize])).unwrap();
        if number % 200 == 60 {
            let noise = testkit::dice::Dice::new(number).bytes(300_000);
            commit(&store, vec![Edit::create(0, 300_000, None), Edit::write_new(0, 0, noise)]);
        }
        // Now and then it sleeps.
        if number % 50 < 40 {
            while let Some(record) = following.poll().unwrap() {
                given.push(Ok(record));
            }
            assert_eq!(following.cursor(), store.last_seq());
        }
    }
    while let Some(record) = following.poll().unwrap() {
        given.push(Ok(record));
    }
    assert_eq!(given.len(), 603);
    let last = given.iter().flatten().last().unwrap();
    assert!(last.position.segment > 8, "{:?}", last.position);
    assert_eq!(bodies(given), bodies(store.scan(0)));
}

/// By hand: a segment of 4 MiB is prepared, of which a poll may look at a few pieces of 128 KiB.
#[test]
fn what_is_new_costs_what_it_is_however_long_the_segment() {
    let mut options = options();
    options.segment_bytes_min = 4 << 20;
    let read = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&read);
    let counted = Watched::new(Memory::new(), move |_, call| {
        if let Call::Read(len) = call {
            counter.fetch_add(len as u64, Ordering::Relaxed);
        }
    });
    let store = Store::open(Arc::new(counted), options).unwrap();
    store.register(&namespace()).unwrap();
    let mut following = store.subscribe(0, Filter::default());
    let mut most = 0;
    for number in 0..1_500u128 {
        store.append(&transaction(number + 1, &[7; 2_000])).unwrap();
        let before = read.load(Ordering::Relaxed);
        assert!(following.poll().unwrap().is_some() && following.poll().unwrap().is_none());
        most = most.max(read.load(Ordering::Relaxed) - before);
    }
    assert!(most <= 4 * (128 << 10), "{most} bytes");
}
