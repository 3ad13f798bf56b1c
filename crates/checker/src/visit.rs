//! Which variables a block assigns.

use syntax::ast::{
    Arg, Block, Clause, Condition, Element, Else, Expr, ExprKind, LambdaBody, MapElement, Stmt, StmtKind,
    TemplatePart,
};

/// Names of all variables that the block assigns, in order, with repetitions; nested blocks and lambdas included.
pub(crate) fn assigned_names(block: &Block) -> Vec<&str> {
    let mut names = Vec::new();
    visit_block(block, &mut names);
    names
}

fn root<'n>(place: &'n Expr, names: &mut Vec<&'n str>) {
    match &place.kind {
        ExprKind::Name(name) => names.push(name),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(base, names),
        _ => {}
    }
}

fn visit_block<'n>(block: &'n Block, names: &mut Vec<&'n str>) {
    block.stmts.iter().for_each(|stmt| visit_stmt(stmt, names));
}

fn visit_condition<'n>(condition: &'n Condition, names: &mut Vec<&'n str>) {
    match condition {
        Condition::Expr(e) | Condition::Let(_, e) => visit(e, names),
    }
}

fn visit_stmt<'n>(stmt: &'n Stmt, names: &mut Vec<&'n str>) {
    match &stmt.kind {
        StmtKind::Let { value, otherwise, .. } => {
            visit(value, names);
            otherwise.iter().for_each(|block| visit_block(block, names));
        }
        StmtKind::Assign { place, value, .. } => {
            root(place, names);
            visit(value, names);
        }
        StmtKind::For { iterable, filter, body, .. } => {
            visit(iterable, names);
            filter.iter().for_each(|e| visit(e, names));
            visit_block(body, names);
        }
        StmtKind::While { condition, body, .. } => {
            visit_condition(condition, names);
            visit_block(body, names);
        }
        StmtKind::Break { value, .. } | StmtKind::Return(value) => value.iter().for_each(|e| visit(e, names)),
        StmtKind::Emit(e) | StmtKind::Expr(e) => visit(e, names),
        StmtKind::Assert { condition, message } => {
            visit(condition, names);
            message.iter().for_each(|e| visit(e, names));
        }
        StmtKind::Defer(block) => visit_block(block, names),
        StmtKind::Cell(item) => {
            if let syntax::ast::ItemKind::Cell(cell) = &item.kind {
                match &cell.body {
                    syntax::ast::CellBody::Expr(e) => visit(e, names),
                    syntax::ast::CellBody::Block(block) => visit_block(block, names),
                    syntax::ast::CellBody::None => {}
                }
            }
        }
        StmtKind::Continue { .. } | StmtKind::Unsupported(_) | StmtKind::Error => {}
    }
}

fn visit_clauses<'n>(clauses: &'n [Clause], names: &mut Vec<&'n str>) {
    for clause in clauses {
        visit(&clause.iterable, names);
        clause.condition.iter().for_each(|e| visit(e, names));
    }
}

fn visit_args<'n>(args: &'n [Arg], names: &mut Vec<&'n str>) {
    args.iter().for_each(|arg| visit(&arg.value, names));
}

fn visit<'n>(e: &'n Expr, names: &mut Vec<&'n str>) {
    match &e.kind {
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Value { value, .. } = part {
                    visit(value, names);
                }
            }
        }
        ExprKind::List(items) | ExprKind::Set(items) => {
            for item in items {
                match item {
                    Element::Value(e) | Element::Spread(e) => visit(e, names),
                }
            }
        }
        ExprKind::Map(items) => {
            for item in items {
                match item {
                    MapElement::Pair(k, v) => {
                        visit(k, names);
                        visit(v, names);
                    }
                    MapElement::Spread(e) => visit(e, names),
                }
            }
        }
        ExprKind::Tuple(items) => items.iter().for_each(|e| visit(e, names)),
        ExprKind::ListComprehension { element, clauses }
        | ExprKind::SetComprehension { element, clauses } => {
            visit(element, names);
            visit_clauses(clauses, names);
        }
        ExprKind::MapComprehension { key, value, clauses } => {
            visit(key, names);
            visit(value, names);
            visit_clauses(clauses, names);
        }
        ExprKind::Unary { operand: e, .. }
        | ExprKind::Try(e)
        | ExprKind::Unwrap(e)
        | ExprKind::Cast { value: e, .. }
        | ExprKind::Is { value: e, .. }
        | ExprKind::ExpectSchema { value: e, .. }
        | ExprKind::Field { base: e, .. } => visit(e, names),
        ExprKind::Binary { left, right, .. } | ExprKind::Range { start: left, end: right, .. } => {
            visit(left, names);
            visit(right, names);
        }
        ExprKind::TryElse { value, fallback, .. } => {
            visit(value, names);
            visit(fallback, names);
        }
        ExprKind::Index { base, index, .. } => {
            visit(base, names);
            visit(index, names);
        }
        ExprKind::Slice { base, start, end, .. } => {
            visit(base, names);
            [start, end].into_iter().flatten().for_each(|e| visit(e, names));
        }
        ExprKind::Call { callee, args, .. } => {
            visit(callee, names);
            visit_args(args, names);
        }
        ExprKind::Lambda { body, .. } => match &**body {
            LambdaBody::Expr(e) => visit(e, names),
            LambdaBody::Block(block) => visit_block(block, names),
        },
        ExprKind::If { condition, then, otherwise } => {
            visit_condition(condition, names);
            visit_block(then, names);
            match otherwise {
                Some(Else::Block(block)) => visit_block(block, names),
                Some(Else::If(e)) => visit(e, names),
                None => {}
            }
        }
        ExprKind::Match { subject, arms } => {
            visit(subject, names);
            for arm in arms {
                arm.guard.iter().for_each(|e| visit(e, names));
                visit_block(&arm.body, names);
            }
        }
        ExprKind::When { arms } => {
            for (condition, value) in arms {
                condition.iter().for_each(|e| visit(e, names));
                visit(value, names);
            }
        }
        ExprKind::Loop { body, .. } | ExprKind::Do(body) => visit_block(body, names),
        ExprKind::Upsert(upsert) => {
            for write in &upsert.writes {
                visit(&write.place, names);
                visit(&write.value, names);
            }
            upsert.guard.iter().for_each(|e| visit(e, names));
            visit(&upsert.because, names);
        }
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Null
        | ExprKind::Str(_)
        | ExprKind::Bytes(_)
        | ExprKind::Name(_)
        | ExprKind::Unsupported(_)
        | ExprKind::Error => {}
    }
}
