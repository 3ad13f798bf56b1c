//! Plans: checked as bytes, or built call by call.
//!
//! A built plan keeps a stack of expressions. Calls that push put one more on it, an operation replaces its operands
//! by itself, a guard or a write takes the last one. What the calls give in any order is put in the canonical one when
//! the plan is encoded, and only then is it judged as a whole.

use std::ffi::c_char;
use std::sync::Mutex;

use ::plan::expr::{DEPTH_MAX, STEPS_MAX};
use ::plan::typed::Field;
use ::plan::{
    ClientEntry, DeltaSpec, Expr, Intent, Malformation, Malformed, NamespaceId, Operator, PageRef, Query,
    Read, UpsertPlan, Value,
};

use crate::answer::{self, lock};
use crate::caller::{bytes, named, put_bytes, text};
use crate::failure::{Failure, LumenError, enter};
use crate::field::kind;
use crate::handles::{self, Object};

/// Checked sum of two integers.
pub const LUMEN_ADD: u32 = 16;
/// Checked difference.
pub const LUMEN_SUB: u32 = 17;
/// Checked product.
pub const LUMEN_MUL: u32 = 18;
/// Equality of two of a type.
pub const LUMEN_EQ: u32 = 24;
/// Inequality.
pub const LUMEN_NE: u32 = 25;
/// Less, of integers and bytes.
pub const LUMEN_LT: u32 = 26;
/// Less or equal.
pub const LUMEN_LE: u32 = 27;
/// Greater.
pub const LUMEN_GT: u32 = 28;
/// Greater or equal.
pub const LUMEN_GE: u32 = 29;
/// Both of two truths.
pub const LUMEN_AND: u32 = 32;
/// At least one of two truths.
pub const LUMEN_OR: u32 = 33;
/// The contrary of one truth.
pub const LUMEN_NOT: u32 = 34;

// The numbers are those of the plan's own operators; `Not` is none of them.
const _: () = {
    assert!(LUMEN_ADD == Operator::Add as u32 && LUMEN_SUB == Operator::Sub as u32);
    assert!(LUMEN_MUL == Operator::Mul as u32 && LUMEN_EQ == Operator::Eq as u32);
    assert!(LUMEN_NE == Operator::Ne as u32 && LUMEN_LT == Operator::Lt as u32);
    assert!(LUMEN_LE == Operator::Le as u32 && LUMEN_GT == Operator::Gt as u32);
    assert!(LUMEN_GE == Operator::Ge as u32 && LUMEN_AND == Operator::And as u32);
    assert!(LUMEN_OR == Operator::Or as u32);
};

/// A page that exists, by its id.
pub const LUMEN_PAGE: u32 = 0;
/// A page that the plan creates, by its number in the plan.
pub const LUMEN_NEW_PAGE: u32 = 1;

/// An expression with what it takes, so that none grows past what may be dropped again.
struct Pushed {
    expr: Expr,
    levels: usize,
    steps: usize,
}

/// A plan that is being built.
pub(crate) struct Builder {
    plan: UpsertPlan,
    stack: Vec<Pushed>,
}

impl Builder {
    pub(crate) fn empty() -> Builder {
        let intent = Intent {
            id: 0,
            parent: 0,
            author: String::new(),
            schema: String::new(),
            schema_version: 0,
            body: String::new(),
        };
        let query = Query::default();
        let (reads, deltas, clients) = (Vec::new(), Vec::new(), Vec::new());
        Builder { plan: UpsertPlan { intent, reads, guard: None, deltas, clients, query }, stack: Vec::new() }
    }

    fn push(&mut self, expr: Expr) -> Result<(), Failure> {
        self.push_as(Pushed { expr, levels: 1, steps: 1 })
    }

    fn push_as(&mut self, pushed: Pushed) -> Result<(), Failure> {
        if pushed.levels > DEPTH_MAX || pushed.steps > STEPS_MAX || self.stack.len() >= STEPS_MAX {
            return Err(Malformed::new(Malformation::Budget, "expression", 0).into());
        }
        self.stack.push(pushed);
        Ok(())
    }

