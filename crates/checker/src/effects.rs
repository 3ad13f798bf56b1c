//! Effect rows of cells, and whether the program is granted what it does.

use std::collections::{BTreeMap, BTreeSet};

use syntax::ast::{ExprKind, Item, ItemKind, Path, Stmt, StmtKind};
use syntax::{Applicability, Diagnostic, Edit, Span};

use crate::Type;
use crate::args::{Actual, Slot};
use crate::builtins::Builtin;
use crate::call::Site;
use crate::checked::CellId;
use crate::checker::{Cause, Checker, EffectSite};
use crate::declare::list_of;
use crate::nearest::did_you_mean;

/// Effects that a row can name.
pub(crate) const EFFECTS: &[&str] = &[
    "fs.read", "fs.write", "http", "clock", "random", "env", "stdin", "process", "model", "python", "state",
];
/// What stands in the row of a function's type where it is written, as an upper bound: a name that means nothing.
pub(crate) const STATED: &str = "pure";
/// Names in rows that mean nothing.
const IGNORED: &[&str] = &["emit", "trace", "async", "pure"];
/// Effects whose outcome differs from run to run without a record of a tool.
const UNDETERMINED: &[&str] = &["clock", "random", "env", "process"];

/// What a grant of an effect looks like.
fn grant_line(effect: &str) -> String {
    match effect {
        "fs.read" | "fs.write" => format!("grant {effect} path [\"data/*\"]"),
        "http" => "grant http domain [\"example.org\"]".to_string(),
        "env" => "grant env name [\"HOME\"]".to_string(),
        "process" => "grant process program [\"git\"]".to_string(),
        "python" => "grant python level \"strict\"".to_string(),
        other => format!("grant {other}"),
    }
}

