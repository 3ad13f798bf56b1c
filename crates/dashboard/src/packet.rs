//! One packet: its gate rule by rule, its trend, its checks.

use evidence::snapshot::{PacketCard, Snapshot};
use maud::{Markup, html};
use report::escape::visible;

use crate::card;
use crate::page::{self, cell, marked, status, verdict, words};
use crate::site::{case_path, mismatch_path};

pub(crate) fn page(snapshot: &Snapshot, card: &PacketCard) -> String {
    let body = html! {
        h1 { (visible(&card.packet)) " " (verdict(card.verdict)) }
        p { (visible(&card.title)) }
        dl {
            dt { "Suite" } dd { (visible(&card.suite)) }
            dt { "Lane" } dd { (card.lane.name()) }
            dt { "Cases" } dd { (card.counts.cases) }
            dt { "Sources" } dd { @for (origin, n) in &card.counts.source { span.item { (n) " " (origin.name()) } } }
            dt { "Release" } dd { @if card.release_blocking { "waits for this packet" } @else { "does not wait" } }
            dt { "Sidecar" } dd { (proof(snapshot, card)) }
        }
        (rules(card))
        (trend(card))
        (checks(card))
    };
    page::page("../", &card.packet, body)
}

/// The packet's sidecars with their decode proofs.
pub(crate) fn proof(snapshot: &Snapshot, card: &PacketCard) -> Markup {
    let views: Vec<_> = card::sidecars(snapshot, card).collect();
    html! {
        @if views.is_empty() { span.mark.not_evaluated { "none" } }
        @for view in views { span.item { (visible(&view.status)) ", proof " (words(&visible(&view.proof))) } }
    }
}

fn rules(card: &PacketCard) -> Markup {
    let rows = card.rules.iter().map(|rule| {
        let mark = marked(rule.pass.name(), verdict(rule.pass));
        vec![cell(visible(&rule.rule)), mark, cell(visible(&rule.expected)), cell(visible(&rule.found))]
    });
    html! {
        h2 { "Gate" }
        @if card.rules.is_empty() { p { span.mark.not_evaluated { "no rule was evaluated" } } }
        @else { (page::table(&["Rule", "Verdict", "Expected", "Found"], rows)) }
    }
}

fn trend(card: &PacketCard) -> Markup {
    let rows = card.trend.iter().map(|point| {
        vec![
            cell(point.seq),
            marked(point.verdict.name(), verdict(point.verdict)),
            cell(page::commit(&visible(&point.commit), false)),
            cell(point.failed),
            cell(point.minor),
            cell(point.not_evaluated),
            cell(point.total),
        ]
    });
    let heads = ["Row", "Verdict", "Commit", "Failed", "Minor", "Not evaluated", "Total"];
    html! {
        @if !card.trend.is_empty() {
            h2 { "Earlier runs" }
            (page::table(&heads, rows))
        }
    }
}

fn checks(card: &PacketCard) -> Markup {
    let rows = card.checks.iter().map(|check| {
        let case = html! { a href={ "../" (case_path(&card.packet, &check.case)) } { (visible(&check.case)) } };
        let drift = html! {
            @if card::mismatch(card, check).is_some() {
                a href={ "../" (mismatch_path(&card.packet, &check.case, check.mode)) } { "expected and found" }
            } @else if check.drift.is_empty() { "none" } @else { (check.drift.len()) }
        };
        vec![
            cell(case),
            marked(check.status.name(), status(check.status)),
            cell(check.mode.name()),
            cell(visible(&check.outcome)),
            cell(drift),
        ]
    });
    html! {
        h2 { "Checks" }
        (page::table(&["Case", "Status", "Mode", "Outcome", "Drift"], rows))
    }
}
