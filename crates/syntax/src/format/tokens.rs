//! The tokens of a tree in order, each with what the layout must know of its place, and the trivia before it.

use std::ops::Range;

use rowan::{Direction, NodeOrToken};

use super::doc::Remark;
use crate::kind::{SyntaxKind, SyntaxNode, SyntaxToken};

/// A token that is no trivia.
pub(super) struct Leaf<'a> {
    pub kind: SyntaxKind,
    pub text: &'a str,
    pub parent: SyntaxKind,
    /// It is the first, or the last, token of its node.
    pub first: bool,
    pub last: bool,
    /// It is the last token of an attribute.
    pub ends_attribute: bool,
    /// The bar that closes `|x|`.
    pub closing_bar: bool,
}

pub(super) struct Leaves<'a> {
    pub text: &'a str,
    pub all: Vec<Leaf<'a>>,
    trivia: Vec<(SyntaxKind, &'a str)>,
    /// Trivia before each leaf, and before the end of the text.
    before: Vec<Range<usize>>,
}

/// What stands between a token and the one before it.
#[derive(Default)]
pub(super) struct Leading<'a> {
    /// The comment on the line of the token before.
    pub trailing: Option<&'a str>,
    pub lines: Vec<Remark<'a>>,
    /// Documentation blocks between two tokens of a line.
    pub inline: Vec<&'a str>,
    pub newline: bool,
    /// An empty line stands directly before the token.
    pub blank: bool,
    /// A backslash joins the lines.
    pub joined: bool,
}

impl Leading<'_> {
    /// Documentation blocks within a line end it, as comments do: the next token starts a line.
    pub(super) fn settle(&mut self) {
        for (i, text) in std::mem::take(&mut self.inline).into_iter().enumerate() {
            match self.trailing {
                None => self.trailing = Some(text),
                Some(_) => self.lines.insert(i.saturating_sub(1), Remark { text, blank: false }),
            }
        }
    }

    pub(super) fn has_comment(&self) -> bool {
        self.trailing.is_some() || !self.lines.is_empty() || !self.inline.is_empty()
    }
}

pub(super) fn leaves<'a>(root: &SyntaxNode, text: &'a str) -> Leaves<'a> {
    let mut leaves = Leaves { text, all: Vec::new(), trivia: Vec::new(), before: Vec::new() };
    let mut from = 0;
    for token in root.descendants_with_tokens().filter_map(NodeOrToken::into_token) {
        let range = token.text_range();
        let slice = &text[usize::from(range.start())..usize::from(range.end())];
        if token.kind().is_trivia() {
            leaves.trivia.push((token.kind(), slice));
        } else {
            leaves.before.push(from..leaves.trivia.len());
            from = leaves.trivia.len();
            leaves.all.push(leaf(&token, slice));
        }
    }
    leaves.before.push(from..leaves.trivia.len());
    leaves
}

fn leaf<'a>(token: &SyntaxToken, text: &'a str) -> Leaf<'a> {
    let range = token.text_range();
    let parent = token.parent();
    let place = parent.as_ref().map_or(range, SyntaxNode::text_range);
    let closing_bar = text == "|"
        && token
            .siblings_with_tokens(Direction::Prev)
            .skip(1)
            .any(|t| t.as_token().is_some_and(|t| t.text() == "|"));
    let ends_attribute =
        token.parent_ancestors().any(|a| a.kind() == SyntaxKind::Attr && a.text_range().end() == range.end());
    Leaf {
        kind: token.kind(),
        text,
        parent: parent.map_or(SyntaxKind::File, |p| p.kind()),
        first: range.start() == place.start(),
        last: range.end() == place.end(),
        ends_attribute,
        closing_bar,
    }
}

impl<'a> Leaves<'a> {
    /// What stands before token `index`, or before the end of the text.
    pub(super) fn leading(&self, index: usize) -> Leading<'a> {
        let range = self.before.get(index).cloned().unwrap_or(0..0);
        let mut leading = Leading { newline: index == 0, ..Leading::default() };
        let mut newlines = 0;
        for &(kind, text) in &self.trivia[range] {
            match kind {
                SyntaxKind::Newline => {
                    leading.settle();
                    newlines += 1;
                    leading.newline = true;
                }
                SyntaxKind::Comment if !leading.newline => {
                    leading.inline.push(text.trim_end());
                    leading.settle();
                }
                SyntaxKind::Doc if !leading.newline => leading.inline.push(text),
                SyntaxKind::Comment | SyntaxKind::Doc => {
                    let text = if kind == SyntaxKind::Comment { text.trim_end() } else { text };
                    leading.lines.push(Remark { text, blank: newlines > 1 });
                    newlines = 0;
                }
                _ => leading.joined |= text.contains('\\'),
            }
        }
        leading.blank = newlines > 1;
        if index == self.all.len() {
            leading.settle();
        }
        leading
    }

    /// Whether nothing at all stands before token `index`.
    pub(super) fn adjoins(&self, index: usize) -> bool {
        self.before.get(index).is_some_and(Range::is_empty)
    }
}
