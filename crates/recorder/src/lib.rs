//! Runs, effects, replay, resume, why, diff and bundles.
