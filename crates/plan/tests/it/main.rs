//! Plans, intents and deltas as their users see them.

mod delta;
mod malformed;
mod round_trip;
mod support;
mod typed;
