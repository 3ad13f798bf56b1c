//! Operators as data: a schema in PyTorch's own words and the kernel behind it.
//!
//! Replay of cases, gradients and bindings all start from [`operators`], so none of them can know an operator
//! that the others do not.

use std::sync::OnceLock;

use crate::generator::default_generator;
use crate::{DType, Error, Generator, MemoryFormat, Result, Scalar, Tensor};

/// A value passed to an operator. `T` is the tensor type, so that callers with gradients use the same calls.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Arg<T = Tensor> {
    None,
    Tensor(T),
    Tensors(Vec<Option<T>>),
    /// Also for `int`, `float` and `bool` parameters.
    Scalar(Scalar),
    Ints(Vec<i64>),
    /// For `float[]`, `bool[]` and `Scalar[]` parameters.
    Scalars(Vec<Scalar>),
    /// Also for `Device` and `Layout` parameters.
    Str(String),
    DType(DType),
    Generator(Generator),
    MemoryFormat(MemoryFormat),
    /// Start, stop and step of a subscript.
    Slice([Option<i64>; 3]),
    /// `...` in a subscript.
    Ellipsis,
    /// Values of several kinds, as a caller without types passes them.
    List(Vec<Arg<T>>),
}

impl<T> Arg<T> {
    /// The tensors inside, absent ones left out.
    pub fn tensors(&self) -> impl Iterator<Item = &T> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found.into_iter()
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a T>) {
        match self {
            Arg::Tensor(t) => found.push(t),
            Arg::Tensors(list) => found.extend(list.iter().flatten()),
            Arg::List(items) => items.iter().for_each(|item| item.collect(found)),
            _ => {}
        }
    }

    /// The same value with each tensor replaced.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Arg<U> {
        let kept: Result<Arg<U>> = self.try_map(&mut |t| Ok(f(t)));
        kept.unwrap_or(Arg::None)
    }

    /// The same value with each tensor replaced.
    ///
    /// # Errors
    /// The first that the replacement gives.
    pub fn try_map<U>(&self, f: &mut dyn FnMut(&T) -> Result<U>) -> Result<Arg<U>> {
        Ok(match self {
            Arg::None => Arg::None,
            Arg::Tensor(t) => Arg::Tensor(f(t)?),
            Arg::Tensors(list) => {
                Arg::Tensors(list.iter().map(|t| t.as_ref().map(&mut *f).transpose()).collect::<Result<_>>()?)
            }
            Arg::List(items) => Arg::List(items.iter().map(|item| item.try_map(f)).collect::<Result<_>>()?),
            Arg::Scalar(s) => Arg::Scalar(*s),
            Arg::Ints(i) => Arg::Ints(i.clone()),
            Arg::Scalars(s) => Arg::Scalars(s.clone()),
            Arg::Str(s) => Arg::Str(s.clone()),
            Arg::DType(d) => Arg::DType(*d),
            Arg::Generator(g) => Arg::Generator(g.clone()),
            Arg::MemoryFormat(m) => Arg::MemoryFormat(*m),
            Arg::Slice(s) => Arg::Slice(*s),
            Arg::Ellipsis => Arg::Ellipsis,
        })
    }
}

macro_rules! arg_from {
    ($($t:ty => |$x:ident| $e:expr;)*) => {$(
        impl<T> From<$t> for Arg<T> {
            fn from($x: $t) -> Self {
                $e
            }
        }
    )*};
}
arg_from! {
    i64 => |x| Arg::Scalar(Scalar::Int(x));
    f64 => |x| Arg::Scalar(Scalar::Float(x));
    bool => |x| Arg::Scalar(Scalar::Bool(x));
    Scalar => |x| Arg::Scalar(x);
    Option<Scalar> => |x| x.map_or(Arg::None, Arg::Scalar);
    Option<i64> => |x| x.map_or(Arg::None, |i| Arg::Scalar(Scalar::Int(i)));
    &[i64] => |x| Arg::Ints(x.to_vec());
    DType => |x| Arg::DType(x);
    Option<DType> => |x| x.map_or(Arg::None, Arg::DType);
    &str => |x| Arg::Str(x.to_string());
    Generator => |x| Arg::Generator(x);
    MemoryFormat => |x| Arg::MemoryFormat(x);
}

