//! Second opinions on deltas and plans: what their bytes mean, which rule they break, what their one form is.

use std::collections::{BTreeMap, BTreeSet};

use evidence::case::Raised;
use evidence::json::Json;
use evidence::typed;
use evidence::value::{Cell, Tree, Value};

use super::bits::{Bytes, Refusal, hex, put_integer, put_sized};

const PAGE: u64 = 1 << 20;

fn refused((code, field, at): Refusal) -> Raised {
    Raised { class: format!("plan.{code}"), message: format!("{field} at byte {at}") }
}

fn malformed(what: &str) -> Raised {
    Raised { class: "Malformed".into(), message: what.into() }
}

fn texts(entries: &[(&str, String)]) -> Value {
    let entries = entries.iter().map(|(key, text)| (Cell::Text((*key).into()), Value::Text(text.clone())));
    Value::Tree(Tree::Entries(entries.collect()))
}

/// What a delta's payload does to a page.
pub(crate) fn delta(inputs: &BTreeMap<String, Value>, params: &Json) -> Result<Value, Raised> {
    let Some(Value::Bytes(payload)) = inputs.get("payload") else { return Err(malformed("no payload")) };
    let tag = params.get("tag").and_then(Json::as_u64).ok_or_else(|| malformed("no tag"))?;
    let (page, base, change) = change(tag, payload).map_err(refused)?;
    Ok(texts(&[("page", page.to_string()), ("base", base.to_string()), ("change", change)]))
}

fn change(tag: u64, payload: &[u8]) -> Result<(u64, u64, String), Refusal> {
    let mut bytes = Bytes::new(payload);
    let page = bytes.integer("page id")?;
    let base = if tag == 5 { 0 } else { bytes.integer("base version")? };
    let change = match tag {
        4 => {
            let written = patch(&mut bytes)?;
            bytes.end("delta")?;
            format!("write {}", written?)
        }
        5 => {
            let size = bytes.integer_to(PAGE, "page size")?;
            let name = bytes.text(255, "page name")?.to_string();
            let metadata = bytes.rest();
            if size == 0 {
                return Err(("Range", "page size", 0));
            }
            short(metadata)?;
            format!("create {size} {name:?} {}", hex(metadata))
        }
        6 => {
            bytes.end("delta")?;
            "delete".to_string()
        }
        7 => {
            let metadata = bytes.rest();
            short(metadata)?;
            format!("metadata {}", hex(metadata))
        }
        _ => return Err(("UnknownTag", "delta", 0)),
    };
    Ok((page, base, change))
}

fn short(metadata: &[u8]) -> Result<(), Refusal> {
    if metadata.len() > 4096 { Err(("Limit", "page metadata", 0)) } else { Ok(()) }
}

