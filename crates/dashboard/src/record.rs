//! The ledger and the sidecars.

use evidence::snapshot::Snapshot;
use maud::html;
use report::escape::visible;

use crate::page::{self, cell, commit, marked, verdict, words};

pub(crate) fn ledger(snapshot: &Snapshot) -> String {
    let view = &snapshot.ledger;
    let rows = view.rows.iter().map(|row| {
        let entry = &row.entry;
        vec![
            cell(row.seq),
            marked(entry.verdict.name(), verdict(entry.verdict)),
            cell(visible(&entry.packet)),
            cell(entry.lane.name()),
            cell(entry.counts.passed),
            cell(entry.counts.total),
            cell(html! { code { (visible(&commit(&entry.commit, entry.dirty))) } }),
            cell(html! { code { (visible(&commit(&row.hash, false))) } }),
        ]
    });
    let heads = ["Row", "Verdict", "Packet", "Lane", "Passed", "Total", "Commit", "Hash"];
    let body = html! {
        h1 { "Ledger" }
        @if view.faults.is_empty() { p { "The chain is whole over the rows shown." } }
        @else {
            p { span.mark.fail { (view.faults.len()) " damaged or broken" } }
            ul.faults { @for fault in &view.faults { li { (visible(fault)) } } }
        }
        @if view.rows.is_empty() { p { span.mark.not_evaluated { "not evaluated" } " There is no row yet." } }
        @else { (page::table(&heads, rows)) }
    };
    page::page("", "Ledger", body)
}

pub(crate) fn sidecars(snapshot: &Snapshot) -> String {
    let rows = snapshot.sidecars.iter().map(|view| {
        vec![
            cell(visible(&view.artifact)),
            cell(visible(&view.status)),
            cell(words(&visible(&view.proof))),
            cell(html! { code { (visible(&commit(&view.proof_digest, false))) } }),
        ]
    });
    let body = html! {
        h1 { "Sidecars" }
        @if snapshot.sidecars.is_empty() { p { span.mark.not_evaluated { "not evaluated" } " No artifact has a sidecar." } }
        @else { (page::table(&["Artifact", "State", "Decode proof", "Digest"], rows)) }
    };
    page::page("", "Sidecars", body)
}
