//! A module as text that a person reads: functions with their instructions, constants and calls by value and name.
//!
//! The text is made from the table of operations, so that it cannot differ from what the machine does. Nothing reads
//! it back.

use std::fmt::Write;

use crate::instr::Instr;
use crate::module::{Constant, Function, Module};
use crate::op::Operand;

impl Module {
    /// All functions in order, the results graph, and what can be called from outside.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        // Writing to a text does not fail.
        for (number, function) in self.functions.iter().enumerate() {
            let params: Vec<String> = function.params.iter().map(|repr| format!("{repr:?}")).collect();
            let _ = writeln!(
                out,
                "function {number} `{}`({}) -> {:?}  scalars {}, refs {}, captures {}",
                function.name,
                params.join(", "),
                function.ret,
                function.scalars,
                function.refs,
                function.captures,
            );
            for (pc, instr) in function.code.iter().enumerate() {
                let _ = writeln!(out, "  {pc:>4}  {}", self.instruction(function, *instr, pc));
            }
            for pad in &function.pads {
                let _ = writeln!(out, "  faults of {}..{} -> {}", pad.from, pad.to, pad.target);
            }
            out.push('\n');
        }
        for node in &self.nodes {
            let names = |slots: &[u32]| {
                let names: Vec<&str> = slots
                    .iter()
                    .filter_map(|slot| self.globals.get(*slot as usize))
                    .map(String::as_str)
                    .collect();
                if names.is_empty() { "nothing".to_string() } else { names.join(", ") }
            };
            let effects = if node.effects.is_empty() { "none".to_string() } else { node.effects.join(", ") };
            let _ = writeln!(
                out,
                "result of function {}: defines {}, reads {}, effects {effects}",
                node.function,
                names(&node.defines),
                names(&node.reads),
            );
        }
        for export in &self.exports {
            let _ = writeln!(out, "export `{}` is function {}", export.name, export.function);
        }
        out
    }

    fn instruction(&self, function: &Function, instr: Instr, pc: usize) -> String {
        let operands = instr.op.operands();
        let mut parts = Vec::new();
        for (operand, value) in operands.iter().zip([instr.a, instr.b, instr.c]) {
            let wide = i64::from(instr.immediate());
            let index = wide.cast_unsigned() as usize;
            parts.push(match operand {
                Operand::Unused => continue,
                Operand::DstInt | Operand::SrcInt => format!("i{value}"),
                Operand::DstFloat | Operand::SrcFloat => format!("f{value}"),
                Operand::DstBool | Operand::SrcBool => format!("b{value}"),
                Operand::DstScalar | Operand::SrcScalar | Operand::BaseS => format!("s{value}"),
                Operand::DstRef | Operand::SrcRef | Operand::BaseR => format!("r{value}"),
                Operand::Imm16 | Operand::Count => value.to_string(),
                Operand::Imm32 => wide.to_string(),
                Operand::Jump16 | Operand::Jump32 => {
                    format!("-> {}", instr.target(pc).unwrap_or_default())
                }
                Operand::ConstInt | Operand::ConstFloat | Operand::ConstRef => self.constant(index),
                Operand::ConstStr | Operand::ConstFormat | Operand::ConstVariant => {
                    self.constant(usize::from(value))
                }
                Operand::Type => match self.types.get(usize::from(value)) {
                    Some(ty) => format!("<{ty}>"),
                    None => format!("<{value}>"),
                },
                Operand::Func => match self.functions.get(usize::from(value)) {
                    Some(callee) => format!("`{}`@{value}", callee.name),
                    None => format!("@{value}"),
                },
                Operand::Core => name(self.cores.get(usize::from(value)).map(String::as_str), value),
                Operand::Site => {
                    name(self.sites.get(usize::from(value)).map(|site| site.name.as_str()), value)
                }
                Operand::Global => name(self.globals.get(usize::from(value)).map(String::as_str), value),
            });
        }
        let span = function.span_at(pc);
        format!(
            "{:<12} {:<36} # {}:{}..{}",
            format!("{:?}", instr.op),
            parts.join(", "),
            span.file,
            span.start,
            span.end
        )
    }

    fn constant(&self, index: usize) -> String {
        match self.constants.get(index) {
            Some(Constant::Int(x)) => x.to_string(),
            Some(Constant::Float(x)) => format!("{x:?}"),
            Some(Constant::Str(text)) => format!("{text:?}"),
            Some(Constant::Bytes(bytes)) => format!("{} bytes", bytes.len()),
            Some(Constant::Variant { ty, tag }) => match self.types.get(*ty as usize) {
                Some(ty) => format!("<{ty}> variant {tag}"),
                None => format!("variant {tag}"),
            },
            Some(Constant::Format(spec)) => format!("{spec:?}"),
            None => format!("constant {index}"),
        }
    }
}

fn name(name: Option<&str>, value: u16) -> String {
    name.map_or_else(|| value.to_string(), |name| format!("`{name}`"))
}
