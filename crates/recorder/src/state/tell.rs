//! The state of a run for a person: its entries at a seq, what changed between two, who wanted it and why.

use std::collections::BTreeMap;

use plan::Intent;
use serde_json::{Value as Json, json};
use store::{Filter, Past, Snapshot, Stated};

use super::form::{Form, Kind, Stored};
use super::inherit::{self, Inherited, Origin};
use super::name::{Entry, entries, entries_ever};
use crate::chain;
use crate::error::{Error, Result};
use crate::hash::head;
use crate::history::{EffectRecord, History};
use crate::why::LINES_MAX;

/// A change of an entry.
#[derive(Clone, Debug)]
pub struct Change {
    pub seq: u64,
    pub intent: Intent,
    /// What it left.
    pub form: Form,
}

/// The changes of an entry up to the state `view`, the first one first.
///
/// # Errors
/// `Damaged`; those of reading.
pub fn changes(past: &Past, view: &Snapshot, entry: &Entry) -> Result<Vec<Change>> {
    let Some(head) = view.find(&entry.page)? else { return Ok(Vec::new()) };
    let mut found: Vec<Change> = Vec::new();
    let mut state = past.replay(0)?;
    for touch in past.history(head)? {
        let is_known = found.last().is_some_and(|change| change.seq == touch.seq);
        if touch.seq > view.seq() || is_known {
            continue;
        }
        let missing = || Error::damaged(format!("record {} changes the state and says no reason", touch.seq));
        state = past.advance(&state, touch.seq)?;
        let (form, intent) = (Stored::read(&state, head)?.form, touch.intent.ok_or_else(missing)?);
        found.push(Change { seq: touch.seq, intent, form });
    }
    Ok(found)
}

/// The entry that a name means, also one that was taken away.
///
/// # Errors
/// `Usage` for a name that selects none or several; `Damaged`.
pub fn entry(history: &History, name: &str) -> Result<(Entry, u64)> {
    only(select(&entries_ever(&history.state())?, name, &history.start.document)?, name)
}

fn only(selected: Vec<(Entry, u64)>, name: &str) -> Result<(Entry, u64)> {
    match <[_; 1]>::try_from(selected) {
        Ok([only]) => Ok(only),
        Err(several) => {
            let some: Vec<String> = several.iter().take(3).map(|(entry, _)| entry.shown()).collect();
            Err(Error::usage(format!("`{name}` has {} entries", several.len()))
                .code("E0705")
                .help(format!("Ask for one, such as {}; `lumen state {name}` shows all.", some.join(", "))))
        }
    }
}

/// The changes of an entry that a run itself made, the first one first.
///
/// # Errors
/// As [`changes`].
pub fn own_changes(history: &History, entry: &Entry) -> Result<Vec<Change>> {
    let mut found = changes(&history.past(), &history.state(), entry)?;
    found.retain(|change| !inherit::is_inheritance(&change.intent));
    Ok(found)
}

/// The folder of the run whose state a run began with.
///
/// # Errors
/// Those of reading.
pub fn parent(history: &History) -> Result<Option<String>> {
    let seq = history.inherited_seq;
    let filter = Filter { seqs: Some(seq..=seq), ..Filter::default() };
    let copied = if seq > 0 { history.past().intents(&filter)?.pop() } else { None };
    let parent = copied.and_then(|stated| inherit::parent(&stated.intent)).map(|(run, _)| run);
    // A parent that kept nothing was not copied.
    Ok(parent.or_else(|| history.start.previous.clone()))
}

/// An entry as a run has it at one seq.
#[derive(Clone, Debug)]
pub struct Told {
    pub entry: Entry,
    pub form: Form,
    /// The seq of its last change.
    pub version: u64,
    /// Why it was changed.
    pub intent: Option<Intent>,
    /// The upsert of an earlier run that it comes from, if this run did not change it.
    pub origin: Option<Origin>,
}

/// The state at one seq.
pub struct Listing {
    pub run: String,
    pub seq: u64,
    pub state_hash: String,
    pub entries: Vec<Told>,
}

