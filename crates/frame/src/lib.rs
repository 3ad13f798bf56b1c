//! Pandas semantics: index, alignment, selection, group-by, join, reshape, time.
