//! Plans: a conditional change as one value.
//!
//! Guard and values read the state *before* the transaction and no two writes share a byte, so the order inside a
//! plan never matters; the encoding fixes one: entries by ascending tag, then by page and offset.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::client::ClientEntry;
use crate::expr::{Expr, Type};
use crate::intent::Intent;
use crate::malformed::{Malformation, Malformed};
use crate::query::{self, Query, Read};
use crate::spec::{DeltaSpec, PageRef};
use crate::tag;
use crate::wire::{Decoder, Encoder};

/// The most deltas of a plan.
pub const DELTAS_MAX: usize = 65_536;
/// The most client entries of a plan.
pub const CLIENTS_MAX: usize = 65_536;
/// The longest plan in bytes: its record must fit the log.
pub const PLAN_LEN_MAX: usize = 15 << 20;

/// A conditional change with its reason.
///
/// ```
/// use plan::{DeltaSpec, Expr, FieldType, Intent, Operator, PageRef, Query, UpsertPlan, Value};
///
/// let count = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };
/// let stored = || Box::new(Expr::Field { page: 7, offset: 0, field_type: count });
/// let constant = |int| Box::new(Expr::Constant(Value::Int(int)));
/// // Take one from the counter on page 7, if there is one.
/// let plan = UpsertPlan {
///     intent: Intent {
///         id: 1,
///         parent: 0,
///         author: "agent".to_owned(),
///         schema: "take".to_owned(),
///         schema_version: 1,
///         body: r#"{"why": "sold"}"#.to_owned(),
///     },
///     reads: vec![],
///     guard: Some(Expr::Binary(Operator::Ge, stored(), constant(1))),
///     deltas: vec![DeltaSpec::Write {
///         page: PageRef::Existing(7),
///         offset: 0,
///         field_type: count,
///         value: Expr::Binary(Operator::Sub, stored(), constant(1)),
///     }],
///     clients: vec![],
///     query: Query { pages: vec![7], ..Query::default() },
/// };
/// assert_eq!(UpsertPlan::decode(&plan.encode()?)?, plan);
/// # Ok::<(), plan::Malformed>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpsertPlan {
    /// Who wants it, and why.
    pub intent: Intent,
    /// What it was made from, by ascending page.
    pub reads: Vec<Read>,
    /// What must hold; `None` for always.
    pub guard: Option<Expr>,
    /// What it changes, ascending by tag, page and offset.
    pub deltas: Vec<DeltaSpec>,
    /// Entries of other crates that are logged with it.
    pub clients: Vec<ClientEntry>,
    /// The pages that it may touch.
    pub query: Query,
}

/// The first 16 bytes of the BLAKE3 of a plan's encoding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanHash(pub [u8; 16]);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanHash({self})")
    }
}

impl UpsertPlan {
    /// Checks everything that can be checked without a state.
    ///
    /// # Errors
    /// Every [`Malformation`] but those of bytes.
    pub fn validate(&self) -> Result<(), Malformed> {
        let refuse = |code, field| Err(Malformed::new(code, field, 0));
        self.intent.validate()?;
        self.query.validate()?;
        query::validate_reads(&self.reads)?;
        if self.guard.as_ref().map(Expr::value_type).transpose()?.is_some_and(|found| found != Type::Bool) {
            return refuse(Malformation::Type, "guard");
        }
        if self.deltas.is_empty() && self.clients.is_empty() {
            return refuse(Malformation::NoDeltas, "plan");
        }
        let over = |field, max: usize, found: usize| {
            Malformed::new(Malformation::Limit, field, 0).over(max as u64, found as u64)
        };
        if self.deltas.len() > DELTAS_MAX {
            return Err(over("deltas", DELTAS_MAX, self.deltas.len()));
        }
        self.check_clients()?;
        self.deltas.iter().try_for_each(|delta| {
            delta.validate().map_err(|why| match delta.page() {
                PageRef::Existing(page) => why.on_page(page),
                PageRef::New(_) => why,
            })
        })?;
        if !self.deltas.is_sorted_by(|a, b| a.order() < b.order()) {
            return refuse(Malformation::Order, "deltas");
        }
        self.check_places()?;
        self.check_selected()
    }

