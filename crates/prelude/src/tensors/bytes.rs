//! The canonical bytes of tensors and handles: lengths as little-endian u64, then content.

use autograd::{Tensor, Variable};

/// Writes parts. An engine fails to write only when memory cannot be had; the part then stays empty, which no reader
/// takes for a value.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    pub fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    pub fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    pub fn float(&mut self, number: f64) {
        self.number(number.to_bits());
    }

    pub fn part(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }

    pub fn tensor(&mut self, tensor: &Tensor) {
        self.part(&tensor.to_bytes().unwrap_or_default());
    }

    pub fn maybe_tensor(&mut self, tensor: Option<&Tensor>) {
        self.flag(tensor.is_some());
        if let Some(tensor) = tensor {
            self.tensor(tensor);
        }
    }

    /// What training left beside a variable's elements; only leaves keep it.
    pub fn training(&mut self, variable: &Variable) {
        self.flag(variable.is_leaf() && variable.requires_grad());
        self.maybe_tensor(variable.grad().filter(|_| variable.is_leaf()).as_ref());
    }

    pub fn variable(&mut self, variable: &Variable) {
        self.training(variable);
        self.tensor(variable.data());
    }
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, left: bytes }
    }

    /// Says where the bytes are damaged.
    pub fn refuse(&self, expected: &str) -> String {
        format!("damaged bytes at {}: expected {expected}", self.bytes.len() - self.left.len())
    }

    pub fn flag(&mut self) -> Result<bool, String> {
        match self.left.split_first() {
            Some((&flag @ (0 | 1), rest)) => {
                self.left = rest;
                Ok(flag == 1)
            }
            _ => Err(self.refuse("0 or 1")),
        }
    }

    pub fn number(&mut self) -> Result<u64, String> {
        let (number, rest) = self.left.split_first_chunk().ok_or_else(|| self.refuse("8 bytes"))?;
        self.left = rest;
        Ok(u64::from_le_bytes(*number))
    }

    pub fn part(&mut self) -> Result<&'a [u8], String> {
        let len = usize::try_from(self.number()?).ok();
        let (part, rest) = len
            .and_then(|len| self.left.split_at_checked(len))
            .ok_or_else(|| self.refuse("as many bytes as announced"))?;
        self.left = rest;
        Ok(part)
    }

    pub fn tensor(&mut self) -> Result<Tensor, String> {
        Tensor::from_bytes(self.part()?).map_err(|e| e.to_string())
    }

    pub fn maybe_tensor(&mut self) -> Result<Option<Tensor>, String> {
        if self.flag()? { self.tensor().map(Some) } else { Ok(None) }
    }

    pub fn training(&mut self) -> Result<(bool, Option<Tensor>), String> {
        Ok((self.flag()?, self.maybe_tensor()?))
    }

    pub fn variable(&mut self) -> Result<Variable, String> {
        let training = self.training()?;
        let variable = Variable::from(self.tensor()?);
        resume(&variable, training)?;
        Ok(variable)
    }

    pub fn end(&self) -> Result<(), String> {
        if self.left.is_empty() { Ok(()) } else { Err(self.refuse("the end")) }
    }
}

/// Gives a variable back what training had left.
pub(super) fn resume(variable: &Variable, (wanted, grad): (bool, Option<Tensor>)) -> Result<(), String> {
    variable.requires_grad_(wanted).map_err(|e| e.to_string())?;
    match grad {
        Some(grad) if grad.sizes() != variable.sizes() || grad.dtype() != variable.dtype() => {
            Err("a gradient that does not fit its tensor".to_string())
        }
        grad => {
            variable.set_grad(grad);
            Ok(())
        }
    }
}
