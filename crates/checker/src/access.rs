//! Names, fields, elements and slices.

use syntax::Diagnostic;
use syntax::ast::{Expr, ExprKind, ItemKind, Name};

use crate::Type;
use crate::checked::{Call, CallArg, Callee, TraitId, Use};
use crate::checker::{Cause, Checker, Def, EffectSite, Place, State};
use crate::declare::list_of;
use crate::named::{Named, named};
use crate::nearest::did_you_mean;
use crate::types::EnumId;

impl<'a> Checker<'a> {
    pub(crate) fn name_expr(&mut self, e: &'a Expr, name: &str, want: Option<&Type>) -> Type {
        if let Some(meaning) = self.find_local(name) {
            self.out.uses.insert(e.id, meaning.clone());
            return match meaning {
                Use::Local(id) => {
                    self.touch_local(id);
                    let declared = self.out.locals.get(id.0 as usize).map_or(Type::Error, |l| l.ty.clone());
                    self.known(&Place { root: meaning, path: Vec::new() }).unwrap_or(declared)
                }
                Use::Cell(id) => {
                    self.use_cell(id, e.span);
                    self.cell_type(id, e)
                }
                _ => Type::Error,
            };
        }
        if self.body.outside.iter().any(|outside| outside == name) {
            self.not_yet_known(e.span, name);
            return Type::Error;
        }
        if let Some(sibling) = self.sibling(name) {
            return self.sibling_value(e, name, sibling);
        }
        if let Some(def) = self.find(name).map(|entry| entry.def.clone()) {
            return self.def_value(e, name, def, want);
        }
        if let Some((id, index)) = self.find_variant(e, name, want) {
            return self.variant_value(e, id, index, want);
        }
        if let Some(ty) = self.builtin_value(e, name, want) {
            return ty;
        }
        if matches!(name, "ok" | "Ok" | "err" | "Err") {
            return self.result_value(e, matches!(name, "ok" | "Ok"));
        }
        self.unknown_name(e, name);
        Type::Error
    }

    /// The type of a declaration used as a value.
    pub(crate) fn def_value(&mut self, e: &'a Expr, name: &str, def: Def, want: Option<&Type>) -> Type {
        match def {
            Def::Global(id) => {
                let root = Use::Global(id);
                self.out.uses.insert(e.id, root.clone());
                self.body.reads.insert(id);
                if self.body.cell.is_none()
                    && self.body.module == self.root()
                    && !self.is_defined(id)
                    && name != "inputs"
                {
                    let span = self.out.globals.get(id.0 as usize).map_or(e.span, |g| g.span);
                    self.report(
                        Diagnostic::error("E0201", e.span, format!("`{name}` is used before it is defined."))
                            .label(span, "defined here")
                            .help("Results are made in the order of the text: move its `let` up."),
                    );
                }
                let declared = self.out.globals.get(id.0 as usize).map_or(Type::Error, |g| g.ty.clone());
                self.known(&Place { root, path: Vec::new() }).unwrap_or(declared)
            }
            Def::Cell(id) => {
                self.out.uses.insert(e.id, Use::Cell(id));
                self.under_row(want, |c| c.use_cell(id, e.span));
                self.cell_type(id, e)
            }
            Def::State(id) => self.read_state(e, id),
            Def::Const(index) => {
                self.used(&Def::Const(index), e.span);
                let ty = self.const_type(index);
                if let Some(source) = self.consts.get(index) {
                    self.out.uses.insert(e.id, Use::Const(source.item));
                }
                ty
            }
            Def::Enum(id) => match self.variant_index(id, name) {
                Some(index) => self.variant_value(e, id, index, want),
                None => {
                    self.namespace_as_value(e, name, "an enum: write one of its variants");
                    Type::Error
                }
            },
            Def::Record(_) => {
                self.namespace_as_value(e, name, "a record: give its fields, as in a call");
                Type::Error
            }
            Def::Trait(_) => {
                self.namespace_as_value(e, name, "a trait");
                Type::Error
            }
            Def::Alias(_) => {
                self.namespace_as_value(e, name, "a type");
                Type::Error
            }
            Def::Effect(_) => {
                self.namespace_as_value(e, name, "an effect: perform one of its operations");
                Type::Error
            }
            Def::Tool(_) => {
                self.namespace_as_value(e, name, "a tool, which is called");
                Type::Error
            }
            Def::Handler(_) => {
                self.namespace_as_value(e, name, "a handler: it stands behind the `with` of a `handle`");
                Type::Error
            }
            Def::Module(_) => {
                self.namespace_as_value(e, name, "an imported file: write `.` and one of its names");
                Type::Error
            }
        }
    }

