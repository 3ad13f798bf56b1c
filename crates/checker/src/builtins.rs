//! The signatures in `builtins.lm`, read once a thread.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;
use syntax::ast::{Attr, Expr, ExprKind, ItemKind, NodeId, Sig, TypeExpr, TypeExprKind};

use crate::checked::Literal;
use crate::named::{Named, named};
use crate::show::TypeNames;
use crate::{FnType, Type};

/// The receiver's own type, in the signatures of methods.
pub(crate) const SELF: NodeId = NodeId(u32::MAX);

/// A capability that a type argument must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Eq,
    Ord,
    Hash,
    Show,
    Num,
    Iterable,
}

impl Bound {
    pub(crate) fn parse(name: &str) -> Option<Bound> {
        Some(match name {
            "Eq" => Bound::Eq,
            "Ord" => Bound::Ord,
            "Hash" => Bound::Hash,
            "Show" => Bound::Show,
            "Num" => Bound::Num,
            "Iterable" => Bound::Iterable,
            _ => return None,
        })
    }
}

/// How many written arguments a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    One,
    /// All further positional arguments.
    Rest,
    /// All further named arguments, of any name.
    Named,
}

#[derive(Clone, Debug)]
pub struct BuiltinParam {
    pub name: String,
    pub ty: Type,
    pub takes: Takes,
    pub default: Option<Literal>,
}

/// One signature of `builtins.lm`.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// As written: `len`, `nn.Linear`; methods of engine types stand under their type: `Series.mean`.
    pub name: String,
    /// A method's receiver is not among them.
    pub params: Vec<BuiltinParam>,
    pub ret: Type,
    pub row: Vec<String>,
    /// Carried out by the prelude's engines or as an effect; the others by the virtual machine itself.
    pub host: bool,
    /// Read without parentheses.
    pub property: bool,
    /// Has a receiver, the first argument of the call.
    pub method: bool,
    pub aliases: Vec<String>,
    pub(crate) generics: Vec<(NodeId, Vec<Bound>)>,
    /// How many of them belong to the `extern impl`, and so to the receiver.
    pub(crate) of_impl: usize,
}

impl Builtin {
    /// As source of the language: `read_text(path: String) -> String / {fs.read}`.
    pub fn signature(&self) -> String {
        let params: Vec<String> = self.shown_params().into_iter().map(|(_, shown)| shown).collect();
        let row = if self.row.is_empty() { String::new() } else { format!(" / {{{}}}", self.row.join(", ")) };
        match self.property {
            true => format!("{}: {}", self.name, self.shown_ret()),
            false => format!("{}({}) -> {}{row}", self.name, params.join(", "), self.shown_ret()),
        }
    }

    /// The parameters: name, and all of it as source.
    pub fn shown_params(&self) -> Vec<(String, String)> {
        let shown = |param: &BuiltinParam| {
            let dots = if param.takes == Takes::One { "" } else { "..." };
            let default =
                param.default.as_ref().map(|default| format!(" = {}", default.source())).unwrap_or_default();
            (param.name.clone(), format!("{dots}{}: {}{default}", param.name, shown_type(&param.ty)))
        };
        self.params.iter().map(shown).collect()
    }

    /// The type of its value as source.
    pub fn shown_ret(&self) -> String {
        shown_type(&self.ret)
    }
}

/// Builtins name no record and no enum.
fn shown_type(ty: &Type) -> String {
    // A frame by its rows has a head of its own inside the signatures alone.
    TypeNames { records: &[], enums: &[], params: &shared().param_names }
        .show(ty)
        .replace("FrameOf[", "Frame[")
}

#[derive(Debug, Default)]
pub(crate) struct Builtins {
    /// All signatures of a name, aliases included.
    pub(crate) functions: HashMap<String, Vec<Rc<Builtin>>, FixedState>,
    /// By the name of the engine type, then the method's.
    pub(crate) methods: HashMap<String, HashMap<String, Rc<Builtin>, FixedState>, FixedState>,
    /// In the order of the text.
    pub(crate) all: Vec<Rc<Builtin>>,
    /// First parts of dotted names.
    pub(crate) namespaces: Vec<String>,
    pub(crate) param_names: HashMap<NodeId, String>,
}

