//! Names, types, exhaustiveness, effects, grants and frame schemas of a program.
