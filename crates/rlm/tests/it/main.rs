//! The crate seen from outside: signatures, ledger, machine.

mod agreement;
mod calls;
mod ledger;
mod random;
mod repl;
mod replies;
mod schemas;
mod submissions;
mod turns;
mod world;
