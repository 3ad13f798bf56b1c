//! The canonical bytes of a tensor's value, and their hash. Equal values give equal bytes, whatever the strides.

use crate::element::{Element, with_element};
use crate::layout::element_count;
use crate::{DType, Error, Layout, Result, Tensor};

fn code(dtype: DType) -> u8 {
    match dtype {
        DType::Bool => 0,
        DType::U8 => 1,
        DType::I8 => 2,
        DType::I16 => 3,
        DType::I32 => 4,
        DType::I64 => 5,
        DType::F32 => 8,
        DType::F64 => 9,
    }
}

fn damaged(expected: impl Into<String>, found: impl Into<String>) -> Error {
    let (expected, found) = (expected.into(), found.into());
    Error::value("from_bytes", format!("not a tensor: expected {expected}, found {found}"))
        .expected(expected)
        .found(found)
}

impl Tensor {
    /// Dtype code (u8), dimension count (u8), sizes (u64 each), then the elements row-major; little-endian.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let header = self.header();
        self.with_element_bytes(|elements| {
            let mut out = crate::storage::reserve("to_bytes", header.len() + elements.len())?;
            out.extend_from_slice(&header);
            out.extend_from_slice(elements);
            Ok(out)
        })?
    }

    fn header(&self) -> Vec<u8> {
        let sizes = self.sizes().iter().flat_map(|&size| (size as u64).to_le_bytes());
        [code(self.dtype()), self.dim() as u8].into_iter().chain(sizes).collect()
    }

    /// The elements alone, row-major; little-endian.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn to_element_bytes(&self) -> Result<Vec<u8>> {
        self.with_element_bytes(|elements| {
            let mut out = crate::storage::reserve("to_element_bytes", elements.len())?;
            out.extend_from_slice(elements);
            Ok(out)
        })?
    }

    /// What a function makes of the elements' bytes, row-major and little-endian; no copy of a contiguous tensor is made
    /// where the machine keeps them so. The tensor is not written to meanwhile.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn with_element_bytes<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let rows = self.contiguous()?;
        with_element!(self.dtype(), T => {
            let elements = rows.read::<T>()?;
            Ok(read(&T::le_bytes(&elements)))
        })
    }

    /// The tensor of these bytes, which must be exactly one.
    ///
    /// # Errors
    /// `ValueError` saying what was expected and found.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tensor> {
        let (&[dtype, dim], rest) =
            bytes.split_first_chunk::<2>().ok_or_else(|| damaged("2 bytes", bytes.len().to_string()))?;
        let dtype = DType::ALL
            .into_iter()
            .find(|&d| code(d) == dtype)
            .ok_or_else(|| damaged("a dtype code", dtype.to_string()))?;
        let (sizes, elements) = rest
            .split_at_checked(8 * usize::from(dim))
            .ok_or_else(|| damaged(format!("{dim} sizes"), format!("{} bytes", rest.len())))?;
        let sizes: Vec<usize> = sizes
            .chunks_exact(8)
            .map(|s| s.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b)))
            .map(|s| usize::try_from(s).map_err(|_| damaged("a size in memory", s.to_string())))
            .collect::<Result<_>>()?;
        Tensor::from_element_bytes(elements, dtype, &sizes)
    }

    /// The tensor of these row-major little-endian elements.
    ///
    /// # Errors
    /// `ValueError` where the bytes are not as many as the sizes say, or no elements of the dtype.
    pub fn from_element_bytes(elements: &[u8], dtype: DType, sizes: &[usize]) -> Result<Tensor> {
        Layout::contiguous(sizes)?;
        let wanted = element_count(sizes)?.checked_mul(dtype.size_bytes());
        if wanted != Some(elements.len()) {
            return Err(damaged(format!("{wanted:?} bytes of elements"), elements.len().to_string()));
        }
        with_element!(dtype, T => {
            let mut values = crate::storage::reserve::<T>("from_bytes", elements.len() / dtype.size_bytes())?;
            T::extend_le(&mut values, elements).ok_or_else(|| damaged("valid elements", "other bytes"))?;
            Tensor::from_vec(values, sizes)
        })
    }

    /// BLAKE3 of [`Tensor::to_bytes`]: equal for equal dtype, sizes and elements, on every machine.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn value_hash(&self) -> Result<[u8; 32]> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.header());
        Ok(*self.with_element_bytes(|elements| hasher.update(elements).finalize())?.as_bytes())
    }
}