impl<'a> Checker<'a> {
    /// Notes an effect of a builtin at a call. Reading a file input needs no grant: the front matter gave it.
    pub(crate) fn builtin_effect(
        &mut self,
        effect: &str,
        builtin: &Builtin,
        site: Site<'a>,
        actuals: &[Actual<'a>],
        slots: &[Slot],
    ) {
        let arg = |name: &str| {
            let place = builtin.params.iter().position(|p| p.name == name)?;
            actuals.get(slots.get(place)?.one()?).map(|a| a.expr)
        };
        if builtin.name == "Frame.to_csv" && arg("path").is_none() {
            return;
        }
        let path = arg("path");
        self.body.effects.insert(effect.to_string());
        let input = path.is_some_and(|e| {
            matches!(&e.kind, ExprKind::Field { base, .. }
                if matches!(&base.kind, ExprKind::Name(n) if n == "inputs"))
        });
        if input && effect == "fs.read" {
            return;
        }
        let literal = path.is_some_and(|e| matches!(e.kind, ExprKind::Str(_)));
        let cause = Cause::Effect { name: effect.to_string(), literal };
        self.body.sites.push(EffectSite { cause, span: site.span, handled: Vec::new() });
    }

    pub(crate) fn check_effects(&mut self) {
        let rows = self.rows();
        for (index, row) in rows.iter().enumerate() {
            self.out.cells[index].row = row.iter().cloned().collect();
            self.check_row(CellId(index as u32), row);
        }
        self.check_grants(&rows);
        self.check_processes(&rows);
        self.check_given(&rows);
        self.check_clauses(&rows);
        self.check_handled(&rows);
        self.check_prose(&rows);
        self.check_comptime(&rows);
        self.check_quiet(&rows);
        self.check_determinism(&rows);
    }

    /// The least rows that hold each cell's own effects and those of all it calls.
    fn rows(&self) -> Vec<BTreeSet<String>> {
        let mut rows: Vec<BTreeSet<String>> = self.cells.iter().map(|c| c.direct.clone()).collect();
        let mut callers: Vec<Vec<(usize, &[String])>> = vec![Vec::new(); rows.len()];
        let mut called_by = |called: CellId, caller: usize, handled| {
            if let Some(list) = callers.get_mut(called.0 as usize) {
                list.push((caller, handled));
            }
        };
        for (index, cell) in self.out.cells.iter().enumerate() {
            if self.out.effects.is_empty() {
                cell.calls.iter().for_each(|called| called_by(*called, index, &[][..]));
                continue;
            }
            for site in self.cells.get(index).map_or(&[][..], |source| &source.sites) {
                if let Cause::Call(called) = site.cause {
                    called_by(called, index, site.handled.as_slice());
                }
            }
        }
        let mut work: Vec<usize> = (0..rows.len()).collect();
        while let Some(index) = work.pop() {
            let row = rows[index].clone();
            if row.is_empty() {
                continue;
            }
            for (caller, handled) in &callers[index] {
                let before = rows[*caller].len();
                rows[*caller].extend(row.iter().filter(|effect| !is_handled(handled, effect)).cloned());
                if rows[*caller].len() > before {
                    work.push(*caller);
                }
            }
        }
        rows
    }

    /// Whether all effects of a row are known; those that are not are reported.
    pub(crate) fn check_row_names(&mut self, module: usize, row: &[Path]) -> bool {
        let mut known = true;
        for path in row {
            let effect = path.dotted();
            let known_effects = self.known_effects();
            if self.declared_row(module, path).is_some()
                || known_effects.contains(&effect)
                || IGNORED.contains(&effect.as_str())
                || effect == "fs"
            {
                continue;
            }
            known = false;
            let mut diagnostic =
                Diagnostic::error("E0108", path.span, format!("There is no effect `{effect}`."));
            let names: Vec<&str> = known_effects.iter().map(String::as_str).collect();
            diagnostic.help =
                Some(did_you_mean(&effect, names.iter().copied()).unwrap_or_else(|| {
                    format!("There are {}, and those that are declared.", list_of(&names))
                }));
            self.report(diagnostic);
        }
        known
    }

    /// A function that goes where a type with a row is stated has no other effects.
    fn check_given(&mut self, rows: &[BTreeSet<String>]) {
        for (sites, ty) in std::mem::take(&mut self.given_rows) {
            let Type::Fn(wanted) = &ty else { continue };
            for site in &sites {
                let found: Vec<&String> = match &site.cause {
                    Cause::Effect { name, .. } => vec![name],
                    Cause::Call(id) => rows.get(id.0 as usize).into_iter().flatten().collect(),
                };
                let other = found.into_iter().find(|effect| {
                    !is_handled(&site.handled, effect) && !wanted.row.iter().any(|a| covers(a, effect))
                });
                if let Some(effect) = other {
                    let shown = self.show(&ty);
                    let row: Vec<&str> =
                        wanted.row.iter().map(String::as_str).filter(|name| *name != STATED).collect();
                    self.report(
                        Diagnostic::error(
                            "E0107",
                            site.span,
                            format!("This function has the effect `{effect}`, where one is wanted with the row `{{{}}}`.", row.join(", ")),
                        )
                        .help(format!("Do it outside, and pass the value; or widen the row of `{shown}`.")),
                    );
                    break;
                }
            }
        }
    }

    /// A stated row is an upper bound, of known effects.
    fn check_row(&mut self, id: CellId, found: &BTreeSet<String>) {
        let Some(source) = self.cells.get(id.0 as usize) else {
            return;
        };
        let (sig, module) = (&source.cell.sig, source.module);
        let Some(stated) = &sig.row else {
            return;
        };
        let name = sig.name.dotted();
        let is_operation = source.operation;
        let known = self.check_row_names(module, stated) && !is_operation;
        let allowed = self.allowed(module, stated);
        for effect in found.iter().filter(|_| known) {
            if allowed.iter().any(|a| covers(a, effect)) {
                continue;
            }
            let chain = self.cause(id, effect);
            let mut all: Vec<&str> =
                allowed.iter().map(String::as_str).filter(|a| !IGNORED.contains(a)).collect();
            // Of a declared effect the row names all operations at once.
            let declared = self.out.effects.iter().map(|def| def.name.as_str());
            all.push(declared.into_iter().find(|name| covers(name, effect)).unwrap_or(effect));
            let who = match syntax::is_hidden(&name) {
                true => "This".to_string(),
                false => format!("The cell `{name}`"),
            };
            let mut diagnostic = Diagnostic::error(
                "E0107",
                sig.name.span,
                format!("{who} has the effect `{effect}`, which its row does not allow."),
            )
            .help(format!(
                "Write the row `/ {{{}}}`, or leave the row out to have it inferred.",
                all.join(", ")
            ));
            if let Some((span, text)) = chain {
                diagnostic = diagnostic.label(span, text);
            }
            self.report(diagnostic);
        }
    }

    /// What the entries of a row stand for.
    pub(crate) fn allowed(&self, module: usize, row: &[Path]) -> Vec<String> {
        row.iter().map(|path| self.declared_row(module, path).unwrap_or_else(|| path.dotted())).collect()
    }

    /// Where a cell comes to have an effect.
    fn cause(&self, id: CellId, effect: &str) -> Option<(Span, String)> {
        let sites = &self.cells.get(id.0 as usize)?.sites;
        let path = self.path_to(sites, effect, true)?;
        let names: Vec<String> = path
            .1
            .iter()
            .filter_map(|id| self.out.cells.get(id.0 as usize))
            .filter(|cell| !syntax::is_hidden(&cell.name))
            .map(|c| format!("`{}`", c.name))
            .collect();
        let text = if names.is_empty() {
            format!("`{effect}` here")
        } else {
            format!("`{effect}` through {}", names.join(", "))
        };
        Some((path.0, text))
    }

    /// The shortest way from the sites to one that has the effect: the first site, and the cells on the way.
    pub(crate) fn path_to(
        &self,
        sites: &[EffectSite],
        effect: &str,
        literals: bool,
    ) -> Option<(Span, Vec<CellId>)> {
        let sites: Vec<&EffectSite> = sites.iter().filter(|s| !is_handled(&s.handled, effect)).collect();
        let has = |site: &EffectSite| match &site.cause {
            Cause::Effect { name, literal } => name == effect && (literals || !literal),
            Cause::Call(_) => false,
        };
        if let Some(site) = sites.iter().find(|site| has(site)) {
            return Some((site.span, Vec::new()));
        }
        let mut seen: BTreeMap<CellId, Option<CellId>> = BTreeMap::new();
        let mut queue: std::collections::VecDeque<CellId> = std::collections::VecDeque::new();
        let mut first: BTreeMap<CellId, Span> = BTreeMap::new();
        for site in &sites {
            if let Cause::Call(id) = site.cause
                && seen.insert(id, None).is_none()
            {
                first.insert(id, site.span);
                queue.push_back(id);
            }
        }
        while let Some(id) = queue.pop_front() {
            let sites = &self.cells.get(id.0 as usize)?.sites;
            if sites.iter().any(has) {
                let mut path = vec![id];
                while let Some(Some(before)) = path.last().and_then(|id| seen.get(id)) {
                    path.push(*before);
                }
                path.reverse();
                let span = path.first().and_then(|id| first.get(id)).copied()?;
                return Some((span, path));
            }
            for site in sites {
                if let Cause::Call(next) = site.cause
                    && !is_handled(&site.handled, effect)
                    && let std::collections::btree_map::Entry::Vacant(slot) = seen.entry(next)
                {
                    slot.insert(Some(id));
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// What the cells of a process do, and what they call, is among its grants, if it has any.
    fn check_processes(&mut self, rows: &[BTreeSet<String>]) {
        let known = self.known_effects();
        for index in 0..self.records.len() {
            let record = self.records[index].record;
            if record.grants.is_empty() {
                continue;
            }
            let granted: Vec<String> = record.grants.iter().map(|grant| grant.target.dotted()).collect();
            let mut cells: Vec<CellId> = self.records[index].methods.values().copied().collect();
            cells.sort_unstable();
            let mut told: BTreeSet<&String> = BTreeSet::new();
            for cell in cells {
                let Some(row) = rows.get(cell.0 as usize) else { continue };
                for effect in row.iter().filter(|effect| known.contains(effect)) {
                    if granted.iter().any(|grant| covers(grant, effect)) || !told.insert(effect) {
                        continue;
                    }
                    let name = &record.name;
                    let message =
                        format!("The process `{}` does not grant `{effect}` to its cells.", name.text);
                    let mut diagnostic = Diagnostic::error("E0106", name.span, message).help(format!(
                        "Add `{}` to it, or take the effect out: the grants of a process narrow what it may do.",
                        grant_line(effect)
                    ));
                    if let Some((span, text)) = self.cause(cell, effect) {
                        diagnostic = diagnostic.label(span, text);
                    }
                    self.report(diagnostic);
                }
            }
        }
    }

    fn granted(&self) -> (BTreeSet<String>, bool) {
        let mut grants: BTreeSet<String> = self.program.grants.iter().cloned().collect();
        for item in self.items(self.root()) {
            if let ItemKind::Grant(grant) = &item.kind {
                grants.insert(grant.target.dotted());
            }
        }
        let inputs = self.program.inputs.iter().any(|(_, ty)| *ty == Type::Path);
        (grants, inputs)
    }

    /// What the root does, by its statements or its `main`, must be granted by name.
    fn check_grants(&mut self, rows: &[BTreeSet<String>]) {
        let (grants, inputs) = self.granted();
        let mut starts = self.touched.sites();
        if self.touched.is_empty() {
            let root = self.root();
            for cell in &self.cells {
                if cell.module == root && cell.cell.sig.name.dotted() == "main" {
                    starts.push(cell.sites.clone());
                }
            }
        }
        let granted = |effect: &str| grants.iter().any(|g| covers(g, effect));
        let known = self.known_effects();
        let mut said: BTreeSet<&str> = BTreeSet::new();
        for sites in starts {
            // Most statements have no effect, and need no search for its cause.
            let possible = |effect: &str| {
                sites.iter().any(|site| match &site.cause {
                    Cause::Effect { name, .. } => name == effect,
                    Cause::Call(id) => rows.get(id.0 as usize).is_some_and(|row| row.contains(effect)),
                })
            };
            for effect in known.iter().map(String::as_str) {
                if said.contains(effect) || granted(effect) || !possible(effect) {
                    continue;
                }
                // A path known only at run time may be an input; one written in the code is none.
                let by_input = effect == "fs.read" && inputs;
                let found = match by_input {
                    false => self.path_to(&sites, effect, true),
                    true => {
                        let all = self.path_to(&sites, effect, true);
                        let dynamic = self.path_to(&sites, effect, false);
                        if all == dynamic { None } else { all }
                    }
                };
                if let Some((span, cells)) = found {
                    said.insert(effect);
                    self.missing_grant(effect, span, &cells);
                }
            }
        }
    }

    fn missing_grant(&mut self, effect: &str, span: Span, cells: &[CellId]) {
        let line = if effect == "state" { self.state_grant() } else { grant_line(effect) };
        let names: Vec<String> = cells
            .iter()
            .filter_map(|id| self.out.cells.get(id.0 as usize))
            .filter(|cell| !syntax::is_hidden(&cell.name))
            .map(|cell| format!("`{}`", cell.name))
            .collect();
        let message = match names.as_slice() {
            [] => format!("This needs the effect `{effect}`, which is not granted."),
            names => format!(
                "This needs the effect `{effect}`, through {}, which is not granted.",
                names.join(", ")
            ),
        };
        let last = cells.last().and_then(|id| self.cells.get(id.0 as usize)).and_then(|cell| {
            cell.sites.iter().find(|s| matches!(&s.cause, Cause::Effect { name, .. } if name == effect))
        });
        let mut diagnostic = Diagnostic::error("E0106", span, message)
            .help(format!("Grant it, in the code or under `grants` in the front matter: `{line}`."));
        if let Some(site) = last {
            diagnostic = diagnostic.label(site.span, format!("`{effect}` here"));
        }
        // A Python cell has no room for code of the language.
        let is_python = |item: &Item| match &item.kind {
            ItemKind::Stmt(Stmt { kind: StmtKind::Let { value, .. }, .. }) => {
                matches!(value.kind, ExprKind::Python(_))
            }
            ItemKind::Stmt(Stmt { kind: StmtKind::Expr(value), .. }) => {
                matches!(value.kind, ExprKind::Python(_))
            }
            _ => false,
        };
        let top =
            self.items(self.root()).iter().find(|item| !is_python(item)).map(|item| item.span.at_start());
        if let Some(top) = top {
            diagnostic = diagnostic.fix(
                format!("add `{line}`"),
                Applicability::Maybe,
                vec![Edit { span: top, text: format!("{line}\n") }],
            );
        }
        self.report(diagnostic);
    }

    /// Values bound in prose are pure.
    fn check_prose(&mut self, rows: &[BTreeSet<String>]) {
        for (span, sites) in std::mem::take(&mut self.bound_sites) {
            let effect = sites.iter().find_map(|site| match &site.cause {
                Cause::Effect { name, .. } => Some(name.clone()),
                Cause::Call(id) => {
                    rows.get(id.0 as usize)?.iter().find(|effect| !is_handled(&site.handled, effect)).cloned()
                }
            });
            if let Some(effect) = effect {
                self.report(
                    Diagnostic::error(
                        "E0603",
                        span,
                        format!("A value bound in prose is pure, but this one has the effect `{effect}`."),
                    )
                    .help("Make it a result in a fence, `let name = …`, and bind its name here."),
                );
            }
        }
    }

    fn check_determinism(&mut self, rows: &[BTreeSet<String>]) {
        let root = self.root();
        if !self.is_directed("deterministic") {
            return;
        }
        let mut found: Vec<(Span, String)> = Vec::new();
        for part in self.touched.iter() {
            for site in part.sites {
                match &site.cause {
                    Cause::Effect { name, .. } => found.push((site.span, name.clone())),
                    Cause::Call(id) => {
                        let row = rows.get(id.0 as usize).into_iter().flatten();
                        found.extend(row.map(|effect| (site.span, effect.clone())));
                    }
                }
            }
        }
        for cell in &self.cells {
            if cell.module == root && cell.cell.sig.name.dotted() == "main" {
                for site in &cell.sites {
                    match &site.cause {
                        Cause::Effect { name, .. } => found.push((site.span, name.clone())),
                        Cause::Call(id) => {
                            let row = rows.get(id.0 as usize).into_iter().flatten();
                            found.extend(row.map(|effect| (site.span, effect.clone())));
                        }
                    }
                }
            }
        }
        for (span, effect) in found {
            if UNDETERMINED.contains(&effect.as_str()) {
                self.report(
                    Diagnostic::error(
                        "E0109",
                        span,
                        format!("The program is `@deterministic`, but this has the effect `{effect}`."),
                    )
                    .help("Take the value as an input instead, or remove `@deterministic`."),
                );
            }
        }
    }
}

/// Whether one of the operations or effects that are handled covers this one.
pub(crate) fn is_handled(handled: &[String], effect: &str) -> bool {
    handled.iter().any(|h| covers(h, effect))
}

/// Whether a grant or row entry covers an effect: `fs` covers `fs.read`.
pub(crate) fn covers(granted: &str, effect: &str) -> bool {
    granted == effect || effect.strip_prefix(granted).is_some_and(|rest| rest.starts_with('.'))
}