    fn namespace_as_value(&mut self, e: &Expr, name: &str, what: &str) {
        self.error("E0201", e.span, format!("`{name}` is no value: it is {what}."));
    }

    fn unknown_name(&mut self, e: &Expr, name: &str) {
        if self.is_unread(name) {
            return;
        }
        if name == "eval" {
            return self.unbuilt(e.span, "`eval`");
        }
        let declared = self.items(self.body.module).iter().find_map(|item| match &item.kind {
            ItemKind::Extern(found) => {
                found.sigs.iter().find(|sig| sig.name.dotted() == name).map(|sig| sig.name.span)
            }
            _ => None,
        });
        if let Some(declared) = declared {
            self.report(
                Diagnostic::error(
                    "E0104",
                    e.span,
                    format!("`{name}` is only declared, as `extern`: nothing carries it out."),
                )
                .label(declared, "declared here")
                .help("Write a cell with a body, or bind a tool to the name: `use tool`."),
            );
            return;
        }
        if self.body.outside.iter().any(|outside| outside == name) {
            return self.not_yet_known(e.span, name);
        }
        let locals = self.body.locals.since(0).rev().map(|(n, _)| n.as_str());
        let mut top: Vec<&str> = self
            .scopes
            .get(self.body.module)
            .map(|s| s.names.keys().copied().chain(s.variants.keys().map(String::as_str)).collect())
            .unwrap_or_default();
        top.sort_unstable();
        let mut known: Vec<&str> = self.builtins.functions.keys().map(String::as_str).collect();
        known.sort_unstable();
        let foreign = syntax::suggest::foreign(name).map(str::to_string).or_else(|| {
            self.let_of(self.body.module, name)?;
            Some(
                "It is a result of this file, which is imported and so never runs: make it a `const`."
                    .to_string(),
            )
        });
        let help = foreign.or_else(|| did_you_mean(name, locals.chain(top).chain(known.iter().copied())));
        let mut diagnostic = Diagnostic::error("E0201", e.span, format!("There is no `{name}` here."));
        diagnostic.help = Some(help.unwrap_or_else(|| {
            format!("Define it first: `let {name} = …`, or declare a cell of that name.")
        }));
        self.unresolved(diagnostic);
    }

    /// The enum variant that a bare name means: by the expected type, else it must be the only one.
    pub(crate) fn find_variant(
        &mut self,
        e: &Expr,
        name: &str,
        want: Option<&Type>,
    ) -> Option<(EnumId, usize)> {
        if let Some(want) = want
            && let Some(found) = self.variant_of(want, name)
        {
            return Some(found);
        }
        let found = self.scopes.get(self.body.module)?.variants.get(name)?.clone();
        if found.len() > 1 {
            let owners: Vec<String> = found
                .iter()
                .filter_map(|(id, _)| self.out.enums.get(id.0 as usize))
                .map(|owner| format!("{}.{name}", owner.name))
                .collect();
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            self.report(
                Diagnostic::error("E0201", e.span, format!("Several enums have a variant `{name}`."))
                    .help(format!("Name the enum: {}.", list_of(&owners))),
            );
        }
        found.first().copied()
    }

