//! A tree-walking interpreter, the judge of checker, lowering and machine together: it knows no types and no registers,
//! only what the language says that a program means. Slow, and as plain as can be. It holds what
//! [`generate`](super::generate) makes; any other construct is a panic.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

use syntax::ast::*;

/// Steps after which a program is given up: what the generator makes ends, but may take long.
const STEPS_MAX: usize = 400_000;
const DEPTH_MAX: usize = 200;

#[derive(Clone, Debug)]
pub enum V {
    Null,
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
    List(Vec<V>),
    Tuple(Vec<V>),
    Map(Vec<(V, V)>),
    Record(String, Vec<(String, V)>),
    Variant(String, Vec<V>),
    Ok(Box<V>),
    Err(Box<V>),
    Closure(Rc<Closure>),
}

#[derive(Debug)]
pub struct Closure {
    params: Vec<Param>,
    body: LambdaBody,
    scope: Scope,
}

/// Why the walk of a part ends without a value of its own.
pub enum Stop {
    Fault(&'static str),
    Return(V),
    Break(Option<String>, V),
    Continue(Option<String>),
    /// Too long: the program says nothing.
    Tired,
}

type Walked<T> = Result<T, Stop>;

fn fault<T>(code: &'static str) -> Walked<T> {
    Err(Stop::Fault(code))
}

/// Variables, innermost last. Closures share the cells.
type Scope = Vec<(String, Rc<RefCell<V>>)>;

/// Runs the cell `main`; what it printed, and the code of the fault that ended it. `None` if it takes too long.
pub fn run(module: &Module) -> Option<(String, Option<&'static str>)> {
    let mut walk =
        Walk { cells: HashMap::new(), records: HashMap::new(), out: String::new(), steps: 0, depth: 0 };
    for item in &module.items {
        match &item.kind {
            ItemKind::Cell(cell) => {
                walk.cells.insert(cell.sig.name.dotted(), cell);
            }
            ItemKind::Record(record) => {
                walk.records.insert(record.name.text.clone(), record);
            }
            ItemKind::Enum(_) => {}
            other => panic!("no generated program has a {other:?}"),
        }
    }
    let end = walk.call_cell("main", Vec::new());
    match end {
        Ok(_) => Some((walk.out, None)),
        Err(Stop::Fault(code)) => Some((walk.out, Some(code))),
        Err(Stop::Tired) => None,
        Err(_) => panic!("control left a cell"),
    }
}

struct Walk<'m> {
    cells: HashMap<String, &'m Cell>,
    records: HashMap<String, &'m Record>,
    out: String,
    steps: usize,
    depth: usize,
}

