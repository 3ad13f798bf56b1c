//! What may stand at a place.

use std::collections::BTreeMap;

use checker::types::RecordId;
use checker::{Builtin, Type, builtins};
use syntax::ast::{ImportNames, ItemKind, NodeId};
use syntax::document::FenceKind;
use syntax::{FileId, KEYWORDS, Span};

use crate::Analysis;
use crate::occurrence::declared;
use crate::symbol::Symbol;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A parameter of the call at hand, by name.
    Argument,
    Column,
    Field,
    Variable,
    Constant,
    Cell,
    Variant,
    Type,
    Module,
    Builtin,
    Keyword,
}

/// A text that may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    pub label: String,
    pub kind: CompletionKind,
    /// As source of the language; empty for a keyword.
    pub detail: String,
    /// What it replaces: the part of the name that is written already.
    pub replaces: Span,
}

/// What stands before a place.
enum Context {
    /// `base.`
    Member {
        base_end: u32,
    },
    /// Inside a string: `base["`, `base.method("`.
    Text {
        before: u32,
    },
    Name,
}

impl Analysis {
    /// What may stand at a place, the likeliest first; empty in prose, numbers and texts that name no column.
    pub fn completions(&self, file: FileId, offset: u32) -> Vec<Completion> {
        let Some(text) = self.source(file).map(|source| source.text.as_str()) else { return Vec::new() };
        let Some(before) = text.get(..offset as usize).filter(|_| self.is_code(file, offset)) else {
            return Vec::new();
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let start = before.trim_end_matches(is_name).len() as u32;
        if before.get(start as usize..).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_digit())) {
            return Vec::new();
        }
        let found = match self.context(file, before.get(..start as usize).unwrap_or_default()) {
            Context::Member { base_end } => self.members(file, base_end),
            Context::Text { before } => self.columns_named(file, before),
            Context::Name => self.names(file, offset),
        };
        found
            .into_iter()
            .filter(|((_, label), _)| !syntax::is_hidden(label))
            .map(|((kind, label), detail)| Completion {
                label,
                kind,
                detail,
                replaces: Span::new(file, start as usize, offset as usize),
            })
            .collect()
    }

    /// Whether code stands here: everywhere in a source, in a document inside fences that are code and bound values.
    fn is_code(&self, file: FileId, offset: u32) -> bool {
        let Some(document) = self.document.as_ref().filter(|_| file == FileId(0)) else { return true };
        let holds = |span: Span| span.start <= offset && offset <= span.end;
        let fences = document
            .fences
            .iter()
            .filter(|fence| fence.kind != FenceKind::Skip && !fence.kind.is_python())
            .map(|fence| fence.code);
        fences.chain(document.bindings.iter().map(|binding| binding.span)).any(holds)
    }

    fn context(&self, file: FileId, before: &str) -> Context {
        let line = before.rsplit('\n').next().unwrap_or_default();
        // Interpolated values aside, a text is open where a line has an odd number of quotes before the place.
        let quoted = line.replace("\\\"", "").matches('"').count() % 2 == 1;
        if quoted && before.ends_with('"') {
            return Context::Text { before: before.len() as u32 - 1 };
        }
        let base = before.trim_end().strip_suffix('.').filter(|base| !base.ends_with('.'));
        match base {
            Some(base) => {
                let base = base.strip_suffix('?').unwrap_or(base);
                let mut base_end = base.trim_end().len() as u32;
                // A parenthesis belongs to no expression of its own.
                if self.nodes().ending_at(file, base_end).is_none() && base.ends_with(')') {
                    base_end -= 1;
                }
                Context::Member { base_end }
            }
            None => Context::Name,
        }
    }

    fn names(&self, file: FileId, offset: u32) -> Found {
        let mut found = Found::new();
        for (name, text) in self.open_names(file, offset) {
            found.insert((CompletionKind::Argument, format!("{name}:")), text);
        }
        let checked = &self.checked;
        let mut add = |kind, label: &str, symbol: Symbol| {
            let detail = self.describe(&symbol).unwrap_or_default();
            found.insert((kind, label.to_string()), detail);
        };
        let visible = self.scopes().iter().filter(|visible| {
            visible.scope.file == file && visible.scope.start <= offset && offset <= visible.scope.end
        });
        for visible in visible {
            if let Some(local) = checked.locals.get(visible.local.0 as usize) {
                add(CompletionKind::Variable, &local.name, Symbol::Local(visible.local));
            }
        }
        for (id, global) in (0..).map(checker::checked::GlobalId).zip(&checked.globals) {
            if global.span.file == file && global.span.end <= offset {
                add(CompletionKind::Variable, &global.name, Symbol::Global(id));
            }
        }
        let Some(module) = self.modules.iter().find(|module| module.file == file) else { return found };
        for item in &module.items {
            if let Some((name, symbol)) = declared(item, checked) {
                add(kind_of(&symbol, &item.kind), &name.text, symbol);
            }
            match &item.kind {
                ItemKind::Enum(it) => {
                    if let Some((_, Symbol::Enum(id))) = declared(item, checked) {
                        for (index, variant) in it.variants.iter().enumerate() {
                            add(CompletionKind::Variant, &variant.name.text, Symbol::Variant(id, index));
                        }
                    }
                }
                ItemKind::Import(import) => {
                    let imported = self.imported(&import.path);
                    match (&import.names, imported) {
                        (ImportNames::Module, Some(of)) => {
                            let name = import.path.parts.last().map_or("", |last| &last.text);
                            add(CompletionKind::Module, name, Symbol::File(of));
                        }
                        (ImportNames::Some(names), Some(of)) => {
                            for (name, alias) in names {
                                let top = self.tops(of).find(|(top, ..)| *top == name.text);
                                if let Some((_, kind, symbol)) = top {
                                    add(kind, &alias.as_ref().unwrap_or(name).text, symbol);
                                }
                            }
                        }
                        (ImportNames::All, Some(of)) => {
                            self.tops(of).for_each(|(name, kind, symbol)| add(kind, name, symbol));
                        }
                        (_, None) => {}
                    }
                }
                _ => {}
            }
        }
        let mut namespaces: Vec<String> = Vec::new();
        for builtin in builtins().iter().filter(|builtin| !builtin.method) {
            match builtin.name.split_once('.') {
                Some((first, _)) if namespaces.iter().any(|known| known == first) => {}
                Some((first, _)) => namespaces.push(first.to_string()),
                None => {
                    let detail = builtin.signature();
                    found.entry((CompletionKind::Builtin, builtin.name.clone())).or_insert(detail);
                }
            }
        }
        for name in namespaces {
            found.entry((CompletionKind::Module, name.clone())).or_insert(name);
        }
        for keyword in KEYWORDS {
            found.insert((CompletionKind::Keyword, (*keyword).to_string()), String::new());
        }
        found
    }

    /// The file that an import names.
    fn imported(&self, path: &syntax::ast::Path) -> Option<FileId> {
        let last = path.parts.last()?;
        match self.occurrence(last.span.file, last.span.start)?.symbol {
            Symbol::File(file) => Some(file),
            _ => None,
        }
    }

    /// What a file declares at its top.
    fn tops(&self, file: FileId) -> impl Iterator<Item = (&str, CompletionKind, Symbol)> {
        let items =
            self.modules.iter().filter(move |module| module.file == file).flat_map(|module| &module.items);
        items.filter_map(|item| {
            let (name, symbol) = declared(item, &self.checked)?;
            Some((name.text.as_str(), kind_of(&symbol, &item.kind), symbol))
        })
    }

    fn members(&self, file: FileId, base_end: u32) -> Found {
        let mut found = Found::new();
        let base = self.nodes().ending_at(file, base_end);
        let text = base.and_then(|(span, _)| Some(self.source(file)?.slice(span))).unwrap_or_default();
        // An enum, an imported file, a namespace: names before a dot that are no values.
        let module = self.modules.iter().find(|module| module.file == file);
        for item in module.iter().flat_map(|module| &module.items) {
            match (&item.kind, declared(item, &self.checked)) {
                (ItemKind::Enum(it), Some((name, Symbol::Enum(id)))) if name.text == text => {
                    for (index, variant) in it.variants.iter().enumerate() {
                        let detail = self.describe(&Symbol::Variant(id, index)).unwrap_or_default();
                        found.insert((CompletionKind::Variant, variant.name.text.clone()), detail);
                    }
                }
                (ItemKind::Import(import), _) => {
                    let is_base = import.path.parts.last().is_some_and(|last| last.text == text);
                    if let Some(of) = self.imported(&import.path).filter(|_| is_base) {
                        for (name, kind, symbol) in self.tops(of) {
                            found
                                .insert((kind, name.to_string()), self.describe(&symbol).unwrap_or_default());
                        }
                    }
                }
                _ => {}
            }
        }
        for builtin in builtins().iter().filter(|builtin| !builtin.method) {
            if let Some(rest) = builtin.name.strip_prefix(text).and_then(|rest| rest.strip_prefix('.')) {
                found.entry((CompletionKind::Builtin, rest.to_string())).or_insert(builtin.signature());
            }
        }
        if let Some(ty) = base.and_then(|(_, id)| self.type_of(id)) {
            self.members_of(ty, &mut found);
        }
        found
    }

    fn members_of(&self, ty: &Type, found: &mut Found) {
        match ty {
            Type::Record(id, _) => self.fields(*id, found),
            Type::Structure(fields) => {
                for (name, ty) in fields.iter() {
                    found.insert((CompletionKind::Field, name.clone()), format!("{name}: {}", self.show(ty)));
                }
            }
            _ => self.columns_of(ty, found),
        }
        for id in self.checked.trait_methods(ty) {
            let name = self.checked.cells.get(id.0 as usize).map(|cell| cell.name.clone());
            let detail = self.describe(&Symbol::Cell(id)).unwrap_or_default();
            found.extend(name.map(|name| ((CompletionKind::Cell, name), detail)));
        }
        for (id, cell) in (0..).map(checker::checked::CellId).zip(&self.checked.cells) {
            let same = match (&cell.of, ty) {
                (Some(Type::Record(a, _)), Type::Record(b, _)) => a == b,
                (Some(Type::Enum(a, _)), Type::Enum(b, _)) => a == b,
                _ => false,
            };
            if same {
                let detail = self.describe(&Symbol::Cell(id)).unwrap_or_default();
                found.insert((CompletionKind::Cell, cell.name.clone()), detail);
            }
        }
        for builtin in builtins() {
            let name = match (engine_name(ty), builtin.method) {
                (Some(engine), true) => {
                    builtin.name.strip_prefix(engine).and_then(|rest| rest.strip_prefix('.'))
                }
                (_, false) => {
                    Some(builtin.name.as_str()).filter(|name| !name.contains('.') && takes(&builtin, ty))
                }
                _ => None,
            };
            if let Some(name) = name {
                found.entry((CompletionKind::Builtin, name.to_string())).or_insert(builtin.signature());
            }
        }
    }

    fn fields(&self, id: RecordId, found: &mut Found) {
        let Some(record) = self.checked.records.get(id.0 as usize) else { return };
        for (slot, field) in record.fields.iter().enumerate() {
            let detail = self.describe(&Symbol::Field(id, slot)).unwrap_or_default();
            found.insert((CompletionKind::Field, field.name.clone()), detail);
        }
    }

    fn columns_of(&self, ty: &Type, found: &mut Found) {
        let columns = match ty {
            Type::Frame(frame) => frame.columns.as_deref(),
            Type::GroupBy(group) => group.frame.columns.as_deref(),
            _ => None,
        };
        for (name, ty) in columns.into_iter().flatten() {
            found.insert((CompletionKind::Column, name.clone()), format!("{name}: {}", self.show(ty)));
        }
    }

    /// The columns that a text can name: of the frame that is indexed, or whose method is called.
    fn columns_named(&self, file: FileId, quote: u32) -> Found {
        let mut found = Found::new();
        let before =
            self.source(file).and_then(|source| source.text.get(..quote as usize)).unwrap_or_default();
        let mut bases: Vec<NodeId> = Vec::new();
        // `frame["` and `frame[["a", "`
        let list = before
            .trim_end_matches(|c: char| c == '"' || c == ',' || c == ' ' || c == '_' || c.is_alphanumeric());
        let indexed = list.trim_end_matches('[').len() as u32;
        if list.ends_with('[') {
            bases.extend(self.nodes().ending_at(file, indexed).map(|(_, id)| id));
        }
        bases.extend(self.call_at(file, quote).and_then(|call| call.receiver()));
        for ty in bases.into_iter().filter_map(|id| self.type_of(id)) {
            self.columns_of(ty, &mut found);
        }
        found
    }
}