thread_local! {
    static BUILTINS: Rc<Builtins> = Rc::new(read(include_str!("builtins.lm"), include_str!("processes.lm")));
}

/// Every signature that the language has without being told, in the order of `builtins.lm`.
///
/// Several may share a name; they differ in the type of the first parameter or in their number.
pub fn builtins() -> Vec<Rc<Builtin>> {
    shared().all.clone()
}

pub(crate) fn shared() -> Rc<Builtins> {
    BUILTINS.with(Rc::clone)
}

/// What does not parse is left out; a test reads the text and finds no diagnostic.
fn read(text: &str, processes: &str) -> Builtins {
    let mut reader = Reader { ids: u32::MAX - 1, table: Builtins::default(), scope: Vec::new() };
    reader.table.param_names.insert(SELF, "Self".to_string());
    reader.signatures(processes);
    // What processes are made with has names that no program writes.
    let made = std::mem::take(&mut reader.table.functions);
    let hidden = |builtin: &Rc<Builtin>| {
        Rc::new(Builtin { name: format!("op.{}", builtin.name), ..Builtin::clone(builtin) })
    };
    let made = made.into_iter().map(|(name, all)| (syntax::hidden(&name), all.iter().map(hidden).collect()));
    reader.table.functions = made.collect();
    reader.table.all.clear();
    reader.signatures(text);
    reader.table
}

struct Reader {
    ids: u32,
    table: Builtins,
    scope: Vec<(String, NodeId)>,
}

impl Reader {
    fn signatures(&mut self, text: &str) {
        let file = syntax::FileId(u32::MAX);
        let module = syntax::parse(file, text, &mut syntax::ast::NodeIds::default()).module;
        for item in &module.items {
            if let ItemKind::Extern(declared) = &item.kind {
                for sig in &declared.sigs {
                    self.signature(sig, declared.of.as_ref(), &item.attrs);
                }
            }
        }
    }

    fn fresh(&mut self, name: &str) -> NodeId {
        self.ids -= 1;
        let id = NodeId(self.ids);
        self.scope.push((name.to_string(), id));
        self.table.param_names.insert(id, name.to_string());
        id
    }

    fn signature(&mut self, sig: &Sig, of: Option<&TypeExpr>, attrs: &[Attr]) {
        self.scope.clear();
        let mut generics = Vec::new();
        let mut owner = None;
        if let Some(TypeExprKind::Path { path, args }) = of.map(|ty| &ty.kind) {
            owner = Some(path.dotted());
            for arg in args {
                if let TypeExprKind::Path { path, .. } = &arg.kind {
                    generics.push((self.fresh(&path.dotted()), Vec::new()));
                }
            }
            self.scope.push(("Self".to_string(), SELF));
        }
        let of_impl = generics.len();
        for param in &sig.type_params {
            let bounds = param.bounds.iter().filter_map(bound_of).collect();
            generics.push((self.fresh(&param.name.text), bounds));
        }
        let mut params = Vec::new();
        for param in sig.params.iter().filter(|p| !p.is_self) {
            let ty = param.ty.as_ref().map_or(Type::Any, |ty| self.ty(ty));
            let (ty, takes) = match (param.variadic, ty) {
                (true, Type::Map(_, value)) => ((*value).clone(), Takes::Named),
                (true, ty) => (ty, Takes::Rest),
                (false, ty) => (ty, Takes::One),
            };
            let default = param.default.as_ref().and_then(literal);
            params.push(BuiltinParam { name: param.name.text.clone(), ty, takes, default });
        }
        let dotted = sig.name.dotted();
        let plain = dotted.strip_prefix("Self.").unwrap_or(&dotted).to_string();
        let builtin = Rc::new(Builtin {
            name: owner.as_ref().map_or_else(|| plain.clone(), |owner| format!("{owner}.{plain}")),
            params,
            ret: sig.ret.as_ref().map_or(Type::Null, |ty| self.ty(ty)),
            row: sig.row.iter().flatten().map(|path| path.dotted()).collect(),
            host: attrs.iter().any(|a| a.name.text == "host"),
            property: attrs.iter().any(|a| a.name.text == "property"),
            method: owner.is_some(),
            aliases: aliases(attrs),
            generics,
            of_impl,
        });
        self.table.all.push(builtin.clone());
        match owner {
            Some(owner) => {
                self.table.methods.entry(owner).or_default().insert(plain, builtin);
            }
            None => {
                if let Some((first, _)) = plain.split_once('.')
                    && !self.table.namespaces.iter().any(|n| n == first)
                {
                    self.table.namespaces.push(first.to_string());
                }
                for alias in &builtin.aliases {
                    self.table.functions.entry(alias.clone()).or_default().push(builtin.clone());
                }
                self.table.functions.entry(plain).or_default().push(builtin);
            }
        }
    }

