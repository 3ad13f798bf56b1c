//! Generators: cells with `yield`, and the `Iter` that a call of one gives.
//!
//! An `Iter` is a value: the cell and its arguments. Each walk runs the cell's body anew, from one `yield` to the next,
//! so two walks see the same elements, and nothing is used up.

use syntax::Diagnostic;
use syntax::ast::{Expr, NodeId, Stmt, TypeExpr};

use crate::Type;
use crate::args::{Actual, Parameter, Slot};
use crate::checked::CellId;
use crate::checker::{Checker, Function, Returns};

/// Builtins that walk no farther than they must; all others take a list of everything.
const STOP_EARLY: &[&str] = &["take", "first", "find", "position", "any", "all", "zip"];

/// What a generator gives.
#[derive(Debug)]
pub(crate) struct Yields {
    /// The element of the stated `Iter`.
    stated: Option<Type>,
    given: Vec<(NodeId, Type)>,
}

impl Function {
    /// A generator's body has no value of its own: its `return` ends it.
    pub(crate) fn generator(cell: CellId, ret: &Type, stated: bool) -> Function {
        let stated = stated.then(|| match ret {
            Type::Iter(element) => (**element).clone(),
            _ => Type::Error,
        });
        let yields = Some(Yields { stated, given: Vec::new() });
        Function { yields, ..Function::new(Some(cell), Returns::Stated(Type::Null)) }
    }
}

impl<'a> Checker<'a> {
    /// The stated return type of a cell with `yield`.
    pub(crate) fn generator_type(&mut self, ret: &'a TypeExpr) -> Type {
        let ty = self.type_expr(ret);
        if matches!(ty, Type::Iter(_) | Type::Error) {
            return ty;
        }
        let shown = self.show(&ty);
        self.report(
            Diagnostic::error(
                "E0200",
                ret.span,
                format!("A cell with `yield` returns an `Iter` of what it yields, found {shown}."),
            )
            .help("Write `-> Iter[T]`, with the type of one value, or leave the type out."),
        );
        Type::Error
    }

    pub(crate) fn yield_statement(&mut self, stmt: &Stmt, value: &'a Expr) {
        if self.function().deferred.is_some() {
            self.infer(value, None);
            return self.leaves_deferred(stmt.span, "yield");
        }
        match self.function().yields.as_ref().map(|yields| yields.stated.clone()) {
            Some(Some(element)) => {
                self.check(value, &element);
            }
            Some(None) => {
                let ty = self.infer(value, None);
                if let Some(yields) = &mut self.function().yields {
                    yields.given.push((value.id, ty));
                }
            }
            None => {
                self.infer(value, None);
                let (message, help) = match self.function().lambda {
                    Some(_) => (
                        "`yield` stands in a function value, and only cells are generators.",
                        "Declare a cell here and call it.",
                    ),
                    None => (
                        "`yield` stands in no cell.",
                        "Declare a cell that yields, and walk what it returns.",
                    ),
                };
                self.report(Diagnostic::error("E0202", stmt.span, message).help(help));
            }
        }
    }

    /// `return x` in a generator.
    pub(crate) fn return_of_generator(&mut self, value: &'a Expr) {
        self.infer(value, None);
        self.report(
            Diagnostic::error("E0200", value.span, "`return` ends a generator and takes no value.")
                .help("Give a last value with `yield`, then `return`."),
        );
    }

    /// The type that a call of the generator at hand has; nothing for other functions.
    pub(crate) fn close_yields(&mut self) -> Option<Type> {
        let yields = self.function().yields.take()?;
        if let Some(element) = yields.stated {
            return Some(Type::iter(element));
        }
        let mut element = Type::Never;
        for (_, ty) in &yields.given {
            element = self.join(&element, ty);
        }
        for (id, ty) in yields.given {
            self.flows.push((id, ty, element.clone()));
        }
        Some(Type::iter(element))
    }

    /// Generators among the arguments of a builtin that needs all elements at once become lists.
    pub(crate) fn collect_generators(
        &mut self,
        name: &str,
        params: &[Parameter],
        slots: &[Slot],
        actuals: &[Actual<'a>],
    ) {
        if STOP_EARLY.contains(&name) {
            return;
        }
        for (param, slot) in params.iter().zip(slots) {
            let Some(actual) = slot.one().and_then(|place| actuals.get(place)) else { continue };
            if matches!(&param.ty, Type::Engine(of) if of.is("Items"))
                && matches!(self.type_of(actual.expr.id), Type::Iter(_))
            {
                self.collect_generator(actual.expr);
            }
        }
    }

    /// The generator's elements are taken as a list.
    pub(crate) fn collect_generator(&mut self, e: &Expr) {
        self.out.coercions.insert(e.id, Type::list(Type::Any));
    }
}