/// The state of a run at a seq, by default its last: all of it, or the entries that `name` selects (`reviews`,
/// `reviews[17]`).
///
/// # Errors
/// `Usage` for a seq that the run does not have, and with the nearest name where nothing is selected; `Damaged`.
pub fn list(history: &History, at: Option<u64>, name: Option<&str>) -> Result<Listing> {
    let (past, state) = (history.past(), at_seq(history, at)?);
    let reasons: BTreeMap<u64, Intent> =
        past.intents(&Filter::default())?.into_iter().map(|stated| (stated.seq, stated.intent)).collect();
    let all = entries(&state)?;
    let selected = match name {
        Some(name) => select(&all, name, &history.start.document)?,
        None => all,
    };
    let mut inherited = Inherited::default();
    let told = selected.into_iter().map(|(entry, head)| {
        let Stored { form, version, .. } = Stored::read(&state, head)?;
        let intent = reasons.get(&version).cloned();
        let origin = intent.as_ref().and_then(|intent| inherited.origin(intent, &entry));
        Ok(Told { entry, form, version, intent, origin })
    });
    Ok(Listing {
        run: history.start.run.clone(),
        seq: state.seq(),
        state_hash: format!("{:032x}", state.state_hash()),
        entries: told.collect::<Result<_>>()?,
    })
}

/// An entry that two states have differently.
pub struct Differing {
    pub entry: Entry,
    pub old: Option<Form>,
    pub new: Option<Form>,
}

/// What changed between two seqs of a run.
///
/// # Errors
/// As [`list`].
pub fn differences(history: &History, from: u64, to: u64) -> Result<Vec<Differing>> {
    differing(&at_seq(history, Some(from))?, &at_seq(history, Some(to))?)
}

/// The entries that two states, also of two runs, have differently.
///
/// # Errors
/// `Damaged`.
pub fn differing(from: &Snapshot, to: &Snapshot) -> Result<Vec<Differing>> {
    let forms = |state: &Snapshot| -> Result<Vec<(Entry, Form)>> {
        entries(state)?
            .into_iter()
            .map(|(entry, head)| Ok((entry, Stored::read(state, head)?.form)))
            .collect()
    };
    let (old, new) = (forms(from)?, forms(to)?);
    let by_page = |forms: &[(Entry, Form)]| -> BTreeMap<String, Form> {
        forms.iter().map(|(entry, form)| (entry.page.clone(), form.clone())).collect()
    };
    let (before, after) = (by_page(&old), by_page(&new));
    let gone = old.into_iter().filter(|(entry, _)| !after.contains_key(&entry.page));
    let all = new.into_iter().chain(gone).map(|(entry, _)| {
        let (old, new) = (before.get(&entry.page).cloned(), after.get(&entry.page).cloned());
        Differing { entry, old, new }
    });
    Ok(all.filter(|differing| differing.old != differing.new).collect())
}

/// Which intents are meant: every part that is there must agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub authors: Vec<String>,
    pub schemas: Vec<String>,
    pub entries: Vec<String>,
}

impl Wanted {
    /// Reads `author=A`, `schema=S` and `entry=E`, separated by commas; `all` for every intent.
    ///
    /// # Errors
    /// `Usage` for another key.
    pub fn parse(text: &str) -> Result<Wanted> {
        let mut wanted = Wanted::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "all") {
            let wrong = || {
                Error::usage(format!("--intents expects author=, schema= or entry=, found `{part}`"))
                    .code("E0702")
                    .help("Such as `--intents schema=Correct,entry=reviews[17]`, or `--intents all`.")
            };
            let (key, value) = part.split_once('=').ok_or_else(wrong)?;
            match key.trim() {
                "author" => wanted.authors.push(value.to_string()),
                "schema" => wanted.schemas.push(value.to_string()),
                "entry" => wanted.entries.push(value.to_string()),
                _ => return Err(wrong()),
            }
        }
        Ok(wanted)
    }
}

