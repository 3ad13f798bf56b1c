//! What a compiled program consists of.

use std::rc::Rc;

use crate::instr::Instr;
use crate::types::{Repr, TypeDesc};

/// A half-open range of bytes in one source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

/// A compiled program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    pub constants: Vec<Constant>,
    pub types: Vec<Rc<TypeDesc>>,
    /// Names of the builtins that the machine itself carries out.
    pub cores: Vec<String>,
    /// Places that call the host.
    pub sites: Vec<Site>,
    pub functions: Vec<Function>,
    /// Names of the top-level variables.
    pub globals: Vec<String>,
    /// The results graph in source order.
    pub nodes: Vec<NodeCode>,
    /// The function of each prose binding.
    pub bindings: Vec<u32>,
    pub exports: Vec<Export>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Int(i64),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    /// A variant of an enum type.
    Variant {
        ty: u32,
        tag: u32,
    },
    Format(FormatSpec),
}

/// `[[fill]align][sign][#][0][width][.prec][type]`
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FormatSpec {
    pub fill: Option<char>,
    /// `<`, `>` or `^`
    pub align: Option<char>,
    /// `+`, `-` or space
    pub sign: Option<char>,
    pub alternate: bool,
    pub zero: bool,
    pub width: Option<u32>,
    pub precision: Option<u32>,
    /// one of `d x X o b f e E s`
    pub kind: Option<char>,
}

/// Stands before the name of a call whose failure is its value, `f.try(...)`. No builtin's name has a space.
pub const TRIED: &str = "try ";

/// A call of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// `read_csv`, `Series.mean`, `op.+`; with [`TRIED`] before it for `read_csv.try`.
    pub name: String,
    /// Names of the last arguments.
    pub names: Vec<String>,
    /// Type arguments, by index into [`Module::types`].
    pub types: Vec<u32>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: String,
    /// Scalar parameters stand in the first scalar registers, the others in the first reference registers.
    pub params: Vec<Repr>,
    /// Captured values, in reference registers after the parameters. Only a closure has them.
    pub captures: u16,
    pub ret: Repr,
    pub scalars: u16,
    pub refs: u16,
    pub code: Vec<Instr>,
    /// From which instruction on a span holds; ascending.
    pub spans: Vec<(u32, Span)>,
    /// Where faults land; ascending, and no two overlap.
    pub pads: Vec<Pad>,
}

/// Where a fault goes on that comes up in a range of instructions, or in what they call. It is not at its end there:
/// `Rethrow` lets it go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    pub from: u32,
    /// The first instruction behind the range.
    pub to: u32,
    pub target: u32,
}

impl Function {
    pub fn scalar_params(&self) -> usize {
        self.params.iter().filter(|r| r.is_scalar()).count()
    }

    pub fn ref_params(&self) -> usize {
        self.params.len() - self.scalar_params()
    }

    /// Whether a closure value may be made of it: everything is boxed.
    pub fn is_boxed(&self) -> bool {
        self.ret == Repr::Ref && self.params.iter().all(|r| *r == Repr::Ref)
    }

    /// Where a fault of the instruction lands in this function, if it does.
    pub fn pad_at(&self, pc: usize) -> Option<usize> {
        let after = self.pads.partition_point(|pad| pad.to as usize <= pc);
        self.pads.get(after).filter(|pad| pad.from as usize <= pc).map(|pad| pad.target as usize)
    }

    pub fn span_at(&self, pc: usize) -> Span {
        let after = self.spans.partition_point(|(start, _)| *start as usize <= pc);
        after.checked_sub(1).and_then(|i| self.spans.get(i)).map(|(_, s)| *s).unwrap_or_default()
    }
}

/// One node of the results graph.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCode {
    /// Without parameters; returns the value that is shown, boxed, or null.
    pub function: u32,
    /// Whether what it returns is shown.
    pub shows: bool,
    /// Globals it sets; the first names it.
    pub defines: Vec<u32>,
    /// Globals it reads that other nodes define.
    pub reads: Vec<u32>,
    /// Names the code it runs, its callees included; unchanged by layout, comments and other nodes.
    pub code_digest: [u8; 32],
    /// Effects it may have, sorted.
    pub effects: Vec<String>,
    /// The fence it stands in.
    pub fence: Option<u32>,
    pub span: Span,
}

/// A cell by the name it is called with from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    pub name: String,
    pub function: u32,
}
