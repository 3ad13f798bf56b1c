//! The page on which a reader starts.

use evidence::report::Mode;
use evidence::snapshot::Snapshot;
use maud::{Markup, html};
use report::escape::visible;

use crate::card;
use crate::matrix::Matrix;
use crate::packet;
use crate::page::{self, cell, commit, date, marked, meant, verdict};
use crate::site::packet_path;

pub(crate) fn page(snapshot: &Snapshot) -> String {
    let body = html! {
        h1 { "Conformance " (verdict(snapshot.verdict)) }
        (facts(snapshot))
        (matrix(snapshot))
        (packets(snapshot))
        (faults("Packets that could not be read", snapshot.malformed.iter().map(|(id, why)| format!("{id}: {why}"))))
        (faults("Differences from the lock", snapshot.lock_faults.iter().cloned()))
        (faults("The list of hardened repairs", snapshot.allowlist_faults.iter().cloned()))
        (suites(snapshot))
        (threats(snapshot))
    };
    page::page("", "Overview", body)
}

fn facts(snapshot: &Snapshot) -> Markup {
    let run = &snapshot.run;
    let modes: Vec<&str> = run.modes.iter().map(|mode| mode.name()).collect();
    let threads: Vec<String> = run.threads.iter().map(usize::to_string).collect();
    html! {
        dl {
            dt { "Run" } dd { code { (visible(&run.id)) } " at " (date(run.started)) }
            dt { "Commit" } dd { code { (visible(&commit(&run.commit, run.dirty))) } }
            dt { "Lane" } dd { (run.lane.name()) }
            dt { "Modes" } dd { (modes.join(", ")) ", set by " (visible(&run.modes_from)) }
            dt { "Threads" } dd { (threads.join(", ")) }
            dt { "References" }
            dd {
                @if snapshot.oracles.is_empty() { span.mark.not_evaluated { "none asked" } }
                @for (name, version) in &snapshot.oracles { span.item { (visible(name)) " " (visible(version)) } }
            }
            dt { "Command" } dd { code { (visible(&run.command.join(" "))) } }
        }
    }
}

fn matrix(snapshot: &Snapshot) -> Markup {
    let matrix = Matrix::of(snapshot);
    let columns = matrix.columns.iter().map(|(lane, mode)| format!("{}, {}", lane.name(), mode.name()));
    let heads: Vec<String> = ["Area".to_string()].into_iter().chain(columns).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let rows = matrix.rows.iter().map(|(area, cells)| {
        let counted = cells.iter().map(|cell| {
            meant(cell.verdict().name(), html! { (verdict(cell.verdict())) " " (cell.tally.to_string()) })
        });
        [cell(visible(area))].into_iter().chain(counted).collect()
    });
    html! {
        h2 { "Areas" }
        @if matrix.rows.is_empty() { p { span.mark.not_evaluated { "not evaluated" } " No packet ran." } }
        @else { (page::table(&heads, rows)) }
    }
}

fn packets(snapshot: &Snapshot) -> Markup {
    let rows = snapshot.packets.iter().map(|card| {
        let link = html! { a href=(packet_path(&card.packet)) { (visible(&card.packet)) } };
        vec![
            cell(link),
            marked(card.verdict.name(), verdict(card.verdict)),
            cell(visible(&card.title)),
            cell(card.counts.of_mode(Mode::Strict).to_string()),
            cell(card.counts.of_mode(Mode::Hardened).to_string()),
            cell(card::trend(card).unwrap_or_else(|| "no earlier run".into())),
            cell(packet::proof(snapshot, card)),
        ]
    });
    let heads = ["Packet", "Gate", "About", "Strict", "Hardened", "Failed", "Sidecar"];
    html! {
        h2 { "Packets" }
        (page::table(&heads, rows))
    }
}

fn faults(title: &str, lines: impl Iterator<Item = String>) -> Markup {
    let lines: Vec<String> = lines.collect();
    html! {
        @if !lines.is_empty() {
            h2 { (title) }
            ul.faults { @for line in &lines { li { (visible(line)) } } }
        }
    }
}

fn suites(snapshot: &Snapshot) -> Markup {
    let rows = snapshot.suites.iter().map(|(name, suite)| {
        let (mark, says) = if suite.is_green() { ("pass", "green") } else { ("fail", "not green") };
        let counts = [
            suite.expected,
            suite.total,
            suite.ran,
            suite.passed,
            suite.failed,
            suite.skipped,
            suite.not_evaluated,
        ];
        let first = [cell(visible(name)), marked(mark, html! { span.mark.(mark) { (says) } })];
        first.into_iter().chain(counts.map(cell)).collect()
    });
    let heads = ["Suite", "Gate", "Expected", "Total", "Ran", "Passed", "Failed", "Skipped", "Not evaluated"];
    html! {
        @if !snapshot.suites.is_empty() {
            h2 { "Suites" }
            (page::table(&heads, rows))
        }
    }
}

fn threats(snapshot: &Snapshot) -> Markup {
    let rows = snapshot.threats.iter().map(|row| {
        let mark = marked(row.verdict.name(), verdict(row.verdict));
        vec![cell(visible(&row.id)), mark, cell(visible(&row.reason))]
    });
    html! {
        @if !snapshot.threats.is_empty() {
            h2 { "Threats" }
            (page::table(&["Row", "Verdict", "Why"], rows))
        }
    }
}
