//! Between the plane's tensors and the engine's.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::value::{self, Cell, Column, Scalar, Tree, Value};
use nn::{DType, Error, ErrorKind, Tensor, Variable};

use crate::call::Failure;

impl From<Error> for Failure {
    /// The engine's error. A feature that it lacks is none: PyTorch has it and would not raise.
    fn from(error: Error) -> Failure {
        if error.kind() == ErrorKind::NotImplemented && error.message().contains("is not implemented") {
            return Failure::unsupported(error.message());
        }
        Failure::raised(error.kind().class(), error.message())
    }
}

/// The storages that several inputs of a call share, by name.
#[derive(Default)]
pub(super) struct Storages(BTreeMap<String, Tensor>);

impl Storages {
    /// A tensor that sees its storage under the same layout; one that asks for a gradient is a leaf.
    pub fn variable(&mut self, tensor: &value::Tensor) -> Result<Variable, Failure> {
        let flat = match tensor.storage() {
            None => storage(tensor.storage_values())?,
            Some(name) => match self.0.get(name) {
                Some(flat) => flat.clone(),
                None => {
                    let flat = storage(tensor.storage_values())?;
                    self.0.insert(name.to_string(), flat.clone());
                    flat
                }
            },
        };
        let variable = Variable::from(flat.as_strided(tensor.shape(), tensor.strides(), tensor.offset())?);
        if tensor.requires_grad() {
            variable.requires_grad_(true)?;
        }
        Ok(variable)
    }

    /// Every tensor of a list; `None` stands where there is none.
    pub fn variables(&mut self, name: &str, tree: &Tree) -> Result<Vec<Option<Variable>>, Failure> {
        let Tree::Items(items) = tree else {
            return Err(Failure::Malformed(format!(
                "input {name}: expected a list of tensors, found entries"
            )));
        };
        let one = |item: &Value| match item {
            Value::Tensor(tensor) => self.variable(tensor).map(Some),
            other if is_none(other) => Ok(None),
            other => {
                Err(Failure::Malformed(format!("input {name}: expected tensors, found a {}", other.kind())))
            }
        };
        items.iter().map(one).collect()
    }
}

/// Python's `None`.
pub(super) fn is_none(value: &Value) -> bool {
    matches!(value, Value::Scalar(scalar) if scalar.dtype().name() == "NoneType")
}

/// A tensor alone.
pub(super) fn tensor(tensor: &value::Tensor) -> Result<Tensor, Failure> {
    Ok(Storages::default().variable(tensor)?.into_data())
}

/// Every tensor of a list, none absent.
pub(super) fn tensors(name: &str, tree: &Tree) -> Result<Vec<Tensor>, Failure> {
    let absent = || Failure::Malformed(format!("input {name}: expected tensors, found none"));
    let variables = Storages::default().variables(name, tree)?;
    variables.into_iter().map(|v| v.map(Variable::into_data).ok_or_else(absent)).collect()
}

fn storage(column: &Column) -> Result<Tensor, Failure> {
    let dtype = DType::parse(column.dtype().name())
        .map_err(|_| Failure::unsupported(format!("dtype {}", column.dtype().name())))?;
    let cells = column.values();
    let shape = [cells.len()];
    let floats = || cells.iter().map(|cell| if let Cell::Float(x) = cell { *x } else { f64::NAN });
    let flat = match dtype {
        // Cells of binary32 are exact in binary64.
        DType::F32 => Tensor::from_vec(floats().map(|x| x as f32).collect(), &shape),
        DType::F64 => Tensor::from_vec(floats().collect(), &shape),
        DType::Bool => Tensor::from_vec(cells.iter().map(|cell| *cell == Cell::Bool(true)).collect(), &shape),
        _ => {
            let integer = |cell: &Cell| match cell {
                Cell::Integer(i) => i64::try_from(*i).ok(),
                _ => None,
            };
            let integers: Option<Vec<i64>> = cells.iter().map(integer).collect();
            let integers =
                integers.ok_or_else(|| Failure::Malformed("an integer tensor with another cell".into()))?;
            Tensor::from_vec(integers, &shape).and_then(|flat| flat.to_dtype(dtype))
        }
    };
    Ok(flat?)
}

/// What an operation gave, before it is written down as a value.
pub(super) enum Given {
    /// A tensor and whether it asks for a gradient.
    Tensor(Tensor, bool),
    Items(Vec<Given>),
    Entries(Vec<(String, Given)>),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Integer(i64),
    Float(f64),
    Nothing,
}

