//! Declarations: every top-level name of every module, before any body is looked at.

use std::collections::{BTreeSet, HashMap};

use syntax::ast::{
    Attr, Cell, ExprKind, ImportNames, Item, ItemKind, PatternKind, Sig, Stmt, StmtKind, TypeParam,
};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{
    CellDef, CellId, EnumDef, FieldDef, Given, Global, GlobalId, ParamDef, RecordDef, VariantDef,
};
use crate::checker::{
    AliasSource, CellSource, Checker, ConstSource, Def, Entry, EnumSource, RecordSource, Scope, State,
};
use crate::deprecate::declares;
use crate::nearest::did_you_mean;
use crate::types::{EnumId, RecordId};

const ATTRIBUTES: &[&str] = &["must_use", "deprecated", "model", "column", "desc"];

impl<'a> Checker<'a> {
    /// Enters all names, then resolves the types that declarations are made of.
    pub(crate) fn declare(&mut self) {
        self.scopes = self.program.modules.iter().map(|_| Scope::default()).collect();
        for module in 0..self.program.modules.len() {
            let items = self.items(module);
            // Most items have a name: a table that grows takes half as much again while it moves.
            self.scopes[module].names.reserve(items.len());
            self.out.globals.reserve(items.len());
            self.vars.reserve(items.len());
            for item in items {
                self.enter(module, item);
            }
            self.name_tests(module);
            if module == self.root() && !self.program.inputs.is_empty() {
                self.enter_inputs(module);
            }
            // As a definition in the file they hide what `*` brings.
            if module == self.root() {
                self.enter_given(module);
            }
            self.import_all(module);
        }
        self.resolve_declarations();
    }

    fn enter_inputs(&mut self, module: usize) {
        let ty = Type::Structure(self.program.inputs.clone().into());
        let span = Span::new(self.file(module), 0, 0);
        let id = self.new_global("inputs", ty, false, span);
        let entry = Entry { def: Def::Global(id), public: false, span };
        self.scopes[module].names.entry("inputs").or_insert(entry);
    }

    fn enter_given(&mut self, module: usize) {
        let span = Span::new(self.file(module), 0, 0);
        for Given { name, ty, mutable } in self.given {
            if self.scopes[module].names.contains_key(name.as_str()) {
                continue;
            }
            let id = self.new_global(name, ty.clone(), *mutable, span);
            self.define(id);
            self.scopes[module].names.insert(name, Entry { def: Def::Global(id), public: false, span });
        }
    }

    fn new_global(&mut self, name: &str, ty: Type, mutable: bool, span: Span) -> GlobalId {
        let id = GlobalId(self.out.globals.len() as u32);
        self.out.globals.push(Global { name: name.to_string(), ty, mutable, span });
        id
    }

    pub(crate) fn name(&mut self, module: usize, name: &'a str, span: Span, public: bool, def: Def) {
        let entry = Entry { def, public, span };
        let Some(scope) = self.scopes.get_mut(module) else {
            return;
        };
        if let Some(first) = scope.names.get(name) {
            let (first, both_results) =
                (first.span, matches!((&first.def, &entry.def), (Def::Global(_), Def::Global(_))));
            let diagnostic = if both_results {
                Diagnostic::error("E0130", span, format!("The result `{name}` is defined twice.")).help(
                    "Results are named once, so that a number has one origin: give one of them another name.",
                )
            } else {
                Diagnostic::error("E0105", span, format!("`{name}` is declared twice in this file."))
                    .help("Rename or remove one of them.")
            };
            self.report(diagnostic.label(first, "first declared here"));
            return;
        }
        scope.names.insert(name, entry);
    }

