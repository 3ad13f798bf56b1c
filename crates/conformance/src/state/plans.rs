//! Deltas and plans: one canonical form, and a code for every malformation.

use std::collections::BTreeMap;

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::{Cell, Tree, Value};
use plan::{
    Change, ClientEntry, Delta, DeltaSpec, Expr, FieldType, Intent, Malformed, NamespaceId, Operator,
    PageRef, Patch, Query, Read, UpsertPlan,
};
use serde::Deserialize;

use crate::call::{Call, Failure};
use crate::naive;
use crate::row::{Input, Kind, Params, Reference, Row};

pub(crate) const ROWS: &[Row] = &[
    Row {
        op: "plan.delta",
        reference: Reference::Naive(naive::plans::delta),
        inputs: &[Input::one("payload", &[Kind::Bytes])],
        params: Params::of::<Tagged>(),
        run: delta,
        rule: Rule::Exact,
        hardened: &[],
        api: &["plan::Delta::decode(tag, payload)", "plan::Delta::encode", "plan::Delta::validate"],
    },
    Row {
        op: "plan.upsert",
        reference: Reference::Naive(naive::plans::upsert),
        inputs: &[],
        params: Params::of::<Planned>(),
        run: upsert,
        rule: Rule::Exact,
        hardened: &[],
        api: &["plan::UpsertPlan::encode", "plan::UpsertPlan::decode(bytes)", "plan::UpsertPlan::hash"],
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagged {
    /// The tag of the entry that the payload stands in.
    tag: u8,
}

fn raised(why: &Malformed) -> Failure {
    Failure::raised(format!("plan.{:?}", why.code), format!("{} at byte {}", why.field, why.offset))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a delta does to a page, however it is encoded; encoding it again must give its bytes.
fn delta(call: &Call<'_>) -> Result<Value, Failure> {
    let Tagged { tag } = call.params()?;
    let payload = call.bytes("payload")?;
    let delta = Delta::decode(tag, payload).map_err(|why| raised(&why))?;
    if delta.encode().map_err(|why| raised(&why))? != *payload {
        return Err(Failure::raised("plan.NotCanonical", "encoding again gives other bytes"));
    }
    let change = match &delta.change {
        Change::Write(patch) => format!("write {}", written(patch)),
        Change::Create { size_bytes, name, metadata } => {
            format!("create {size_bytes} {:?} {}", name.as_deref().unwrap_or_default(), hex(metadata))
        }
        Change::Delete => "delete".to_string(),
        Change::Metadata(metadata) => format!("metadata {}", hex(metadata)),
    };
    let text = |key: &str, text: String| (Cell::Text(key.into()), Value::Text(text));
    Ok(Value::Tree(Tree::Entries(vec![
        text("page", delta.page.to_string()),
        text("base", delta.base.to_string()),
        text("change", change),
    ])))
}

/// The bytes that get new values, as runs without a gap: `OFFSET:HEX`.
fn written(patch: &Patch) -> String {
    let mut bytes: BTreeMap<usize, u8> = BTreeMap::new();
    match patch {
        Patch::Runs(runs) => {
            for (offset, run) in runs {
                bytes.extend((*offset as usize..).zip(run.iter().copied()));
            }
        }
        Patch::Bitmap { offset, mask, bytes: values } => {
            let set = (0..mask.len() * 8).filter(|bit| mask[bit / 8] >> (bit % 8) & 1 == 1);
            bytes.extend(set.map(|bit| *offset as usize + bit).zip(values.iter().copied()));
        }
        Patch::Full(all) => bytes.extend((0..).zip(all.iter().copied())),
        Patch::Fill { offset, len, byte } => {
            bytes.extend((*offset as usize..).take(*len as usize).map(|place| (place, *byte)));
        }
    }
    let (mut text, mut next) = (String::new(), None);
    for (place, byte) in bytes {
        if next != Some(place) {
            text.push_str(&format!("{}{place}:", if text.is_empty() { "" } else { " " }));
        }
        text.push_str(&format!("{byte:02x}"));
        next = Some(place + 1);
    }
    text
}

/// A plan as a case writes it. Lists stand for alternatives, their first item naming which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Planned {
    intent: Stated,
    reads: Vec<Json>,
    guard: Json,
    deltas: Vec<Json>,
    clients: Vec<Json>,
    query: Asked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    id: Json,
    parent: Json,
    author: String,
    schema: String,
    schema_version: u32,
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    pages: Vec<Json>,
    ranges: Vec<[Json; 2]>,
    names: Vec<String>,
    metadata: Vec<String>,
}

/// The plan's one form with its hash, read back as an equal plan.
fn upsert(call: &Call<'_>) -> Result<Value, Failure> {
    let plan = built(call.params()?)?;
    let bytes = plan.encode().map_err(|why| raised(&why))?;
    if UpsertPlan::decode(&bytes).map_err(|why| raised(&why))? != plan {
        return Err(Failure::raised("plan.NotCanonical", "reading back gives another plan"));
    }
    let hash = plan.hash().map_err(|why| raised(&why))?.to_string();
    Ok(Value::Tree(Tree::Entries(vec![
        (Cell::Text("bytes".into()), Value::Text(hex(&bytes))),
        (Cell::Text("hash".into()), Value::Text(hash)),
    ])))
}

pub(super) fn misfit(what: &str, found: &Json) -> Failure {
    Failure::Malformed(format!("expected {what}, found {}", evidence::json::brief(found)))
}

/// An integer, beyond 2^53 as text.
pub(super) fn number<T: TryFrom<i128>>(json: &Json) -> Result<T, Failure> {
    let read = json.as_i64().map(i128::from).or_else(|| json.as_str().and_then(|text| text.parse().ok()));
    read.and_then(|number| T::try_from(number).ok()).ok_or_else(|| misfit("an integer in range", json))
}

fn id(json: &Json) -> Result<u128, Failure> {
    json.as_u64()
        .map(u128::from)
        .or_else(|| json.as_str().and_then(|text| text.parse().ok()))
        .ok_or_else(|| misfit("an id", json))
}

pub(super) fn bytes(json: &Json) -> Result<Vec<u8>, Failure> {
    let text = json.as_str().ok_or_else(|| misfit("hexadecimal digits", json))?;
    let digits: Vec<u32> = text.chars().map_while(|digit| digit.to_digit(16)).collect();
    if digits.len() != text.len() || digits.len() % 2 == 1 {
        return Err(misfit("hexadecimal digits", json));
    }
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0u8, |byte, digit| (byte << 4) | *digit as u8)).collect())
}

