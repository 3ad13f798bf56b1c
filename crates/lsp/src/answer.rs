//! What the editor asks of a checked program, in the protocol's words.

use std::collections::HashMap;

use ide::{Analysis, CompletionKind, Outline, OutlineKind};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CompletionItem, CompletionItemKind, CompletionTextEdit,
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentHighlight, DocumentSymbol,
    FoldingRange, Hover, HoverContents, InlayHint, InlayHintKind, InlayHintLabel, Location, MarkupContent,
    MarkupKind, NumberOrString, OneOf, ParameterInformation, ParameterLabel, Position, Range, SignatureHelp,
    SignatureInformation, SymbolKind, TextEdit, Uri, WorkspaceEdit, WorkspaceSymbol,
};
use syntax::{Applicability, Edit, FileId, Source, Span};

use crate::place::{Columns, Lines, uri_of};

/// The root of an analysis is the file that the editor asks about.
pub const ROOT: FileId = FileId(0);

/// An analysis and how its columns are counted.
pub struct Answers<'a> {
    pub analysis: &'a Analysis,
    pub columns: Columns,
}

impl<'a> Answers<'a> {
    pub fn lines(&self, file: FileId) -> Lines<'a> {
        let text = self.analysis.source(file).map_or("", |source| source.text.as_str());
        Lines::new(text, self.columns)
    }

    pub fn offset(&self, position: Position) -> u32 {
        self.lines(ROOT).offset(position)
    }

    fn uri(&self, file: FileId) -> Option<Uri> {
        uri_of(&self.analysis.source(file)?.name)
    }

    pub fn location(&self, span: Span) -> Option<Location> {
        Some(Location::new(self.uri(span.file)?, self.lines(span.file).range(span)))
    }

    /// The edits of one change, by file.
    #[expect(clippy::mutable_key_type, reason = "the protocol's own map")]
    pub fn edit(&self, edits: &[Edit]) -> WorkspaceEdit {
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for edit in edits {
            if let Some(Location { uri, range }) = self.location(edit.span) {
                changes.entry(uri).or_default().push(TextEdit::new(range, edit.text.clone()));
            }
        }
        WorkspaceEdit::new(changes)
    }

    pub fn hover(&self, position: Position) -> Option<Hover> {
        let hover = self.analysis.hover(ROOT, self.offset(position))?;
        let said = hover.doc.map(|doc| format!("\n\n{}", doc.replace("~~~", "```"))).unwrap_or_default();
        let value = format!("```lumen\n{}\n```{said}", hover.text);
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: Some(self.lines(ROOT).range(hover.span)) })
    }

    pub fn definition(&self, position: Position) -> Option<Location> {
        self.location(self.analysis.definition(ROOT, self.offset(position))?)
    }

    pub fn references(&self, position: Position, with_definition: bool) -> Vec<Location> {
        let found = self.analysis.references(ROOT, self.offset(position)).into_iter();
        let wanted = found.filter(|found| with_definition || found.role == ide::Role::Use);
        wanted.filter_map(|found| self.location(found.span)).collect()
    }

    pub fn implementations(&self, position: Position) -> Vec<Location> {
        let found = self.analysis.implementations(ROOT, self.offset(position)).into_iter();
        found.filter_map(|span| self.location(span)).collect()
    }

    pub fn highlights(&self, position: Position) -> Vec<DocumentHighlight> {
        let lines = self.lines(ROOT);
        let found = self.analysis.references(ROOT, self.offset(position)).into_iter();
        let here = found.filter(|found| found.span.file == ROOT);
        here.map(|found| DocumentHighlight { range: lines.range(found.span), kind: None }).collect()
    }

    pub fn completions(&self, position: Position) -> Vec<CompletionItem> {
        let lines = self.lines(ROOT);
        let found = self.analysis.completions(ROOT, self.offset(position));
        let item = |(at, found): (usize, ide::Completion)| CompletionItem {
            kind: Some(match found.kind {
                CompletionKind::Argument | CompletionKind::Variable => CompletionItemKind::VARIABLE,
                CompletionKind::Column | CompletionKind::Field => CompletionItemKind::FIELD,
                CompletionKind::Constant => CompletionItemKind::CONSTANT,
                CompletionKind::Cell | CompletionKind::Builtin => CompletionItemKind::FUNCTION,
                CompletionKind::Variant => CompletionItemKind::ENUM_MEMBER,
                CompletionKind::Type => CompletionItemKind::STRUCT,
                CompletionKind::Module => CompletionItemKind::MODULE,
                CompletionKind::Keyword => CompletionItemKind::KEYWORD,
            }),
            detail: Some(found.detail.lines().next().unwrap_or_default().to_string())
                .filter(|text| !text.is_empty()),
            // The order that was found is the order that is shown.
            sort_text: Some(format!("{at:05}")),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(
                lines.range(found.replaces),
                found.label.clone(),
            ))),
            label: found.label,
            ..CompletionItem::default()
        };
        found.into_iter().enumerate().map(item).collect()
    }

    pub fn signatures(&self, position: Position) -> Option<SignatureHelp> {
        let found = self.analysis.signatures(ROOT, self.offset(position));
        let active = found.iter().position(|signature| signature.active.is_some()).unwrap_or_default();
        let shown = |signature: ide::Signature| {
            let count =
                |upto: usize| signature.label[..upto].chars().map(char::len_utf16).sum::<usize>() as u32;
            let param = |(start, end): &(usize, usize)| ParameterInformation {
                label: ParameterLabel::LabelOffsets([count(*start), count(*end)]),
                documentation: None,
            };
            SignatureInformation {
                parameters: Some(signature.params.iter().map(param).collect()),
                active_parameter: signature.active.map(|at| at as u32),
                documentation: None,
                label: signature.label.clone(),
            }
        };
        let signatures: Vec<SignatureInformation> = found.into_iter().map(shown).collect();
        let active_parameter = signatures.get(active).and_then(|signature| signature.active_parameter);
        (!signatures.is_empty()).then_some(SignatureHelp {
            signatures,
            active_signature: Some(active as u32),
            active_parameter,
        })
    }

    pub fn symbols(&self) -> Vec<DocumentSymbol> {
        let lines = self.lines(ROOT);
        self.analysis.outline(ROOT).iter().map(|found| symbol(found, &lines)).collect()
    }

    pub fn folds(&self) -> Vec<FoldingRange> {
        let lines = self.lines(ROOT);
        let fold = |span: Span| {
            let text = self.analysis.source(ROOT).map_or("", |source| source.slice(span));
            let trimmed = Span { end: span.start + text.trim_end().len() as u32, ..span };
            let Range { start, end } = lines.range(trimmed);
            FoldingRange { start_line: start.line, end_line: end.line, ..FoldingRange::default() }
        };
        self.analysis.folds(ROOT).into_iter().map(fold).collect()
    }

    pub fn hints(&self, range: Range) -> Vec<InlayHint> {
        let lines = self.lines(ROOT);
        let (first, last) = (lines.offset(range.start), lines.offset(range.end));
        let inside =
            self.analysis.hints(ROOT).into_iter().filter(|hint| (first..=last).contains(&hint.offset));
        inside
            .map(|hint| InlayHint {
                position: lines.position(hint.offset),
                label: InlayHintLabel::String(hint.text),
                kind: Some(InlayHintKind::TYPE),
                text_edits: None,
                tooltip: None,
                padding_left: None,
                padding_right: None,
                data: None,
            })
            .collect()
    }

    pub fn actions(&self, range: Range) -> Vec<CodeActionOrCommand> {
        let lines = self.lines(ROOT);
        let span = Span { file: ROOT, start: lines.offset(range.start), end: lines.offset(range.end) };
        let action = |(found, fix): (&syntax::Diagnostic, &syntax::Fix)| {
            CodeActionOrCommand::CodeAction(CodeAction {
                title: fix.title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![self.diagnostic(found)]),
                edit: Some(self.edit(&fix.edits)),
                is_preferred: Some(fix.applicability == Applicability::Safe),
                ..CodeAction::default()
            })
        };
        self.analysis.fixes(span).map(action).collect()
    }

    /// What is wrong in one file.
    pub fn diagnostics(&self, file: FileId) -> Vec<Diagnostic> {
        let here = self.analysis.diagnostics.iter().filter(|found| found.span.file == file);
        here.map(|found| self.diagnostic(found)).collect()
    }

    fn diagnostic(&self, found: &syntax::Diagnostic) -> Diagnostic {
        let label = |label: &syntax::diagnostic::Label| {
            let location = self.location(label.span)?;
            Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
        };
        let related: Vec<_> = found.labels.iter().filter_map(label).collect();
        let message = match &found.help {
            Some(help) => format!("{}\n{help}", found.message),
            None => found.message.clone(),
        };
        Diagnostic {
            range: self.lines(found.span.file).range(found.span),
            severity: Some(if found.is_error() {
                DiagnosticSeverity::ERROR
            } else {
                DiagnosticSeverity::WARNING
            }),
            code: Some(NumberOrString::String(found.code.to_string())),
            source: Some("lumen".to_string()),
            message,
            related_information: (!related.is_empty()).then_some(related),
            ..Diagnostic::default()
        }
    }
}

