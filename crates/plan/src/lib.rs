//! Intents, guards and deltas as data with a canonical encoding.