    /// Entries keep their limits, and no id stands twice, the intent's included.
    fn check_clients(&self) -> Result<(), Malformed> {
        let limit = |field, max: usize, found: usize| {
            Err(Malformed::new(Malformation::Limit, field, 0).over(max as u64, found as u64))
        };
        if self.clients.len() > CLIENTS_MAX {
            return limit("clients", CLIENTS_MAX, self.clients.len());
        }
        let longest = self.clients.iter().map(|client| client.body.len()).max().unwrap_or_default();
        if longest > crate::client::BODY_LEN_MAX {
            return limit("client body", crate::client::BODY_LEN_MAX, longest);
        }
        let mut ids = BTreeSet::from([self.intent.id]);
        let named = self.clients.iter().filter(|client| client.id != 0);
        if named.map(|client| client.id).any(|id| !ids.insert(id)) {
            return Err(Malformed::new(Malformation::Overlap, "client id", 0));
        }
        Ok(())
    }

    /// Writes share no byte, lie inside the pages that the plan creates, and touch no page that it deletes. No two
    /// pages get one name.
    fn check_places(&self) -> Result<(), Malformed> {
        let refused = |code, field, page| {
            let why = Malformed::new(code, field, 0);
            Err(if let PageRef::Existing(page) = page { why.on_page(page) } else { why })
        };
        let mut sizes = BTreeMap::new();
        let mut names = BTreeSet::new();
        let mut deleted = Vec::new();
        for delta in &self.deltas {
            match delta {
                DeltaSpec::Create { number, size_bytes, name, .. } => {
                    sizes.insert(*number, *size_bytes);
                    if name.as_deref().is_some_and(|name| !names.insert(name)) {
                        return refused(Malformation::Overlap, "page name", delta.page());
                    }
                }
                DeltaSpec::Delete { page } => deleted.push(*page),
                _ => {}
            }
        }
        let mut last: Option<(PageRef, u32)> = None;
        for delta in &self.deltas {
            let page = delta.page();
            let touches_deleted = match (delta, page) {
                (DeltaSpec::Delete { .. }, _) | (_, PageRef::New(_)) => false,
                (_, PageRef::Existing(id)) => deleted.binary_search(&id).is_ok(),
            };
            if touches_deleted {
                return refused(Malformation::Overlap, "delete", page);
            }
            let DeltaSpec::Write { offset, field_type, .. } = delta else { continue };
            let end = offset + field_type.len_bytes();
            if last.is_some_and(|(before, taken)| before == page && *offset < taken) {
                return refused(Malformation::Overlap, "write", page);
            }
            last = Some((page, end));
            if let PageRef::New(number) = page {
                match sizes.get(&number) {
                    None => return refused(Malformation::UnselectedPage, "write", page),
                    Some(size) if end > *size => {
                        return Err(Malformed::new(Malformation::OutOfPage, "write", 0)
                            .over(u64::from(*size), u64::from(end)));
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Every existing page that is read or changed is selected, as far as ids tell.
    fn check_selected(&self) -> Result<(), Malformed> {
        let mut stray = None;
        self.visit_pages(&mut |page, field| {
            if self.query.selects(page) == Some(false) {
                stray.get_or_insert((page, field));
            }
        });
        match stray {
            None => Ok(()),
            Some((page, field)) => Err(Malformed::new(Malformation::UnselectedPage, field, 0).on_page(page)),
        }
    }

    /// Calls `visit` with every existing page that a part of the plan reads or changes, and with the name of that
    /// part. A page may come several times.
    pub fn visit_pages(&self, visit: &mut dyn FnMut(u64, &'static str)) {
        self.reads.iter().for_each(|read| visit(read.page(), "reads"));
        if let Some(guard) = &self.guard {
            guard.pages(&mut |page| visit(page, "guard"));
        }
        for delta in &self.deltas {
            if let PageRef::Existing(page) = delta.page() {
                visit(page, "delta");
            }
            if let DeltaSpec::Write { value, .. } = delta {
                value.pages(&mut |page| visit(page, "value"));
            }
        }
    }

    /// The same plan with every part in its order, and with what it selects and has read said once. Deltas that stand
    /// twice stay: only who wrote them knows which is meant.
    pub fn sorted(mut self) -> UpsertPlan {
        self.reads.sort_by_key(Read::order);
        self.reads.dedup();
        self.deltas.sort_by_key(DeltaSpec::order);
        self.query.pages.sort_unstable();
        self.query.pages.dedup();
        self.query.ranges.sort_unstable();
        self.query.names.sort_unstable();
        self.query.names.dedup();
        self.query.metadata.sort_unstable();
        self.query.metadata.dedup();
        self
    }

    /// The canonical bytes.
    ///
    /// # Errors
    /// Those of [`UpsertPlan::validate`]; `Limit` over 15 MiB.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        self.validate()?;
        let mut plan = Encoder::new();
        plan.entry(tag::INTENT, &self.intent.encode()?);
        let mut entry = |tag: u8, write: &dyn Fn(&mut Encoder)| {
            let mut payload = Encoder::new();
            write(&mut payload);
            plan.entry(tag, payload.as_slice());
        };
        if !self.reads.is_empty() {
            entry(tag::READS, &|payload| query::encode_reads(&self.reads, payload));
        }
        if let Some(guard) = &self.guard {
            entry(tag::GUARD, &|payload| guard.encode_to(payload));
        }
        for delta in &self.deltas {
            entry(delta.tag(), &|payload| delta.encode_to(payload));
        }
        for client in &self.clients {
            entry(tag::CLIENT, &|payload| client.encode_to(payload));
        }
        entry(tag::QUERY, &|payload| self.query.encode_to(payload));
        if plan.len() > PLAN_LEN_MAX {
            return Err(too_long(plan.len()));
        }
        Ok(plan.finish())
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// Every [`Malformation`]. A rule about the plan as a whole names byte 0.
    pub fn decode(bytes: &[u8]) -> Result<UpsertPlan, Malformed> {
        if bytes.len() > PLAN_LEN_MAX {
            return Err(too_long(bytes.len()));
        }
        let mut decoder = Decoder::new(bytes);
        let (mut intent, mut reads, mut guard, mut query) = (None, None, None, None);
        let (mut deltas, mut clients) = (Vec::new(), Vec::new());
        let mut last = 0;
        while !decoder.is_empty() {
            let start = decoder.offset();
            let tag = decoder.byte("entry tag")?;
            let payload = decoder.bytes(PLAN_LEN_MAX, "entry")?;
            let at = decoder.offset() - payload.len();
            let repeats = matches!(tag, tag::WRITE..=tag::META | tag::CLIENT);
            if tag < last || (tag == last && !repeats) {
                return Err(Malformed::new(Malformation::Order, "entry tag", start));
            }
            last = tag;
            match tag {
                tag::INTENT => intent = Some(Intent::decode(payload).map_err(|why| why.within(at))?),
                tag::READS => {
                    let decoded = query::decode_reads(payload).map_err(|why| why.within(at))?;
                    if decoded.is_empty() {
                        return Err(Malformed::new(Malformation::NonMinimal, "reads", start));
                    }
                    reads = Some(decoded);
                }
                tag::GUARD => {
                    let mut payload = Decoder::new(payload);
                    guard = Some(Expr::decode(&mut payload).map_err(|why| why.within(at))?);
                    payload.finish("guard").map_err(|why| why.within(at))?;
                }
                tag::WRITE..=tag::META => {
                    deltas.push(DeltaSpec::decode(tag, payload).map_err(|why| why.within(at))?);
                }
                tag::CLIENT => clients.push(ClientEntry::decode(payload).map_err(|why| why.within(at))?),
                tag::QUERY => query = Some(Query::decode(payload).map_err(|why| why.within(at))?),
                _ => return Err(Malformed::new(Malformation::UnknownTag, "entry tag", start)),
            }
        }
        let missing = |field| Malformed::new(Malformation::Truncated, field, bytes.len());
        let plan = UpsertPlan {
            intent: intent.ok_or_else(|| missing("intent"))?,
            reads: reads.unwrap_or_default(),
            guard,
            deltas,
            clients,
            query: query.ok_or_else(|| missing("query"))?,
        };
        plan.validate()?;
        Ok(plan)
    }

    /// What names the plan.
    ///
    /// # Errors
    /// Those of [`UpsertPlan::encode`].
    pub fn hash(&self) -> Result<PlanHash, Malformed> {
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(&self.encode()?).as_bytes()[..16]);
        Ok(PlanHash(hash))
    }
}

fn too_long(len: usize) -> Malformed {
    Malformed::new(Malformation::Limit, "plan", 0).over(PLAN_LEN_MAX as u64, len as u64)
}
