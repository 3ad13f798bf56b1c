//! Blocks of the document.

use maud::{Markup, html};

use super::{
    anchor::{self, Anchors},
    cell,
};
use crate::{
    escape::{visible, visible_lines},
    page::{Align, Block, Inline},
};

pub(super) fn block(block: &Block, anchors: &Anchors) -> Markup {
    match block {
        Block::Heading { level, text } => heading(*level, text, anchors),
        Block::Paragraph(text) => html! { p { (line(text, anchors)) } },
        Block::List { start, items } => {
            let items = html! {
                @for item in items {
                    li {
                        // A lone paragraph is the item's line.
                        @match item.as_slice() {
                            [Block::Paragraph(text)] => (line(text, anchors)),
                            blocks => (all(blocks, anchors)),
                        }
                    }
                }
            };
            match start {
                Some(1) => html! { ol { (items) } },
                Some(n) => html! { ol start=(n) { (items) } },
                None => html! { ul { (items) } },
            }
        }
        Block::Table { head, align, rows } => table(head, align, rows, anchors),
        Block::Quote(blocks) => html! { blockquote { (all(blocks, anchors)) } },
        Block::Code { text, .. } => html! { pre.listing tabindex="0" { code { (visible_lines(text)) } } },
        Block::Rule => html! { hr; },
        Block::Cell(cell) => cell::cell(cell, anchors),
    }
}

fn all(blocks: &[Block], anchors: &Anchors) -> Markup {
    html! { @for b in blocks { (block(b, anchors)) } }
}

fn heading(level: u8, text: &[Inline], anchors: &Anchors) -> Markup {
    let (level, id) = anchors.heading(level, &visible(&anchor::plain(text)));
    let text = line(text, anchors);
    match level {
        2 => html! { h2 id=(id) { (text) } },
        3 => html! { h3 id=(id) { (text) } },
        4 => html! { h4 id=(id) { (text) } },
        5 => html! { h5 id=(id) { (text) } },
        _ => html! { h6 id=(id) { (text) } },
    }
}

fn table(
    head: &[Vec<Inline>],
    align: &[Option<Align>],
    rows: &[Vec<Vec<Inline>>],
    anchors: &Anchors,
) -> Markup {
    let side = |i: usize| match align.get(i).copied().flatten() {
        Some(Align::End) => Some("end"),
        Some(Align::Center) => Some("center"),
        Some(Align::Start) | None => None,
    };
    html! {
        div.scroll role="region" tabindex="0" aria-label="Table" {
            table.prose {
                thead {
                    tr { @for (i, cell) in head.iter().enumerate() { th scope="col" class=[side(i)] { (line(cell, anchors)) } } }
                }
                tbody {
                    @for row in rows {
                        tr { @for (i, cell) in row.iter().enumerate() { td class=[side(i)] { (line(cell, anchors)) } } }
                    }
                }
            }
        }
    }
}

pub(super) fn line(parts: &[Inline], anchors: &Anchors) -> Markup {
    html! { @for part in parts { (inline(part, anchors)) } }
}

fn inline(part: &Inline, anchors: &Anchors) -> Markup {
    match part {
        Inline::Text(text) => html! { (visible_lines(text)) },
        Inline::Emph(parts) => html! { em { (line(parts, anchors)) } },
        Inline::Strong(parts) => html! { strong { (line(parts, anchors)) } },
        Inline::Code(text) => html! { code { (visible(text)) } },
        Inline::Link { url, text } => link(url, text, anchors),
        Inline::Number { id, text } => number(id, text, anchors),
        Inline::LineBreak => html! { br; },
    }
}

fn link(url: &str, text: &[Inline], anchors: &Anchors) -> Markup {
    let lower = url.trim().to_ascii_lowercase();
    let outside = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    let text = line(text, anchors);
    // Anything else could run a script or point into the reader's own files.
    if outside {
        html! { a href=(url.trim()) rel="noopener noreferrer" { (text) } }
    } else if lower.starts_with('#') {
        html! { a href=(url.trim()) { (text) } }
    } else {
        html! { (text) " (" code { (visible(url)) } ")" }
    }
}

fn number(id: &str, text: &str, anchors: &Anchors) -> Markup {
    match anchors.number(id) {
        Some((anchor, provenance)) => {
            let title = match &provenance.expression {
                Some(expression) => format!("Where this comes from: {expression}"),
                None => format!("Where this comes from: {}", provenance.result),
            };
            html! { a.num id=(anchor) href={ "#" (anchor::why(id)) } title=(visible(&title)) { (visible(text)) } }
        }
        None => html! { span.untraced title="No provenance is recorded for this number" { (visible(text)) } },
    }
}
