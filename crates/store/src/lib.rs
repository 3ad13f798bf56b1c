//! Pages, deltas, one log with intents, blobs and replay.
