//! Areas by lane and mode, counted.

use std::collections::BTreeMap;

use evidence::gate::Verdict;
use evidence::report::{Lane, Mode, Tally};
use evidence::snapshot::{PacketCard, Snapshot};

/// One cell of the matrix.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub tally: Tally,
}

impl Cell {
    /// One packet's checks of a mode.
    pub fn of(card: &PacketCard, mode: Mode) -> Cell {
        Cell { tally: card.counts.of_mode(mode) }
    }

    /// What the counts alone say; gates may be stricter and have their own mark.
    pub fn verdict(&self) -> Verdict {
        let Tally { total, failed, not_evaluated, retired, .. } = self.tally;
        if failed > 0 {
            Verdict::Fail
        } else if total == retired || not_evaluated > 0 {
            Verdict::NotEvaluated
        } else {
            Verdict::Pass
        }
    }
}

/// Every area with every lane and mode that ran anywhere, so that what did not run has its cell too.
pub(crate) struct Matrix {
    pub columns: Vec<(Lane, Mode)>,
    pub rows: BTreeMap<String, Vec<Cell>>,
}

impl Matrix {
    pub fn of(snapshot: &Snapshot) -> Matrix {
        let mut lanes: Vec<Lane> = snapshot.packets.iter().map(|card| card.lane).collect();
        lanes.push(snapshot.run.lane);
        lanes.sort();
        lanes.dedup();
        let columns: Vec<(Lane, Mode)> =
            lanes.iter().flat_map(|lane| Mode::ALL.iter().map(move |mode| (*lane, *mode))).collect();
        let mut rows: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
        for card in &snapshot.packets {
            let row = rows.entry(card.area.clone()).or_insert_with(|| vec![Cell::default(); columns.len()]);
            for (cell, (lane, mode)) in row.iter_mut().zip(&columns) {
                if *lane == card.lane {
                    cell.tally = cell.tally.and(card.counts.of_mode(*mode));
                }
            }
        }
        Matrix { columns, rows }
    }
}
