//! Batches of data, in PyTorch's order and with its draws.

use autograd::{Error, Generator, Result, Tensor};

/// Tensors whose first dimension counts the same examples.
#[derive(Clone, Debug)]
pub struct TensorDataset {
    tensors: Vec<Tensor>,
    len: usize,
}

impl TensorDataset {
    /// A data set of these tensors.
    ///
    /// # Errors
    /// `ValueError` without tensors or if their first sizes differ.
    pub fn new(tensors: Vec<Tensor>) -> Result<TensorDataset> {
        let len = tensors.first().and_then(|t| t.sizes().first().copied());
        match len {
            Some(len) if tensors.iter().all(|t| t.sizes().first() == Some(&len)) => {
                Ok(TensorDataset { tensors, len })
            }
            _ => Err(Error::value("TensorDataset", "Size mismatch between tensors")),
        }
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The examples at these positions, one tensor for each of the data set's.
    ///
    /// # Errors
    /// `IndexError` for a position outside.
    pub fn batch(&self, positions: &[usize]) -> Result<Vec<Tensor>> {
        let index: Vec<i64> = positions.iter().map(|&i| i as i64).collect();
        let index = Tensor::from_vec(index, &[positions.len()])?;
        self.tensors.iter().map(|t| t.index_select(0, &index)).collect()
    }
}

/// Some examples of a data set.
#[derive(Clone, Debug)]
pub struct Subset {
    /// The whole data set.
    pub dataset: TensorDataset,
    /// Which examples.
    pub indices: Vec<usize>,
}

impl Subset {
    /// The examples as a data set of their own.
    ///
    /// # Errors
    /// `IndexError` for an index outside.
    pub fn gather(&self) -> Result<TensorDataset> {
        TensorDataset::new(self.dataset.batch(&self.indices)?)
    }
}

/// Splits at random into parts of the given lengths: `random_split`.
///
/// # Errors
/// `ValueError` unless the lengths add up.
pub fn random_split(
    dataset: &TensorDataset,
    lengths: &[usize],
    generator: &Generator,
) -> Result<Vec<Subset>> {
    if lengths.iter().try_fold(0usize, |n, &l| n.checked_add(l)) != Some(dataset.len()) {
        return Err(Error::value(
            "random_split",
            "Sum of input lengths does not equal the length of the input dataset!",
        )
        .expected(dataset.len().to_string())
        .found(format!("{lengths:?}")));
    }
    let order = permutation(dataset.len(), generator)?;
    let mut start = 0;
    Ok(lengths
        .iter()
        .map(|&len| {
            let indices = order[start..start + len].to_vec();
            start += len;
            Subset { dataset: dataset.clone(), indices }
        })
        .collect())
}

fn permutation(len: usize, generator: &Generator) -> Result<Vec<usize>> {
    let order = Tensor::randperm(len as i64, autograd::DType::I64, generator)?;
    Ok(order.to_vec::<i64>()?.into_iter().map(|i| i as usize).collect())
}

/// Cuts a data set into batches, in order or shuffled.
#[derive(Clone, Debug)]
pub struct DataLoader {
    dataset: TensorDataset,
    batch_size: usize,
    shuffle: Option<Generator>,
    drop_last: bool,
}

impl DataLoader {
    /// Batches in order.
    ///
    /// # Errors
    /// `ValueError` for a batch size of 0.
    pub fn new(dataset: TensorDataset, batch_size: usize) -> Result<DataLoader> {
        if batch_size == 0 {
            let text = "batch_size should be a positive integer value, but got batch_size=0";
            return Err(Error::value("DataLoader", text).expected("at least 1").found("0"));
        }
        Ok(DataLoader { dataset, batch_size, shuffle: None, drop_last: false })
    }

    /// Shuffles each pass with draws from the generator, as with PyTorch's default one: two int64 draws a pass, the
    /// second of which seeds a fresh generator for the permutation.
    pub fn shuffle(mut self, generator: &Generator) -> DataLoader {
        self.shuffle = Some(generator.clone());
        self
    }

    /// Leaves out a last batch that is not full.
    pub fn drop_last(mut self, drop_last: bool) -> DataLoader {
        self.drop_last = drop_last;
        self
    }

    /// Number of batches in a pass.
    pub fn len(&self) -> usize {
        if self.drop_last {
            self.dataset.len() / self.batch_size
        } else {
            self.dataset.len().div_ceil(self.batch_size)
        }
    }

    /// Whether a pass has no batch.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Positions of the examples of each batch of one pass; shuffling draws.
    ///
    /// # Errors
    /// `RuntimeError` when memory cannot be had.
    pub fn batches(&self) -> Result<Vec<Vec<usize>>> {
        let order = match &self.shuffle {
            None => (0..self.dataset.len()).collect(),
            Some(generator) => {
                let draw = || generator.random64() % (1 << 63);
                draw(); // PyTorch's base seed for worker processes.
                permutation(self.dataset.len(), &Generator::new(draw()))?
            }
        };
        Ok(order.chunks(self.batch_size).take(self.len()).map(<[usize]>::to_vec).collect())
    }

    /// The batches of one pass.
    ///
    /// # Errors
    /// As [`DataLoader::batches`]; each batch can fail when memory cannot be had.
    pub fn iter(&self) -> Result<impl Iterator<Item = Result<Vec<Tensor>>> + '_> {
        Ok(self.batches()?.into_iter().map(|positions| self.dataset.batch(&positions)))
    }
}
