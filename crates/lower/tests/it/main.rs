//! What lowering and the machine must agree on. That programs do what they say is held by `cases/language`.

mod builtins;
mod state;
