//! Case reader, check() and the faulty disk. For tests only.
