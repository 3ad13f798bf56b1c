//! Type expressions, to types.

use std::rc::Rc;

use syntax::Diagnostic;
use syntax::ast::{NodeId, Path, TypeExpr, TypeExprKind};

use crate::Type;
use crate::checker::{Checker, Def};
use crate::declare::list_of;
use crate::named::{Named, named, type_names};
use crate::nearest::did_you_mean;
use crate::types::{FnType, FrameType, RecordId};

impl<'a> Checker<'a> {
    /// The type that the expression writes, kept under its id.
    pub(crate) fn type_expr(&mut self, t: &'a TypeExpr) -> Type {
        let ty = self.deeper(t.span, |c| c.type_expr_kind(t)).unwrap_or(Type::Error);
        self.set_type(t.id, ty.clone());
        ty
    }

    fn type_expr_kind(&mut self, t: &'a TypeExpr) -> Type {
        match &t.kind {
            TypeExprKind::Path { path, args } => self.type_path(t, path, args),
            TypeExprKind::Tuple(items) => Type::tuple(items.iter().map(|t| self.type_expr(t)).collect()),
            TypeExprKind::Optional(inner) => self.type_expr(inner).optional(),
            TypeExprKind::Union(members) => {
                let members: Vec<Type> = members.iter().map(|t| self.type_expr(t)).collect();
                Type::union(members)
            }
            TypeExprKind::Fn { params, ret, row } => {
                let mut effects: Vec<String> = Vec::new();
                if let Some(row) = row {
                    self.check_row_names(self.body.module, row);
                    effects.push(crate::effects::STATED.to_string());
                    effects.extend(row.iter().flat_map(|path| self.row_effects(path)));
                    effects.sort_unstable();
                    effects.dedup();
                }
                let row = effects;
                let params = params.iter().map(|t| self.type_expr(t)).collect();
                Type::Fn(Rc::new(FnType { params, ret: self.type_expr(ret), row }))
            }
            TypeExprKind::Structure(fields) => {
                let mut list: Vec<(String, Type)> = Vec::with_capacity(fields.len());
                for (name, ty) in fields {
                    let ty = self.type_expr(ty);
                    if list.iter().any(|(n, _)| *n == name.text) {
                        self.duplicate_part("field", &name.text, name.span, name.span);
                    }
                    list.push((name.text.clone(), ty));
                }
                Type::Structure(list.into())
            }
            TypeExprKind::Size(_) => {
                self.error("E0100", t.span, "Expected a type, found a size.");
                Type::Error
            }
            TypeExprKind::Error => Type::Error,
        }
    }

    fn type_path(&mut self, t: &'a TypeExpr, path: &'a Path, args: &'a [TypeExpr]) -> Type {
        let name = path.dotted();
        if let Some((_, id)) = self.body.type_params.iter().rev().find(|(n, _)| *n == name) {
            let ty = Type::Param(*id);
            self.expect_arity(t, &name, 0, args.len());
            return ty;
        }
        if name == "Self"
            && let Some(ty) = self.body.self_type.clone()
        {
            return ty;
        }
        let def = self.type_def(path);
        if let Some(def) = &def {
            self.used(def, path.span);
        }
        match def {
            Some(Def::Record(id)) => {
                let wanted = self.out.records.get(id.0 as usize).map_or(0, |r| r.params.len());
                let args = self.type_args(t, &name, wanted, args);
                return Type::Record(id, args.into());
            }
            Some(Def::Enum(id)) => {
                let wanted = self.out.enums.get(id.0 as usize).map_or(0, |e| e.params.len());
                let args = self.type_args(t, &name, wanted, args);
                return Type::Enum(id, args.into());
            }
            Some(Def::Alias(index)) => {
                let args: Vec<Type> = args.iter().map(|arg| self.type_expr(arg)).collect();
                let ty = self.alias(index, &args, Some(t));
                self.note_constraint(index, t);
                return ty;
            }
            Some(Def::Trait(_)) => {
                self.report(
                    Diagnostic::error("E0100", t.span, format!("`{name}` is a trait, not a type."))
                        .help(format!("Bound a type parameter by it: `cell f[T: {name}](x: T)`.")),
                );
                return Type::Error;
            }
            Some(_) | None => {}
        }
        if name == "Frame" {
            return self.frame_type(t, args);
        }
        if name == "Tensor" && !args.is_empty() {
            return self.tensor_type(t, args);
        }
        let args: Vec<Type> = args.iter().map(|arg| self.type_expr(arg)).collect();
        let found = args.len();
        match named(&name, args) {
            Named::Type(ty) if name != "Items" => ty,
            Named::Arity(wanted) => {
                self.expect_arity(t, &name, wanted, found);
                Type::Error
            }
            _ => {
                self.unknown_type(t, &name);
                Type::Error
            }
        }
    }

