//! The crate seen from outside: signatures, ledger, machine.

mod agreement;
mod ledger;
mod random;
mod replies;
mod schemas;
mod submissions;
