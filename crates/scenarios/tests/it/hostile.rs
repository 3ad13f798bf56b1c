//! Hostile policies get no further than they may.

use rlm::{Body, Finished};
use scenarios::hostile::{HOSTILE, Hostile};
use scenarios::{Cells, StandIn, World};

pub fn ended<C: Cells>(hostile: &Hostile, cells: C) -> World<C> {
    let mut world = World::of(Hostile::task(), vec![], hostile.policy(), cells);
    let Finished { closing, .. } = world.run();
    let answer = closing.outputs.get("answer").and_then(serde_json::Value::as_i64);
    let found = (closing.status, closing.fallback, answer);
    assert_eq!(found, (hostile.status, hostile.cause, hostile.answer), "{}: {closing:?}", hostile.name);
    world
}

#[test]
fn each_ends_as_the_design_says() {
    for hostile in HOSTILE {
        let world = ended(hostile, StandIn::default());
        // What is shown of a cell is bounded, and so is the next request.
        let sizes = world.journal.iter().filter_map(|record| match &record.body {
            Body::ModelIntent { request, .. } => Some(request.bytes()),
            _ => None,
        });
        assert!(sizes.max().unwrap() < 25_000, "{}", hostile.name);
    }
}
