//! Tools: programs outside that are called like cells, typed by the files that describe them.

use std::collections::BTreeMap;
use std::rc::Rc;

use syntax::Diagnostic;
use syntax::ast::{self, Bind, Item, ItemKind};

use crate::Type;
use crate::args::Actual;
use crate::builtins::{Builtin, BuiltinParam, Takes};
use crate::call::Site;
use crate::checked::{
    Call, CallArg, Callee, EffectId, Literal, Operation, ToolDef, ToolParam, ToolSchema, Use,
};
use crate::checker::{Checker, Def};
use crate::effects::{EFFECTS, covers};
use crate::grant::LIMITS;
use crate::nearest::did_you_mean;

/// The name of the host's operation that calls a tool: its first argument is the tool's path.
pub const CALL: &str = "op.tool";

impl<'a> Checker<'a> {
    pub(crate) fn enter_tool(&mut self, module: usize, item: &'a Item, declared: &'a ast::Tool) {
        let (path, name) = (declared.path.dotted(), declared.name.text.clone());
        let file = self.file(module);
        let found = self.program.tools.get(&(file, name.clone())).cloned();
        let span = declared.from.as_ref().map_or(declared.path.span, |from| from.span);
        let schema = match found {
            Some(Ok(schema)) => schema,
            Some(Err(why)) => {
                self.report(
                    Diagnostic::error("E0104", span, format!("The tool `{path}` cannot be used: {why}."))
                        .help("A tool's file names its program and says what it takes and gives."),
                );
                ToolSchema { params: Vec::new(), returns: Type::Error, open: true }
            }
            None => {
                self.report(
                    Diagnostic::error("E0104", declared.path.span, format!("There is no tool `{path}`."))
                        .help("Say which file describes it, `from \"tools/web.json\"`, or name the file under `[tools]` in lumen.toml."),
                );
                ToolSchema { params: Vec::new(), returns: Type::Error, open: true }
            }
        };
        let effect = declared.path.parts.first().map_or(String::new(), |part| part.text.clone());
        let index = self.out.tools.len();
        self.out.tools.push(ToolDef { name: name.clone(), path, effect, schema, node: item.id, file });
        self.name(module, &declared.name.text, declared.name.span, item.public, Def::Tool(index));
    }

    /// Which effect the calls of a tool have: its path's first part, or what `bind effect` says.
    pub(crate) fn bind_tools(&mut self) {
        for module in 0..self.program.modules.len() {
            for item in self.items(module) {
                if let ItemKind::Bind(bind) = &item.kind {
                    self.bind_tool(module, bind);
                }
            }
        }
        for module in 0..self.program.modules.len() {
            for item in self.items(module) {
                let ItemKind::Tool(tool) = &item.kind else { continue };
                let def = self.out.tools.iter().find(|def| def.node == item.id);
                if let Some(effect) = def.map(|def| def.effect.clone()).filter(|effect| is_builtin(effect)) {
                    let message =
                        format!("The tool's calls would have the effect `{effect}`, which is another one.");
                    self.report(Diagnostic::error("E0104", tool.path.span, message).help(format!(
                        "Give them one of their own: `bind effect NAME to {}`.",
                        tool.name.text
                    )));
                }
            }
        }
    }

    fn bind_tool(&mut self, module: usize, bind: &Bind) {
        let name = &bind.tool.text;
        let entry = self.scopes.get(module).and_then(|scope| scope.names.get(name.as_str()));
        let Some(Def::Tool(index)) = entry.map(|entry| entry.def.clone()) else {
            let known: Vec<String> = self.out.tools.iter().map(|tool| tool.name.clone()).collect();
            let mut diagnostic =
                Diagnostic::error("E0104", bind.tool.span, format!("There is no tool `{name}`."));
            diagnostic.help = Some(
                did_you_mean(name, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("Declare it: `use tool PATH as {name}`.")),
            );
            return self.report(diagnostic);
        };
        if let Some(row) = self.declared_row(module, &bind.effect) {
            return self.bind_operation(bind, index, &row);
        }
        let effect = bind.effect.dotted();
        if is_builtin(&effect) {
            let message = format!("`{effect}` is an effect of the language, which no tool has.");
            return self.report(
                Diagnostic::error("E0104", bind.effect.span, message)
                    .help("Give the tool's calls an effect of their own."),
            );
        }
        if let Some(tool) = self.out.tools.get_mut(index) {
            tool.effect = effect;
        }
    }