impl<T: Clone> From<Option<&T>> for Arg<T> {
    fn from(t: Option<&T>) -> Self {
        t.map_or(Arg::None, |t| Arg::Tensor(t.clone()))
    }
}

/// A parameter of a schema.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// Its type as written, `SymInt[]`.
    pub ty: &'static str,
    /// What an omitted value means, as written.
    pub default: Option<&'static str>,
    /// Whether it stands behind `*` and is given by name alone.
    pub keyword_only: bool,
}

/// An operator: PyTorch's schema text and our kernel.
pub struct Operator {
    /// Name and overload, `sum.dim_IntList`.
    pub name: &'static str,
    /// The whole text, equal to PyTorch's without the namespace.
    pub schema: &'static str,
    /// The parameters in order.
    pub params: Vec<Param>,
    kernel: Kernel,
}

/// Computes an operator's results from arguments bound to its schema.
pub type Kernel = fn(&Args<'_>) -> Result<Vec<Tensor>>;

/// A row of an operator table.
pub(crate) struct Row(pub &'static str, pub Kernel);

impl Operator {
    /// Runs the kernel on arguments in the schema's order, all present.
    ///
    /// # Errors
    /// The kernel's, or `TypeError` for an argument of the wrong type.
    pub fn call(&self, args: &[Arg]) -> Result<Vec<Tensor>> {
        (self.kernel)(&Args { operator: self.name, values: args })
    }
}

/// Splits a schema text into name and parameters.
///
/// # Errors
/// `ValueError` naming the column where the text is malformed.
pub fn parse_schema(text: &'static str) -> Result<(&'static str, Vec<Param>)> {
    let malformed = |column: usize| {
        Error::value("schema", format!("MalformedSchema: column {column} of '{text}'"))
            .found(column.to_string())
    };
    let (name, rest) = text.split_once('(').ok_or_else(|| malformed(text.len()))?;
    let (list, _) = rest.split_once(") -> ").ok_or_else(|| malformed(text.len()))?;
    let mut params = Vec::new();
    let mut keyword_only = false;
    for piece in pieces(list) {
        if piece == "*" {
            keyword_only = true;
            continue;
        }
        let column = piece.as_ptr() as usize - text.as_ptr() as usize;
        // A default may hold spaces, a parameter's name and type's last word may not.
        let (head, default) = piece.split_once('=').map_or((piece, None), |(h, d)| (h, Some(d)));
        let (ty, name) = head.rsplit_once(' ').ok_or_else(|| malformed(column))?;
        params.push(Param { name, ty, default, keyword_only });
    }
    Ok((name, params))
}

/// The parameters of a list, whose defaults may be lists themselves.
fn pieces(list: &'static str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0usize, 0i32);
    for (at, c) in list.char_indices() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&list[start..]);
    found.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect()
}

/// Arguments in a schema's order: positional ones first, then named ones, then defaults.
///
/// # Errors
/// `TypeError` for an unknown, repeated or missing parameter.
pub fn bind<T: Clone>(
    operator: &'static str,
    params: &[Param],
    positional: Vec<Arg<T>>,
    named: Vec<(String, Arg<T>)>,
) -> Result<Vec<Arg<T>>> {
    if positional.len() > params.len() {
        return Err(Error::type_error(
            operator,
            format!("{operator}() takes {} arguments but {} were given", params.len(), positional.len()),
        ));
    }
    let mut values: Vec<Option<Arg<T>>> = positional.into_iter().map(Some).collect();
    values.resize(params.len(), None);
    for (name, value) in named {
        let at = params.iter().position(|p| p.name == name).ok_or_else(|| {
            Error::type_error(operator, format!("{operator}() got an unexpected keyword argument '{name}'"))
                .expected(params.iter().map(|p| p.name).collect::<Vec<_>>().join(", "))
                .found(name.clone())
        })?;
        if values[at].replace(value).is_some() {
            return Err(Error::type_error(
                operator,
                format!("{operator}() got multiple values for argument '{name}'"),
            ));
        }
    }
    values
        .into_iter()
        .zip(params)
        .map(|(value, param)| value.map_or_else(|| default(operator, param), Ok))
        .collect()
}

/// What an omitted argument means.
///
/// # Errors
/// `TypeError` for a parameter that has no default and does not take `None`.
pub fn default<T>(operator: &'static str, param: &Param) -> Result<Arg<T>> {
    let missing = || {
        Error::type_error(operator, format!("{operator}() missing required argument '{}'", param.name))
            .expected(param.ty)
            .found("nothing")
    };
    if param.ty == "Generator?"
        && let Some(generator) = default_generator()
    {
        return Ok(Arg::Generator(generator));
    }
    let text = match param.default {
        Some(text) => text,
        None if param.ty.ends_with('?') => return Ok(Arg::None),
        None => return Err(missing()),
    };
    Ok(match text {
        "None" => Arg::None,
        "True" => true.into(),
        "False" => false.into(),
        "[]" => Arg::Ints(Vec::new()),
        "4" if param.ty == "ScalarType?" => Arg::DType(DType::I64),
        quoted if quoted.starts_with(['"', '\'']) => Arg::Str(quoted.trim_matches(['"', '\'']).to_string()),
        "Mean" if param.ty == "int" => 1i64.into(),
        "contiguous_format" => MemoryFormat::Contiguous.into(),
        list if list.starts_with('[') => {
            let items = list.trim_matches(['[', ']']).split(',').map(|item| item.trim().parse::<i64>());
            Arg::Ints(items.collect::<std::result::Result<_, _>>().map_err(|_| missing())?)
        }
        number => match number.parse::<i64>() {
            Ok(i) => i.into(),
            Err(_) => Arg::Scalar(Scalar::Float(number.parse().map_err(|_| missing())?)),
        },
    })
}

/// PyTorch's kinds of device, in the order of its texts.
const DEVICES: [&str; 20] = [
    "cpu",
    "cuda",
    "ipu",
    "xpu",
    "mkldnn",
    "opengl",
    "opencl",
    "ideep",
    "hip",
    "ve",
    "fpga",
    "maia",
    "xla",
    "lazy",
    "vulkan",
    "mps",
    "meta",
    "hpu",
    "mtia",
    "privateuseone",
];

/// Bound arguments, read by position.
pub struct Args<'a, T = Tensor> {
    operator: &'static str,
    values: &'a [Arg<T>],
}

