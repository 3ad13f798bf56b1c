//! Plans, intents and deltas as their users see them.

#[path = "../corpus/malformed.rs"]
mod corpus;
mod delta;
mod limits;
mod malformed;
#[path = "../../../../fuzz/bodies/plan.rs"]
mod mutated;
mod reference;
mod round_trip;
mod support;
mod survives;
mod told;
mod typed;
