//! Intents and the plans that come of them, judged by a naive store.

mod determinism;
mod misfits;
mod naive;
mod patterns;
