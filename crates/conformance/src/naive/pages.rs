//! Pages as a list of whole states, one a seq: what a transaction makes of the last one, who wrote each byte, what is
//! computed from what. Nothing is shared between states and nothing is looked up twice, so there is little to get wrong.

use std::collections::{BTreeMap, BTreeSet};

use evidence::case::Raised;
use evidence::json::Json;
use evidence::typed;
use evidence::value::{Cell, Tree, Value};

use super::bits::hex;
use super::values::{Found, shape, value, write};

/// Who wrote a byte last.
#[derive(Clone)]
pub(super) struct Touch {
    seq: u64,
    intent: Option<String>,
    function: Option<String>,
}

#[derive(Clone)]
pub(super) struct Page {
    pub version: u64,
    name: Option<String>,
    metadata: Vec<u8>,
    pub bytes: Vec<(u8, Touch)>,
}

impl Page {
    pub fn plain(&self) -> Vec<u8> {
        self.bytes.iter().map(|(byte, _)| *byte).collect()
    }
}

/// A derived page: its function and its parents.
type Node = (String, Vec<u64>);

#[derive(Clone)]
pub(super) struct State {
    pub pages: BTreeMap<u64, Page>,
    nodes: BTreeMap<u64, Node>,
    next: u64,
    /// Whether the seq is a transaction, which is what followers of the log are told of.
    is_told: bool,
}

/// Why nothing happened: without a seq, or as a refusal on record.
pub(super) enum No {
    Error(String),
    Refused(&'static str, u64),
}

pub(super) type Tried<T> = Result<T, No>;

pub(super) fn error<T>(kind: &str) -> Tried<T> {
    Err(No::Error(kind.into()))
}

/// One change of one page.
enum Edit {
    Create { number: u64, size: u64, name: Option<String>, metadata: Vec<u8> },
    Write { page: Result<u64, u64>, offset: u64, bytes: Vec<u8> },
    Delete(u64),
    Metadata(u64, Vec<u8>),
}

struct Bus {
    /// By seq; the first is empty.
    states: Vec<State>,
    /// By intent: the plan's text and its answer.
    known: BTreeMap<String, (String, String)>,
    committed: u64,
    refused: u64,
}

/// What a history of steps answers, and what can be asked of it.
pub(crate) fn history(_: &BTreeMap<String, Value>, params: &Json) -> Result<Value, Raised> {
    let first = State { pages: BTreeMap::new(), nodes: BTreeMap::new(), next: 1, is_told: false };
    let mut bus = Bus { states: vec![first], known: BTreeMap::new(), committed: 0, refused: 0 };
    let steps = list(params.get("steps")).iter().map(|step| Value::Text(bus.step(step))).collect();
    let asks = list(params.get("asks")).iter().map(|ask| Value::Text(bus.answer(ask))).collect();
    Ok(Value::Tree(Tree::Entries(vec![
        (Cell::Text("steps".into()), Value::Tree(Tree::Items(steps))),
        (Cell::Text("asks".into()), Value::Tree(Tree::Items(asks))),
    ])))
}

pub(super) fn list(json: Option<&Json>) -> &[Json] {
    json.and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn number(json: Option<&Json>) -> u64 {
    json.and_then(Json::as_u64).unwrap_or(0)
}

pub(super) fn word(json: Option<&Json>) -> &str {
    json.and_then(Json::as_str).unwrap_or("")
}

pub(super) fn unhex(json: Option<&Json>) -> Vec<u8> {
    let digits: Vec<u32> = word(json).chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + *digit as u8)).collect()
}

fn numbers(pages: &[u64], between: &str) -> String {
    pages.iter().map(u64::to_string).collect::<Vec<_>>().join(between)
}

impl Bus {
    fn last(&self) -> &State {
        &self.states[self.states.len() - 1]
    }

