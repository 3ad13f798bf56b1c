//! One case in its modes, and one failed check with both payloads.

use evidence::compare::Drift;
use evidence::mismatch::Mismatch;
use evidence::report::Check;
use evidence::snapshot::{PacketCard, Snapshot};
use maud::{Markup, html};
use report::escape::{visible, visible_lines};
use serde::Serialize;

use crate::card;
use crate::page::{self, cell, spelling, status};
use crate::site::{mismatch_path, packet_path};

const ROOT: &str = "../../../";

/// Text beyond this is cut on the page; the JSON has it whole.
const SHOWN_CHARS_MAX: usize = 20_000;

pub(crate) fn page(snapshot: &Snapshot, card: &PacketCard, checks: &[Check]) -> String {
    let case = checks.first().map(|check| check.case.as_str()).unwrap_or_default();
    let body = html! {
        h1 { (visible(case)) }
        (home(snapshot, card))
        @for check in checks {
            h2 { (check.mode.name()) " " (status(check.status)) }
            dl {
                dt { "Class" } dd { (spelling(&check.class)) }
                dt { "Source" } dd { (check.source.name()) }
                dt { "Outcome" } dd { (visible(&check.outcome)) }
                @if let Some(reason) = &check.reason { dt { "Reason" } dd { (visible(reason)) } }
                @if !check.repairs.is_empty() {
                    dt { "Repairs" }
                    dd { @for repair in &check.repairs { span.item { (visible(&repair.category)) " × " (repair.count) } } }
                }
            }
            (drift(&check.drift))
            @if card::mismatch(card, check).is_some() {
                p { a href={ (ROOT) (mismatch_path(&card.packet, &check.case, check.mode)) } { "Expected and found" } }
            }
        }
    };
    page::page(ROOT, case, body)
}

pub(crate) fn mismatch(snapshot: &Snapshot, card: &PacketCard, mismatch: &Mismatch) -> String {
    let body = html! {
        h1 { (visible(&mismatch.case)) ", " (mismatch.mode.name()) }
        (home(snapshot, card))
        dl {
            dt { "Operation" } dd { code { (visible(&mismatch.op)) } }
            dt { "Reference" } dd { (visible(&mismatch.oracle)) }
            dt { "Repeat it" } dd { code { (visible(&mismatch.replay)) } }
            @if let Some(reason) = &mismatch.reason { dt { "Reason" } dd { (visible(reason)) } }
        }
        (drift(&mismatch.drift))
        div.pair {
            section { h2 { "Expected" } (payload(&mismatch.expected)) }
            section { h2 { "Found" } (payload(&mismatch.found)) }
        }
        h2 { "Inputs" } (payload(&mismatch.inputs))
        h2 { "Parameters" } (payload(&mismatch.params))
    };
    page::page(ROOT, &mismatch.case, body)
}

fn home(snapshot: &Snapshot, card: &PacketCard) -> Markup {
    html! {
        p {
            "Packet " a href={ (ROOT) (packet_path(&card.packet)) } { (visible(&card.packet)) }
            ", lane " (card.lane.name()) ", run " code { (visible(&snapshot.run.id)) }
        }
    }
}

fn drift(drift: &[Drift]) -> Markup {
    let rows = drift.iter().map(|one| {
        vec![
            cell(spelling(&one.level)),
            cell(spelling(&one.category)),
            cell(html! { code { (visible(&one.location)) } }),
            cell(visible(&one.expected)),
            cell(visible(&one.found)),
        ]
    });
    html! {
        @if !drift.is_empty() { (page::table(&["Level", "Category", "Where", "Expected", "Found"], rows)) }
    }
}

/// A value as the files write it, on lines of its own.
fn payload(value: &impl Serialize) -> Markup {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    html! {
        pre { (visible_lines(&shown)) }
        @if shown.len() < text.len() { p { "Cut here; the JSON has all " (text.len()) " bytes." } }
    }
}
