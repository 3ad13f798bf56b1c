//! `Tensor[f32, (n, 784)]`: the dtype and the sizes that a place states of a tensor.
//!
//! All tensors are of one type; what a place states is held where a value enters it, as the constraint of an alias is. A
//! name among the sizes stands for the same size in the whole signature of a cell: a parameter that is such a tensor says
//! what it is. What is known of a value from the text alone is compared here (E0405), anything else by the run.

use std::collections::HashMap;

use syntax::Diagnostic;
use syntax::ast::{Element, Expr, ExprKind, NodeId, Sig, TypeExpr, TypeExprKind, UnaryOp};

use crate::Type;
use crate::checked::{Callee, Constrained, Shape, Size, Use, Within};
use crate::checker::Checker;
use crate::declare::list_of;
use crate::nearest::did_you_mean;

/// The dtypes that a tensor has, with the names that a run shows.
const DTYPES: &[(&str, &str)] = &[
    ("f32", "float32"),
    ("f64", "float64"),
    ("i64", "int64"),
    ("i32", "int32"),
    ("u8", "uint8"),
    ("bool", "bool"),
];

/// What the text says of a tensor's value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known {
    pub(crate) dtype: Option<&'static str>,
    pub(crate) sizes: Option<Vec<Option<i64>>>,
}

impl<'a> Checker<'a> {
    /// `Tensor[dtype, (size, ...)]`
    pub(crate) fn tensor_type(&mut self, t: &'a TypeExpr, args: &'a [TypeExpr]) -> Type {
        let tensor = Type::engine("Tensor");
        let (dtype, sizes) = match args {
            [dtype] => (dtype, None),
            [dtype, sizes] => (dtype, Some(sizes)),
            _ => {
                let message =
                    format!("`Tensor` takes a dtype and its sizes, found {} type arguments.", args.len());
                self.report(
                    Diagnostic::error("E0101", t.span, message)
                        .help("Put all sizes into one pair of parentheses: `Tensor[f32, (2, 3)]`."),
                );
                return tensor;
            }
        };
        let (Some(dtype), Some(sizes)) = (self.stated_dtype(dtype), self.stated_sizes(sizes)) else {
            return tensor;
        };
        if self.placed == Some(t.id) || self.placed_inside.contains(&t.id) {
            self.out.constrained.insert(t.id, Constrained { alias: t.id, optional: false });
            self.out.shapes.insert(t.id, Shape { dtype, sizes });
        } else {
            self.unbuilt(
                t.span,
                "a tensor's dtype or sizes elsewhere than at a place, or in a collection, result, union, generic record or function there",
            );
        }
        tensor
    }

    /// Nothing if it was reported.
    fn stated_dtype(&mut self, t: &TypeExpr) -> Option<Option<String>> {
        let name = match &t.kind {
            TypeExprKind::Size(None) => return Some(None),
            TypeExprKind::Path { path, args } if args.is_empty() => path.dotted(),
            TypeExprKind::Error => return None,
            _ => String::new(),
        };
        if let Some((_, shown)) = DTYPES.iter().find(|(known, _)| *known == name) {
            return Some(Some((*shown).to_string()));
        }
        let names: Vec<&str> = DTYPES.iter().map(|(name, _)| *name).collect();
        let help = did_you_mean(&name, names.iter().copied())
            .unwrap_or_else(|| format!("There are {}, and `_` for any.", list_of(&names)));
        let message = "The first type argument of `Tensor` is a dtype.";
        self.report(Diagnostic::error("E0100", t.span, message).help(help));
        None
    }