impl From<Variable> for Given {
    fn from(variable: Variable) -> Given {
        let wants = variable.requires_grad();
        Given::Tensor(variable.into_data(), wants)
    }
}

impl From<Tensor> for Given {
    fn from(tensor: Tensor) -> Given {
        Given::Tensor(tensor, false)
    }
}

impl<T: Into<Given>> FromIterator<T> for Given {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Given {
        Given::Items(items.into_iter().map(Into::into).collect())
    }
}

impl Given {
    /// The value, in which tensors of one storage name it.
    pub fn into_value(self) -> Result<Value, Failure> {
        let mut tensors = Vec::new();
        self.collect(&mut tensors);
        let mut shared: Vec<Shared> = Vec::new();
        for (n, tensor) in tensors.iter().enumerate() {
            let known = shared.iter().any(|known| known.tensor.shares_storage(tensor));
            let another = |other: &Tensor| other.shares_storage(tensor);
            if !known && tensors.iter().skip(n + 1).any(|other| another(other)) {
                let values = Arc::new(column(tensor)?);
                shared.push(Shared { name: format!("s{}", shared.len()), values, tensor: (*tensor).clone() });
            }
        }
        self.write(&shared)
    }

    /// Tensors with storage, in their order.
    fn collect<'a>(&'a self, found: &mut Vec<&'a Tensor>) {
        match self {
            Given::Tensor(tensor, _) if tensor.storage_len() > 0 => found.push(tensor),
            Given::Items(items) => items.iter().for_each(|item| item.collect(found)),
            Given::Entries(entries) => entries.iter().for_each(|(_, item)| item.collect(found)),
            _ => {}
        }
    }

    fn write(&self, shared: &[Shared]) -> Result<Value, Failure> {
        Ok(match self {
            Given::Tensor(tensor, wants) => {
                let known = shared.iter().find(|known| known.tensor.shares_storage(tensor));
                let values =
                    known.map_or_else(|| column(tensor).map(Arc::new), |known| Ok(Arc::clone(&known.values)));
                Value::Tensor(value::Tensor::new(
                    values?,
                    tensor.sizes().to_vec(),
                    tensor.strides().to_vec(),
                    tensor.layout().offset(),
                    known.map(|known| known.name.clone()),
                    *wants,
                )?)
            }
            Given::Items(items) => Value::Tree(Tree::Items(
                items.iter().map(|item| item.write(shared)).collect::<Result<_, _>>()?,
            )),
            Given::Entries(entries) => {
                let entry =
                    |(key, item): &(String, Given)| Ok((Cell::Text(key.clone()), item.write(shared)?));
                Value::Tree(Tree::Entries(entries.iter().map(entry).collect::<Result<_, Failure>>()?))
            }
            Given::Text(text) => Value::Text(text.clone()),
            Given::Bytes(bytes) => Value::Bytes(bytes.clone()),
            Given::Bool(flag) => Value::Scalar(Scalar::new("bool", Cell::Bool(*flag))?),
            Given::Float(value) => Value::Scalar(Scalar::new("float", Cell::Float(*value))?),
            Given::Integer(i) => Value::Scalar(Scalar::new("int", Cell::Integer(i128::from(*i)))?),
            Given::Nothing => Value::Scalar(Scalar::new("NoneType", Cell::None)?),
        })
    }
}

/// A storage that several tensors of an answer see.
struct Shared {
    name: String,
    values: Arc<Column>,
    tensor: Tensor,
}

/// The whole storage of a tensor.
fn column(tensor: &Tensor) -> Result<Column, Failure> {
    let whole = tensor.as_strided(&[tensor.storage_len()], &[1], 0)?;
    Ok(Column::new(&tensor.dtype().to_string(), cells(&whole)?)?)
}

/// The elements in row-major order.
pub(super) fn cells(tensor: &Tensor) -> Result<Vec<Cell>, Failure> {
    Ok(match tensor.dtype() {
        DType::Bool => tensor.to_vec::<bool>()?.into_iter().map(Cell::Bool).collect(),
        dtype if dtype.is_float() => tensor.to_vec_as::<f64>()?.into_iter().map(Cell::Float).collect(),
        _ => tensor.to_vec_as::<i64>()?.into_iter().map(|i| Cell::Integer(i128::from(i))).collect(),
    })
}
