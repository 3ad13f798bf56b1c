//! Walks over the owned tree in the order of the text.
//!
//! A [`Visitor`] is told of every node; its default methods go on into the parts. Who overrides one decides about the
//! parts: the `walk_` function of the same name visits them.

use crate::ast::{
    Arg, Arm, Block, CellBody, Clause, Condition, Element, Else, Expr, ExprKind, Extern, HandlerClause, Item,
    ItemKind, LambdaBody, ListPattern, MapElement, Param, Pattern, PatternKind, Sig, Stmt, StmtKind,
    TemplatePart, TypeExpr, TypeExprKind, TypeParam, With, WithClause,
};

/// Sees the nodes of a tree that lives for `'n`.
pub trait Visitor<'n> {
    fn item(&mut self, item: &'n Item) {
        walk_item(self, item);
    }

    fn sig(&mut self, sig: &'n Sig) {
        walk_sig(self, sig);
    }

    fn type_param(&mut self, param: &'n TypeParam) {
        param.bounds.iter().for_each(|bound| self.type_expr(bound));
    }

    fn param(&mut self, param: &'n Param) {
        walk_param(self, param);
    }

    fn block(&mut self, block: &'n Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &'n Stmt) {
        walk_stmt(self, stmt);
    }

    fn expr(&mut self, expr: &'n Expr) {
        walk_expr(self, expr);
    }

    fn arm(&mut self, arm: &'n Arm) {
        self.pattern(&arm.pattern);
        arm.guard.iter().for_each(|guard| self.expr(guard));
        self.block(&arm.body);
    }

    fn with_clause(&mut self, clause: &'n WithClause) {
        clause.params.iter().for_each(|param| self.param(param));
        self.block(&clause.body);
    }

    fn pattern(&mut self, pattern: &'n Pattern) {
        walk_pattern(self, pattern);
    }

    fn type_expr(&mut self, ty: &'n TypeExpr) {
        walk_type_expr(self, ty);
    }
}

pub fn walk_item<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, item: &'n Item) {
    item.attrs.iter().for_each(|attr| walk_args(visitor, &attr.args));
    match &item.kind {
        ItemKind::Record(record) => {
            record.type_params.iter().for_each(|param| visitor.type_param(param));
            for field in &record.fields {
                field.attrs.iter().for_each(|attr| walk_args(visitor, &attr.args));
                visitor.type_expr(&field.ty);
                field.default.iter().chain(&field.constraint).for_each(|expr| visitor.expr(expr));
            }
            record.asks.iter().for_each(|(_, value)| visitor.expr(value));
            record.schema.iter().for_each(|(_, ty)| visitor.type_expr(ty));
            record.cells.iter().for_each(|cell| visitor.item(cell));
        }
        ItemKind::Enum(declared) => {
            declared.type_params.iter().for_each(|param| visitor.type_param(param));
            let fields = declared.variants.iter().flat_map(|variant| &variant.fields);
            fields.for_each(|(_, ty)| visitor.type_expr(ty));
            declared.cells.iter().for_each(|cell| visitor.item(cell));
        }
        ItemKind::Cell(cell) => {
            visitor.sig(&cell.sig);
            match &cell.body {
                CellBody::Expr(expr) => visitor.expr(expr),
                CellBody::Block(block) => visitor.block(block),
                CellBody::None => {}
            }
        }
        ItemKind::Const(declared) => {
            declared.ty.iter().for_each(|ty| visitor.type_expr(ty));
            visitor.expr(&declared.value);
        }
        ItemKind::TypeAlias(alias) => {
            alias.type_params.iter().for_each(|param| visitor.type_param(param));
            visitor.type_expr(&alias.ty);
            alias.constraint.iter().for_each(|expr| visitor.expr(expr));
        }
        ItemKind::Trait(declared) => {
            declared.type_params.iter().for_each(|param| visitor.type_param(param));
            declared.parents.iter().for_each(|parent| visitor.type_expr(parent));
            declared.cells.iter().for_each(|cell| visitor.item(cell));
        }
        ItemKind::Impl(declared) => {
            declared.type_params.iter().for_each(|param| visitor.type_param(param));
            declared.implements.iter().for_each(|ty| visitor.type_expr(ty));
            visitor.type_expr(&declared.target);
            declared.cells.iter().for_each(|cell| visitor.item(cell));
        }
        ItemKind::Grant(grant) => grant.keys.iter().for_each(|(_, value)| visitor.expr(value)),
        ItemKind::State(state) => {
            visitor.type_expr(&state.ty);
            state.default.iter().for_each(|expr| visitor.expr(expr));
        }
        ItemKind::Test(test) => visitor.block(&test.body),
        ItemKind::Effect(effect) => effect.operations.iter().for_each(|cell| visitor.sig(&cell.sig)),
        ItemKind::Handler(handler) => {
            for HandlerClause { cell, ret, .. } in &handler.clauses {
                visitor.sig(&cell.sig);
                ret.iter().for_each(|ty| visitor.type_expr(ty));
                if let CellBody::Block(block) = &cell.body {
                    visitor.block(block);
                }
            }
        }
        ItemKind::Extern(declared) => {
            let Extern { of, sigs } = &**declared;
            of.iter().for_each(|ty| visitor.type_expr(ty));
            sigs.iter().for_each(|sig| visitor.sig(sig));
        }
        ItemKind::Stmt(stmt) => visitor.stmt(stmt),
        ItemKind::Import(_)
        | ItemKind::Tool(_)
        | ItemKind::Bind(_)
        | ItemKind::Unsupported(_)
        | ItemKind::Error => {}
    }
}

