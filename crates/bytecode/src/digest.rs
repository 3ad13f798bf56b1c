//! Names the code that a function runs, its callees included, by what it does.

use std::collections::HashMap;

use crate::encode::Writer;
use crate::instr::Instr;
use crate::module::Module;
use crate::op::{Op, Operand};

impl Module {
    /// BLAKE3 over the function and everything it refers to, in the order in which it does. Spans do not count, nor do
    /// the module's own numbers of functions, constants, types, sites and globals: layout, comments and other code
    /// leave it as it is.
    pub fn code_digest(&self, function: u32) -> [u8; 32] {
        let mut walk =
            Walk { module: self, numbers: HashMap::new(), order: Vec::new(), out: Writer::default() };
        walk.number(function);
        let mut next = 0;
        while let Some(function) = walk.order.get(next).copied() {
            walk.function(function);
            next += 1;
        }
        *blake3::hash(&walk.out.bytes).as_bytes()
    }
}

struct Walk<'m> {
    module: &'m Module,
    /// Functions by the order in which they are met.
    numbers: HashMap<u32, u32>,
    order: Vec<u32>,
    out: Writer,
}

impl Walk<'_> {
    fn number(&mut self, function: u32) -> u32 {
        let next = self.order.len() as u32;
        let order = &mut self.order;
        *self.numbers.entry(function).or_insert_with(|| {
            order.push(function);
            next
        })
    }

    fn function(&mut self, index: u32) {
        let module = self.module;
        let Some(function) = module.functions.get(index as usize) else { return };
        self.out.str(&function.name);
        self.out.table(&function.params, |w, r| w.repr(*r));
        self.out.u16(function.captures);
        self.out.repr(function.ret);
        self.out.u32(function.code.len() as u32);
        for instr in &function.code {
            self.instr(*instr);
        }
        // Only code with a `Rethrow` has pads, so what follows is never in doubt.
        if function.code.iter().any(|instr| instr.op == Op::Rethrow) {
            self.out.table(&function.pads, Writer::pad);
        }
    }

    /// Indices are written as 0 and followed by what they stand for.
    fn instr(&mut self, instr: Instr) {
        let module = self.module;
        let mut fields = [instr.a, instr.b, instr.c];
        let mut meant = Writer::default();
        for (i, kind) in instr.op.operands().iter().enumerate() {
            let Some(field) = fields.get(i).copied() else { continue };
            let constant = match kind {
                Operand::ConstInt | Operand::ConstFloat | Operand::ConstRef => {
                    Some(instr.immediate().cast_unsigned() as usize)
                }
                Operand::ConstStr | Operand::ConstFormat | Operand::ConstVariant => Some(usize::from(field)),
                _ => None,
            };
            if let Some(constant) = constant {
                match module.constants.get(constant) {
                    Some(crate::Constant::Variant { ty, tag }) => {
                        meant.u32(*tag);
                        self.ty(&mut meant, *ty);
                    }
                    Some(constant) => meant.constant(constant),
                    None => {}
                }
            }
            match kind {
                Operand::Func => meant.u32(self.number(u32::from(field))),
                Operand::Type => self.ty(&mut meant, u32::from(field)),
                Operand::Core => {
                    if let Some(name) = module.cores.get(usize::from(field)) {
                        meant.str(name);
                    }
                }
                Operand::Global => {
                    if let Some(name) = module.globals.get(usize::from(field)) {
                        meant.str(name);
                    }
                }
                Operand::Site => {
                    if let Some(site) = module.sites.get(usize::from(field)) {
                        meant.str(&site.name);
                        meant.table(&site.names, |w, s| w.str(s));
                        for ty in &site.types {
                            self.ty(&mut meant, *ty);
                        }
                    }
                }
                _ => {}
            }
            let is_index = constant.is_some()
                || matches!(
                    kind,
                    Operand::Func | Operand::Type | Operand::Core | Operand::Global | Operand::Site
                );
            if let Some(rest) = fields.get_mut(i..).filter(|_| is_index) {
                let width = match kind {
                    Operand::ConstInt | Operand::ConstFloat | Operand::ConstRef => 2,
                    _ => 1,
                };
                rest.iter_mut().take(width).for_each(|x| *x = 0);
            }
        }
        self.out.u16(instr.op as u16);
        for field in fields {
            self.out.u16(field);
        }
        self.out.bytes.extend_from_slice(&meant.bytes);
    }

    fn ty(&self, out: &mut Writer, index: u32) {
        if let Some(ty) = self.module.types.get(index as usize) {
            out.types(std::slice::from_ref(ty));
        }
    }
}
