//! What each place says in a terminal, entry by entry.

use evidence::compare::Drift;
use evidence::gate::Verdict;
use evidence::mismatch::Mismatch;
use evidence::report::{Check, Mode};
use evidence::snapshot::{PacketCard, Snapshot};
use serde::Serialize;

use crate::card;
use crate::entry::{Entry, Tone};
use crate::matrix::{Cell, Matrix};
use crate::page::{commit, date, spelling, words};
use crate::place::{self, Place};

/// Mismatches of a packet that its card lists; the others are counted.
const MISMATCHES_LISTED: usize = 5;

/// Lines of a payload that a screen shows; the JSON has it whole.
const PAYLOAD_LINES_MAX: usize = 2_000;

/// The entries of a place.
pub(crate) fn entries<'s>(snapshot: &'s Snapshot, place: &Place<'s>) -> Vec<Entry<'s>> {
    match place {
        Place::Overview => overview(snapshot),
        Place::Ledger => ledger(snapshot),
        Place::Sidecars => sidecars(snapshot),
        Place::Packet(card) => packet(snapshot, card),
        Place::Case(card, checks) => case(card, checks),
        Place::Mismatch(card, mismatch) => payloads(card, mismatch),
    }
}

/// The run, its areas, a card for each packet, everything that is wrong around them.
pub(crate) fn overview(snapshot: &Snapshot) -> Vec<Entry<'_>> {
    let mut out = head(snapshot);
    areas(snapshot, &mut out);
    for packet in &snapshot.packets {
        out.push(Entry::blank());
        packet_card(snapshot, packet, &mut out);
    }
    faults(snapshot, &mut out);
    out
}

fn head(snapshot: &Snapshot) -> Vec<Entry<'_>> {
    let run = &snapshot.run;
    let modes: Vec<&str> = run.modes.iter().map(|mode| mode.name()).collect();
    let references: Vec<String> =
        snapshot.oracles.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let references = if references.is_empty() { "none asked".to_string() } else { references.join(", ") };
    vec![
        Entry::heading(format!("Conformance: {}", words(snapshot.verdict.name()))).toned(snapshot.verdict),
        Entry::new("run        ", format!("{}, {}", run.id, date(run.started))),
        Entry::new("commit     ", commit(&run.commit, run.dirty)),
        Entry::new("lane       ", run.lane.name()),
        Entry::new("modes      ", format!("{}, set by {}", modes.join(", "), run.modes_from)),
        Entry::new("references ", references),
    ]
}

fn areas<'s>(snapshot: &'s Snapshot, out: &mut Vec<Entry<'s>>) {
    let matrix = Matrix::of(snapshot);
    for (area, cells) in &matrix.rows {
        out.push(Entry::blank());
        out.push(Entry::heading(area));
        for ((lane, mode), cell) in matrix.columns.iter().zip(cells) {
            let label = format!("  {:<19}", format!("{}, {}", lane.name(), mode.name()));
            let says = format!("{}: {}", words(cell.verdict().name()), cell.tally);
            out.push(Entry::new(label, says).toned(cell.verdict()));
        }
    }
    if matrix.rows.is_empty() {
        out.push(Entry::blank());
        out.push(Entry::new("", "not evaluated: no packet ran").toned(Tone::Open));
    }
}

fn packet_card<'s>(snapshot: &'s Snapshot, card: &'s PacketCard, out: &mut Vec<Entry<'s>>) {
    out.push(title(card).leading(Some(Place::Packet(card)), None));
    modes(card, out);
    gate(card, out);
    trend(card, out);
    proofs(snapshot, card, out);
    for mismatch in card.mismatches.iter().take(MISMATCHES_LISTED) {
        out.push(Entry::new("  mismatch ", &mismatch.replay).toned(Tone::Bad));
    }
    if let Some(more) = card.mismatches.len().checked_sub(MISMATCHES_LISTED).filter(|more| *more > 0) {
        out.push(Entry::new("           ", format!("and {more} more")));
    }
}

fn title<'s>(card: &PacketCard) -> Entry<'s> {
    let title = format!("{}  {}  {}", card.packet, words(card.verdict.name()), card.title);
    Entry::new("", title).toned(card.verdict)
}

fn modes<'s>(card: &PacketCard, out: &mut Vec<Entry<'s>>) {
    for mode in Mode::ALL {
        let cell = Cell::of(card, *mode);
        out.push(Entry::new(format!("  {:<9}", mode.name()), cell.tally.to_string()).toned(cell.verdict()));
    }
}