impl<'a, T> Args<'a, T> {
    /// Arguments of an operator, already bound.
    pub fn new(operator: &'static str, values: &'a [Arg<T>]) -> Self {
        Args { operator, values }
    }
    fn wrong(&self, at: usize, expected: &str) -> Error {
        Error::type_error(
            self.operator,
            format!("{}(): argument {} must be {expected}", self.operator, at + 1),
        )
        .expected(expected)
    }
    fn at(&self, at: usize) -> &'a Arg<T> {
        self.values.get(at).unwrap_or(&Arg::None)
    }
    /// A tensor.
    pub fn tensor(&self, at: usize) -> Result<&'a T> {
        self.tensor_or_none(at)?.ok_or_else(|| self.wrong(at, "Tensor"))
    }
    /// A tensor or nothing.
    pub fn tensor_or_none(&self, at: usize) -> Result<Option<&'a T>> {
        match self.at(at) {
            Arg::Tensor(t) => Ok(Some(t)),
            Arg::None => Ok(None),
            _ => Err(self.wrong(at, "Tensor")),
        }
    }
    /// A list of tensors, some absent.
    pub fn tensors_or_none(&self, at: usize) -> Result<&'a [Option<T>]> {
        match self.at(at) {
            Arg::Tensors(list) => Ok(list),
            _ => Err(self.wrong(at, "a list of Tensors")),
        }
    }
    /// A list of tensors.
    pub fn tensors(&self, at: usize) -> Result<Vec<T>>
    where
        T: Clone,
    {
        let list = self.tensors_or_none(at)?;
        list.iter().map(|t| t.clone().ok_or_else(|| self.wrong(at, "a list of Tensors"))).collect()
    }
    /// A number.
    pub fn scalar(&self, at: usize) -> Result<Scalar> {
        self.scalar_or_none(at)?.ok_or_else(|| self.wrong(at, "Number"))
    }
    /// A number or nothing.
    pub fn scalar_or_none(&self, at: usize) -> Result<Option<Scalar>> {
        match self.at(at) {
            Arg::Scalar(s) => Ok(Some(*s)),
            Arg::None => Ok(None),
            _ => Err(self.wrong(at, "Number")),
        }
    }
    /// An integer.
    pub fn int(&self, at: usize) -> Result<i64> {
        self.int_or_none(at)?.ok_or_else(|| self.wrong(at, "int"))
    }
    /// An integer or nothing.
    pub fn int_or_none(&self, at: usize) -> Result<Option<i64>> {
        match self.scalar_or_none(at)? {
            Some(Scalar::Int(i)) => Ok(Some(i)),
            Some(Scalar::Bool(b)) => Ok(Some(i64::from(b))),
            None => Ok(None),
            Some(Scalar::Float(_)) => Err(self.wrong(at, "int")),
        }
    }
    /// A float; integers convert.
    pub fn float(&self, at: usize) -> Result<f64> {
        Ok(self.scalar(at)?.to_f64())
    }
    /// A truth value.
    pub fn bool(&self, at: usize) -> Result<bool> {
        match self.scalar(at)? {
            Scalar::Bool(b) => Ok(b),
            _ => Err(self.wrong(at, "bool")),
        }
    }
    /// Integers; one alone counts as a list, nothing as an empty one.
    pub fn ints(&self, at: usize) -> Result<Vec<i64>> {
        match self.at(at) {
            Arg::Ints(list) => Ok(list.clone()),
            Arg::Scalar(Scalar::Int(i)) => Ok(vec![*i]),
            Arg::None => Ok(Vec::new()),
            // A caller without types passes a list of numbers.
            Arg::List(items) => {
                let ints = items.iter().map(|item| match item {
                    Arg::Scalar(Scalar::Int(i)) => Ok(*i),
                    _ => Err(self.wrong(at, "tuple of ints")),
                });
                ints.collect()
            }
            _ => Err(self.wrong(at, "tuple of ints")),
        }
    }
    /// Numbers; one alone counts as a list, nothing as an empty one.
    pub fn scalars(&self, at: usize) -> Result<Vec<Scalar>> {
        match self.at(at) {
            Arg::Scalars(list) => Ok(list.clone()),
            Arg::Ints(list) => Ok(list.iter().map(|&i| Scalar::Int(i)).collect()),
            Arg::Scalar(s) => Ok(vec![*s]),
            Arg::None => Ok(Vec::new()),
            _ => Err(self.wrong(at, "tuple of Numbers")),
        }
    }
    /// Numbers as floats, or nothing.
    pub fn floats_or_none(&self, at: usize) -> Result<Option<Vec<f64>>> {
        match self.at(at) {
            Arg::None => Ok(None),
            _ => Ok(Some(self.scalars(at)?.into_iter().map(Scalar::to_f64).collect())),
        }
    }
    /// Integers, or nothing; one alone counts as a list.
    pub fn ints_or_none(&self, at: usize) -> Result<Option<Vec<i64>>> {
        match self.at(at) {
            Arg::None => Ok(None),
            _ => self.ints(at).map(Some),
        }
    }
    /// The values as they were given, in the schema's order.
    pub fn values(&self) -> &'a [Arg<T>] {
        self.values
    }
    /// The value as it was given, of whatever kind.
    pub fn value(&self, at: usize) -> &'a Arg<T> {
        self.at(at)
    }
    /// Text or nothing.
    pub fn text(&self, at: usize) -> Result<Option<&'a str>> {
        match self.at(at) {
            Arg::Str(s) => Ok(Some(s)),
            Arg::None => Ok(None),
            _ => Err(self.wrong(at, "str")),
        }
    }
    /// A dtype or nothing.
    pub fn dtype(&self, at: usize) -> Result<Option<DType>> {
        match self.at(at) {
            Arg::DType(d) => Ok(Some(*d)),
            Arg::None => Ok(None),
            _ => Err(self.wrong(at, "torch.dtype")),
        }
    }
    /// A random stream: the caller's, or the one that the host made the default while the arguments were bound.
    pub fn generator(&self, at: usize) -> Result<&'a Generator> {
        match self.at(at) {
            Arg::Generator(g) => Ok(g),
            Arg::None => Err(Error::runtime(
                self.operator,
                format!(
                    "GeneratorUnseeded: {} needs a generator, and no host seeded a default one",
                    self.operator
                ),
            )
            .expected("a seeded Generator")
            .found("none")),
            _ => Err(self.wrong(at, "Generator")),
        }
    }

    /// Accepts the one device that exists, by name or by silence.
    pub fn cpu(&self, at: usize) -> Result<()> {
        let name = match self.at(at) {
            Arg::None => return Ok(()),
            Arg::Str(name) => name.as_str(),
            _ => return Err(self.wrong(at, "torch.device")),
        };
        let (kind, index) = name.split_once(':').unwrap_or((name, "0"));
        if !DEVICES.contains(&kind) {
            let text = format!(
                "Expected one of {} device type at start of device string: {kind}",
                DEVICES.join(", ")
            );
            return Err(Error::runtime(self.operator, text).found(name));
        }
        if kind == "cpu" && index == "0" {
            return Ok(());
        }
        let text = format!("DeviceUnavailable: tried {name}, but this build computes on the CPU alone");
        Err(Error::runtime(self.operator, text).expected("cpu").found(name))
    }
    /// A memory format or nothing.
    pub fn memory_format(&self, at: usize) -> Result<Option<MemoryFormat>> {
        match self.at(at) {
            Arg::None => Ok(None),
            Arg::MemoryFormat(format) => Ok(Some(*format)),
            Arg::Scalar(Scalar::Int(code)) if MemoryFormat::of(*code).is_some() => {
                Ok(MemoryFormat::of(*code))
            }
            _ => Err(self.wrong(at, "torch.memory_format")),
        }
    }
    /// Refuses a parameter that the kernel does not serve.
    pub fn refuse(&self, at: usize, name: &str) -> Result<()> {
        match self.at(at) {
            Arg::None | Arg::Scalar(Scalar::Bool(false)) => Ok(()),
            _ => Err(Error::not_implemented(
                self.operator,
                format!("{}(): argument '{name}' is not implemented", self.operator),
            )),
        }
    }
}

