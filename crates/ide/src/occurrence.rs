//! Every name in the sources, with what it means: definitions and uses, in the order of the text.

use std::collections::HashMap;

use checker::Type;
use checker::checked::{Callee, Checked, Operation, Use};
use syntax::ast::{
    Binding, Expr, ExprKind, Import, ImportNames, Item, ItemKind, ListPattern, Module, Name, NodeId, Param,
    Path, Pattern, PatternKind, Sig, TypeExpr, TypeExprKind, TypeParam, With, WithClause,
};
use syntax::visit::{self, Visitor};
use syntax::{FileId, Source, Span};

use crate::symbol::Symbol;

/// What a place does with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Introduces it.
    Definition,
    Use,
}

/// A name in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The name alone.
    pub span: Span,
    pub symbol: Symbol,
    pub role: Role,
}

/// Finds all names of a program, by place.
pub(crate) fn occurrences(
    sources: &[Source],
    modules: &[Module],
    bindings: &[Binding],
    checked: &Checked,
) -> Vec<Occurrence> {
    let mut found = Found { checked, sources, tops: HashMap::new(), occurrences: Vec::new() };
    found.tops = tops(modules, checked);
    for module in modules {
        module.items.iter().for_each(|item| found.item(item));
    }
    bindings.iter().for_each(|binding| found.expr(&binding.expr));
    // What a process is made of is used where no name stands.
    found.occurrences.retain(|found| found.role == Role::Definition || found.span.start < found.span.end);
    found.occurrences.sort_by_key(|found| (found.span, found.role));
    // A value that is read and called stands there once.
    found.occurrences.dedup_by(|a, b| a.span == b.span && a.symbol == b.symbol);
    found.occurrences
}

/// What each file declares at its top, by name.
fn tops(modules: &[Module], checked: &Checked) -> HashMap<FileId, HashMap<String, Symbol>> {
    let mut tops: HashMap<FileId, HashMap<String, Symbol>> = HashMap::new();
    for module in modules {
        let names = tops.entry(module.file).or_default();
        for item in &module.items {
            if let Some((name, symbol)) = declared(item, checked) {
                names.insert(name.text.clone(), symbol);
            }
        }
    }
    for (id, global) in (0..).zip(&checked.globals) {
        let symbol = Symbol::Global(checker::checked::GlobalId(id));
        tops.entry(global.span.file).or_default().insert(global.name.clone(), symbol);
    }
    tops
}

/// The name that an item declares, and what it means.
pub(crate) fn declared<'n>(item: &'n Item, checked: &Checked) -> Option<(&'n Name, Symbol)> {
    use checker::checked::{CellId, EffectId, HandlerId, StateId};
    use checker::types::{EnumId, RecordId};
    fn at<T>(all: &[T], is: impl Fn(&T) -> bool) -> Option<u32> {
        all.iter().position(is).map(|at| at as u32)
    }
    Some(match &item.kind {
        ItemKind::Record(it) => {
            (&it.name, Symbol::Record(RecordId(at(&checked.records, |def| def.node == item.id)?)))
        }
        ItemKind::Enum(it) => {
            (&it.name, Symbol::Enum(EnumId(at(&checked.enums, |def| def.node == item.id)?)))
        }
        ItemKind::Cell(it) => (
            it.sig.name.parts.last()?,
            Symbol::Cell(CellId(at(&checked.cells, |def| def.node == it.sig.id)?)),
        ),
        ItemKind::State(it) => {
            (&it.name, Symbol::State(StateId(at(&checked.states, |def| def.node == item.id)?)))
        }
        ItemKind::Effect(it) => {
            (&it.name, Symbol::Effect(EffectId(at(&checked.effects, |def| def.node == item.id)?)))
        }
        ItemKind::Handler(it) => {
            (&it.name, Symbol::Handler(HandlerId(at(&checked.handlers, |def| def.node == item.id)?)))
        }
        ItemKind::Const(it) => (&it.name, Symbol::Item(item.id)),
        ItemKind::TypeAlias(it) => (&it.name, Symbol::Item(item.id)),
        ItemKind::Trait(it) => (&it.name, Symbol::Item(item.id)),
        ItemKind::Tool(it) => (&it.name, Symbol::Item(item.id)),
        _ => return None,
    })
}