fn gate<'s>(card: &PacketCard, out: &mut Vec<Entry<'s>>) {
    for rule in card.rules.iter().filter(|rule| rule.pass != Verdict::Pass) {
        let verdict = words(rule.pass.name());
        let says = format!("{}: {verdict}, expected {}, found {}", rule.rule, rule.expected, rule.found);
        out.push(Entry::new("  gate     ", says).toned(rule.pass));
    }
}

fn trend<'s>(card: &PacketCard, out: &mut Vec<Entry<'s>>) {
    out.extend(card::trend(card).map(|failed| Entry::new("  failed   ", failed)));
}

fn proofs<'s>(snapshot: &Snapshot, card: &PacketCard, out: &mut Vec<Entry<'s>>) {
    for view in card::sidecars(snapshot, card) {
        let says = format!("{}, proof {}", view.status, words(&view.proof));
        let tone = if view.proof == "recovered" { Tone::Good } else { Tone::Open };
        out.push(Entry::new("  sidecar  ", says).toned(tone));
    }
}

fn faults<'s>(snapshot: &'s Snapshot, out: &mut Vec<Entry<'s>>) {
    let malformed = snapshot.malformed.iter().map(|(id, why)| ("unreadable ", format!("{id}: {why}")));
    let lock = snapshot.lock_faults.iter().map(|fault| ("lock       ", fault.clone()));
    let repairs = snapshot.allowlist_faults.iter().map(|fault| ("repairs    ", fault.clone()));
    let ledger = snapshot.ledger.faults.iter().map(|fault| ("ledger     ", fault.clone()));
    let faults: Vec<(&str, String)> = malformed.chain(lock).chain(repairs).chain(ledger).collect();
    if !faults.is_empty() {
        out.push(Entry::blank());
    }
    out.extend(faults.into_iter().map(|(label, fault)| Entry::new(label, fault).toned(Tone::Bad)));
    let damaged = snapshot.ledger.faults.len();
    if damaged > 0 {
        let says = format!("The ledger has {damaged} damaged or broken rows.");
        out.push(Entry::new("", says).toned(Tone::Bad).leading(Some(Place::Ledger), None));
    }
}

/// One packet: the rules of its gate that do not pass, the failed checks, then all of them.
fn packet<'s>(snapshot: &'s Snapshot, card: &'s PacketCard) -> Vec<Entry<'s>> {
    let sources: Vec<String> =
        card.counts.source.iter().map(|(origin, n)| format!("{n} {}", origin.name())).collect();
    let mut out = vec![
        title(card),
        Entry::new("  lane     ", format!("{}, modes set by {}", card.lane.name(), snapshot.run.modes_from)),
        Entry::new("  cases    ", format!("{}: {}", card.counts.cases, sources.join(", "))),
    ];
    modes(card, &mut out);
    let passing = card.rules.iter().filter(|rule| rule.pass == Verdict::Pass).count();
    out.push(Entry::new("  gate     ", format!("{passing} of {} rules pass", card.rules.len())));
    gate(card, &mut out);
    trend(card, &mut out);
    proofs(snapshot, card, &mut out);
    if !card.mismatches.is_empty() {
        out.extend([Entry::blank(), Entry::heading("Failed checks, expected and found")]);
    }
    for one in &card.mismatches {
        let why = one.reason.clone().or_else(|| one.drift.first().map(ToString::to_string));
        let says = format!("{}, {}: {}", one.case, one.mode, why.unwrap_or_default());
        let check = (card.packet.as_str(), one.case.as_str(), one.mode);
        out.push(
            Entry::new("  ", says).toned(Tone::Bad).leading(Some(Place::Mismatch(card, one)), Some(check)),
        );
    }
    out.extend([Entry::blank(), Entry::heading("Checks")]);
    for checks in place::cases(card) {
        out.extend(checks.iter().map(|check| {
            let says =
                format!("{}, {}: {}, {}", check.case, check.mode, words(check.status.name()), check.outcome);
            let key = (card.packet.as_str(), check.case.as_str(), check.mode);
            Entry::new("  ", says).toned(check.status).leading(Some(Place::Case(card, checks)), Some(key))
        }));
    }
    if card.checks.is_empty() {
        out.push(Entry::new("  ", "not evaluated: no check ran").toned(Tone::Open));
    }
    out
}