    fn step(&mut self, step: &Json) -> String {
        match word(step.get(0)) {
            "commit" => {
                let edits = list(step.get(1)).iter().map(edit).collect();
                let made = self.change(edits, None);
                self.record(made)
            }
            "upsert" => {
                let plan = step.get(1).unwrap_or(&Json::Null);
                let (text, id) = (plan.to_string(), intent(plan));
                if let Some((known, answer)) = self.known.get(&id) {
                    return if *known == text { format!("{answer}; again") } else { "IntentReused".into() };
                }
                let made = self.decide(plan, &id);
                let counts = match &made {
                    Ok(_) => (1, 0),
                    Err(No::Refused(..)) => (0, 1),
                    Err(No::Error(_)) => (0, 0),
                };
                self.committed += counts.0;
                self.refused += counts.1;
                let answer = self.record(made);
                if counts != (0, 0) {
                    let short = answer.split(';').next().unwrap_or_default().to_string();
                    self.known.insert(id, (text, short));
                }
                answer
            }
            "derive" => match self.derive(list(step.get(1))) {
                Ok(nodes) => {
                    self.states.push(State { nodes, is_told: false, ..self.last().clone() });
                    (self.states.len() - 1).to_string()
                }
                Err(No::Error(kind)) => kind,
                Err(No::Refused(..)) => "refused".into(),
            },
            // Neither a checkpoint nor an opening nor damage of what is derived changes what the log says.
            "checkpoint" => format!("at {}", self.states.len() - 1),
            _ => "opened".into(),
        }
    }

    fn record(&mut self, made: Tried<(State, String)>) -> String {
        let seq = self.states.len();
        match made {
            Ok((state, said)) => {
                self.states.push(state);
                format!("{seq}{said}")
            }
            Err(No::Refused(cause, page)) => {
                self.states.push(State { is_told: false, ..self.last().clone() });
                format!("{seq} refused {cause} {page}")
            }
            Err(No::Error(kind)) => kind,
        }
    }

    /// The state after edits, and what is said of it.
    fn change(&self, edits: Vec<Edit>, intent: Option<&str>) -> Tried<(State, String)> {
        let before = self.last();
        let touch =
            Touch { seq: self.states.len() as u64, intent: intent.map(str::to_string), function: None };
        let new: BTreeSet<u64> = edits
            .iter()
            .filter_map(|edit| if let Edit::Create { number, .. } = edit { Some(*number) } else { None })
            .collect();
        let ids: BTreeMap<u64, u64> = new.iter().copied().zip(before.next..).collect();
        check(before, &edits, &ids)?;
        let mut after = before.clone();
        (after.next, after.is_told) = (before.next + ids.len() as u64, true);
        for edit in &edits {
            if let Edit::Create { number, size, name, metadata } = edit {
                let bytes = vec![(0, touch.clone()); *size as usize];
                let page = Page { version: touch.seq, name: name.clone(), metadata: metadata.clone(), bytes };
                after.pages.insert(ids[number], page);
            }
        }
        let mut written = BTreeSet::new();
        for edit in &edits {
            match edit {
                Edit::Create { .. } => {}
                Edit::Write { page, offset, bytes } => {
                    let id = page.unwrap_or_else(|number| ids[&number]);
                    let Some(page) = after.pages.get_mut(&id) else { continue };
                    page.version = touch.seq;
                    for (place, byte) in bytes.iter().enumerate() {
                        page.bytes[*offset as usize + place] = (*byte, touch.clone());
                    }
                    written.insert(id);
                }
                Edit::Metadata(id, metadata) => {
                    let Some(page) = after.pages.get_mut(id) else { continue };
                    (page.version, page.metadata) = (touch.seq, metadata.clone());
                }
                Edit::Delete(id) => drop(after.pages.remove(id)),
            }
        }
        let (ran, made) = propagate(&mut after, &written, &touch)?;
        let mut said = String::new();
        if !ids.is_empty() {
            said.push_str(&format!("; created {}", numbers(&ids.into_values().collect::<Vec<_>>(), ", ")));
        }
        if ran > 0 {
            said.push_str(&format!("; ran {ran}"));
        }
        if !made.is_empty() {
            said.push_str(&format!("; made {}", numbers(&made, ", ")));
        }
        Ok((after, said))
    }