struct Found<'a> {
    checked: &'a Checked,
    sources: &'a [Source],
    tops: HashMap<FileId, HashMap<String, Symbol>>,
    occurrences: Vec<Occurrence>,
}

impl Found<'_> {
    fn add(&mut self, span: Span, symbol: Symbol, role: Role) {
        self.occurrences.push(Occurrence { span, symbol, role });
    }

    fn define(&mut self, name: &Name, symbol: Symbol) {
        self.add(name.span, symbol, Role::Definition);
    }

    fn bound(&mut self, node: NodeId, name: &Name) {
        if let Some(symbol) = self.checked.bound.get(&node).and_then(Symbol::of) {
            self.define(name, symbol);
        }
    }

    fn type_of(&self, node: NodeId) -> &Type {
        self.checked.types.get(node).unwrap_or(&Type::Error)
    }

    /// What a name or field means.
    fn meaning(&self, expr: &Expr) -> Option<Symbol> {
        match (self.checked.uses.get(&expr.id)?, &expr.kind) {
            (Use::Slot(slot), ExprKind::Field { base, .. }) => match self.type_of(base.id) {
                Type::Record(id, _) => Some(Symbol::Field(*id, *slot)),
                _ => None,
            },
            (used, _) => Symbol::of(used),
        }
    }

    /// The effect and the operation that a path names.
    fn operation(&mut self, path: &Path, operation: Operation) {
        if let [.., effect, last] = path.parts.as_slice() {
            self.add(effect.span, Symbol::Effect(operation.effect), Role::Use);
            self.add(last.span, Symbol::Operation(operation), Role::Use);
        }
    }

    /// The declared effects of a row, by their names in its file.
    fn row(&mut self, row: Option<&[Path]>) {
        for name in row.unwrap_or_default().iter().filter_map(|path| path.parts.first()) {
            let symbol = self.tops.get(&name.span.file).and_then(|tops| tops.get(&name.text)).cloned();
            if let Some(symbol @ Symbol::Effect(_)) = symbol {
                self.add(name.span, symbol, Role::Use);
            }
        }
    }

    /// The names that arguments are given by.
    fn argument_names(&mut self, call: &Expr, args: &[syntax::ast::Arg]) {
        let Some(call) = self.checked.calls.get(&call.id) else { return };
        for name in args.iter().filter_map(|arg| arg.name.as_ref()) {
            let symbol = match &call.callee {
                Callee::Cell(id) => self.checked.cells.get(id.0 as usize).and_then(|cell| {
                    let param = cell.params.iter().find(|param| param.name == name.text)?;
                    param.local.map(Symbol::Local)
                }),
                Callee::Record(id) => field_named(self.checked, *id, &name.text),
                _ => None,
            };
            if let Some(symbol) = symbol {
                self.add(name.span, symbol, Role::Use);
            }
        }
    }

    fn import(&mut self, importer: FileId, import: &Import) {
        let relative = import.path.dotted().replace('.', "/");
        let forms = ["", "/mod", "/main"].map(|form| format!("{relative}{form}"));
        let is_it = |source: &Source| {
            let stem = [".lm.md", ".lumen.md", ".lm", ".lumen", ".md"]
                .iter()
                .find_map(|e| source.name.strip_suffix(e));
            let stem = stem.unwrap_or(&source.name);
            forms.iter().any(|form| {
                stem.strip_suffix(form.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
            })
        };
        let file =
            self.sources.iter().enumerate().find(|(at, source)| *at as u32 != importer.0 && is_it(source));
        let Some(file) = file.map(|(at, _)| FileId(at as u32)) else { return };
        if let Some(last) = import.path.parts.last() {
            self.add(last.span, Symbol::File(file), Role::Use);
        }
        let ImportNames::Some(names) = &import.names else { return };
        for (name, alias) in names {
            let symbol = self.tops.get(&file).and_then(|tops| tops.get(&name.text)).cloned();
            if let Some(symbol) = symbol {
                self.add(name.span, symbol.clone(), Role::Use);
                if let Some(alias) = alias {
                    self.add(alias.span, symbol, Role::Use);
                }
            }
        }
    }
}