impl Walk<'_> {
    fn call_cell(&mut self, name: &str, args: Vec<V>) -> Walked<V> {
        let cell = self.cells[name];
        let mut scope = Scope::new();
        for (param, arg) in cell.sig.params.iter().zip(args) {
            bind(&mut scope, &param.name.text, arg);
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Stop::Tired);
        }
        let done = match &cell.body {
            CellBody::Expr(body) => self.expr(body, &mut scope),
            CellBody::Block(body) => self.block(body, &mut scope),
            CellBody::None => panic!("a cell without body"),
        };
        self.depth -= 1;
        returned(done)
    }

    fn call_closure(&mut self, closure: &Closure, args: Vec<V>) -> Walked<V> {
        let mut scope = closure.scope.clone();
        for (param, arg) in closure.params.iter().zip(args) {
            bind(&mut scope, &param.name.text, arg);
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Stop::Tired);
        }
        let done = match &closure.body {
            LambdaBody::Expr(body) => self.expr(body, &mut scope),
            LambdaBody::Block(body) => self.block(body, &mut scope),
        };
        self.depth -= 1;
        returned(done)
    }

    /// A block's value is that of its last statement. What it defers runs when it is left, the newest first.
    fn block(&mut self, block: &Block, scope: &mut Scope) -> Walked<V> {
        let outside = scope.len();
        let mut deferred = Vec::new();
        let mut value = Ok(V::Null);
        for stmt in &block.stmts {
            if let StmtKind::Defer(body) = &stmt.kind {
                deferred.push((body, scope.clone()));
                value = Ok(V::Null);
                continue;
            }
            value = self.statement(stmt, scope);
            if value.is_err() {
                break;
            }
        }
        // Every way out runs them, and the first fault is the one told.
        for (body, mut inner) in deferred.into_iter().rev() {
            if matches!(value, Err(Stop::Tired)) {
                break;
            }
            match self.block(body, &mut inner) {
                Err(Stop::Tired) => value = Err(Stop::Tired),
                Err(stop) if !matches!(value, Err(Stop::Fault(_))) => value = Err(stop),
                _ => {}
            }
        }
        scope.truncate(outside);
        value
    }

    fn statement(&mut self, stmt: &Stmt, scope: &mut Scope) -> Walked<V> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(Stop::Tired);
        }
        match &stmt.kind {
            StmtKind::Let { pattern, value, otherwise, .. } => {
                let value = self.expr(value, scope)?;
                if !self.matches(pattern, &value, scope)? {
                    match otherwise {
                        Some(block) => {
                            self.block(block, scope)?;
                        }
                        None => return fault("R0105"),
                    }
                }
            }
            StmtKind::Assign { place, op, value } => self.assign(place, *op, value, scope)?,
            StmtKind::For { label, pattern, iterable, filter, body } => {
                let items = self.expr(iterable, scope)?;
                for item in elements(&items) {
                    let outside = scope.len();
                    assert!(self.matches(pattern, &item, scope)?, "an irrefutable pattern");
                    let taken = match filter {
                        Some(filter) => truth(&self.expr(filter, scope)?),
                        None => true,
                    };
                    let done = if taken { self.block(body, scope) } else { Ok(V::Null) };
                    scope.truncate(outside);
                    if looped(done, label)?.is_some() {
                        break;
                    }
                }
            }
            StmtKind::While { label, condition, body } => loop {
                self.steps += 1;
                if self.steps > STEPS_MAX {
                    return Err(Stop::Tired);
                }
                let outside = scope.len();
                if !self.condition(condition, scope)? {
                    scope.truncate(outside);
                    break;
                }
                let done = self.block(body, scope);
                scope.truncate(outside);
                if looped(done, label)?.is_some() {
                    break;
                }
            },
            StmtKind::Break { label, value } => {
                let value = value.as_ref().map_or(Ok(V::Null), |value| self.expr(value, scope))?;
                return Err(Stop::Break(label.as_ref().map(|l| l.text.clone()), value));
            }
            StmtKind::Continue { label } => {
                return Err(Stop::Continue(label.as_ref().map(|l| l.text.clone())));
            }
            StmtKind::Return(value) => {
                let value = value.as_ref().map_or(Ok(V::Null), |value| self.expr(value, scope))?;
                return Err(Stop::Return(value));
            }
            StmtKind::Expr(e) => return self.expr(e, scope),
            other => panic!("no generated program has a {other:?}"),
        }
        Ok(V::Null)
    }

    fn assign(&mut self, place: &Expr, op: Option<BinaryOp>, value: &Expr, scope: &mut Scope) -> Walked<()> {
        // The place's keys are computed first, then the value; only then the place is read.
        let mut path = Vec::new();
        let mut base = place;
        let variable = loop {
            match &base.kind {
                ExprKind::Name(name) => break find(scope, name),
                ExprKind::Field { base: inner, name, .. } => {
                    path.push(Step::Field(name.text.clone()));
                    base = inner;
                }
                ExprKind::Index { base: inner, index, .. } => {
                    path.push(Step::Index(self.expr(index, scope)?));
                    base = inner;
                }
                other => panic!("no generated program assigns to {other:?}"),
            }
        };
        path.reverse();
        let mut new = self.expr(value, scope)?;
        let mut whole = variable.borrow_mut();
        if let Some(op) = op {
            new = operate(op, stepped(&mut whole, &path)?.clone(), new)?;
        }
        if let ([Step::Index(key)], V::Map(entries)) = (&path[..], &mut *whole) {
            match entries.iter_mut().find(|(k, _)| equal(k, key)) {
                Some(entry) => entry.1 = new,
                None => entries.push((key.clone(), new)),
            }
            return Ok(());
        }
        *stepped(&mut whole, &path)? = new;
        Ok(())
    }

    fn condition(&mut self, condition: &Condition, scope: &mut Scope) -> Walked<bool> {
        match condition {
            Condition::Expr(e) => Ok(truth(&self.expr(e, scope)?)),
            Condition::Let(pattern, e) => {
                let value = self.expr(e, scope)?;
                self.matches(pattern, &value, scope)
            }
        }
    }

    fn exprs(&mut self, exprs: &[Expr], scope: &mut Scope) -> Walked<Vec<V>> {
        exprs.iter().map(|e| self.expr(e, scope)).collect()
    }

    fn expr(&mut self, e: &Expr, scope: &mut Scope) -> Walked<V> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return Err(Stop::Tired);
        }
        Ok(match &e.kind {
            ExprKind::Int(x) => V::Int(*x),
            ExprKind::Float(x) => V::Float(*x),
            ExprKind::Bool(x) => V::Bool(*x),
            ExprKind::Null => V::Null,
            ExprKind::Str(text) => V::Str(text.clone()),
            ExprKind::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    match part {
                        TemplatePart::Text(t) => text.push_str(t),
                        TemplatePart::Value { value, format: None } => {
                            text.push_str(&shown(&self.expr(value, scope)?));
                        }
                        TemplatePart::Value { .. } => panic!("no generated program has a format"),
                    }
                }
                V::Str(text)
            }
            ExprKind::Name(name) => {
                match scope.iter().rev().find(|(n, _)| n == name) {
                    Some((_, cell)) => cell.borrow().clone(),
                    // A variant without payload.
                    None => V::Variant(name.clone(), Vec::new()),
                }
            }
            ExprKind::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    match item {
                        Element::Value(e) => list.push(self.expr(e, scope)?),
                        Element::Spread(e) => list.extend(elements(&self.expr(e, scope)?)),
                    }
                }
                V::List(list)
            }
            ExprKind::Tuple(items) => V::Tuple(self.exprs(items, scope)?),
            ExprKind::Map(items) => {
                let mut map: Vec<(V, V)> = Vec::new();
                for item in items {
                    let MapElement::Pair(key, value) = item else {
                        panic!("no generated program spreads a map")
                    };
                    let (key, value) = (self.expr(key, scope)?, self.expr(value, scope)?);
                    match map.iter_mut().find(|(k, _)| equal(k, &key)) {
                        Some(entry) => entry.1 = value,
                        None => map.push((key, value)),
                    }
                }
                V::Map(map)
            }
            ExprKind::ListComprehension { element, clauses } => {
                let mut list = Vec::new();
                self.comprehend(element, clauses, scope, &mut list)?;
                V::List(list)
            }
            ExprKind::Unary { op, operand } => match (op, self.expr(operand, scope)?) {
                (UnaryOp::Neg, V::Int(x)) => V::Int(x.checked_neg().ok_or(Stop::Fault("R0201"))?),
                (UnaryOp::Neg, V::Float(x)) => V::Float(-x),
                (UnaryOp::BitNot, V::Int(x)) => V::Int(!x),
                (UnaryOp::Not, V::Bool(x)) => V::Bool(!x),
                (op, value) => panic!("{op:?} of {value:?}"),
            },
            ExprKind::Binary { op, left, right, .. } => {
                let left = self.expr(left, scope)?;
                match (op, &left) {
                    (BinaryOp::And, V::Bool(false)) | (BinaryOp::Or, V::Bool(true)) => return Ok(left),
                    (BinaryOp::And | BinaryOp::Or, _) => return self.expr(right, scope),
                    (BinaryOp::Coalesce, V::Null) => return self.expr(right, scope),
                    (BinaryOp::Coalesce, _) => return Ok(left),
                    (BinaryOp::Pipe, _) => {
                        let callee = self.expr(right, scope)?;
                        return self.apply(&callee, vec![left]);
                    }
                    _ => {}
                }
                let right = self.expr(right, scope)?;
                operate(*op, left, right)?
            }
            ExprKind::Range { start, end, inclusive } => {
                let (V::Int(a), V::Int(b)) = (self.expr(start, scope)?, self.expr(end, scope)?) else {
                    panic!("a range over no Ints")
                };
                let end = if *inclusive { b.saturating_add(1) } else { b };
                V::List((a..end).map(V::Int).collect())
            }
            ExprKind::Try(inner) => match self.expr(inner, scope)? {
                V::Ok(value) => *value,
                err @ V::Err(_) => return Err(Stop::Return(err)),
                other => panic!("`?` of {other:?}"),
            },
            ExprKind::TryElse { value, name, fallback } => match self.expr(value, scope)? {
                V::Ok(value) => *value,
                V::Err(why) => {
                    let outside = scope.len();
                    if let Some(name) = name {
                        bind(scope, &name.text, *why);
                    }
                    let value = self.expr(fallback, scope);
                    scope.truncate(outside);
                    value?
                }
                other => panic!("`try` of {other:?}"),
            },
            ExprKind::Unwrap(inner) => match self.expr(inner, scope)? {
                V::Null => return fault("R0103"),
                value => value,
            },
            ExprKind::Cast { value, ty } => {
                let TypeExprKind::Path { path, .. } = &ty.kind else { panic!("a cast to {ty:?}") };
                match (path.dotted().as_str(), self.expr(value, scope)?) {
                    ("Float", V::Int(x)) => V::Float(x as f64),
                    ("Float", float @ V::Float(_)) => float,
                    ("Int", V::Float(x)) => {
                        let whole = x.trunc();
                        // 2^63 is the first Float that is too large.
                        if !(whole >= -(2f64.powi(63)) && whole < 2f64.powi(63)) {
                            return fault("R0204");
                        }
                        V::Int(whole as i64)
                    }
                    (ty, value) => panic!("{value:?} as {ty}"),
                }
            }
            ExprKind::Field { base, name, optional } => match self.expr(base, scope)? {
                V::Null if *optional => V::Null,
                V::Tuple(items) => items[name.text.parse::<usize>().expect("a place")].clone(),
                V::Record(_, fields) => fields.into_iter().find(|(n, _)| *n == name.text).expect("a field").1,
                other => panic!("a field of {other:?}"),
            },
            ExprKind::Index { base, index, optional } => {
                let base = self.expr(base, scope)?;
                let index = self.expr(index, scope)?;
                match indexed(&base, &index) {
                    Err(Stop::Fault(_)) if *optional => V::Null,
                    found => found?,
                }
            }
            ExprKind::Call { callee, args, .. } => return self.call(callee, args, scope),
            ExprKind::Lambda { params, body, .. } => V::Closure(Rc::new(Closure {
                params: params.to_vec(),
                body: (**body).clone(),
                scope: scope.clone(),
            })),
            ExprKind::If { condition, then, otherwise } => {
                let outside = scope.len();
                let value = match self.condition(condition, scope)? {
                    true => self.block(then, scope),
                    false => {
                        scope.truncate(outside);
                        match otherwise {
                            Some(Else::Block(block)) => self.block(block, scope),
                            Some(Else::If(e)) => self.expr(e, scope),
                            None => Ok(V::Null),
                        }
                    }
                };
                scope.truncate(outside);
                value?
            }
            ExprKind::Match { subject, arms } => {
                let subject = self.expr(subject, scope)?;
                let outside = scope.len();
                for arm in arms {
                    let taken = self.matches(&arm.pattern, &subject, scope)?
                        && match &arm.guard {
                            Some(guard) => truth(&self.expr(guard, scope)?),
                            None => true,
                        };
                    if taken {
                        let value = self.block(&arm.body, scope);
                        scope.truncate(outside);
                        return value;
                    }
                    scope.truncate(outside);
                }
                panic!("a match that is not exhaustive")
            }
            ExprKind::Loop { label, body } => loop {
                if let Some(value) = looped(self.block(body, scope), label)? {
                    break value;
                }
            },
            ExprKind::Do(block) => self.block(block, scope)?,
            other => panic!("no generated program has a {other:?}"),
        })
    }

    fn comprehend(
        &mut self,
        element: &Expr,
        clauses: &[Clause],
        scope: &mut Scope,
        list: &mut Vec<V>,
    ) -> Walked<()> {
        let Some((clause, rest)) = clauses.split_first() else {
            list.push(self.expr(element, scope)?);
            return Ok(());
        };
        let items = self.expr(&clause.iterable, scope)?;
        for item in elements(&items) {
            let outside = scope.len();
            assert!(self.matches(&clause.pattern, &item, scope)?, "an irrefutable pattern");
            let taken = match &clause.condition {
                Some(condition) => truth(&self.expr(condition, scope)?),
                None => true,
            };
            if taken {
                self.comprehend(element, rest, scope, list)?;
            }
            scope.truncate(outside);
        }
        Ok(())
    }

    fn apply(&mut self, callee: &V, args: Vec<V>) -> Walked<V> {
        match callee {
            V::Closure(closure) => self.call_closure(&Rc::clone(closure), args),
            other => panic!("a call of {other:?}"),
        }
    }

    fn call(&mut self, callee: &Expr, args: &[Arg], scope: &mut Scope) -> Walked<V> {
        let ExprKind::Name(name) = &callee.kind else {
            let callee = self.expr(callee, scope)?;
            let args = args.iter().map(|a| self.expr(&a.value, scope)).collect::<Walked<_>>()?;
            return self.apply(&callee, args);
        };
        if let Some(record) = self.records.get(name).copied() {
            return self.construct(record, args, scope);
        }
        let values: Vec<V> = args.iter().map(|a| self.expr(&a.value, scope)).collect::<Walked<_>>()?;
        if let Some((_, variable)) = scope.iter().rev().find(|(n, _)| n == name) {
            let callee = variable.borrow().clone();
            return self.apply(&callee, values);
        }
        if self.cells.contains_key(name) {
            return self.call_cell(name, values);
        }
        self.builtin(name, values)
    }

    /// Arguments are computed in the order in which they stand; a default sees the fields before its own.
    fn construct(&mut self, record: &Record, args: &[Arg], scope: &mut Scope) -> Walked<V> {
        let mut given: HashMap<String, V> = HashMap::new();
        for (place, arg) in args.iter().enumerate() {
            let name = arg.name.as_ref().map_or(&record.fields[place].name.text, |n| &n.text);
            let value = self.expr(&arg.value, scope)?;
            given.insert(name.clone(), value);
        }
        let mut fields = Vec::new();
        let mut inside = Scope::new();
        for field in &record.fields {
            let name = &field.name.text;
            let value = match given.remove(name) {
                Some(value) => value,
                None => self.expr(field.default.as_ref().expect("a default"), &mut inside)?,
            };
            bind(&mut inside, name, value.clone());
            fields.push((name.clone(), value));
        }
        Ok(V::Record(record.name.text.clone(), fields))
    }

    fn builtin(&mut self, name: &str, mut args: Vec<V>) -> Walked<V> {
        Ok(match (name, &mut args[..]) {
            ("print", [value]) => {
                self.out.push_str(&shown(value));
                self.out.push('\n');
                V::Null
            }
            ("len", [V::Str(text)]) => V::Int(text.chars().count() as i64),
            ("len", [V::List(items)]) => V::Int(items.len() as i64),
            ("len", [V::Map(items)]) => V::Int(items.len() as i64),
            ("to_string", [value]) => V::Str(shown(value)),
            ("upper", [V::Str(text)]) => V::Str(text.to_uppercase()),
            ("append", [V::List(items), item]) => {
                let mut items = items.clone();
                items.push(item.clone());
                V::List(items)
            }
            ("reverse", [V::List(items)]) => V::List(items.iter().rev().cloned().collect()),
            ("sort", [V::List(items)]) => {
                let mut items = items.clone();
                items.sort_by_key(|item| match item {
                    V::Int(x) => *x,
                    other => panic!("sort of {other:?}"),
                });
                V::List(items)
            }
            ("sum", [V::List(items)]) => {
                let mut total = 0i64;
                for item in items {
                    let V::Int(x) = item else { panic!("sum of {item:?}") };
                    total = total.checked_add(*x).ok_or(Stop::Fault("R0201"))?;
                }
                V::Int(total)
            }
            ("map", [V::List(items), f]) => {
                let (items, f) = (items.clone(), f.clone());
                V::List(items.into_iter().map(|item| self.apply(&f, vec![item])).collect::<Walked<_>>()?)
            }
            ("filter", [V::List(items), f]) => {
                let (items, f) = (items.clone(), f.clone());
                let mut kept = Vec::new();
                for item in items {
                    if truth(&self.apply(&f, vec![item.clone()])?) {
                        kept.push(item);
                    }
                }
                V::List(kept)
            }
            ("reduce", [V::List(items), f, first]) => {
                let (items, f, mut total) = (items.clone(), f.clone(), first.clone());
                for item in items {
                    total = self.apply(&f, vec![total, item])?;
                }
                total
            }
            ("ok", [value]) => V::Ok(Box::new(value.clone())),
            ("err", [value]) => V::Err(Box::new(value.clone())),
            (variant, _) if variant.starts_with(char::is_uppercase) => V::Variant(variant.to_string(), args),
            (other, args) => panic!("no generated program calls {other} with {args:?}"),
        })
    }

    /// Whether a value has a form; binds what the form names.
    fn matches(&mut self, pattern: &Pattern, value: &V, scope: &mut Scope) -> Walked<bool> {
        Ok(match &pattern.kind {
            PatternKind::Wildcard => true,
            PatternKind::Literal(e) => equal(&self.expr(e, scope)?, value),
            PatternKind::Range { start, end, inclusive } => {
                let (V::Int(a), V::Int(b), V::Int(x)) =
                    (self.expr(start, scope)?, self.expr(end, scope)?, value)
                else {
                    panic!("a range over no Ints")
                };
                a <= *x && if *inclusive { *x <= b } else { *x < b }
            }
            PatternKind::Bind { name, ty } => {
                // The only type that is asked for is Int, of what may be null.
                if ty.is_some() && matches!(value, V::Null) {
                    return Ok(false);
                }
                bind(scope, &name.text, value.clone());
                true
            }
            PatternKind::Tuple(patterns) => {
                let V::Tuple(items) = value else { panic!("a tuple, not {value:?}") };
                self.all(patterns.iter().zip(items), scope)?
            }
            PatternKind::Constructor { path, fields, .. } => {
                let (name, items) = match value {
                    V::Ok(inner) => ("ok".to_string(), vec![(**inner).clone()]),
                    V::Err(inner) => ("err".to_string(), vec![(**inner).clone()]),
                    V::Variant(name, items) => (name.clone(), items.clone()),
                    other => panic!("a variant, not {other:?}"),
                };
                path.dotted() == name && self.all(fields.iter().map(|(_, p)| p).zip(&items), scope)?
            }
            PatternKind::Or(patterns) => {
                let mut found = false;
                for pattern in patterns {
                    if self.matches(pattern, value, scope)? {
                        found = true;
                        break;
                    }
                }
                found
            }
            PatternKind::List { items } => {
                let V::List(values) = value else { panic!("a list, not {value:?}") };
                let rest = items.iter().position(|item| matches!(item, ListPattern::Rest(..)));
                let singles = items.len() - usize::from(rest.is_some());
                if values.len() < singles || (rest.is_none() && values.len() > singles) {
                    return Ok(false);
                }
                let mut left = values.clone();
                for (place, item) in items.iter().enumerate() {
                    match item {
                        ListPattern::Item(pattern) => {
                            let value = left.remove(0);
                            if !self.matches(pattern, &value, scope)? {
                                return Ok(false);
                            }
                        }
                        ListPattern::Rest(name, _) => {
                            let behind = items.len() - place - 1;
                            let taken: Vec<V> = left.drain(..left.len() - behind).collect();
                            if let Some(name) = name {
                                bind(scope, &name.text, V::List(taken));
                            }
                        }
                    }
                }
                true
            }
            other => panic!("no generated program has a {other:?}"),
        })
    }

    fn all<'a>(
        &mut self,
        mut parts: impl Iterator<Item = (&'a Pattern, &'a V)>,
        scope: &mut Scope,
    ) -> Walked<bool> {
        loop {
            match parts.next() {
                None => return Ok(true),
                Some((pattern, value)) => {
                    if !self.matches(pattern, value, scope)? {
                        return Ok(false);
                    }
                }
            }
        }
    }
}