    /// A variant as a value: itself if it has no parts, else the function that makes it.
    fn variant_value(&mut self, e: &Expr, id: EnumId, index: usize, want: Option<&Type>) -> Type {
        self.out.uses.insert(e.id, Use::Variant(id, index));
        self.used(&Def::Enum(id), e.span);
        let (args, _) = self.enum_args(id, want);
        let parts = self.variant_parts(id, index, &args);
        let ty = Type::Enum(id, args.into());
        if parts.is_empty() {
            return ty;
        }
        Type::function(parts.into_iter().map(|(_, ty)| ty).collect(), ty)
    }

    /// Type arguments for a value of the enum: those expected, else to be inferred.
    pub(crate) fn enum_args(&mut self, id: EnumId, want: Option<&Type>) -> (Vec<Type>, bool) {
        let count = self.out.enums.get(id.0 as usize).map_or(0, |e| e.params.len());
        if let Some(Type::Enum(wanted, args)) = want
            && *wanted == id
            && args.len() == count
        {
            return (args.to_vec(), true);
        }
        ((0..count).map(|_| self.fresh()).collect(), false)
    }

    /// `ok` or `err` as a function.
    fn result_value(&mut self, e: &'a Expr, is_ok: bool) -> Type {
        self.out.uses.insert(e.id, if is_ok { Use::Ok } else { Use::Err });
        let (good, bad) = (self.fresh(), self.fresh());
        let taken = if is_ok { good.clone() } else { bad.clone() };
        Type::function(vec![taken], Type::result(good, bad))
    }

    /// A builtin used without call: a constant, or a function.
    fn builtin_value(&mut self, e: &'a Expr, name: &str, want: Option<&Type>) -> Option<Type> {
        let builtins = self.builtins.clone();
        let all = builtins.functions.get(name)?;
        // Several signatures are told apart by the first parameter of the function expected.
        let first = match want {
            Some(Type::Fn(f)) => f.params.first().map(|ty| self.resolve(ty)),
            _ => None,
        };
        let fits = |b: &&std::rc::Rc<crate::builtins::Builtin>| match (&first, b.params.first()) {
            (Some(ty), Some(param)) => self.head_fits(ty, &param.ty),
            _ => true,
        };
        let builtin = all.iter().find(fits).or_else(|| all.first())?;
        if builtin.property {
            let callee = if builtin.host {
                Callee::Host(builtin.name.clone())
            } else {
                Callee::Core(builtin.name.clone())
            };
            self.out
                .calls
                .insert(e.id, Call { callee, args: Vec::new(), names: Vec::new(), types: Vec::new() });
            self.out.uses.insert(e.id, Use::Builtin(builtin.name.clone()));
            return Some(builtin.ret.clone());
        }
        self.out.uses.insert(e.id, Use::Builtin(builtin.name.clone()));
        for effect in &builtin.row {
            self.effect(effect, e.span);
        }
        let generics: Vec<_> = builtin.generics.iter().map(|(id, _)| (*id, self.fresh())).collect();
        let params = builtin
            .params
            .iter()
            .filter(|p| p.default.is_none())
            .map(|p| self.substitute(&p.ty, &generics))
            .collect();
        Some(Type::function(params, self.substitute(&builtin.ret, &generics)))
    }

    /// A cell as a value, its type parameters to be inferred.
    fn cell_type(&mut self, id: crate::checked::CellId, e: &Expr) -> Type {
        let ret = self.cell_return(id);
        let Some(def) = self.out.cells.get(id.0 as usize) else {
            return Type::Error;
        };
        let params: Vec<Type> = def.params.iter().map(|p| p.ty.clone()).collect();
        let name = def.name.clone();
        let own: Vec<_> = self
            .cells
            .get(id.0 as usize)
            .map(|s| s.cell.sig.type_params.iter().map(|p| p.id).collect())
            .unwrap_or_default();
        let generics: Vec<_> = own.into_iter().map(|param| (param, self.fresh())).collect();
        self.demand(Some(e.id), &generics, e.span, &name);
        let ty = Type::function(params, ret);
        self.substitute(&ty, &generics)
    }