/// The intents of a run, refused ones too, in order. One that names entries finds what changed them.
///
/// # Errors
/// As [`list`].
pub fn intents(history: &History, wanted: &Wanted) -> Result<Vec<Stated>> {
    let mut filter = Filter {
        authors: wanted.authors.clone(),
        schemas: wanted.schemas.clone(),
        refused: true,
        ..Filter::default()
    };
    if !wanted.entries.is_empty() {
        let all = entries_ever(&history.state())?;
        for name in &wanted.entries {
            let selected = select(&all, name, &history.start.document)?;
            filter.pages.extend(selected.into_iter().map(|(_, head)| head));
        }
    }
    Ok(history.past().intents(&filter)?)
}

fn at_seq(history: &History, at: Option<u64>) -> Result<Snapshot> {
    let last = history.past().last_seq();
    match at {
        None => Ok(history.state()),
        Some(seq) if seq <= last => Ok(history.past().snapshot_at(seq)?),
        Some(seq) => {
            Err(Error::usage(format!("the run's log goes to seq {last}, and not to {seq}")).code("E0705"))
        }
    }
}

/// The entries of a name: a state with all its entries, or one entry. A text key needs no quotes.
fn select(all: &[(Entry, u64)], name: &str, document: &str) -> Result<Vec<(Entry, u64)>> {
    let quoted = name
        .strip_suffix(']')
        .and_then(|rest| rest.split_once('['))
        .map(|(state, key)| format!("{state}[{}]", vm::repr(&vm::Value::str(key)).unwrap_or_default()));
    let is_meant = |entry: &Entry| {
        let shown = entry.shown();
        entry.state == name || shown == name || quoted.as_ref() == Some(&shown)
    };
    let found: Vec<_> = all.iter().filter(|(entry, _)| is_meant(entry)).cloned().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let shown: Vec<String> = all.iter().map(|(entry, _)| entry.shown()).collect();
    let mut names: Vec<&str> = all.iter().map(|(entry, _)| entry.state.as_str()).collect();
    names.dedup();
    let known = shown.iter().map(String::as_str).chain(names.iter().copied());
    let error = Error::usage(format!("the run has no state `{name}`")).code("E0705");
    Err(match syntax::suggest::nearest(name, known) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None if names.is_empty() => {
            error.help(format!("It keeps none: an `upsert` in {document} writes one."))
        }
        None => error.help(format!("It has {}.", names.join(", "))),
    })
}

/// Where an entry comes from.
pub struct Why {
    pub run: String,
    pub document: String,
    pub told: Told,
    /// What it held before.
    pub before: Option<(u64, Form)>,
    /// The upsert as the program made it; none for what was inherited.
    pub effect: Option<EffectRecord>,
    pub cell: String,
    pub code: String,
    /// The parent that it was inherited from, and that one's seq.
    pub parent: Option<(String, u64)>,
}

/// From an entry to its log entry, intent and cell; `None` if the run has no such entry.
///
/// # Errors
/// `Damaged`; `Usage` for a name that selects several entries.
pub fn why(history: &History, name: &str) -> Result<Option<Why>> {
    let state = history.state();
    let Ok(selected) = select(&entries_ever(&state)?, name, &history.start.document) else { return Ok(None) };
    let (entry, page) = only(selected, name)?;
    let mut changes = changes(&history.past(), &state, &entry)?;
    let last = changes.pop();
    let Stored { form, version, .. } = Stored::read(&state, page)?;
    let intent = last.map(|change| change.intent);
    let effect = intent.as_ref().and_then(|intent| history.effect(intent.parent)).cloned();
    let node = effect.as_ref().and_then(|effect| {
        let at = history.node_of(&effect.intent.node)?;
        history.nodes.get(at)
    });
    let parent = intent.as_ref().and_then(inherit::parent);
    let origin = intent.as_ref().and_then(|intent| Inherited::default().origin(intent, &entry));
    let code = match node {
        Some((_, node)) => chain::Text::of(history)?.code(node),
        None => String::new(),
    };
    Ok(Some(Why {
        run: history.start.run.clone(),
        document: history.start.document.clone(),
        before: changes.pop().map(|change| (change.seq, change.form)),
        cell: node.map_or(String::new(), |(_, node)| node.cell.clone()),
        told: Told { entry, form, version, intent, origin },
        effect,
        code,
        parent,
    }))
}