/// All operators, in the order of their tables.
pub fn operators() -> &'static [Operator] {
    static ALL: OnceLock<Vec<Operator>> = OnceLock::new();
    ALL.get_or_init(|| {
        let tables = crate::operators::TABLES.iter().copied().flatten();
        // A malformed row is left out here and reported by the test that counts rows.
        tables
            .filter_map(|row| {
                let (name, params) = parse_schema(row.0).ok()?;
                Some(Operator { name, schema: row.0, params, kernel: row.1 })
            })
            .collect()
    })
}

/// The operator of that name.
///
/// # Errors
/// `NotImplementedError` naming the nearest operators.
pub fn operator(name: &str) -> Result<&'static Operator> {
    operators().iter().find(|o| o.name == name).ok_or_else(|| unknown_operator(name))
}

/// The error for an operator nobody knows, with those of the same base name or beginning.
pub fn unknown_operator(name: &str) -> Error {
    let base = name.split('.').next().unwrap_or(name);
    let near: Vec<&str> = operators()
        .iter()
        .map(|o| o.name)
        .filter(|n| {
            n.split('.').next() == Some(base) || base.get(..3).is_some_and(|head| n.starts_with(head))
        })
        .take(4)
        .collect();
    Error::not_implemented("dispatch", format!("UnknownOperator: '{name}' is not implemented"))
        .expected(near.join(", "))
        .found(name)
}