    fn pop(&mut self) -> Result<Pushed, Failure> {
        self.stack.pop().ok_or(Failure::Argument { field: "expression", expected: "pushed before" })
    }

    fn operate(&mut self, operation: u32) -> Result<(), Failure> {
        if operation == LUMEN_NOT {
            let Pushed { expr, levels, steps } = self.pop()?;
            return self.push_as(Pushed {
                expr: Expr::Not(Box::new(expr)),
                levels: levels + 1,
                steps: steps + 1,
            });
        }
        use Operator::*;
        let operator = [Add, Sub, Mul, Eq, Ne, Lt, Le, Gt, Ge, And, Or]
            .into_iter()
            .find(|operator| *operator as u32 == operation)
            .ok_or(Failure::Argument { field: "operation", expected: "one of the operations" })?;
        if self.stack.len() < 2 {
            return Err(Failure::Argument { field: "expression", expected: "pushed twice before" });
        }
        let (right, left) = (self.pop()?, self.pop()?);
        self.push_as(Pushed {
            expr: Expr::Binary(operator, Box::new(left.expr), Box::new(right.expr)),
            levels: left.levels.max(right.levels) + 1,
            steps: left.steps + right.steps + 1,
        })
    }

    /// The canonical bytes.
    fn encode(&self) -> Result<Vec<u8>, Failure> {
        if !self.stack.is_empty() {
            return Err(Failure::Argument { field: "expression", expected: "taken by a guard or a write" });
        }
        Ok(self.plan.clone().sorted().encode()?)
    }
}

/// Runs `change` on the plan behind a handle.
///
/// # Safety
/// `error` is null or as the header says.
unsafe fn change(
    plan: u64,
    error: *mut LumenError,
    change: impl FnOnce(&mut Builder) -> Result<(), Failure>,
) -> i32 {
    // SAFETY: the same promise.
    unsafe { answer::change(handles::plan(plan), error, change) }
}

pub(crate) fn id(low: u64, high: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

pub(crate) fn page_ref(of: u32, page: u64) -> Result<PageRef, Failure> {
    match of {
        LUMEN_PAGE => Ok(PageRef::Existing(page)),
        LUMEN_NEW_PAGE => u32::try_from(page)
            .map(PageRef::New)
            .map_err(|_| Failure::Argument { field: "page", expected: "a number of 32 bits" }),
        _ => Err(Failure::Argument { field: "page_kind", expected: "LUMEN_PAGE or LUMEN_NEW_PAGE" }),
    }
}

/// Checks the bytes of a plan: nothing is kept.
///
/// # Safety
/// `plan` has `len` bytes; `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_validate(
    plan: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        UpsertPlan::decode(unsafe { bytes(plan, len, "plan") }?)?;
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Writes the 16 bytes that name a plan.
///
/// # Safety
/// `plan` has `len` bytes, `out` has room for 16.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_hash(
    plan: *const u8,
    len: usize,
    out: *mut u8,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        // SAFETY: the caller's promise.
        let hash = UpsertPlan::decode(unsafe { bytes(plan, len, "plan") }?)?.hash()?;
        let mut written = 0;
        // SAFETY: the caller's promise, and a number of our own.
        unsafe { put_bytes(out, hash.0.len(), &raw mut written, &hash.0, "out") }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Begins a plan with its intent. An id is two halves; a parent of 0 and 0 is none.
///
/// # Safety
/// Every text has as many bytes as the length behind it says; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_new(
    id_low: u64,
    id_high: u64,
    parent_low: u64,
    parent_high: u64,
    author: *const c_char,
    author_len: usize,
    schema: *const c_char,
    schema_len: usize,
    schema_version: u32,
    body: *const c_char,
    body_len: usize,
    out_plan: *mut u64,
    error: *mut LumenError,
) -> i32 {
    let begin = || {
        // SAFETY: the caller's promise, three times.
        let (author, schema, body) = unsafe {
            (
                text(author, author_len, "author")?.to_owned(),
                text(schema, schema_len, "schema")?.to_owned(),
                text(body, body_len, "body")?.to_owned(),
            )
        };
        let mut builder = Builder::empty();
        builder.plan.intent = Intent {
            id: id(id_low, id_high),
            parent: id(parent_low, parent_high),
            author,
            schema,
            schema_version,
            body,
        };
        builder.plan.intent.validate()?;
        Ok(Mutex::new(builder))
    };
    // SAFETY: the caller's promise.
    unsafe { answer::handle(out_plan, "out_plan", error, begin) }
}

