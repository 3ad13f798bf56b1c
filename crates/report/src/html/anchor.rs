//! Names of places in the page, unique and safe in a URL fragment.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
};

use crate::page::{Block, Inline, Page, Provenance};

/// A heading the contents list links to.
#[derive(Clone)]
pub(super) struct Heading {
    pub(super) level: u8,
    pub(super) id: String,
    pub(super) text: String,
}

/// Hands out anchors while the page is drawn, and knows who links where afterwards.
pub(super) struct Anchors<'a> {
    /// Added to the level of every heading: the title is the page's only one of the first level.
    shift: u8,
    provenance: HashMap<&'a str, &'a Provenance>,
    drawn: RefCell<Drawn>,
}

#[derive(Default)]
struct Drawn {
    headings: Vec<Heading>,
    slugs: HashSet<String>,
    cells: HashSet<String>,
    /// Places that show a provenance id, in order of the page.
    uses: HashMap<String, Vec<String>>,
    figures: usize,
    numbers: usize,
    untraced: usize,
}

impl<'a> Anchors<'a> {
    pub(super) fn new(page: &'a Page, blocks: &[Block]) -> Self {
        let first = |block: &Block| matches!(block, Block::Heading { level: 0 | 1, .. });
        let shift = u8::from(blocks.iter().any(first));
        let provenance = page.provenance.iter().map(|p| (p.id.as_str(), p)).collect();
        Self { shift, provenance, drawn: RefCell::default() }
    }

    /// The level a heading has in the page, and its anchor.
    pub(super) fn heading(&self, level: u8, text: &str) -> (u8, String) {
        let level = level.saturating_add(self.shift).clamp(2, 6);
        let drawn = &mut *self.drawn.borrow_mut();
        let slug = slug(text);
        let mut id = format!("s-{slug}");
        let mut n = 2;
        while !drawn.slugs.insert(id.clone()) {
            id = format!("s-{slug}-{n}");
            n += 1;
        }
        drawn.headings.push(Heading { level, id: id.clone(), text: text.to_owned() });
        (level, id)
    }

    pub(super) fn headings(&self) -> Vec<Heading> {
        self.drawn.borrow().headings.clone()
    }

    /// The anchor of the first cell with a name.
    pub(super) fn cell(&self, name: &str) -> Option<String> {
        let fresh = !name.is_empty() && self.drawn.borrow_mut().cells.insert(name.to_owned());
        fresh.then(|| format!("c-{}", fragment(name)))
    }

    /// The anchor of the cell with this name, if the page has drawn one.
    pub(super) fn cell_named(&self, name: &str) -> Option<String> {
        self.drawn.borrow().cells.contains(name).then(|| format!("c-{}", fragment(name)))
    }

    /// The number of the next figure.
    pub(super) fn figure(&self) -> usize {
        let drawn = &mut *self.drawn.borrow_mut();
        drawn.figures += 1;
        drawn.figures
    }

    /// A place that shows a number of the prose.
    pub(super) fn number(&self, id: &str) -> Option<(String, &'a Provenance)> {
        let traced = self.shown(id);
        let drawn = &mut *self.drawn.borrow_mut();
        drawn.numbers += 1;
        drawn.untraced += usize::from(traced.is_none());
        traced
    }

    /// A place that shows a value: its own anchor and the provenance to link to, if there is one.
    pub(super) fn shown(&self, id: &str) -> Option<(String, &'a Provenance)> {
        let provenance = *self.provenance.get(id)?;
        let drawn = &mut *self.drawn.borrow_mut();
        let uses = drawn.uses.entry(id.to_owned()).or_default();
        let anchor = match uses.len() {
            0 => format!("n-{}", fragment(id)),
            n => format!("n-{}.{}", fragment(id), n + 1),
        };
        uses.push(anchor.clone());
        Some((anchor, provenance))
    }

    pub(super) fn uses(&self, id: &str) -> Vec<String> {
        self.drawn.borrow().uses.get(id).cloned().unwrap_or_default()
    }

    /// Numbers of the prose, and those of them without provenance.
    pub(super) fn numbers(&self) -> (usize, usize) {
        let drawn = self.drawn.borrow();
        (drawn.numbers, drawn.untraced)
    }
}

/// Where the provenance `id` stands.
pub(super) fn why(id: &str) -> String {
    format!("why-{}", fragment(id))
}

/// `id` in letters, digits, `-` and `_`; everything else as `.` and its hexadecimal bytes. Distinct ids stay distinct.
fn fragment(id: &str) -> String {
    let mut text = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            _ => text += &format!(".{byte:02x}"),
        }
    }
    text
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "section".to_owned() } else { slug.to_owned() }
}

/// The text of a line without its markup.
pub(super) fn plain(parts: &[Inline]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Inline::Text(t) | Inline::Code(t) | Inline::Number { text: t, .. } => text += t,
            Inline::Emph(parts) | Inline::Strong(parts) | Inline::Link { text: parts, .. } => {
                text += &plain(parts);
            }
            Inline::LineBreak => text.push(' '),
        }
    }
    text
}