pub(super) fn parts(json: &Json) -> Result<(&str, &[Json]), Failure> {
    let [first, rest @ ..] = json.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(misfit("a list that begins with a word", json));
    };
    Ok((first.as_str().ok_or_else(|| misfit("a word", first))?, rest))
}

pub(super) fn built(planned: Planned) -> Result<UpsertPlan, Failure> {
    let Planned { intent, reads, guard, deltas, clients, query } = planned;
    Ok(UpsertPlan {
        intent: Intent {
            id: id(&intent.id)?,
            parent: id(&intent.parent)?,
            author: intent.author,
            schema: intent.schema,
            schema_version: intent.schema_version,
            body: intent.body,
        },
        reads: reads.iter().map(read).collect::<Result<_, _>>()?,
        guard: if guard.is_null() { None } else { Some(expression(&guard)?) },
        deltas: deltas.iter().map(delta_spec).collect::<Result<_, _>>()?,
        clients: clients.iter().map(client).collect::<Result<_, _>>()?,
        query: Query {
            pages: query.pages.iter().map(number).collect::<Result<_, _>>()?,
            ranges: query
                .ranges
                .iter()
                .map(|[first, last]| Ok((number(first)?, number(last)?)))
                .collect::<Result<_, Failure>>()?,
            names: query.names,
            metadata: query
                .metadata
                .iter()
                .map(|text| bytes(&Json::String(text.clone())))
                .collect::<Result<_, _>>()?,
        },
    })
}