    /// Reads, then the shape, then the guard, then the values; all of them over the state before.
    fn decide(&self, plan: &Json, id: &str) -> Tried<(State, String)> {
        let state = self.last();
        for read in list(plan.get("reads")) {
            let page = number(read.get(1));
            let holds = match word(read.get(0)) {
                "version" => state.pages.get(&page).map_or(0, |page| page.version) == number(read.get(2)),
                _ => match state.pages.get(&page) {
                    None => false,
                    Some(found) => {
                        let from = number(read.get(2)) as usize;
                        let bytes = found.plain();
                        let Some(part) = bytes.get(from..from + number(read.get(3)) as usize) else {
                            return error("Malformed OutOfPage");
                        };
                        typed::digest(part).get(..32) == Some(word(read.get(4)))
                    }
                },
            };
            if !holds {
                return Err(No::Refused("stale_read", page));
            }
        }
        let deltas = list(plan.get("deltas"));
        let expressions =
            deltas.iter().filter(|delta| word(delta.get(0)) == "write").filter_map(|delta| delta.get(4));
        let guard = plan.get("guard").filter(|guard| !guard.is_null());
        guard.into_iter().chain(expressions).try_for_each(|expression| shape(state, expression))?;
        if let Some(guard) = guard {
            match value(state, guard) {
                Some(Found::Truth(true)) => {}
                Some(_) => return Err(No::Refused("guard", 0)),
                None => return Err(No::Refused("overflow", 0)),
            }
        }
        let edits = deltas.iter().map(|delta| planned(state, delta)).collect::<Tried<_>>()?;
        self.change(edits, Some(id))
    }

    fn derive(&self, asked: &[Json]) -> Tried<BTreeMap<u64, Node>> {
        let state = self.last();
        let mut nodes = state.nodes.clone();
        for edit in asked {
            let page = number(edit.get(0));
            let Some(function) = edit.get(1).and_then(Json::as_str) else {
                if nodes.remove(&page).is_none() {
                    return error("Malformed UnselectedPage");
                }
                continue;
            };
            let parents: Vec<u64> = list(edit.get(2)).iter().map(|parent| number(Some(parent))).collect();
            if parents.is_empty() {
                return error("LimitExceeded");
            }
            if parents.iter().chain([&page]).any(|id| !state.pages.contains_key(id)) {
                return error("UnknownPage");
            }
            nodes.insert(page, (function.to_string(), parents));
        }
        let walked = nodes.keys().find_map(|start| circle(&nodes, &mut vec![*start]));
        match walked {
            None => Ok(nodes),
            Some(mut path) => {
                // From parent to child, from the smallest page on.
                path.reverse();
                let least = path.iter().enumerate().min_by_key(|(_, page)| **page).map_or(0, |(at, _)| at);
                path.rotate_left(least);
                path.extend(path.first().copied());
                error(&format!("Cycle {}", numbers(&path, " -> ")))
            }
        }
    }

    fn answer(&self, ask: &Json) -> String {
        match word(ask.get(0)) {
            "state" => match self.states.get(number(ask.get(1)) as usize) {
                None => "NotFound".into(),
                Some(state) => shown(state),
            },
            "blame" => {
                let Some(state) = self.states.get(number(ask.get(3)) as usize) else {
                    return "NotFound".into();
                };
                let page = state.pages.get(&number(ask.get(1)));
                match page.and_then(|page| page.bytes.get(number(ask.get(2)) as usize)) {
                    None => "nobody".into(),
                    Some((_, Touch { seq, intent, function })) => {
                        let intent = intent.as_ref().map_or(String::new(), |id| format!(" for {id}"));
                        let function = function.as_ref().map_or(String::new(), |name| format!(" by {name}"));
                        format!("{seq}{intent}{function}")
                    }
                }
            }
            "since" => {
                let told = self.states.iter().enumerate().filter(|(_, state)| state.is_told);
                let told = told.map(|(seq, _)| seq as u64).filter(|seq| *seq > number(ask.get(1)));
                numbers(&told.collect::<Vec<_>>(), ", ")
            }
            _ => format!("{} committed, {} refused", self.committed, self.refused),
        }
    }
}