    pub(crate) fn use_cell(&mut self, id: crate::checked::CellId, span: syntax::Span) {
        self.used(&Def::Cell(id), span);
        self.body.calls.insert(id);
        // Who calls a cell inside of another one hands over what it captures.
        let captures =
            self.out.cells.get(id.0 as usize).map(|cell| cell.captures.clone()).unwrap_or_default();
        for local in captures {
            self.touch_local(local);
        }
        // Calls carry effects too; the row is added when all bodies are known.
        // Who handles something stands around the call, and a task runs by itself.
        let is_async = self.out.cells.get(id.0 as usize).is_some_and(|cell| cell.is_async);
        let handled = if is_async { Vec::new() } else { self.body.handled.clone() };
        self.body.sites.push(EffectSite { cause: Cause::Call(id), span, handled });
    }

    pub(crate) fn const_type(&mut self, index: usize) -> Type {
        let Some(source) = self.consts.get_mut(index) else {
            return Type::Error;
        };
        match source.state {
            State::Done => source.ty.clone(),
            State::Running => {
                let span = source.declared.name.span;
                let name = source.declared.name.text.clone();
                source.ty = Type::Error;
                self.error("E0201", span, format!("The constant `{name}` is defined by itself."));
                Type::Error
            }
            State::Waiting => {
                source.state = State::Running;
                let (declared, module) = (source.declared, source.module);
                let body = crate::checker::Body::new(module, None, crate::checker::Returns::Nowhere);
                let outer = std::mem::replace(&mut self.body, body);
                let ty = match &declared.ty {
                    Some(ty) => {
                        let ty = self.type_expr(ty);
                        self.check(&declared.value, &ty);
                        ty
                    }
                    None => self.infer(&declared.value, None),
                };
                let inner = std::mem::replace(&mut self.body, outer);
                let first = inner.sites.iter().find_map(|site| match &site.cause {
                    Cause::Effect { name, .. } => Some((name, site.span)),
                    Cause::Call(_) => None,
                });
                if let Some((effect, span)) = first {
                    self.report(
                        Diagnostic::error(
                            "E0106",
                            span,
                            format!("A constant has no effects, found `{effect}`."),
                        )
                        .help("Make it a result: `let` at the top level."),
                    );
                }
                let ty = self.resolve(&ty);
                if let Some(source) = self.consts.get_mut(index) {
                    source.state = State::Done;
                    source.ty = ty.clone();
                }
                ty
            }
        }
    }

    pub(crate) fn field(
        &mut self,
        e: &'a Expr,
        base: &'a Expr,
        name: &'a Name,
        optional: bool,
        want: Option<&Type>,
    ) -> Type {
        if let Some(ty) = self.qualified(e, base, name, want) {
            return ty;
        }
        let found = self.infer(base, None);
        let found = self.resolve(&found);
        if optional {
            if !found.admits_null() && found != Type::Error {
                let shown = self.show(&found);
                self.report(
                    Diagnostic::warning(
                        "W0215",
                        e.span,
                        format!("`?.` is for values that may be null, found {shown}."),
                    )
                    .help("Write `.`."),
                );
            }
            let ty = self.field_type(e, base, &found.without_null(), name);
            return ty.optional();
        }
        let declared = self.field_type(e, base, &found, name);
        if matches!(found, Type::Record(..) | Type::Structure(_))
            && let Some(place) = self.place(e)
            && let Some(known) = self.known(&place)
        {
            return known;
        }
        declared
    }

