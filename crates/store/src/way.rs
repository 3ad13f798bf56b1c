//! The way of each transaction: from its request to the disk, to readers, to those who follow the log.
//!
//! The times are of [`Options::stopwatch`](crate::Options::stopwatch) and become figures: no record, state or decision
//! sees one.

use std::collections::VecDeque;

use crate::metrics::Histogram;

/// So many transactions are remembered at most while they are on their way.
const REMEMBERED_MAX: usize = 1 << 16;

/// Upper bounds of the times to a stage, in nanoseconds.
pub(crate) const BOUNDS_NS: [u64; 11] = [
    1_000,
    4_000,
    16_000,
    64_000,
    250_000,
    1_000_000,
    4_000_000,
    16_000_000,
    64_000_000,
    250_000_000,
    1_000_000_000,
];

/// Where a transaction comes on its way. Which of the first two comes first is a question of the level.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// On disk.
    Durable,
    /// Seen by readers, and acknowledged.
    Visible,
    /// Handed to the first who follows the log.
    Delivered,
}

impl Stage {
    pub(crate) const ALL: [Stage; 3] = [Stage::Durable, Stage::Visible, Stage::Delivered];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Stage::Durable => "durable",
            Stage::Visible => "visible",
            Stage::Delivered => "delivered",
        }
    }
}

/// How long transactions took to one stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    pub(crate) histogram: Histogram<11>,
    /// Those that came so late that nobody knew any more when they were asked for.
    pub(crate) forgotten: u64,
}

/// The transactions of one process.
pub(crate) struct Way {
    /// When the last ones were asked for, by seq.
    asked_ns: VecDeque<u64>,
    /// The seq of the next one.
    next_seq: u64,
    /// The last seq at each stage.
    reached: [u64; 3],
    is_followed: bool,
    times: [Times; 3],
}

impl Way {
    /// Begins behind the transactions that the log has.
    pub(crate) fn new(last_seq: u64) -> Way {
        Way {
            asked_ns: VecDeque::new(),
            next_seq: last_seq + 1,
            reached: [last_seq; 3],
            is_followed: false,
            times: Default::default(),
        }
    }

    /// Takes the transaction that got the next seq.
    pub(crate) fn begin(&mut self, asked_ns: u64) {
        if self.asked_ns.len() == REMEMBERED_MAX {
            self.asked_ns.pop_front();
        }
        self.asked_ns.push_back(asked_ns);
        self.next_seq += 1;
    }

    /// Notes that all transactions up to one have come to a stage.
    pub(crate) fn reach(&mut self, stage: Stage, upto: u64, now_ns: u64) {
        let (Some(reached), Some(times)) =
            (self.reached.get_mut(stage as usize), self.times.get_mut(stage as usize))
        else {
            return;
        };
        let first_known = self.next_seq - self.asked_ns.len() as u64;
        for seq in *reached + 1..=upto {
            let known = seq.checked_sub(first_known).and_then(|at| self.asked_ns.get(at as usize));
            match known {
                Some(asked_ns) => times.histogram.observe(&BOUNDS_NS, now_ns.saturating_sub(*asked_ns)),
                None => times.forgotten += 1,
            }
        }
        *reached = upto.max(*reached);
    }

    /// Somebody follows the log: what is appended from here on is expected.
    pub(crate) fn follow(&mut self) {
        if !std::mem::replace(&mut self.is_followed, true) {
            self.reached[Stage::Delivered as usize] = self.next_seq - 1;
        }
    }

    /// Notes that somebody who follows the log was handed a transaction. What was passed over before it counts as little
    /// as what somebody else was handed already.
    pub(crate) fn deliver(&mut self, seq: u64, now_ns: u64) {
        let reached = &mut self.reached[Stage::Delivered as usize];
        if seq > *reached {
            *reached = seq - 1;
            self.reach(Stage::Delivered, seq, now_ns);
        }
    }

    pub(crate) fn times(&self) -> &[Times; 3] {
        &self.times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(way: &Way, stage: Stage) -> (u64, u64, u64) {
        let times = &way.times()[stage as usize];
        (times.histogram.count(), times.histogram.sum, times.forgotten)
    }

    /// By hand: what is known is timed, what is forgotten is counted, and nothing twice.
    #[test]
    fn each_transaction_is_timed_once_at_each_stage() {
        let mut way = Way::new(7);
        (8..=12).for_each(|seq| way.begin(seq * 1_000));
        way.reach(Stage::Visible, 9, 13_000);
        way.reach(Stage::Visible, 9, 99_000);
        way.reach(Stage::Visible, 12, 13_000);
        assert_eq!(figures(&way, Stage::Visible), (5, 15_000, 0));
        assert_eq!(figures(&way, Stage::Durable), (0, 0, 0));

        (0..REMEMBERED_MAX as u64).for_each(|at| way.begin(20_000 + at));
        way.reach(Stage::Durable, 12 + REMEMBERED_MAX as u64, 100_000);
        let (timed, _, forgotten) = figures(&way, Stage::Durable);
        assert_eq!((timed, forgotten), (REMEMBERED_MAX as u64, 5));
    }

    /// By hand: of seqs 2 to 6 the one that came before anybody followed, the one that a filter passed over and the
    /// second delivery do not count.
    #[test]
    fn a_delivery_counts_for_the_first_who_follows() {
        let mut way = Way::new(1);
        way.begin(100);
        way.follow();
        (0..4).for_each(|at| way.begin(200 + at));
        for seq in [2, 3, 4, 3, 4, 6] {
            way.follow();
            way.deliver(seq, 300);
        }
        assert_eq!(figures(&way, Stage::Delivered), (3, 296, 0));
    }
}
