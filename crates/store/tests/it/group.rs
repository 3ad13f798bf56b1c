//! Who shares a sync. The disk holds one back until the others are queued, so nothing here depends on time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use store::{Create, Memory, Options, Store};
use testkit::disk::{Call, Watched};

use crate::support::{namespace, transaction};

/// The next sync, once armed, waits until it is released.
#[derive(Default)]
struct Held {
    armed: AtomicBool,
    released: AtomicBool,
    sync_count: AtomicU64,
}

impl Held {
    fn sync(&self) {
        self.sync_count.fetch_add(1, Ordering::SeqCst);
        if self.armed.swap(false, Ordering::SeqCst) {
            while !self.released.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
    }
}

#[test]
fn requests_that_arrive_during_a_sync_share_the_next_one() {
    const FOLLOWERS: u64 = 7;
    // While somebody syncs, the only others who look at the clock are requests that get their place, and each looks once.
    let looks = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&looks);
    let options = Options::new(move || clock.fetch_add(1, Ordering::SeqCst), || [7; 16]).create(Create::New);
    let held = Arc::<Held>::default();
    let watching = Arc::clone(&held);
    let disk = Watched::new(Memory::new(), move |_, call| {
        if call == Call::Sync {
            watching.sync();
        }
    });
    let store = Store::open(Arc::new(disk), options).unwrap();
    store.register(&namespace()).unwrap();
    let append = |id| store.append(&transaction(id, b"")).unwrap().seq;
    assert_eq!(append(1), 2);
    held.sync_count.store(0, Ordering::SeqCst);
    held.armed.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        // The leader: its sync waits for everybody else's request.
        scope.spawn(|| append(2));
        while held.armed.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let before = looks.load(Ordering::SeqCst);
        for id in 0..FOLLOWERS {
            scope.spawn(move || append(u128::from(id) + 3));
        }
        while looks.load(Ordering::SeqCst) < before + FOLLOWERS {
            std::thread::yield_now();
        }
        let acknowledged = store.durable_seq();
        held.released.store(true, Ordering::SeqCst);
        assert_eq!(acknowledged, 2, "nobody was acknowledged yet");
    });
    assert_eq!(store.durable_seq(), FOLLOWERS + 3);
    assert_eq!(held.sync_count.load(Ordering::SeqCst), 2, "the leader's sync and one for all others");
}
