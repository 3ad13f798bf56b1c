//! Graph, engine and backward formulas.
