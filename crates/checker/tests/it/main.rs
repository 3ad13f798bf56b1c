//! Language cases: Markdown files whose fences are programs and whose comments say what the checker finds.

mod builtins;
mod cases;
mod inputs;
mod robust;