    pub(crate) fn type_def(&self, path: &Path) -> Option<Def> {
        match path.parts.as_slice() {
            [only] => self.find(&only.text).map(|entry| entry.def.clone()),
            [module, name] => {
                let Def::Module(target) = self.find(&module.text)?.def else {
                    return None;
                };
                let entry = self.scopes.get(target)?.names.get(name.text.as_str())?;
                entry.public.then(|| entry.def.clone())
            }
            _ => None,
        }
    }

    fn unknown_type(&mut self, t: &TypeExpr, name: &str) {
        if name.split('.').next().is_some_and(|first| self.is_unread(first)) {
            return;
        }
        let mut known: Vec<String> = self
            .scopes
            .get(self.body.module)
            .map(|scope| {
                let types = scope
                    .names
                    .iter()
                    .filter(|(_, e)| matches!(e.def, Def::Record(_) | Def::Enum(_) | Def::Alias(_)));
                types.map(|(name, _)| name.to_string()).collect()
            })
            .unwrap_or_default();
        known.sort_unstable();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let foreign = match name {
            "str" | "Str" | "text" | "Text" => Some("String"),
            "Integer" | "i64" | "i32" | "long" => Some("Int"),
            "f64" | "f32" | "double" | "Double" | "Number" => Some("Float"),
            "dict" | "Dict" | "HashMap" => Some("map"),
            "List" | "Vec" | "array" | "Array" => Some("list"),
            "DataFrame" => Some("Frame"),
            "None" | "void" | "unit" | "Unit" => Some("Null"),
            "Result" => Some("result"),
            "datetime" | "Date" | "date" => Some("DateTime"),
            _ => None,
        };
        let help = foreign.map(|name| format!("did you mean `{name}`?")).or_else(|| {
            let mut all = known.clone();
            all.extend(type_names());
            did_you_mean(name, all)
        });
        let mut diagnostic = Diagnostic::error("E0100", t.span, format!("There is no type `{name}`."));
        diagnostic.help = Some(help.unwrap_or_else(|| {
            if known.is_empty() {
                "Declare it with `record` or `enum`, or use a builtin type such as `Int` or `String`."
                    .to_string()
            } else {
                format!("This file declares {}.", list_of(&known))
            }
        }));
        self.unresolved(diagnostic);
    }

    pub(crate) fn expect_arity(&mut self, t: &TypeExpr, name: &str, wanted: usize, found: usize) -> bool {
        if wanted == found {
            return true;
        }
        let takes = match wanted {
            0 => "takes no type arguments".to_string(),
            1 => "takes 1 type argument".to_string(),
            n => format!("takes {n} type arguments"),
        };
        let example = match (name, wanted) {
            ("map", _) => "Write the key's and the value's type: `map[String, Int]`.".to_string(),
            ("result", _) => "Write the value's and the error's type: `result[Int, String]`.".to_string(),
            (_, 0) => format!("Write `{name}` alone."),
            (_, 1) => format!("Write the element's type: `{name}[Int]`."),
            _ => format!("Write all of them, in the order of the declaration of `{name}`."),
        };
        self.report(
            Diagnostic::error("E0101", t.span, format!("`{name}` {takes}, found {found}.")).help(example),
        );
        false
    }

    fn type_args(&mut self, t: &TypeExpr, name: &str, wanted: usize, args: &'a [TypeExpr]) -> Vec<Type> {
        let mut types: Vec<Type> = args.iter().map(|arg| self.type_expr(arg)).collect();
        if !self.expect_arity(t, name, wanted, types.len()) {
            types = vec![Type::Error; wanted];
        }
        types
    }

