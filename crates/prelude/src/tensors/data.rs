//! Data sets and loaders: how examples come in batches.

use std::any::Any;
use std::cell::Cell;

use autograd::Tensor;
use nn::{DataLoader, TensorDataset};
use tensor::Generator;
use vm::{Fault, Opaque, Value};

use super::bytes::{Reader, Writer};
use super::frozen;
use super::image::Pool;
use super::value::{TensorValue, fault, refused, tensor_value};
use crate::args::Args;
use crate::host::Table;
use crate::random::with;

/// A data set: tensors whose first dimension counts the same examples.
pub(crate) struct RowsValue {
    dataset: TensorDataset,
    tensors: Vec<Tensor>,
}

impl RowsValue {
    fn new(tensors: Vec<Tensor>) -> autograd::Result<RowsValue> {
        Ok(RowsValue { dataset: TensorDataset::new(tensors.clone())?, tensors })
    }

    pub fn len(&self) -> usize {
        self.dataset.len()
    }

    pub fn summary(&self) -> String {
        format!("{} examples of {} tensors", self.len(), self.tensors.len())
    }

    fn write(&self, out: &mut Writer) {
        out.number(self.tensors.len() as u64);
        self.tensors.iter().for_each(|t| out.tensor(t));
    }

    fn read(reader: &mut Reader<'_>) -> Result<RowsValue, String> {
        let mut tensors = Vec::new();
        for _ in 0..reader.number()? {
            tensors.push(reader.tensor()?);
        }
        RowsValue::new(tensors).map_err(|e| e.to_string())
    }

    /// The numbers of its tensors.
    pub(super) fn keep(&self, out: &mut Writer, pool: &mut Pool) {
        out.number(self.tensors.len() as u64);
        self.tensors.iter().for_each(|t| out.number(pool.tensor(t)));
    }

    pub(super) fn restore(reader: &mut Reader<'_>, pool: &Pool) -> Result<RowsValue, String> {
        let mut tensors = Vec::new();
        for _ in 0..reader.number()? {
            tensors.push(pool.tensor_at(reader.number()?)?.clone());
        }
        RowsValue::new(tensors).map_err(|e| e.to_string())
    }

    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let mut reader = Reader::new(bytes);
        let rows = RowsValue::read(&mut reader)?;
        reader.end()?;
        Ok(Value::opaque(rows))
    }
}

impl Opaque for RowsValue {
    fn type_name(&self) -> &'static str {
        "Dataset"
    }

    fn display(&self) -> String {
        format!("<Dataset: {}>", self.summary())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.write(&mut out);
        out.finish()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.type_name() == "Dataset" && other.encode() == self.encode())
    }
}

/// A loader. Shuffling draws from its generator at each pass.
pub(crate) struct LoaderValue {
    rows: RowsValue,
    batch_size: usize,
    shuffle: Option<Generator>,
    drop_last: bool,
    frozen: Cell<bool>,
}

impl LoaderValue {
    pub fn freeze(&self) {
        self.frozen.set(true);
    }

    fn loader(&self) -> autograd::Result<DataLoader> {
        let loader = DataLoader::new(self.rows.dataset.clone(), self.batch_size)?.drop_last(self.drop_last);
        Ok(match &self.shuffle {
            Some(generator) => loader.shuffle(generator),
            None => loader,
        })
    }

    pub fn len(&self) -> usize {
        self.loader().map_or(0, |loader| loader.len())
    }

    pub fn summary(&self) -> String {
        format!("{} batches of {} examples", self.len(), self.batch_size)
    }

    /// The batches of one pass, each a tuple of tensors.
    pub fn batches(&self) -> Result<Value, Fault> {
        const OPERATION: &str = "DataLoader";
        if self.frozen.get() && self.shuffle.is_some() {
            return Err(frozen(OPERATION).help(
                "shuffling draws random numbers; make the loader in the fence that loops over it, from its data set",
            ));
        }
        let loader = self.loader().map_err(refused(OPERATION))?;
        let mut batches = Vec::with_capacity(loader.len());
        for batch in loader.iter().map_err(refused(OPERATION))? {
            let tensors = batch.map_err(refused(OPERATION))?;
            batches.push(Value::tuple(tensors.into_iter().map(|t| tensor_value(t.into())).collect()));
        }
        Ok(Value::list(batches))
    }

    /// The loader, with the numbers of its tensors and of its stream.
    pub(super) fn keep(&self, out: &mut Writer, pool: &mut Pool) {
        self.rows.keep(out, pool);
        out.number(self.batch_size as u64);
        out.flag(self.drop_last);
        out.flag(self.frozen.get());
        out.flag(self.shuffle.is_some());
        if let Some(generator) = &self.shuffle {
            out.number(pool.generator(generator));
        }
    }

