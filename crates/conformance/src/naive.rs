//! Slow models that judge the state bus. They import `evidence` alone, so that no engine grades itself.

mod bits;
pub(crate) mod log;
pub(crate) mod pages;
pub(crate) mod plans;
mod values;

#[cfg(test)]
mod tests;
