//! The chain behind each number.

use maud::{Markup, html};

use super::{
    anchor::{self, Anchors},
    highlight,
};
use crate::{
    escape::{visible, visible_lines},
    page::{Page, Provenance},
};

pub(super) const TITLE: &str = "Where the numbers come from";

pub(super) fn section(page: &Page, anchors: &Anchors) -> Markup {
    html! {
        @if !page.provenance.is_empty() {
            section.provenance #why aria-labelledby="why-title" {
                h2 #why-title { (TITLE) }
                @for provenance in &page.provenance { (entry(provenance, anchors)) }
            }
        }
    }
}

fn entry(provenance: &Provenance, anchors: &Anchors) -> Markup {
    let uses = anchors.uses(&provenance.id);
    html! {
        article.why id=(anchor::why(&provenance.id)) {
            h3 {
                span.value { (visible(&provenance.title)) }
                @if let Some(expression) = &provenance.expression { " " code { (visible(expression)) } }
            }
            dl {
                @if !provenance.result.is_empty() { dt { "Result" } dd { code { (visible(&provenance.result)) } } }
                @if !provenance.cell.is_empty() {
                    dt { "Cell" }
                    dd {
                        @match anchors.cell_named(&provenance.cell) {
                            Some(anchor) => a href={ "#" (anchor) } { code { (visible(&provenance.cell)) } },
                            None => code { (visible(&provenance.cell)) },
                        }
                    }
                }
                @if let Some(intent) = &provenance.intent { dt { "Intent" } dd { (visible_lines(intent)) } }
                @if !provenance.operations.is_empty() {
                    dt { "Operations" }
                    dd { @for (i, op) in provenance.operations.iter().enumerate() { @if i > 0 { ", " } code { (visible(op)) } } }
                }
                @for input in &provenance.inputs {
                    dt { "Input" }
                    dd {
                        code { (visible(&input.path)) }
                        @if let Some(rows) = input.rows { ", " (crate::format::grouped(&rows.to_string())) " rows" }
                        br; span.hash { "SHA-256 " (visible(&input.sha256)) }
                    }
                }
                @if let Some(log) = &provenance.log {
                    dt { "Log entry" }
                    dd { (crate::format::grouped(&log.seq.to_string())) ", effect " span.hash { (visible(&log.effect)) } }
                }
                @if let Some(hash) = &provenance.value_hash { dt { "Value hash" } dd { span.hash { (visible(hash)) } } }
            }
            @if !provenance.code.is_empty() {
                details.code {
                    summary { "Code" }
                    pre tabindex="0" { code { (highlight::code(provenance.code.trim_end(), "lumen")) } }
                }
            }
            @match uses.as_slice() {
                [] => {},
                [anchor] => p.back { a href={ "#" (anchor) } { "Back to the text" } },
                anchors => p.back {
                    "Back to the text: "
                    @for (i, anchor) in anchors.iter().enumerate() {
                        @if i > 0 { ", " }
                        a href={ "#" (anchor) } aria-label={ "place " (i + 1) } { (i + 1) }
                    }
                },
            }
        }
    }
}
