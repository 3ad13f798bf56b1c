//! Proves at load what the machine then relies on.
//!
//! Each instruction is checked by itself against its operands' kinds (registers in the frame, indices in their tables,
//! jump targets inside the code), each function for its end, each call for its callee's parameters. Which type a scalar
//! register holds depends on the path; `flow` proves that every read finds the type it expects.

use std::fmt;

use crate::flow;
use crate::instr::Instr;
use crate::module::{Constant, Function, Module};
use crate::op::{Op, Operand};
use crate::types::TypeDesc;

/// Why a module is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The function's name, if it is about one.
    pub function: Option<String>,
    /// The instruction, if it is about one.
    pub pc: Option<usize>,
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused module: ")?;
        if let Some(function) = &self.function {
            write!(f, "function {function}: ")?;
        }
        if let Some(pc) = self.pc {
            write!(f, "instruction {pc}: ")?;
        }
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for VerifyError {}

/// A module that the machine may run.
#[derive(Debug)]
pub struct VerifiedModule {
    module: Module,
    /// By function: at each block's head its cost, elsewhere 0.
    block_fuel: Vec<Vec<u32>>,
}

impl VerifiedModule {
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// What entering the block that starts at each instruction costs: its number of instructions; 0 inside a block.
    pub fn block_fuel(&self, function: usize) -> &[u32] {
        self.block_fuel.get(function).map_or(&[], Vec::as_slice)
    }
}

/// Checks the whole module; the first fault found is the error.
pub fn verify(module: Module) -> Result<VerifiedModule, VerifyError> {
    check_tables(&module).map_err(|message| VerifyError { function: None, pc: None, message })?;
    let mut block_fuel = Vec::with_capacity(module.functions.len());
    for function in &module.functions {
        let fail = |(pc, message)| VerifyError { function: Some(function.name.clone()), pc, message };
        check_function(&module, function).map_err(fail)?;
        flow::check_types(&module, function).map_err(fail)?;
        block_fuel.push(fuel(function));
    }
    Ok(VerifiedModule { module, block_fuel })
}

fn check_tables(module: &Module) -> Result<(), String> {
    for constant in &module.constants {
        if let Constant::Variant { ty, tag } = constant {
            match module.types.get(*ty as usize).map(|t| &**t) {
                Some(TypeDesc::Enum(e)) if (*tag as usize) < e.variants.len() => {}
                _ => return Err("a variant constant names no variant of an enum type".into()),
            }
        }
    }
    for site in &module.sites {
        if site.types.iter().any(|t| *t as usize >= module.types.len()) {
            return Err(format!("the call of {} names an unknown type", site.name));
        }
    }
    let function = |index: u32| module.functions.get(index as usize);
    let entry = |index: u32| function(index).is_some_and(|f| f.params.is_empty() && f.captures == 0);
    for node in &module.nodes {
        if !entry(node.function) || !function(node.function).is_some_and(Function::is_boxed) {
            return Err("a result's function is missing, or takes arguments".into());
        }
        if node.defines.iter().chain(&node.reads).any(|g| *g as usize >= module.globals.len()) {
            return Err("a result names an unknown global".into());
        }
    }
    if module.bindings.iter().any(|f| !entry(*f)) {
        return Err("a prose binding's function is missing, or takes arguments".into());
    }
    if module.exports.iter().any(|e| function(e.function).is_none_or(|f| f.captures != 0)) {
        return Err("an exported function is missing".into());
    }
    Ok(())
}

/// An error's instruction, if it is about one, and what is wrong.
pub(crate) type Found = (Option<usize>, String);

fn check_function(module: &Module, function: &Function) -> Result<(), Found> {
    let whole = |message: &str| Err((None, message.to_owned()));
    if function.scalar_params() > usize::from(function.scalars) {
        return whole("more scalar parameters than scalar registers");
    }
    if function.ref_params() + usize::from(function.captures) > usize::from(function.refs) {
        return whole("more reference parameters and captures than reference registers");
    }
    if function.captures > 0 && !function.is_boxed() {
        return whole("a closure with an unboxed parameter or result");
    }
    if function.code.last().is_none_or(|last| !last.op.is_terminator()) {
        return whole("the code runs off its end");
    }
    check_pads(function).map_err(|message| (None, message.to_owned()))?;
    for (pc, instr) in function.code.iter().enumerate() {
        check_instr(module, function, pc, *instr).map_err(|message| (Some(pc), message))?;
    }
    Ok(())
}