/// One case in its modes.
fn case<'s>(card: &'s PacketCard, checks: &'s [Check]) -> Vec<Entry<'s>> {
    let mut out = Vec::new();
    for check in checks {
        if !out.is_empty() {
            out.push(Entry::blank());
        }
        let key = (card.packet.as_str(), check.case.as_str(), check.mode);
        let title = format!("{}/{}, {}: {}", card.packet, check.case, check.mode, words(check.status.name()));
        let leads = card::mismatch(card, check).map(|one| Place::Mismatch(card, one));
        out.push(Entry::new("", title).toned(check.status).leading(leads, Some(key)));
        out.push(Entry::new("  class    ", spelling(&check.class)));
        out.push(Entry::new("  source   ", check.source.name()));
        out.push(Entry::new("  outcome  ", &check.outcome));
        out.extend(check.reason.iter().map(|reason| Entry::new("  reason   ", reason)));
        for repair in &check.repairs {
            out.push(Entry::new("  repair   ", format!("{} x {}", repair.category, repair.count)));
        }
        drift(&check.drift, &mut out);
    }
    out
}

/// One failed check: what differs, then both payloads.
fn payloads<'s>(card: &'s PacketCard, one: &'s Mismatch) -> Vec<Entry<'s>> {
    let mut out = vec![
        Entry::new("", format!("{}/{}, {}: fail", card.packet, one.case, one.mode)).toned(Tone::Bad),
        Entry::new("  op       ", &one.op),
        Entry::new("  oracle   ", &one.oracle),
        Entry::new("  repeat   ", &one.replay),
    ];
    out.extend(one.reason.iter().map(|reason| Entry::new("  reason   ", reason)));
    drift(&one.drift, &mut out);
    payload("Expected", &one.expected, &mut out);
    payload("Found", &one.found, &mut out);
    payload("Inputs", &one.inputs, &mut out);
    payload("Parameters", &one.params, &mut out);
    out
}

fn drift<'s>(drift: &'s [Drift], out: &mut Vec<Entry<'s>>) {
    for one in drift {
        out.push(Entry::new(
            "  drift    ",
            format!("{} {} at {}", spelling(&one.level), spelling(&one.category), one.location),
        ));
        out.push(Entry::new("    expected ", &one.expected));
        out.push(Entry::new("    found    ", &one.found));
    }
}

fn payload<'s>(title: &str, value: &impl Serialize, out: &mut Vec<Entry<'s>>) {
    out.extend([Entry::blank(), Entry::heading(title)]);
    let text = format!("{:#}", evidence::typed::to_json(value));
    out.extend(text.lines().take(PAYLOAD_LINES_MAX).map(Entry::verbatim));
    if let Some(more) = text.lines().count().checked_sub(PAYLOAD_LINES_MAX).filter(|more| *more > 0) {
        out.push(
            Entry::new("  ", format!("and {more} lines more; `--json` prints them all")).toned(Tone::Open),
        );
    }
}

/// The ledger, newest first.
fn ledger(snapshot: &Snapshot) -> Vec<Entry<'_>> {
    let view = &snapshot.ledger;
    let mut out = vec![Entry::heading("Ledger")];
    match view.faults.len() {
        0 => out.push(Entry::new("", "The chain is whole over the rows shown.")),
        damaged => {
            out.push(Entry::new("", format!("{damaged} damaged or broken rows")).toned(Tone::Bad));
            out.extend(view.faults.iter().map(|fault| Entry::new("  ", fault).toned(Tone::Bad)));
        }
    }
    if view.rows.is_empty() {
        out.push(Entry::new("", "not evaluated: there is no row yet").toned(Tone::Open));
    }
    for row in view.rows.iter().rev() {
        let entry = &row.entry;
        let says = format!(
            "{}, {}: {}, {} of {} pass, commit {}, run {}",
            entry.packet,
            entry.lane.name(),
            words(entry.verdict.name()),
            entry.counts.passed,
            entry.counts.total,
            commit(&entry.commit, entry.dirty),
            entry.run
        );
        out.push(Entry::new(format!("{:>6}  ", row.seq), says).toned(entry.verdict));
    }
    out
}

fn sidecars(snapshot: &Snapshot) -> Vec<Entry<'_>> {
    let mut out = vec![Entry::heading("Sidecars")];
    if snapshot.sidecars.is_empty() {
        out.push(Entry::new("", "not evaluated: no artifact has a sidecar").toned(Tone::Open));
    }
    for view in &snapshot.sidecars {
        let proof = words(&view.proof);
        let digest = commit(&view.proof_digest, false);
        out.push(Entry::new("  ", format!("{}: {}, proof {proof} {digest}", view.artifact, view.status)));
    }
    out
}
