//! The ledger and the sidecars.

use evidence::snapshot::Snapshot;
use maud::html;
use report::escape::visible;

use crate::page::{self, commit, verdict, words};

pub(crate) fn ledger(snapshot: &Snapshot) -> String {
    let view = &snapshot.ledger;
    let body = html! {
        h1 { "Ledger" }
        @if view.faults.is_empty() { p { "The chain is whole over the rows shown." } }
        @else {
            p { span.mark.fail { (view.faults.len()) " damaged or broken" } }
            ul.faults { @for fault in &view.faults { li { (visible(fault)) } } }
        }
        @if view.rows.is_empty() { p { span.mark.not_evaluated { "not evaluated" } " There is no row yet." } }
        @else {
            div.wide {
                table {
                    thead { tr { @for head in ["Row", "Packet", "Lane", "Verdict", "Passed", "Total", "Commit", "Hash"] { th scope="col" { (head) } } } }
                    tbody { @for row in &view.rows { tr {
                        th scope="row" { (row.seq) }
                        td { (visible(&row.entry.packet)) }
                        td { (row.entry.lane.name()) }
                        td.(row.entry.verdict.name()) { (verdict(row.entry.verdict)) }
                        td.number { (row.entry.counts.passed) }
                        td.number { (row.entry.counts.total) }
                        td { code { (visible(&commit(&row.entry.commit, row.entry.dirty))) } }
                        td { code { (visible(&commit(&row.hash, false))) } }
                    } } }
                }
            }
        }
    };
    page::page("", "Ledger", body)
}

pub(crate) fn sidecars(snapshot: &Snapshot) -> String {
    let body = html! {
        h1 { "Sidecars" }
        @if snapshot.sidecars.is_empty() { p { span.mark.not_evaluated { "not evaluated" } " No artifact has a sidecar." } }
        @else {
            div.wide {
                table {
                    thead { tr { @for head in ["Artifact", "State", "Decode proof", "Digest"] { th scope="col" { (head) } } } }
                    tbody { @for view in &snapshot.sidecars { tr {
                        th scope="row" { (visible(&view.artifact)) }
                        td { (visible(&view.status)) }
                        td { (words(&visible(&view.proof))) }
                        td { code { (visible(&commit(&view.proof_digest, false))) } }
                    } } }
                }
            }
        }
    };
    page::page("", "Sidecars", body)
}
