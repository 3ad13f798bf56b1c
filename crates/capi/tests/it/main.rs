//! The C interface as its callers see it: the header, a C program, a Python program.

mod allocation;
mod corpus;
mod header;
mod past;
mod programs;
mod sizes;
mod twice;