enum Step {
    Field(String),
    Index(V),
}

fn bind(scope: &mut Scope, name: &str, value: V) {
    scope.push((name.to_string(), Rc::new(RefCell::new(value))));
}

fn find(scope: &Scope, name: &str) -> Rc<RefCell<V>> {
    let found = scope.iter().rev().find(|(n, _)| n == name);
    Rc::clone(&found.unwrap_or_else(|| panic!("the variable {name}")).1)
}

fn returned(done: Walked<V>) -> Walked<V> {
    match done {
        Err(Stop::Return(value)) => Ok(value),
        other => other,
    }
}

/// What a loop makes of one round: the value of a `break` that is its own.
fn looped(done: Walked<V>, label: &Option<Box<Name>>) -> Walked<Option<V>> {
    let mine = |to: &Option<String>| to.is_none() || label.as_ref().map(|l| &l.text) == to.as_ref();
    match done {
        Ok(_) => Ok(None),
        Err(Stop::Break(to, value)) if mine(&to) => Ok(Some(value)),
        Err(Stop::Continue(to)) if mine(&to) => Ok(None),
        Err(stop) => Err(stop),
    }
}

fn truth(value: &V) -> bool {
    match value {
        V::Bool(x) => *x,
        other => panic!("a Bool, not {other:?}"),
    }
}

