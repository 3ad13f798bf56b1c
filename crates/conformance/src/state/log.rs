//! Opening a log: what is there, what is torn, what is damaged.

use std::sync::Arc;

use evidence::compare::Rule;
use evidence::value::{Cell, Column, Tree, Value};
use serde::Deserialize;
use store::{Body, Error, ErrorKind, Memory, Namespace, Options, Record, Store};

use crate::call::{Call, Failure};
use crate::naive;
use crate::row::{Input, Kind, Params, Reference, Row};

const FILES: &[Input] = &[Input::one("files", &[Kind::Tree])];

pub(crate) const ROWS: &[Row] = &[
    Row {
        op: "store.open",
        reference: Reference::Naive(naive::log::open),
        inputs: FILES,
        params: Params::NONE,
        run: open,
        rule: Rule::Exact,
        hardened: &[],
        api: &[
            "store::Store::open(vfs, options)",
            "store::Store::scan(from_seq)",
            "store::Store::recoveries",
        ],
    },
    Row {
        op: "store.open.cuts",
        reference: Reference::Naive(naive::log::cuts),
        inputs: FILES,
        params: Params::of::<Cuts>(),
        run: cuts,
        rule: Rule::Exact,
        hardened: &[],
        api: &["store::Store::open(vfs, options)"],
    },
    Row {
        op: "store.open.flips",
        reference: Reference::Naive(naive::log::flips),
        inputs: FILES,
        params: Params::of::<Flips>(),
        run: flips,
        rule: Rule::Exact,
        hardened: &[],
        api: &["store::Store::open(vfs, options)"],
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cuts {
    /// The file that is cut, at every length from `from` on.
    file: String,
    from: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flips {
    /// The file of which each byte from `from` to before `to`, or its end, is flipped by `mask`.
    file: String,
    from: usize,
    to: usize,
    mask: u8,
}

/// Clock and entropy that give the same with every run.
pub(super) fn options() -> Options {
    Options::new(|| 1_000, || [7; 16])
}

fn files(call: &Call<'_>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let misfit = || Failure::Malformed("input files: expected bytes by their paths".into());
    let Tree::Entries(entries) = call.tree("files")? else { return Err(misfit()) };
    let file = |entry: &(Cell, Value)| match entry {
        (Cell::Text(path), Value::Bytes(bytes)) => Ok((path.clone(), bytes.clone())),
        _ => Err(misfit()),
    };
    entries.iter().map(file).collect()
}

fn disk(files: &[(String, Vec<u8>)]) -> Memory {
    let disk = Memory::new();
    for (path, bytes) in files {
        disk.insert(path, bytes.clone());
    }
    disk
}

fn opened(disk: &Memory) -> Result<(Store, Vec<Record>), Error> {
    let store = Store::open(Arc::new(disk.clone()), options())?;
    let records = store.scan(0).collect::<Result<_, _>>()?;
    Ok((store, records))
}

pub(super) fn raised(error: &Error) -> Failure {
    let place = error
        .segment()
        .map(|segment| format!("segment {segment} at byte {}", error.offset().unwrap_or_default()));
    Failure::raised(
        format!("store.{:?}", error.kind()),
        place.unwrap_or_else(|| "no place in the log".into()),
    )
}

fn open(call: &Call<'_>) -> Result<Value, Failure> {
    let files = files(call)?;
    let disk = disk(&files);
    let (store, records) = opened(&disk).map_err(|error| raised(&error))?;
    let transactions = records.iter().filter_map(transaction).collect();
    let recoveries = store.recoveries().into_iter().map(|found| {
        format!("segment {} kept {} dropped {}", found.segment, found.kept_bytes, found.dropped_bytes)
    });
    let texts = |texts: Vec<String>| Value::Tree(Tree::Items(texts.into_iter().map(Value::Text).collect()));
    Ok(Value::Tree(Tree::Entries(vec![
        (Cell::Text("last_seq".into()), Value::Text(store.last_seq().to_string())),
        (Cell::Text("transactions".into()), texts(transactions)),
        (Cell::Text("namespaces".into()), texts(store.namespaces().iter().map(namespace).collect())),
        (Cell::Text("recoveries".into()), texts(recoveries.collect())),
    ])))
}

fn transaction(record: &Record) -> Option<String> {
    let Body::Transaction { clients, blobs, .. } = &record.body else { return None };
    let id = |id: u128| if id == 0 { "0".to_string() } else { format!("{id:032x}") };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let clients = clients.iter().map(|client| {
        let (namespace, kind, version) = (client.namespace.0, client.kind, client.version);
        let (own, parent) = (id(client.id), id(client.parent));
        format!("client {namespace}/{kind}/{version} id {own} parent {parent} body {}", hex(&client.body))
    });
    let blobs = blobs
        .iter()
        .map(|blob| format!("blob {} of {} bytes as {:?}", hex(&blob.hash.0), blob.size_bytes, blob.role));
    let parts: Vec<String> = clients.chain(blobs).collect();
    Some(format!("seq {}: {}", record.seq, parts.join("; ")))
}

fn namespace(namespace: &Namespace) -> String {
    let kinds: Vec<String> = namespace
        .kinds
        .iter()
        .map(|kind| {
            let must = if kind.must_understand { " must" } else { "" };
            format!("{}/{} {}{must}", kind.number, kind.version, kind.name)
        })
        .collect();
    format!("{}: {}", namespace.name, kinds.join(", "))
}

/// How many transactions are there, or a negative number for a failure.
fn code(files: &[(String, Vec<u8>)]) -> i128 {
    match opened(&disk(files)) {
        Ok((_, records)) => {
            let is_transaction = |record: &&Record| matches!(record.body, Body::Transaction { .. });
            records.iter().filter(is_transaction).count() as i128
        }
        Err(error) => match error.kind() {
            ErrorKind::Corrupt => -1,
            ErrorKind::UnsupportedFormat => -2,
            ErrorKind::NoStore => -3,
            _ => -4,
        },
    }
}

fn column(codes: Vec<i128>) -> Result<Value, Failure> {
    Ok(Value::Column(Column::new("int64", codes.into_iter().map(Cell::Integer).collect())?))
}

fn content<'a>(files: &'a mut [(String, Vec<u8>)], path: &str) -> Result<&'a mut Vec<u8>, Failure> {
    let found = files.iter_mut().find(|(name, _)| name == path).map(|(_, bytes)| bytes);
    found.ok_or_else(|| Failure::Malformed(format!("there is no file {path}")))
}

fn cuts(call: &Call<'_>) -> Result<Value, Failure> {
    let Cuts { file, from } = call.params()?;
    let mut files = files(call)?;
    let whole = content(&mut files, &file)?.clone();
    let mut codes = Vec::new();
    for length in from..=whole.len() {
        content(&mut files, &file)?.clone_from(&whole[..length].to_vec());
        codes.push(code(&files));
    }
    column(codes)
}

fn flips(call: &Call<'_>) -> Result<Value, Failure> {
    let Flips { file, from, to, mask } = call.params()?;
    let mut files = files(call)?;
    let length = content(&mut files, &file)?.len();
    let mut codes = Vec::new();
    for place in from..length.min(to) {
        for is_flipped in [true, false] {
            if let Some(byte) = content(&mut files, &file)?.get_mut(place) {
                *byte ^= mask;
            }
            if is_flipped {
                codes.push(code(&files));
            }
        }
    }
    column(codes)
}