    /// A member of a file, enum, record or builtin namespace: `geometry.area`, `Color.Red`, `nn.Linear`.
    fn qualified(
        &mut self,
        e: &'a Expr,
        base: &'a Expr,
        name: &'a Name,
        want: Option<&Type>,
    ) -> Option<Type> {
        match self.namespace(base)? {
            Namespace::Module(target) => {
                let entry = self.scopes.get(target)?.names.get(name.text.as_str()).cloned();
                let Some(entry) = entry.filter(|entry| entry.public) else {
                    self.no_member(base, name, target);
                    return Some(Type::Error);
                };
                Some(self.def_value(e, &name.text, entry.def, want))
            }
            Namespace::Enum(id) => {
                if let Some(index) = self.variant_index(id, &name.text) {
                    return Some(self.variant_value(e, id, index, want));
                }
                let method = self.enums.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied();
                if let Some(method) = method {
                    return Some(self.def_value(e, &name.text, Def::Cell(method), want));
                }
                let (owner, known) = match self.out.enums.get(id.0 as usize) {
                    Some(declared) => (
                        declared.name.clone(),
                        declared.variants.iter().map(|v| v.name.clone()).collect::<Vec<_>>(),
                    ),
                    None => return Some(Type::Error),
                };
                self.no_part(name, &format!("The enum `{owner}` has no variant"), &known);
                Some(Type::Error)
            }
            Namespace::Record(id) => {
                let method = self.records.get(id.0 as usize).and_then(|s| s.methods.get(&name.text)).copied();
                if let Some(method) = method {
                    return Some(self.def_value(e, &name.text, Def::Cell(method), want));
                }
                let known: Vec<String> = self
                    .records
                    .get(id.0 as usize)
                    .map(|s| s.methods.keys().cloned().collect())
                    .unwrap_or_default();
                self.no_part(name, "The record has no cell", &known);
                Some(Type::Error)
            }
            Namespace::Trait(id) => {
                let trait_name = self.trait_name(id).to_string();
                if self.method_of(id, &name.text).is_some() {
                    self.method_as_value(name, &trait_name);
                    return Some(Type::Error);
                }
                let methods = self.out.traits.get(id.0 as usize).map_or(&[][..], |t| &t.methods);
                let known: Vec<String> = methods
                    .iter()
                    .filter_map(|id| self.out.cells.get(id.0 as usize).map(|c| c.name.clone()))
                    .collect();
                self.no_part(name, &format!("The trait `{trait_name}` has no method"), &known);
                Some(Type::Error)
            }
            Namespace::Type(ty) => {
                let shown = self.show(&ty);
                if self.trait_methods(&ty, &name.text).is_empty() {
                    let known: Vec<String> = self.trait_method_names(&ty);
                    self.no_part(name, &format!("{shown} has no cell"), &known);
                } else {
                    self.method_as_value(name, &shown);
                }
                Some(Type::Error)
            }
            Namespace::Builtin(path) => {
                let full = format!("{path}.{}", name.text);
                if let Some(ty) = self.builtin_value(e, &full, want) {
                    return Some(ty);
                }
                let prefix = format!("{path}.");
                let mut known: Vec<String> = self
                    .builtins
                    .functions
                    .keys()
                    .filter_map(|n| n.strip_prefix(&prefix))
                    .map(str::to_string)
                    .collect();
                known.sort_unstable();
                self.no_part(name, &format!("`{path}` has no"), &known);
                Some(Type::Error)
            }
        }
    }

