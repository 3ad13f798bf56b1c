//! Diagnostics as text for a terminal and as JSON, from the same data.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet, renderer::DecorStyle};
use serde_json::{Value, json};

use crate::diagnostic::{Applicability, Diagnostic};
use crate::text::{FileId, Source, Span};

/// Lays diagnostics out as rustc does, one blank line between two of them.
pub fn terminal(diagnostics: &[Diagnostic], sources: &[Source], color: bool, width: usize) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(width);
    let lines: Vec<Lines<'_>> = match diagnostics {
        [] => Vec::new(),
        _ => sources.iter().map(Lines::of).collect(),
    };
    let file = |span: Span| lines.get(span.file.0 as usize);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let Some(source) = file(diagnostic.span) else {
            out.push_str(&format!("error[{}]: {}\n\n", diagnostic.code, diagnostic.message));
            continue;
        };
        let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
        let here = |span: Span| span.file == diagnostic.span.file;
        let labels = diagnostic.labels.iter().map(|label| label.span).filter(|span| here(*span));
        let part = source.part(std::iter::once(diagnostic.span).chain(labels));
        let mut snippet =
            part.snippet().annotation(AnnotationKind::Primary.span(part.range(diagnostic.span)));
        let mut elsewhere: Vec<Group<'_>> = Vec::new();
        for label in &diagnostic.labels {
            if here(label.span) {
                snippet = snippet
                    .annotation(AnnotationKind::Context.span(part.range(label.span)).label(&label.message));
            } else if let Some(other) = file(label.span) {
                let part = other.part([label.span]);
                let place = part.snippet().annotation(AnnotationKind::Context.span(part.range(label.span)));
                elsewhere.push(Group::with_title(Level::NOTE.secondary_title(&label.message)).element(place));
            }
        }
        let mut first =
            Group::with_title(level.primary_title(&diagnostic.message).id(diagnostic.code)).element(snippet);
        if let Some(help) = &diagnostic.help {
            first = first.element(Level::HELP.message(help));
        }
        let mut report = vec![first];
        report.extend(elsewhere);
        for fix in &diagnostic.fixes {
            if let Some(edit) = fix.edits.first()
                && let Some(file) = file(edit.span)
            {
                let part = file.part(fix.edits.iter().map(|edit| edit.span));
                let patches = fix.edits.iter().map(|e| Patch::new(part.range(e.span), &e.text));
                let patched = part.snippet().patches(patches);
                report.push(Group::with_title(Level::HELP.secondary_title(&fix.title)).element(patched));
            }
        }
        out.push_str(&renderer.render(&report));
        out.push_str("\n\n");
    }
    out
}

/// Where the lines of a source begin: each diagnostic shows the few lines that it is about, and the renderer, which
/// reads all that it is given, need not read the whole file again for each of them.
struct Lines<'s> {
    source: &'s Source,
    starts: Vec<usize>,
}

/// Some whole lines of a source.
struct Part<'s> {
    source: &'s Source,
    text: &'s str,
    /// Where it begins in the source.
    start: usize,
    /// The number of its first line, from 1.
    line: usize,
}

impl<'s> Lines<'s> {
    fn of(source: &'s Source) -> Lines<'s> {
        let ends = source.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { source, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The lines of these places, and one on each side: the ends of a text are laid out in a way of their own.
    fn part(&self, places: impl IntoIterator<Item = Span>) -> Part<'s> {
        let text = self.source.text.as_str();
        let ranges = places.into_iter().map(|span| range(self.source, span));
        let whole = ranges.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or_default();
        let line_of = |at: usize| self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let first = line_of(whole.start).saturating_sub(1);
        let start = self.starts.get(first).copied().unwrap_or_default();
        let end = self.starts.get(line_of(whole.end) + 2).copied().unwrap_or(text.len());
        Part { source: self.source, text: text.get(start..end).unwrap_or_default(), start, line: first + 1 }
    }
}

impl<'s> Part<'s> {
    fn snippet<T: Clone>(&self) -> Snippet<'s, T> {
        Snippet::source(self.text).path(&self.source.name).line_start(self.line)
    }

    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let range = range(self.source, span);
        range.start - self.start..range.end - self.start
    }
}

/// A span as a range that lies inside the text and on character boundaries.
fn range(source: &Source, span: Span) -> std::ops::Range<usize> {
    let floor = |offset: u32| {
        let mut i = (offset as usize).min(source.text.len());
        while !source.text.is_char_boundary(i) {
            i -= 1;
        }
        i
    };
    let start = floor(span.start);
    start..floor(span.end).max(start)
}

