//! Recursive descent with recovery: one pass builds the owned tree and, where somebody asks for it, the lossless one.
//!
//! Newlines end statements except where the grammar says they do not; the parser asks [`Parser::at_line_start`] and
//! keeps a flag that brackets set and blocks clear. A missing `end` is found at the end of the text, too late to say
//! where it belongs; such a text is parsed a second time with indentation as the witness, so that one missing `end`
//! costs one diagnostic and the declarations behind it stay intact.

mod block;
mod declaration;
mod effect;
mod expression;
mod foreign;
mod literal;
mod machine;
mod made;
mod memory;
mod operator;
mod pattern;
mod pipeline;
mod postfix;
mod process;
mod statement;
mod task;
mod traits;
mod upsert;

pub(crate) use declaration::DIRECTIVES;
pub use made::{hidden, is_hidden, unhidden};

use std::collections::HashSet;

use rowan::{Checkpoint, GreenNode, GreenNodeBuilder, Language};

use crate::ast::{Item, Module, Name, NodeId, NodeIds, Path};
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::kind::{Lumen, SyntaxKind};
use crate::lexer::{Token, each_token};
use crate::text::{FileId, Span};

/// Nesting beyond this is refused (E0016), so that no input exhausts the stack of this or a later pass.
const DEPTH_MAX: usize = 120;

/// Trees of expressions higher than this are refused (E0016): nesting is bounded, but each level may hold a chain.
const HEIGHT_MAX: usize = 2_000;

