//! Live references: one question, one answer, and for everything else a [`Fault`] with a name.
//!
//! The main type is [`Process`], an [`Oracle`] that keeps a Python worker alive and talks to it in frames. The worker's
//! text is part of this crate (`src/worker/*.py`): `worker.py` speaks the protocol, the files beside it translate
//! values and call pandas, PyTorch or CPython. They compute nothing, and a poisoned question proves it: with the named
//! reference function replaced by one that raises, the answer must be that exception.
//!
//! The crate refuses to know any engine and any case: it neither expects an answer nor judges one. A reference that is
//! absent, of another version, silent, dead or confused is a fault and never an answer.
//!
//! Start reading at [`oracle`](Oracle), then `process`, then `src/worker/worker.py`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod ask;
mod fault;
mod frame;
mod interpreter;
mod message;
mod oracle;
mod output;
mod pins;
mod process;
mod worker;

pub use ask::{Answer, Ask, Failure, Origin, Warning};
pub use fault::{Fault, FaultKind};
pub use interpreter::{
    COMPLETE, INTERPRETER_VARIABLE, cache_folder, chosen_interpreter, environment_folder, interpreter,
    interpreter_in,
};
pub use oracle::Oracle;
pub use pins::{Identity, Pins, REQUIREMENTS};
pub use process::{Limits, Process, Setup};
pub use worker::{PROTOCOL, Program};