    /// A test is known by its name: to a filter, to a report, to the cassette that says what the world told it.
    fn name_tests(&mut self, module: usize) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for item in self.items(module) {
            let ItemKind::Test(test) = &item.kind else { continue };
            if let Some(first) = seen.get(test.name.as_str()) {
                self.duplicate_part("test", &test.name, item.span.at_start(), first.at_start());
            } else {
                seen.insert(&test.name, item.span);
            }
        }
    }

    fn enter(&mut self, module: usize, item: &'a Item) {
        self.check_attributes(&item.attrs);
        if !matches!(item.kind, ItemKind::Cell(_)) {
            self.no_model(&item.attrs);
        }
        match &item.kind {
            kind if declares(kind) => {}
            _ => self.deprecate(item, None, item.span),
        }
        match &item.kind {
            ItemKind::Record(record) => {
                let id = RecordId(self.records.len() as u32);
                self.out.records.push(RecordDef {
                    name: record.name.text.clone(),
                    node: item.id,
                    params: record.type_params.iter().map(|p| p.id).collect(),
                    fields: Vec::new(),
                    file: item.span.file,
                });
                self.type_params(&record.type_params);
                self.name(module, &record.name.text, record.name.span, item.public, Def::Record(id));
                self.deprecate(item, Some(Def::Record(id)), record.name.span);
                let args = record.type_params.iter().map(|p| Type::Param(p.id)).collect();
                let methods = self.methods(
                    module,
                    &record.cells,
                    Type::Record(id, args),
                    &record.type_params,
                    record.process,
                );
                self.records.push(RecordSource { record, module, methods });
            }
            ItemKind::Enum(declared) => {
                let id = EnumId(self.enums.len() as u32);
                self.out.enums.push(EnumDef {
                    name: declared.name.text.clone(),
                    node: item.id,
                    params: declared.type_params.iter().map(|p| p.id).collect(),
                    variants: declared
                        .variants
                        .iter()
                        .map(|v| VariantDef { name: v.name.text.clone(), fields: Vec::new() })
                        .collect(),
                    file: item.span.file,
                });
                self.type_params(&declared.type_params);
                self.name(module, &declared.name.text, declared.name.span, item.public, Def::Enum(id));
                self.deprecate(item, Some(Def::Enum(id)), declared.name.span);
                self.enter_variants(module, id);
                let args = declared.type_params.iter().map(|p| Type::Param(p.id)).collect();
                let methods =
                    self.methods(module, &declared.cells, Type::Enum(id, args), &declared.type_params, false);
                let mut seen: HashMap<&str, Span> = HashMap::new();
                for variant in &declared.variants {
                    if let Some(first) = seen.insert(&variant.name.text, variant.name.span) {
                        self.duplicate_part("variant", &variant.name.text, variant.name.span, first);
                    }
                }
                self.enums.push(EnumSource { declared, methods });
            }
            ItemKind::Cell(cell) => {
                let id = self.new_cell(module, item, cell, None, Vec::new());
                if let Some(name) = cell.sig.name.parts.last() {
                    self.name(module, &name.text, name.span, item.public, Def::Cell(id));
                }
            }
            ItemKind::Const(declared) => {
                let index = self.consts.len();
                let ty = self.fresh();
                self.consts.push(ConstSource { declared, item: item.id, module, state: State::Waiting, ty });
                self.name(module, &declared.name.text, declared.name.span, item.public, Def::Const(index));
                self.deprecate(item, Some(Def::Const(index)), declared.name.span);
            }
            ItemKind::TypeAlias(declared) => {
                let index = self.aliases.len();
                self.aliases.push(AliasSource { declared, item: item.id, module, resolving: false });
                self.type_params(&declared.type_params);
                self.name(module, &declared.name.text, declared.name.span, item.public, Def::Alias(index));
                self.deprecate(item, Some(Def::Alias(index)), declared.name.span);
            }
            ItemKind::Trait(declared) => self.enter_trait(module, item, declared),
            ItemKind::Impl(declared) => self.enter_impl(module, item, declared),
            ItemKind::State(declared) => self.enter_state(module, item, declared),
            ItemKind::Effect(declared) => self.enter_effect(module, item, declared),
            ItemKind::Handler(declared) => self.enter_handler(module, item, declared),
            ItemKind::Tool(declared) => self.enter_tool(module, item, declared),
            ItemKind::Import(import) => self.import(module, item, import),
            ItemKind::Unsupported(what) => self.unbuilt(item.span, what),
            ItemKind::Stmt(stmt) if module == self.root() => {
                if let StmtKind::Let { mutable, pattern, .. } = &stmt.kind {
                    self.enter_results(module, pattern, *mutable);
                }
            }
            ItemKind::Grant(_)
            | ItemKind::Bind(_)
            | ItemKind::Test(_)
            | ItemKind::Extern(_)
            | ItemKind::Stmt(_)
            | ItemKind::Error => {}
        }
    }

    pub(crate) fn unbuilt(&mut self, span: Span, what: &str) {
        self.report(
            Diagnostic::error(
                "E0126",
                span,
                format!("The language has {what}, but this version does not build it yet."),
            )
            .help("Rewrite this part without it."),
        );
    }

    pub(crate) fn check_attributes(&mut self, attrs: &[Attr]) {
        for attr in attrs {
            let name = attr.name.text.as_str();
            if !ATTRIBUTES.contains(&name) {
                let mut diagnostic =
                    Diagnostic::error("E0105", attr.name.span, format!("There is no attribute `@{name}`."));
                diagnostic.help = Some(
                    did_you_mean(name, ATTRIBUTES.iter().copied())
                        .unwrap_or_else(|| format!("The attributes are {}.", list_of(ATTRIBUTES))),
                );
                self.report(diagnostic);
            }
        }
    }

    /// `@model` stands before a cell of the file.
    pub(crate) fn no_model(&mut self, attrs: &[Attr]) {
        if let Some(attr) = attrs.iter().find(|attr| attr.name.text == "model") {
            self.report(
                Diagnostic::error(
                    "E0421",
                    attr.span,
                    "`@model` stands before a cell of the file, or of a process.",
                )
                .help("Declare the model cell outside of types and traits, and call it from here."),
            );
        }
    }

    /// Results are known to all cells of the file, with a type that the `let` fixes.
    fn enter_results(&mut self, module: usize, pattern: &'a syntax::ast::Pattern, mutable: bool) {
        match &pattern.kind {
            PatternKind::Bind { name, .. } => {
                let ty = self.fresh();
                let id = self.new_global(&name.text, ty, mutable, name.span);
                self.out.bound.insert(pattern.id, crate::checked::Use::Global(id));
                self.name(module, &name.text, name.span, false, Def::Global(id));
            }
            PatternKind::Tuple(items) | PatternKind::Or(items) => {
                items.iter().for_each(|p| self.enter_results(module, p, mutable));
            }
            PatternKind::Constructor { fields, .. } => {
                fields.iter().for_each(|(_, p)| self.enter_results(module, p, mutable));
            }
            PatternKind::List { items } => {
                for item in items {
                    match item {
                        syntax::ast::ListPattern::Item(p) => self.enter_results(module, p, mutable),
                        syntax::ast::ListPattern::Rest(Some(name), id) => {
                            let ty = self.fresh();
                            let global = self.new_global(&name.text, ty, mutable, name.span);
                            self.out.bound.insert(*id, crate::checked::Use::Global(global));
                            self.name(module, &name.text, name.span, false, Def::Global(global));
                        }
                        syntax::ast::ListPattern::Rest(None, _) => {}
                    }
                }
            }
            PatternKind::As(inner, name) => {
                self.enter_results(module, inner, mutable);
                let ty = self.fresh();
                let id = self.new_global(&name.text, ty, mutable, name.span);
                self.out.bound.insert(pattern.id, crate::checked::Use::Global(id));
                self.name(module, &name.text, name.span, false, Def::Global(id));
            }
            PatternKind::Wildcard
            | PatternKind::Literal(_)
            | PatternKind::Range { .. }
            | PatternKind::Error => {}
        }
    }

    fn enter_variants(&mut self, module: usize, id: EnumId) {
        let names: Vec<String> = self
            .out
            .enums
            .get(id.0 as usize)
            .map(|e| e.variants.iter().map(|v| v.name.clone()).collect())
            .unwrap_or_default();
        if let Some(scope) = self.scopes.get_mut(module) {
            for (index, name) in names.into_iter().enumerate() {
                let known = scope.variants.entry(name).or_default();
                if !known.contains(&(id, index)) {
                    known.push((id, index));
                }
            }
        }
    }

    pub(crate) fn type_params(&mut self, params: &'a [TypeParam]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for param in params {
            self.param_names.insert(param.id, param.name.text.clone());
            self.param_spans.insert(param.id, param.name.span);
            if let Some(first) = seen.insert(&param.name.text, param.name.span) {
                self.duplicate_part("type parameter", &param.name.text, param.name.span, first);
            }
        }
    }

    pub(crate) fn duplicate_part(&mut self, what: &str, name: &str, span: Span, first: Span) {
        self.report(
            Diagnostic::error("E0105", span, format!("The {what} `{name}` is declared twice."))
                .label(first, "first declared here")
                .help("Rename or remove one of them."),
        );
    }

    fn methods(
        &mut self,
        module: usize,
        cells: &'a [Item],
        of: Type,
        type_params: &'a [TypeParam],
        is_process: bool,
    ) -> HashMap<String, CellId> {
        let mut methods = HashMap::new();
        for item in cells {
            self.check_attributes(&item.attrs);
            if !is_process {
                self.no_model(&item.attrs);
            }
            let ItemKind::Cell(cell) = &item.kind else {
                continue;
            };
            let outer = type_params.iter().map(|p| (p.name.text.clone(), p.id)).collect();
            let id = self.new_cell(module, item, cell, Some(of.clone()), outer);
            if let Some(name) = cell.sig.name.parts.last()
                && let Some(first) = methods.insert(name.text.clone(), id)
            {
                let first = self.out.cells.get(first.0 as usize).map_or(name.span, |c: &CellDef| c.span);
                self.duplicate_part("method", &name.text, name.span, first);
            }
        }
        methods
    }

    /// Enters a cell whose signature is resolved later.
    pub(crate) fn new_cell(
        &mut self,
        module: usize,
        item: &'a Item,
        cell: &'a Cell,
        of: Option<Type>,
        mut type_params: Vec<(String, syntax::ast::NodeId)>,
    ) -> CellId {
        // A note before an effect or a handler is about that, not about what stands in it.
        if let ItemKind::Cell(_) = &item.kind {
            self.deprecate(item, Some(Def::Cell(CellId(self.cells.len() as u32))), cell.sig.name.span);
        }
        self.type_params(&cell.sig.type_params);
        type_params.extend(cell.sig.type_params.iter().map(|p| (p.name.text.clone(), p.id)));
        let id = CellId(self.cells.len() as u32);
        self.out.cells.push(CellDef {
            name: cell.sig.name.dotted(),
            node: cell.sig.id,
            of,
            params: Vec::new(),
            ret: Type::Error,
            yields: cell.yields,
            is_async: cell.sig.is_async,
            handles: None,
            operation: None,
            row: Vec::new(),
            file: item.span.file,
            span: cell.sig.name.span,
            captures: Vec::new(),
            reads: Vec::new(),
            calls: Vec::new(),
            dicts: Vec::new(),
            owner_dicts: 0,
            slot: None,
            implements: None,
        });
        self.cells.push(CellSource {
            cell,
            module,
            state: State::Waiting,
            stated: cell.sig.ret.is_some(),
            type_params,
            enclosing: 0,
            public: item.public,
            direct: BTreeSet::new(),
            sites: Vec::new(),
            clause: None,
            operation: false,
            must_use: item.attrs.iter().any(|a| a.name.text == "must_use"),
            model: crate::model::attribute(item).is_some(),
            reported: false,
        });
        id
    }

    fn import(&mut self, module: usize, item: &'a Item, import: &'a syntax::ast::Import) {
        let path = import.path.dotted();
        let target = self
            .program
            .imports
            .get(&(self.file(module), path.clone()))
            .and_then(|file| self.module_of(*file));
        let Some(target) = target else {
            self.unread(module, import);
            return;
        };
        let names: Vec<(&'a syntax::ast::Name, &'a syntax::ast::Name)> = match &import.names {
            ImportNames::Module => {
                if let Some(last) = import.path.parts.last() {
                    self.name(module, &last.text, last.span, false, Def::Module(target));
                }
                return;
            }
            ImportNames::All => return,
            ImportNames::Some(names) => {
                names.iter().map(|(name, renamed)| (name, renamed.as_ref().unwrap_or(name))).collect()
            }
        };
        for (name, local) in names {
            let Some(entry) = self.scopes.get(target).and_then(|s| s.names.get(name.text.as_str())).cloned()
            else {
                if let Some(span) = self.let_of(target, &name.text) {
                    self.imported_let(name, &path, span);
                    continue;
                }
                let known: Vec<&str> = self.scopes.get(target).map_or(Vec::new(), |s| {
                    let mut names: Vec<&str> =
                        s.names.iter().filter(|(_, e)| e.public).map(|(n, _)| *n).collect();
                    names.sort_unstable();
                    names
                });
                let help = did_you_mean(&name.text, known.iter().copied());
                let mut diagnostic =
                    Diagnostic::error("E0122", name.span, format!("`{path}` declares no `{}`.", name.text));
                diagnostic.help = Some(help.unwrap_or_else(|| format!("It has {}.", list_of(&known))));
                self.report(diagnostic);
                continue;
            };
            if !entry.public {
                self.report(
                    Diagnostic::error("E0122", name.span, format!("`{}` is private to `{path}`.", name.text))
                        .label(entry.span, "declared here without `pub`")
                        .help("Declare it `pub` there, or use another name."),
                );
            }
            self.name(module, &local.text, local.span, item.public, entry.def.clone());
            if let Def::Enum(id) = entry.def {
                self.enter_variants(module, id);
            }
        }
    }

    /// Where an imported file binds the name by a `let` at its top level.
    pub(crate) fn let_of(&self, module: usize, name: &str) -> Option<Span> {
        let bound = |item: &Item| match &item.kind {
            ItemKind::Stmt(Stmt { kind: StmtKind::Let { pattern, .. }, .. }) => match &pattern.kind {
                PatternKind::Bind { name: bound, .. } if bound.text == name => Some(bound.span),
                _ => None,
            },
            _ => None,
        };
        if module == self.root() { None } else { self.items(module).iter().find_map(bound) }
    }

    /// Importing never runs a file, so what its `let`s would hold is not there.
    pub(crate) fn imported_let(&mut self, name: &syntax::ast::Name, owner: &str, span: Span) {
        self.report(
            Diagnostic::error(
                "E0122",
                name.span,
                format!("`{}` is a result of `{owner}`: importing a file never runs it.", name.text),
            )
            .label(span, "made here when that file itself runs")
            .help("Declare it there as a `pub const`, or as a `pub cell` that gives it."),
        );
    }

    /// Keeps what an import of a module that is not there would have brought: its uses are no further mistakes.
    fn unread(&mut self, module: usize, import: &syntax::ast::Import) {
        let Some(scope) = self.scopes.get_mut(module) else { return };
        match &import.names {
            ImportNames::Module => scope.unread.extend(import.path.parts.last().map(|n| n.text.clone())),
            ImportNames::All => scope.unread_all = true,
            ImportNames::Some(names) => scope
                .unread
                .extend(names.iter().map(|(name, renamed)| renamed.as_ref().unwrap_or(name).text.clone())),
        }
    }

    /// Whether the name may stand for something in a module that could not be read.
    pub(crate) fn is_unread(&self, name: &str) -> bool {
        let scope = self.scopes.get(self.body.module);
        scope.is_some_and(|scope| scope.unread_all || scope.unread.contains(name))
    }

    /// `import a: *` brings what nothing else of the file is named.
    fn import_all(&mut self, module: usize) {
        for item in self.items(module) {
            let ItemKind::Import(import) = &item.kind else {
                continue;
            };
            if !matches!(import.names, ImportNames::All) {
                continue;
            }
            let key = (self.file(module), import.path.dotted());
            let Some(target) = self.program.imports.get(&key).and_then(|f| self.module_of(*f)) else {
                continue;
            };
            let mut public: Vec<(&'a str, Entry)> = self
                .scopes
                .get(target)
                .map(|s| s.names.iter().filter(|(_, e)| e.public).map(|(n, e)| (*n, e.clone())).collect())
                .unwrap_or_default();
            public.sort_by_key(|(name, _)| *name);
            for (name, entry) in public {
                if let Def::Enum(id) = entry.def {
                    self.enter_variants(module, id);
                }
                if let Some(scope) = self.scopes.get_mut(module) {
                    scope.names.entry(name).or_insert(entry);
                }
            }
        }
    }

    fn resolve_declarations(&mut self) {
        self.resolve_traits();
        self.resolve_impls();
        for index in 0..self.records.len() {
            let (record, module) = (self.records[index].record, self.records[index].module);
            self.body.module = module;
            self.body.type_params = record.type_params.iter().map(|p| (p.name.text.clone(), p.id)).collect();
            self.bounds(&record.type_params);
            let mut fields = Vec::with_capacity(record.fields.len());
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for field in &record.fields {
                self.check_attributes(&field.attrs);
                self.no_model(&field.attrs);
                self.deprecate_field(&field.attrs, RecordId(index as u32), fields.len(), field.name.span);
                if let Some(first) = seen.insert(&field.name.text, field.name.span) {
                    self.duplicate_part("field", &field.name.text, field.name.span, first);
                }
                let ty = self.placed_type(&field.ty);
                fields.push(FieldDef {
                    name: field.name.text.clone(),
                    column: column_attribute(&field.attrs).unwrap_or_else(|| field.name.text.clone()),
                    ty,
                    has_default: field.default.is_some(),
                    has_constraint: field.constraint.is_some()
                        || self.out.constrained.contains_key(&field.ty.id),
                });
            }
            self.out.records[index].fields = fields;
        }
        for index in 0..self.enums.len() {
            let declared = self.enums[index].declared;
            let file = self.out.enums[index].file;
            self.body.module = self.module_of(file).unwrap_or(0);
            self.body.type_params =
                declared.type_params.iter().map(|p| (p.name.text.clone(), p.id)).collect();
            self.bounds(&declared.type_params);
            for (v, variant) in declared.variants.iter().enumerate() {
                let fields: Vec<(Option<String>, Type)> = variant
                    .fields
                    .iter()
                    .map(|(name, ty)| (name.as_ref().map(|n| n.text.clone()), self.type_expr(ty)))
                    .collect();
                self.out.enums[index].variants[v].fields = fields;
            }
        }
        self.resolve_effects();
        for index in 0..self.cells.len() {
            if !self.cells[index].operation {
                self.signature(CellId(index as u32));
            }
        }
        self.resolve_handlers();
        for index in 0..self.aliases.len() {
            let declared = self.aliases[index].declared;
            self.body.module = self.aliases[index].module;
            self.bounds(&declared.type_params);
            self.alias(index, &[], None);
        }
        self.check_impls();
        self.resolve_pipelines();
        self.resolve_machines();
        self.resolve_states();
        self.resolve_models();
        self.body.type_params.clear();
        self.body.self_type = None;
    }

    /// Resolves a cell's parameters and stated return type.
    pub(crate) fn signature(&mut self, id: CellId) {
        let index = id.0 as usize;
        if let Some(clause) = self.cells[index].clause {
            return self.clause_signature(id, clause);
        }
        let source = &self.cells[index];
        let (sig, module, public): (&'a Sig, usize, bool) = (&source.cell.sig, source.module, source.public);
        let type_params = source.type_params.clone();
        let saved = (
            std::mem::replace(&mut self.body.type_params, type_params),
            std::mem::replace(&mut self.body.module, module),
        );
        let of = self.out.cells[index].of.clone();
        self.body.self_type = of.clone();
        self.bounds(&sig.type_params);
        let sizes = self.sizes.replace(crate::shape::names_of(sig));
        let mut params = Vec::with_capacity(sig.params.len());
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for (place, param) in sig.params.iter().enumerate() {
            if let Some(first) = seen.insert(&param.name.text, param.name.span) {
                self.duplicate_part("parameter", &param.name.text, param.name.span, first);
            }
            let ty = match (&param.ty, param.is_self) {
                (Some(ty), _) if param.variadic => self.placed_type(ty),
                (Some(ty), _) => self.placed_value_type(ty),
                (None, true) => match &of {
                    Some(of) if place == 0 => of.clone(),
                    _ => {
                        self.report(
                            Diagnostic::error(
                                "E0200",
                                param.span,
                                "`self` stands first in a cell of a type, trait or impl only.",
                            )
                            .help("Name the parameter and state its type."),
                        );
                        Type::Error
                    }
                },
                // Made from the stages of a pipeline, or the states of a machine, which say its type.
                (None, false) if param.span.start == param.span.end && !param.name.text.is_empty() => {
                    Type::Error
                }
                (None, false) if self.cells[index].operation => {
                    let name = &param.name;
                    self.report(
                        Diagnostic::error(
                            "E0212",
                            name.span,
                            format!("The parameter `{}` of an operation has no type.", name.text),
                        )
                        .help("State it: who performs and who handles the operation both rely on it."),
                    );
                    Type::Error
                }
                (None, false) => {
                    let diagnostic = Diagnostic::warning(
                        "W0214",
                        param.name.span,
                        format!("The parameter `{}` has no type, so it is `Any`.", param.name.text),
                    );
                    self.report(diagnostic.help(format!(
                        "State one: `{}: Int`. An `Any` can be used only after `is`, `as` or `match`.",
                        param.name.text
                    )));
                    Type::Any
                }
            };
            let ty = if param.variadic { Type::list(ty) } else { ty };
            self.set_type(param.id, ty.clone());
            params.push(ParamDef {
                name: param.name.text.clone(),
                ty,
                local: None,
                variadic: param.variadic,
                has_default: param.default.is_some(),
                default: None,
            });
        }
        let ret = match &sig.ret {
            // The task of an `async` cell comes to what the cell gives: an `Iter` here.
            Some(ret) if self.cells[index].cell.yields => {
                let iter = self.generator_type(ret);
                self.called(iter, sig.is_async)
            }
            // A task's body is a function of its own, which knows no sizes.
            Some(ret) if sig.is_async => {
                self.sizes = Some(Vec::new());
                Type::future(self.placed_type(ret))
            }
            Some(ret) => self.placed_value_type(ret),
            None if let Some((_, schema)) = self.schema_setting(index) => {
                self.cells[index].stated = true;
                self.placed_type(schema)
            }
            None if self.cells[index].operation && sig.is_async => Type::future(Type::Null),
            None if self.cells[index].operation => Type::Null,
            None => {
                if public && of.is_none() {
                    let diagnostic = Diagnostic::error(
                        "E0212",
                        sig.name.span,
                        format!("The public cell `{}` does not state its return type.", sig.name.dotted()),
                    );
                    self.report(diagnostic.help("Write `-> Type` after its parameters: others rely on it."));
                }
                Type::Error
            }
        };
        self.sizes = sizes;
        let def = &mut self.out.cells[index];
        def.params = params;
        def.ret = ret;
        (self.body.type_params, self.body.module) = saved;
    }
}

/// The label of `@column("...")`.
fn column_attribute(attrs: &[Attr]) -> Option<String> {
    let attr = attrs.iter().find(|a| a.name.text == "column")?;
    match &attr.args.first()?.value.kind {
        ExprKind::Str(label) => Some(label.clone()),
        _ => None,
    }
}

/// `a, b and c`, or that there is nothing; long lists end in a count.
pub(crate) fn list_of(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 12;
    let names = || names.iter().filter(|name| !syntax::is_hidden(name));
    let shown: Vec<String> = names().take(SHOWN_MAX).map(|n| format!("`{n}`")).collect();
    match (shown.as_slice(), names().count().saturating_sub(SHOWN_MAX)) {
        ([], _) => "nothing".to_string(),
        ([only], 0) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}