fn elements(value: &V) -> Vec<V> {
    match value {
        V::List(items) => items.clone(),
        V::Map(entries) => entries.iter().map(|(k, v)| V::Tuple(vec![k.clone(), v.clone()])).collect(),
        other => panic!("elements of {other:?}"),
    }
}

/// Negative places count from the end.
fn place_of(len: usize, index: i64) -> Walked<usize> {
    let place = if index < 0 { index + len as i64 } else { index };
    usize::try_from(place).ok().filter(|place| *place < len).ok_or(Stop::Fault("R0101"))
}

fn indexed(base: &V, index: &V) -> Walked<V> {
    match (base, index) {
        (V::List(items), V::Int(i)) => Ok(items[place_of(items.len(), *i)?].clone()),
        (V::Str(text), V::Int(i)) => {
            let chars: Vec<char> = text.chars().collect();
            Ok(V::Str(chars[place_of(chars.len(), *i)?].to_string()))
        }
        (V::Map(entries), key) => {
            let found = entries.iter().find(|(k, _)| equal(k, key));
            found.map(|(_, value)| value.clone()).ok_or(Stop::Fault("R0102"))
        }
        (base, index) => panic!("{base:?} at {index:?}"),
    }
}

fn stepped<'v>(mut value: &'v mut V, path: &[Step]) -> Walked<&'v mut V> {
    for step in path {
        value = match (step, value) {
            (Step::Field(name), V::Record(_, fields)) => {
                &mut fields.iter_mut().find(|(n, _)| n == name).expect("a field").1
            }
            (Step::Index(V::Int(i)), V::List(items)) => {
                let place = place_of(items.len(), *i)?;
                &mut items[place]
            }
            (Step::Index(key), V::Map(entries)) => {
                let found = entries.iter_mut().find(|(k, _)| equal(k, key));
                &mut found.ok_or(Stop::Fault("R0102"))?.1
            }
            (_, other) => panic!("no place inside {other:?}"),
        };
    }
    Ok(value)
}

