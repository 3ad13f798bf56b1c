//! Executes bytecode behind a Host: values, fuel, deterministic order.
