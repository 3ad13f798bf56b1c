//! The same facts for a terminal, without colours: words carry every verdict.

use evidence::snapshot::Snapshot;

use crate::screen;

/// The dashboard as lines of at most `width` columns (at least 40), each packet a card.
pub fn text(snapshot: &Snapshot, width: usize) -> String {
    let entries = screen::overview(snapshot);
    let lines = entries.iter().flat_map(|entry| entry.lines(width.max(40)));
    lines.map(|line| line + "\n").collect()
}
