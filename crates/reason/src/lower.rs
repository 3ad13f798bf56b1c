//! From the intent to the plan: the pattern decides what changes, this frames it.

use plan::{DeltaSpec, Expr, Intent, Operator, PageRef, Query, UpsertPlan, View};

use crate::error::{Error, Result};
use crate::observed::Observed;
use crate::pattern::SCHEMAS;

/// What a pattern wants of a state.
#[derive(Default)]
pub(crate) struct Wanted {
    /// All of these must hold.
    pub(crate) guards: Vec<Expr>,
    /// What changes, in any order.
    pub(crate) deltas: Vec<DeltaSpec>,
    /// The names of pages that are to come to be.
    pub(crate) names: Vec<String>,
}

/// The plan that would carry out `intent` on the state that `view` shows; `None` when nothing would change.
///
/// The plan's read set holds the bytes that its form depends on; what is only added to or compared stands in values
/// and guard, so that two such plans do not stand in each other's way.
///
/// ```
/// use plan::{Intent, PageView};
/// use std::collections::BTreeMap;
///
/// let page = PageView { version: 1, name: Some("stock".into()), metadata: b"".into(), bytes: vec![0; 8].into() };
/// let state = BTreeMap::from([(7, page)]);
/// let intent = |value| Intent {
///     id: 1,
///     parent: 0,
///     author: "clerk".to_owned(),
///     schema: "set".to_owned(),
///     schema_version: 1,
///     body: format!(
///         r#"{{"page": "stock", "fields": [{{"offset": 0, "type": "u64le", "value": {value}}}], "why": "count"}}"#
///     ),
/// };
/// let plan = reason::lower(&intent(5), &state)?.expect("the page holds 0");
/// assert_eq!(plan.query.pages, [7]);
/// assert_eq!(reason::lower(&intent(0), &state)?, None);
/// # Ok::<(), reason::Error>(())
/// ```
///
/// # Errors
/// Every [`ErrorKind`](crate::ErrorKind).
pub fn lower(intent: &Intent, view: &dyn View) -> Result<Option<UpsertPlan>> {
    intent.validate()?;
    let schema = SCHEMAS
        .iter()
        .find(|schema| schema.name == intent.schema && schema.version == intent.schema_version)
        .ok_or_else(|| Error::unknown_schema(&intent.schema, intent.schema_version))?;
    let mut state = Observed::new(view);
    let Some(wanted) = (schema.lower)(&intent.body, &mut state)? else { return Ok(None) };
    let pages = wanted.deltas.iter().filter_map(|delta| match delta.page() {
        PageRef::Existing(id) => Some(id),
        PageRef::New(_) => None,
    });
    let and = |left, right| Expr::Binary(Operator::And, Box::new(left), Box::new(right));
    let plan = UpsertPlan {
        intent: intent.clone(),
        query: Query { pages: pages.collect(), names: wanted.names, ..Query::default() },
        reads: state.reads(),
        guard: balanced(wanted.guards, &and),
        deltas: wanted.deltas,
        clients: Vec::new(),
    }
    .sorted();
    plan.validate()?;
    Ok(Some(plan))
}

/// One expression of all, no deeper than it has to be: a chain would reach the limit of levels soon.
fn balanced(mut all: Vec<Expr>, join: &dyn Fn(Expr, Expr) -> Expr) -> Option<Expr> {
    if all.len() < 2 {
        return all.pop();
    }
    let right = all.split_off(all.len() / 2);
    Some(match (balanced(all, join), balanced(right, join)) {
        (Some(left), Some(right)) => join(left, right),
        (one, other) => one.or(other)?,
    })
}