fn operate(op: BinaryOp, left: V, right: V) -> Walked<V> {
    use BinaryOp::*;
    Ok(match (op, left, right) {
        (Eq, a, b) => V::Bool(equal(&a, &b)),
        (Ne, a, b) => V::Bool(!equal(&a, &b)),
        (In, key, V::Map(entries)) => V::Bool(entries.iter().any(|(k, _)| equal(k, &key))),
        (In, item, V::List(items)) => V::Bool(items.iter().any(|i| equal(i, &item))),
        (Add, V::Str(a), V::Str(b)) => V::Str(a + &b),
        (Add | Concat, V::List(mut a), V::List(b)) => {
            a.extend(b);
            V::List(a)
        }
        (Lt, V::Str(a), V::Str(b)) => V::Bool(a < b),
        (op, V::Int(a), V::Int(b)) => ints(op, a, b)?,
        (op, V::Float(a), V::Float(b)) => match op {
            Add => V::Float(a + b),
            Sub => V::Float(a - b),
            Mul => V::Float(a * b),
            Div => V::Float(a / b),
            Lt => V::Bool(a < b),
            Le => V::Bool(a <= b),
            Gt => V::Bool(a > b),
            Ge => V::Bool(a >= b),
            other => panic!("{other:?} of Floats"),
        },
        (op, a, b) => panic!("{a:?} {op:?} {b:?}"),
    })
}

