//! What a program's text does not hold: inputs, schemas, the results graph, damage. What the checker says of programs
//! is held by `cases/language`.

mod builtins;
mod generics;
mod inputs;
mod matches;
mod robust;
mod standard_library;
