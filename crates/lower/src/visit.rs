//! How often an expression mentions something.

use syntax::ast::{Element, Expr, ExprKind, MapElement, TemplatePart};

/// How many sub-expressions satisfy the test. What holds statements counts as many: they are not looked into.
pub(crate) fn mentions(e: &Expr, test: &dyn Fn(&Expr) -> bool) -> usize {
    const MANY: usize = 1_000;
    let all = |items: &mut dyn Iterator<Item = &Expr>| items.map(|e| mentions(e, test)).sum::<usize>();
    let inner = match &e.kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::Str(_)
        | ExprKind::Bytes(_)
        | ExprKind::Name(_) => 0,
        ExprKind::Template(parts) => all(&mut parts.iter().filter_map(|p| match p {
            TemplatePart::Value { value, .. } => Some(value),
            TemplatePart::Text(_) => None,
        })),
        ExprKind::List(items) | ExprKind::Set(items) => all(&mut items.iter().map(|i| match i {
            Element::Value(e) | Element::Spread(e) => e,
        })),
        ExprKind::Tuple(items) => all(&mut items.iter()),
        ExprKind::Map(items) => items
            .iter()
            .map(|i| match i {
                MapElement::Pair(k, v) => mentions(k, test) + mentions(v, test),
                MapElement::Spread(e) => mentions(e, test),
            })
            .sum(),
        ExprKind::Unary { operand: e, .. }
        | ExprKind::Try(e)
        | ExprKind::Unwrap(e)
        | ExprKind::Cast { value: e, .. }
        | ExprKind::Is { value: e, .. }
        | ExprKind::ExpectSchema { value: e, .. }
        | ExprKind::Field { base: e, .. } => mentions(e, test),
        ExprKind::Binary { left, right, .. } => mentions(left, test) + mentions(right, test),
        ExprKind::Range { start, end, .. } => mentions(start, test) + mentions(end, test),
        ExprKind::TryElse { value, fallback, .. } => mentions(value, test) + mentions(fallback, test),
        ExprKind::Index { base, index, .. } => mentions(base, test) + mentions(index, test),
        ExprKind::Slice { base, start, end, .. } => {
            mentions(base, test) + all(&mut start.iter().chain(end).map(|e| &**e))
        }
        ExprKind::Call { callee, args, .. } => {
            mentions(callee, test) + all(&mut args.iter().map(|a| &a.value))
        }
        _ => MANY,
    };
    inner + usize::from(test(e))
}
