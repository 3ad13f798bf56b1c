//! JSON Schemas of types: what a model's reply is held to.
//!
//! Only the keywords that every reader of ours knows are written. A record's `where` becomes a limit where it compares
//! a field, or its length, with a constant; whatever else it says is checked once the reply is read.

use std::collections::HashMap;
use std::fmt::Write;

use syntax::ast::{BinaryOp, Expr, ExprKind, Field};

use crate::Type;
use crate::checked::ModelDef;
use crate::checker::Checker;
use crate::constant::{Constant, evaluate};
use crate::types::RecordId;

/// Types inside of each other beyond this are refused, as the readers of schemas refuse them.
const DEPTH_MAX: usize = 30;

impl<'a> Checker<'a> {
    /// The schema of a type.
    ///
    /// # Errors
    /// Why it has none.
    pub(crate) fn schema_of(&self, ty: &Type) -> Result<String, String> {
        self.schema(ty, &[], &Limits::default(), "")
    }

    fn schema(&self, ty: &Type, open: &[RecordId], limits: &Limits, note: &str) -> Result<String, String> {
        if open.len() > DEPTH_MAX {
            return Err(format!("it nests deeper than {DEPTH_MAX} records"));
        }
        let typed = |name: &str, limits: String| Ok(format!("{{\"type\":\"{name}\"{limits}{note}}}"));
        match ty {
            Type::Error => Ok("{}".to_string()),
            Type::Bool => typed("boolean", String::new()),
            Type::Int => typed("integer", limits.numbers()),
            Type::Float => typed("number", limits.numbers()),
            Type::String => typed("string", limits.lengths("minLength", "maxLength")),
            Type::List(element) => {
                let element = self.schema(element, open, &Limits::default(), "")?;
                typed("array", format!(",\"items\":{element}{}", limits.lengths("minItems", "maxItems")))
            }
            Type::Map(key, value) if **key == Type::String => {
                let value = self.schema(value, open, &Limits::default(), "")?;
                typed("object", format!(",\"additionalProperties\":{value}"))
            }
            Type::Union(members) if members.len() == 2 && members.contains(&Type::Null) => {
                let inner = self.schema(&ty.without_null(), open, limits, "")?;
                let note = note.strip_prefix(',').map_or(String::new(), |note| format!(",{note}"));
                Ok(format!("{{\"anyOf\":[{inner},{{\"type\":\"null\"}}]{note}}}"))
            }
            Type::Enum(id, args) if args.is_empty() => {
                let Some(def) = self.out.enums.get(id.0 as usize) else { return Ok("{}".to_string()) };
                if let Some(variant) = def.variants.iter().find(|variant| !variant.fields.is_empty()) {
                    return Err(format!("its variant `{}` has a payload", variant.name));
                }
                let names: Vec<String> = def.variants.iter().map(|variant| quoted(&variant.name)).collect();
                typed("string", format!(",\"enum\":[{}]", names.join(",")))
            }
            Type::Record(id, args) if args.is_empty() => self.record_schema(*id, open, note),
            Type::Record(..) | Type::Enum(..) => Err("it has type arguments".to_string()),
            Type::Union(_) => Err("a union is more than one type or null".to_string()),
            Type::Any | Type::Json => Err("nothing says what it holds".to_string()),
            Type::Map(..) => Err("keys of JSON are texts".to_string()),
            _ => Err("JSON has no such value".to_string()),
        }
    }

    fn record_schema(&self, id: RecordId, open: &[RecordId], note: &str) -> Result<String, String> {
        let (Some(def), Some(source)) =
            (self.out.records.get(id.0 as usize), self.records.get(id.0 as usize))
        else {
            return Ok("{}".to_string());
        };
        if open.contains(&id) {
            return Err(format!("the record `{}` holds itself", def.name));
        }
        let inside: Vec<RecordId> = open.iter().copied().chain([id]).collect();
        let mut properties = Vec::new();
        let mut required = Vec::new();
        for (field, written) in def.fields.iter().zip(&source.record.fields) {
            let limits = Limits::of(written);
            let note =
                described(written).map_or(String::new(), |text| format!(",\"description\":{}", quoted(text)));
            let schema = self
                .schema(&field.ty, &inside, &limits, &note)
                .map_err(|why| format!("its field `{}`: {why}", field.name))?;
            properties.push(format!("{}:{schema}", quoted(&field.name)));
            if !field.has_default {
                required.push(quoted(&field.name));
            }
        }
        Ok(format!(
            "{{\"type\":\"object\",\"properties\":{{{}}},\"required\":[{}],\"additionalProperties\":false{note}}}",
            properties.join(","),
            required.join(",")
        ))
    }
}

/// What a field's `where` says of its value, or of its length.
#[derive(Debug, Default)]
struct Limits {
    least: Option<Constant>,
    most: Option<Constant>,
    length_least: Option<i64>,
    length_most: Option<i64>,
}

impl Limits {
    fn of(field: &Field) -> Limits {
        let mut limits = Limits::default();
        if let Some(constraint) = &field.constraint {
            limits.add(constraint, &field.name.text);
        }
        limits
    }

