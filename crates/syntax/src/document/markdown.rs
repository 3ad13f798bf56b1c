//! Markdown structure, fences and bound values.

use std::ops::Range;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{Align, Block, Fence, FenceKind, Inline, numbers, python};
use crate::ast::{Binding, NodeIds};
use crate::diagnostic::Diagnostic;
use crate::parser::parse_expression;
use crate::text::{FileId, Span};

pub(super) struct Markdown {
    pub blocks: Vec<Block>,
    pub fences: Vec<Fence>,
    pub bindings: Vec<Binding>,
    pub diagnostics: Vec<Diagnostic>,
    pub given: Vec<(String, String)>,
    /// Of each fence of Python code, in order: its line and its code.
    pub python: Vec<(python::Line, String)>,
}

/// An element that is still open.
enum Open {
    Heading(u8, Vec<Inline>),
    Paragraph(Vec<Inline>),
    List(Option<u64>, Vec<Vec<Block>>),
    Item(Vec<Block>, Vec<Inline>),
    Quote(Vec<Block>),
    Emph(Vec<Inline>),
    Strong(Vec<Inline>),
    Link(String, Vec<Inline>),
    Code {
        info: String,
        text: String,
        code: Option<Range<usize>>,
        whole: Range<usize>,
        fenced: bool,
    },
    Table {
        align: Vec<Option<Align>>,
        head: Vec<Vec<Inline>>,
        rows: Vec<Vec<Vec<Inline>>>,
    },
    Row(Vec<Vec<Inline>>),
    Cell(Vec<Inline>),
    /// Raw HTML and what else a report shows as text.
    Other(Vec<Inline>),
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    strict: bool,
    ids: &'a mut NodeIds,
    stack: Vec<Open>,
    out: Markdown,
    quote_depth: usize,
    link_depth: usize,
    /// Text that arrived and is not yet an inline, with where it stands.
    pending: String,
    pending_places: Vec<(usize, usize)>,
    after_fence: Option<usize>,
}

