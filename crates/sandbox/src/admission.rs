//! Who gets the next worker: first in, first out within a run, fair between runs.

use std::collections::{BTreeMap, VecDeque};

/// The queue before a bounded number of places. Pure: it knows neither processes nor clocks.
pub(crate) struct Admission {
    free: usize,
    held: BTreeMap<u64, usize>,
    waiting: VecDeque<(u64, u64)>,
    next_ticket: u64,
}

impl Admission {
    pub fn new(places: usize) -> Admission {
        Admission { free: places, held: BTreeMap::new(), waiting: VecDeque::new(), next_ticket: 0 }
    }

    /// Queues up for a run; the ticket.
    pub fn queue(&mut self, run: u64) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back((ticket, run));
        ticket
    }

    /// Leaves the queue.
    pub fn leave(&mut self, ticket: u64) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }

    /// Takes a place if it is this ticket's turn.
    pub fn enter(&mut self, ticket: u64) -> bool {
        let Some((next, run)) = self.next().filter(|_| self.free > 0) else { return false };
        if next != ticket {
            return false;
        }
        self.leave(ticket);
        self.free -= 1;
        *self.held.entry(run).or_insert(0) += 1;
        true
    }

    /// The run that holds the fewest places is next; among equals who waits longest.
    fn next(&self) -> Option<(u64, u64)> {
        let held = |run: &u64| self.held.get(run).copied().unwrap_or(0);
        self.waiting.iter().min_by_key(|(ticket, run)| (held(run), *ticket)).copied()
    }

    /// Gives a place of the run back.
    pub fn give_back(&mut self, run: u64) {
        self.free += 1;
        if let Some(held) = self.held.get_mut(&run) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&run);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_is_served_in_order() {
        let mut admission = Admission::new(1);
        let tickets: Vec<u64> = (0..3).map(|_| admission.queue(7)).collect();
        for ticket in &tickets {
            assert!(tickets.iter().filter(|other| *other > ticket).all(|later| !admission.enter(*later)));
            assert!(admission.enter(*ticket));
            assert!(tickets.iter().all(|other| !admission.enter(*other)), "no place is free");
            admission.give_back(7);
        }
    }

    #[test]
    fn a_run_that_holds_less_goes_first() {
        let mut admission = Admission::new(2);
        let first = admission.queue(1);
        let (second, other) = (admission.queue(1), admission.queue(2));
        assert!(admission.enter(first));
        assert!(!admission.enter(second), "run 2 holds nothing and goes before");
        assert!(admission.enter(other));
        admission.give_back(1);
        assert!(admission.enter(second));
    }

    #[test]
    fn who_leaves_holds_nobody_up() {
        let mut admission = Admission::new(1);
        let (first, second) = (admission.queue(1), admission.queue(1));
        admission.leave(first);
        assert!(admission.enter(second));
    }
}