pub fn walk_sig<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, sig: &'n Sig) {
    sig.type_params.iter().for_each(|param| visitor.type_param(param));
    sig.params.iter().for_each(|param| visitor.param(param));
    sig.ret.iter().for_each(|ty| visitor.type_expr(ty));
}

pub fn walk_param<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, param: &'n Param) {
    param.ty.iter().for_each(|ty| visitor.type_expr(ty));
    param.default.iter().for_each(|expr| visitor.expr(expr));
}

pub fn walk_stmt<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, stmt: &'n Stmt) {
    match &stmt.kind {
        StmtKind::Let { pattern, ty, value, otherwise, .. } => {
            visitor.pattern(pattern);
            ty.iter().for_each(|ty| visitor.type_expr(ty));
            visitor.expr(value);
            otherwise.iter().for_each(|block| visitor.block(block));
        }
        StmtKind::Assign { place, value, .. } => {
            visitor.expr(place);
            visitor.expr(value);
        }
        StmtKind::For { pattern, iterable, filter, body, .. } => {
            visitor.pattern(pattern);
            visitor.expr(iterable);
            filter.iter().for_each(|expr| visitor.expr(expr));
            visitor.block(body);
        }
        StmtKind::While { condition, body, .. } => {
            walk_condition(visitor, condition);
            visitor.block(body);
        }
        StmtKind::Break { value, .. } => value.iter().for_each(|expr| visitor.expr(expr)),
        StmtKind::Return(value) => value.iter().for_each(|expr| visitor.expr(expr)),
        StmtKind::Assert { condition, message } => {
            visitor.expr(condition);
            message.iter().for_each(|expr| visitor.expr(expr));
        }
        StmtKind::Defer(block) => visitor.block(block),
        StmtKind::Cell(item) => visitor.item(item),
        StmtKind::Emit(expr) | StmtKind::Halt(expr) | StmtKind::Yield(expr) | StmtKind::Expr(expr) => {
            visitor.expr(expr)
        }
        StmtKind::Continue { .. } | StmtKind::Error => {}
    }
}

fn walk_condition<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, condition: &'n Condition) {
    match condition {
        Condition::Expr(expr) => visitor.expr(expr),
        Condition::Let(pattern, expr) => {
            visitor.pattern(pattern);
            visitor.expr(expr);
        }
    }
}

fn walk_args<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, args: &'n [Arg]) {
    args.iter().for_each(|arg| visitor.expr(&arg.value));
}

fn walk_clauses<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, clauses: &'n [Clause]) {
    for Clause { pattern, iterable, condition } in clauses {
        visitor.pattern(pattern);
        visitor.expr(iterable);
        condition.iter().for_each(|expr| visitor.expr(expr));
    }
}

