//! Model cells: `@model("alias")` on a cell whose body is its instructions, the calls of such cells, and the lines of
//! `role` that join the prompt of the next one.

use std::collections::HashMap;

use syntax::ast::{
    Attr, Cell, CellBody, Expr, ExprKind, Item, ItemKind, Name, NodeId, Record, Stmt, StmtKind, TypeExpr,
    UnaryOp,
};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::Actual;
use crate::call::Site;
use crate::checked::{Asking, Call, CallArg, Callee, CellId, Literal, ModelDef};
use crate::checker::{Checker, Def};
use crate::declare::list_of;
use crate::model_tool::turn_schema;
use crate::nearest::did_you_mean;
use crate::unify::walked;

/// The effect of asking a model.
pub(crate) const EFFECT: &str = "model";
/// Tokens of a reply where the cell does not say.
const MAX_TOKENS: u32 = 1024;
const KEYS: &[&str] = &["max_tokens", "temperature"];
/// Settings of processes that no cell says of itself.
const OF_PROCESS: &[&str] = &["system", "prompt", "tools"];

impl<'a> Checker<'a> {
    /// What each model cell asks, once all types are known.
    pub(crate) fn resolve_models(&mut self) {
        let ids: HashMap<NodeId, CellId> =
            (0u32..).zip(&self.cells).map(|(id, source)| (source.cell.sig.id, CellId(id))).collect();
        for module in 0..self.program.modules.len() {
            for item in self.items(module) {
                match &item.kind {
                    ItemKind::Record(record) if record.process => {
                        let mut asks = false;
                        for item in &record.cells {
                            asks |= self.resolve_model(&ids, item, Some((module, record)));
                        }
                        self.check_settings(record, asks);
                    }
                    _ => {
                        self.resolve_model(&ids, item, None);
                    }
                }
            }
        }
    }

    /// Settings of model cells stand where there are such cells, and none in vain.
    fn check_settings(&mut self, record: &Record, asks: bool) {
        let first = record.asks.first().map(|(name, _)| name);
        if let Some(name) = first.or(record.schema.as_ref().map(|(name, _)| name)).filter(|_| !asks) {
            let message = format!("`{}` is a setting of model cells, and this process has none.", name.text);
            return self.report(
                Diagnostic::error("E0421", name.span, message)
                    .help("A model cell has `@model` before it, and instructions as its body."),
            );
        }
        let untyped = |item: &Item| match &item.kind {
            ItemKind::Cell(cell) => attribute(item).is_some() && cell.sig.ret.is_none(),
            _ => false,
        };
        if let Some((name, _)) = &record.schema
            && !record.cells.iter().any(untyped)
        {
            let message = "`schema` says what model cells give that do not say it, and all of these do.";
            self.report(
                Diagnostic::error("E0421", name.span, message)
                    .help("Take it out, or leave out the `-> Type` of a cell that gives it."),
            );
        }
    }