/// Frees a plan.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_free(plan: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { enter(error, || handles::free(plan, |object| matches!(object, Object::Plan(_)))) }
}

/// Writes the plan's canonical bytes and their number. With too little room only the number is written.
///
/// # Safety
/// `out` has room for `capacity` bytes; pointers as the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_encode(
    plan: u64,
    out: *mut u8,
    capacity: usize,
    out_len: *mut usize,
    error: *mut LumenError,
) -> i32 {
    let body = || {
        let encoded = lock(&*handles::plan(plan)?).encode()?;
        // SAFETY: the caller's promise.
        unsafe { put_bytes(out, capacity, out_len, &encoded, "out") }
    };
    // SAFETY: the caller's promise.
    unsafe { enter(error, body) }
}

/// Lets the plan touch a page.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_select_page(plan: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.query.pages.push(page);
            Ok(())
        })
    }
}

/// Lets the plan touch the pages from `first` to `last`, both included.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_select_range(
    plan: u64,
    first: u64,
    last: u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.query.ranges.push((first, last));
            Ok(())
        })
    }
}

/// Lets the plan touch the page with this name.
///
/// # Safety
/// `name` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_select_name(
    plan: u64,
    name: *const c_char,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let name = || unsafe { text(name, len, "name") };
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.query.names.push(name()?.to_owned());
            Ok(())
        })
    }
}

/// Lets the plan touch the pages with exactly this metadata.
///
/// # Safety
/// `metadata` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_select_metadata(
    plan: u64,
    metadata: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let metadata = || unsafe { bytes(metadata, len, "metadata") };
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.query.metadata.push(metadata()?.to_vec());
            Ok(())
        })
    }
}

/// Says that the plan was made from this version of a page; 0 for a page that did not exist.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_read_version(
    plan: u64,
    page: u64,
    version: u64,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.reads.push(Read::Version { page, version });
            Ok(())
        })
    }
}

/// Says that the plan was made from these `len` bytes of a page from `offset` on.
///
/// # Safety
/// `read` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_read_range(
    plan: u64,
    page: u64,
    offset: u32,
    read: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let read = || unsafe { bytes(read, len, "read") };
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.reads.push(Read::of_range(page, offset, read()?));
            Ok(())
        })
    }
}

/// Pushes an integer that may be negative.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_i64(plan: u64, value: i64, error: *mut LumenError) -> i32 {
    let constant = Expr::Constant(Value::Int(value.into()));
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(constant)) }
}

/// Pushes an integer.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_u64(plan: u64, value: u64, error: *mut LumenError) -> i32 {
    let constant = Expr::Constant(Value::Int(value.into()));
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(constant)) }
}

/// Pushes a truth: 0 for false, 1 for true.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_truth(plan: u64, value: u32, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| match value {
            0 | 1 => builder.push(Expr::Constant(Value::Bool(value == 1))),
            _ => Err(Failure::Argument { field: "value", expected: "0 or 1" }),
        })
    }
}

/// Pushes bytes; a double or a text is pushed as the bytes of its field.
///
/// # Safety
/// `value` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_bytes(
    plan: u64,
    value: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let value = || unsafe { bytes(value, len, "value") };
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(Expr::Constant(Value::Bytes(value()?.to_vec())))) }
}