fn shown(state: &State) -> String {
    let page = |(id, page): (&u64, &Page)| {
        let name = page.name.as_deref().unwrap_or("-");
        format!("{id} v{} {name} [{}] {}", page.version, hex(&page.metadata), hex(&page.plain()))
    };
    state.pages.iter().map(page).collect::<Vec<_>>().join("; ")
}

fn intent(plan: &Json) -> String {
    match plan.get("intent").and_then(|intent| intent.get("id")) {
        Some(Json::String(digits)) => digits.clone(),
        other => number(other).to_string(),
    }
}

fn edit(json: &Json) -> Edit {
    match word(json.get(0)) {
        "create" => Edit::Create {
            number: number(json.get(1)),
            size: number(json.get(2)),
            name: json.get(3).and_then(Json::as_str).map(str::to_string),
            metadata: unhex(json.get(4)),
        },
        "write" => Edit::Write {
            page: Ok(number(json.get(1))),
            offset: number(json.get(2)),
            bytes: unhex(json.get(3)),
        },
        "write_new" => Edit::Write {
            page: Err(number(json.get(1))),
            offset: number(json.get(2)),
            bytes: unhex(json.get(3)),
        },
        "delete" => Edit::Delete(number(json.get(1))),
        _ => Edit::Metadata(number(json.get(1)), unhex(json.get(2))),
    }
}

/// The rules that cost no seq, then the name that another page has.
fn check(state: &State, edits: &[Edit], ids: &BTreeMap<u64, u64>) -> Tried<()> {
    if edits.is_empty() {
        return error("Malformed");
    }
    let mut covered: BTreeSet<(Result<u64, u64>, u64)> = BTreeSet::new();
    let deleted: Vec<u64> =
        edits.iter().filter_map(|edit| if let Edit::Delete(id) = edit { Some(*id) } else { None }).collect();
    let is_parent = |id: &u64| state.nodes.values().any(|(_, parents)| parents.contains(id));
    for edit in edits {
        match edit {
            Edit::Create { .. } => {}
            Edit::Write { page, offset, bytes } => {
                for place in 0..bytes.len() as u64 {
                    if !covered.insert((*page, offset + place)) {
                        return error("Malformed Overlap");
                    }
                }
                let size = match page {
                    Ok(id) => state.pages.get(id).map(|page| page.bytes.len() as u64),
                    Err(wanted) => edits.iter().find_map(|edit| match edit {
                        Edit::Create { number, size, .. } if number == wanted => Some(*size),
                        _ => None,
                    }),
                };
                let Some(size) = size else {
                    return error(if page.is_ok() { "UnknownPage" } else { "Malformed UnselectedPage" });
                };
                if offset + bytes.len() as u64 > size {
                    return error("Malformed OutOfPage");
                }
                if page.is_ok_and(|id| deleted.contains(&id) || state.nodes.contains_key(&id)) {
                    return error("Malformed Overlap");
                }
            }
            Edit::Metadata(id, _) if !state.pages.contains_key(id) => return error("UnknownPage"),
            Edit::Metadata(id, _) if deleted.contains(id) => return error("Malformed Overlap"),
            Edit::Metadata(..) => {}
            Edit::Delete(id) if !state.pages.contains_key(id) => return error("UnknownPage"),
            Edit::Delete(id) if state.nodes.contains_key(id) || is_parent(id) => {
                return error("Malformed Overlap");
            }
            Edit::Delete(_) => {}
        }
    }
    // In the order in which the request numbers its pages.
    for wanted in ids.keys() {
        let named = edits.iter().find_map(|edit| match edit {
            Edit::Create { number, name, .. } if number == wanted => name.as_ref(),
            _ => None,
        });
        let holder = state.pages.iter().find(|(_, page)| named.is_some() && page.name.as_ref() == named);
        if let Some((id, _)) = holder {
            return Err(No::Refused("name_taken", *id));
        }
    }
    Ok(())
}

