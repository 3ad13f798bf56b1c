//! The world of agents: every tick recomputes every perception once, and a rollback plays the same bytes again.

#[path = "../../examples/ticks.rs"]
#[allow(dead_code)]
mod example;

use example::{ROLLBACK_TICKS, World};

fn played(agents: u64, ticks: i64) -> World {
    let mut world = World::new(agents).unwrap();
    (0..ticks).for_each(|tick| world.tick(tick * 7).unwrap());
    world
}

#[test]
fn a_rollback_with_the_same_input_makes_the_same_bytes() {
    let mut world = played(50, 40);
    let (before, last) = (world.bytes().unwrap(), world.store().last_seq());
    world.correct((40 - ROLLBACK_TICKS as i64) * 7).unwrap();
    assert!(world.bytes().unwrap() == before, "bit for bit");
    assert_eq!(world.store().last_seq(), last + 1 + ROLLBACK_TICKS as u64, "it is history like any other");
    // The same world played without a detour.
    assert!(played(50, 40).bytes().unwrap() == before);
}

#[test]
fn a_late_input_makes_another_world_and_the_right_one() {
    let mut corrected = played(50, 40);
    let before = corrected.bytes().unwrap();
    corrected.correct(1_000_001).unwrap();
    let mut straight = played(50, 40 - ROLLBACK_TICKS as i64);
    straight.tick(1_000_001).unwrap();
    (41 - ROLLBACK_TICKS as i64..40).for_each(|tick| straight.tick(tick * 7).unwrap());
    let after = corrected.bytes().unwrap();
    assert!(after != before && after == straight.bytes().unwrap());
}

/// The log alone makes the same world: replay applies bytes and computes nothing.
#[test]
fn a_replay_is_the_world() {
    let world = played(20, 10);
    let replayed = world.store().past().replay(world.store().last_seq()).unwrap();
    assert_eq!(replayed.state_hash(), world.store().query().snapshot().state_hash());
}
