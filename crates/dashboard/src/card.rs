//! What the card of a packet says beside its gate: the trend of its drift, its mismatches, its repair symbols.

use evidence::mismatch::Mismatch;
use evidence::report::Check;
use evidence::snapshot::{PacketCard, SidecarView, Snapshot};

/// Earlier runs that a trend shows.
const TREND_POINTS: usize = 8;

/// Failed checks of earlier runs, oldest first, and of this one; none where there is no earlier run.
pub(crate) fn trend(card: &PacketCard) -> Option<String> {
    let first = card.trend.len().saturating_sub(TREND_POINTS);
    let failed: Vec<String> = card.trend.iter().skip(first).map(|point| point.failed.to_string()).collect();
    let now = card.counts.all().failed;
    (!failed.is_empty())
        .then(|| format!("{} in earlier runs, oldest first; {now} in this one", failed.join(" ")))
}

/// What a check found where it failed.
pub(crate) fn mismatch<'s>(card: &'s PacketCard, check: &Check) -> Option<&'s Mismatch> {
    card.mismatches.iter().find(|one| one.case == check.case && one.mode == check.mode)
}

/// The packet's artifacts with repair symbols: those with its id as a part of their path.
pub(crate) fn sidecars<'s>(
    snapshot: &'s Snapshot,
    card: &'s PacketCard,
) -> impl Iterator<Item = &'s SidecarView> {
    snapshot.sidecars.iter().filter(|view| view.artifact.split(['/', '.']).any(|part| part == card.packet))
}
