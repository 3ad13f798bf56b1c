//! Where answers and notifications go.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::message::Problem;

/// Writes messages, a line each, for as many threads as there are. A client that does not read holds up who writes;
/// one that is gone is written nothing.
#[derive(Clone)]
pub struct Outlet(Arc<Mutex<Target>>);

struct Target {
    to: Box<dyn Write + Send>,
    is_gone: bool,
}

impl Outlet {
    pub fn new(to: impl Write + Send + 'static) -> Outlet {
        Outlet(Arc::new(Mutex::new(Target { to: Box::new(to), is_gone: false })))
    }

    pub fn send(&self, message: &Value) {
        let mut target = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if target.is_gone {
            return;
        }
        let line = format!("{message}\n");
        let written = target.to.write_all(line.as_bytes()).and_then(|()| target.to.flush());
        // What could not be told is on record all the same; the end of the input tells that the client is gone.
        target.is_gone = written.is_err();
    }

    pub fn notify(&self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    pub fn answer(&self, id: &Value, answer: Result<Value, Problem>) {
        self.send(&match answer {
            Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
            Err(problem) => json!({"jsonrpc": "2.0", "id": id, "error": problem.json()}),
        });
    }

    /// The answer that a request is owed.
    pub fn reply(&self, id: Value) -> Reply {
        Reply { outlet: self.clone(), id: Some(id) }
    }
}

/// An answer that is owed. Who breaks off without one (a defect) has answered so.
pub struct Reply {
    outlet: Outlet,
    id: Option<Value>,
}

impl Reply {
    pub fn send(mut self, answer: Result<Value, Problem>) {
        if let Some(id) = self.id.take() {
            self.outlet.answer(&id, answer);
        }
    }
}

impl Reply {
    /// Nobody waits for it any more.
    pub fn withhold(mut self) {
        self.id = None;
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.outlet.answer(&id, Err(Problem::internal("this is a defect of lumen, not of your request")));
        }
    }
}