    fn stated_sizes(&mut self, t: Option<&TypeExpr>) -> Option<Option<Vec<Size>>> {
        let Some(t) = t else { return Some(None) };
        let parts = match &t.kind {
            TypeExprKind::Size(None) => return Some(None),
            TypeExprKind::Tuple(parts) => parts.as_slice(),
            _ => std::slice::from_ref(t),
        };
        let known = self.size_names();
        let mut sizes = Vec::with_capacity(parts.len());
        for part in parts {
            sizes.push(match &part.kind {
                TypeExprKind::Size(None) => Size::Any,
                TypeExprKind::Size(Some(size)) => Size::Is(*size),
                TypeExprKind::Path { path, args } if args.is_empty() && path.parts.len() == 1 => {
                    let name = path.dotted();
                    if !known.contains(&name) {
                        let message = format!("No parameter here says what the size `{name}` is.");
                        self.report(
                            Diagnostic::error("E0405", part.span, message).help(
                                "A size has a name where a parameter of the same cell is such a tensor; elsewhere write a number, or `_`.",
                            ),
                        );
                        return None;
                    }
                    Size::Named(name)
                }
                TypeExprKind::Error => return None,
                _ => {
                    let message = "A size is a whole number, a name, or `_`.";
                    self.report(
                        Diagnostic::error("E0100", part.span, message).help("Such as `Tensor[f32, (n, 784)]`."),
                    );
                    return None;
                }
            });
        }
        Some(Some(sizes))
    }

    /// The names of sizes that mean something here: those of the signature that is read, or of the cell whose body this
    /// is.
    pub(crate) fn size_names(&self) -> Vec<String> {
        if let Some(names) = &self.sizes {
            return names.clone();
        }
        let function = self.body.functions.last();
        let cell = function.filter(|function| function.lambda.is_none()).and_then(|function| function.cell);
        match cell.and_then(|cell| self.cells.get(cell.0 as usize)) {
            // Their bodies are functions of their own, which know no sizes.
            Some(source) if !source.cell.sig.is_async && !source.cell.yields => names_of(&source.cell.sig),
            _ => Vec::new(),
        }
    }

    /// What a place states of its value.
    pub(crate) fn stated(&self, t: NodeId) -> Option<&Shape> {
        let mut at = t;
        for _ in 0..self.aliases.len() + 2 {
            let Constrained { alias, .. } = self.out.constrained.get(&at)?;
            if let Some(shape) = self.out.shapes.get(alias) {
                return Some(shape);
            }
            at = self.aliases.iter().find(|known| known.item == *alias)?.declared.ty.id;
        }
        None
    }

    /// A value of which the text alone says that it does not fit its place. `named` are the sizes that the other
    /// arguments of the call said.
    pub(crate) fn check_shape(&mut self, t: NodeId, value: &Expr, named: &mut HashMap<String, i64>) {
        if self.out.shapes.is_empty() {
            return;
        }
        if let Some(within) = self.out.within.get(&t).cloned()
            && self.check_shapes_within(&within, value, named)
        {
            return;
        }
        let (Some(shape), Some(found)) = (self.stated(t).cloned(), self.known_shape(value)) else { return };
        if !shape.takes(&found, named) {
            let said: Vec<String> = match &shape.sizes {
                Some(sizes) => sizes
                    .iter()
                    .filter_map(|size| match size {
                        Size::Named(name) => Some(format!("`{name}` is {}", named.get(name)?)),
                        _ => None,
                    })
                    .collect(),
                None => Vec::new(),
            };
            let message = format!("Expected a tensor {}, found {}.", shown(&shape), found.shown());
            let help = match said.as_slice() {
                [] => "Make it of these sizes, or state others; `_` stands for any.".to_string(),
                said => format!("Here {}.", said.join(", ")),
            };
            self.report(Diagnostic::error("E0405", value.span, message).help(help));
        }
    }

    /// Keeps what is known of a variable that does not change.
    pub(crate) fn learn_shape(
        &mut self,
        variable: Option<&Use>,
        stated: Option<NodeId>,
        value: Option<&Expr>,
    ) {
        let place = match variable {
            Some(Use::Local(id)) => (false, id.0),
            Some(Use::Global(id)) => (true, id.0),
            _ => return,
        };
        if let Some(t) = stated.filter(|t| matches!(self.out.within.get(t), Some(Within::Function(_)))) {
            self.known_functions.insert(place, t);
            return;
        }
        let mut known = value.and_then(|value| self.known_shape(value)).unwrap_or_default();
        if let Some(shape) = stated.and_then(|t| self.stated(t)) {
            let name =
                |dtype: &String| DTYPES.iter().find(|(_, shown)| shown == dtype).map(|(_, shown)| *shown);
            known.dtype = shape.dtype.as_ref().and_then(name).or(known.dtype);
            if let Some(sizes) = &shape.sizes {
                let before = known.sizes.take().filter(|before| before.len() == sizes.len());
                let before = |at: usize| before.as_ref().and_then(|before| before.get(at).copied().flatten());
                let size = |(at, size): (usize, &Size)| match size {
                    Size::Is(size) => Some(*size),
                    _ => before(at),
                };
                known.sizes = Some(sizes.iter().enumerate().map(size).collect());
            }
        }
        if known != Known::default() {
            self.known_shapes.insert(place, known);
        }
    }

