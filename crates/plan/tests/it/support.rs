//! A small plan, and arbitrary ones.

use plan::{
    Change, ClientEntry, Delta, DeltaSpec, Expr, FieldType, Intent, NamespaceId, Operator, PageRef, Patch,
    Query, Read, UpsertPlan, Value,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

pub const U64: FieldType = FieldType::Int { width_bytes: 8, signed: false, big_endian: false };

pub fn field(page: u64, offset: u32) -> Expr {
    Expr::Field { page, offset, field_type: U64 }
}

pub fn int(int: i128) -> Expr {
    Expr::Constant(Value::Int(int))
}

pub fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Binary(operator, Box::new(left), Box::new(right))
}

/// "Move one from page 7 to page 9 if page 7 has one."
pub fn transfer() -> UpsertPlan {
    let write = |page, operator| DeltaSpec::Write {
        page: PageRef::Existing(page),
        offset: 0,
        field_type: U64,
        value: binary(operator, field(page, 0), int(1)),
    };
    UpsertPlan {
        intent: Intent {
            id: 1,
            parent: 0,
            author: "agent".to_owned(),
            schema: "transfer".to_owned(),
            schema_version: 1,
            body: "{\"from\": 7, \"to\": 9}".to_owned(),
        },
        reads: vec![Read::Version { page: 7, version: 3 }],
        guard: Some(binary(Operator::Ge, field(7, 0), int(1))),
        deltas: vec![write(7, Operator::Sub), write(9, Operator::Add)],
        clients: Vec::new(),
        query: Query { pages: vec![7, 9], ..Query::default() },
    }
}

/// JSON with strange white space, numbers and keys; built as text, so its bytes are its own.
fn json() -> impl Strategy<Value = String> {
    let text = "\"([ -!#-\\[\\]-~éλ🦀]|\\\\n|\\\\u00[0-9a-f]{2})*\"";
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?",
        text,
    ];
    leaf.prop_recursive(5, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[ {} ]", items.join("\t,\n"))),
            vec((text, inner), 0..4).prop_map(|items| {
                let items: Vec<_> = items.iter().map(|(key, value)| format!("{key} : {value}")).collect();
                format!("{{{}}}\r\n", items.join(","))
            }),
        ]
    })
}

pub fn intents() -> impl Strategy<Value = Intent> {
    (1u128.., any::<u128>(), "[a-zé]{1,12}", ".{1,20}", any::<u32>(), json()).prop_map(
        |(id, parent, author, schema, schema_version, body)| Intent {
            id,
            parent: if parent % 2 == 0 { 0 } else { parent },
            author,
            schema,
            schema_version,
            body,
        },
    )
}

fn field_types() -> impl Strategy<Value = FieldType> {
    let width = prop_oneof![Just(2u8), Just(4), Just(8)];
    prop_oneof![
        any::<bool>().prop_map(|signed| FieldType::Int { width_bytes: 1, signed, big_endian: false }),
        (width, any::<bool>(), any::<bool>()).prop_map(|(width_bytes, signed, big_endian)| FieldType::Int {
            width_bytes,
            signed,
            big_endian
        }),
    ]
}

fn ints() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        (i128::from(i64::MIN)..=i128::from(u64::MAX)).prop_map(int),
        (0..9u64, 0..1000u32, field_types()).prop_map(|(page, offset, field_type)| Expr::Field {
            page,
            offset,
            field_type
        }),
        (0..9u64).prop_map(Expr::Version),
        (0..9u64).prop_map(Expr::Length),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let operator = prop_oneof![Just(Operator::Add), Just(Operator::Sub), Just(Operator::Mul)];
        (operator, inner.clone(), inner).prop_map(|(operator, left, right)| binary(operator, left, right))
    })
}

fn guards() -> impl Strategy<Value = Expr> {
    let compare = || {
        use Operator::*;
        prop_oneof![Just(Eq), Just(Ne), Just(Lt), Just(Le), Just(Gt), Just(Ge)]
    };
    let bytes = |(page, bytes): (u64, Vec<u8>)| {
        binary(Operator::Eq, Expr::Hash(page), Expr::Constant(Value::Bytes(bytes)))
    };
    let leaf = prop_oneof![
        any::<bool>().prop_map(|truth| Expr::Constant(Value::Bool(truth))),
        (0..9u64).prop_map(Expr::Exists),
        (compare(), ints(), ints()).prop_map(|(operator, left, right)| binary(operator, left, right)),
        (0..9u64, vec(any::<u8>(), 0..20)).prop_map(bytes),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|operand| Expr::Not(Box::new(operand))),
            (any::<bool>(), inner.clone(), inner).prop_map(|(and, left, right)| {
                binary(if and { Operator::And } else { Operator::Or }, left, right)
            }),
        ]
    })
}

fn reads() -> impl Strategy<Value = Vec<Read>> {
    let version = (0..9u64, any::<u64>())
        .prop_map(|(page, version)| ((page, 0, 0, 0), Read::Version { page, version }));
    let range = (0..9u64, 0..99u32, 1..99u32, any::<[u8; 16]>()).prop_map(|(page, offset, len, hash)| {
        ((page, 1, offset, len), Read::Range { page, offset, len, hash })
    });
    vec(prop_oneof![version, range], 0..8).prop_map(|reads| {
        reads.into_iter().collect::<std::collections::BTreeMap<_, _>>().into_values().collect()
    })
}