fn check_pads(function: &Function) -> Result<(), &'static str> {
    let mut end = 0;
    for pad in &function.pads {
        if pad.from < end || pad.to <= pad.from {
            return Err("ranges of faults are empty, overlap or are out of order");
        }
        if pad.to as usize > function.code.len() || pad.target as usize >= function.code.len() {
            return Err("a range of faults or its target is outside the code");
        }
        end = pad.to;
    }
    // Otherwise a fault would be forgotten.
    if end > 0 && !function.code.iter().any(|instr| instr.op == Op::Rethrow) {
        return Err("faults land where nothing lets them go on");
    }
    Ok(())
}

fn check_instr(module: &Module, function: &Function, pc: usize, instr: Instr) -> Result<(), String> {
    let fields = [instr.a, instr.b, instr.c];
    let operands = instr.op.operands();
    let wide = operands.last().is_some_and(|k| {
        matches!(
            k,
            Operand::Imm32 | Operand::Jump32 | Operand::ConstInt | Operand::ConstFloat | Operand::ConstRef
        )
    });
    let used = operands.len() + usize::from(wide);
    if fields.iter().skip(used).any(|x| *x != 0) {
        return Err(format!("{} has an operand it does not use", instr.op.name()));
    }
    for (kind, field) in operands.iter().zip(fields) {
        check_operand(module, function, pc, instr, *kind, field)
            .map_err(|what| format!("{}: {what}", instr.op.name()))?;
    }
    check_windows(module, function, instr).map_err(|what| format!("{}: {what}", instr.op.name()))
}

fn check_operand(
    module: &Module,
    function: &Function,
    pc: usize,
    instr: Instr,
    kind: Operand,
    field: u16,
) -> Result<(), &'static str> {
    let index = usize::from(field);
    let constant = |i: i64| usize::try_from(i).ok().and_then(|i| module.constants.get(i));
    let wide = || constant(i64::from(instr.immediate()));
    let ok = match kind {
        Operand::Unused => {
            return if field == 0 { Ok(()) } else { Err("an unused operand is not 0") };
        }
        Operand::DstInt
        | Operand::DstFloat
        | Operand::DstBool
        | Operand::DstScalar
        | Operand::SrcInt
        | Operand::SrcFloat
        | Operand::SrcBool
        | Operand::SrcScalar => {
            return if field < function.scalars { Ok(()) } else { Err("scalar register outside the frame") };
        }
        Operand::DstRef | Operand::SrcRef => {
            return if field < function.refs { Ok(()) } else { Err("reference register outside the frame") };
        }
        Operand::Jump16 | Operand::Jump32 => {
            let inside = instr.target(pc).is_some_and(|t| t >= 0 && t < function.code.len() as i64);
            return if inside { Ok(()) } else { Err("jump outside the code") };
        }
        Operand::Imm32 => {
            return if instr.op != Op::LoadBool || (0..=1).contains(&instr.immediate()) {
                Ok(())
            } else {
                Err("a Bool is 0 or 1")
            };
        }
        Operand::Imm16 | Operand::Count | Operand::BaseS | Operand::BaseR => true,
        Operand::ConstInt => matches!(wide(), Some(Constant::Int(_))),
        Operand::ConstFloat => matches!(wide(), Some(Constant::Float(_))),
        Operand::ConstRef => matches!(wide(), Some(Constant::Str(_) | Constant::Bytes(_))),
        Operand::ConstStr => matches!(constant(i64::from(field)), Some(Constant::Str(_))),
        Operand::ConstFormat => matches!(constant(i64::from(field)), Some(Constant::Format(_))),
        Operand::ConstVariant => matches!(constant(i64::from(field)), Some(Constant::Variant { .. })),
        Operand::Type => index < module.types.len(),
        Operand::Func => index < module.functions.len(),
        Operand::Core => index < module.cores.len(),
        Operand::Site => index < module.sites.len(),
        Operand::Global => index < module.globals.len(),
    };
    if ok { Ok(()) } else { Err("index outside its table, or of another kind") }
}

