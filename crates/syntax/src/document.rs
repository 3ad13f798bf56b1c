//! Markdown documents whose fences are code: `.lm.md`.
//!
//! [`parse_document`] reads front matter, Markdown structure, fences and the values bound in prose in one go. Spans
//! count in the document, so a diagnostic inside a fence points at the document's line.

mod front_matter;
mod markdown;
mod numbers;
mod python;

pub use front_matter::{FrontMatter, Given, Input, InputValue};

use crate::ast::{Attr, Binding, Item, Module, NodeIds};
use crate::diagnostic::Diagnostic;
use crate::parser::{Earlier, parse_behind};
use crate::text::{FileId, Span};

#[derive(Debug)]
pub struct Document {
    pub front_matter: FrontMatter,
    /// The prose and the places of its fences, in order.
    pub blocks: Vec<Block>,
    pub fences: Vec<Fence>,
    /// Values bound in prose, in order of appearance.
    pub bindings: Vec<Binding>,
    /// All code fences that run, as one module.
    pub module: Module,
    pub diagnostics: Vec<Diagnostic>,
    /// Numbers in prose that nothing produced and that are marked as given.
    pub given: Vec<(String, String)>,
}

/// A fenced block of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub name: Option<String>,
    /// The whole fence, its marks included.
    pub span: Span,
    /// The code between the marks.
    pub code: Span,
    pub kind: FenceKind,
    pub hidden: bool,
    /// The text of the ```` ```output ```` fence behind it.
    pub output: Option<(Span, String)>,
}

impl FenceKind {
    /// Whether the fence's code is Python.
    pub fn is_python(&self) -> bool {
        matches!(self, FenceKind::Python | FenceKind::Prelude)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FenceKind {
    /// Runs with the document.
    Code,
    /// Shown, never run.
    Skip,
    /// Runs under the test command only.
    Test,
    /// Must give exactly these diagnostics, and does not run.
    Faulty(Vec<String>),
    /// A Python cell, which runs with the document.
    Python,
    /// Python definitions that stand before later cells.
    Prelude,
}

/// Markdown structure, as a report shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Heading {
        level: u8,
        text: Vec<Inline>,
    },
    Paragraph(Vec<Inline>),
    List {
        start: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Table {
        head: Vec<Vec<Inline>>,
        align: Vec<Option<Align>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Quote(Vec<Block>),
    /// A code block of another language.
    Code {
        language: String,
        text: String,
    },
    Rule,
    /// Index into [`Document::fences`].
    Fence(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Center,
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    Text(String),
    Emph(Vec<Inline>),
    Strong(Vec<Inline>),
    Code(String),
    Link {
        url: String,
        text: Vec<Inline>,
    },
    /// Index into [`Document::bindings`].
    Bound(usize),
    LineBreak,
}

/// Reads a document. With `strict`, an unbound number is an error (E0601), else a warning (W0601).
pub fn parse_document(file: FileId, text: &str, strict: bool, ids: &mut NodeIds) -> Document {
    let (front_matter, body_start, mut diagnostics) = front_matter::read(file, text, ids);
    let markdown = markdown::read(file, text, body_start, strict, ids);
    diagnostics.extend(markdown.diagnostics);
    let directives = front_matter.directives.clone();
    let mut module = Module { file, directives, items: Vec::new() };
    let mut python = markdown.python.into_iter();
    let mut preludes = Vec::new();
    let mut earlier = Vec::new();
    for (index, fence) in markdown.fences.iter().enumerate() {
        match fence.kind {
            FenceKind::Skip | FenceKind::Faulty(_) | FenceKind::Test => continue,
            FenceKind::Prelude => {
                preludes.extend(python.next().map(|(_, code)| code));
                continue;
            }
            FenceKind::Python => {
                if let Some((line, code)) = python.next() {
                    module.items.extend(line.item(index, code, fence.code, preludes.clone(), ids));
                }
                continue;
            }
            FenceKind::Code => {}
        }
        let Some((start, code)) = code_of(text, fence) else { continue };
        let part = parse_behind(file, code, start, Some(index), ids, &earlier);
        earlier.push((start, code));
        module.directives.extend(part.directives);
        module.items.extend(part.items);
        diagnostics.extend(part.diagnostics);
    }
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    Document {
        front_matter,
        blocks: markdown.blocks,
        fences: markdown.fences,
        bindings: markdown.bindings,
        module,
        diagnostics,
        given: markdown.given,
    }
}

/// The code of the fences before one.
fn code_before<'t>(text: &'t str, fences: &[Fence], index: usize) -> Vec<Earlier<'t>> {
    let before = fences.iter().take(index).filter(|fence| matches!(fence.kind, FenceKind::Code));
    before.filter_map(|fence| code_of(text, fence)).collect()
}

/// Where a fence's code starts, and the code.
fn code_of<'t>(text: &'t str, fence: &Fence) -> Option<Earlier<'t>> {
    let start = fence.code.start as usize;
    Some((start, text.get(start..fence.code.end as usize)?))
}

/// The code of one fence.
#[derive(Debug)]
pub struct FenceCode {
    pub directives: Vec<Attr>,
    pub items: Vec<Item>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Document {
    /// Reads a fence that is no part of [`Document::module`]: one that runs under the test command only, or must be
    /// faulty. `text` is the document's. An unknown number gives no code.
    pub fn parse_fence(&self, text: &str, index: usize, ids: &mut NodeIds) -> FenceCode {
        let Some((start, code)) = self.fences.get(index).and_then(|fence| code_of(text, fence)) else {
            return FenceCode { directives: Vec::new(), items: Vec::new(), diagnostics: Vec::new() };
        };
        let earlier = code_before(text, &self.fences, index);
        let part = parse_behind(self.module.file, code, start, Some(index), ids, &earlier);
        FenceCode { directives: part.directives, items: part.items, diagnostics: part.diagnostics }
    }
}

/// Whether a path names a document rather than a plain source.
pub fn is_document(path: &str) -> bool {
    path.ends_with(".md")
}