/// What parsing a piece of source found.
#[derive(Debug)]
pub struct Parse {
    pub module: Module,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a `.lm` source.
pub fn parse(file: FileId, text: &str, ids: &mut NodeIds) -> Parse {
    let part = parse_part(file, text, 0, None, ids);
    Parse {
        module: Module { file, directives: part.directives, items: part.items },
        diagnostics: part.diagnostics,
    }
}

/// The lossless tree of a source, with or without errors: its text is exactly the input.
pub fn parse_lossless(text: &str) -> GreenNode {
    lossless_part(text, 0).0
}

/// The lossless tree of text that stands at byte `offset` of its file, and what is wrong with it.
pub(crate) fn lossless_part(text: &str, offset: usize) -> (GreenNode, Vec<Diagnostic>) {
    let (part, tree) = parse_twice(FileId(0), text, offset, None, &mut NodeIds::default(), &[], true);
    (tree.unwrap_or_default().finish(), part.diagnostics)
}

/// One fence or file.
pub(crate) struct Part {
    pub directives: Vec<crate::ast::Attr>,
    pub items: Vec<Item>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses text that stands at byte `offset` of its file.
pub(crate) fn parse_part(
    file: FileId,
    text: &str,
    offset: usize,
    fence: Option<usize>,
    ids: &mut NodeIds,
) -> Part {
    parse_behind(file, text, offset, fence, ids, &[])
}

/// Code that stands before a part: where it begins in the file, and its text.
pub(crate) type Earlier<'a> = (usize, &'a str);

/// The same for a part that goes on from others.
pub(crate) fn parse_behind(
    file: FileId,
    text: &str,
    offset: usize,
    fence: Option<usize>,
    ids: &mut NodeIds,
    earlier: &[Earlier<'_>],
) -> Part {
    parse_twice(file, text, offset, fence, ids, earlier, false).0
}

/// Parses, and once more where an `end` is missing.
fn parse_twice(
    file: FileId,
    text: &str,
    offset: usize,
    fence: Option<usize>,
    ids: &mut NodeIds,
    earlier: &[Earlier<'_>],
    lossless: bool,
) -> (Part, Option<Tree>) {
    let mut first = Parser::new(file, text, offset, fence, ids, false, lossless);
    first.earlier = earlier;
    let (directives, items) = first.file();
    if first.missing_end {
        let mut second = Parser::new(file, text, offset, fence, ids, true, lossless);
        second.earlier = earlier;
        let (directives, items) = second.file();
        return second.finish(directives, items);
    }
    first.finish(directives, items)
}

/// Parses one expression that stands at byte `offset` of its file: an interpolation, or a value bound in prose.
pub(crate) fn parse_expression(
    file: FileId,
    text: &str,
    offset: usize,
    depth: usize,
    ids: &mut NodeIds,
) -> (crate::ast::Expr, Vec<Diagnostic>) {
    let (expr, diagnostics, _) = parse_measured_expression(file, text, offset, depth, ids);
    (expr, diagnostics)
}

/// Parses one type that stands at byte `offset` of its file.
pub(crate) fn parse_type(
    file: FileId,
    text: &str,
    offset: usize,
    ids: &mut NodeIds,
) -> (crate::ast::TypeExpr, Vec<Diagnostic>) {
    let mut parser = Parser::new(file, text, offset, None, ids, false, false);
    parser.ignore_newlines = true;
    let ty = parser.type_expr();
    if !parser.at_end() {
        let span = parser.span();
        let message = format!("Expected the end of the type, found {}.", parser.found());
        parser.report(Diagnostic::error("E0014", span, message));
    }
    (ty, parser.diagnostics)
}

/// Also gives the height of the expression's tree.
fn parse_measured_expression(
    file: FileId,
    text: &str,
    offset: usize,
    depth: usize,
    ids: &mut NodeIds,
) -> (crate::ast::Expr, Vec<Diagnostic>, usize) {
    let mut parser = Parser::new(file, text, offset, None, ids, false, false);
    parser.depth = depth;
    parser.ignore_newlines = true;
    let expr = parser.expr();
    if !parser.at_end() {
        let span = parser.span();
        parser.report(Diagnostic::error(
            "E0014",
            span,
            format!("Expected the end of the expression, found {}.", parser.found()),
        ));
    }
    (expr, parser.diagnostics, parser.height)
}

/// A token that is no trivia.
#[derive(Clone, Copy)]
struct Significant {
    kind: SyntaxKind,
    start: u32,
    end: u32,
    /// How many newlines stand before it in the text.
    line: u32,
}

/// Where a node of the lossless tree starts.
#[derive(Clone, Copy)]
struct Opened(Option<Checkpoint>);

/// A lossless tree as far as it is built.
struct Tree {
    builder: GreenNodeBuilder<'static>,
    /// Raw tokens already in it.
    flushed: usize,
}

impl Default for Tree {
    fn default() -> Tree {
        let mut builder = GreenNodeBuilder::new();
        builder.start_node(Lumen::kind_to_raw(SyntaxKind::File));
        Tree { builder, flushed: 0 }
    }
}

impl Tree {
    fn take(&mut self, raw: &[Token], text: &str, to: usize) {
        for token in raw.get(self.flushed..to).unwrap_or_default() {
            let text = &text[token.start as usize..token.end as usize];
            self.builder.token(Lumen::kind_to_raw(token.kind), text);
        }
        self.flushed = self.flushed.max(to);
    }

    fn finish(mut self) -> GreenNode {
        self.builder.finish_node();
        self.builder.finish()
    }
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    offset: u32,
    fence: Option<usize>,
    ids: &'a mut NodeIds,
    /// All tokens, for the lossless tree; none without one.
    raw: Vec<Token>,
    /// By significant token, which of all tokens it is; none without the tree.
    raw_places: Vec<u32>,
    /// Where tokens begin that mean nothing, which are reported.
    unknown: Vec<u32>,
    tokens: Vec<Significant>,
    /// Tokens that open a bracket, ascending, with the one that closes each, of whatever kind.
    closers: Vec<(u32, u32)>,
    at: usize,
    /// The lossless tree, where somebody asked for it.
    tree: Option<Tree>,
    diagnostics: Vec<Diagnostic>,
    /// Where errors start.
    reported: HashSet<u32>,
    ignore_newlines: bool,
    depth: usize,
    /// The token that the newest statement starts with: the newline before it ended another one.
    statement_at: Option<usize>,
    /// Levels of the tree below the innermost open part.
    height: usize,
    depth_reported: bool,
    missing_end: bool,
    by_indentation: bool,
    /// Whether a `yield` stands in the function at hand.
    yields: bool,
    /// Where all that is parsed stands, if it is no text of the file.
    made_at: Option<Span>,
    /// Declarations that the one at hand brings along.
    made: Vec<Item>,
    /// The code before the text: a process may go on from one that stands there.
    earlier: &'a [Earlier<'a>],
}

impl<'a> Parser<'a> {
    fn new(
        file: FileId,
        text: &'a str,
        offset: usize,
        fence: Option<usize>,
        ids: &'a mut NodeIds,
        by_indentation: bool,
        lossless: bool,
    ) -> Parser<'a> {
        let (mut raw, mut raw_places) = (Vec::new(), Vec::new());
        // What is reserved beyond them is never touched.
        let mut tokens = Vec::with_capacity(text.len() / 3);
        let mut unknown = Vec::new();
        let mut line = 0;
        let mut diagnostics = Vec::new();
        each_token(text, |token| {
            match token.kind {
                SyntaxKind::Newline => line += 1,
                SyntaxKind::Unknown => {
                    let span = Span::new(file, offset + token.start as usize, offset + token.end as usize);
                    diagnostics.push(unknown_text(span, &text[token.start as usize..token.end as usize]));
                    unknown.push(token.start);
                }
                SyntaxKind::Doc => {
                    let slice = &text[token.start as usize..token.end as usize];
                    if slice.len() < 6 || !slice.ends_with("```") {
                        let start = offset + token.start as usize;
                        diagnostics.push(
                            Diagnostic::error(
                                "E0002",
                                Span::new(file, start, start + 3),
                                "This documentation block is not closed.",
                            )
                            .help("Close it with three backticks; all text behind it belongs to it."),
                        );
                    }
                }
                kind if kind.is_trivia() => {}
                kind => {
                    tokens.push(Significant { kind, start: token.start, end: token.end, line });
                    if lossless {
                        raw_places.push(raw.len() as u32);
                    }
                }
            }
            if lossless {
                raw.push(token);
            }
        });
        let closers = closers(text, &tokens);
        Parser {
            file,
            text,
            offset: offset as u32,
            fence,
            ids,
            raw,
            raw_places,
            unknown,
            tokens,
            closers,
            at: 0,
            tree: lossless.then(Tree::default),
            reported: diagnostics.iter().map(|d: &Diagnostic| d.span.start).collect(),
            diagnostics,
            ignore_newlines: false,
            depth: 0,
            statement_at: None,
            height: 0,
            depth_reported: false,
            missing_end: false,
            by_indentation,
            yields: false,
            made_at: None,
            made: Vec::new(),
            earlier: &[],
        }
    }

    fn finish(mut self, directives: Vec<crate::ast::Attr>, items: Vec<Item>) -> (Part, Option<Tree>) {
        self.flush(self.raw.len());
        self.diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
        (Part { directives, items, diagnostics: self.diagnostics }, self.tree)
    }

    // ---- tokens

    fn peek(&self) -> Option<Significant> {
        self.tokens.get(self.at).copied()
    }

    fn nth(&self, n: usize) -> Option<Significant> {
        self.tokens.get(self.at + n).copied()
    }

    fn text_of(&self, token: Significant) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// The text of a place that was parsed.
    fn text_at(&self, span: Span) -> &'a str {
        let place = |at: u32| at.saturating_sub(self.offset) as usize;
        self.text.get(place(span.start)..place(span.end)).unwrap_or_default()
    }

