//! One packet: its gate rule by rule, its trend, its checks.

use evidence::snapshot::{PacketCard, Snapshot};
use maud::{Markup, html};
use report::escape::visible;

use crate::card;
use crate::page::{self, status, verdict, words};
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
    html! {
        h2 { "Gate" }
        @if card.rules.is_empty() { p { span.mark.not_evaluated { "no rule was evaluated" } } }
        @else {
            div.wide {
                table {
                    thead { tr { @for head in ["Rule", "", "Expected", "Found"] { th scope="col" { (head) } } } }
                    tbody { @for rule in &card.rules { tr {
                        th scope="row" { (visible(&rule.rule)) }
                        td.(rule.pass.name()) { (verdict(rule.pass)) }
                        td { (visible(&rule.expected)) }
                        td { (visible(&rule.found)) }
                    } } }
                }
            }
        }
    }
}

fn trend(card: &PacketCard) -> Markup {
    html! {
        @if !card.trend.is_empty() {
            h2 { "Earlier runs" }
            div.wide {
                table {
                    thead { tr { @for head in ["Row", "Commit", "", "Failed", "Minor", "Not evaluated", "Total"] { th scope="col" { (head) } } } }
                    tbody { @for point in &card.trend { tr {
                        th scope="row" { (point.seq) }
                        td { code { (visible(&page::commit(&point.commit, false))) } }
                        td.(point.verdict.name()) { (verdict(point.verdict)) }
                        @for count in [point.failed, point.minor, point.not_evaluated, point.total] { td.number { (count) } }
                    } } }
                }
            }
        }
    }
}

fn checks(card: &PacketCard) -> Markup {
    html! {
        h2 { "Checks" }
        div.wide {
            table {
                thead { tr { @for head in ["Case", "Mode", "Status", "Outcome", "Drift"] { th scope="col" { (head) } } } }
                tbody { @for check in &card.checks { tr {
                    th scope="row" { a href={ "../" (case_path(&card.packet, &check.case)) } { (visible(&check.case)) } }
                    td { (check.mode.name()) }
                    td.(check.status.name()) { (status(check.status)) }
                    td { (visible(&check.outcome)) }
                    td {
                        @if card::mismatch(card, check).is_some() {
                            a href={ "../" (mismatch_path(&card.packet, &check.case, check.mode)) } { "expected and found" }
                        } @else if !check.drift.is_empty() { (check.drift.len()) }
                    }
                } } }
            }
        }
    }
}
