//! Scenarios in the stand-in and in confined Python.

mod children;
mod faults;
mod hostile;
mod python;
mod repeated;
mod solved;