/// Computed in 128 bits, where nothing overflows, then held against 64.
fn ints(op: BinaryOp, a: i64, b: i64) -> Walked<V> {
    use BinaryOp::*;
    let (x, y) = (i128::from(a), i128::from(b));
    let exact = |value: i128| i64::try_from(value).map(V::Int).map_err(|_| Stop::Fault("R0201"));
    match op {
        Add => exact(x + y),
        Sub => exact(x - y),
        Mul => exact(x * y),
        Div | FloorDiv | Rem if b == 0 => fault("R0202"),
        Div => exact(x / y),
        FloorDiv => exact(x.div_euclid(y) - i128::from(y < 0 && x.rem_euclid(y) != 0)),
        Rem => {
            // The rest has the divisor's sign.
            let rest = x.rem_euclid(y.abs());
            exact(if y < 0 && rest != 0 { rest + y } else { rest })
        }
        Pow if b < 0 => fault("R0203"),
        Pow => {
            let mut value = 1i128;
            for _ in 0..b {
                value *= x;
                if i64::try_from(value).is_err() {
                    return fault("R0201");
                }
            }
            exact(value)
        }
        Shl | Shr if !(0..64).contains(&b) => fault("R0203"),
        Shl => Ok(V::Int((a as u64).wrapping_mul(1u64 << b) as i64)),
        Shr => exact(x.div_euclid(1i128 << b)),
        BitAnd => Ok(V::Int(a & b)),
        BitOr => Ok(V::Int(a | b)),
        BitXor => Ok(V::Int(a ^ b)),
        Lt => Ok(V::Bool(a < b)),
        Le => Ok(V::Bool(a <= b)),
        Gt => Ok(V::Bool(a > b)),
        Ge => Ok(V::Bool(a >= b)),
        other => panic!("{other:?} of Ints"),
    }
}

