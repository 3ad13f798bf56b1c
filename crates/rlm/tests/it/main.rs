//! The crate seen from outside: signatures, ledger, machine.

mod agreement;
mod calls;
mod fences;
mod folds;
mod ledger;
mod orders;
mod replies;
mod resume;
mod schemas;
mod submissions;
mod turns;