    fn ty(&self, ty: &TypeExpr) -> Type {
        match &ty.kind {
            TypeExprKind::Path { path, args } => {
                let name = path.dotted();
                if let Some((_, id)) = self.scope.iter().rev().find(|(n, _)| *n == name) {
                    return Type::Param(*id);
                }
                let args: Vec<Type> = args.iter().map(|arg| self.ty(arg)).collect();
                match (name.as_str(), args.as_slice()) {
                    ("Frame", []) => Type::any_frame(),
                    ("Process", [held]) => Type::process(held.clone()),
                    ("Frame", [row]) => Type::engine_of("FrameOf", [row.clone()]),
                    _ => match named(&name, args) {
                        Named::Type(ty) => ty,
                        Named::Arity(_) | Named::Unknown => Type::Error,
                    },
                }
            }
            TypeExprKind::Tuple(items) => Type::tuple(items.iter().map(|t| self.ty(t)).collect()),
            TypeExprKind::Optional(inner) => self.ty(inner).optional(),
            TypeExprKind::Union(members) => {
                Type::union(members.iter().map(|t| self.ty(t)).collect::<Vec<_>>())
            }
            TypeExprKind::Fn { params, ret, .. } => Type::Fn(Rc::new(FnType {
                params: params.iter().map(|t| self.ty(t)).collect(),
                ret: self.ty(ret),
                row: Vec::new(),
            })),
            TypeExprKind::Structure(_) | TypeExprKind::Size(_) | TypeExprKind::Error => Type::Error,
        }
    }
}

fn bound_of(ty: &TypeExpr) -> Option<Bound> {
    match &ty.kind {
        TypeExprKind::Path { path, .. } => Bound::parse(&path.dotted()),
        _ => None,
    }
}

fn aliases(attrs: &[Attr]) -> Vec<String> {
    let mut names = Vec::new();
    for attr in attrs.iter().filter(|a| a.name.text == "alias") {
        for arg in &attr.args {
            if let ExprKind::Str(name) = &arg.value.kind {
                names.push(name.clone());
            }
        }
    }
    names
}

/// The value of an expression that is a literal.
pub(crate) fn literal(value: &Expr) -> Option<Literal> {
    Some(match &value.kind {
        ExprKind::Null => Literal::Null,
        ExprKind::Bool(b) => Literal::Bool(*b),
        ExprKind::Int(i) => Literal::Int(*i),
        ExprKind::Float(x) => Literal::Float(*x),
        ExprKind::Str(s) => Literal::Text(s.clone()),
        ExprKind::List(items) if items.is_empty() => Literal::Empty,
        ExprKind::Unary { operand, .. } => match &operand.kind {
            ExprKind::Int(i) => Literal::Int(-i),
            ExprKind::Float(x) => Literal::Float(-x),
            _ => return None,
        },
        _ => return None,
    })
}