/// One diagnostic as `--json` prints it.
pub fn json(diagnostic: &Diagnostic, sources: &[Source]) -> Value {
    json!({
        "code": diagnostic.code,
        "severity": if diagnostic.is_error() { "error" } else { "warning" },
        "file": name(sources, diagnostic.span.file),
        "range": place(sources, diagnostic.span),
        "message": diagnostic.message,
        "labels": diagnostic.labels.iter().map(|l| json!({
            "file": name(sources, l.span.file),
            "range": place(sources, l.span),
            "message": l.message,
        })).collect::<Vec<_>>(),
        "help": diagnostic.help,
        "fixes": diagnostic.fixes.iter().map(|f| json!({
            "title": f.title,
            "applicability": match f.applicability { Applicability::Safe => "safe", Applicability::Maybe => "maybe" },
            "edits": f.edits.iter().map(|e| json!({
                "file": name(sources, e.span.file),
                "range": place(sources, e.span),
                "text": e.text,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn name(sources: &[Source], file: FileId) -> &str {
    sources.get(file.0 as usize).map_or("", |s| s.name.as_str())
}

/// Lines and columns from 1, and byte offsets.
fn place(sources: &[Source], span: Span) -> Value {
    let Some(source) = sources.get(span.file.0 as usize) else { return Value::Null };
    let (start_line, start_column) = source.line_column(span.start);
    let (end_line, end_column) = source.line_column(span.end);
    json!({
        "start": {"line": start_line, "column": start_column, "offset": span.start},
        "end": {"line": end_line, "column": end_column, "offset": span.end},
    })
}

/// Applies all safe fixes; of two that overlap the first wins. Gives the new text and how many were applied.
pub fn apply_safe_fixes(file: FileId, text: &str, diagnostics: &[Diagnostic]) -> (String, usize) {
    let mut fixes: Vec<_> = diagnostics
        .iter()
        .flat_map(|d| d.fixes.iter().map(|f| (f, d.span.start)))
        .filter(|(f, _)| {
            f.applicability == Applicability::Safe && f.edits.iter().all(|e| e.span.file == file)
        })
        .collect();
    // Of two insertions at one place the inner comes first: what was opened last is closed first.
    fixes.sort_by_key(|(f, opened)| {
        (f.edits.first().map(|e| (e.span.start, e.span.end)), std::cmp::Reverse(*opened))
    });
    let fixes = fixes.into_iter().map(|(fix, _)| fix);
    let mut edits: Vec<(Span, &str)> = Vec::new();
    let mut applied = 0;
    for fix in fixes {
        let free = fix.edits.iter().all(|e| {
            edits.iter().all(|(s, _)| e.span.end <= s.start || e.span.start >= s.end)
                && text.get(e.span.start as usize..e.span.end as usize).is_some()
        });
        if free {
            edits.extend(fix.edits.iter().map(|e| (e.span, e.text.as_str())));
            applied += 1;
        }
    }
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(&text[at..span.start as usize]);
        out.push_str(new);
        at = span.end as usize;
    }
    out.push_str(&text[at..]);
    (out, applied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Edit;

    /// As [`terminal`] for one diagnostic without fixes, with the whole text given to the renderer.
    fn whole(diagnostic: &Diagnostic, source: &Source) -> String {
        let mut snippet = Snippet::source(&source.text)
            .path(&source.name)
            .annotation(AnnotationKind::Primary.span(range(source, diagnostic.span)));
        for label in &diagnostic.labels {
            snippet = snippet
                .annotation(AnnotationKind::Context.span(range(source, label.span)).label(&label.message));
        }
        let title = Level::ERROR.primary_title(&diagnostic.message).id(diagnostic.code);
        let mut report = vec![Group::with_title(title).element(snippet)];
        for fix in &diagnostic.fixes {
            let patches = fix.edits.iter().map(|e| Patch::new(range(source, e.span), &e.text));
            let patched = Snippet::source(&source.text).path(&source.name).patches(patches);
            report.push(Group::with_title(Level::HELP.secondary_title(&fix.title)).element(patched));
        }
        let renderer = Renderer::plain().decor_style(DecorStyle::Ascii).term_width(100);
        format!("{}\n\n", renderer.render(&report))
    }

    #[test]
    fn a_part_of_the_text_is_laid_out_as_in_the_whole() {
        let numbered: String = (0..130).map(|line| format!("let v{line} = {line}\n")).collect();
        for text in ["", "\n", "a", "a\n", "one\r\ntwo\r\n\r\nfour", "\n\n\u{e9}\u{1f980}x\n\n", &numbered] {
            let source = Source::new("a.lm", text);
            let places: Vec<usize> = match text.len() {
                len if len < 60 => (0..=len + 1).collect(),
                len => [0, 5, 9, 10, 11, 95, 102, len / 2, len - 2, len - 1, len].to_vec(),
            };
            for (start, end) in places.iter().flat_map(|a| places.iter().map(move |b| (*a, *b))) {
                if start > end {
                    continue;
                }
                let span = Span::new(FileId(0), start, end);
                let plain = Diagnostic::error("E0200", span, "This is wrong.");
                for place in &places {
                    let other = Span::new(FileId(0), *place, *place + 1);
                    let edits = vec![Edit { span: other, text: "new\n".into() }];
                    for found in [
                        plain.clone(),
                        plain.clone().label(other, "because of this"),
                        plain.clone().fix("do this", Applicability::Maybe, edits),
                    ] {
                        let shown =
                            terminal(std::slice::from_ref(&found), std::slice::from_ref(&source), false, 100);
                        assert_eq!(shown, whole(&found, &source), "{text:?} {start}..{end} {place}");
                    }
                }
            }
        }
    }
}
