//! Method calls: cells of records and enums, methods of the engines' values, and functions of the first argument.

use std::rc::Rc;

use syntax::Diagnostic;
use syntax::ast::{Expr, Name};

use crate::Type;
use crate::args::{Actual, Source};
use crate::builtins::Builtin;
use crate::call::Site;
use crate::checked::{CellId, Use};
use crate::checker::Checker;
use crate::declare::list_of;
use crate::named::is_engine;
use crate::nearest::did_you_mean;

impl<'a> Checker<'a> {
    pub(crate) fn call_method(
        &mut self,
        site: Site<'a>,
        base: &'a Expr,
        name: &'a Name,
        optional: bool,
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        let found = self.infer(base, None);
        let found = self.resolve(&found);
        let receiver = if optional { found.without_null() } else { found.clone() };
        let ty = self.call_method_on(site, base, name, receiver, actuals);
        if optional && found.admits_null() { ty.optional() } else { ty }
    }

    /// Calls the method of that name that the program gives a type.
    fn call_declared(
        &mut self,
        site: Site<'a>,
        ty: Type,
        name: &'a Name,
        me: Actual<'a>,
        mut actuals: Vec<Actual<'a>>,
    ) -> Type {
        let Some(method) = self.method_of_type(&ty, name) else {
            self.infer_all(&actuals);
            self.unknown_method(&ty, name);
            return Type::Error;
        };
        if self.is_method(method) {
            actuals.insert(0, me);
        } else {
            self.no_receiver(&ty, name);
        }
        self.call_trait(site, method, ty, actuals)
    }

    fn call_method_on(
        &mut self,
        site: Site<'a>,
        base: &'a Expr,
        name: &'a Name,
        ty: Type,
        mut actuals: Vec<Actual<'a>>,
    ) -> Type {
        let me = Actual {
            source: Source::Receiver,
            name: None,
            spread: false,
            expr: base,
            known: Some(ty.clone()),
        };
        let method = match &ty {
            Type::Record(id, _) => {
                let methods = self.records.get(id.0 as usize).map(|source| &source.methods);
                // `run` of a machine starts it, where it is given what the initial state holds.
                let started = (name.text == "run" && !actuals.is_empty()).then(|| syntax::hidden("run"));
                let started = started.and_then(|name| methods?.get(&name));
                started.or_else(|| methods?.get(&name.text)).copied()
            }
            Type::Enum(id, _) => {
                self.enums.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied()
            }
            _ => None,
        };
        if let Some(method) = method {
            self.out.uses.insert(site.callee.id, Use::Cell(method));
            if self.is_method(method) {
                actuals.insert(0, me);
            } else {
                self.no_receiver(&ty, name);
            }
            return self.call_cell(site, method, actuals);
        }
        let holds_function = match &ty {
            Type::Record(id, args) => self
                .record_parts(*id, args)
                .iter()
                .any(|(n, ty)| n.as_deref() == Some(&name.text) && matches!(ty, Type::Fn(_))),
            _ => false,
        };
        if holds_function {
            let ty = self.infer(site.callee, None);
            return self.call_value(site, &ty, actuals);
        }
        if is_engine(&ty) {
            if let Some(builtin) = self.engine_method(&ty, &name.text) {
                if builtin.property {
                    self.infer_all(&actuals);
                    self.report(
                        Diagnostic::error(
                            "E0202",
                            site.span,
                            format!("`{}` is a property, not a method.", name.text),
                        )
                        .help(format!("Write `.{}` without parentheses.", name.text)),
                    );
                    return Type::Error;
                }
                return self.call_engine(site, &builtin, ty, me, actuals);
            }
            return self.call_declared(site, ty, name, me, actuals);
        }
        if name.text == "try" && matches!(ty, Type::Fn(_)) {
            return self.try_value(site, &ty, actuals);
        }
        if ty == Type::Error {
            self.infer_all(&actuals);
            return Type::Error;
        }
        let builtins = self.builtins.clone();
        let candidates: Vec<Rc<Builtin>> = builtins
            .functions
            .get(&name.text)
            .into_iter()
            .flatten()
            .filter(|b| b.params.first().is_some_and(|p| methodic(&p.ty) && self.head_fits(&ty, &p.ty)))
            .cloned()
            .collect();
        if candidates.is_empty() {
            return self.call_declared(site, ty, name, me, actuals);
        }
        actuals.insert(0, me);
        self.call_builtin(site, &name.text, &candidates, actuals)
    }

    /// Whether the cell takes the value before the dot.
    pub(crate) fn is_method(&self, id: CellId) -> bool {
        let source = self.cells.get(id.0 as usize);
        source.is_some_and(|s| s.cell.sig.params.first().is_some_and(|p| p.is_self))
    }

    fn no_receiver(&mut self, ty: &Type, name: &Name) {
        let owner = self.show(ty);
        self.report(
            Diagnostic::error(
                "E0202",
                name.span,
                format!("`{}` takes no `self`: it belongs to the type.", name.text),
            )
            .help(format!("Call it as `{owner}.{}(...)`.", name.text)),
        );
    }

