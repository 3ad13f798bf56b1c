//! The page as one offline HTML file.
//!
//! It needs nothing but itself: no script, no font, no image from elsewhere. Its Content-Security-Policy allows the
//! one style sheet by its hash and nothing more, so a browser holds the page to that promise.

mod anchor;
mod cell;
mod highlight;
mod policy;
mod prose;
mod provenance;

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use crate::{
    escape::visible,
    page::{Block, Page, RunFacts},
};
use anchor::Anchors;

pub use policy::policy;

/// The style sheet that stands in the page, byte for byte.
pub const STYLE: &str = include_str!("style.css");

/// The page as a complete HTML document. Equal pages give equal bytes.
///
/// Every [`Inline::Number`](crate::page::Inline::Number) links to the [`Provenance`](crate::page::Provenance) with its id, and back. A number
/// without one is shown with a mark that says so.
///
/// ```
/// use report::{html::html, page::{Block, Inline, Page, Provenance}};
/// let sentence = vec![Inline::number("rate", "10.6%"), Inline::text(" of strikes left damage.")];
/// let chain = Provenance { id: "rate".into(), title: "10.6%".into(), result: "damage_rate".into(), ..Provenance::default() };
/// let page = Page {
///     title: "Bird strikes".into(),
///     blocks: vec![Block::Paragraph(sentence)],
///     provenance: vec![chain],
///     ..Page::default()
/// };
/// assert!(html(&page).contains("href=\"#why-rate\""));
/// ```
pub fn html(page: &Page) -> String {
    let blocks = without_title(page);
    let anchors = Anchors::new(page, blocks);
    let title = visible(&page.title);
    let body = body(page, blocks, &anchors);
    markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(STYLE));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(page.facts.engine);
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}

fn body(page: &Page, blocks: &[Block], anchors: &Anchors) -> Markup {
    // Blocks first: drawing them gives headings and numbers the anchors that contents and provenance link to.
    let blocks = blocks.iter().map(|block| prose::block(block, anchors)).collect::<Vec<_>>();
    let provenance = provenance::section(page, anchors);
    markup! {
        a.skip href="#report" { "Skip to the report" }
        header.masthead {
            p.kicker { "Lumen report" }
            h1 { (visible(&page.title)) }
            @if let Some(subtitle) = &page.subtitle { p.subtitle { (visible(subtitle)) } }
            p.summary { (summary(page, anchors)) }
        }
        (contents(page, anchors))
        main #report { @for block in &blocks { (block) } }
        (provenance)
        (colophon(&page.facts))
    }
}

/// The blocks without a first heading that repeats the title.
fn without_title(page: &Page) -> &[Block] {
    match page.blocks.as_slice() {
        [Block::Heading { level: 0 | 1, text }, rest @ ..]
            if anchor::plain(text).trim() == page.title.trim() =>
        {
            rest
        }
        blocks => blocks,
    }
}

fn summary(page: &Page, anchors: &Anchors) -> Markup {
    let (count, untraced) = anchors.numbers();
    let grouped = |n: usize| crate::format::grouped(&n.to_string());
    markup! {
        @if count > 0 {
            span {
                (grouped(count)) @if count == 1 { " number, " } @else { " numbers, " }
                @if untraced > 0 { strong { (grouped(untraced)) " without provenance" } }
                @else if count == 1 { a href="#why" { "traced" } }
                @else { a href="#why" { "each traced" } }
            }
        }
        @if !page.facts.run.is_empty() { span { "Run " code { (visible(&page.facts.run)) } } }
        @if !page.facts.document.is_empty() { span { code { (visible(&page.facts.document)) } } }
    }
}

fn contents(page: &Page, anchors: &Anchors) -> Markup {
    let headings = anchors.headings();
    let top = headings.iter().map(|h| h.level).min().unwrap_or(1);
    let entries: Vec<_> = headings.iter().filter(|h| h.level <= top + 1).collect();
    markup! {
        @if entries.len() + usize::from(!page.provenance.is_empty()) > 1 {
            nav.contents aria-label="Contents" {
                ol {
                    @for entry in entries {
                        li.sub[entry.level > top] { a href={ "#" (entry.id) } { (entry.text) } }
                    }
                    @if !page.provenance.is_empty() { li { a href="#why" { (provenance::TITLE) } } }
                }
            }
        }
    }
}

fn colophon(facts: &RunFacts) -> Markup {
    let rows = [("Engine", &facts.engine), ("Document", &facts.document), ("Run", &facts.run)];
    let digests = facts.digests.iter().map(|digest| (digest.label.as_str(), &digest.hex));
    markup! {
        footer.colophon {
            h2 { "About this file" }
            dl {
                @for (label, value) in rows.into_iter().chain(digests) {
                    @if !value.is_empty() { dt { (visible(label)) } dd { code { (visible(value)) } } }
                }
                @if let Some(command) = &facts.verify_command {
                    dt { "Check it" } dd { code { (visible(command)) } }
                }
            }
            p { "The report is complete in this file. It runs no script and sends no request." }
        }
    }
}
