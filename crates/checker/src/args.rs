//! Arguments to parameters: by position, then by name.

use syntax::ast::{Expr, ExprKind, Name};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::builtins::Takes;
use crate::checked::CallArg;
use crate::checker::Checker;
use crate::declare::list_of;
use crate::nearest::did_you_mean;

/// A parameter of what is called, type parameters already replaced.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub name: String,
    pub ty: Type,
    pub takes: Takes,
    pub required: bool,
    /// A bare type parameter: later arguments may widen what earlier ones made of it.
    pub flexible: bool,
}

/// An argument at a call.
#[derive(Clone, Debug)]
pub(crate) struct Actual<'a> {
    pub source: Source,
    pub name: Option<&'a Name>,
    pub spread: bool,
    pub expr: &'a Expr,
    /// Its type, where it had to be known to find out what is called.
    pub known: Option<Type>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Receiver,
    Written(usize),
}

/// Which arguments a parameter gets, by place among the actuals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Missing,
    One(usize),
    Many(Vec<usize>),
}

impl Slot {
    pub(crate) fn one(&self) -> Option<usize> {
        match self {
            Slot::One(actual) => Some(*actual),
            _ => None,
        }
    }
}

impl<'a> Checker<'a> {
    /// Assigns arguments to parameters; reports those that have no place. `None` if the call cannot be carried out.
    pub(crate) fn match_args(
        &mut self,
        what: &str,
        span: Span,
        params: &[Parameter],
        actuals: &[Actual<'a>],
    ) -> Option<Vec<Slot>> {
        let mut slots = vec![Slot::Missing; params.len()];
        let mut next = 0;
        let mut sound = true;
        let mut extra: Vec<Span> = Vec::new();
        for (place, actual) in actuals.iter().enumerate() {
            let slot = match actual.name {
                Some(name) => {
                    match params.iter().position(|p| p.name == name.text && p.takes != Takes::Named) {
                        Some(slot) => Some(slot),
                        None => match params.iter().position(|p| p.takes == Takes::Named) {
                            Some(slot) => Some(slot),
                            None => {
                                self.unknown_argument(what, name, params);
                                sound = false;
                                continue;
                            }
                        },
                    }
                }
                None => {
                    while params.get(next).is_some_and(|p| {
                        p.takes == Takes::Named
                            || (p.takes == Takes::One && slots.get(next) != Some(&Slot::Missing))
                    }) {
                        next += 1;
                    }
                    (next < params.len()).then_some(next)
                }
            };
            let Some(slot) = slot else {
                extra.push(actual.expr.span);
                continue;
            };
            let takes = params.get(slot).map_or(Takes::One, |p| p.takes);
            if actual.spread && takes != Takes::Rest {
                self.report(
                    Diagnostic::error(
                        "E0203",
                        actual.expr.span,
                        format!("`{what}` does not take a spread list here."),
                    )
                    .help("`...` fills a parameter declared with `...`."),
                );
                sound = false;
                continue;
            }
            match slots.get_mut(slot) {
                Some(target @ Slot::Missing) => {
                    *target = if takes == Takes::One { Slot::One(place) } else { Slot::Many(vec![place]) };
                }
                Some(Slot::Many(list)) => list.push(place),
                _ => {
                    let name = params.get(slot).map_or("", |p| p.name.as_str());
                    self.report(
                        Diagnostic::error(
                            "E0203",
                            actual.expr.span,
                            format!("The argument `{name}` is given twice."),
                        )
                        .help("Give it once, by position or by name."),
                    );
                    sound = false;
                }
            }
        }
        if let Some(first) = extra.first() {
            let last = extra.last().unwrap_or(first);
            let takes = self.takes(params);
            let found = count(actuals.len(), "argument");
            let by_name = !params.is_empty() && params.iter().all(|p| p.takes == Takes::Named);
            let message = match by_name {
                _ if what == FUNCTION_VALUE => format!("The function takes {takes}, found {found}."),
                true => format!("All arguments of `{what}` have names: `{what}(name: value)`."),
                false => format!("`{what}` takes {takes}, found {found}."),
            };
            self.report(
                Diagnostic::error("E0203", first.to(*last), message).help(self.signature_help(what, params)),
            );
            sound = false;
        }
        let missing: Vec<&str> = params
            .iter()
            .zip(&slots)
            .filter(|(p, slot)| p.required && p.takes == Takes::One && **slot == Slot::Missing)
            .map(|(p, _)| p.name.as_str())
            .collect();
        if !missing.is_empty() && sound {
            let word = if missing.len() == 1 { "argument" } else { "arguments" };
            let message = match what == FUNCTION_VALUE {
                true => format!(
                    "The function takes {}, found {}.",
                    count(params.len(), "argument"),
                    count(actuals.len(), "argument")
                ),
                false => format!("`{what}` lacks the {word} {}.", list_of(&missing)),
            };
            self.report(Diagnostic::error("E0203", span, message).help(self.signature_help(what, params)));
            sound = false;
        }
        if !sound {
            for (place, actual) in actuals.iter().enumerate() {
                let ty = slots.iter().position(|s| match s {
                    Slot::One(p) => *p == place,
                    Slot::Many(list) => list.contains(&place),
                    Slot::Missing => false,
                });
                // What has a place is still checked, so that independent errors are all found.
                match ty.and_then(|slot| params.get(slot)) {
                    Some(param) => self.check_actual(actual, param),
                    None if actual.known.is_none() => {
                        self.infer(actual.expr, None);
                    }
                    None => {}
                }
            }
            return None;
        }
        Some(slots)
    }

    fn takes(&self, params: &[Parameter]) -> String {
        let most = params.len();
        let least = params.iter().filter(|p| p.required).count();
        match (least, most) {
            (0, 0) => "no arguments".to_string(),
            (a, b) if a == b => count(b, "argument"),
            (a, b) => format!("{a} to {b} arguments"),
        }
    }

    fn signature_help(&self, what: &str, params: &[Parameter]) -> String {
        const SHOWN_MAX: usize = 8;
        if what == FUNCTION_VALUE {
            let types: Vec<String> = params.iter().map(|p| self.show(&p.ty)).collect();
            return format!("It takes ({}), by position.", types.join(", "));
        }
        let mut shown: Vec<String> = params
            .iter()
            .take(SHOWN_MAX)
            .map(|p| {
                let dots = if p.takes == Takes::One { "" } else { "..." };
                let optional = if p.required { "" } else { " = …" };
                format!("{dots}{}: {}{optional}", p.name, self.show(&p.ty))
            })
            .collect();
        if params.len() > SHOWN_MAX {
            shown.push("…".to_string());
        }
        format!("It is `{what}({})`.", shown.join(", "))
    }

    fn unknown_argument(&mut self, what: &str, name: &Name, params: &[Parameter]) {
        let known: Vec<&str> =
            params.iter().filter(|p| !p.name.starts_with('_')).map(|p| p.name.as_str()).collect();
        let mut diagnostic =
            Diagnostic::error("E0203", name.span, format!("`{what}` has no parameter `{}`.", name.text));
        diagnostic.help = Some(
            did_you_mean(&name.text, known.iter().copied())
                .unwrap_or_else(|| format!("It takes {}.", list_of(&known))),
        );
        self.report(diagnostic);
    }

    /// Checks all arguments against their parameters, lambdas last: by then more is known of what they take.
    pub(crate) fn check_args(&mut self, params: &[Parameter], slots: &[Slot], actuals: &[Actual<'a>]) {
        for lambdas in [false, true] {
            for (param, slot) in params.iter().zip(slots) {
                let places: &[usize] = match slot {
                    Slot::One(place) => std::slice::from_ref(place),
                    Slot::Many(places) => places,
                    Slot::Missing => &[],
                };
                for place in places {
                    let Some(actual) = actuals.get(*place) else {
                        continue;
                    };
                    let lambda = matches!(actual.expr.kind, ExprKind::Lambda { .. });
                    if lambda == lambdas {
                        self.check_actual(actual, param);
                    }
                }
            }
        }
    }

    fn check_actual(&mut self, actual: &Actual<'a>, param: &Parameter) {
        let ty = if actual.spread { Type::list(param.ty.clone()) } else { param.ty.clone() };
        let found = match &actual.known {
            Some(known) => known.clone(),
            None => self.infer(actual.expr, Some(&ty)),
        };
        if param.flexible && !actual.spread && !self.accepts(&found, &ty) && self.widen_var(&param.ty, &found)
        {
            self.flows.push((actual.expr.id, found, ty));
            return;
        }
        self.flow(actual.expr, &found, &ty);
    }

    /// Lets a variable that an earlier argument bound hold this type too, if it is a wider number or an optional.
    fn widen_var(&mut self, var: &Type, found: &Type) -> bool {
        let Type::Var(index) = var else {
            return false;
        };
        let before = self.resolve(var);
        let found = self.resolve(found);
        let joined = self.join(&before, &found);
        let modest = match &joined {
            Type::Union(members) => members.len() == 2 && members.contains(&Type::Null),
            Type::Float => true,
            _ => false,
        };
        if modest && let Some(slot) = self.vars.get_mut(*index as usize) {
            *slot = Some(joined);
            return true;
        }
        false
    }

    /// Where the call takes the parameter's value from.
    pub(crate) fn call_arg(&self, slot: &Slot, actuals: &[Actual<'a>]) -> Option<CallArg> {
        let written = |place: &usize| match actuals.get(*place).map(|a| a.source) {
            Some(Source::Written(n)) => Some(n),
            _ => None,
        };
        Some(match slot {
            Slot::Missing => return None,
            Slot::One(place) => match written(place) {
                Some(n) => CallArg::Written(n),
                None => CallArg::Receiver,
            },
            Slot::Many(places) => {
                let piped =
                    places.iter().any(|p| actuals.get(*p).is_some_and(|a| a.source == Source::Receiver));
                let list = places.iter().filter_map(written).collect();
                if piped { CallArg::PipedVariadic(list) } else { CallArg::Variadic(list) }
            }
        })
    }
}

pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// What messages call a function value, whose parameters have no names.
pub(crate) const FUNCTION_VALUE: &str = "the function";
