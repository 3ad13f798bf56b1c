//! Python cells: what goes in and comes out has a type that both languages have, and running one is an effect.

use syntax::ast::{Expr, PythonCell};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{Call, CallArg, Callee};
use crate::checker::{Cause, Checker, EffectSite};
use crate::types::RecordId;

/// The name of the host's operation that runs a cell: its arguments are the cell's name, its code, how many preludes
/// there are, those, and the inputs by name; its type is a structure of the outputs.
pub const RUN: &str = "op.python";

/// Which way a value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl<'a> Checker<'a> {
    /// `want` is the type that the outputs are declared with.
    pub(crate) fn python(&mut self, e: &'a Expr, cell: &'a PythonCell, want: Option<&Type>) -> Type {
        for (name, input) in &cell.inputs {
            let found = self.infer(input, None);
            let found = self.resolve(&found);
            self.crossing(&found, Way::In, &name.text, input.span);
        }
        let outputs: Vec<Type> = match (cell.outputs.as_slice(), want) {
            ([], _) => Vec::new(),
            ([_], Some(one)) => vec![self.resolve(one)],
            (_, Some(Type::Tuple(all))) => all.iter().map(|ty| self.resolve(ty)).collect(),
            // Its type was reported.
            _ => cell.outputs.iter().map(|_| Type::Error).collect(),
        };
        for ((name, span), ty) in cell.outputs.iter().zip(&outputs) {
            self.crossing(ty, Way::Out, &name.text, *span);
        }
        self.body.effects.insert("python".to_string());
        let cause = Cause::Effect { name: "python".to_string(), literal: true };
        self.body.sites.push(EffectSite { cause, span: cell.name.span, handled: Vec::new() });
        let named = cell.outputs.iter().map(|(name, _)| name.text.clone()).zip(outputs.iter().cloned());
        let mut args = vec![CallArg::Text(cell.name.text.clone()), CallArg::Text(cell.code.clone())];
        args.push(CallArg::Text(cell.preludes.len().to_string()));
        args.extend(cell.preludes.iter().map(|code| CallArg::Text(code.clone())));
        args.extend((0..cell.inputs.len()).map(CallArg::Written));
        let call = Call {
            callee: Callee::Host(RUN.to_string()),
            args,
            names: cell.inputs.iter().map(|(name, _)| name.text.clone()).collect(),
            types: vec![Type::Structure(named.collect())],
        };
        self.out.calls.insert(e.id, call);
        match outputs.as_slice() {
            [] => Type::Null,
            [one] => one.clone(),
            _ => Type::tuple(outputs),
        }
    }

    /// Reports a type whose values Python does not have.
    fn crossing(&mut self, ty: &Type, way: Way, name: &str, span: Span) {
        if let Type::Frame(_) = ty {
            return;
        }
        let mut open = Vec::new();
        let Some((part, help)) = self.foreign(ty, way, &mut open) else { return };
        let (part, whole) = (self.show(&part), self.show(ty));
        let inside = if part == whole { String::new() } else { format!(" inside {whole}") };
        let what = match way {
            Way::In => format!("The input `{name}` is {part}{inside}, which a Python cell cannot be given."),
            Way::Out => format!("The output `{name}` is {part}{inside}, which a Python cell cannot give."),
        };
        self.report(Diagnostic::error("E0610", span, what).help(help));
    }

    /// The part of a type that keeps it from crossing, and what to do.
    fn foreign(&self, ty: &Type, way: Way, open: &mut Vec<RecordId>) -> Option<(Type, &'static str)> {
        const OTHERS: &str = "What crosses are Int, Float, Bool, String, null, Json, enums without parts, lists, maps \
                              with texts as keys, tuples, records of such, and `Table`.";
        match ty {
            Type::Error | Type::Null | Type::Bool | Type::Int | Type::Float | Type::String | Type::Json => {
                None
            }
            Type::List(element) => self.foreign(element, way, open),
            Type::Map(key, value) if **key == Type::String => self.foreign(value, way, open),
            Type::Tuple(items) => items.iter().find_map(|item| self.foreign(item, way, open)),
            Type::Union(members) if members.len() == 2 && members.contains(&Type::Null) => {
                members.iter().find_map(|member| self.foreign(member, way, open))
            }
            Type::Structure(fields) => fields.iter().find_map(|(_, ty)| self.foreign(ty, way, open)),
            Type::Record(id, args) if args.is_empty() => {
                if open.contains(id) {
                    return Some((
                        ty.clone(),
                        "A record that holds itself does not cross: give a list of its parts.",
                    ));
                }
                let def = self.out.records.get(id.0 as usize)?;
                if way == Way::Out && def.fields.iter().any(|field| field.has_constraint) {
                    return Some((
                        ty.clone(),
                        "A record with `where` is made in the language: give its fields, and construct it in a fence.",
                    ));
                }
                open.push(*id);
                let found = def.fields.iter().find_map(|field| self.foreign(&field.ty, way, open));
                open.pop();
                found
            }
            Type::Enum(id, args) if args.is_empty() => {
                let def = self.out.enums.get(id.0 as usize)?;
                let plain = def.variants.iter().all(|variant| variant.fields.is_empty());
                (!plain).then(|| (ty.clone(), OTHERS))
            }
            Type::Frame(_) => {
                Some((ty.clone(), "A table crosses by itself, not as a part: name it as an input or output."))
            }
            Type::Path => Some((
                ty.clone(),
                "A cell reads no files: read it in a fence, such as with `read_csv`, and give the cell the result.",
            )),
            other => Some((other.clone(), OTHERS)),
        }
    }
}