/// A record's field by its name.
fn field_named(checked: &Checked, id: checker::types::RecordId, name: &str) -> Option<Symbol> {
    let record = checked.records.get(id.0 as usize)?;
    let slot = record.fields.iter().position(|field| field.name == name)?;
    Some(Symbol::Field(id, slot))
}

impl<'n> Visitor<'n> for Found<'_> {
    fn item(&mut self, item: &'n Item) {
        let declared = declared(item, self.checked);
        match (&item.kind, &declared) {
            (ItemKind::Record(record), Some((_, Symbol::Record(id)))) => {
                for (slot, field) in record.fields.iter().enumerate() {
                    self.define(&field.name, Symbol::Field(*id, slot));
                }
            }
            (ItemKind::Enum(it), Some((_, Symbol::Enum(id)))) => {
                for (index, variant) in it.variants.iter().enumerate() {
                    self.define(&variant.name, Symbol::Variant(*id, index));
                }
            }
            (ItemKind::Effect(it), Some((_, Symbol::Effect(id)))) => {
                let known = self.checked.effects.get(id.0 as usize).map(|def| def.operations.as_slice());
                let operations = it.operations.iter().map(|cell| &cell.sig).filter_map(|sig| {
                    let index = known?.iter().position(|operation| operation.node == sig.id)?;
                    Some((sig.name.parts.last()?, Operation { effect: *id, index }))
                });
                for (name, operation) in operations.collect::<Vec<_>>() {
                    self.define(name, Symbol::Operation(operation));
                }
            }
            (ItemKind::Handler(it), _) => {
                for clause in &it.clauses {
                    let sig = &clause.cell.sig;
                    let cell = self.checked.cells.iter().find(|cell| cell.node == sig.id);
                    if let Some(operation) = cell.and_then(|cell| cell.handles) {
                        self.operation(&sig.name, operation);
                    }
                }
            }
            (ItemKind::Bind(bind), _) => {
                let tops = self.tops.get(&bind.tool.span.file);
                if let Some(symbol) = tops.and_then(|tops| tops.get(&bind.tool.text)).cloned() {
                    self.add(bind.tool.span, symbol, Role::Use);
                }
            }
            (ItemKind::Import(import), _) => {
                if let Some(last) = import.path.parts.last() {
                    self.import(last.span.file, import);
                }
            }
            _ => {}
        }
        if let Some((name, symbol)) = declared {
            match self.implemented(&symbol) {
                // What implements a trait's method is one more place of it.
                Some(method) => self.add(name.span, method, Role::Use),
                None => self.define(name, symbol),
            }
        }
        visit::walk_item(self, item);
    }

    fn sig(&mut self, sig: &'n Sig) {
        self.row(sig.row.as_deref());
        visit::walk_sig(self, sig);
    }

    fn with_clause(&mut self, clause: &'n WithClause) {
        if let Some(Use::Operation(operation)) = self.checked.uses.get(&clause.id) {
            self.operation(&clause.path, *operation);
        }
        clause.params.iter().for_each(|param| self.param(param));
        self.block(&clause.body);
    }

    fn type_param(&mut self, param: &'n TypeParam) {
        self.define(&param.name, Symbol::TypeParam(param.id));
        param.bounds.iter().for_each(|bound| self.type_expr(bound));
    }

    fn param(&mut self, param: &'n Param) {
        self.bound(param.id, &param.name);
        visit::walk_param(self, param);
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::Name(_) => {
                if let Some(symbol) = self.meaning(expr) {
                    self.add(expr.span, symbol, Role::Use);
                }
            }
            ExprKind::Field { name, .. } => {
                if let Some(symbol) = self.meaning(expr) {
                    self.add(name.span, symbol, Role::Use);
                }
            }
            ExprKind::TryElse { name: Some(name), .. } => self.bound(expr.id, name),
            ExprKind::Perform { path, args } => {
                self.argument_names(expr, args);
                if let Some(Use::Operation(operation)) = self.checked.uses.get(&expr.id) {
                    self.operation(path, *operation);
                }
            }
            ExprKind::Handle { with, .. } => {
                let symbol = self.checked.uses.get(&expr.id).and_then(Symbol::of);
                if let (With::Handler(path), Some(symbol)) = (&**with, symbol)
                    && let Some(last) = path.parts.last()
                {
                    self.add(last.span, symbol, Role::Use);
                }
            }
            ExprKind::Call { callee, args, .. } => {
                self.argument_names(expr, args);
                let builtin = self.checked.calls.get(&expr.id).and_then(|call| match &call.callee {
                    Callee::Core(name) | Callee::Host(name) | Callee::Tried(name) => Some(name.clone()),
                    _ => None,
                });
                let place = match &callee.kind {
                    ExprKind::Name(_) => Some(callee.span),
                    ExprKind::Field { name, .. } => Some(name.span),
                    _ => None,
                };
                if let (Some(name), Some(place)) = (builtin.filter(|name| !name.starts_with("op.")), place) {
                    self.add(place, Symbol::Builtin(name), Role::Use);
                }
            }
            _ => {}
        }
        visit::walk_expr(self, expr);
    }

    fn pattern(&mut self, pattern: &'n Pattern) {
        match &pattern.kind {
            PatternKind::Bind { name, .. } => self.bound(pattern.id, name),
            PatternKind::As(_, name) => self.bound(pattern.id, name),
            PatternKind::List { items } => {
                for item in items {
                    if let ListPattern::Rest(Some(name), id) = item {
                        self.bound(*id, name);
                    }
                }
            }
            PatternKind::Constructor { path, fields, .. } => {
                let symbol = self.checked.uses.get(&pattern.id).and_then(Symbol::of);
                if let (Some(symbol), Some(last)) = (symbol, path.parts.last()) {
                    self.add(last.span, symbol.clone(), Role::Use);
                    if let Symbol::Record(id) = symbol {
                        for name in fields.iter().filter_map(|(name, _)| name.as_ref()) {
                            if let Some(field) = field_named(self.checked, id, &name.text) {
                                self.add(name.span, field, Role::Use);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        visit::walk_pattern(self, pattern);
    }

    fn type_expr(&mut self, ty: &'n TypeExpr) {
        if let TypeExprKind::Fn { row, .. } = &ty.kind {
            self.row(row.as_deref());
        }
        if let TypeExprKind::Path { path, .. } = &ty.kind
            && let Some(last) = path.parts.last()
        {
            let (records, enums) = (&self.checked.records, &self.checked.enums);
            let symbol = match self.type_of(ty.id) {
                Type::Record(id, _)
                    if records.get(id.0 as usize).is_some_and(|def| def.name == last.text) =>
                {
                    Some(Symbol::Record(*id))
                }
                Type::Enum(id, _) if enums.get(id.0 as usize).is_some_and(|def| def.name == last.text) => {
                    Some(Symbol::Enum(*id))
                }
                Type::Param(id) => Some(Symbol::TypeParam(*id)),
                // Of an alias only its name is left; it is the file's own, or the only one that another file has.
                _ => self.alias(ty.span.file, &last.text),
            };
            if let Some(symbol) = symbol {
                self.add(last.span, symbol, Role::Use);
            }
        }
        visit::walk_type_expr(self, ty);
    }
}

impl Found<'_> {
    /// The trait's method that a cell implements.
    fn implemented(&self, symbol: &Symbol) -> Option<Symbol> {
        let Symbol::Cell(id) = symbol else { return None };
        self.checked.cells.get(id.0 as usize)?.implements.map(Symbol::Cell)
    }

    fn alias(&self, file: FileId, name: &str) -> Option<Symbol> {
        let item = |file: &FileId| match self.tops.get(file)?.get(name)? {
            symbol @ Symbol::Item(_) => Some(symbol.clone()),
            _ => None,
        };
        item(&file).or_else(|| {
            let mut others = self.tops.keys().filter_map(item);
            others.next().filter(|_| others.next().is_none())
        })
    }
}
