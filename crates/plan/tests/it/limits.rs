//! What stands at a limit is taken, and one more is refused (the corpus has those). Limits are by hand, from the table
//! of the design.

use plan::upsert::PLAN_LEN_MAX;
use plan::{
    ClientEntry, DeltaSpec, Expr, FieldType, Intent, Malformation, NamespaceId, PageRef, Query, Read,
    UpsertPlan, Value,
};

use crate::support::{U64, field, int, transfer};

const MIB: u32 = 1 << 20;
const MANY: u32 = 65_536;

fn client(len: usize) -> ClientEntry {
    let namespace = NamespaceId(1);
    ClientEntry { namespace, kind: 1, version: 1, id: 0, parent: 0, body: vec![7; len] }
}

fn taken(change: impl FnOnce(&mut UpsertPlan)) {
    let mut plan = transfer();
    change(&mut plan);
    let bytes = plan.encode().unwrap();
    assert_eq!(UpsertPlan::decode(&bytes), Ok(plan));
}

#[test]
fn texts_and_bytes_reach_their_limits() {
    taken(|plan| plan.intent.author = "x".repeat(255));
    taken(|plan| plan.intent.schema = "x".repeat(255));
    taken(|plan| plan.intent.body = format!("\"{}\"", "x".repeat(65_534)));
    taken(|plan| plan.query.names = vec!["x".repeat(255)]);
    taken(|plan| plan.query.metadata = vec![vec![0; 4096]]);
    taken(|plan| plan.clients = vec![client(65_536)]);
    taken(|plan| {
        let (name, metadata) = (Some("x".repeat(255)), vec![0; 4096]);
        plan.deltas = vec![DeltaSpec::Create { number: 0, size_bytes: MIB, name, metadata }];
    });
    taken(|plan| plan.deltas = vec![DeltaSpec::Metadata { page: 7, metadata: vec![0; 4096] }]);
}

#[test]
fn places_reach_the_end_of_the_greatest_page() {
    taken(|plan| {
        plan.guard = Some(Expr::Binary(plan::Operator::Eq, Box::new(field(7, MIB - 8)), Box::new(int(0))))
    });
    let write = |page, offset| DeltaSpec::Write { page, offset, field_type: U64, value: int(0) };
    taken(|plan| plan.deltas = vec![write(PageRef::Existing(7), MIB - 8)]);
    taken(|plan| {
        let create = DeltaSpec::Create { number: 0, size_bytes: 16, name: None, metadata: vec![] };
        plan.deltas = vec![write(PageRef::New(0), 0), write(PageRef::New(0), 8), create];
    });
    let whole = |len: u32| Expr::Constant(Value::Bytes(vec![1; len as usize]));
    taken(|plan| {
        let (page, field_type) = (PageRef::Existing(7), FieldType::Bytes(MIB));
        plan.deltas = vec![DeltaSpec::Write { page, offset: 0, field_type, value: whole(MIB) }];
    });
    taken(|plan| plan.reads = vec![Read::Range { page: 7, offset: 1, len: MIB - 1, hash: [0; 16] }]);
}

#[test]
fn counts_reach_their_limits() {
    let reads = (0..MANY).map(|offset| Read::Range { page: 7, offset, len: 1, hash: [0; 16] }).collect();
    taken(|plan| plan.reads = reads);
    let byte = FieldType::Int { width_bytes: 1, signed: false, big_endian: false };
    let write =
        |offset| DeltaSpec::Write { page: PageRef::Existing(7), offset, field_type: byte, value: int(0) };
    taken(|plan| plan.deltas = (0..MANY).map(write).collect());
    taken(|plan| plan.clients = vec![client(0); MANY as usize]);
    taken(|plan| {
        let ranges = (0..u64::from(MANY)).map(|at| (100 + 2 * at, 100 + 2 * at)).collect();
        let pages = [7, 9].into_iter().chain(1 << 20..).take(MANY as usize).collect();
        plan.query = Query { pages, ranges, ..Query::default() };
    });
    let mut plan = transfer();
    plan.clients = vec![client(0); MANY as usize + 1];
    let why = plan.validate().unwrap_err();
    assert_eq!((why.code, why.field), (Malformation::Limit, "clients"));
    assert_eq!((why.expected, why.found), (Some(65_536), Some(65_537)));
}

#[test]
fn a_plan_reaches_its_length_to_the_byte() {
    let mut plan = transfer();
    plan.clients = vec![client(65_536); PLAN_LEN_MAX / 65_536 - 1];
    // Two more of half the rest: their lengths have as many digits for every rest that comes up here.
    plan.clients.extend([client(20_000), client(20_000)]);
    let missing = PLAN_LEN_MAX - plan.encode().unwrap().len();
    for body in plan.clients.iter_mut().rev().take(2).zip([missing / 2, missing - missing / 2]) {
        body.0.body.resize(20_000 + body.1, 7);
    }
    let bytes = plan.encode().unwrap();
    assert_eq!(bytes.len(), PLAN_LEN_MAX);
    assert!(UpsertPlan::decode(&bytes).is_ok());
    plan.clients[0].body.pop();
    plan.clients.extend([client(0)]);
    let why = plan.encode().unwrap_err();
    assert_eq!((why.code, why.field), (Malformation::Limit, "plan"));
    let longer = vec![0; PLAN_LEN_MAX + 1];
    let why = UpsertPlan::decode(&longer).unwrap_err();
    assert_eq!((why.code, why.found), (Malformation::Limit, Some(PLAN_LEN_MAX as u64 + 1)));
}

/// 16 bytes id, no parent, `agent`, `set`, version 1: the body begins at byte 28, and its fault is 5 further.
#[test]
fn a_fault_of_a_body_is_counted_from_the_bytes_that_were_given() {
    let intent = Intent {
        id: 1,
        parent: 0,
        author: "agent".to_owned(),
        schema: "set".to_owned(),
        schema_version: 1,
        body: "{\"a\":1}".to_owned(),
    };
    let mut bytes = intent.encode().unwrap();
    bytes.remove(33);
    let why = Intent::decode(&bytes).unwrap_err();
    assert_eq!((why.code, why.offset), (Malformation::BadJson, 33));
    let nobody = Intent { id: 0, ..intent }.validate().unwrap_err();
    assert_eq!(nobody.offset, 0);
    bytes[..16].fill(0);
    assert_eq!(Intent::decode(&bytes).unwrap_err().offset, 0, "a rule about another field");
}
