//! The parts that everything is made of, in nanoseconds.

use std::hint::black_box;
use std::path::Path;

use anyhow::Result;
use plan::{Change, Delta, Patch};
use store::{Durability, Store, kernel, validate};

use crate::Scale;
use crate::engine::Engine;
use crate::rounds::{Row, Target, computing, contestant, measure};
use crate::statistics::Generator;
use crate::store_pages::{StorePages, options};

const CALLS: u64 = 200_000;

pub fn parts(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let ours = StorePages { store: Store::open_dir(directory.join("ours"), options(Durability::Memory))? };
    ours.load(4_096, 4_096)?;
    let store = &ours.store;
    let begin = contestant("lumen", || {
        computing(CALLS, || {
            (0..CALLS).for_each(|_| drop(black_box(store.query().snapshot())));
            Ok(())
        })
    });
    let snapshot = store.query().snapshot();
    let mut generator = Generator::new(1);
    let mut deltas = Vec::new();
    for _ in 0..1_024 {
        let page = generator.below(4_096) + 1;
        let base = snapshot.expect_page(page)?.version();
        let patch = Patch::Runs(vec![(generator.below(4_080) as u32, generator.bytes(16))]);
        deltas.push(Delta { page, base, change: Change::Write(patch) });
    }
    let check = contestant("lumen", || {
        computing(CALLS, || {
            for delta in deltas.iter().cycle().take(CALLS as usize) {
                black_box(validate(&snapshot, delta)?);
            }
            Ok(())
        })
    });
    let mut page = generator.bytes(4_096);
    let (bytes, mask) = (generator.bytes(4_096), vec![0xff; 512]);
    let merge = contestant("lumen", || {
        computing(CALLS, || {
            (0..CALLS).for_each(|_| _ = black_box(kernel::merge(black_box(&mut page), &mask, &bytes)));
            Ok(())
        })
    });
    Ok(vec![
        measure("snapshot begin", scale.rounds, vec![begin], &[Target::Nanoseconds(50.0)])?,
        measure("delta validation", scale.rounds, vec![check], &[Target::Nanoseconds(100.0)])?,
        measure("4 KiB merge", scale.rounds, vec![merge], &[Target::Nanoseconds(100.0)])?,
    ])
}

/// The kernels over 4 KiB beside their scalar twins.
pub fn kernels(scale: &Scale, _: &Path) -> Result<Vec<Row>> {
    const CALLS: u64 = 2_000;
    let mut rows = Vec::new();
    let mut generator = Generator::new(2);
    let bytes = generator.bytes(4_096);
    // What a patch looks like: a field here and there, records side by side, every other byte.
    let field = |at: usize| at % 512 < 16;
    let record = |at: usize| at % 64 < 40;
    let other = |at: usize| at % 2 == 0;
    type Pattern<'a> = (&'static str, &'static str, &'a dyn Fn(usize) -> bool);
    let patterns: [Pattern<'_>; 3] = [
        ("merge, a field every 512 B", "diff, a field every 512 B", &field),
        ("merge, 40 of each 64 B", "diff, 40 of each 64 B", &record),
        ("merge, every other byte", "diff, every other byte", &other),
    ];
    for (merging, diffing, set) in patterns {
        let mut mask = vec![0u8; 512];
        (0..4_096).filter(|at| set(*at)).for_each(|at| mask[at / 8] |= 1 << (at % 8));
        let (mut fast, mut slow) = (generator.bytes(4_096), generator.bytes(4_096));
        let before = fast.clone();
        let after: Vec<u8> = (0..4_096).map(|at| before[at] ^ u8::from(set(at))).collect();
        let (mask, bytes, before, after) = (&mask, &bytes, &before, &after);
        let contestants = vec![
            contestant("lumen", || {
                computing(CALLS, || {
                    (0..CALLS).for_each(|_| _ = black_box(kernel::merge(black_box(&mut fast), mask, bytes)));
                    Ok(())
                })
            }),
            contestant("scalar", || {
                computing(CALLS, || {
                    (0..CALLS).for_each(|_| {
                        _ = black_box(kernel::scalar::merge(black_box(&mut slow), mask, bytes))
                    });
                    Ok(())
                })
            }),
        ];
        rows.push(measure(merging, scale.rounds, contestants, &[Target::Times("scalar", 4.0)])?);
        let contestants = vec![
            contestant("lumen", || {
                computing(CALLS, || {
                    (0..CALLS).for_each(|_| _ = black_box(kernel::differing(black_box(before), after)));
                    Ok(())
                })
            }),
            contestant("scalar", || {
                computing(CALLS, || {
                    (0..CALLS)
                        .for_each(|_| _ = black_box(kernel::scalar::differing(black_box(before), after)));
                    Ok(())
                })
            }),
        ];
        rows.push(measure(diffing, scale.rounds, contestants, &[Target::Times("scalar", 4.0)])?);
    }
    Ok(rows)
}