pub fn walk_expr<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, expr: &'n Expr) {
    match &expr.kind {
        ExprKind::Template(parts) | ExprKind::Role { parts, .. } => {
            for part in parts {
                if let TemplatePart::Value { value, .. } = part {
                    visitor.expr(value);
                }
            }
        }
        ExprKind::List(items) | ExprKind::Set(items) => {
            for Element::Value(expr) | Element::Spread(expr) in items {
                visitor.expr(expr);
            }
        }
        ExprKind::Map(items) => {
            for item in items {
                match item {
                    MapElement::Pair(key, value) => {
                        visitor.expr(key);
                        visitor.expr(value);
                    }
                    MapElement::Spread(expr) => visitor.expr(expr),
                }
            }
        }
        ExprKind::Tuple(items) => items.iter().for_each(|expr| visitor.expr(expr)),
        ExprKind::ListComprehension { element, clauses }
        | ExprKind::SetComprehension { element, clauses } => {
            visitor.expr(element);
            walk_clauses(visitor, clauses);
        }
        ExprKind::MapComprehension { entry, clauses } => {
            visitor.expr(&entry.0);
            visitor.expr(&entry.1);
            walk_clauses(visitor, clauses);
        }
        ExprKind::Unary { operand: expr, .. }
        | ExprKind::Try(expr)
        | ExprKind::Unwrap(expr)
        | ExprKind::Field { base: expr, .. } => visitor.expr(expr),
        ExprKind::Cast { value, ty }
        | ExprKind::Is { value, ty, .. }
        | ExprKind::ExpectSchema { value, ty } => {
            visitor.expr(value);
            visitor.type_expr(ty);
        }
        ExprKind::Binary { left, right, .. } | ExprKind::Range { start: left, end: right, .. } => {
            visitor.expr(left);
            visitor.expr(right);
        }
        ExprKind::TryElse { value, fallback, .. } => {
            visitor.expr(value);
            visitor.expr(fallback);
        }
        ExprKind::Index { base, index, .. } => {
            visitor.expr(base);
            visitor.expr(index);
        }
        ExprKind::Slice { base, start, end, .. } => {
            visitor.expr(base);
            start.iter().chain(end).for_each(|expr| visitor.expr(expr));
        }
        ExprKind::Call { callee, type_args, args } => {
            visitor.expr(callee);
            type_args.iter().for_each(|ty| visitor.type_expr(ty));
            walk_args(visitor, args);
        }
        ExprKind::Lambda { params, ret, body } => {
            params.iter().for_each(|param| visitor.param(param));
            ret.iter().for_each(|ty| visitor.type_expr(ty));
            match &**body {
                LambdaBody::Expr(expr) => visitor.expr(expr),
                LambdaBody::Block(block) => visitor.block(block),
            }
        }
        ExprKind::If { condition, then, otherwise } => {
            walk_condition(visitor, condition);
            visitor.block(then);
            match otherwise {
                Some(Else::Block(block)) => visitor.block(block),
                Some(Else::If(expr)) => visitor.expr(expr),
                None => {}
            }
        }
        ExprKind::Match { subject, arms } => {
            visitor.expr(subject);
            arms.iter().for_each(|arm| visitor.arm(arm));
        }
        ExprKind::When { arms } => {
            for (condition, value) in arms {
                condition.iter().for_each(|expr| visitor.expr(expr));
                visitor.expr(value);
            }
        }
        ExprKind::Loop { body, .. } => visitor.block(body),
        ExprKind::Do(body) | ExprKind::Comptime(body) => visitor.block(body),
        ExprKind::Upsert(upsert) => {
            for write in &upsert.writes {
                visitor.expr(&write.place);
                visitor.expr(&write.value);
            }
            upsert.guard.iter().for_each(|expr| visitor.expr(expr));
            visitor.expr(&upsert.because);
        }
        ExprKind::Python(cell) => cell.inputs.iter().for_each(|(_, expr)| visitor.expr(expr)),
        ExprKind::Perform { args, .. } => walk_args(visitor, args),
        ExprKind::Spawn(expr) | ExprKind::Await(expr) => visitor.expr(expr),
        ExprKind::Tasks(tasks) => {
            walk_args(visitor, &tasks.args);
            if let Some((pattern, iterable)) = &tasks.each {
                visitor.pattern(pattern);
                visitor.expr(iterable);
            }
            visitor.block(&tasks.body);
        }
        ExprKind::Handle { body, with } => {
            visitor.block(body);
            if let With::Clauses(clauses) = &**with {
                clauses.iter().for_each(|clause| visitor.with_clause(clause));
            }
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

pub fn walk_pattern<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, pattern: &'n Pattern) {
    match &pattern.kind {
        PatternKind::Literal(expr) => visitor.expr(expr),
        PatternKind::Range { start, end, .. } => {
            visitor.expr(start);
            visitor.expr(end);
        }
        PatternKind::Bind { ty, .. } => ty.iter().for_each(|ty| visitor.type_expr(ty)),
        PatternKind::Tuple(items) | PatternKind::Or(items) => {
            items.iter().for_each(|item| visitor.pattern(item));
        }
        PatternKind::Constructor { fields, .. } => {
            fields.iter().for_each(|(_, field)| visitor.pattern(field));
        }
        PatternKind::List { items } => {
            for item in items {
                if let ListPattern::Item(item) = item {
                    visitor.pattern(item);
                }
            }
        }
        PatternKind::As(inner, _) => visitor.pattern(inner),
        PatternKind::Wildcard | PatternKind::Error => {}
    }
}

pub fn walk_type_expr<'n, V: Visitor<'n> + ?Sized>(visitor: &mut V, ty: &'n TypeExpr) {
    match &ty.kind {
        TypeExprKind::Path { args: parts, .. } | TypeExprKind::Tuple(parts) | TypeExprKind::Union(parts) => {
            parts.iter().for_each(|part| visitor.type_expr(part));
        }
        TypeExprKind::Optional(inner) => visitor.type_expr(inner),
        TypeExprKind::Fn { params, ret, .. } => {
            params.iter().for_each(|param| visitor.type_expr(param));
            visitor.type_expr(ret);
        }
        TypeExprKind::Structure(fields) => fields.iter().for_each(|(_, ty)| visitor.type_expr(ty)),
        TypeExprKind::Size(_) | TypeExprKind::Error => {}
    }
}
