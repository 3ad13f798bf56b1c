//! Diagnostics as text for a terminal and as JSON, from the same data.

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet, renderer::DecorStyle};
use serde_json::{Value, json};

use crate::diagnostic::{Applicability, Diagnostic};
use crate::text::{FileId, Source, Span};

/// Lays diagnostics out as rustc does, one blank line between two of them.
pub fn terminal(diagnostics: &[Diagnostic], sources: &[Source], color: bool, width: usize) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(width);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let Some(source) = sources.get(diagnostic.span.file.0 as usize) else {
            out.push_str(&format!("error[{}]: {}\n\n", diagnostic.code, diagnostic.message));
            continue;
        };
        let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
        let mut snippet = Snippet::source(&source.text)
            .path(&source.name)
            .annotation(AnnotationKind::Primary.span(range(source, diagnostic.span)));
        let mut elsewhere: Vec<Group<'_>> = Vec::new();
        for label in &diagnostic.labels {
            if label.span.file == diagnostic.span.file {
                snippet = snippet.annotation(
                    AnnotationKind::Context.span(range(source, label.span)).label(&label.message),
                );
            } else if let Some(other) = sources.get(label.span.file.0 as usize) {
                let place = Snippet::source(&other.text)
                    .path(&other.name)
                    .annotation(AnnotationKind::Context.span(range(other, label.span)));
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
                && let Some(file) = sources.get(edit.span.file.0 as usize)
            {
                let patches = fix.edits.iter().map(|e| Patch::new(range(file, e.span), &e.text));
                let patched = Snippet::source(&file.text).path(&file.name).patches(patches);
                report.push(Group::with_title(Level::HELP.secondary_title(&fix.title)).element(patched));
            }
        }
        out.push_str(&renderer.render(&report));
        out.push_str("\n\n");
    }
    out
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
