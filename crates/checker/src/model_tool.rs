//! `tools` of a process: cells that a model may call before it answers.
//!
//! A model with tools takes turns. Each reply is held to a schema that has a place for the call of each tool and one for
//! the answer, all but one of them null: so any server that holds replies to a schema can use tools, and what the model
//! asks for is checked as an answer is.

use syntax::ast::{Element, Expr, ExprKind, Item, ItemKind, Record};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{CellId, ModelDef, ModelTool, Use};
use crate::checker::{Checker, Def};
use crate::nearest::did_you_mean;
use crate::schema::quoted;

/// A tool's name, and the schema of its arguments.
pub(crate) type ToolSchema = (String, String);

impl<'a> Checker<'a> {
    /// The tools that a process names for its model cells.
    pub(crate) fn resolve_tools(
        &mut self,
        module: usize,
        record: &'a Record,
        asker: CellId,
        named: &'a Expr,
        def: &mut ModelDef,
    ) -> Vec<ToolSchema> {
        let names = match &named.kind {
            ExprKind::List(parts) if !parts.is_empty() => parts.iter().map(|part| match part {
                Element::Value(e) => Some(e),
                Element::Spread(_) => None,
            }),
            _ => return self.no_tools(named.span),
        };
        let Some(names) = names.collect::<Option<Vec<&Expr>>>() else { return self.no_tools(named.span) };
        let mut schemas: Vec<ToolSchema> = Vec::new();
        for e in names {
            let ExprKind::Name(name) = &e.kind else {
                self.no_tools(e.span);
                continue;
            };
            if schemas.iter().any(|(known, _)| known == name) {
                self.report_tool(
                    e.span,
                    &format!("The tool `{name}` stands twice."),
                    "Take one of them out.",
                );
                continue;
            }
            let Some((cell, takes_self)) = self.tool_cell(module, asker, name, e.span) else { continue };
            self.out.uses.insert(e.id, Use::Cell(cell));
            let about = description(record.cells.iter().chain(self.items(module)), self.cell_node(cell));
            if let Some((tool, schema)) = self.as_tool(cell, takes_self, name, about, e.span) {
                def.tools.push(tool);
                schemas.push((name.clone(), schema));
            }
        }
        schemas
    }

    fn no_tools(&mut self, span: Span) -> Vec<ToolSchema> {
        self.report_tool(span, "`tools` is a list of names of cells.", "Such as `tools: [search, price]`.");
        Vec::new()
    }

    fn report_tool(&mut self, span: Span, message: &str, help: &str) {
        self.report(Diagnostic::error("E0421", span, message).help(help));
    }

    fn cell_node(&self, cell: CellId) -> Option<syntax::ast::NodeId> {
        self.cells.get(cell.0 as usize).map(|source| source.cell.sig.id)
    }

    /// The cell of that name: one of the process, which is given that, before one of the file.
    fn tool_cell(&mut self, module: usize, asker: CellId, name: &str, span: Span) -> Option<(CellId, bool)> {
        let of = match self.out.cells.get(asker.0 as usize)?.of {
            Some(Type::Record(id, _)) => self.records.get(id.0 as usize),
            _ => None,
        };
        let written = |cell: &CellId| {
            self.cells.get(cell.0 as usize).is_some_and(|source| {
                let span = source.cell.sig.name.span;
                span.start < span.end
            })
        };
        if let Some(cell) = of.and_then(|source| source.methods.get(name).copied()).filter(written) {
            if cell == asker {
                self.report_tool(span, &format!("`{name}` would be its own tool."), "Name other cells.");
                return None;
            }
            let is_method = self
                .cells
                .get(cell.0 as usize)
                .is_some_and(|source| source.cell.sig.params.first().is_some_and(|param| param.is_self));
            return Some((cell, is_method));
        }
        let found = self.scopes.get(module).and_then(|scope| scope.names.get(name));
        match found.map(|entry| entry.def.clone()) {
            Some(Def::Cell(cell)) => Some((cell, false)),
            Some(Def::Tool(_)) => {
                let message = format!("`{name}` is a program outside, and a model's tool is a cell.");
                self.report_tool(
                    span,
                    &message,
                    "Write a cell that calls it: its parameters are what the model gives.",
                );
                None
            }
            Some(_) => {
                let message = format!("`{name}` is no cell, and a model's tool is one.");
                self.report_tool(span, &message, "Write a cell that does what the model may ask for.");
                None
            }
            None => {
                let scope = self.scopes.get(module);
                let near = scope.and_then(|scope| {
                    let cells = scope.names.iter().filter(|(_, entry)| matches!(entry.def, Def::Cell(_)));
                    let mut names: Vec<&str> = cells.map(|(name, _)| *name).collect();
                    names.sort_unstable();
                    did_you_mean(name, names)
                });
                let help =
                    near.unwrap_or_else(|| "A tool is a cell of the process or of the file.".to_string());
                self.report(
                    Diagnostic::error("E0201", span, format!("There is no cell `{name}`.")).help(help),
                );
                None
            }
        }
    }