/// The outer error is one of bytes, the inner one of the patch that they say.
fn patch(bytes: &mut Bytes<'_>) -> Result<Result<String, Refusal>, Refusal> {
    let start = bytes.at;
    let outside = Err(("OutOfPage", "patch", 0));
    // Every byte of the page by itself.
    let mut page: BTreeMap<u64, u8> = BTreeMap::new();
    match bytes.byte("patch")? {
        0 => {
            let mut runs = Vec::new();
            for _ in 0..bytes.integer_to(PAGE, "runs")? {
                let offset = bytes.integer_to(PAGE, "run offset")?;
                runs.push((offset, bytes.sized(PAGE, "run")?));
            }
            if runs.is_empty()
                || runs.iter().any(|(offset, run)| run.is_empty() || offset + run.len() as u64 > PAGE)
            {
                return Ok(outside);
            }
            let mut free = None;
            for (offset, run) in runs {
                if free.is_some_and(|free| offset <= free) {
                    return Ok(Err(("Overlap", "patch", 0)));
                }
                page.extend((offset..).zip(run.iter().copied()));
                free = Some(offset + run.len() as u64);
            }
        }
        1 => {
            let offset = bytes.integer_to(PAGE, "bitmap offset")?;
            let mask = bytes.sized(PAGE / 8, "bitmap")?;
            let values = bytes.rest();
            let places: Vec<u64> = (0..mask.len() as u64 * 8)
                .filter(|place| mask[(place / 8) as usize] & (1 << (place % 8)) != 0)
                .collect();
            let is_trimmed = places.first() == Some(&0) && mask.last() != Some(&0);
            if !is_trimmed || places.len() != values.len() {
                return Ok(Err(("PayloadMismatch", "patch", 0)));
            }
            page.extend(places.iter().map(|place| offset + place).zip(values.iter().copied()));
        }
        2 => {
            let all = bytes.rest();
            if all.is_empty() {
                return Ok(outside);
            }
            page.extend((0..).zip(all.iter().copied()));
        }
        3 => {
            let (offset, length) =
                (bytes.integer_to(PAGE, "fill offset")?, bytes.integer_to(PAGE, "fill length")?);
            let byte = bytes.byte("fill byte")?;
            if length == 0 {
                return Ok(outside);
            }
            page.extend((offset..offset + length).map(|place| (place, byte)));
        }
        _ => return Err(("UnknownTag", "patch", start)),
    }
    if page.last_key_value().is_some_and(|(last, _)| *last >= PAGE) {
        return Ok(outside);
    }
    let mut text = String::new();
    for (place, byte) in &page {
        if *place == 0 || !page.contains_key(&(place - 1)) {
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}{place}:"));
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Ok(Ok(text))
}

/// The one form of a plan that a case describes, or the rule that it breaks.
pub(crate) fn upsert(_: &BTreeMap<String, Value>, params: &Json) -> Result<Value, Raised> {
    let bytes = plan(params).map_err(refused)?;
    let hash = typed::digest(&bytes).get(..32).unwrap_or_default().to_string();
    Ok(texts(&[("bytes", hex(&bytes)), ("hash", hash)]))
}

fn text<'a>(json: &'a Json, key: &str) -> &'a str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// An integer that may stand in a text.
fn number(json: Option<&Json>) -> i128 {
    match json {
        Some(Json::String(text)) => text.parse().unwrap_or_default(),
        Some(json) => json.as_i64().map(i128::from).unwrap_or_default(),
        None => 0,
    }
}

fn natural(json: Option<&Json>) -> u64 {
    u64::try_from(number(json)).unwrap_or_default()
}

fn id(json: Option<&Json>) -> u128 {
    match json {
        Some(Json::String(text)) => text.parse().unwrap_or_default(),
        other => u128::from(natural(other)),
    }
}

fn unhex(json: Option<&Json>) -> Vec<u8> {
    let digits: Vec<u8> = json
        .and_then(Json::as_str)
        .unwrap_or_default()
        .chars()
        .filter_map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect()
}

