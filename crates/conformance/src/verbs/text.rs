//! A snapshot in the terminal, readable at 60 columns.

use std::fmt::Write as _;

use evidence::gate::Verdict;
use evidence::place::escape;
use evidence::report::{Mode, Status, Tally};
use evidence::snapshot::{PacketCard, Snapshot};
use report::format::counted;

/// How many failed checks of a packet are named.
const SHOWN: usize = 3;

/// Text broken at spaces, each line behind an indentation.
#[must_use]
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let room = width.saturating_sub(indent.len()).max(20);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

/// The whole run.
#[must_use]
pub fn summary(snapshot: &Snapshot, width: usize) -> String {
    let mut text = String::new();
    let modes: Vec<&str> = snapshot.run.modes.iter().map(|mode| mode.name()).collect();
    let threads: Vec<String> = snapshot.run.threads.iter().map(usize::to_string).collect();
    let line = format!(
        "{} lane, modes {} ({}), threads {}",
        snapshot.run.lane,
        modes.join(" and "),
        snapshot.run.modes_from,
        threads.join(", ")
    );
    let _ = writeln!(text, "{}", wrapped(&line, width, ""));
    for (name, version) in &snapshot.oracles {
        let _ = writeln!(text, "oracle {name} {}", escape(version));
    }
    for card in &snapshot.packets {
        packet(&mut text, card, width);
    }
    for (id, why) in &snapshot.malformed {
        let _ = writeln!(text, "{id:<12} malformed\n{}", wrapped(&escape(why), width, "    "));
    }
    for (suite, count) in &snapshot.suites {
        let expected = if count.expected == 0 { "?".into() } else { count.expected.to_string() };
        let line = format!(
            "suite {suite}: {} of {expected} ran, {} passed, {} failed, {} skipped, {} not evaluated",
            count.ran, count.passed, count.failed, count.skipped, count.not_evaluated
        );
        let _ = writeln!(text, "{}", wrapped(&line, width, ""));
    }
    let open = |verdict| snapshot.threats.iter().filter(move |row| row.verdict == verdict);
    if !snapshot.threats.is_empty() {
        let _ = writeln!(
            text,
            "threats: {} pass, {} fail, {} open",
            open(Verdict::Pass).count(),
            open(Verdict::Fail).count(),
            open(Verdict::NotEvaluated).count()
        );
    }
    let mut fault = |what: &str, why: &str| {
        let _ = writeln!(text, "{}", wrapped(&format!("{what}: {}", escape(why)), width, ""));
    };
    for row in open(Verdict::Fail) {
        fault(&format!("threat {}", row.id), &row.reason);
    }
    for why in &snapshot.allowlist_faults {
        fault("allowlist", why);
    }
    for why in snapshot.lock_faults.iter().take(8) {
        fault("lock", why);
    }
    if snapshot.lock_faults.len() > 8 {
        fault("lock", &format!("{} more", snapshot.lock_faults.len() - 8));
    }
    for why in &snapshot.ledger.faults {
        fault("ledger", why);
    }
    let count = |verdict| snapshot.packets.iter().filter(|card| card.verdict == verdict).count();
    let _ = writeln!(
        text,
        "{}: {} pass, {} fail, {} not evaluated{}",
        counted(snapshot.packets.len() + snapshot.malformed.len(), "packet"),
        count(Verdict::Pass),
        count(Verdict::Fail),
        count(Verdict::NotEvaluated),
        match snapshot.malformed.len() {
            0 => String::new(),
            malformed => format!(", {malformed} malformed"),
        }
    );
    text
}

fn packet(text: &mut String, card: &PacketCard, width: usize) {
    let verdict = match card.verdict {
        Verdict::NotEvaluated => "not evaluated",
        other => other.name(),
    };
    let modes = [Mode::Strict, Mode::Hardened].map(|mode| share(mode, card.counts.of_mode(mode)));
    let modes: Vec<String> = modes.into_iter().flatten().collect();
    let _ = writeln!(text, "{:<12} {verdict:<13} {}", card.packet, modes.join(", "));
    if card.verdict == Verdict::Pass {
        return;
    }
    for rule in card.rules.iter().filter(|rule| rule.pass != Verdict::Pass) {
        let line =
            format!("{}: expected {}, found {}", rule.rule, escape(&rule.expected), escape(&rule.found));
        let _ = writeln!(text, "{}", wrapped(&line, width, "    "));
    }
    for one in card.mismatches.iter().take(SHOWN) {
        let why =
            one.reason.clone().or_else(|| one.drift.first().map(ToString::to_string)).unwrap_or_default();
        let line = format!("{}/{}: {}", one.case, one.mode, escape(&why));
        let _ = writeln!(text, "{}\n      {}", wrapped(&line, width, "    "), one.replay);
    }
    if card.mismatches.len() > SHOWN {
        let _ = writeln!(text, "    {} more failed checks", card.mismatches.len() - SHOWN);
    }
    let mut reasons: Vec<&str> = card
        .checks
        .iter()
        .filter(|check| check.status == Status::NotEvaluated)
        .filter_map(|check| check.reason.as_deref())
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons.iter().take(SHOWN) {
        let _ = writeln!(text, "{}", wrapped(&format!("not evaluated: {}", escape(reason)), width, "    "));
    }
}

fn share(mode: Mode, tally: Tally) -> Option<String> {
    (tally.total > 0).then(|| format!("{mode} {}/{}", tally.passed + tally.allowed, tally.total))
}

/// One check, repeated: what came of it, and both payloads where it failed.
#[must_use]
pub fn replayed_text(replayed: &super::Replayed, width: usize) -> String {
    let check = &replayed.check;
    let mut text = format!("{}/{} {}: {}\n", check.case, check.mode, check.status, escape(&check.outcome));
    if let Some(reason) = &check.reason {
        let _ = writeln!(text, "{}", wrapped(&escape(reason), width, "  "));
    }
    for drift in &check.drift {
        let _ = writeln!(text, "{}", wrapped(&drift.to_string(), width, "  "));
    }
    if let Some(mismatch) = &replayed.mismatch {
        for (name, payload) in [("expected", &mismatch.expected), ("found", &mismatch.found)] {
            let _ = writeln!(text, "{name}\n  {}", escape(&evidence::json::canonical(payload)));
        }
    }
    text
}