    /// The token that closes the bracket which a token opens; 0 where there is none.
    fn closer(&self, opener: usize) -> usize {
        let found = self.closers.binary_search_by_key(&(opener as u32), |(opener, _)| *opener);
        found.ok().and_then(|at| self.closers.get(at)).map_or(0, |(_, closer)| *closer as usize)
    }

    fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Text of the next token; empty at the end.
    fn word(&self) -> &'a str {
        self.peek().map_or("", |t| self.text_of(t))
    }

    fn nth_word(&self, n: usize) -> &'a str {
        self.nth(n).map_or("", |t| self.text_of(t))
    }

    fn kind(&self) -> Option<SyntaxKind> {
        self.peek().map(|t| t.kind)
    }

    /// Whether the next token is this mark or word (not a string that reads the same).
    fn at(&self, text: &str) -> bool {
        matches!(self.kind(), Some(SyntaxKind::Punct | SyntaxKind::Keyword | SyntaxKind::Ident))
            && self.word() == text
    }

    fn at_any(&self, texts: &[&str]) -> bool {
        texts.iter().any(|t| self.at(t))
    }

    /// Whether the n-th token ahead is this mark or word and stands on the current line.
    fn nth_is(&self, n: usize, text: &str) -> bool {
        self.nth_word(n) == text && self.nth(n).is_some_and(|t| t.kind != SyntaxKind::String)
    }

    /// A newline that counts stands before the next token, or the text ends.
    fn at_line_start(&self) -> bool {
        if self.at_end() {
            return true;
        }
        !self.ignore_newlines && self.newline_before()
    }

    /// A newline stands before the next token, whether it counts or not; one inside a token (`"""`) is none.
    fn newline_before(&self) -> bool {
        match (self.peek(), self.at.checked_sub(1)) {
            (Some(next), Some(last)) => next.line != self.tokens[last].line,
            (Some(_), None) => true,
            (None, _) => true,
        }
    }

    /// Whether all tokens from `start` to the last one taken stand on one line.
    fn one_line_since(&self, start: usize) -> bool {
        self.at > start && self.tokens[start].line == self.tokens[self.at - 1].line
    }

    /// Takes raw tokens into the tree, up to the next significant one.
    #[inline]
    fn flush_trivia(&mut self) {
        if self.tree.is_some()
            && let Some(place) = self.raw_places.get(self.at)
        {
            self.flush(*place as usize);
        }
    }

    /// Takes raw tokens into the tree.
    #[inline]
    fn flush(&mut self, to: usize) {
        if let Some(tree) = &mut self.tree {
            tree.take(&self.raw, self.text, to);
        }
    }

    fn bump(&mut self) -> Option<Significant> {
        let token = self.peek()?;
        if self.tree.is_some()
            && let Some(place) = self.raw_places.get(self.at)
        {
            self.flush(*place as usize + 1);
        }
        self.at += 1;
        Some(token)
    }

    fn eat(&mut self, text: &str) -> bool {
        let there = self.at(text);
        if there {
            self.bump();
        }
        there
    }

    /// The start of a node: trivia before it stays outside.
    #[inline]
    fn open(&mut self) -> Opened {
        self.flush_trivia();
        Opened(self.tree.as_ref().map(|tree| tree.builder.checkpoint()))
    }

    /// Wraps what was taken since `open` in a node.
    #[inline]
    fn close(&mut self, Opened(from): Opened, kind: SyntaxKind) {
        if let (Some(tree), Some(from)) = (&mut self.tree, from) {
            tree.builder.start_node_at(from, Lumen::kind_to_raw(kind));
            tree.builder.finish_node();
        }
    }

    // ---- places

    fn place(&self, start: u32, end: u32) -> Span {
        if let Some(place) = self.made_at {
            return place;
        }
        Span { file: self.file, start: self.offset + start, end: self.offset + end }
    }

    /// The next token's span, or the end of the text.
    fn span(&self) -> Span {
        match self.peek() {
            Some(t) => self.place(t.start, t.end),
            None => {
                let end = self.text.trim_end().len() as u32;
                self.place(end, end)
            }
        }
    }

    fn start(&self) -> u32 {
        self.span().start
    }

    /// From a start offset to the end of the last token taken.
    fn since(&self, start: u32) -> Span {
        if let Some(place) = self.made_at {
            return place;
        }
        let end = match self.at.checked_sub(1) {
            Some(i) => (self.offset + self.tokens[i].end).max(start),
            None => start,
        };
        Span { file: self.file, start, end }
    }

    /// The empty span behind the last token taken.
    fn behind(&self) -> Span {
        let start = self.start();
        self.at
            .checked_sub(1)
            .map_or(self.place(0, 0), |_| self.since(0))
            .at_end()
            .to(Span { end: start.min(self.since(0).end), ..self.since(0).at_end() })
    }

    fn found(&self) -> String {
        match self.peek() {
            None => "the end of the text".to_string(),
            Some(_)
                if self.at_line_start() && !self.ignore_newlines && self.statement_at != Some(self.at) =>
            {
                "the end of the line".to_string()
            }
            Some(t) => {
                let text = self.text_of(t);
                let short: String = text.chars().take(30).collect();
                format!(
                    "`{}`{}",
                    short.lines().next().unwrap_or(""),
                    if short.len() < text.len() { "…" } else { "" }
                )
            }
        }
    }

    fn id(&mut self) -> NodeId {
        self.ids.fresh()
    }

    // ---- diagnostics

    fn report(&mut self, diagnostic: Diagnostic) {
        // A second message about the same place is an echo of the first.
        if !self.reported.contains(&diagnostic.span.start) {
            if diagnostic.is_error() {
                self.reported.insert(diagnostic.span.start);
            }
            self.diagnostics.push(diagnostic);
        }
    }

    /// Text that has no meaning, already reported, stands before the next token: what seems missing may be that.
    fn behind_unknown(&self) -> bool {
        let from = self.at.checked_sub(1).map_or(0, |last| self.tokens[last].end);
        let to = self.peek().map_or(u32::MAX, |t| t.start);
        let first = self.unknown.partition_point(|start| *start < from);
        self.unknown.get(first).is_some_and(|start| *start < to)
    }

    fn expected(&mut self, code: &'static str, what: &str) {
        if self.behind_unknown() {
            return;
        }
        let at_newline = self.at_line_start() && !self.at_end() && self.statement_at != Some(self.at);
        let span = if at_newline { self.behind() } else { self.span() };
        let message = format!("Expected {what}, found {}.", self.found());
        let help = match (code, self.word()) {
            (_, ":") => {
                "A block opens without `:`; it starts on the next line and closes with `end`.".to_string()
            }
            ("E0010", "=") => "`=` assigns; to compare, write `==`.".to_string(),
            ("E0010", _) if let Some(help) = self.foreign_operand() => help.to_string(),
            _ => format!("Write {what} here, or take out what announces it."),
        };
        self.report(Diagnostic::error(code, span, message).help(help));
    }

    /// Goes on behind something that took no token since `before`: it must not be looked at again.
    fn leave(&mut self, before: usize) {
        if self.at == before {
            self.skip_line();
        }
        if self.at == before {
            self.bump();
        }
    }

    /// Takes the mark or reports it as missing.
    fn expect(&mut self, text: &str) -> bool {
        if !(self.at_line_start() && matches!(text, ":" | "=" | "->" | "in")) && self.eat(text) {
            return true;
        }
        if self.behind_unknown() {
            return false;
        }
        // The rest of a text in which a quote stood behind a brace, which was reported.
        let before = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
        if self.is_prefixed_string() && before.is_some_and(|token| self.text_of(*token).ends_with("{\"")) {
            return false;
        }
        let span = self.behind();
        let message = format!("Expected `{text}`, found {}.", self.found());
        let mut diagnostic = Diagnostic::error("E0011", span, message);
        let is_generic = text == "=" && self.at("<");
        let quoted = self
            .at
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last))
            .is_some_and(|last| last.kind == SyntaxKind::String && self.text_of(*last).ends_with("{\""));
        if is_generic {
            diagnostic = diagnostic.help("Type arguments stand in brackets: `list[Int]`.");
        } else if quoted {
            let help = "`{` before a quote is a brace, not an interpolation: write `{(\"text\")}`.";
            diagnostic = diagnostic.help(help);
        } else if text == "," && self.is_prefixed_string() {
            diagnostic = diagnostic.help("Every string interpolates `{name}`: it takes no letter in front.");
        } else if matches!(text, ":" | "=" | "->" | "in" | ",") {
            diagnostic = diagnostic.fix(
                format!("Insert `{text}`"),
                Applicability::Safe,
                vec![Edit {
                    span: span.at_end(),
                    text: if text == ":" { ":".into() } else { format!(" {text}") },
                }],
            );
        }
        self.report(diagnostic);
        false
    }

    /// A string follows the last name directly, as in `f"{x}"`.
    fn is_prefixed_string(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        match (before, self.peek()) {
            (Some(name), Some(string)) => {
                name.kind == SyntaxKind::Ident
                    && string.kind == SyntaxKind::String
                    && name.end == string.start
            }
            _ => false,
        }
    }

    /// Takes the closing bracket; if it is missing, reports where the open one stands.
    fn expect_close(&mut self, close: &str, open: Span) {
        if self.eat(close) {
            return;
        }
        let span = self.behind();
        let message = format!("Expected `{close}`, found {}.", self.found());
        self.report(
            Diagnostic::error("E0012", span, message).label(open, "this bracket is never closed").fix(
                format!("Insert `{close}`"),
                Applicability::Safe,
                vec![Edit { span: span.at_end(), text: close.into() }],
            ),
        );
    }

    /// Runs `f` one level deeper; beyond the limit it skips the rest of the line and gives `None`.
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEPTH_MAX {
            if !self.depth_reported {
                self.depth_reported = true;
                let span = self.span();
                self.report(
                    Diagnostic::error("E0016", span, format!("Nesting is deeper than {DEPTH_MAX} levels."))
                        .help("Give parts a name with `let`, or move them to a cell of their own."),
                );
            }
            // Everything behind is inside the too deep part.
            while !self.at_end() {
                self.bump();
            }
            return None;
        }
        self.depth += 1;
        let outer = std::mem::take(&mut self.height);
        let value = f(self);
        self.height = outer.max(self.height + 1);
        self.depth -= 1;
        Some(value)
    }

    /// Runs `f` with newlines ignored (inside brackets) or counting (inside blocks).
    fn with_newlines<T>(&mut self, ignore: bool, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.ignore_newlines, ignore);
        let value = f(self);
        self.ignore_newlines = before;
        value
    }

    /// Skips to the next statement: the rest of the line with whole brackets, but never past `end`.
    fn skip_line(&mut self) {
        let from = self.open();
        let mut depth = 0usize;
        let mut any = false;
        while let Some(token) = self.peek() {
            if any && depth == 0 && self.newline_before() {
                break;
            }
            match self.text_of(token) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "end" if depth == 0 => break,
                _ if depth > 0 && self.newline_before() && self.starts_declaration() => break,
                _ => {}
            }
            self.bump();
            any = true;
        }
        if any {
            self.close(from, SyntaxKind::ErrorNode);
        }
    }

    // ---- names

    /// A name, or a report of what stands there instead.
    fn name(&mut self, what: &str) -> Name {
        match self.peek() {
            Some(t) if t.kind == SyntaxKind::Ident && !self.at_line_start() => {
                self.bump();
                Name { text: self.text_of(t).to_string(), span: self.place(t.start, t.end) }
            }
            Some(t) if t.kind == SyntaxKind::Keyword && !self.at_line_start() => {
                let word = self.text_of(t);
                let span = self.place(t.start, t.end);
                self.report(
                    Diagnostic::error("E0006", span, format!("Expected {what}, found the keyword `{word}`."))
                        .help(format!("Keywords cannot be names; `{word}_` would do.")),
                );
                if !matches!(word, "end" | "else" | "elif" | "then" | "do" | "in") {
                    self.bump();
                }
                Name { text: format!("{word}_"), span }
            }
            _ => {
                self.expected("E0006", what);
                Name { text: String::new(), span: self.behind() }
            }
        }
    }

    /// A name in a position where every word is one: after a dot, before a named argument's colon.
    fn any_word(&mut self, what: &str) -> Name {
        match self.peek() {
            Some(t) if matches!(t.kind, SyntaxKind::Ident | SyntaxKind::Keyword | SyntaxKind::Int) => {
                self.bump();
                Name { text: self.text_of(t).to_string(), span: self.place(t.start, t.end) }
            }
            _ => self.name(what),
        }
    }

    fn path(&mut self, what: &str) -> Path {
        let from = self.open();
        let start = self.start();
        let mut parts = vec![self.name(what)];
        while self.at(".") && !self.at_line_start() {
            self.bump();
            parts.push(self.any_word("a name after `.`"));
        }
        let parts = exact(parts);
        self.close(from, SyntaxKind::PathNode);
        Path { parts, span: self.since(start) }
    }
}