    /// Whether an engine carries the operator out, on tensors.
    fn is_operator_of_tensors(&self, id: NodeId) -> bool {
        let is_host = self.out.calls.get(&id).is_some_and(|call| matches!(call.callee, Callee::Host(_)));
        is_host && matches!(self.type_of(id), Type::Engine(of) if of.is("Tensor"))
    }

    /// What the text says of an expression that is a tensor.
    pub(crate) fn known_shape(&self, e: &Expr) -> Option<Known> {
        match &e.kind {
            ExprKind::Name(_) => {
                let place = match self.out.uses.get(&e.id)? {
                    Use::Local(id) => (false, id.0),
                    Use::Global(id) => (true, id.0),
                    _ => return None,
                };
                self.known_shapes.get(&place).cloned()
            }
            ExprKind::Binary { op, left, right, .. } if self.is_operator_of_tensors(e.id) => {
                self.shape_of_operator(*op, left, right)
            }
            ExprKind::Unary { op: UnaryOp::Neg, operand } => self.known_shape(operand),
            ExprKind::Call { callee, args, .. } => {
                let call = self.out.calls.get(&e.id)?;
                let first = args.iter().find(|arg| arg.name.is_none()).map(|arg| &arg.value);
                let name = match &call.callee {
                    Callee::Host(name) => name.as_str(),
                    Callee::Cell(id) => {
                        let ret = self.cells.get(id.0 as usize)?.cell.sig.ret.as_ref()?;
                        return self.stated(ret.id).map(Known::of);
                    }
                    Callee::Value => {
                        let contract = self.contract_of(callee)?;
                        return self.stated_within(contract.ret.as_ref()?).map(Known::of);
                    }
                    _ => return None,
                };
                let base = || match &callee.kind {
                    ExprKind::Field { base, .. } => self.known_shape(base),
                    _ => None,
                };
                let dtype =
                    args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "dtype"));
                let dtype = |default: &'static str| match dtype.map(|arg| &arg.value.kind) {
                    None => Some(default),
                    Some(ExprKind::Name(name)) => {
                        DTYPES.iter().find(|(known, _)| known == name).map(|(_, shown)| *shown)
                    }
                    Some(_) => None,
                };
                match name {
                    "Tensor.zeros" | "Tensor.ones" | "Tensor.rand" | "Tensor.randn" => {
                        Some(Known { dtype: dtype("float32"), sizes: first.and_then(sizes_of) })
                    }
                    "Tensor.eye" => {
                        let size = first.and_then(whole);
                        Some(Known { dtype: Some("float32"), sizes: Some(vec![size, size]) })
                    }
                    "Tensor.reshape" | "Tensor.view" => {
                        let sizes = first.and_then(sizes_of);
                        let sizes = sizes
                            .map(|sizes| sizes.into_iter().map(|size| size.filter(|n| *n >= 0)).collect());
                        Some(Known { dtype: base().and_then(|known| known.dtype), sizes })
                    }
                    "Tensor.float" => Some(Known { dtype: Some("float32"), sizes: base()?.sizes }),
                    "Tensor.double" => Some(Known { dtype: Some("float64"), sizes: base()?.sizes }),
                    "Tensor.long" => Some(Known { dtype: Some("int64"), sizes: base()?.sizes }),
                    "Tensor.t" => {
                        let mut known = base()?;
                        known.sizes.as_mut()?.reverse();
                        Some(known)
                    }
                    "Tensor.relu" | "Tensor.clone" | "Tensor.detach" | "Tensor.abs" | "Tensor.neg"
                    | "Tensor.contiguous" => base(),
                    "Tensor.matmul" | "Tensor.mm" | "Tensor.bmm" => {
                        self.shape_of_product(name, callee, first)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Shape {
    /// Whether a tensor of which this is known may be such a one. `named` are the sizes that names have.
    pub(crate) fn takes(&self, found: &Known, named: &mut HashMap<String, i64>) -> bool {
        let mut fits = match (&self.dtype, found.dtype) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        };
        if let (Some(wanted), Some(found)) = (&self.sizes, &found.sizes) {
            fits &= wanted.len() == found.len();
            for (wanted, found) in wanted.iter().zip(found) {
                let Some(found) = found else { continue };
                fits &= match wanted {
                    Size::Any => true,
                    Size::Is(size) => size == found,
                    Size::Named(name) => named.entry(name.clone()).or_insert(*found) == found,
                };
            }
        }
        fits
    }
}

impl Known {
    /// What a place says of each value in it.
    pub(crate) fn of(shape: &Shape) -> Known {
        let dtype = shape.dtype.as_ref();
        let dtype = dtype.and_then(|name| DTYPES.iter().find(|(_, shown)| shown == name));
        let size = |size: &Size| match size {
            Size::Is(size) => Some(*size),
            _ => None,
        };
        let sizes = shape.sizes.as_ref().map(|sizes| sizes.iter().map(size).collect());
        Known { dtype: dtype.map(|(_, shown)| *shown), sizes }
    }

    pub(crate) fn shown(&self) -> String {
        let sizes = self.sizes.as_ref().map(|sizes| {
            sizes.iter().map(|size| size.map_or("_".to_string(), |size| size.to_string())).collect::<Vec<_>>()
        });
        written(self.dtype, sizes)
    }
}

pub(crate) fn shown(shape: &Shape) -> String {
    let size = |size: &Size| match size {
        Size::Any => "_".to_string(),
        Size::Is(size) => size.to_string(),
        Size::Named(name) => name.clone(),
    };
    written(shape.dtype.as_deref(), shape.sizes.as_ref().map(|sizes| sizes.iter().map(size).collect()))
}

/// As a type is written: `float32 (2, _)`.
fn written(dtype: Option<&str>, sizes: Option<Vec<String>>) -> String {
    let sizes = sizes.map(|sizes| format!("({})", sizes.join(", ")));
    match (dtype, sizes) {
        (Some(dtype), Some(sizes)) => format!("{dtype} {sizes}"),
        (Some(only), None) => only.to_string(),
        (None, Some(sizes)) => sizes,
        (None, None) => "of any kind".to_string(),
    }
}

/// The sizes that the parameters of a signature say: of those that are tensors themselves.
pub(crate) fn names_of(sig: &Sig) -> Vec<String> {
    let mut names = Vec::new();
    let params = sig.params.iter().filter(|param| !param.variadic);
    names_among(params.filter_map(|param| param.ty.as_ref()), &mut names);
    names
}

/// The same of these types.
pub(crate) fn names_among<'t>(types: impl Iterator<Item = &'t TypeExpr>, names: &mut Vec<String>) {
    for ty in types {
        let TypeExprKind::Path { path, args } = &ty.kind else { continue };
        let ("Tensor", Some(sizes)) = (path.dotted().as_str(), args.get(1)) else { continue };
        let parts = match &sizes.kind {
            TypeExprKind::Tuple(parts) => parts.as_slice(),
            _ => std::slice::from_ref(sizes),
        };
        for part in parts {
            if let TypeExprKind::Path { path, args } = &part.kind
                && args.is_empty()
            {
                names.push(path.dotted());
            }
        }
    }
}

fn whole(e: &Expr) -> Option<i64> {
    match &e.kind {
        ExprKind::Int(n) => Some(*n),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => whole(operand).map(|n| -n),
        _ => None,
    }
}

fn sizes_of(e: &Expr) -> Option<Vec<Option<i64>>> {
    let ExprKind::List(items) = &e.kind else { return None };
    let size = |item: &Element| match item {
        Element::Value(value) => Some(whole(value)),
        Element::Spread(_) => None,
    };
    items.iter().map(size).collect()
}
