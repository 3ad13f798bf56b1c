//! A file's contents: what it declares, and the parts that can be folded.

use syntax::ast::NodeIds;
use syntax::ast::{Item, ItemKind, PatternKind, StmtKind, TypeExpr, TypeExprKind};
use syntax::{FileId, Source, Span};

use crate::Analysis;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutlineKind {
    Record,
    Enum,
    Trait,
    Impl,
    Variant,
    Field,
    Cell,
    Constant,
    Type,
    State,
    Variable,
    Test,
}

/// A declaration and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub name: String,
    pub kind: OutlineKind,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    pub children: Vec<Outline>,
}

impl Analysis {
    /// What a file declares, in the order of the text.
    pub fn outline(&self, file: FileId) -> Vec<Outline> {
        let items = self.modules.iter().filter(|module| module.file == file).flat_map(|module| &module.items);
        items.flat_map(declarations).collect()
    }

    /// Declarations and fences of more than one line.
    pub fn folds(&self, file: FileId) -> Vec<Span> {
        let Some(source) = self.source(file) else { return Vec::new() };
        let items = self.modules.iter().filter(|module| module.file == file).flat_map(|module| &module.items);
        let fences = self.document.iter().filter(|_| file == FileId(0)).flat_map(|document| &document.fences);
        let mut spans: Vec<Span> =
            items.map(|item| item.span).chain(fences.map(|fence| fence.span)).collect();
        spans.retain(|span| source.slice(*span).trim_end().contains('\n'));
        spans.sort();
        spans.dedup();
        spans
    }
}

/// What a source or document declares, in the order of the text, of that text alone.
pub fn outline(source: &Source) -> Vec<Outline> {
    let mut ids = NodeIds::default();
    let module = match syntax::document::is_document(&source.name) {
        true => syntax::parse_document(FileId(0), &source.text, false, &mut ids).module,
        false => syntax::parse(FileId(0), &source.text, &mut ids).module,
    };
    module.items.iter().flat_map(declarations).collect()
}

/// The name that a type begins with.
fn type_name(ty: &TypeExpr) -> &str {
    match &ty.kind {
        TypeExprKind::Path { path, .. } => path.parts.last().map_or("", |last| &last.text),
        _ => "",
    }
}

fn declarations(item: &Item) -> Vec<Outline> {
    let leaf = |name: &str, kind, span, name_span| Outline {
        name: name.to_string(),
        kind,
        span,
        name_span,
        children: Vec::new(),
    };
    let whole = |name: &syntax::ast::Name, kind, children| Outline {
        name: name.text.clone(),
        kind,
        span: item.span,
        name_span: name.span,
        children,
    };
    match &item.kind {
        ItemKind::Record(it) => {
            let fields =
                it.fields.iter().map(|f| leaf(&f.name.text, OutlineKind::Field, f.span, f.name.span));
            let children = fields.chain(it.cells.iter().flat_map(declarations));
            // What a process is made of is nobody's to look for.
            let children = children.filter(|part| !syntax::is_hidden(&part.name)).collect();
            vec![whole(&it.name, OutlineKind::Record, children)]
        }
        ItemKind::Enum(it) => {
            let variants =
                it.variants.iter().map(|v| leaf(&v.name.text, OutlineKind::Variant, v.span, v.name.span));
            let children = variants.chain(it.cells.iter().flat_map(declarations)).collect();
            vec![whole(&it.name, OutlineKind::Enum, children)]
        }
        ItemKind::Trait(it) => {
            vec![whole(&it.name, OutlineKind::Trait, it.cells.iter().flat_map(declarations).collect())]
        }
        ItemKind::Impl(it) => {
            let children = it.cells.iter().flat_map(declarations).collect();
            let name = it.implements.as_ref().map_or("", type_name);
            let target = type_name(&it.target);
            let name = if name.is_empty() { target.to_string() } else { format!("{name} for {target}") };
            let name_span = it.implements.as_ref().map_or(it.target.span, |of| of.span.to(it.target.span));
            vec![Outline { name, kind: OutlineKind::Impl, span: item.span, name_span, children }]
        }
        ItemKind::Cell(it) => it
            .sig
            .name
            .parts
            .last()
            .map(|name| whole(name, OutlineKind::Cell, Vec::new()))
            .into_iter()
            .collect(),
        ItemKind::Effect(it) => {
            let operations = it.operations.iter().map(|cell| &cell.sig).filter_map(|sig| {
                Some(leaf(&sig.name.dotted(), OutlineKind::Cell, sig.span, sig.name.parts.last()?.span))
            });
            let children = operations.collect();
            vec![whole(&it.name, OutlineKind::Type, children)]
        }
        ItemKind::Handler(it) => vec![whole(&it.name, OutlineKind::Type, Vec::new())],
        ItemKind::Tool(it) => vec![whole(&it.name, OutlineKind::Cell, Vec::new())],
        ItemKind::Const(it) => vec![whole(&it.name, OutlineKind::Constant, Vec::new())],
        ItemKind::TypeAlias(it) => vec![whole(&it.name, OutlineKind::Type, Vec::new())],
        ItemKind::State(it) => vec![whole(&it.name, OutlineKind::State, Vec::new())],
        ItemKind::Test(it) => vec![leaf(&it.name, OutlineKind::Test, item.span, item.span.at_start())],
        ItemKind::Stmt(stmt) => match &stmt.kind {
            StmtKind::Let { pattern, .. } => match &pattern.kind {
                PatternKind::Bind { name, .. } => vec![whole(name, OutlineKind::Variable, Vec::new())],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
