//! Pipelines: each stage is a cell that takes what the one before gives.

use std::collections::HashMap;

use syntax::Diagnostic;
use syntax::ast::Name;

use crate::Type;
use crate::args::count;
use crate::checked::CellId;
use crate::checker::{Checker, Def, State};
use crate::nearest::did_you_mean;

impl<'a> Checker<'a> {
    /// Finds the stages, and gives each `run` the type that its first stage takes. A pipeline with a faulty stage is not
    /// looked at further.
    pub(crate) fn resolve_pipelines(&mut self) {
        for index in 0..self.records.len() {
            let stages = &self.records[index].record.stages;
            let Some(run) = self.records[index].methods.get("run").copied() else { continue };
            let (Some(first), module) = (stages.first(), self.records[index].module) else { continue };
            self.body.module = module;
            let found: Vec<bool> = stages.iter().map(|stage| self.is_stage(index, stage)).collect();
            let input = match (found.iter().all(|is| *is), self.stage(index, first)) {
                (true, Some(first)) => self.stage_input(first),
                _ => None,
            };
            match input {
                Some(ty) => {
                    let params = self.out.cells.get_mut(run.0 as usize).map(|def| &mut def.params);
                    if let Some(param) = params.and_then(|params| params.get_mut(1)) {
                        param.ty = ty;
                    }
                }
                None => self.give_up(run),
            }
        }
    }

    fn give_up(&mut self, run: CellId) {
        if let Some(source) = self.cells.get_mut(run.0 as usize) {
            source.state = State::Done;
        }
    }

    /// The cell that a stage names: one of the pipeline's own, else one of the file.
    fn stage(&self, index: usize, stage: &Name) -> Option<CellId> {
        let own = self.records.get(index)?.methods.get(&stage.text).copied();
        own.or_else(|| match self.find(&stage.text)?.def {
            Def::Cell(id) => Some(id),
            _ => None,
        })
    }

    /// The type that the stage takes.
    fn stage_input(&self, id: CellId) -> Option<Type> {
        let def = self.out.cells.get(id.0 as usize)?;
        def.params.iter().find(|param| param.name != "self").map(|param| param.ty.clone())
    }

    fn is_stage(&mut self, index: usize, stage: &'a Name) -> bool {
        let Some(id) = self.stage(index, stage) else {
            let mut known: Vec<String> = self.records[index].methods.keys().cloned().collect();
            if let Some(scope) = self.scopes.get(self.body.module) {
                let cells = scope.names.iter().filter(|(_, entry)| matches!(entry.def, Def::Cell(_)));
                known.extend(cells.map(|(name, _)| name.to_string()));
            }
            known.retain(|name| name != "run");
            known.sort_unstable();
            let mut diagnostic = Diagnostic::error(
                "E0118",
                stage.span,
                format!("There is no cell `{}` to be a stage.", stage.text),
            );
            diagnostic.help =
                Some(did_you_mean(&stage.text, known.iter().map(String::as_str)).unwrap_or_else(|| {
                    "Declare it in the pipeline or in this file; a builtin is called by a cell of yours."
                        .to_string()
                }));
            self.report(diagnostic);
            return false;
        };
        let (Some(source), Some(def)) = (self.cells.get(id.0 as usize), self.out.cells.get(id.0 as usize))
        else {
            return false;
        };
        let (generic, place) = (!source.type_params.is_empty(), def.span);
        let params = def.params.iter().filter(|param| param.name != "self").count();
        if params != 1 {
            let takes = count(params, "argument");
            self.report(
                Diagnostic::error(
                    "E0119",
                    stage.span,
                    format!("A stage takes one argument, and `{}` takes {takes}.", stage.text),
                )
                .label(place, "declared here")
                .help("Write a cell that takes what the stage before gives, and calls it."),
            );
            return false;
        }
        let is_first =
            self.records[index].record.stages.first().is_some_and(|first| first.span == stage.span);
        if generic && is_first {
            let message =
                format!("The first stage says what the pipeline takes, and `{}` takes any type.", stage.text);
            self.report(
                Diagnostic::error("E0119", stage.span, message)
                    .label(place, "declared here")
                    .help("Begin with a cell that takes one type, and hands it on."),
            );
            return false;
        }
        true
    }

    /// Whether what each stage gives is what the next takes.
    pub(crate) fn check_pipelines(&mut self) {
        for index in 0..self.records.len() {
            let record = self.records[index].record;
            let Some(run) = self.records[index].methods.get("run").copied() else { continue };
            let waits = self.cells.get(run.0 as usize).is_some_and(|source| source.state == State::Waiting);
            if record.stages.is_empty() || !waits {
                continue;
            }
            let module = std::mem::replace(&mut self.body.module, self.records[index].module);
            let cells: HashMap<&str, CellId> = record
                .stages
                .iter()
                .filter_map(|stage| Some((stage.text.as_str(), self.stage(index, stage)?)))
                .collect();
            self.body.module = module;
            for (before, stage) in record.stages.iter().zip(record.stages.iter().skip(1)) {
                let (Some(first), Some(next)) =
                    (cells.get(before.text.as_str()), cells.get(stage.text.as_str()))
                else {
                    continue;
                };
                // What a generic cell takes and gives, the call of it finds out.
                let generic = |id: &CellId| {
                    self.cells.get(id.0 as usize).is_some_and(|source| !source.type_params.is_empty())
                };
                if generic(first) || generic(next) {
                    continue;
                }
                let given = self.cell_return(*first);
                let Some(taken) = self.stage_input(*next) else { continue };
                if self.accepts(&given, &taken) {
                    continue;
                }
                let (given, taken) = (self.show(&given), self.show(&taken));
                self.report(
                    Diagnostic::error(
                        "E0120",
                        stage.span,
                        format!(
                            "The stage `{}` takes {taken}, and `{}` gives {given}.",
                            stage.text, before.text
                        ),
                    )
                    .label(before.span, "the stage before")
                    .help("Put a stage between them that turns the one into the other."),
                );
                self.give_up(run);
            }
        }
    }
}