fn read(json: &Json) -> Result<Read, Failure> {
    match parts(json)? {
        ("version", [page, version]) => Ok(Read::Version { page: number(page)?, version: number(version)? }),
        ("range", [page, offset, len, hash]) => {
            let hash = bytes(hash)?.try_into().map_err(|_| misfit("16 bytes", hash))?;
            Ok(Read::Range { page: number(page)?, offset: number(offset)?, len: number(len)?, hash })
        }
        _ => Err(misfit("a read", json)),
    }
}

fn field_type(json: &Json) -> Result<FieldType, Failure> {
    match parts(json)? {
        ("int", [width, Json::Bool(signed), Json::Bool(big_endian)]) => {
            Ok(FieldType::Int { width_bytes: number(width)?, signed: *signed, big_endian: *big_endian })
        }
        ("bytes", [len]) => Ok(FieldType::Bytes(number(len)?)),
        _ => Err(misfit("a field's type", json)),
    }
}

fn expression(json: &Json) -> Result<Expr, Failure> {
    use Operator::*;
    let (word, rest) = parts(json)?;
    let operator = match word {
        "add" => Add,
        "sub" => Sub,
        "mul" => Mul,
        "eq" => Eq,
        "ne" => Ne,
        "lt" => Lt,
        "le" => Le,
        "gt" => Gt,
        "ge" => Ge,
        "and" => And,
        "or" => Or,
        _ => {
            return match (word, rest) {
                ("int", [value]) => Ok(Expr::Constant(plan::Value::Int(number(value)?))),
                ("bytes", [value]) => Ok(Expr::Constant(plan::Value::Bytes(bytes(value)?))),
                ("bool", [Json::Bool(value)]) => Ok(Expr::Constant(plan::Value::Bool(*value))),
                ("field", [page, offset, of_type]) => Ok(Expr::Field {
                    page: number(page)?,
                    offset: number(offset)?,
                    field_type: field_type(of_type)?,
                }),
                ("version", [page]) => Ok(Expr::Version(number(page)?)),
                ("exists", [page]) => Ok(Expr::Exists(number(page)?)),
                ("length", [page]) => Ok(Expr::Length(number(page)?)),
                ("hash", [page]) => Ok(Expr::Hash(number(page)?)),
                ("not", [operand]) => Ok(Expr::Not(Box::new(expression(operand)?))),
                _ => Err(misfit("an expression", json)),
            };
        }
    };
    let [left, right] = rest else { return Err(misfit("two operands", json)) };
    Ok(Expr::Binary(operator, Box::new(expression(left)?), Box::new(expression(right)?)))
}

fn page(json: &Json) -> Result<PageRef, Failure> {
    match parts(json)? {
        ("page", [id]) => Ok(PageRef::Existing(number(id)?)),
        ("new", [id]) => Ok(PageRef::New(number(id)?)),
        _ => Err(misfit("a page", json)),
    }
}

fn delta_spec(json: &Json) -> Result<DeltaSpec, Failure> {
    match parts(json)? {
        ("write", [at, offset, of_type, value]) => Ok(DeltaSpec::Write {
            page: page(at)?,
            offset: number(offset)?,
            field_type: field_type(of_type)?,
            value: expression(value)?,
        }),
        ("create", [own, size, name, metadata]) => Ok(DeltaSpec::Create {
            number: number(own)?,
            size_bytes: number(size)?,
            name: name.as_str().map(str::to_string),
            metadata: bytes(metadata)?,
        }),
        ("delete", [id]) => Ok(DeltaSpec::Delete { page: number(id)? }),
        ("metadata", [id, metadata]) => {
            Ok(DeltaSpec::Metadata { page: number(id)?, metadata: bytes(metadata)? })
        }
        _ => Err(misfit("a delta", json)),
    }
}

fn client(json: &Json) -> Result<ClientEntry, Failure> {
    let items = json.as_array().map_or(&[][..], Vec::as_slice);
    let [namespace, kind, version, own, parent, body] = items else {
        return Err(misfit("a client entry", json));
    };
    Ok(ClientEntry {
        namespace: NamespaceId(number(namespace)?),
        kind: number(kind)?,
        version: number(version)?,
        id: id(own)?,
        parent: id(parent)?,
        body: bytes(body)?,
    })
}
