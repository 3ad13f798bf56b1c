//! The state of one call: its turns, its worker, what its cell waits for.

use super::host::Waiting;
use crate::amounts::{Budget, Dimension};
use crate::cell::{Cause, CellEnd};
use crate::digest::Digest;
use crate::event::WorkerId;
use crate::ledger::{AccountId, ReservationId, SetAside};
use crate::prompt::{self, Scene, Turn};
use crate::record::{Place, Role};
use crate::signature::Signature;
use crate::task::Task;
use crate::variable::Variable;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One call of the tree.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub id: Digest,
    pub signature: Arc<Signature>,
    pub inputs: Vec<Variable>,
    pub variables: Vec<Variable>,
    pub depth: u32,
    pub role: Role,
    pub account: AccountId,
    /// The call whose cell waits for this one, and the item that this one is.
    pub parent: Option<(Digest, usize)>,
    pub turns: Vec<Turn>,
    pub invalid: u32,
    pub rejected: u32,
    pub rebuilds: u32,
    pub fallback: Option<Cause>,
    /// Cells that ran and whose effects the REPL has, with their ids.
    pub cells: Vec<(Digest, String)>,
    pub worker: Option<Worker>,
    /// The cell that is to run or runs.
    pub cell: Option<Live>,
    pub waiting: Option<Waiting>,
    pub children: BTreeSet<Digest>,
    pub closed: bool,
}

/// The cell of the current turn.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub place: Place,
    pub code: String,
    /// What is reserved for it; none until it starts.
    pub reservation: Option<ReservationId>,
}

/// A worker's REPL and how far it is.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub id: WorkerId,
    /// How many of the call's cells it has run.
    pub built: usize,
    /// The cell that it runs.
    pub running: Option<Running>,
}

/// A cell in a worker.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub cell: Digest,
    /// Whether it runs for the first time.
    pub live: bool,
    /// Host calls so far.
    pub sequence: u64,
    pub submits: u64,
    /// Whether a `SUBMIT` was refused and the code went on.
    pub refused: bool,
    pub swallowed: bool,
}

impl Call {
    pub(super) fn new(id: Digest, signature: Signature, inputs: Vec<Variable>, depth: u32) -> Self {
        Self {
            id,
            signature: Arc::new(signature),
            variables: inputs.clone(),
            inputs,
            depth,
            role: Role::Sub,
            account: AccountId::ROOT,
            parent: None,
            turns: Vec::new(),
            invalid: 0,
            rejected: 0,
            rebuilds: 0,
            fallback: None,
            cells: Vec::new(),
            worker: None,
            cell: None,
            waiting: None,
            children: BTreeSet::new(),
            closed: false,
        }
    }

    /// What its prompts are made from.
    pub(super) fn scene<'a>(&'a self, task: &'a Task) -> Scene<'a> {
        Scene {
            signature: &self.signature,
            depth: self.depth,
            tools: if self.parent.is_none() { &task.tools } else { &[] },
            variables: &self.variables,
            turns: &self.turns,
            shown: task.limits.output_shown,
        }
    }

    /// What must stay affordable for it: the worst cases of one turn and one extraction, with a part of the time.
    pub(super) fn aside(&self, task: &Task, limit: &Budget) -> SetAside {
        let (turn, extraction) = prompt::worst_cases(&self.scene(task), task, task.model(self.role));
        let wall = limit.get(Dimension::WallMs).map_or(0, |wall| (wall / 4).min(task.limits.turn_wall_ms));
        SetAside {
            turn: turn.with(Dimension::WallMs, wall),
            extraction: extraction.with(Dimension::WallMs, wall),
        }
    }

    /// Takes over what a cell left.
    pub(super) fn see(&mut self, end: &CellEnd) {
        if !end.variables.is_empty() {
            self.variables.clone_from(&end.variables);
        }
    }
}