/// How far a page stands from those that are not derived.
fn level(nodes: &BTreeMap<u64, Node>, page: u64) -> u64 {
    let Some((_, parents)) = nodes.get(&page) else { return 0 };
    1 + parents.iter().map(|parent| level(nodes, *parent)).max().unwrap_or(0)
}

/// Computes what is derived, level by level and page by page: where a parent changed, and only once. How many ran, and
/// which pages came out otherwise than they were.
fn propagate(state: &mut State, written: &BTreeSet<u64>, touch: &Touch) -> Tried<(u64, Vec<u64>)> {
    let mut order: Vec<(u64, u64)> =
        state.nodes.keys().map(|page| (level(&state.nodes, *page), *page)).collect();
    order.sort_unstable();
    let (mut changed, mut ran, mut made) = (written.clone(), 0, Vec::new());
    for (_, id) in order {
        let (function, parents) = state.nodes[&id].clone();
        if !parents.iter().any(|parent| changed.contains(parent)) {
            continue;
        }
        ran += 1;
        let input: Vec<u8> = parents.iter().flat_map(|parent| state.pages[parent].plain()).collect();
        let result = match function.as_str() {
            "sum@1" => (input.iter().map(|byte| u64::from(*byte)).sum::<u64>() % 256) as u8,
            "max@1" => input.iter().copied().max().unwrap_or(0),
            // One that takes no 13.
            "odd@1" if input.contains(&13) => return Err(No::Refused("derive", id)),
            "odd@1" => input.iter().fold(0, |odd, byte| odd ^ (byte & 1)),
            _ => return Err(No::Refused("derive", id)),
        };
        let Some(page) = state.pages.get_mut(&id) else { continue };
        if page.bytes.len() != 1 {
            return Err(No::Refused("derive", id));
        }
        if page.bytes[0].0 != result {
            page.bytes[0] = (result, Touch { function: Some(function), ..touch.clone() });
            page.version = touch.seq;
            changed.insert(id);
            made.push(id);
        }
    }
    Ok((ran, made))
}

/// A walk from page to parent that comes back to where it began.
fn circle(nodes: &BTreeMap<u64, Node>, path: &mut Vec<u64>) -> Option<Vec<u64>> {
    let here = path[path.len() - 1];
    for parent in nodes.get(&here).map_or(&[][..], |(_, parents)| parents) {
        if let Some(start) = path.iter().position(|page| page == parent) {
            return Some(path[start..].to_vec());
        }
        path.push(*parent);
        if let Some(found) = circle(nodes, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

/// A plan's delta with its value.
fn planned(state: &State, delta: &Json) -> Tried<Edit> {
    Ok(match word(delta.get(0)) {
        "write" => {
            let (target, field) = (delta.get(1), delta.get(3).unwrap_or(&Json::Null));
            let id = number(target.and_then(|target| target.get(1)));
            let is_new = target.is_some_and(|target| word(target.get(0)) == "new");
            let overflow = || No::Refused("overflow", if is_new { 0 } else { id });
            let bytes = match delta.get(4).and_then(|expression| value(state, expression)) {
                Some(Found::Integer(int)) => write(int, field).ok_or_else(overflow)?,
                Some(Found::Bytes(bytes)) => bytes,
                _ => return Err(overflow()),
            };
            let page = if is_new { Err(id) } else { Ok(id) };
            Edit::Write { page, offset: number(delta.get(2)), bytes }
        }
        "create" => edit(delta),
        "delete" => Edit::Delete(number(delta.get(1))),
        _ => Edit::Metadata(number(delta.get(1)), unhex(delta.get(2))),
    })
}