    fn as_tool(
        &mut self,
        cell: CellId,
        takes_self: bool,
        name: &str,
        about: Option<&str>,
        span: Span,
    ) -> Option<(ModelTool, String)> {
        let source = self.cells.get(cell.0 as usize)?;
        let sig = &source.cell.sig;
        let told = sig.params.get(usize::from(takes_self)..).unwrap_or_default();
        let unfit = if sig.is_async || source.cell.yields {
            Some("is a task or a generator, and a model waits for a value")
        } else if !sig.type_params.is_empty() {
            Some("has type parameters, and a model gives values of known types")
        } else if told.iter().any(|param| param.variadic || param.default.is_some()) {
            Some("has a parameter that may be left out, and a model gives all of them")
        } else if sig.ret.is_none() && !source.stated {
            Some("does not state what it returns")
        } else {
            None
        };
        if let Some(why) = unfit {
            self.report_tool(
                span,
                &format!("`{name}` cannot be a model's tool: it {why}."),
                "Write a cell with plain parameters and `-> Type` that calls it.",
            );
            return None;
        }
        let known = self.out.cells.get(cell.0 as usize)?;
        let params: Vec<(String, Type)> = known
            .params
            .iter()
            .skip(usize::from(takes_self))
            .map(|param| (param.name.clone(), param.ty.clone()))
            .collect();
        let ret = known.ret.clone();
        let mut properties = Vec::new();
        for (name, ty) in &params {
            match self.schema_of(ty) {
                Ok(schema) => properties.push((quoted(name), schema)),
                Err(why) => {
                    self.no_schema(span, ty, &why);
                    return None;
                }
            }
        }
        if ret != Type::Null
            && let Err(why) = self.schema_of(&ret)
        {
            self.no_schema(span, &ret, &why);
            return None;
        }
        let shown: Vec<String> =
            params.iter().map(|(name, ty)| format!("{name}: {}", self.show(ty))).collect();
        let about = about.map_or(String::new(), |about| format!(": {about}"));
        let about = format!("{name}({}) -> {}{about}", shown.join(", "), self.show(&ret));
        let params = params.into_iter().map(|(name, _)| name).collect();
        Some((ModelTool { cell, name: name.to_string(), params, about, takes_self }, object(&properties)))
    }

    /// A model cell may call its tools: what they do, it does.
    pub(crate) fn use_tools(&mut self, id: CellId) {
        let tools = self
            .out
            .models
            .get(&id)
            .map_or(Vec::new(), |model| model.tools.iter().map(|tool| tool.cell).collect());
        let span = self.out.cells.get(id.0 as usize).map_or(Span::default(), |cell| cell.span);
        for tool in tools {
            self.use_cell(tool, span);
        }
    }
}

/// The text of the cell's `@desc("...")`.
fn description<'i>(
    items: impl Iterator<Item = &'i Item>,
    node: Option<syntax::ast::NodeId>,
) -> Option<&'i str> {
    let is_it = |item: &&Item| matches!(&item.kind, ItemKind::Cell(cell) if Some(cell.sig.id) == node);
    let mut items = items;
    let attrs = &items.find(is_it)?.attrs;
    let attr = attrs.iter().find(|attr| attr.name.text == "desc")?;
    match &attr.args.first()?.value.kind {
        ExprKind::Str(text) => Some(text),
        _ => None,
    }
}

/// The schema of an object that has all of these.
fn object(properties: &[(String, String)]) -> String {
    let members: Vec<String> = properties.iter().map(|(name, schema)| format!("{name}:{schema}")).collect();
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
    format!(
        "{{\"type\":\"object\",\"properties\":{{{}}},\"required\":[{}],\"additionalProperties\":false}}",
        members.join(","),
        names.join(",")
    )
}

fn or_null(schema: &str) -> String {
    format!("{{\"anyOf\":[{schema},{{\"type\":\"null\"}}]}}")
}

/// The schema of a reply of a model with tools. The readers of schemas know no choice but that between a thing and null.
pub(crate) fn turn_schema(tools: &[ToolSchema], answer: &str) -> String {
    let calls: Vec<(String, String)> =
        tools.iter().map(|(name, schema)| (quoted(name), or_null(schema))).collect();
    let answer = object(&[(quoted("value"), answer.to_string())]);
    object(&[(quoted("call"), or_null(&object(&calls))), (quoted("answer"), or_null(&answer))])
}