    /// What a model cell gives that says nothing of it: the `schema` of its process.
    pub(crate) fn schema_setting(&self, index: usize) -> Option<&'a (Name, TypeExpr)> {
        let source = self.cells.get(index).filter(|source| source.model)?;
        debug_assert!(source.cell.sig.ret.is_none());
        match &self.out.cells.get(index)?.of {
            Some(Type::Record(id, _)) => self.records.get(id.0 as usize)?.record.schema.as_ref(),
            _ => None,
        }
    }

    /// Whether the item is a model cell, in the process of a module or outside of any.
    fn resolve_model(
        &mut self,
        ids: &HashMap<NodeId, CellId>,
        item: &'a Item,
        process: Option<(usize, &'a Record)>,
    ) -> bool {
        let (Some(attr), ItemKind::Cell(cell)) = (attribute(item), &item.kind) else { return false };
        if let Some(id) = ids.get(&cell.sig.id) {
            let def = self.model_def(attr, cell, *id, process);
            self.out.models.insert(*id, def);
        }
        true
    }

    fn model_def(
        &mut self,
        attr: &'a Attr,
        cell: &'a Cell,
        id: CellId,
        process: Option<(usize, &'a Record)>,
    ) -> ModelDef {
        let settings = process.map_or(&[][..], |(_, record)| record.asks.as_slice());
        let mut def = ModelDef {
            alias: String::new(),
            alias_span: attr.span,
            max_tokens: MAX_TOKENS,
            temperature: None,
            instructions: String::new(),
            system: None,
            prompt: None,
            tools: Vec::new(),
            schema: None,
            is_wrapped: false,
        };
        self.model_arguments(attr, settings, &mut def);
        let tools = settings.iter().find(|(name, _)| name.text == "tools");
        let tools = match (tools, process) {
            (Some((_, named)), Some((module, record))) => {
                self.resolve_tools(module, record, id, named, &mut def)
            }
            _ => Vec::new(),
        };
        // A process is no part of what its cells tell a model.
        let in_process = self.out.cells.get(id.0 as usize).is_some_and(|known| known.of.is_some());
        let sig = &cell.sig;
        let unfit = if sig.is_async {
            Some((sig.span, "A model cell is not `async`.", "Start its calls with `spawn`."))
        } else if !sig.type_params.is_empty() {
            Some((
                sig.span,
                "A model cell has no type parameters.",
                "State the types that the model is given.",
            ))
        } else if let Some(param) =
            sig.params.iter().find(|param| param.variadic || (param.is_self && !in_process))
        {
            Some((param.span, "This parameter cannot be shown to a model.", "Give it a name and a type."))
        } else if let Some(param) = sig.params.iter().find(|param| param.default.is_some()) {
            let help = "Leave the default out: every call says all that the model is told.";
            Some((param.span, "A parameter of a model cell has no default.", help))
        } else {
            None
        };
        if let Some((span, message, help)) = unfit {
            self.report(Diagnostic::error("E0421", span, message).help(help));
        }
        match constant_body(&cell.body) {
            Some(text) => def.instructions = text.trim().to_string(),
            None => self.report(
                Diagnostic::error(
                    "E0421",
                    sig.name.span,
                    "The body of a model cell is one constant text: what the model is to do.",
                )
                .help("Write the instructions as a text without `{...}`; what changes from call to call is a parameter."),
            ),
        }
        let params: Vec<(Type, Span)> = match self.out.cells.get(id.0 as usize) {
            Some(known) => {
                let types = known.params.iter().map(|p| p.ty.clone());
                types.zip(&sig.params).filter(|(_, p)| !p.is_self).map(|(ty, p)| (ty, p.span)).collect()
            }
            None => Vec::new(),
        };
        for (ty, span) in params {
            // What a model is told needs no limits, so only its form counts.
            if let Err(why) = self.schema_of(&ty) {
                self.no_schema(span, &ty, &why);
            }
        }
        let setting = match &sig.ret {
            None => self.schema_setting(id.0 as usize).map(|(_, ty)| ty),
            Some(_) => None,
        };
        let Some(written) = sig.ret.as_ref().or(setting) else {
            let help = "Write `-> Type` after its parameters, or `schema: Type` in its process: replies are held to it.";
            let message = "A model cell states what it returns.";
            self.report(Diagnostic::error("E0421", sig.name.span, message).help(help));
            return def;
        };
        let ret = self.out.cells.get(id.0 as usize).map_or(Type::Error, |known| known.ret.clone());
        match &ret {
            Type::Error => {}
            Type::String if tools.is_empty() => {}
            Type::Null => self.no_schema(written.span, &ret, "a model has nothing to say then"),
            ty => match self.schema_of(ty) {
                Ok(schema) if !tools.is_empty() => def.schema = Some(turn_schema(&tools, &schema)),
                Ok(schema) if matches!(ty, Type::Record(..)) => def.schema = Some(schema),
                // Servers hold replies to objects only.
                Ok(schema) => {
                    def.is_wrapped = true;
                    def.schema = Some(format!(
                        "{{\"type\":\"object\",\"properties\":{{\"value\":{schema}}},\"required\":[\"value\"],\"additionalProperties\":false}}"
                    ));
                }
                Err(why) => self.no_schema(written.span, ty, &why),
            },
        }
        def
    }

    pub(crate) fn no_schema(&mut self, span: Span, ty: &Type, why: &str) {
        let shown = self.show(ty);
        self.report(
            Diagnostic::error("E0420", span, format!("{shown} cannot pass to or from a model: {why}."))
                .help("Models take and give Int, Float, Bool, String, `T?`, lists, maps by String, records and enums without payload."),
        );
    }

    fn model_arguments(&mut self, attr: &'a Attr, settings: &'a [(Name, Expr)], def: &mut ModelDef) {
        let mut wrong = Vec::new();
        let mut named = attr.args.as_slice();
        let first = named.first().filter(|arg| arg.name.is_none()).map(|arg| &arg.value);
        let of_process = settings.iter().find(|(name, _)| name.text == "model").map(|(_, value)| value);
        match first.or(of_process) {
            Some(Expr { kind: ExprKind::Str(alias), span, .. }) if !alias.is_empty() => {
                def.alias.clone_from(alias);
                def.alias_span = *span;
            }
            _ => wrong.push(Diagnostic::error("E0421", attr.span, "`@model` names no model.").help(
                "Write its alias first: `@model(\"labeller\")`, or `model: \"labeller\"` in the process.",
            )),
        }
        if first.is_some() {
            named = named.get(1..).unwrap_or_default();
        }
        let mut given: Vec<(&Name, &Expr)> = Vec::new();
        given.extend(
            settings
                .iter()
                .filter(|(name, _)| name.text != "model" && !OF_PROCESS.contains(&name.text.as_str()))
                .map(|(name, value)| (name, value)),
        );
        for (name, value) in settings {
            let slot = match name.text.as_str() {
                "system" => &mut def.system,
                "prompt" => &mut def.prompt,
                _ => continue,
            };
            match &value.kind {
                ExprKind::Str(text) if !text.trim().is_empty() => *slot = Some(text.trim().to_string()),
                _ => {
                    let message = format!("`{}` is one constant text.", name.text);
                    let help = "What changes from call to call is a parameter.";
                    wrong.push(Diagnostic::error("E0421", value.span, message).help(help));
                }
            }
        }
        for arg in named {
            match &arg.name {
                Some(name) => given.push((name, &arg.value)),
                None => {
                    let message = "`@model` takes one alias; all else has a name.";
                    wrong.push(
                        Diagnostic::error("E0421", arg.value.span, message).help("Such as `max_tokens: 50`."),
                    );
                }
            }
        }
        for (name, value) in given {
            match name.text.as_str() {
                "max_tokens" => match value.kind {
                    ExprKind::Int(n) if n > 0 && u32::try_from(n).is_ok() => def.max_tokens = n as u32,
                    _ => {
                        let message = "`max_tokens` is a number from 1 on, as it stands.";
                        wrong.push(
                            Diagnostic::error("E0421", value.span, message).help("Such as `max_tokens: 50`."),
                        );
                    }
                },
                "temperature" => match number(value) {
                    Some(x) if (0.0..=2.0).contains(&x) => def.temperature = Some(x),
                    _ => {
                        let message = "`temperature` is a number from 0 to 2, as it stands.";
                        wrong.push(
                            Diagnostic::error("E0421", value.span, message)
                                .help("Such as `temperature: 0.0`."),
                        );
                    }
                },
                other if OF_PROCESS.contains(&other) => {
                    let message = format!("`{other}` is a setting of a process, and `@model` has none.");
                    let help = format!("Write `{other}: ...` in the process whose cell this is.");
                    wrong.push(Diagnostic::error("E0421", name.span, message).help(help));
                }
                other => {
                    let message = format!("`@model` has no `{other}`.");
                    let help = did_you_mean(other, KEYS.iter().copied())
                        .unwrap_or_else(|| format!("It has {}.", list_of(KEYS)));
                    wrong.push(Diagnostic::error("E0421", name.span, message).help(help));
                }
            }
        }
        wrong.into_iter().for_each(|found| self.report(found));
    }

    /// The model cell that an expression names.
    pub(crate) fn model_cell(&self, e: &Expr) -> Option<CellId> {
        let ExprKind::Name(name) = &e.kind else { return None };
        if self.find_local(name).is_some() {
            return None;
        }
        match self.find(name)?.def {
            Def::Cell(id) if self.out.models.contains_key(&id) => Some(id),
            _ => None,
        }
    }

    /// A call that was checked as one of the cell asks its model.
    pub(crate) fn ask_model(&mut self, site: Site<'a>, id: CellId, asking: Asking) {
        if !self.out.models.contains_key(&id) {
            return;
        }
        self.note_asking();
        if let Some(call) = self.out.calls.get_mut(&site.id) {
            call.callee = Callee::Model(id, asking);
        }
    }

    /// `cell.try(...)`
    pub(crate) fn try_model(&mut self, site: Site<'a>, id: CellId, actuals: Vec<Actual<'a>>) -> Type {
        match self.call_cell(site, id, actuals) {
            Type::Error => Type::Error,
            ret => {
                self.ask_model(site, id, Asking::Tried);
                Type::result(ret, Type::model_error())
            }
        }
    }

    /// `llm_batch(cell, items, in_flight: n)`
    pub(crate) fn call_batch(&mut self, site: Site<'a>, actuals: &[Actual<'a>]) -> Type {
        self.no_type_args(site, "`llm_batch`");
        let mut places = [None, None, None];
        let names = ["cell", "items", "in_flight"];
        for (at, actual) in actuals.iter().enumerate() {
            let place = match actual.name {
                Some(name) => names.iter().position(|known| *known == name.text),
                None => Some(at),
            };
            match place.and_then(|place| places.get_mut(place)).filter(|place| place.is_none()) {
                Some(place) if !actual.spread => *place = Some(at),
                _ => {
                    self.infer_all(actuals);
                    let message = "`llm_batch` takes a model cell, a list, and `in_flight`.";
                    self.report(
                        Diagnostic::error("E0203", actual.expr.span, message)
                            .help("Such as `llm_batch(label, remarks, in_flight: 16)`."),
                    );
                    return Type::Error;
                }
            }
        }
        let at = |place: usize| places.get(place).copied().flatten().and_then(|at: usize| actuals.get(at));
        let (Some(cell), Some(items)) = (at(0), at(1)) else {
            self.infer_all(actuals);
            let message = "`llm_batch` takes a model cell and a list.";
            self.report(
                Diagnostic::error("E0203", site.span, message)
                    .help("Such as `llm_batch(label, remarks, in_flight: 16)`."),
            );
            return Type::Error;
        };
        let Some(id) = self.model_cell(cell.expr) else {
            self.infer_all(actuals);
            let message = "`llm_batch` takes the name of a model cell first.";
            self.report(
                Diagnostic::error("E0421", cell.expr.span, message)
                    .help("A model cell is a cell with `@model(\"alias\")` before it."),
            );
            return Type::Error;
        };
        self.use_cell(id, cell.expr.span);
        self.out.uses.insert(cell.expr.id, crate::checked::Use::Cell(id));
        let (params, ret, name) = match self.out.cells.get(id.0 as usize) {
            Some(def) => (def.params.clone(), def.ret.clone(), def.name.clone()),
            None => return Type::Error,
        };
        let [param] = params.as_slice() else {
            self.infer_all(actuals);
            let message = format!("`{name}` takes {} arguments, and an item is one.", params.len());
            self.report(
                Diagnostic::error("E0421", cell.expr.span, message)
                    .help("Let the cell take one record with all that it needs."),
            );
            return Type::Error;
        };
        let wanted = Type::list(param.ty.clone());
        let found = self.infer(items.expr, Some(&wanted));
        let found = self.resolve(&found);
        let element = match &found {
            Type::Series(element) => Some((**element).clone()),
            Type::List(_) | Type::Error => walked(&found),
            _ => None,
        };
        match element {
            _ if found == Type::Error => {}
            Some(element) if self.accepts(&element, &param.ty) => {}
            _ => self.mismatch(items.expr, &found, &wanted),
        }
        let in_flight = match at(2) {
            Some(limit) => {
                self.check(limit.expr, &Type::Int);
                self.batch_arg(limit)
            }
            None => CallArg::Literal(Literal::Null),
        };
        let args = vec![self.batch_arg(items), in_flight];
        self.note_asking();
        self.out.calls.insert(
            site.id,
            Call { callee: Callee::Model(id, Asking::Batch), args, names: Vec::new(), types: Vec::new() },
        );
        match ret {
            Type::Error => Type::Error,
            ret => Type::list(Type::result(ret, Type::model_error())),
        }
    }

    fn batch_arg(&self, actual: &Actual<'a>) -> CallArg {
        match actual.source {
            crate::args::Source::Written(n) => CallArg::Written(n),
            crate::args::Source::Receiver => CallArg::Receiver,
        }
    }

    /// The aliases that `llm_query`, `rlm_query` and `rlm_batch` name, by name or by place.
    pub(crate) fn note_query(&mut self, function: &str, site: Site<'a>, actuals: &[Actual<'a>]) {
        let places: &[(&str, usize)] = match function {
            "llm_query" => &[("model", 1)],
            "rlm_query" => &[("model", 2), ("sub", 3)],
            "rlm_batch" => &[("model", 1), ("sub", 2)],
            _ => return,
        };
        // The lines of `role` join prompts, and a question of a recursion has none that a program writes.
        if function == "llm_query" {
            self.note_asking();
        }
        for (key, place) in places {
            let named = actuals.iter().find(|actual| actual.name.is_some_and(|name| name.text == *key));
            let placed = || actuals.iter().filter(|actual| actual.name.is_none()).nth(*place);
            match named.or_else(placed).map(|actual| actual.expr) {
                None if *key == "model" => self.out.aliases.push(("default".to_string(), site.span)),
                Some(Expr { kind: ExprKind::Str(alias), span, .. }) => {
                    self.out.aliases.push((alias.clone(), *span))
                }
                _ => {}
            }
        }
    }

    /// A model is asked here: what `role` lines of this cell said before joins.
    pub(crate) fn note_asking(&mut self) {
        if let (Some(cell), 1) = (self.body.cell, self.body.functions.len()) {
            self.asking.insert(cell);
        }
    }

    /// A `role` line as a statement joins the prompt of the next model call of its cell.
    pub(crate) fn join_prompt(&mut self, id: NodeId, role: &str, span: Span) {
        let is_plain = |cell: &Cell| !cell.sig.is_async && !cell.yields;
        let around = self.body.cell.filter(|_| self.body.functions.len() == 1);
        let around =
            around.filter(|cell| self.cells.get(cell.0 as usize).is_some_and(|source| is_plain(source.cell)));
        if !["system", "user", "assistant"].contains(&role) {
            self.report(
                Diagnostic::error("E0421", span, format!("No model hears a `{role}`."))
                    .help("Who speaks is `system`, `user` or `assistant`."),
            );
        }
        match around {
            Some(cell) => {
                self.out.prompted.insert(cell);
                self.out.joined.insert(id);
                self.role_lines.push((cell, span));
            }
            None => self.report(
                Diagnostic::error(
                    "E0421",
                    span,
                    "A `role` line as a statement stands in a cell that asks a model.",
                )
                .help("As a value it makes a `Message`: `let greeting = role user: Hello`."),
            ),
        }
    }

    /// Lines that no prompt takes would be lost in silence.
    pub(crate) fn check_role_lines(&mut self) {
        for (cell, span) in std::mem::take(&mut self.role_lines) {
            if !self.asking.contains(&cell) {
                self.report(
                    Diagnostic::error(
                        "E0421",
                        span,
                        "This line joins the prompt of the next model call, and its cell makes none.",
                    )
                    .help("Call a model cell or `llm_query` behind it, in the same cell."),
                );
            }
        }
    }
}

/// The attribute that makes a cell a model's.
pub(crate) fn attribute(item: &Item) -> Option<&Attr> {
    item.attrs.iter().find(|attr| attr.name.text == "model")
}

fn constant_body(body: &CellBody) -> Option<&str> {
    let e = match body {
        CellBody::Expr(e) => e,
        CellBody::Block(block) => match block.stmts.as_slice() {
            [Stmt { kind: StmtKind::Expr(e), .. }] => e,
            _ => return None,
        },
        CellBody::None => return None,
    };
    match &e.kind {
        ExprKind::Str(text) => Some(text),
        _ => None,
    }
}

fn number(e: &Expr) -> Option<f64> {
    match &e.kind {
        ExprKind::Int(n) => Some(*n as f64),
        ExprKind::Float(x) => Some(*x),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => number(operand).map(|x| -x),
        _ => None,
    }
}