    /// An alias stands for its type; one that goes round in a circle is refused.
    pub(crate) fn alias(&mut self, index: usize, args: &[Type], at: Option<&TypeExpr>) -> Type {
        let Some(source) = self.aliases.get_mut(index) else {
            return Type::Error;
        };
        let (declared, module) = (source.declared, source.module);
        if source.resolving {
            self.report(
                Diagnostic::error(
                    "E0100",
                    declared.name.span,
                    format!("The type `{}` is defined by itself.", declared.name.text),
                )
                .help("A type that contains itself is a record or enum."),
            );
            return Type::Error;
        }
        if let Some(at) = at
            && !self.expect_arity(at, &declared.name.text, declared.type_params.len(), args.len())
        {
            return Type::Error;
        }
        self.aliases[index].resolving = true;
        let params: Vec<(String, NodeId)> =
            declared.type_params.iter().map(|p| (p.name.text.clone(), p.id)).collect();
        let saved = (
            std::mem::replace(&mut self.body.type_params, params),
            std::mem::replace(&mut self.body.module, module),
        );
        let ty = self.placed_type(&declared.ty);
        (self.body.type_params, self.body.module) = saved;
        self.aliases[index].resolving = false;
        let given: Vec<(NodeId, Type)> =
            declared.type_params.iter().map(|p| p.id).zip(args.iter().cloned()).collect();
        self.substitute(&ty, &given)
    }

    /// `Frame`, `Frame[Any]`, `Frame[R]` and `Frame[R, {level: T}]`.
    fn frame_type(&mut self, t: &'a TypeExpr, args: &'a [TypeExpr]) -> Type {
        let types: Vec<Type> = args.iter().map(|arg| self.type_expr(arg)).collect();
        match types.as_slice() {
            [] => Type::any_frame(),
            [row] => self.frame_of(row, Vec::new(), t.span),
            [row, Type::Structure(levels)] => self.frame_of(row, levels.to_vec(), t.span),
            [_, Type::Error] => Type::Error,
            [_, other] => {
                let found = self.show(other);
                self.report(
                    Diagnostic::error(
                        "E0101",
                        t.span,
                        format!("The index of a frame is a list of named levels, found {found}."),
                    )
                    .help("Write its levels as a structure: `Frame[Row, {day: DateTime}]`."),
                );
                Type::Error
            }
            more => {
                let found = more.len();
                self.report(
                    Diagnostic::error(
                        "E0101",
                        t.span,
                        format!("`Frame` takes the row and at most its index, found {found} type arguments."),
                    )
                    .help("Put all columns into one record: `Frame[Row]`."),
                );
                Type::Error
            }
        }
    }

    /// The frame whose rows are of the type.
    pub(crate) fn frame_of(&mut self, row: &Type, index: Vec<(String, Type)>, span: syntax::Span) -> Type {
        let columns = match self.resolve(row) {
            Type::Any | Type::Var(_) => None,
            Type::Error => return Type::Error,
            Type::Structure(fields) => Some(fields.to_vec()),
            Type::Record(id, args) => Some(self.record_columns(id, &args)),
            Type::Param(_) => None,
            other => {
                let found = self.show(&other);
                self.report(
                    Diagnostic::error("E0100", span, format!("A frame's row is a record, found {found}."))
                        .help("Declare a record with one field a column, or write `Frame[{name: Type}]`."),
                );
                return Type::Error;
            }
        };
        Type::Frame(Rc::new(FrameType { columns, index }))
    }

    /// A record's fields as columns.
    pub(crate) fn record_columns(&self, id: RecordId, args: &[Type]) -> Vec<(String, Type)> {
        let Some(record) = self.out.records.get(id.0 as usize) else {
            return Vec::new();
        };
        let params: Vec<(NodeId, Type)> = record.params.iter().copied().zip(args.iter().cloned()).collect();
        record.fields.iter().map(|f| (f.name.clone(), self.substitute(&f.ty, &params))).collect()
    }
}