    pub(crate) fn no_part(&mut self, name: &Name, message: &str, known: &[String]) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut diagnostic = Diagnostic::error("E0204", name.span, format!("{message} `{}`.", name.text));
        diagnostic.help = Some(
            did_you_mean(&name.text, known.iter().copied())
                .unwrap_or_else(|| format!("It has {}.", list_of(&known))),
        );
        self.report(diagnostic);
    }

    fn no_member(&mut self, base: &Expr, name: &Name, target: usize) {
        let owner = match &base.kind {
            ExprKind::Name(name) => name.clone(),
            _ => "the file".to_string(),
        };
        if let Some(span) = self.let_of(target, &name.text) {
            return self.imported_let(name, &owner, span);
        }
        let private = self.scopes.get(target).and_then(|s| s.names.get(name.text.as_str())).map(|e| e.span);
        if let Some(span) = private {
            self.report(
                Diagnostic::error("E0122", name.span, format!("`{}` is private to `{owner}`.", name.text))
                    .label(span, "declared here without `pub`")
                    .help("Declare it `pub` there, or use another name."),
            );
            return;
        }
        let mut known: Vec<String> = self
            .scopes
            .get(target)
            .map(|s| s.names.iter().filter(|(_, e)| e.public).map(|(n, _)| n.to_string()).collect())
            .unwrap_or_default();
        known.sort_unstable();
        self.no_part(name, &format!("`{owner}` has no"), &known);
    }

    /// What a name or path stands for that has members instead of a value.
    pub(crate) fn namespace(&mut self, base: &Expr) -> Option<Namespace> {
        let found = match &base.kind {
            ExprKind::Name(name) => {
                if self.find_local(name).is_some() {
                    return None;
                }
                if let Some((_, param)) = self.body.type_params.iter().rev().find(|(n, _)| n == name) {
                    return Some(Namespace::Type(Type::Param(*param)));
                }
                match self.find(name).map(|entry| entry.def.clone()) {
                    Some(Def::Module(target)) => Namespace::Module(target),
                    Some(Def::Enum(id)) => Namespace::Enum(id),
                    Some(Def::Record(id)) => Namespace::Record(id),
                    Some(Def::Trait(id)) => Namespace::Trait(id),
                    None if name == "Self" => match self.body.self_type.clone()? {
                        Type::Record(id, _) => Namespace::Record(id),
                        Type::Enum(id, _) => Namespace::Enum(id),
                        ty => Namespace::Type(ty),
                    },
                    Some(_) => return None,
                    None if self.builtins.namespaces.iter().any(|n| n == name) => {
                        Namespace::Builtin(name.clone())
                    }
                    // `Int.zero()`, where a trait of the program gives it that.
                    None if !self.out.impls.is_empty() => match named(name, Vec::new()) {
                        Named::Type(ty) if self.out.impls.iter().any(|known| known.target == ty) => {
                            Namespace::Type(ty)
                        }
                        _ => return None,
                    },
                    None => return None,
                }
            }
            ExprKind::Field { base: outer, name, optional: false } => match self.namespace(outer)? {
                Namespace::Module(target) => {
                    let entry = self.scopes.get(target)?.names.get(name.text.as_str())?;
                    match (entry.public, &entry.def) {
                        (true, Def::Enum(id)) => Namespace::Enum(*id),
                        (true, Def::Record(id)) => Namespace::Record(*id),
                        (true, Def::Trait(id)) => Namespace::Trait(*id),
                        _ => return None,
                    }
                }
                Namespace::Builtin(path) => {
                    let path = format!("{path}.{}", name.text);
                    let prefix = format!("{path}.");
                    if !self.builtins.functions.keys().any(|n| n.starts_with(&prefix)) {
                        return None;
                    }
                    Namespace::Builtin(path)
                }
                _ => return None,
            },
            _ => return None,
        };
        if let Namespace::Builtin(path) = &found {
            self.out.uses.insert(base.id, Use::Namespace(path.as_str().into()));
        }
        Some(found)
    }

    /// The type of a field of a value, without what tests have shown of it.
    pub(crate) fn field_type(&mut self, e: &'a Expr, base: &'a Expr, ty: &Type, name: &'a Name) -> Type {
        let ty = self.resolve(ty);
        match &ty {
            Type::Error | Type::Never => Type::Error,
            Type::Record(id, args) => {
                let parts = self.record_parts(*id, args);
                if let Some(slot) = parts.iter().position(|(n, _)| n.as_deref() == Some(&name.text)) {
                    self.out.uses.insert(e.id, Use::Slot(slot));
                    self.used_field(*id, slot, name.span);
                    return parts.get(slot).map_or(Type::Error, |(_, ty)| ty.clone());
                }
                let owner = self.show(&ty);
                if self.records.get(id.0 as usize).is_some_and(|s| s.methods.contains_key(&name.text)) {
                    self.method_as_value(name, &owner);
                    return Type::Error;
                }
                let mut known: Vec<String> = parts.into_iter().filter_map(|(n, _)| n).collect();
                known.retain(|name| !syntax::is_hidden(name));
                if known.is_empty() {
                    known.extend(self.method_candidates(&ty));
                }
                self.no_part(name, &format!("The record `{owner}` has no field"), &known);
                Type::Error
            }
            Type::Structure(fields) => match fields.iter().position(|(n, _)| *n == name.text) {
                Some(slot) => {
                    self.out.uses.insert(e.id, Use::Slot(slot));
                    fields.get(slot).map_or(Type::Error, |(_, ty)| ty.clone())
                }
                None => {
                    let known: Vec<String> = fields.iter().map(|(n, _)| n.clone()).collect();
                    let inputs = matches!(&base.kind, ExprKind::Name(n) if n == "inputs");
                    let message = if inputs { "The front matter has no input" } else { "There is no field" };
                    self.no_part(name, message, &known);
                    Type::Error
                }
            },
            Type::Tuple(items) => match name.text.parse::<usize>().ok().filter(|i| *i < items.len()) {
                Some(slot) => {
                    self.out.uses.insert(e.id, Use::Slot(slot));
                    items.get(slot).cloned().unwrap_or(Type::Error)
                }
                None => {
                    let known: Vec<String> = (0..items.len()).map(|i| i.to_string()).collect();
                    self.no_part(name, "The tuple has no part", &known);
                    Type::Error
                }
            },
            Type::Enum(id, args) => self.variant_part(e, base, (*id, args), name),
            Type::Json => Type::Json,
            Type::Frame(_) | Type::Series(_) | Type::GroupBy(_) | Type::Engine(..) => {
                self.engine_field(e, &ty, name)
            }
            Type::Any => {
                self.report(
                    Diagnostic::error("E0204", name.span, "The fields of an `Any` are not known.")
                        .help("Test what it is first: `if x is Type`, `x as Type`, or `match`."),
                );
                Type::Error
            }
            Type::Union(members) if members.contains(&Type::Null) => {
                let shown = self.show(&ty);
                self.report(
                    Diagnostic::error(
                        "E0200",
                        e.span,
                        format!(
                            "A value of type {shown} may be null, and null has no field `{}`.",
                            name.text
                        ),
                    )
                    .help("Test it with `!= null` first, or write `?.`, which gives null."),
                );
                Type::Error
            }
            other => {
                let shown = self.show(other);
                let help = if self.method_candidates(other).any(|n| n == name.text) {
                    format!("It is a function: call it with `.{}(...)`.", name.text)
                } else {
                    "Only records, tuples and frames have fields.".to_string()
                };
                self.report(
                    Diagnostic::error(
                        "E0204",
                        name.span,
                        format!("A value of type {shown} has no field `{}`.", name.text),
                    )
                    .help(help),
                );
                Type::Error
            }
        }
    }

    fn method_as_value(&mut self, name: &Name, owner: &str) {
        self.report(
            Diagnostic::error(
                "E0204",
                name.span,
                format!("`{}` of `{owner}` is a cell, not a field.", name.text),
            )
            .help(format!("Call it: `.{}(...)`.", name.text)),
        );
    }

    pub(crate) fn index(&mut self, e: &'a Expr, base: &'a Expr, index: &'a Expr, optional: bool) -> Type {
        let found = self.infer(base, None);
        let mut found = self.resolve(&found);
        if optional {
            found = found.without_null();
        }
        if let ExprKind::Range { start, end, .. } = &index.kind
            && matches!(found, Type::List(_) | Type::String | Type::Bytes | Type::Series(_) | Type::Frame(_))
        {
            self.check(start, &Type::Int);
            self.check(end, &Type::Int);
            self.set_type(index.id, Type::Range);
            return self.slice_type(e, &found);
        }
        let ty = match &found {
            Type::List(element) => {
                self.check(index, &Type::Int);
                (**element).clone()
            }
            Type::Map(key, value) => {
                self.check(index, key);
                (**value).clone()
            }
            Type::String => {
                self.check(index, &Type::Int);
                Type::String
            }
            Type::Bytes | Type::Range => {
                self.check(index, &Type::Int);
                Type::Int
            }
            Type::Tuple(items) => {
                self.infer(index, None);
                let place = constant_int(index);
                match place.map(|i| if i < 0 { i + items.len() as i64 } else { i }) {
                    Some(i) if (0..items.len() as i64).contains(&i) => {
                        items.get(i as usize).cloned().unwrap_or(Type::Error)
                    }
                    Some(_) => {
                        let parts = items.len();
                        self.error("E0204", index.span, format!("The tuple has {parts} parts."));
                        Type::Error
                    }
                    None => {
                        self.report(
                            Diagnostic::error(
                                "E0200",
                                index.span,
                                "The parts of a tuple are numbered by constants.",
                            )
                            .help("Write the number, or take the tuple apart: `let (a, b) = t`."),
                        );
                        Type::Error
                    }
                }
            }
            Type::Json => {
                self.infer(index, None);
                if optional {
                    return Type::Json;
                }
                Type::Json
            }
            Type::Frame(_) | Type::Series(_) | Type::GroupBy(_) | Type::Engine(..) => {
                return self.engine_index(e, base, index, &found);
            }
            Type::Error | Type::Never => {
                self.infer(index, None);
                return Type::Error;
            }
            Type::Var(_) => {
                let key = self.infer(index, None);
                let value = self.fresh();
                let list = if self.resolve(&key) == Type::Int {
                    Type::list(value.clone())
                } else {
                    Type::map(key, value.clone())
                };
                self.fits(&found, &list);
                value
            }
            other => {
                self.infer(index, None);
                let shown = self.show(other);
                let help = if other.admits_null() {
                    "It may be null: test it with `!= null`, or write `?[`, which gives null."
                } else {
                    "Lists, maps, strings, tuples, frames and series have elements."
                };
                self.report(
                    Diagnostic::error("E0200", e.span, format!("A value of type {shown} has no elements."))
                        .help(help),
                );
                return Type::Error;
            }
        };
        if optional { ty.optional() } else { ty }
    }

    pub(crate) fn slice(&mut self, e: &'a Expr, base: &'a Expr) -> Type {
        let found = self.infer(base, None);
        let found = self.resolve(&found);
        self.slice_type(e, &found)
    }

    fn slice_type(&mut self, e: &'a Expr, found: &Type) -> Type {
        match found {
            Type::List(_) | Type::String | Type::Bytes | Type::Error => found.clone(),
            Type::Range => Type::list(Type::Int),
            Type::Frame(_) | Type::Series(_) => {
                self.host(
                    e.id,
                    "op.slice",
                    vec![CallArg::Receiver, CallArg::Written(0), CallArg::Written(1)],
                );
                found.clone()
            }
            Type::Engine(of) if of.is("Tensor") => {
                self.host(
                    e.id,
                    "op.slice",
                    vec![CallArg::Receiver, CallArg::Written(0), CallArg::Written(1)],
                );
                found.clone()
            }
            other => {
                let shown = self.show(other);
                self.error("E0200", e.span, format!("A value of type {shown} cannot be sliced."));
                Type::Error
            }
        }
    }
}

/// What has members instead of a value.
#[derive(Clone, Debug)]
pub(crate) enum Namespace {
    Module(usize),
    Enum(EnumId),
    Record(crate::types::RecordId),
    Trait(TraitId),
    /// A type parameter, or a builtin type that a trait may be implemented for.
    Type(Type),
    /// A dotted prefix of builtin names.
    Builtin(String),
}

/// The integer that the expression is, if it is a literal, perhaps negated.
pub(crate) fn constant_int(e: &Expr) -> Option<i64> {
    match &e.kind {
        ExprKind::Int(i) => Some(*i),
        ExprKind::Unary { op: syntax::ast::UnaryOp::Neg, operand } => constant_int(operand)?.checked_neg(),
        _ => None,
    }
}
