//! Commits that return before they are on disk.

use std::path::Path;

use anyhow::Result;
use store::{Durability, Store};

use crate::Scale;
use crate::engine::{Edit, Engine, Level};
use crate::rounds::{Contestant, Row, Target, computing, contestant, measure};
use crate::rows::durable::{one_each, with_peers};
use crate::statistics::Generator;
use crate::store_pages::{mutation, options};

/// One thread, deltas of 16 bytes: one a transaction, and 64 of them.
pub fn one_thread(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let peers = with_peers(&["redb", "fjall", "rusqlite"], directory, Level::Loose)?;
    // Requests are made before the clock runs, for everybody.
    let ours = Store::open_dir(directory.join("ours"), options(Durability::Memory))?;
    let ours = crate::store_pages::StorePages { store: ours };
    ours.load(1_024, 1_024)?;
    let mut rows = Vec::new();
    let shapes = [
        ("Memory, one thread, 1 delta a transaction", 1),
        ("Memory, one thread, 64 deltas a transaction", 64),
    ];
    for (name, deltas) in shapes {
        let commits = 64_000 / deltas;
        let mut generator = Generator::new(3);
        let batches: Vec<Vec<Edit>> = (0..commits)
            .map(|at| {
                let first = at * deltas % (1_024 - deltas);
                let edits = one_each(&mut generator, deltas).into_iter();
                edits.map(|edit| Edit { page: edit.page + first, ..edit }).collect()
            })
            .collect();
        let mutations: Vec<_> = batches.iter().map(|edits| mutation(edits)).collect();
        let (ours, mutations, batches) = (&ours, &mutations, &batches);
        let mut contestants: Vec<Contestant<'_>> = vec![contestant("lumen", move || {
            computing(commits * deltas, || {
                mutations.iter().try_for_each(|mutation| ours.store.mutate().commit(mutation).map(drop))?;
                Ok(())
            })
        })];
        for (name, engine) in peers.iter().skip(1) {
            // The slower ones do a part of it.
            let part = batches.len() / 8;
            contestants.push(contestant(name, move || {
                computing(part as u64 * deltas, || {
                    batches.iter().take(part).try_for_each(|edits| engine.commit(edits))
                })
            }));
        }
        rows.push(measure(
            name,
            scale.rounds,
            contestants,
            &[Target::Rate(2e6), Target::Times("redb", 5.0)],
        )?);
    }
    Ok(rows)
}
