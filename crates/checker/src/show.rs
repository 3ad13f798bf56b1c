//! Types as the source writes them.

use std::collections::HashMap;
use std::fmt::Write;

use syntax::ast::NodeId;

use crate::Type;
use crate::checked::{EnumDef, RecordDef};

/// The names that types mention by id.
pub struct TypeNames<'a> {
    pub records: &'a [RecordDef],
    pub enums: &'a [EnumDef],
    pub params: &'a HashMap<NodeId, String>,
}

impl TypeNames<'_> {
    /// The type as source text; long frames end in `…`.
    pub fn show(&self, ty: &Type) -> String {
        let mut out = String::new();
        self.write(&mut out, ty, 0);
        out
    }

    fn write(&self, out: &mut String, ty: &Type, depth: usize) {
        if depth > 12 {
            out.push('…');
            return;
        }
        let depth = depth + 1;
        match ty {
            Type::Error => out.push_str("{unknown}"),
            Type::Never => out.push_str("Never"),
            Type::Any => out.push_str("Any"),
            Type::Null => out.push_str("Null"),
            Type::Bool => out.push_str("Bool"),
            Type::Int => out.push_str("Int"),
            Type::Float => out.push_str("Float"),
            Type::String => out.push_str("String"),
            Type::Bytes => out.push_str("Bytes"),
            Type::DateTime => out.push_str("DateTime"),
            Type::Duration => out.push_str("Duration"),
            Type::Path => out.push_str("Path"),
            Type::Json => out.push_str("Json"),
            Type::Range => out.push_str("Range"),
            Type::List(t) => self.applied(out, "list", [&**t], depth),
            Type::Set(t) => self.applied(out, "set", [&**t], depth),
            Type::Iter(t) => self.applied(out, "Iter", [&**t], depth),
            Type::Future(t) => self.applied(out, "Future", [&**t], depth),
            Type::Map(k, v) => self.applied(out, "map", [&**k, &**v], depth),
            Type::Result(a, b) => self.applied(out, "result", [&**a, &**b], depth),
            Type::Series(t) => self.applied(out, "Series", [&**t], depth),
            Type::Tuple(items) => self.list(out, "(", items, ")", depth),
            Type::Union(members) => self.union(out, members, depth),
            Type::Fn(f) => {
                self.list(out, "fn(", &f.params, ") -> ", depth);
                self.write(out, &f.ret, depth);
            }
            Type::Record(id, args) => {
                let name = self.records.get(id.0 as usize).map_or("record", |r| r.name.as_str());
                self.applied(out, name, args.iter(), depth);
            }
            Type::Enum(id, args) => {
                let name = self.enums.get(id.0 as usize).map_or("enum", |e| e.name.as_str());
                self.applied(out, name, args.iter(), depth);
            }
            refused @ Type::Structure(_) if *refused == Type::refused() => out.push_str("Refused"),
            fault @ Type::Structure(_) if *fault == Type::fault() => out.push_str("Fault"),
            message @ Type::Structure(_) if *message == Type::message() => out.push_str("Message"),
            error @ Type::Structure(_) if *error == Type::model_error() => out.push_str("ModelError"),
            timeout @ Type::Structure(_) if *timeout == Type::timeout() => out.push_str("Timeout"),
            Type::Structure(fields) => self.fields(out, fields, depth),
            Type::Frame(frame) => {
                out.push_str("Frame[");
                match &frame.columns {
                    Some(columns) => self.fields(out, columns, depth),
                    None => out.push_str("Any"),
                }
                if !frame.index.is_empty() {
                    out.push_str(", ");
                    self.fields(out, &frame.index, depth);
                }
                out.push(']');
            }
            Type::GroupBy(group) => {
                out.push_str(if group.series { "SeriesGroupBy[" } else { "GroupBy[" });
                out.push_str(&group.keys.join(", "));
                out.push(']');
            }
            Type::Engine(of) => {
                let name = if of.is("Items") { "list" } else { &*of.name };
                self.applied(out, name, of.args.iter(), depth);
            }
            Type::Param(id) => out.push_str(self.params.get(id).map_or("T", |name| name.as_str())),
            Type::Var(_) => out.push('_'),
        }
    }

    fn union(&self, out: &mut String, members: &[Type], depth: usize) {
        let nullable = members.contains(&Type::Null);
        let rest: Vec<&Type> = members.iter().filter(|m| **m != Type::Null).collect();
        if let ([only], true) = (rest.as_slice(), nullable) {
            let function = matches!(only, Type::Fn(_));
            out.push_str(if function { "(" } else { "" });
            self.write(out, only, depth);
            out.push_str(if function { ")?" } else { "?" });
            return;
        }
        for (i, member) in rest.into_iter().enumerate() {
            out.push_str(if i > 0 { " | " } else { "" });
            self.write(out, member, depth);
        }
        out.push_str(if nullable { " | Null" } else { "" });
    }

    fn applied<'t>(
        &self,
        out: &mut String,
        name: &str,
        args: impl IntoIterator<Item = &'t Type>,
        depth: usize,
    ) {
        out.push_str(name);
        let mut open = false;
        for arg in args {
            out.push_str(if open { ", " } else { "[" });
            open = true;
            self.write(out, arg, depth);
        }
        out.push_str(if open { "]" } else { "" });
    }

    fn list(&self, out: &mut String, open: &str, items: &[Type], close: &str, depth: usize) {
        out.push_str(open);
        for (i, item) in items.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            self.write(out, item, depth);
        }
        out.push_str(close);
    }

    fn fields(&self, out: &mut String, fields: &[(String, Type)], depth: usize) {
        out.push('{');
        for (i, (name, ty)) in fields.iter().enumerate() {
            if i == 8 && fields.len() > 9 {
                let _ = write!(out, ", … {} more", fields.len() - i);
                break;
            }
            out.push_str(if i > 0 { ", " } else { "" });
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let _ = if plain { write!(out, "{name}: ") } else { write!(out, "{name:?}: ") };
            self.write(out, ty, depth);
        }
        out.push('}');
    }
}
