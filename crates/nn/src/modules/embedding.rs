//! A table of vectors, looked up by index.

use autograd::{DType, Error, Generator, Result, Scalar, Tensor, Variable};

use crate::codec::{Reader, Writer};

/// Rows of a matrix chosen by integers.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// One row per index.
    pub weight: Variable,
    /// The row that gets no gradient.
    pub padding_idx: Option<usize>,
}

impl Embedding {
    /// Standard normal rows; the padding row is zero.
    ///
    /// # Errors
    /// `ValueError` for a padding row outside the table.
    pub fn new(
        rows: usize,
        width: usize,
        padding_idx: Option<usize>,
        generator: &Generator,
    ) -> Result<Embedding> {
        let weight = Tensor::randn(&[rows as i64, width as i64], DType::F32, generator)?;
        if let Some(at) = padding_idx {
            if at >= rows {
                return Err(Error::value("embedding", "Padding_idx must be within num_embeddings"));
            }
            weight.select(0, at as i64)?.fill_(Scalar::Int(0))?;
        }
        Ok(Embedding { weight: Variable::parameter(weight)?, padding_idx })
    }

    /// Looks the indices up.
    ///
    /// # Errors
    /// `IndexError` for an index outside the table.
    pub fn forward(&self, indices: &Variable) -> Result<Variable> {
        let padding = self.padding_idx.map_or(-1, |i| i as i64);
        autograd::call_one("embedding", vec![(&self.weight).into(), indices.into(), padding.into()])
    }

    pub(crate) fn write(&self, out: &mut Writer) -> Result<()> {
        out.tensor(self.weight.data())?;
        out.u64(self.padding_idx.map_or(0, |i| i as u64 + 1));
        Ok(())
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Embedding> {
        let weight = Variable::parameter(reader.tensor()?)?;
        let padding =
            usize::try_from(reader.u64()?).map_err(|_| reader.refuse("a row", "a larger number"))?;
        Ok(Embedding { weight, padding_idx: padding.checked_sub(1) })
    }
}