pub(super) fn read(file: FileId, text: &str, start: usize, strict: bool, ids: &mut NodeIds) -> Markdown {
    let out = Markdown {
        blocks: Vec::new(),
        fences: Vec::new(),
        bindings: Vec::new(),
        diagnostics: Vec::new(),
        given: Vec::new(),
        python: Vec::new(),
    };
    let mut reader = Reader {
        file,
        text,
        strict,
        ids,
        stack: Vec::new(),
        out,
        quote_depth: 0,
        link_depth: 0,
        pending: String::new(),
        pending_places: Vec::new(),
        after_fence: None,
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(&text[start..], options).into_offset_iter() {
        reader.event(event, range.start + start..range.end + start);
    }
    reader.out
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Text(text) => {
                if let Some(Open::Code { text: code, code: place, .. }) = self.stack.last_mut() {
                    code.push_str(&text);
                    *place = Some(place.as_ref().map_or(range.start, |p| p.start)..range.end);
                    return;
                }
                self.pending_places.push((self.pending.len(), range.start));
                self.pending.push_str(&text);
            }
            Event::SoftBreak => {
                self.pending_places.push((self.pending.len(), range.start));
                self.pending.push(' ');
            }
            Event::HardBreak => self.inline(Inline::LineBreak),
            Event::Code(code) => self.code(&code, range),
            Event::Html(html) | Event::InlineHtml(html) => {
                if html.trim_start().starts_with("<!--") {
                    return;
                }
                self.inline(Inline::Code(html.trim_end().to_string()));
            }
            Event::Rule => self.block(Block::Rule),
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            _ => {}
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        self.flush();
        if !matches!(tag, Tag::CodeBlock(_)) {
            self.after_fence = None;
        }
        let open = match tag {
            Tag::Heading { level, .. } => Open::Heading(level as u8, Vec::new()),
            Tag::Paragraph => Open::Paragraph(Vec::new()),
            Tag::List(start) => {
                // A tight item's own text comes before the list inside it.
                self.settle_item();
                Open::List(start, Vec::new())
            }
            Tag::Item => Open::Item(Vec::new(), Vec::new()),
            Tag::BlockQuote(_) => {
                self.quote_depth += 1;
                Open::Quote(Vec::new())
            }
            Tag::Emphasis => Open::Emph(Vec::new()),
            Tag::Strong | Tag::Strikethrough => Open::Strong(Vec::new()),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.link_depth += 1;
                Open::Link(dest_url.to_string(), Vec::new())
            }
            Tag::CodeBlock(kind) => {
                let (info, fenced) = match kind {
                    CodeBlockKind::Fenced(info) => (info.to_string(), true),
                    CodeBlockKind::Indented => (String::new(), false),
                };
                Open::Code { info, text: String::new(), code: None, whole: range, fenced }
            }
            Tag::Table(align) => Open::Table {
                align: align
                    .iter()
                    .map(|a| match a {
                        Alignment::None => None,
                        Alignment::Left => Some(Align::Start),
                        Alignment::Center => Some(Align::Center),
                        Alignment::Right => Some(Align::End),
                    })
                    .collect(),
                head: Vec::new(),
                rows: Vec::new(),
            },
            Tag::TableHead | Tag::TableRow => Open::Row(Vec::new()),
            Tag::TableCell => Open::Cell(Vec::new()),
            _ => Open::Other(Vec::new()),
        };
        self.stack.push(open);
    }

    fn end(&mut self, tag: TagEnd) {
        self.flush();
        let Some(open) = self.stack.pop() else { return };
        match open {
            Open::Heading(level, text) => self.block(Block::Heading { level, text }),
            Open::Paragraph(text) => self.block(Block::Paragraph(text)),
            Open::List(start, items) => self.block(Block::List { start, items }),
            Open::Item(mut blocks, text) => {
                if !text.is_empty() {
                    blocks.push(Block::Paragraph(text));
                }
                if let Some(Open::List(_, items)) = self.stack.last_mut() {
                    items.push(blocks);
                }
            }
            Open::Quote(blocks) => {
                self.quote_depth -= 1;
                self.block(Block::Quote(blocks));
            }
            Open::Emph(text) => self.inline(Inline::Emph(text)),
            Open::Strong(text) => self.inline(Inline::Strong(text)),
            Open::Link(url, text) => {
                self.link_depth -= 1;
                self.inline(Inline::Link { url, text });
            }
            Open::Code { info, text, code, whole, fenced } => {
                let top_level = self.stack.is_empty();
                self.code_block(&info, text, code, whole, top_level && fenced);
            }
            Open::Table { align, head, rows } => self.block(Block::Table { head, align, rows }),
            Open::Row(cells) => {
                if let Some(Open::Table { head, rows, .. }) = self.stack.last_mut() {
                    if tag == TagEnd::TableHead { *head = cells } else { rows.push(cells) }
                }
            }
            Open::Cell(text) => {
                if let Some(Open::Row(cells)) = self.stack.last_mut() {
                    cells.push(text);
                }
            }
            Open::Other(text) => {
                if !text.is_empty() {
                    self.block(Block::Paragraph(text));
                }
            }
        }
    }

    fn settle_item(&mut self) {
        if let Some(Open::Item(blocks, text)) = self.stack.last_mut()
            && !text.is_empty()
        {
            blocks.push(Block::Paragraph(std::mem::take(text)));
        }
    }

    fn block(&mut self, block: Block) {
        match self.stack.last_mut() {
            Some(Open::Item(blocks, text)) => {
                if !text.is_empty() {
                    blocks.push(Block::Paragraph(std::mem::take(text)));
                }
                blocks.push(block);
            }
            Some(Open::Quote(blocks)) => blocks.push(block),
            _ => self.out.blocks.push(block),
        }
    }

    fn inline(&mut self, inline: Inline) {
        self.flush();
        self.push_inline(inline);
    }

    fn push_inline(&mut self, inline: Inline) {
        match self.stack.last_mut() {
            Some(
                Open::Heading(_, text)
                | Open::Paragraph(text)
                | Open::Item(_, text)
                | Open::Emph(text)
                | Open::Strong(text)
                | Open::Link(_, text)
                | Open::Cell(text)
                | Open::Other(text),
            ) => text.push(inline),
            _ => self.out.blocks.push(Block::Paragraph(vec![inline])),
        }
    }

    /// Ends a run of text: looks for numbers in it and keeps it as an inline.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.pending);
        let places = std::mem::take(&mut self.pending_places);
        let heading = matches!(self.stack.last(), Some(Open::Heading(_, inlines)) if inlines.is_empty());
        let shown = self.take_given(&text);
        let url = text.contains("://");
        if self.quote_depth == 0 && !url {
            for range in numbers::unbound(&shown.1, heading) {
                self.report_unbound(&shown.1[range.clone()], &places, range);
            }
        }
        self.push_inline(Inline::Text(shown.0));
    }

    /// Replaces `[42]{.given source="FAA"}` by its text; the second text has blanks in its place, so that offsets stay.
    fn take_given(&mut self, text: &str) -> (String, String) {
        let mut shown = String::new();
        let mut checked = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('[') {
            let Some((inner, source, length)) = given(&rest[open..]) else {
                shown.push_str(&rest[..=open]);
                checked.push_str(&rest[..=open]);
                rest = &rest[open + 1..];
                continue;
            };
            self.out.given.push((inner.to_string(), source.to_string()));
            shown.push_str(&rest[..open]);
            shown.push_str(inner);
            checked.push_str(&rest[..open]);
            checked.push_str(&" ".repeat(length));
            rest = &rest[open + length..];
        }
        shown.push_str(rest);
        checked.push_str(rest);
        (shown, checked)
    }

    fn report_unbound(&mut self, number: &str, places: &[(usize, usize)], range: Range<usize>) {
        let Some((at, start)) = places.iter().rev().find(|(at, _)| *at <= range.start) else { return };
        let start = start + (range.start - at);
        let span = self.span(start..start + range.len());
        let message = format!("`{number}` is a number that no value produced.");
        let help = format!(
            "Bind it with `` `{{lumen}} expression` ``, or say who gave it: `[{number}]{{.given source=\"...\"}}`."
        );
        let diagnostic = if self.strict {
            Diagnostic::error("E0601", span, message)
        } else {
            Diagnostic::warning("W0601", span, message)
        };
        self.out.diagnostics.push(diagnostic.help(help));
    }

    fn code(&mut self, code: &str, range: Range<usize>) {
        let raw = &self.text[range.clone()];
        let ticks = raw.len() - raw.trim_start_matches('`').len();
        let inner = raw.get(ticks..raw.len().saturating_sub(ticks)).unwrap_or("");
        let Some(rest) = inner.trim_start().strip_prefix("{lumen}") else {
            return self.inline(Inline::Code(code.to_string()));
        };
        // In a table the bar is escaped; a blank keeps the offsets.
        let body = rest.replace("\\|", " |");
        let offset = range.start + ticks + (inner.len() - rest.len());
        let (expr, format) = split_format(&body);
        let (expr, diagnostics) = parse_expression(self.file, expr, offset, 0, self.ids);
        self.out.diagnostics.extend(diagnostics);
        let number = self.out.bindings.len() + 1;
        let id = self.ids.fresh();
        let span = self.span(range);
        let format = format.map(|f| f.trim().to_string());
        self.out.bindings.push(Binding { id, span, expr, format, number });
        self.inline(Inline::Bound(number - 1));
    }

    /// Whether a fence ends with the mark that it starts with, rather than with the document.
    fn is_closed(&self, whole: &Range<usize>) -> bool {
        let mut lines = self.text[whole.clone()].trim_end().lines();
        let (Some(first), Some(last)) = (lines.next(), lines.next_back()) else { return false };
        let mark = if first.trim_start().starts_with('~') { '~' } else { '`' };
        let opened = first.trim_start().chars().take_while(|c| *c == mark).count();
        let last = last.trim();
        last.len() >= opened && last.chars().all(|c| c == mark)
    }

    fn code_span(&self, code: Option<Range<usize>>, whole: &Range<usize>) -> Span {
        self.span(code.unwrap_or_else(|| {
            let end = self.text[whole.clone()].find('\n').map_or(whole.end, |i| whole.start + i + 1);
            end..end
        }))
    }

    fn fence(&mut self, fence: Fence) {
        self.out.fences.push(fence);
        let index = self.out.fences.len() - 1;
        self.block(Block::Fence(index));
        self.after_fence = Some(index);
    }

    fn unclosed(&mut self, tag: &str, text: String, whole: Span) {
        self.out.diagnostics.push(
            Diagnostic::error("E0002", whole.at_start(), "This code fence is not closed.")
                .help("Close it with a line of as many backticks; all text behind it belongs to it."),
        );
        self.block(Block::Code { language: tag.to_string(), text });
    }

    fn inside(&mut self, tag: &str, text: String, whole: Span) {
        self.out.diagnostics.push(
            Diagnostic::error("E0605", whole, "A code fence stands inside a list or quote.").help(
                match tag {
                    "python" => {
                        "Fences that run stand at the left margin; one without a name is shown anywhere."
                    }
                    _ => "Fences that run stand at the left margin; `skip` fences are shown anywhere.",
                },
            ),
        );
        self.block(Block::Code { language: tag.to_string(), text });
    }

    /// A fence with the tag `python` and more on its line.
    fn python(&mut self, text: String, code: Option<Range<usize>>, whole: Range<usize>, top: bool) {
        let whole_span = self.span(whole.clone());
        if !top {
            return self.inside("python", text, whole_span);
        }
        if !self.is_closed(&whole) {
            return self.unclosed("python", text, whole_span);
        }
        let raw = &self.text[whole.clone()];
        let end = raw.find(['\n', '\r']).unwrap_or(raw.len());
        let tag = raw.find("python").map_or(end, |at| at + "python".len()).min(end);
        let mut line = python::read(self.file, self.text, whole.start + tag..whole.start + end, self.ids);
        self.out.diagnostics.append(&mut line.diagnostics);
        let fence = Fence {
            name: line.name.as_ref().map(|name| name.text.clone()),
            span: whole_span,
            code: self.code_span(code, &whole),
            kind: if line.prelude { FenceKind::Prelude } else { FenceKind::Python },
            hidden: line.hidden,
            output: None,
        };
        let is_prelude = line.prelude;
        self.out.python.push((line, text.replace("\r\n", "\n")));
        self.fence(fence);
        if is_prelude {
            // It prints nothing that could be compared.
            self.after_fence = None;
        }
    }

    fn code_block(
        &mut self,
        info: &str,
        text: String,
        code: Option<Range<usize>>,
        whole: Range<usize>,
        top: bool,
    ) {
        let mut words = info.split_whitespace();
        let tag = words.next().unwrap_or("");
        let whole_span = self.span(whole.clone());
        match tag {
            "lumen" | "lm" => {
                if !top {
                    return self.inside(tag, text, whole_span);
                }
                let code_span = self.code_span(code, &whole);
                let mut fence = Fence {
                    name: None,
                    span: whole_span,
                    code: code_span,
                    kind: FenceKind::Code,
                    hidden: false,
                    output: None,
                };
                for word in words {
                    match word {
                        "skip" => fence.kind = FenceKind::Skip,
                        "test" => fence.kind = FenceKind::Test,
                        "hidden" => fence.hidden = true,
                        _ if word.starts_with("error=") => {
                            let codes: Vec<String> = word[6..].split(',').map(String::from).collect();
                            if let Some(wrong) = codes.iter().find(|c| !is_code(c)) {
                                self.out.diagnostics.push(
                                    Diagnostic::error(
                                        "E0602",
                                        whole_span.at_start(),
                                        format!("`{wrong}` is no code of a diagnostic."),
                                    )
                                    .help("Codes look like E0200 or W0214: `error=E0200,W0214`."),
                                );
                            }
                            fence.kind = FenceKind::Faulty(codes);
                        }
                        _ => {
                            let name = word.strip_prefix("name=").unwrap_or(word);
                            let plain =
                                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                            if !plain || fence.name.is_some() {
                                self.out.diagnostics.push(
                                    Diagnostic::error(
                                        "E0602",
                                        whole_span.at_start(),
                                        format!("`{word}` has no meaning on a fence."),
                                    )
                                    .help("A fence has a name and `skip`, `hidden`, `test` or `error=CODE`."),
                                );
                            }
                            fence.name = Some(name.to_string());
                        }
                    }
                }
                match self.is_closed(&whole) {
                    true => self.fence(fence),
                    false => self.unclosed(tag, text, whole_span),
                }
            }
            "python" if words.next().is_some() => self.python(text, code, whole, top),
            "output" if top && self.after_fence.is_some() => {
                let at = self.after_fence.take();
                if let Some(fence) = at.and_then(|i| self.out.fences.get_mut(i)) {
                    fence.output = Some((whole_span, text));
                }
            }
            _ => {
                self.after_fence = None;
                self.block(Block::Code { language: tag.to_string(), text });
            }
        }
    }
}