    /// The tool carries out an operation of a declared effect where nobody handles it.
    fn bind_operation(&mut self, bind: &Bind, index: usize, row: &str) {
        let effects = (0u32..).zip(&self.out.effects);
        let all: Vec<Operation> = effects
            .flat_map(|(id, def)| (0..def.operations.len()).map(move |at| (EffectId(id), at)))
            .map(|(effect, index)| Operation { effect, index })
            .filter(|operation| covers(row, &self.out.operation_name(*operation)))
            .collect();
        let [operation] = all.as_slice() else {
            let names: Vec<String> =
                all.iter().map(|operation| self.out.operation_name(*operation)).collect();
            let first = names.first().map_or("an operation", String::as_str);
            let message = format!("`{row}` has {} operations, and a tool carries out one.", names.len());
            return self.report(
                Diagnostic::error("E0104", bind.effect.span, message)
                    .help(format!("Bind each to its own tool: `bind effect {first} to {}`.", bind.tool.text)),
            );
        };
        if self.out.carried_out.contains_key(operation) {
            let message = format!("`{}` is bound twice.", self.out.operation_name(*operation));
            return self.report(
                Diagnostic::error("E0104", bind.effect.span, message).help("Take one of the lines out."),
            );
        }
        if let Some(why) = self.misfit(*operation, index) {
            let name = self.out.operation_name(*operation);
            let message = format!("The tool `{}` cannot carry out `{name}`: {why}.", bind.tool.text);
            let mut diagnostic = Diagnostic::error("E0104", bind.effect.span, message)
                .help("An operation has the tool's parameters, by their names, and gives what it gives.");
            if let Some(def) = self.out.operation(*operation) {
                diagnostic = diagnostic.label(def.span, "the operation");
            }
            return self.report(diagnostic);
        }
        let effect = self.out.operation_name(*operation);
        self.out.carried_out.insert(*operation, index);
        if let Some(tool) = self.out.tools.get_mut(index) {
            tool.effect = effect;
        }
    }

    /// Why a tool is not what an operation says.
    fn misfit(&self, operation: Operation, index: usize) -> Option<String> {
        let def = self.out.operation(operation)?;
        let tool = self.out.tools.get(index)?;
        let source = self.cells.get(def.cell.0 as usize)?;
        if source.cell.sig.is_async || !source.type_params.is_empty() {
            return Some("it is async or generic".to_string());
        }
        if tool.schema.returns == Type::Error {
            return None;
        }
        for param in &def.params {
            let known = tool.schema.params.iter().find(|known| known.name == param.name);
            match known {
                Some(known) if self.passes(&param.ty, &known.ty) => {}
                Some(known) => {
                    let (found, wanted) = (self.show(&param.ty), self.show(&known.ty));
                    return Some(format!("`{}` is {found}, and the tool takes {wanted}", param.name));
                }
                None if tool.schema.open && self.passes(&param.ty, &Type::Json) => {}
                None => return Some(format!("the tool takes no `{}`", param.name)),
            }
        }
        let given = |param: &ToolParam| def.params.iter().any(|known| known.name == param.name);
        if let Some(missing) = tool.schema.params.iter().find(|param| param.required && !given(param)) {
            return Some(format!("it does not give `{}`", missing.name));
        }
        if !self.passes(&tool.schema.returns, &def.ret) {
            let (found, wanted) = (self.show(&tool.schema.returns), self.show(&def.ret));
            return Some(format!("the tool gives {found}, and it gives {wanted}"));
        }
        None
    }

    /// Whether a value of the one type is read as one of the other, by way of JSON.
    fn passes(&self, from: &Type, to: &Type) -> bool {
        match (from, to) {
            (Type::Error, _) | (_, Type::Error) => true,
            (from, Type::Json) => self.schema_of(from).is_ok() || *from == Type::Json,
            (Type::Int, Type::Float) => true,
            (Type::List(from), Type::List(to)) => self.passes(from, to),
            (Type::Map(a, from), Type::Map(b, to)) => a == b && self.passes(from, to),
            (Type::Union(members), to) => members.iter().all(|member| self.passes(member, to)),
            (from, Type::Union(members)) => members.iter().any(|member| self.passes(from, member)),
            (Type::Record(..) | Type::Structure(_), Type::Record(..) | Type::Structure(_)) => {
                match (self.plain_fields(from), self.plain_fields(to)) {
                    (Some(from), Some(to)) => {
                        let find = |name: &String| from.iter().find(|(known, _)| known == name);
                        from.iter().all(|(name, _)| to.iter().any(|(known, _)| known == name))
                            && to.iter().all(|(name, ty)| match find(name) {
                                Some((_, found)) => self.passes(found, ty),
                                None => ty.admits_null(),
                            })
                    }
                    _ => false,
                }
            }
            (from, to) => from == to,
        }
    }

    /// The fields of a record without constraints, which nobody would hold here.
    fn plain_fields(&self, ty: &Type) -> Option<Vec<(String, Type)>> {
        match ty {
            Type::Structure(fields) => Some(fields.to_vec()),
            Type::Record(id, args) => {
                let record = self.out.records.get(id.0 as usize)?;
                let is_plain = record.fields.iter().all(|field| !field.has_constraint);
                is_plain.then(|| self.record_columns(*id, args))
            }
            _ => None,
        }
    }

    /// What a tool is to a call.
    pub(crate) fn tool_builtin(&self, index: usize) -> Rc<Builtin> {
        Rc::new(self.out.tools.get(index).map_or_else(nothing, ToolDef::builtin))
    }