    pub(super) fn restore(reader: &mut Reader<'_>, pool: &Pool) -> Result<Value, String> {
        let rows = RowsValue::restore(reader, pool)?;
        let batch_size = usize::try_from(reader.number()?).map_err(|_| reader.refuse("a batch size"))?;
        let (drop_last, frozen) = (reader.flag()?, Cell::new(reader.flag()?));
        let shuffle = match reader.flag()? {
            true => Some(pool.generator_at(reader.number()?)?.clone()),
            false => None,
        };
        Ok(Value::opaque(LoaderValue { rows, batch_size, shuffle, drop_last, frozen }))
    }

    pub fn decode(bytes: &[u8]) -> Result<Value, String> {
        let mut reader = Reader::new(bytes);
        let rows = RowsValue::read(&mut reader)?;
        let batch_size = usize::try_from(reader.number()?).map_err(|_| reader.refuse("a batch size"))?;
        let drop_last = reader.flag()?;
        let shuffle = if reader.flag()? {
            let generator = Generator::new(0);
            generator.set_state(reader.part()?).map_err(|e| e.to_string())?;
            Some(generator)
        } else {
            None
        };
        reader.end()?;
        let loader = LoaderValue { rows, batch_size, shuffle, drop_last, frozen: Cell::new(false) };
        loader.loader().map_err(|e| e.to_string())?;
        Ok(Value::opaque(loader))
    }
}

impl Opaque for LoaderValue {
    fn type_name(&self) -> &'static str {
        "DataLoader"
    }

    fn display(&self) -> String {
        format!("<DataLoader: {}>", self.summary())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.rows.write(&mut out);
        out.number(self.batch_size as u64);
        out.flag(self.drop_last);
        out.flag(self.shuffle.is_some());
        if let Some(generator) = &self.shuffle {
            out.part(&generator.get_state());
        }
        out.finish()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, String> {
        Ok(other.as_any().downcast_ref::<LoaderValue>().is_some_and(|o| std::ptr::eq(self, o)))
    }
}

fn rows_of<'a>(args: &mut Args<'a>) -> Result<&'a RowsValue, Fault> {
    let value = args.required("dataset")?;
    value.downcast().ok_or_else(|| args.wrong("dataset", "a Dataset", value))
}

fn rows(args: &mut Args<'_>) -> Result<Value, Fault> {
    let mut tensors = Vec::new();
    // A parameter `...tensors` arrives as one list.
    let given = args.rest();
    let listed = match given {
        [only] => crate::convert::items(only),
        _ => None,
    };
    for value in listed.as_deref().unwrap_or(given) {
        match value.downcast::<TensorValue>() {
            // Batches are constants: no gradient flows back into the data.
            Some(tensor) => tensors.push(tensor.leaf().data().clone()),
            None => return Err(args.wrong("tensors", "a Tensor", value)),
        }
    }
    RowsValue::new(tensors).map(Value::opaque).map_err(refused(args.operation()))
}

pub(crate) const TABLE: Table = &[
    ("data.DataLoader", |c, a| {
        let rows = rows_of(a)?;
        let batch_size = a.int("batch_size", 1)?;
        let shuffle = a.flag("shuffle", false)?;
        let drop_last = a.flag("drop_last", false)?;
        let shuffle = if shuffle {
            Some(with(c, a, |g| Ok(g.clone()))?)
        } else {
            // Batches in order draw nothing, so the node's own generator need not exist.
            a.optional("generator");
            None
        };
        let Some(batch_size) = usize::try_from(batch_size).ok().filter(|&size| size > 0) else {
            let text =
                format!("batch_size should be a positive integer value, but got batch_size={batch_size}");
            return Err(fault(a.operation(), "ValueError", &text));
        };
        Ok(Value::opaque(LoaderValue {
            rows: RowsValue { dataset: rows.dataset.clone(), tensors: rows.tensors.clone() },
            batch_size,
            shuffle,
            drop_last,
            frozen: Cell::new(false),
        }))
    }),
    ("data.TensorDataset", |_, a| rows(a)),
    ("data.random_split", |c, a| {
        let rows = rows_of(a)?;
        let lengths = a.ints("lengths")?;
        let operation = a.operation();
        let lengths: Option<Vec<usize>> = lengths.iter().map(|&n| usize::try_from(n).ok()).collect();
        let lengths = lengths.ok_or_else(|| fault(operation, "ValueError", "lengths count from 0"))?;
        with(c, a, |g| {
            let parts = nn::random_split(&rows.dataset, &lengths, g).map_err(refused(operation))?;
            let parts = parts
                .into_iter()
                .map(|part| RowsValue::new(part.dataset.batch(&part.indices)?).map(Value::opaque));
            let parts: autograd::Result<Vec<Value>> = parts.collect();
            parts.map(Value::list).map_err(refused(operation))
        })
    }),
];