fn deltas() -> impl Strategy<Value = Vec<DeltaSpec>> {
    let pages = prop_oneof![(0..5u64).prop_map(PageRef::Existing), (0..3u32).prop_map(PageRef::New)];
    // Fields at multiples of 8 never overlap.
    let writes = btree_map((pages, 0..8u32), (field_types(), ints()), 0..6).prop_map(|writes| {
        let write = |((page, slot), (field_type, value)): ((PageRef, u32), (FieldType, Expr))| {
            let value = if matches!(value, Expr::Constant(_)) { int(0) } else { value };
            DeltaSpec::Write { page, offset: slot * 8, field_type, value }
        };
        writes.into_iter().map(write).collect::<Vec<_>>()
    });
    let creations = vec((64..1000u32, option::of("[a-z]{1,9}"), vec(any::<u8>(), 0..9)), 3);
    (writes, creations, btree_set(5..7u64, 0..2), btree_map(7..9u64, vec(any::<u8>(), 0..9), 0..2)).prop_map(
        |(mut deltas, creations, deleted, metadata)| {
            let creations = (0u32..).zip(creations).map(|(number, (size_bytes, name, metadata))| {
                let name = name.map(|name| format!("{name}{number}"));
                DeltaSpec::Create { number, size_bytes, name, metadata }
            });
            deltas.extend(creations);
            deltas.extend(deleted.into_iter().map(|page| DeltaSpec::Delete { page }));
            deltas
                .extend(metadata.into_iter().map(|(page, metadata)| DeltaSpec::Metadata { page, metadata }));
            deltas
        },
    )
}

pub fn clients() -> impl Strategy<Value = ClientEntry> {
    (
        any::<(u32, u32, u32)>(),
        prop_oneof![Just(0), 1..9u128, any::<u128>()],
        any::<u128>(),
        vec(any::<u8>(), 0..50),
    )
        .prop_map(|((namespace, kind, version), id, parent, body)| ClientEntry {
            namespace: NamespaceId(namespace),
            kind,
            version,
            id,
            parent,
            body,
        })
}

fn queries() -> impl Strategy<Value = Query> {
    let names = btree_set("[a-zé]{1,9}", 0..3);
    let metadata = btree_set(vec(any::<u8>(), 0..9), 0..3);
    (names, metadata, btree_set(10..99u64, 0..3), any::<bool>()).prop_map(|(names, metadata, more, high)| {
        Query {
            pages: (0..5).chain(more).collect(),
            ranges: if high { vec![(5, 8), (100, u64::MAX)] } else { vec![(5, 9)] },
            names: names.into_iter().collect(),
            metadata: metadata.into_iter().collect(),
        }
    })
}

pub fn plans() -> impl Strategy<Value = UpsertPlan> {
    (intents(), reads(), option::of(guards()), deltas(), vec(clients(), 0..3), queries()).prop_map(
        |(intent, reads, guard, deltas, mut clients, query)| {
            // An id that is taken becomes none.
            let mut ids = std::collections::BTreeSet::from([intent.id]);
            for client in &mut clients {
                if !ids.insert(client.id) {
                    client.id = 0;
                }
            }
            UpsertPlan { intent, reads, guard, deltas, clients, query }
        },
    )
}

pub fn logged_deltas() -> impl Strategy<Value = Delta> {
    let runs = vec((1..50u32, vec(any::<u8>(), 1..20)), 1..6).prop_map(|pieces| {
        let mut end = 0;
        let place = |(gap, bytes): (u32, Vec<u8>)| {
            let offset = end + gap;
            end = offset + bytes.len() as u32;
            (offset, bytes)
        };
        Patch::Runs(pieces.into_iter().map(place).collect())
    });
    let bitmap = (0..1000u32, vec(any::<u8>(), 0..9), 1..=255u8, any::<u8>()).prop_map(
        |(offset, mut mask, last, byte)| {
            mask.push(last);
            mask[0] |= 1;
            let count: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
            Patch::Bitmap { offset, mask, bytes: vec![byte; count as usize] }
        },
    );
    let patch = prop_oneof![
        runs,
        bitmap,
        vec(any::<u8>(), 1..99).prop_map(Patch::Full),
        (0..99u32, 1..99u32, any::<u8>()).prop_map(|(offset, len, byte)| Patch::Fill { offset, len, byte }),
    ];
    let metadata = || vec(any::<u8>(), 0..9);
    let change = prop_oneof![
        patch.prop_map(Change::Write),
        (1..=1u32 << 20, option::of("[a-zé]{1,9}"), metadata())
            .prop_map(|(size_bytes, name, metadata)| Change::Create { size_bytes, name, metadata }),
        Just(Change::Delete),
        metadata().prop_map(Change::Metadata),
    ];
    (any::<u64>(), any::<u64>(), change).prop_map(|(page, base, change)| {
        let base = if matches!(change, Change::Create { .. }) { 0 } else { base };
        Delta { page, base, change }
    })
}