/// Gives back what growing took beyond the items: a tree lives long, and a block of one statement would pay for four.
fn exact<T>(mut items: Vec<T>) -> Vec<T> {
    items.shrink_to_fit();
    items
}

fn closers(text: &str, tokens: &[Significant]) -> Vec<(u32, u32)> {
    let mut closers = Vec::new();
    let mut open = Vec::new();
    for (i, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == SyntaxKind::Punct) {
        match &text[token.start as usize..token.end as usize] {
            "(" | "[" | "?[" | "{" => open.push(i as u32),
            ")" | "]" | "}" => {
                if let Some(opener) = open.pop() {
                    closers.push((opener, i as u32));
                }
            }
            _ => {}
        }
    }
    closers.sort_unstable();
    closers
}

fn unknown_text(span: Span, text: &str) -> Diagnostic {
    let shown: String = text
        .chars()
        .take(20)
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect();
    if text.contains('\0') {
        return Diagnostic::error("E0004", span, "A NUL byte stands in the source.")
            .help("Delete it; sources are plain UTF-8 text.");
    }
    let message = if text.starts_with('"') || text.starts_with('\'') {
        format!("`{shown}` is not a string.")
    } else {
        format!("`{shown}` has no meaning here.")
    };
    let help = match text.chars().next() {
        Some('\'') => "Strings stand in double quotes.",
        Some('“' | '”' | '„' | '‘' | '’' | '«' | '»') => {
            "Strings stand in straight double quotes: `\"`."
        }
        Some('`') => "Backticks belong to Markdown; code is without them.",
        Some('\\') => "A backslash joins two lines only at the end of a line.",
        _ => "Names are ASCII letters, digits and `_`; other characters stand in strings and comments.",
    };
    Diagnostic::error("E0001", span, message).help(help)
}
