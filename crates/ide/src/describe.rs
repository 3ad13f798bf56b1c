//! What a symbol is, as source of the language.

use checker::checked::{CellDef, OperationDef};
use checker::show::TypeNames;
use checker::{Builtin, Type, builtins, documentation};
use syntax::ast::ItemKind;
use syntax::{FileId, Span};

use crate::Analysis;
use crate::analysis::item;
use crate::symbol::Symbol;

impl Analysis {
    /// A type as the source writes it.
    pub fn show(&self, ty: &Type) -> String {
        let names = TypeNames {
            records: &self.checked.records,
            enums: &self.checked.enums,
            params: &self.nodes().param_names,
        };
        names.show(ty)
    }

    /// What a symbol is: its declaration without a body.
    pub fn describe(&self, symbol: &Symbol) -> Option<String> {
        let checked = &self.checked;
        let mutable = |mutable: bool| if mutable { "let mut" } else { "let" };
        Some(match symbol {
            Symbol::Local(id) => {
                let local = checked.locals.get(id.0 as usize)?;
                format!("{} {}: {}", mutable(local.mutable), local.name, self.show(&local.ty))
            }
            Symbol::Global(id) => {
                let global = checked.globals.get(id.0 as usize)?;
                format!("{} {}: {}", mutable(global.mutable), global.name, self.show(&global.ty))
            }
            Symbol::Cell(id) => self.cell(checked.cells.get(id.0 as usize)?),
            Symbol::State(id) => {
                let state = checked.states.get(id.0 as usize)?;
                match &state.key {
                    Some(key) => {
                        format!("state {}: map[{}, {}]", state.name, self.show(key), self.show(&state.value))
                    }
                    None => format!("state {}: {}", state.name, self.show(&state.value)),
                }
            }
            Symbol::Record(id) => {
                let record = checked.records.get(id.0 as usize)?;
                let shown = record.fields.iter().filter(|field| !syntax::is_hidden(&field.name));
                let fields: Vec<String> =
                    shown.map(|field| format!("{}: {}", field.name, self.show(&field.ty))).collect();
                let what = if fields.len() < record.fields.len() { "process" } else { "record" };
                format!("{what} {}({})", record.name, fields.join(", "))
            }
            Symbol::Field(id, slot) => {
                let record = checked.records.get(id.0 as usize)?;
                let field = record.fields.get(*slot)?;
                format!("{}.{}: {}", record.name, field.name, self.show(&field.ty))
            }
            Symbol::Enum(id) => {
                let declared = checked.enums.get(id.0 as usize)?;
                let variants = (0..declared.variants.len()).filter_map(|at| self.variant(*id, at));
                let lines = variants.map(|variant| format!("  {variant}\n")).collect::<String>();
                format!("enum {}\n{lines}end", declared.name)
            }
            Symbol::Variant(id, index) => {
                let declared = checked.enums.get(id.0 as usize)?;
                format!("{}.{}", declared.name, self.variant(*id, *index)?)
            }
            Symbol::Effect(id) => {
                let effect = checked.effects.get(id.0 as usize)?;
                let operations = effect.operations.iter().map(|it| format!("  {}\n", self.operation(it)));
                format!("effect {}\n{}end", effect.name, operations.collect::<String>())
            }
            Symbol::Operation(operation) => {
                let effect = checked.effects.get(operation.effect.0 as usize)?;
                let declared = effect.operations.get(operation.index)?;
                format!("{} / {{{}}}", self.operation(declared), effect.name)
            }
            Symbol::Handler(id) => {
                let handler = checked.handlers.get(id.0 as usize)?;
                let names = handler.clauses.iter().map(|it| checked.operation_name(it.operation));
                format!("handler {} of {}", handler.name, names.collect::<Vec<_>>().join(", "))
            }
            Symbol::Item(id) => match item(&self.modules, *id)? {
                ItemKind::Const(it) => {
                    let ty = self.type_of(it.value.id).map_or_else(String::new, |ty| self.show(ty));
                    format!("const {}: {ty}", it.name.text)
                }
                ItemKind::TypeAlias(it) => {
                    let ty = self.type_of(it.ty.id).map_or_else(String::new, |ty| self.show(ty));
                    format!("type {} = {ty}", it.name.text)
                }
                ItemKind::Trait(_) => self.declared_trait(*id)?,
                ItemKind::Tool(_) => {
                    let tool = checked.tools.iter().find(|tool| tool.node == *id)?;
                    format!("use tool {} as {}", tool.path, tool.signature())
                }
                _ => return None,
            },
            Symbol::TypeParam(id) => self.nodes().param_names.get(id)?.clone(),
            Symbol::Builtin(name) => {
                let mut forms: Vec<String> =
                    Analysis::builtin_forms(name).iter().map(|form| form.signature()).collect();
                forms.dedup();
                (!forms.is_empty()).then(|| forms.join("\n"))?
            }
            Symbol::Namespace(name) => name.clone(),
            Symbol::File(file) => format!("import {}", self.source(*file)?.name),
        })
    }

