//! How long a run took, for the person in front of it. Times stand in no report: a commit always gives equal bytes.

use std::fmt;
use std::time::Duration;

use crate::live::Workers;
use crate::runner::Run;

/// What was done in which time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Cases that ran.
    pub cases: u64,
    /// Cases in modes.
    pub checks: u64,
    /// From the first packet to the last.
    pub running: Duration,
    /// Questions to live references.
    pub asks: u64,
    /// From a question to its answer, the references' start left out.
    pub asking: Duration,
}

impl Pace {
    pub(super) fn of(run: &Run, running: Duration, workers: &Workers) -> Pace {
        let checks = run.packets.iter().map(|packet| packet.report.checks.as_slice());
        let cases =
            checks.clone().map(|checks| checks.chunk_by(|a, b| a.case == b.case).count() as u64).sum();
        let checks = checks.map(|checks| checks.len() as u64).sum();
        let (asks, asking) = workers.asked();
        Pace { cases, checks, running, asks, asking }
    }
}

/// `7,500 cases in 15,000 checks, 20.1 s, 373 cases a second`, and the same of the questions where there were any.
impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pace { cases, checks, running, asks, asking } = *self;
        let (ran, checked) = (counted(cases, "case"), counted(checks, "check"));
        write!(f, "{ran} in {checked}, {}", rate(cases, running, "case"))?;
        if asks == 0 {
            return Ok(());
        }
        write!(f, "\n{} to the references, {}", counted(asks, "question"), rate(asks, asking, "ask"))
    }
}

fn counted(count: u64, noun: &str) -> String {
    report::format::counted(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

fn rate(count: u64, time: Duration, of: &str) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.001 {
        return format!("{seconds:.1} s");
    }
    format!("{seconds:.1} s, {} a second", counted((count as f64 / seconds) as u64, of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_states_counts_times_and_rates() {
        let running = Duration::from_millis(20_000);
        let recorded = Pace { cases: 20_000, checks: 40_000, running, ..Pace::default() };
        assert_eq!(recorded.to_string(), "20,000 cases in 40,000 checks, 20.0 s, 1,000 cases a second");
        let live = Pace { asks: 1_234, asking: Duration::from_millis(500), ..recorded };
        let last = live.to_string().lines().last().map(str::to_string);
        assert_eq!(last.as_deref(), Some("1,234 questions to the references, 0.5 s, 2,468 asks a second"));
        assert_eq!(Pace::default().to_string(), "0 cases in 0 checks, 0.0 s");
    }
}