/// `E0200`, `W0601`
fn is_code(text: &str) -> bool {
    matches!(text.as_bytes(), [b'E' | b'W', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit))
}

/// The parts of `[text]{.given source="..."}` at the start of `text`, and its length.
fn given(text: &str) -> Option<(&str, &str, usize)> {
    let close = text.find(']')?;
    let inner = &text[1..close];
    let rest = text[close + 1..].strip_prefix("{.given source=")?;
    // Markdown may have made the quotes curly.
    let mut chars = rest.chars();
    let quote = chars.next().filter(|c| matches!(c, '"' | '\u{201c}'))?;
    let body = chars.as_str();
    let end = body.find(['"', '\u{201d}'])?;
    let after = &body[end..];
    let closing = after.chars().next()?.len_utf8();
    after[closing..].starts_with('}').then(|| {
        let length = close + 1 + "{.given source=".len() + quote.len_utf8() + end + closing + 1;
        (inner, &body[..end], length)
    })
}

/// Cuts `expr | format` at the last bar outside brackets and quotes that starts a name.
fn split_format(body: &str) -> (&str, Option<&str>) {
    let bytes = body.as_bytes();
    let mut depth = 0usize;
    let mut quoted = false;
    let mut bar = None;
    for (i, b) in bytes.iter().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b'(' | b'[' | b'{' if !quoted => depth += 1,
            b')' | b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            b'|' if !quoted && depth == 0 && bytes.get(i + 1) != Some(&b'>') => bar = Some(i),
            _ => {}
        }
    }
    match bar {
        Some(i) => (&body[..i], Some(&body[i + 1..])),
        None => (body, None),
    }
}