    /// The method of a trait that a name means on a type, which must be one.
    pub(crate) fn method_of_type(&mut self, ty: &Type, name: &Name) -> Option<CellId> {
        let found = self.trait_methods(ty, &name.text);
        if found.len() > 1 {
            let ways: Vec<String> = found
                .iter()
                .filter_map(|id| self.out.cells.get(id.0 as usize)?.slot)
                .map(|(of, _)| format!("{}.{}(…)", self.trait_name(of), name.text))
                .collect();
            let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
            self.report(
                Diagnostic::error(
                    "E0204",
                    name.span,
                    format!("Several traits give {} a method `{}`.", self.show(ty), name.text),
                )
                .help(format!("Name the trait: {}.", list_of(&ways))),
            );
        }
        found.first().copied()
    }

    /// Calls a trait's method for a type.
    pub(crate) fn call_trait(
        &mut self,
        site: Site<'a>,
        method: CellId,
        ty: Type,
        actuals: Vec<Actual<'a>>,
    ) -> Type {
        let Some((of, slot)) = self.out.cells.get(method.0 as usize).and_then(|c| c.slot) else {
            return Type::Error;
        };
        self.out.uses.insert(site.callee.id, Use::Cell(method));
        // Where it is clear whose cell is called, the effects are that one's.
        let given = self
            .implementation(of, &ty)
            .and_then(|(id, _)| self.out.impls.get(id)?.methods.get(slot).copied()?);
        self.use_cell(given.unwrap_or(method), site.callee.span);
        let node = self.out.traits.get(of.0 as usize).map(|t| t.node);
        let known: Vec<_> = node.map(|node| (node, ty)).into_iter().collect();
        self.call_cell_for(site, method, &known, actuals)
    }

    /// Names that can follow the dot on a value of the type.
    pub(crate) fn method_candidates(&self, ty: &Type) -> impl Iterator<Item = String> + use<> {
        let mut names: Vec<String> = match ty {
            Type::Record(id, _) => self
                .records
                .get(id.0 as usize)
                .map(|s| s.methods.keys().cloned().collect())
                .unwrap_or_default(),
            Type::Enum(id, _) => {
                self.enums.get(id.0 as usize).map(|s| s.methods.keys().cloned().collect()).unwrap_or_default()
            }
            _ if is_engine(ty) => engine_head(ty)
                .and_then(|head| self.builtins.methods.get(head))
                .map(|m| m.keys().cloned().collect())
                .unwrap_or_default(),
            _ => self
                .builtins
                .functions
                .iter()
                .filter(|(_, all)| {
                    all.iter().any(|b| {
                        b.params.first().is_some_and(|p| methodic(&p.ty) && self.head_fits(ty, &p.ty))
                    })
                })
                .map(|(name, _)| name.clone())
                .collect(),
        };
        names.extend(self.trait_method_names(ty));
        names.retain(|name| !syntax::is_hidden(name));
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }

    /// The methods that traits give a type, by name.
    pub(crate) fn trait_method_names(&self, ty: &Type) -> Vec<String> {
        let mut names = Vec::new();
        for method in self.out.traits.iter().flat_map(|declared| &declared.methods) {
            if let Some(name) = self.out.cells.get(method.0 as usize).map(|c| c.name.clone())
                && self.trait_methods(ty, &name).contains(method)
            {
                names.push(name);
            }
        }
        names
    }

    fn unknown_method(&mut self, ty: &Type, name: &Name) {
        let shown = self.show(ty);
        if ty.admits_null() && matches!(ty, Type::Union(_)) {
            self.report(
                Diagnostic::error(
                    "E0200",
                    name.span,
                    format!("A value of type {shown} may be null, and null has no `{}`.", name.text),
                )
                .help("Test it with `!= null` first, or write `?.`, which gives null."),
            );
            return;
        }
        if *ty == Type::Any {
            self.report(
                Diagnostic::error("E0204", name.span, "The methods of an `Any` are not known.")
                    .help("Test what it is first: `if x is Type`, `x as Type`, or `match`."),
            );
            return;
        }
        let known: Vec<String> = self.method_candidates(ty).collect();
        let mut diagnostic = Diagnostic::error(
            "E0204",
            name.span,
            format!("A value of type {shown} has no method `{}`.", name.text),
        );
        let function = self.find(&name.text).is_some() || self.builtins.functions.contains_key(&name.text);
        diagnostic.help =
            Some(did_you_mean(&name.text, known.iter().map(String::as_str)).unwrap_or_else(|| {
                if function {
                    format!("There is a function of that name: `{}(x)`.", name.text)
                } else {
                    format!("It has {}.", list_of(&known.iter().map(String::as_str).collect::<Vec<_>>()))
                }
            }));
        self.report(diagnostic);
    }
}

/// The name under which an engine type's methods stand.
pub(crate) fn engine_head(ty: &Type) -> Option<&str> {
    Some(match ty {
        Type::Frame(_) => "Frame",
        Type::Series(_) => "Series",
        Type::GroupBy(_) => "GroupBy",
        Type::Engine(of) => &of.name,
        _ => return None,
    })
}

/// Whether a first parameter of the type makes the function a method too.
fn methodic(ty: &Type) -> bool {
    match ty {
        Type::Any | Type::Param(_) | Type::Int | Type::Float | Type::Bool => false,
        Type::Union(members) => members.iter().all(methodic),
        _ => true,
    }
}