    /// What the documentation says of a symbol: of a builtin the page of the standard library, of a declaration the
    /// block before it.
    pub fn doc(&self, symbol: &Symbol) -> Option<String> {
        if let Symbol::Builtin(name) = symbol {
            return documentation(name).map(|said| said.text().to_string()).filter(|text| !text.is_empty());
        }
        let name = self.definition_of(symbol)?;
        let source = self.source(name.file)?;
        let mut items =
            self.modules.iter().filter(|module| module.file == name.file).flat_map(|module| &module.items);
        let item = items.rfind(|item| item.span.start <= name.start && name.end <= item.span.end)?;
        // The backticks of a document are its fences.
        if self.document.is_some() && name.file == FileId(0) {
            return None;
        }
        // Of what stands inside a declaration its block says nothing; attributes may stand on lines of their own.
        let head = source.text.get(item.span.start as usize..name.start as usize)?;
        let mut before = head.lines().rev().skip(1);
        if !before.all(|line| line.trim_start().starts_with('@')) {
            return None;
        }
        let blocks = syntax::documentation::documentation(&source.text);
        let block = blocks.into_iter().rfind(|block| block.of == item.span.start)?;
        let declares = !matches!(
            symbol,
            Symbol::Local(_) | Symbol::Field(..) | Symbol::Variant(..) | Symbol::TypeParam(_)
        );
        Some(block.text).filter(|_| declares)
    }

    /// What a symbol is at a place, where a test or a type argument may have made its type narrower.
    pub(crate) fn describe_at(&self, symbol: &Symbol, span: Span) -> Option<String> {
        let narrowed = match symbol {
            Symbol::Local(id) => self.checked.locals.get(id.0 as usize).map(|local| (&local.name, &local.ty)),
            Symbol::Global(id) => {
                self.checked.globals.get(id.0 as usize).map(|global| (&global.name, &global.ty))
            }
            _ => None,
        };
        let here =
            self.nodes().exprs.iter().find(|(at, _)| *at == span).and_then(|(_, id)| self.type_of(*id));
        match (narrowed, here) {
            (Some((name, declared)), Some(here)) if here != declared && *here != Type::Error => {
                Some(format!("{}\n# here {name}: {}", self.describe(symbol)?, self.show(here)))
            }
            _ => self.describe(symbol),
        }
    }

    pub(crate) fn cell(&self, cell: &CellDef) -> String {
        let params = cell.params.iter().map(|param| self.param(param)).collect::<Vec<_>>().join(", ");
        let of = match (cell.slot, &cell.of) {
            (Some((of, _)), _) => self.checked.traits.get(of.0 as usize).map(|of| format!("{}.", of.name)),
            (None, of) => of.as_ref().map(|of| format!("{}.", self.show(of))),
        };
        let of = of.unwrap_or_default();
        let row = match cell.row.as_slice() {
            [] => String::new(),
            row => format!(" / {{{}}}", row.join(", ")),
        };
        format!("cell {of}{}({params}) -> {}{row}", cell.name, self.show(&cell.ret))
    }

    /// A trait with its methods, by the id of its item.
    fn declared_trait(&self, item: syntax::ast::NodeId) -> Option<String> {
        let declared = self.checked.traits.iter().find(|known| known.node == item)?;
        let methods = declared.methods.iter().filter_map(|id| self.checked.cells.get(id.0 as usize));
        let lines = methods.map(|method| format!("  {}\n", self.cell(method))).collect::<String>();
        Some(format!("trait {}\n{lines}end", declared.name))
    }

    fn operation(&self, operation: &OperationDef) -> String {
        let params = operation.params.iter().map(|param| self.param(param)).collect::<Vec<_>>().join(", ");
        format!("cell {}({params}) -> {}", operation.name, self.show(&operation.ret))
    }

    pub(crate) fn param(&self, param: &checker::checked::ParamDef) -> String {
        let (dots, default) =
            (if param.variadic { "..." } else { "" }, if param.has_default { " = …" } else { "" });
        format!("{dots}{}: {}{default}", param.name, self.show(&param.ty))
    }

    fn variant(&self, id: checker::types::EnumId, index: usize) -> Option<String> {
        let variant = self.checked.enums.get(id.0 as usize)?.variants.get(index)?;
        let parts = variant.fields.iter().map(|(name, ty)| match name {
            Some(name) => format!("{name}: {}", self.show(ty)),
            None => self.show(ty),
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        Some(if parts.is_empty() { variant.name.clone() } else { format!("{}({parts})", variant.name) })
    }

    /// The signatures of a builtin.
    pub(crate) fn builtin_forms(name: &str) -> Vec<std::rc::Rc<Builtin>> {
        builtins().into_iter().filter(|builtin| builtin.name == name).collect()
    }
}
