//! What a process remembers: the one kind of value of the language itself that changes in place.
//!
//! All who hold it see the change. It may change only in the node that made it; afterwards others read it, and what was
//! kept of it says the same in every run.

use std::cell::{Cell, RefCell};

use crate::fault::Fault;
use crate::release;
use crate::value::Value;

#[derive(Debug, Default)]
pub struct Process {
    held: RefCell<Value>,
    frozen: Cell<bool>,
}

impl Process {
    pub(crate) fn new(value: Value) -> Process {
        Process { held: RefCell::new(value), frozen: Cell::new(false) }
    }

    /// What it holds; null before anything was kept.
    pub fn held(&self) -> Value {
        self.held.borrow().clone()
    }

    /// Changes what it holds, in place where nobody else has it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Value) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.frozen.get() {
            return Err(Fault::new("R0902", "the process is frozen: it belongs to the result that made it")
                .help("change it in the fence that makes it; elsewhere it can be read"));
        }
        // Taken out meanwhile, so that nothing that runs inside finds it borrowed.
        let mut value = self.held.take();
        let changed = change(&mut value);
        self.held.replace(value);
        changed
    }

    /// Ends the time in which it may change; says whether it lasted until now.
    pub fn freeze(&self) -> bool {
        !self.frozen.replace(true)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        release::one(self.held.get_mut());
    }
}