fn symbol_kind(kind: OutlineKind) -> SymbolKind {
    match kind {
        OutlineKind::Record => SymbolKind::STRUCT,
        OutlineKind::Enum => SymbolKind::ENUM,
        OutlineKind::Trait => SymbolKind::INTERFACE,
        OutlineKind::Impl => SymbolKind::OBJECT,
        OutlineKind::Variant => SymbolKind::ENUM_MEMBER,
        OutlineKind::Field => SymbolKind::FIELD,
        OutlineKind::Cell => SymbolKind::FUNCTION,
        OutlineKind::Constant => SymbolKind::CONSTANT,
        OutlineKind::Type => SymbolKind::CLASS,
        OutlineKind::State | OutlineKind::Variable => SymbolKind::VARIABLE,
        OutlineKind::Test => SymbolKind::METHOD,
    }
}

/// A test may have no name.
fn shown(found: &Outline) -> String {
    if found.name.is_empty() { "test".to_string() } else { found.name.clone() }
}

/// What a file declares under names that hold the letters of a query in their order, whatever their case.
pub fn declared(source: &Source, query: &str, columns: Columns) -> Vec<WorkspaceSymbol> {
    let Some(uri) = uri_of(&source.name) else { return Vec::new() };
    let lines = Lines::new(&source.text, columns);
    let place = |span| Location::new(uri.clone(), lines.range(span));
    let mut found = Vec::new();
    let mut open: Vec<(Outline, Option<String>)> =
        ide::outline(source).into_iter().rev().map(|it| (it, None)).collect();
    while let Some((it, within)) = open.pop() {
        let name = shown(&it);
        if is_asked(&name, query) {
            found.push(WorkspaceSymbol {
                kind: symbol_kind(it.kind),
                tags: None,
                container_name: within,
                location: OneOf::Left(place(it.name_span)),
                data: None,
                name: name.clone(),
            });
        }
        open.extend(it.children.into_iter().rev().map(|child| (child, Some(name.clone()))));
    }
    found
}

fn is_asked(name: &str, query: &str) -> bool {
    let mut left = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| left.any(|c| c == wanted))
}

fn symbol(found: &Outline, lines: &Lines<'_>) -> DocumentSymbol {
    let children: Vec<DocumentSymbol> = found.children.iter().map(|child| symbol(child, lines)).collect();
    #[expect(deprecated, reason = "the protocol's struct has no other form")]
    DocumentSymbol {
        name: shown(found),
        detail: None,
        kind: symbol_kind(found.kind),
        tags: None,
        deprecated: None,
        range: lines.range(found.span),
        selection_range: lines.range(found.name_span),
        children: (!children.is_empty()).then_some(children),
    }
}
