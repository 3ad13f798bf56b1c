//! Element types, their categories and the promotion lattice.

use std::fmt;

use crate::{Error, Result, Scalar};

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// One byte, `false` or `true`.
    Bool,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 8-bit integer.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer, the default for integers.
    I64,
    /// IEEE binary32, the default for floats.
    F32,
    /// IEEE binary64.
    F64,
}

/// The three categories of the promotion lattice, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Only [`DType::Bool`].
    Bool,
    /// All integer types.
    Integer,
    /// All floating point types.
    Float,
}

impl DType {
    /// Every dtype, in the lattice's order.
    pub const ALL: [DType; 8] =
        [DType::Bool, DType::U8, DType::I8, DType::I16, DType::I32, DType::I64, DType::F32, DType::F64];

    /// The dtype's name in PyTorch's Python interface, `float32`.
    pub fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::U8 => "uint8",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::F32 => "float32",
            DType::F64 => "float64",
        }
    }

    /// The name PyTorch's kernels use in error texts, `Float`.
    pub fn scalar_name(self) -> &'static str {
        match self {
            DType::Bool => "Bool",
            DType::U8 => "Byte",
            DType::I8 => "Char",
            DType::I16 => "Short",
            DType::I32 => "Int",
            DType::I64 => "Long",
            DType::F32 => "Float",
            DType::F64 => "Double",
        }
    }

    /// The C++ name in error texts, `float`.
    pub fn cpp_name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::U8 => "unsigned char",
            DType::I8 => "signed char",
            DType::I16 => "short",
            DType::I32 => "int",
            DType::I64 => "long int",
            DType::F32 => "float",
            DType::F64 => "double",
        }
    }

    /// The dtype of that name, with or without `torch.`; aliases as in PyTorch (`float`, `long`).
    ///
    /// # Errors
    /// `NotImplementedError` for PyTorch dtypes that are not built, `TypeError` for any other text.
    pub fn parse(name: &str) -> Result<DType> {
        let bare = name.strip_prefix("torch.").unwrap_or(name);
        Ok(match bare {
            "bool" => DType::Bool,
            "uint8" => DType::U8,
            "int8" => DType::I8,
            "int16" | "short" => DType::I16,
            "int32" | "int" => DType::I32,
            "int64" | "long" => DType::I64,
            "float32" | "float" => DType::F32,
            "float64" | "double" => DType::F64,
            "float16" | "half" | "bfloat16" | "complex32" | "complex64" | "complex128" | "uint16"
            | "uint32" | "uint64" => {
                return Err(Error::not_implemented(
                    "dtype",
                    format!("dtype torch.{bare} is not implemented"),
                )
                .expected("bool, uint8, int8, int16, int32, int64, float32 or float64")
                .found(bare));
            }
            _ => {
                return Err(Error::type_error("dtype", format!("'{name}' is not a dtype"))
                    .expected("bool, uint8, int8, int16, int32, int64, float32 or float64")
                    .found(name));
            }
        })
    }

    /// Bytes of one element.
    pub fn size_bytes(self) -> usize {
        match self {
            DType::Bool | DType::U8 | DType::I8 => 1,
            DType::I16 => 2,
            DType::I32 | DType::F32 => 4,
            DType::I64 | DType::F64 => 8,
        }
    }

    /// The dtype's category.
    pub fn category(self) -> Category {
        match self {
            DType::Bool => Category::Bool,
            DType::F32 | DType::F64 => Category::Float,
            _ => Category::Integer,
        }
    }

    /// Whether elements are floating point numbers.
    pub fn is_float(self) -> bool {
        self.category() == Category::Float
    }

    /// Whether elements are integers; `bool` counts, as in `isIntegralType(t, true)`.
    pub fn is_integral(self) -> bool {
        !self.is_float()
    }

    /// The lattice's join of two dtypes: `torch.promote_types`.
    pub fn promote(self, other: DType) -> DType {
        use DType::{I8, I16, U8};
        if self == other {
            return self;
        }
        match (self, other) {
            (U8, I8) | (I8, U8) => I16,
            // `ALL` is ascending but for the pair above, so the later one wins.
            (a, b) if (a as u8) < (b as u8) => b,
            (a, _) => a,
        }
    }

    /// Whether a result of this dtype may be written into a tensor of dtype `to`: `torch.can_cast`.
    pub fn can_cast(self, to: DType) -> bool {
        self.category() <= to.category()
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "torch.{}", self.name())
    }
}

/// Collects the operands of an operator and yields their common dtype.
///
/// Tensors with dimensions outrank 0-dim tensors, which outrank plain numbers; a lower rank lifts only the
/// category (`torch.result_type`).
#[derive(Clone, Copy, Debug, Default)]
pub struct ResultType {
    dimensioned: Option<DType>,
    zero_dim: Option<DType>,
    number: Option<DType>,
}

impl ResultType {
    /// No operand yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor operand.
    pub fn tensor(mut self, dtype: DType, dim: usize) -> Self {
        let slot = if dim > 0 { &mut self.dimensioned } else { &mut self.zero_dim };
        *slot = Some(slot.map_or(dtype, |d| d.promote(dtype)));
        self
    }

    /// Adds a plain number.
    pub fn scalar(mut self, scalar: Scalar) -> Self {
        let dtype = scalar.default_dtype();
        self.number = Some(self.number.map_or(dtype, |d| d.promote(dtype)));
        self
    }

    /// The common dtype; `float32` without operands.
    pub fn finish(self) -> DType {
        fn combine(higher: Option<DType>, lower: Option<DType>) -> Option<DType> {
            match (higher, lower) {
                (Some(h), Some(l)) => Some(match (h.category(), l.category()) {
                    (Category::Float, _) => h,
                    (Category::Bool, _) | (_, Category::Float) => h.promote(l),
                    _ => h,
                }),
                (h, l) => h.or(l),
            }
        }
        combine(self.dimensioned, combine(self.zero_dim, self.number)).unwrap_or(DType::F32)
    }
}
