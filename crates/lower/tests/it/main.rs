//! What lowering and the machine must agree on. That programs do what they say is held by `cases/language`.

mod builtins;
mod image;
#[path = "../../../../fuzz/bodies/language.rs"]
mod language;
mod reference;
mod state;
mod unnamed;
