//! The language's builtins bound to the engines.