impl Why {
    /// At most eleven lines, so that a caller can add one.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = vec![format!("{}: {}", self.told.entry.shown(), self.told.form.shown())];
        if let Some((seq, form)) = &self.before {
            lines.push(format!("  before   {} (seq {seq})", form.shown()));
        }
        lines.push(format!("  log      seq {} of run {}", self.told.version, head(&self.run)));
        if let Some((because, intent)) = self.told.reason() {
            lines.push(format!("  because  {because} {intent}"));
        }
        if let Some(effect) = &self.effect {
            let EffectRecord { intent, .. } = effect;
            lines.push(format!("  intent   {}, allowed by {}", intent.reason, intent.grant));
            lines.push(format!("  cell     {} at {}:{}", self.cell, self.document, intent.line));
        }
        if !self.code.is_empty() {
            lines.push(format!("  code     {}", self.code.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        match (&self.told.origin, &self.parent) {
            (Some(origin), _) => lines.push(format!("  from     seq {} of run {}", origin.seq, origin.run)),
            (None, Some((run, seq))) => lines.push(format!("  from     seq {seq} of the run before, {run}")),
            (None, None) => {}
        }
        crate::why::fit(&lines, width, LINES_MAX - 1)
    }

    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.why.1",
            "run": self.run,
            "document": self.document,
            "entry": self.told.json(),
            "before": self.before.as_ref().map(|(seq, form)| json!({"seq": seq, "value": form.json()})),
            "effect": self.effect.as_ref().map(|effect| json!({
                "id": crate::hash::id_hex(effect.id), "seq": effect.seq, "reason": effect.intent.reason,
                "grant": effect.intent.grant, "node": effect.intent.node, "line": effect.intent.line,
            })),
            "cell": self.cell,
            "code": self.code,
            "parent": self.parent.as_ref().map(|(run, seq)| json!({"run": run, "seq": seq})),
        })
    }
}

impl Told {
    /// The name of the reason's record and the reason as JSON, of the run that changed it last.
    pub fn reason(&self) -> Option<(&str, &str)> {
        match (&self.origin, &self.intent) {
            (Some(origin), _) => Some((&origin.because, origin.intent.as_deref().unwrap_or_default())),
            (None, Some(intent)) => Some((&intent.schema, &intent.body)),
            (None, None) => None,
        }
    }

    /// The document that changed it last.
    pub fn author(&self) -> Option<&str> {
        let own = self.intent.as_ref().map(|intent| intent.author.as_str());
        self.origin.as_ref().map(|origin| origin.author.as_str()).or(own)
    }

    pub fn json(&self) -> Json {
        json!({
            "state": self.entry.state,
            "key": self.entry.key.as_ref().map(json_of),
            "entry": self.entry.shown(),
            "value": self.form.json(),
            "shown": self.form.shown(),
            "seq": self.version,
            "because": self.reason().map(|(because, _)| because),
            "intent": self.reason().filter(|(_, intent)| !intent.is_empty()).map(|(_, intent)| json_text(intent)),
            "author": self.author(),
            "from": self.origin.as_ref().map(|origin| json!({"run": origin.run, "seq": origin.seq})),
        })
    }
}

impl Form {
    /// The value as JSON; as its text where JSON has no form of it.
    pub fn json(&self) -> Json {
        match self.value(None, &prelude::Decoder) {
            Ok(value) if self.kind != Kind::Variant => json_of(&value),
            _ => Json::String(self.shown()),
        }
    }
}

fn json_of(value: &vm::Value) -> Json {
    match vm::to_json(value) {
        Ok(text) => json_text(&text),
        Err(_) => Json::String(vm::repr(value).unwrap_or_default()),
    }
}

/// A JSON text as JSON; as it stands where it cannot be read.
pub fn json_text(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_string()))
}