/// The consecutive registers that calls and constructors use lie inside the frame.
fn check_windows(module: &Module, function: &Function, instr: Instr) -> Result<(), &'static str> {
    let scalars = |base: u16, count: usize| {
        if usize::from(base) + count <= usize::from(function.scalars) {
            Ok(())
        } else {
            Err("scalar registers outside the frame")
        }
    };
    let refs = |base: u16, count: usize| {
        if usize::from(base) + count <= usize::from(function.refs) {
            Ok(())
        } else {
            Err("reference registers outside the frame")
        }
    };
    match instr.op {
        Op::Call => {
            let Some(callee) = module.functions.get(usize::from(instr.a)) else {
                return Err("unknown function");
            };
            if callee.captures > 0 {
                return Err("a closure is called without its captures");
            }
            scalars(instr.b, callee.scalar_params().max(usize::from(callee.ret.is_scalar())))?;
            refs(instr.c, callee.ref_params().max(usize::from(!callee.ret.is_scalar())))
        }
        Op::CallClosure => refs(instr.a, usize::from(instr.b) + 1),
        Op::CallCore | Op::CallHost => refs(instr.b, usize::from(instr.c).max(1)),
        Op::MakeClosure => {
            let Some(callee) = module.functions.get(usize::from(instr.b)) else {
                return Err("unknown function");
            };
            if !callee.is_boxed() {
                return Err("a closure of a function with unboxed parameters or result");
            }
            refs(instr.c, usize::from(callee.captures))
        }
        Op::Handle if !instr.b.is_multiple_of(2) => Err("an operation without a clause"),
        Op::Handle => refs(instr.a, usize::from(instr.b) + 1),
        Op::Perform => refs(instr.a, usize::from(instr.b).max(1)),
        Op::Resume => refs(instr.a, 2),
        Op::MakeIter => match module.functions.get(usize::from(instr.b)) {
            Some(callee) if callee.is_boxed() && callee.params.is_empty() => {
                refs(instr.c, usize::from(callee.captures))
            }
            _ => Err("a generator of a function with parameters or unboxed result"),
        },
        Op::Comptime => match module.functions.get(usize::from(instr.b)) {
            Some(callee) if callee.is_boxed() && callee.params.is_empty() && callee.captures == 0 => Ok(()),
            _ => Err("a constant of a function with parameters, captures or unboxed result"),
        },
        Op::NewListI | Op::NewListF => scalars(instr.b, usize::from(instr.c)),
        Op::NewMap if !instr.c.is_multiple_of(2) => Err("a key without a value"),
        Op::NewList | Op::NewMap | Op::NewSet | Op::NewTuple | Op::Join => {
            refs(instr.b, usize::from(instr.c))
        }
        Op::NewRecord => match module.types.get(usize::from(instr.b)).map(|t| &**t) {
            Some(TypeDesc::Record(record)) => refs(instr.c, record.fields.len()),
            _ => Err("no record type"),
        },
        Op::NewVariant => match module.constants.get(usize::from(instr.b)) {
            Some(Constant::Variant { ty, tag }) => match module.types.get(*ty as usize).map(|t| &**t) {
                Some(TypeDesc::Enum(e)) => {
                    let payload = e.variants.get(*tag as usize).map_or(0, |v| v.fields.len());
                    refs(instr.c, payload)
                }
                _ => Err("no enum type"),
            },
            _ => Err("no variant"),
        },
        Op::ReturnS if !function.ret.is_scalar() => Err("the function returns a reference"),
        Op::ReturnR if function.ret.is_scalar() => Err("the function returns a scalar"),
        _ => Ok(()),
    }
}

/// At each instruction that begins a block the number of instructions up to the next block, elsewhere 0.
fn fuel(function: &Function) -> Vec<u32> {
    let mut heads = vec![false; function.code.len()];
    let mut mark = |at: i64| {
        if let Some(head) = usize::try_from(at).ok().and_then(|at| heads.get_mut(at)) {
            *head = true;
        }
    };
    mark(0);
    for pad in &function.pads {
        mark(i64::from(pad.target));
    }
    for (pc, instr) in function.code.iter().enumerate() {
        if let Some(target) = instr.target(pc) {
            mark(target);
            mark(pc as i64 + 1);
        } else if instr.op.is_terminator() {
            mark(pc as i64 + 1);
        }
    }
    let mut fuel = vec![0; function.code.len()];
    let mut cost = 0;
    for (slot, head) in fuel.iter_mut().zip(&heads).rev() {
        cost += 1;
        if *head {
            *slot = cost;
            cost = 0;
        }
    }
    fuel
}