    /// Whether nothing describes the tool, which was reported.
    fn is_unknown_tool(&self, index: usize) -> bool {
        self.out.tools.get(index).is_none_or(|tool| tool.schema.returns == Type::Error)
    }

    /// What a name means that stands for a tool.
    pub(crate) fn use_tool(&mut self, name: &ast::Expr, index: usize) {
        if let Some(tool) = self.out.tools.get(index) {
            self.out.uses.insert(name.id, Use::Tool(tool.node));
        }
    }

    pub(crate) fn call_tool(&mut self, site: Site<'a>, index: usize, actuals: Vec<Actual<'a>>) -> Type {
        self.use_tool(site.callee, index);
        self.call_tool_by(site, index, actuals, false)
    }

    pub(crate) fn call_tool_tried(&mut self, site: Site<'a>, index: usize, actuals: Vec<Actual<'a>>) -> Type {
        self.call_tool_by(site, index, actuals, true)
    }

    fn call_tool_by(
        &mut self,
        site: Site<'a>,
        index: usize,
        actuals: Vec<Actual<'a>>,
        is_tried: bool,
    ) -> Type {
        if self.is_unknown_tool(index) {
            self.infer_all(&actuals);
            return Type::Error;
        }
        let builtin = self.tool_builtin(index);
        let name = builtin.name.clone();
        let id = site.id;
        let ret = match is_tried {
            true => self.call_tried(site, &name, &[builtin], actuals),
            false => self.call_builtin(site, &name, &[builtin], actuals),
        };
        self.note_tool(id, index);
        ret
    }

    /// The host is told which tool it is, what it gives, and the names of the arguments that have none.
    fn note_tool(&mut self, id: ast::NodeId, index: usize) {
        let Some(tool) = self.out.tools.get(index) else { return };
        let Some(Call { callee, args, types, .. }) = self.out.calls.get_mut(&id) else { return };
        if let Callee::Host(name) | Callee::Tried(name) = callee {
            *name = CALL.to_string();
            args.insert(0, CallArg::Text(format!("{} {}", tool.effect, tool.path)));
            let required = tool.schema.params.iter().filter(|param| param.required);
            let required = required.map(|param| (param.name.clone(), param.ty.clone())).collect();
            *types = vec![tool.schema.returns.clone(), Type::Structure(required)];
        }
    }

    /// The effects of tools with what their grants can say.
    pub(crate) fn tool_effects(&self) -> BTreeMap<String, Vec<(String, Type)>> {
        effects_of(&self.out.tools)
    }

    /// Effects that a row can name, those of tools among them.
    pub(crate) fn known_effects(&self) -> Vec<String> {
        EFFECTS.iter().map(|effect| (*effect).to_string()).chain(self.tool_effects().into_keys()).collect()
    }
}

impl ToolDef {
    /// As source of the language: `words(text: String) -> Int / {text}`.
    pub fn signature(&self) -> String {
        self.builtin().signature()
    }

    fn builtin(&self) -> Builtin {
        let param = |param: &ToolParam| BuiltinParam {
            name: param.name.clone(),
            ty: if param.required { param.ty.clone() } else { Type::optional(param.ty.clone()) },
            takes: Takes::One,
            default: (!param.required).then_some(Literal::Null),
        };
        let mut params: Vec<BuiltinParam> = self.schema.params.iter().map(param).collect();
        if self.schema.open {
            params.push(BuiltinParam {
                name: "arguments".to_string(),
                ty: Type::Json,
                takes: Takes::Named,
                default: None,
            });
        }
        Builtin {
            name: self.name.clone(),
            params,
            ret: self.schema.returns.clone(),
            row: vec![self.effect.clone()],
            ..nothing()
        }
    }
}

/// The effects of tools, and the parameters that their grants can bind.
pub(crate) fn effects_of(tools: &[ToolDef]) -> BTreeMap<String, Vec<(String, Type)>> {
    let mut effects: BTreeMap<String, Vec<(String, Type)>> = BTreeMap::new();
    for tool in tools {
        let keys = effects.entry(tool.effect.clone()).or_default();
        for param in &tool.schema.params {
            // No tool's file takes a limit of the host away.
            let is_limit = LIMITS.contains(&param.name.as_str());
            if !is_limit && !keys.iter().any(|(name, _)| *name == param.name) {
                keys.push((param.name.clone(), param.ty.clone()));
            }
        }
    }
    effects
}

fn is_builtin(effect: &str) -> bool {
    let first = effect.split('.').next().unwrap_or_default();
    EFFECTS.iter().any(|known| known.split('.').next() == Some(first))
}

fn nothing() -> Builtin {
    Builtin {
        name: String::new(),
        params: Vec::new(),
        ret: Type::Error,
        row: Vec::new(),
        host: true,
        property: false,
        method: false,
        aliases: Vec::new(),
        generics: Vec::new(),
        of_impl: 0,
    }
}
