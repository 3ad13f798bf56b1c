//! The same facts for a terminal, without colours: words carry every verdict.

use evidence::report::{Mode, Tally};
use evidence::snapshot::{PacketCard, Snapshot};
use report::escape::visible;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::matrix::{Cell, Matrix};
use crate::page::{commit, date, words};

/// Earlier runs that a trend shows.
const TREND_POINTS: usize = 8;

/// Mismatches of a packet that are listed; the others are counted.
const MISMATCHES_LISTED: usize = 5;

/// The dashboard as lines of at most `width` columns (at least 40), each packet a card.
pub fn text(snapshot: &Snapshot, width: usize) -> String {
    let mut out = Lines { text: String::new(), width: width.max(40) };
    head(snapshot, &mut out);
    areas(snapshot, &mut out);
    for card in &snapshot.packets {
        out.blank();
        packet(snapshot, card, &mut out);
    }
    faults(snapshot, &mut out);
    out.text
}

fn head(snapshot: &Snapshot, out: &mut Lines) {
    let run = &snapshot.run;
    let modes: Vec<&str> = run.modes.iter().map(|mode| mode.name()).collect();
    out.put("", &format!("Conformance: {}", words(snapshot.verdict.name())));
    out.put("run        ", &format!("{}, {}", run.id, date(run.started)));
    out.put("commit     ", &commit(&run.commit, run.dirty));
    out.put("lane       ", run.lane.name());
    out.put("modes      ", &format!("{}, set by {}", modes.join(", "), run.modes_from));
    let references: Vec<String> =
        snapshot.oracles.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let references = if references.is_empty() { "none asked".to_string() } else { references.join(", ") };
    out.put("references ", &references);
}

fn areas(snapshot: &Snapshot, out: &mut Lines) {
    let matrix = Matrix::of(snapshot);
    for (area, cells) in &matrix.rows {
        out.blank();
        out.put("", area);
        for ((lane, mode), cell) in matrix.columns.iter().zip(cells) {
            let label = format!("  {:<19}", format!("{}, {}", lane.name(), mode.name()));
            out.put(&label, &format!("{}: {}", words(cell.verdict().name()), cell.sentence()));
        }
    }
    if matrix.rows.is_empty() {
        out.blank();
        out.put("", "not evaluated: no packet ran");
    }
}

fn packet(snapshot: &Snapshot, card: &PacketCard, out: &mut Lines) {
    out.put("", &format!("{}  {}  {}", card.packet, words(card.verdict.name()), card.title));
    let tally = |mode| Cell { tally: card.counts.mode.get(&mode).copied().unwrap_or(Tally::default()) };
    for mode in Mode::ALL {
        out.put(&format!("  {:<9}", mode.name()), &tally(*mode).sentence());
    }
    for rule in card.rules.iter().filter(|rule| rule.pass != evidence::gate::Verdict::Pass) {
        let says = format!(
            "{}: {}, expected {}, found {}",
            rule.rule,
            words(rule.pass.name()),
            rule.expected,
            rule.found
        );
        out.put("  gate     ", &says);
    }
    if !card.trend.is_empty() {
        let first = card.trend.len().saturating_sub(TREND_POINTS);
        let failed: Vec<String> =
            card.trend.iter().skip(first).map(|point| point.failed.to_string()).collect();
        out.put("  failed   ", &format!("{} in earlier runs, oldest first", failed.join(" ")));
    }
    for view in snapshot.sidecars.iter().filter(|view| view.artifact.contains(&card.packet)) {
        out.put("  sidecar  ", &format!("{}, proof {}", view.status, words(&view.proof)));
    }
    for mismatch in card.mismatches.iter().take(MISMATCHES_LISTED) {
        out.put("  mismatch ", &mismatch.replay);
    }
    if let Some(more) = card.mismatches.len().checked_sub(MISMATCHES_LISTED).filter(|more| *more > 0) {
        out.put("           ", &format!("and {more} more"));
    }
}

fn faults(snapshot: &Snapshot, out: &mut Lines) {
    let malformed = snapshot.malformed.iter().map(|(id, why)| ("unreadable ", format!("{id}: {why}")));
    let lock = snapshot.lock_faults.iter().map(|fault| ("lock       ", fault.clone()));
    let repairs = snapshot.allowlist_faults.iter().map(|fault| ("repairs    ", fault.clone()));
    let ledger = snapshot.ledger.faults.iter().map(|fault| ("ledger     ", fault.clone()));
    let faults: Vec<(&str, String)> = malformed.chain(lock).chain(repairs).chain(ledger).collect();
    if !faults.is_empty() {
        out.blank();
    }
    for (label, fault) in faults {
        out.put(label, &fault);
    }
    if !snapshot.ledger.faults.is_empty() {
        out.put("", &format!("The ledger has {} damaged or broken rows.", snapshot.ledger.faults.len()));
    }
}

struct Lines {
    text: String,
    width: usize,
}

impl Lines {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A label and a text that goes on below itself where the width ends.
    fn put(&mut self, label: &str, text: &str) {
        let indent = label.width();
        let room = self.width.saturating_sub(indent).max(1);
        let mut lines = wrapped(&visible(text), room);
        if lines.is_empty() {
            lines.push(String::new());
        }
        for (n, line) in lines.iter().enumerate() {
            let front = if n == 0 { label.to_string() } else { " ".repeat(indent) };
            self.text.push_str(format!("{front}{line}").trim_end());
            self.text.push('\n');
        }
    }
}

/// Breaks at spaces; a word longer than a line is cut.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or(0) > room {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
