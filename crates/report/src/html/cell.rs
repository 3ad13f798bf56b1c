//! Fences that ran: their code, folded, and what they showed.

use maud::{Markup, PreEscaped, html};

use super::{
    anchor::{self, Anchors},
    highlight,
};
use crate::{
    escape::{visible, visible_lines},
    figure::Figure,
    page::{Cell, Content, Shown, Status},
    svg,
    table::{Align, TableView},
};

/// The widths a figure is drawn for: a column of text, and a telephone. The style sheet shows the one that fits.
const WIDE: u32 = svg::WIDTH;
const NARROW: u32 = 344;

pub(super) fn cell(cell: &Cell, anchors: &Anchors) -> Markup {
    let status = match cell.status {
        Status::Ran => "ran",
        Status::Recorded => "recorded",
        Status::Skipped => "not run",
        Status::Failed => "failed",
    };
    let name = if cell.name.is_empty() { cell.language.as_str() } else { cell.name.as_str() };
    let label = html! {
        span.name { (visible(name)) }
        span.status.failed[cell.status == Status::Failed] {
            (status)
            @if let Some(ms) = cell.ms { ", " (crate::format::grouped(&ms.to_string())) " ms" }
        }
    };
    html! {
        div.cell role="group" id=[anchors.cell(&cell.name)] aria-label={ "Cell " (visible(name)) } {
            @match &cell.source {
                Some(source) => details.code {
                    summary { (label) }
                    pre tabindex="0" { code { (highlight::code(source.trim_end(), &cell.language)) } }
                },
                None => p.code { (label) },
            }
            @for shown in &cell.shown { (content(shown, anchors)) }
        }
    }
}

fn content(shown: &Shown, anchors: &Anchors) -> Markup {
    let traced = shown.id.as_deref().and_then(|id| Some((anchors.shown(id)?.0, anchor::why(id))));
    let anchor = traced.as_ref().map(|(anchor, _)| anchor.as_str());
    let trace = html! {
        @if let Some((_, why)) = &traced { " " a.trace href={ "#" (why) } { "Where it comes from" } }
    };
    match &shown.content {
        Content::Table(view) => table(view, &shown.name, anchor, &trace),
        Content::Figure(figure) => drawing(figure, anchor, &trace, anchors.figure()),
        Content::Text(text) => html! {
            div.output id=[anchor] {
                pre tabindex="0" { (visible_lines(text.trim_end_matches('\n'))) }
                @if traced.is_some() { p.caption { @if !shown.name.is_empty() { code { (visible(&shown.name)) } "." } (trace) } }
            }
        },
        Content::Error(text) => html! {
            div.output.error id=[anchor] { p { strong { "Error" } } pre tabindex="0" { (visible_lines(text)) } }
        },
    }
}

fn drawing(figure: &Figure, anchor: Option<&str>, trace: &Markup, n: usize) -> Markup {
    let drawn = |width| PreEscaped(svg::draw(figure, width, false));
    html! {
        figure.plot id=[anchor] {
            div.wide { (drawn(WIDE)) }
            div.narrow { (drawn(NARROW)) }
            figcaption { b { "Figure " (n) "." } " " (visible(&figure.title)) (trace) }
        }
    }
}

fn table(view: &TableView, name: &str, anchor: Option<&str>, trace: &Markup) -> Markup {
    let gap = view.gap();
    let width = view.index.len() + view.columns.len();
    let left_out = html! {
        tr.gap { td colspan=(width) { (crate::format::grouped(&view.hidden_row_count().to_string())) " more rows" } }
    };
    let class = |align: Align, missing: bool| match (align, missing) {
        (Align::End, false) => Some("end"),
        (Align::End, true) => Some("end missing"),
        (Align::Start, true) => Some("missing"),
        (Align::Start, false) => None,
    };
    let label = if name.is_empty() { "Table".to_owned() } else { format!("Table {name}") };
    html! {
        figure.table id=[anchor] {
            div.scroll role="region" tabindex="0" aria-label=(visible(&label)) {
                table {
                    thead {
                        tr {
                            @for level in &view.index { th scope="col" { (visible(level)) } }
                            @for column in &view.columns {
                                th scope="col" class=[class(column.align, false)] {
                                    (visible(&column.name)) span.dtype { (visible(&column.dtype)) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for (i, row) in view.rows.iter().enumerate() {
                            @if gap == Some(i) { (left_out) }
                            tr {
                                @for level in 0..view.index.len() {
                                    th scope="row" { (visible(row.labels.get(level).map_or("", String::as_str))) }
                                }
                                @for (i, column) in view.columns.iter().enumerate() {
                                    @match row.cells.get(i) {
                                        Some(cell) => td class=[class(column.align, cell.missing)] { (visible(&cell.text)) },
                                        None => td {},
                                    }
                                }
                            }
                        }
                        @if gap == Some(view.rows.len()) { (left_out) }
                    }
                }
            }
            figcaption {
                @if !name.is_empty() { code { (visible(name)) } ", " }
                (view.size()) "." (trace)
            }
        }
    }
}