fn no(code: &'static str, field: &'static str) -> Refusal {
    (code, field, 0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Integer,
    Bytes,
    Truth,
}

fn plan(params: &Json) -> Result<Vec<u8>, Refusal> {
    let nothing = Json::Null;
    let part = |key: &str| params.get(key).unwrap_or(&nothing);
    let (intent, query) = (part("intent"), part("query"));
    check_intent(intent)?;
    check_query(query)?;
    check_reads(list(params, "reads"))?;
    if !part("guard").is_null() && checked(part("guard"))? != Type::Truth {
        return Err(no("Type", "guard"));
    }
    let (deltas, clients) = (list(params, "deltas"), list(params, "clients"));
    if deltas.is_empty() && clients.is_empty() {
        return Err(no("NoDeltas", "plan"));
    }
    if clients.iter().any(|client| unhex(client.get(5)).len() > 64 << 10) {
        return Err(no("Limit", "client body"));
    }
    deltas.iter().try_for_each(check_delta)?;
    if deltas.windows(2).any(|pair| order(&pair[0]) >= order(&pair[1])) {
        return Err(no("Order", "deltas"));
    }
    check_places(deltas)?;
    check_selected(params, query)?;

    let mut out = Vec::new();
    let mut entry = |tag: u8, payload: Vec<u8>| {
        out.push(tag);
        put_sized(&mut out, &payload);
    };
    entry(1, intent_bytes(intent));
    if !list(params, "reads").is_empty() {
        entry(2, reads_bytes(list(params, "reads")));
    }
    if !part("guard").is_null() {
        entry(3, expression_bytes(part("guard")));
    }
    deltas.iter().for_each(|delta| entry(tag(delta), delta_bytes(delta)));
    clients.iter().for_each(|client| entry(9, client_bytes(client)));
    entry(15, query_bytes(query));
    Ok(out)
}

fn check_intent(intent: &Json) -> Result<(), Refusal> {
    if id(intent.get("id")) == 0 {
        return Err(no("Range", "intent id"));
    }
    for (key, field) in [("author", "intent author"), ("schema", "intent schema")] {
        match text(intent, key).len() {
            0 => return Err(no("Range", field)),
            256.. => return Err(no("Limit", field)),
            _ => {}
        }
    }
    let body = text(intent, "body");
    if body.len() > 64 << 10 {
        return Err(no("Limit", "intent body"));
    }
    // Cases break a body by its end alone, so that the place of the fault is beyond dispute.
    match evidence::json::parse("body", body.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(("BadJson", "intent body", body.len())),
    }
}

fn ascends<T: PartialOrd>(items: &[T]) -> bool {
    items.windows(2).all(|pair| pair[0] < pair[1])
}

fn ranges(query: &Json) -> Vec<(u64, u64)> {
    list(query, "ranges").iter().map(|range| (natural(range.get(0)), natural(range.get(1)))).collect()
}

fn check_query(query: &Json) -> Result<(), Refusal> {
    let pages: Vec<u64> = list(query, "pages").iter().map(|page| natural(Some(page))).collect();
    let names: Vec<&str> = list(query, "names").iter().filter_map(Json::as_str).collect();
    let metadata: Vec<Vec<u8>> = list(query, "metadata").iter().map(|bytes| unhex(Some(bytes))).collect();
    let ranges = ranges(query);
    if pages.is_empty() && names.is_empty() && metadata.is_empty() && ranges.is_empty() {
        return Err(no("EmptyQuery", "query"));
    }
    if !ascends(&pages) || !ascends(&names) || !ascends(&metadata) {
        return Err(no("Order", "query"));
    }
    if ranges.iter().any(|(first, last)| first > last) {
        return Err(no("Range", "page range"));
    }
    if ranges.windows(2).any(|pair| pair[0].1 >= pair[1].0) {
        return Err(no("Overlap", "page range"));
    }
    if names.iter().any(|name| name.is_empty() || name.len() > 255) {
        return Err(no("Limit", "page name"));
    }
    if metadata.iter().any(|bytes| bytes.len() > 4096) {
        return Err(no("Limit", "page metadata"));
    }
    Ok(())
}

fn check_reads(reads: &[Json]) -> Result<(), Refusal> {
    let key = |read: &Json| {
        let is_range = read.get(0).and_then(Json::as_str) == Some("range");
        let place = if is_range { (natural(read.get(2)), natural(read.get(3))) } else { (0, 0) };
        (natural(read.get(1)), is_range, place)
    };
    if reads.windows(2).any(|pair| key(&pair[0]) >= key(&pair[1])) {
        return Err(no("Order", "reads"));
    }
    let outside = |read: &Json| {
        let (_, is_range, (offset, length)) = key(read);
        is_range && (length == 0 || offset + length > PAGE)
    };
    if reads.iter().any(outside) { Err(no("OutOfPage", "reads")) } else { Ok(()) }
}

fn word(json: &Json) -> &str {
    json.get(0).and_then(Json::as_str).unwrap_or_default()
}

/// Width in bytes, and whether it is an integer.
fn field(of_type: Option<&Json>) -> (u64, bool) {
    let of_type = of_type.unwrap_or(&Json::Null);
    (natural(of_type.get(1)), word(of_type) == "int")
}

fn check_field(of_type: Option<&Json>, offset: u64) -> Result<Type, Refusal> {
    let (width, is_integer) = field(of_type);
    let is_big = of_type.and_then(|of_type| of_type.get(3)).and_then(Json::as_bool) == Some(true);
    if is_integer && (![1, 2, 4, 8].contains(&width) || (width == 1 && is_big)) || width == 0 {
        return Err(no("Range", "field"));
    }
    if offset + width > PAGE {
        return Err(no("OutOfPage", "field"));
    }
    Ok(if is_integer { Type::Integer } else { Type::Bytes })
}

/// The type of an expression that keeps its budgets: 4,096 nodes, 64 levels, 1 MiB.
fn checked(expression: &Json) -> Result<Type, Refusal> {
    typed_within(expression, 0, &mut (4096i64, PAGE as i64))
}

fn typed_within(json: &Json, level: usize, left: &mut (i64, i64)) -> Result<Type, Refusal> {
    left.0 -= 1;
    if left.0 < 0 || level > 63 {
        return Err(no("Budget", "expression"));
    }
    let mut spend = |bytes: u64| {
        left.1 -= i64::try_from(bytes).unwrap_or(i64::MAX);
        if left.1 < 0 { Err(no("Budget", "expression")) } else { Ok(()) }
    };
    match word(json) {
        "int" => {
            let value = number(json.get(1));
            let fits = (-(1i128 << 63)..(1i128 << 64)).contains(&value);
            if fits { Ok(Type::Integer) } else { Err(no("Range", "expression")) }
        }
        "bytes" => spend(unhex(json.get(1)).len() as u64).map(|()| Type::Bytes),
        "bool" | "exists" => Ok(Type::Truth),
        "version" | "length" => Ok(Type::Integer),
        "hash" => Ok(Type::Bytes),
        "field" => {
            let of_type = check_field(json.get(3), natural(json.get(2)))?;
            spend(field(json.get(3)).0).map(|()| of_type)
        }
        "not" => match typed_within(json.get(1).unwrap_or(&Json::Null), level + 1, left)? {
            Type::Truth => Ok(Type::Truth),
            _ => Err(no("Type", "expression")),
        },
        operator => {
            let left_type = typed_within(json.get(1).unwrap_or(&Json::Null), level + 1, left)?;
            let right_type = typed_within(json.get(2).unwrap_or(&Json::Null), level + 1, left)?;
            let same = (left_type == right_type).then_some(left_type);
            match (operator, same) {
                ("add" | "sub" | "mul", Some(Type::Integer)) => Ok(Type::Integer),
                ("eq" | "ne", Some(_)) => Ok(Type::Truth),
                ("lt" | "le" | "gt" | "ge", Some(Type::Integer | Type::Bytes)) => Ok(Type::Truth),
                ("and" | "or", Some(Type::Truth)) => Ok(Type::Truth),
                _ => Err(no("Type", "expression")),
            }
        }
    }
}

fn tag(delta: &Json) -> u8 {
    match word(delta) {
        "write" => 4,
        "create" => 5,
        "delete" => 6,
        _ => 7,
    }
}

/// Whether it is a page of the plan's own, and its number.
fn page(delta: &Json) -> (bool, u64) {
    match delta.get(1) {
        Some(page @ Json::Array(_)) => (word(page) == "new", natural(page.get(1))),
        own => (word(delta) == "create", natural(own)),
    }
}

fn order(delta: &Json) -> (u8, (bool, u64), u64) {
    let offset = if word(delta) == "write" { natural(delta.get(2)) } else { 0 };
    (tag(delta), page(delta), offset)
}

fn check_delta(delta: &Json) -> Result<(), Refusal> {
    match word(delta) {
        "write" => {
            let of_field = check_field(delta.get(3), natural(delta.get(2)))?;
            let value = delta.get(4).unwrap_or(&Json::Null);
            let is_same = checked(value)? == of_field;
            if is_same && fits(value, delta.get(3)) { Ok(()) } else { Err(no("PayloadMismatch", "write")) }
        }
        "create" => {
            let size = natural(delta.get(2));
            if size == 0 || size > PAGE {
                return Err(no("Range", "page size"));
            }
            match delta.get(3).and_then(Json::as_str).map(str::len) {
                Some(0 | 256..) => Err(no("Limit", "page name")),
                _ => short(&unhex(delta.get(4))),
            }
        }
        "metadata" => short(&unhex(delta.get(2))),
        _ => Ok(()),
    }
}

/// Whether a value whose size is known before evaluation has the field's.
fn fits(value: &Json, of_type: Option<&Json>) -> bool {
    let (width, is_integer) = field(of_type);
    let signed = of_type.and_then(|of_type| of_type.get(2)).and_then(Json::as_bool) == Some(true);
    match word(value) {
        "int" if is_integer => {
            let count = 1i128 << (8 * width);
            let (low, high) = if signed { (-count / 2, count / 2) } else { (0, count) };
            (low..high).contains(&number(value.get(1)))
        }
        "bytes" => unhex(value.get(1)).len() as u64 == width,
        "field" if !is_integer => field(value.get(3)).0 == width,
        "hash" => width == 16,
        _ => true,
    }
}

fn check_places(deltas: &[Json]) -> Result<(), Refusal> {
    let of = |wanted: &'static str| deltas.iter().filter(move |delta| word(delta) == wanted);
    let sizes: BTreeMap<u64, u64> = of("create").map(|one| (page(one).1, natural(one.get(2)))).collect();
    let deleted: BTreeSet<u64> = of("delete").map(|one| page(one).1).collect();
    let mut taken: BTreeSet<((bool, u64), u64)> = BTreeSet::new();
    for delta in deltas {
        let (is_new, id) = page(delta);
        if word(delta) != "delete" && !is_new && deleted.contains(&id) {
            return Err(no("Overlap", "delete"));
        }
        if word(delta) != "write" {
            continue;
        }
        let (start, width) = (natural(delta.get(2)), field(delta.get(3)).0);
        // Every byte by itself: that is what two writes must not share.
        if !(start..start + width).all(|place| taken.insert(((is_new, id), place))) {
            return Err(no("Overlap", "write"));
        }
        match sizes.get(&id) {
            None if is_new => return Err(no("UnselectedPage", "write")),
            Some(size) if is_new && start + width > *size => return Err(no("OutOfPage", "write")),
            _ => {}
        }
    }
    Ok(())
}

fn pages_of(expression: &Json, found: &mut Vec<u64>) {
    match word(expression) {
        "int" | "bytes" | "bool" => {}
        "field" | "version" | "exists" | "length" | "hash" => found.push(natural(expression.get(1))),
        _ => expression.as_array().into_iter().flatten().skip(1).for_each(|operand| pages_of(operand, found)),
    }
}

fn check_selected(params: &Json, query: &Json) -> Result<(), Refusal> {
    if !list(query, "names").is_empty() || !list(query, "metadata").is_empty() {
        return Ok(());
    }
    let ranges = ranges(query);
    let selected = |id: u64| {
        list(query, "pages").iter().any(|page| natural(Some(page)) == id)
            || ranges.iter().any(|(first, last)| (*first..=*last).contains(&id))
    };
    let all = |ids: &[u64], field| {
        if ids.iter().all(|id| selected(*id)) { Ok(()) } else { Err(no("UnselectedPage", field)) }
    };
    let reads: Vec<u64> = list(params, "reads").iter().map(|read| natural(read.get(1))).collect();
    all(&reads, "reads")?;
    let mut guard = Vec::new();
    params.get("guard").into_iter().for_each(|expression| pages_of(expression, &mut guard));
    all(&guard, "guard")?;
    for delta in list(params, "deltas") {
        let (is_new, id) = page(delta);
        if !is_new {
            all(&[id], "delta")?;
        }
        let mut value = Vec::new();
        if word(delta) == "write" {
            delta.get(4).into_iter().for_each(|expression| pages_of(expression, &mut value));
        }
        all(&value, "value")?;
    }
    Ok(())
}

fn intent_bytes(intent: &Json) -> Vec<u8> {
    let mut out = id(intent.get("id")).to_le_bytes().to_vec();
    let parent = id(intent.get("parent"));
    out.push(u8::from(parent != 0));
    if parent != 0 {
        out.extend_from_slice(&parent.to_le_bytes());
    }
    put_sized(&mut out, text(intent, "author").as_bytes());
    put_sized(&mut out, text(intent, "schema").as_bytes());
    put_integer(&mut out, natural(intent.get("schema_version")));
    out.extend_from_slice(text(intent, "body").as_bytes());
    out
}

fn reads_bytes(reads: &[Json]) -> Vec<u8> {
    let mut out = Vec::new();
    put_integer(&mut out, reads.len() as u64);
    for read in reads {
        put_integer(&mut out, natural(read.get(1)));
        if word(read) == "version" {
            out.push(0);
            put_integer(&mut out, natural(read.get(2)));
        } else {
            out.push(1);
            put_integer(&mut out, natural(read.get(2)));
            put_integer(&mut out, natural(read.get(3)));
            out.extend(unhex(read.get(4)));
        }
    }
    out
}

fn type_bytes(of_type: Option<&Json>, out: &mut Vec<u8>) {
    let flag = |place: usize, bit: u64| {
        let is_set = of_type.and_then(|of_type| of_type.get(place)).and_then(Json::as_bool) == Some(true);
        if is_set { bit } else { 0 }
    };
    match field(of_type) {
        (width, true) => out.push(u8::try_from(width + flag(2, 16) + flag(3, 32)).unwrap_or_default()),
        (width, false) => {
            out.push(0);
            put_integer(out, width);
        }
    }
}

fn expression_bytes(json: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    let operators = ["add", "sub", "mul", "eq", "ne", "lt", "le", "gt", "ge", "and", "or"];
    let numbers = [16, 17, 18, 24, 25, 26, 27, 28, 29, 32, 33];
    let name = word(json);
    match name {
        "int" => {
            let value = number(json.get(1));
            let (sign, size) = if value < 0 { (2, -1 - value) } else { (1, value) };
            out.push(sign);
            put_integer(&mut out, u64::try_from(size).unwrap_or_default());
        }
        "bytes" => {
            out.push(3);
            put_sized(&mut out, &unhex(json.get(1)));
        }
        "bool" => out.push(if json.get(1).and_then(Json::as_bool) == Some(true) { 5 } else { 4 }),
        "field" => {
            out.push(8);
            put_integer(&mut out, natural(json.get(1)));
            put_integer(&mut out, natural(json.get(2)));
            type_bytes(json.get(3), &mut out);
        }
        "version" | "exists" | "length" | "hash" => {
            let place = ["version", "exists", "length", "hash"].iter().position(|known| *known == name);
            out.push(9 + place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default());
            put_integer(&mut out, natural(json.get(1)));
        }
        _ => {
            let operator = operators.into_iter().zip(numbers).find(|(known, _)| *known == name);
            out.push(operator.map_or(34, |(_, number)| number));
            json.as_array()
                .into_iter()
                .flatten()
                .skip(1)
                .for_each(|operand| out.extend(expression_bytes(operand)));
        }
    }
    out
}

fn delta_bytes(delta: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    match word(delta) {
        "write" => {
            let (is_new, id) = page(delta);
            out.push(u8::from(is_new));
            put_integer(&mut out, id);
            put_integer(&mut out, natural(delta.get(2)));
            type_bytes(delta.get(3), &mut out);
            out.extend(delta.get(4).map(expression_bytes).unwrap_or_default());
        }
        "create" => {
            put_integer(&mut out, natural(delta.get(1)));
            put_integer(&mut out, natural(delta.get(2)));
            put_sized(&mut out, delta.get(3).and_then(Json::as_str).unwrap_or_default().as_bytes());
            out.extend(unhex(delta.get(4)));
        }
        _ => {
            put_integer(&mut out, natural(delta.get(1)));
            out.extend(unhex(delta.get(2)));
        }
    }
    out
}

fn client_bytes(client: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    (0..3).for_each(|place| put_integer(&mut out, natural(client.get(place))));
    let (own, parent) = (id(client.get(3)), id(client.get(4)));
    out.push(u8::from(own != 0) + 2 * u8::from(parent != 0));
    for present in [own, parent].into_iter().filter(|id| *id != 0) {
        out.extend_from_slice(&present.to_le_bytes());
    }
    out.extend(unhex(client.get(5)));
    out
}

fn query_bytes(query: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    put_integer(&mut out, list(query, "pages").len() as u64);
    list(query, "pages").iter().for_each(|page| put_integer(&mut out, natural(Some(page))));
    put_integer(&mut out, list(query, "ranges").len() as u64);
    for (first, last) in ranges(query) {
        put_integer(&mut out, first);
        put_integer(&mut out, last - first);
    }
    put_integer(&mut out, list(query, "names").len() as u64);
    let names = list(query, "names").iter().filter_map(Json::as_str);
    names.for_each(|name| put_sized(&mut out, name.as_bytes()));
    put_integer(&mut out, list(query, "metadata").len() as u64);
    list(query, "metadata").iter().for_each(|bytes| put_sized(&mut out, &unhex(Some(bytes))));
    out
}