    /// Takes in what can be said as a limit; all else is left to the check of the value.
    fn add(&mut self, e: &Expr, name: &str) {
        match &e.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
                self.add(left, name);
                self.add(right, name);
            }
            ExprKind::Binary { op: BinaryOp::In, left, right, .. } => {
                if let ExprKind::Range { start, end, inclusive } = &right.kind {
                    self.compare(left, BinaryOp::Ge, start, name);
                    self.compare(left, if *inclusive { BinaryOp::Le } else { BinaryOp::Lt }, end, name);
                }
            }
            ExprKind::Binary { op, left, right, .. } => {
                let turned = match op {
                    BinaryOp::Lt => BinaryOp::Gt,
                    BinaryOp::Le => BinaryOp::Ge,
                    BinaryOp::Gt => BinaryOp::Lt,
                    BinaryOp::Ge => BinaryOp::Le,
                    other => *other,
                };
                self.compare(left, *op, right, name);
                self.compare(right, turned, left, name);
            }
            _ => {}
        }
    }

    fn compare(&mut self, subject: &Expr, op: BinaryOp, bound: &Expr, name: &str) {
        let Some(bound) = evaluate(bound, &HashMap::new()) else { return };
        let is_name = |e: &Expr| matches!(&e.kind, ExprKind::Name(found) if found == name);
        let is_length = match &subject.kind {
            ExprKind::Call { callee, args, .. } => {
                matches!(&callee.kind, ExprKind::Name(f) if f == "len" || f == "length")
                    && matches!(args.as_slice(), [only] if is_name(&only.value))
            }
            _ => false,
        };
        if !is_length && !is_name(subject) {
            return;
        }
        let whole = match bound {
            Constant::Int(n) => Some(n),
            _ => None,
        };
        let (least, most) = match op {
            BinaryOp::Ge => (whole, None),
            BinaryOp::Gt => (whole.and_then(|n| n.checked_add(1)), None),
            BinaryOp::Le => (None, whole),
            BinaryOp::Lt => (None, whole.and_then(|n| n.checked_sub(1))),
            _ => return,
        };
        if is_length {
            self.length_least = self.length_least.max(least.map(|n| n.max(0)));
            self.length_most = narrower(self.length_most, most);
            return;
        }
        // No keyword for a bound that is itself excluded is written, so of a Float only the others are limits.
        match (op, &bound) {
            (BinaryOp::Ge, Constant::Float(x)) if x.is_finite() => self.least = Some(bound),
            (BinaryOp::Le, Constant::Float(x)) if x.is_finite() => self.most = Some(bound),
            _ => {
                self.least = least.map(Constant::Int).or(self.least.take());
                self.most = most.map(Constant::Int).or(self.most.take());
            }
        }
    }

    fn numbers(&self) -> String {
        let key = |name: &str, bound: &Option<Constant>| {
            bound.as_ref().map_or(String::new(), |bound| format!(",\"{name}\":{bound}"))
        };
        key("minimum", &self.least) + &key("maximum", &self.most)
    }

    fn lengths(&self, least: &str, most: &str) -> String {
        let key = |name: &str, bound: Option<i64>| {
            bound.map_or(String::new(), |bound| format!(",\"{name}\":{bound}"))
        };
        key(least, self.length_least.filter(|n| *n > 0)) + &key(most, self.length_most.filter(|n| *n >= 0))
    }
}

fn narrower(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The text of `@desc("...")`.
fn described(field: &Field) -> Option<&str> {
    let attr = field.attrs.iter().find(|attr| attr.name.text == "desc")?;
    match &attr.args.first()?.value.kind {
        ExprKind::Str(text) => Some(text),
        _ => None,
    }
}

impl ModelDef {
    /// What every call of the cell has in common, as JSON: the first argument of the host's operation.
    pub fn spec(&self, cell: &str, params: &[String]) -> String {
        let params: Vec<String> = params.iter().map(|name| quoted(name)).collect();
        let mut spec = format!(
            "{{\"alias\":{},\"cell\":{},\"instructions\":{},\"max_tokens\":{},\"params\":[{}]",
            quoted(&self.alias),
            quoted(cell),
            quoted(&self.instructions),
            self.max_tokens,
            params.join(",")
        );
        if let Some(temperature) = self.temperature {
            let _ = write!(spec, ",\"temperature\":{temperature:?}");
        }
        for (name, text) in [("system", &self.system), ("prompt", &self.prompt)] {
            if let Some(text) = text {
                let _ = write!(spec, ",\"{name}\":{}", quoted(text));
            }
        }
        if !self.tools.is_empty() {
            let tools = self.tools.iter().map(|tool| {
                let params: Vec<String> = tool.params.iter().map(|name| quoted(name)).collect();
                format!(
                    "{{\"name\":{},\"about\":{},\"params\":[{}]}}",
                    quoted(&tool.name),
                    quoted(&tool.about),
                    params.join(",")
                )
            });
            let _ = write!(spec, ",\"tools\":[{}]", tools.collect::<Vec<_>>().join(","));
        }
        if let Some(schema) = &self.schema {
            let _ = write!(spec, ",\"schema\":{schema},\"wrapped\":{}", self.is_wrapped);
        }
        spec + "}"
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