/// By kind and label, with the detail: the order in which they are shown.
type Found = BTreeMap<(CompletionKind, String), String>;

fn kind_of(symbol: &Symbol, item: &ItemKind) -> CompletionKind {
    match (symbol, item) {
        (Symbol::Cell(_), _) | (_, ItemKind::Tool(_)) => CompletionKind::Cell,
        (Symbol::Item(_), ItemKind::Const(_)) => CompletionKind::Constant,
        (Symbol::State(_), _) => CompletionKind::Variable,
        _ => CompletionKind::Type,
    }
}

/// The engine type whose methods a value has.
fn engine_name(ty: &Type) -> Option<&str> {
    match ty {
        Type::Frame(_) => Some("Frame"),
        Type::Series(_) => Some("Series"),
        Type::GroupBy(_) => Some("GroupBy"),
        Type::DateTime => Some("DateTime"),
        Type::Duration => Some("Duration"),
        Type::Engine(of) => Some(&of.name),
        _ => None,
    }
}

/// Whether a builtin can be called as a method of a value: its first parameter is a container or text of its kind.
fn takes(builtin: &Builtin, ty: &Type) -> bool {
    builtin.params.first().is_some_and(|first| fits(&first.ty, ty))
}

fn fits(param: &Type, ty: &Type) -> bool {
    match (param, ty) {
        (Type::Union(members), _) => members.iter().any(|member| fits(member, ty)),
        (Type::Engine(of), Type::List(_) | Type::Set(_) | Type::Map(..) | Type::Range) => of.is("Items"),
        (Type::Engine(a), Type::Engine(b)) => a.name == b.name,
        (Type::Any | Type::Param(_), _) => false,
        _ => std::mem::discriminant(param) == std::mem::discriminant(ty),
    }
}
