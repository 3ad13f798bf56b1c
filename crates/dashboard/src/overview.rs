//! The page on which a reader starts.

use evidence::report::Mode;
use evidence::snapshot::Snapshot;
use maud::{Markup, html};
use report::escape::visible;

use crate::card;
use crate::matrix::{Cell, Matrix};
use crate::packet;
use crate::page::{self, commit, date, verdict};
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
    html! {
        h2 { "Areas" }
        @if matrix.rows.is_empty() { p { span.mark.not_evaluated { "not evaluated" } " No packet ran." } }
        @else {
            div.wide {
                table {
                    thead { tr {
                        th scope="col" { "Area" }
                        @for (lane, mode) in &matrix.columns { th scope="col" { (lane.name()) ", " (mode.name()) } }
                    } }
                    tbody { @for (area, cells) in &matrix.rows { tr {
                        th scope="row" { (visible(area)) }
                        @for cell in cells { td.(cell.verdict().name()) { (verdict(cell.verdict())) " " (cell.sentence()) } }
                    } } }
                }
            }
        }
    }
}

fn packets(snapshot: &Snapshot) -> Markup {
    html! {
        h2 { "Packets" }
        div.wide {
            table.cards {
                thead { tr { @for head in ["Packet", "Gate", "About", "Strict", "Hardened", "Failed", "Sidecar"] { th scope="col" { (head) } } } }
                tbody { @for card in &snapshot.packets { tr {
                    th scope="row" { a href=(packet_path(&card.packet)) { (visible(&card.packet)) } }
                    td.(card.verdict.name()) { (verdict(card.verdict)) }
                    td data-label="About" { (visible(&card.title)) }
                    td data-label="Strict" { (Cell::of(card, Mode::Strict).sentence()) }
                    td data-label="Hardened" { (Cell::of(card, Mode::Hardened).sentence()) }
                    td data-label="Failed" { (card::trend(card).unwrap_or_else(|| "no earlier run".into())) }
                    td data-label="Sidecar" { (packet::proof(snapshot, card)) }
                } } }
            }
        }
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
    const COUNTS: [&str; 7] = ["Expected", "Total", "Ran", "Passed", "Failed", "Skipped", "Not evaluated"];
    html! {
        @if !snapshot.suites.is_empty() {
            h2 { "Suites" }
            div.wide {
                table.cards {
                    thead { tr { @for head in ["Suite", ""].iter().chain(&COUNTS) { th scope="col" { (head) } } } }
                    tbody { @for (name, suite) in &snapshot.suites { tr {
                        th scope="row" { (visible(name)) }
                        td { @if suite.is_green() { span.mark.pass { "green" } } @else { span.mark.fail { "not green" } } }
                        @for (label, count) in COUNTS.iter().zip([suite.expected, suite.total, suite.ran, suite.passed, suite.failed, suite.skipped, suite.not_evaluated]) {
                            td.number data-label=(label) { (count) }
                        }
                    } } }
                }
            }
        }
    }
}

fn threats(snapshot: &Snapshot) -> Markup {
    html! {
        @if !snapshot.threats.is_empty() {
            h2 { "Threats" }
            div.wide {
                table {
                    thead { tr { @for head in ["Row", "Verdict", "Why"] { th scope="col" { (head) } } } }
                    tbody { @for row in &snapshot.threats { tr {
                        th scope="row" { (visible(&row.id)) }
                        td.(row.verdict.name()) { (verdict(row.verdict)) }
                        td { (visible(&row.reason)) }
                    } } }
                }
            }
        }
    }
}