fn equal(a: &V, b: &V) -> bool {
    let all = |a: &[V], b: &[V]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b));
    match (a, b) {
        (V::Null, V::Null) => true,
        (V::Int(a), V::Int(b)) => a == b,
        (V::Float(a), V::Float(b)) => a == b,
        (V::Bool(a), V::Bool(b)) => a == b,
        (V::Str(a), V::Str(b)) => a == b,
        (V::List(a), V::List(b)) | (V::Tuple(a), V::Tuple(b)) => all(a, b),
        (V::Variant(m, a), V::Variant(n, b)) => m == n && all(a, b),
        (V::Ok(a), V::Ok(b)) | (V::Err(a), V::Err(b)) => equal(a, b),
        (V::Record(m, a), V::Record(n, b)) => m == n && a.iter().zip(b).all(|((_, a), (_, b))| equal(a, b)),
        (V::Map(a), V::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.iter().any(|(l, w)| equal(k, l) && equal(v, w)))
        }
        _ => false,
    }
}

/// As `print` shows it: a text bare, all else as source.
fn shown(value: &V) -> String {
    match value {
        V::Str(text) => text.clone(),
        other => source(other),
    }
}

fn source(value: &V) -> String {
    let list = |items: &[V]| items.iter().map(source).collect::<Vec<_>>().join(", ");
    match value {
        V::Null => "null".to_string(),
        V::Int(x) => x.to_string(),
        V::Float(x) => float(*x),
        V::Bool(x) => x.to_string(),
        V::Str(text) => {
            // A brace is escaped where it would open an interpolation.
            let opens = |c: char| c.is_ascii_alphanumeric() || "_([-".contains(c);
            let mut out = String::from("\"");
            for (place, c) in text.char_indices() {
                let next = text[place + c.len_utf8()..].chars().next();
                if "\"\\".contains(c) || (c == '{' && next.is_some_and(opens)) {
                    out.push('\\');
                }
                out.push(c);
            }
            out + "\""
        }
        V::List(items) => format!("[{}]", list(items)),
        V::Tuple(items) => format!("({})", list(items)),
        V::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(k, v)| format!("{}: {}", source(k), source(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        V::Record(name, fields) => {
            let fields: Vec<_> = fields.iter().map(|(n, v)| format!("{n}: {}", source(v))).collect();
            format!("{name}({})", fields.join(", "))
        }
        V::Variant(name, items) if items.is_empty() => name.clone(),
        V::Variant(name, items) => format!("{name}({})", list(items)),
        V::Ok(value) => format!("ok({})", source(value)),
        V::Err(value) => format!("err({})", source(value)),
        V::Closure(_) => panic!("no generated program prints a closure"),
    }
}

/// The shortest digits that read back as the number; an exponent outside of 1e-5 to 1e16.
fn float(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let size = x.abs();
    let mut out = String::new();
    if size != 0.0 && !(1e-5..1e16).contains(&size) {
        // Rust writes the shortest digits too: `1e16`, `1.5e-7`.
        let _ = write!(out, "{x:e}");
        return out;
    }
    let _ = write!(out, "{x}");
    if !out.contains('.') {
        out.push_str(".0");
    }
    out
}
