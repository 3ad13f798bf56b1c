//! The call around a place, and which of its parameters is being written.

use checker::checked::Callee;
use syntax::ast::{Expr, ExprKind, NodeId};
use syntax::{FileId, Span};

use crate::Analysis;

/// A call in the source.
pub(crate) struct CallSite {
    id: NodeId,
    callee: NodeId,
    /// What a method is called on.
    receiver: Option<NodeId>,
    /// From behind the callee to the end.
    inside: Span,
    args: Vec<(Span, Option<String>)>,
}

/// A signature with the parameter that a place is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub label: String,
    /// Byte ranges of the parameters in the label.
    pub params: Vec<(usize, usize)>,
    pub active: Option<usize>,
}

impl CallSite {
    pub(crate) fn of(expr: &Expr) -> Option<CallSite> {
        let ExprKind::Call { callee, args, .. } = &expr.kind else { return None };
        let inside = Span { start: callee.span.end, ..expr.span };
        let args = args.iter().map(|arg| (arg.value.span, arg.name.as_ref().map(|name| name.text.clone())));
        let receiver = match &callee.kind {
            ExprKind::Field { base, .. } => Some(base.id),
            _ => None,
        };
        Some(CallSite { id: expr.id, callee: callee.id, receiver, inside, args: args.collect() })
    }

    pub(crate) fn receiver(&self) -> Option<NodeId> {
        self.receiver
    }
}

impl Analysis {
    /// The innermost call whose arguments a place is among; a call that is not closed yet reaches over the blanks behind
    /// it.
    pub(crate) fn call_at(&self, file: FileId, offset: u32) -> Option<&CallSite> {
        let source = self.source(file)?;
        let around = |call: &&CallSite| {
            let Span { file: of, start, end } = call.inside;
            let is_open = || {
                !source.slice(call.inside).ends_with(')')
                    && source
                        .text
                        .get(end as usize..offset as usize)
                        .is_some_and(|rest| rest.trim().is_empty())
            };
            of == file && start < offset && (offset < end || is_open())
        };
        self.nodes().calls.iter().filter(around).min_by_key(|call| call.inside.end - call.inside.start)
    }

    /// What the call around a place takes. Several where a builtin has several forms.
    pub fn signatures(&self, file: FileId, offset: u32) -> Vec<Signature> {
        let Some(call) = self.call_at(file, offset) else { return Vec::new() };
        let written = call.args.iter().filter(|(span, _)| span.end < offset).count();
        let named = call.args.iter().find(|(span, _)| span.start <= offset && offset <= span.end);
        let named = named.and_then(|(_, name)| name.as_deref());
        let made = |name: &str, params: Vec<(String, String)>, ret: &str| {
            let active = match named {
                Some(named) => params.iter().position(|(name, _)| name == named),
                None => Some(written).filter(|at| *at < params.len()),
            };
            let mut label = format!("{name}(");
            let mut places = Vec::new();
            for (at, (_, text)) in params.iter().enumerate() {
                label.push_str(if at > 0 { ", " } else { "" });
                places.push((label.len(), label.len() + text.len()));
                label.push_str(text);
            }
            label.push_str(&format!(") -> {ret}"));
            Signature { label, params: places, active }
        };
        let checked = &self.checked;
        let callee = checked.calls.get(&call.id).map(|found| found.callee.clone());
        let callee = callee.or_else(|| match checked.uses.get(&call.callee)? {
            checker::checked::Use::Cell(id) => Some(Callee::Cell(*id)),
            checker::checked::Use::Record(id) => Some(Callee::Record(*id)),
            checker::checked::Use::Builtin(name) => Some(Callee::Core(name.clone())),
            _ => None,
        });
        match callee {
            Some(Callee::Cell(id)) => {
                let Some(cell) = checked.cells.get(id.0 as usize) else { return Vec::new() };
                let params = cell.params.iter().filter(|param| param.name != "self" || cell.of.is_none());
                let params = params.map(|param| (param.name.clone(), self.param(param))).collect();
                vec![made(&cell.name, params, &self.show(&cell.ret))]
            }
            Some(Callee::Record(id)) => {
                let Some(record) = checked.records.get(id.0 as usize) else { return Vec::new() };
                let field = |field: &checker::checked::FieldDef| {
                    let default = if field.has_default { " = …" } else { "" };
                    (field.name.clone(), format!("{}: {}{default}", field.name, self.show(&field.ty)))
                };
                let fields = record.fields.iter().filter(|field| !syntax::is_hidden(&field.name));
                vec![made(&record.name, fields.map(field).collect(), &record.name)]
            }
            Some(Callee::Core(name) | Callee::Host(name) | Callee::Tried(name)) => {
                let forms = Analysis::builtin_forms(&name);
                forms.iter().map(|form| made(&form.name, form.shown_params(), &form.shown_ret())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The parameters of the call around a place that can be given by name and are not yet: name and text.
    pub(crate) fn open_names(&self, file: FileId, offset: u32) -> Vec<(String, String)> {
        let Some(call) = self.call_at(file, offset) else { return Vec::new() };
        let given: Vec<&str> = call.args.iter().filter_map(|(_, name)| name.as_deref()).collect();
        // What stands before it without a name has taken the first ones.
        let before = |(span, name): &&(Span, Option<String>)| name.is_none() && span.end < offset;
        let taken = call.args.iter().filter(before).count();
        let mut names: Vec<(String, String)> = Vec::new();
        for signature in self.signatures(file, offset) {
            for (start, end) in signature.params.into_iter().skip(taken) {
                let text = signature.label.get(start..end).unwrap_or_default();
                let name = text.trim_start_matches('.').split(':').next().unwrap_or_default();
                if !given.contains(&name) && !names.iter().any(|(known, _)| known == name) {
                    names.push((name.to_string(), text.to_string()));
                }
            }
        }
        names
    }
}