/// Pushes what stands in a field of a page before the transaction.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_field(
    plan: u64,
    page: u64,
    offset: u32,
    of_type: u32,
    len_bytes: u32,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.push(Field { offset, kind: kind(of_type, len_bytes)? }.of(page))
        })
    }
}

/// Pushes the seq of a page's last change.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_version(plan: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(Expr::Version(page))) }
}

/// Pushes whether a page exists.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_exists(plan: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(Expr::Exists(page))) }
}

/// Pushes a page's size in bytes.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_length(plan: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(Expr::Length(page))) }
}

/// Pushes the first 16 bytes of the BLAKE3 of a page's bytes.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_push_hash(plan: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.push(Expr::Hash(page))) }
}

/// Replaces the last two expressions, or the last one for `LUMEN_NOT`, by an operation on them.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_operate(plan: u64, operation: u32, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { change(plan, error, |builder| builder.operate(operation)) }
}

/// Takes the last expression as the guard. A plan has one; two conditions are joined with `LUMEN_AND`.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_guard(plan: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            if builder.plan.guard.is_some() {
                return Err(Failure::Argument {
                    field: "guard",
                    expected: "the first; join two with LUMEN_AND",
                });
            }
            builder.plan.guard = Some(builder.pop()?.expr);
            Ok(())
        })
    }
}

/// Takes the last expression as the value that a field of a page gets.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_write(
    plan: u64,
    page_kind: u32,
    page: u64,
    offset: u32,
    of_type: u32,
    len_bytes: u32,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            let page = page_ref(page_kind, page)?;
            let field_type = kind(of_type, len_bytes)?.field_type();
            let value = builder.pop()?.expr;
            builder.plan.deltas.push(DeltaSpec::Write { page, offset, field_type, value });
            Ok(())
        })
    }
}

/// Creates a page, called `number` in this plan; without a name if `name_len` is 0.
///
/// # Safety
/// `name` and `metadata` have as many bytes as their lengths say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_create(
    plan: u64,
    number: u32,
    size_bytes: u32,
    name: *const c_char,
    name_len: usize,
    metadata: *const u8,
    metadata_len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let given = || unsafe { named(name, name_len, metadata, metadata_len) };
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            let (name, metadata) = given()?;
            builder.plan.deltas.push(DeltaSpec::Create { number, size_bytes, name, metadata });
            Ok(())
        })
    }
}

/// Ends a page.
///
/// # Safety
/// `error` is null or a `LumenError` of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_delete(plan: u64, page: u64, error: *mut LumenError) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.deltas.push(DeltaSpec::Delete { page });
            Ok(())
        })
    }
}

/// Gives a page other metadata.
///
/// # Safety
/// `metadata` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_set_metadata(
    plan: u64,
    page: u64,
    metadata: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let metadata = || unsafe { bytes(metadata, len, "metadata") };
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            let metadata = metadata()?.to_vec();
            builder.plan.deltas.push(DeltaSpec::Metadata { page, metadata });
            Ok(())
        })
    }
}

/// Logs an entry of a registered namespace with the plan.
///
/// # Safety
/// `body` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lumen_store_plan_client(
    plan: u64,
    namespace: u32,
    entry_kind: u32,
    version: u32,
    id_low: u64,
    id_high: u64,
    parent_low: u64,
    parent_high: u64,
    body: *const u8,
    len: usize,
    error: *mut LumenError,
) -> i32 {
    // SAFETY: the caller's promise.
    let body = || unsafe { bytes(body, len, "body") };
    // SAFETY: the caller's promise.
    unsafe {
        change(plan, error, |builder| {
            builder.plan.clients.push(ClientEntry {
                namespace: NamespaceId(namespace),
                kind: entry_kind,
                version,
                id: id(id_low, id_high),
                parent: id(parent_low, parent_high),
                body: body()?.to_vec(),
            });
            Ok(())
        })
    }
}
