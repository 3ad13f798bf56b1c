//! Names the code that a function runs, its callees included, by what it does.

use std::collections::HashMap;

use crate::encode::Writer;
use crate::instr::Instr;
use crate::module::Module;
use crate::op::{Op, Operand};

type Digest = [u8; 32];

impl Module {
    /// BLAKE3 over a function and everything it refers to, in the order in which it does. Spans do not count, nor do
    /// the module's own numbers of functions, constants, types, sites and globals: layout, comments and other code
    /// leave it as it is.
    pub fn code_digest(&self, function: u32) -> Digest {
        self.code_digests(&[function]).first().copied().unwrap_or_default()
    }

    /// The digests of many functions. What they share is looked at once: a callee counts by its own digest, and only
    /// functions that call each other in a circle are looked at again from each that others call.
    pub fn code_digests(&self, functions: &[u32]) -> Vec<Digest> {
        let calls: Vec<Vec<u32>> = self.functions.iter().map(|it| self.callees(&it.code)).collect();
        let circles = circles(&calls, functions);
        let mut of_circle = vec![0; calls.len()];
        for (number, circle) in (0u32..).zip(&circles) {
            circle.iter().for_each(|function| of_circle[*function as usize] = number);
        }
        let mut is_entered = vec![false; calls.len()];
        let enters = |from: u32, to: u32| of_circle[from as usize] != of_circle[to as usize];
        for from in circles.iter().flatten().copied() {
            for to in calls[from as usize].iter().copied().filter(|to| enters(from, *to)) {
                is_entered[to as usize] = true;
            }
        }
        let known = |function: &&u32| (**function as usize) < calls.len();
        functions.iter().filter(known).for_each(|function| is_entered[*function as usize] = true);
        let mut digests = Digests {
            module: self,
            of_circle,
            functions: vec![Digest::default(); calls.len()],
            types: HashMap::new(),
            spare: (Writer::default(), Writer::default()),
        };
        // Who is called stands before who calls.
        for entry in circles.iter().flatten().copied().filter(|function| is_entered[*function as usize]) {
            digests.functions[entry as usize] = Walk::of(&mut digests, entry);
        }
        let of = |function: &u32| digests.functions.get(*function as usize).copied().unwrap_or_default();
        functions.iter().map(of).collect()
    }

    /// BLAKE3 over what the module's own numbers of functions, globals, results and host calls mean, each by what it
    /// does: modules of one digest are the same program but for its layout.
    pub fn numbering_digest(&self) -> Digest {
        let mut out = Writer::default();
        let all: Vec<u32> = (0u32..).take(self.functions.len()).collect();
        out.table(&self.code_digests(&all), |w, digest| w.bytes.extend_from_slice(digest));
        out.table(&self.globals, |w, name| w.str(name));
        out.table(&self.nodes, |w, node| {
            w.u32(node.function);
            w.table(&node.defines, |w, global| w.u32(*global));
        });
        out.table(&self.sites, |w, site| {
            w.str(&site.name);
            w.table(&site.names, |w, name| w.str(name));
            w.u32(site.types.len() as u32);
            for ty in &site.types {
                w.types(self.types.get(*ty as usize).map_or(&[][..], std::slice::from_ref));
            }
        });
        *blake3::hash(&out.bytes).as_bytes()
    }

    fn callees(&self, code: &[Instr]) -> Vec<u32> {
        let of = |instr: &Instr| {
            let kinds = instr.op.operands().iter().zip([instr.a, instr.b, instr.c]);
            kinds.filter(|(kind, _)| **kind == Operand::Func).map(|(_, field)| u32::from(field))
        };
        code.iter().flat_map(of).filter(|callee| (*callee as usize) < self.functions.len()).collect()
    }
}

/// The functions that can be reached, in groups that call each other in a circle; most are alone. Who is called stands
/// before who calls. Tarjan's algorithm, with a stack of its own: chains of calls are as long as a program.
fn circles(calls: &[Vec<u32>], from: &[u32]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let (mut number, mut lowest) = (vec![UNSEEN; calls.len()], vec![0; calls.len()]);
    let mut is_open = vec![false; calls.len()];
    let (mut next, mut open, mut found) = (0, Vec::new(), Vec::new());
    for root in from.iter().copied().filter(|root| (*root as usize) < calls.len()) {
        let mut path = vec![(root, 0)];
        while let Some((function, at)) = path.last_mut() {
            let f = *function as usize;
            if *at == 0 && number[f] == UNSEEN {
                (number[f], lowest[f], is_open[f]) = (next, next, true);
                next += 1;
                open.push(*function);
            }
            if is_open[f]
                && let Some(callee) = calls[f].get(*at).copied()
            {
                let c = callee as usize;
                if number[c] == UNSEEN {
                    path.push((callee, 0));
                    continue;
                }
                *at += 1;
                if is_open[c] {
                    lowest[f] = lowest[f].min(lowest[c]);
                }
                continue;
            }
            if is_open[f] && lowest[f] == number[f] {
                let start = open.iter().rposition(|it| it == function).unwrap_or_default();
                let circle: Vec<u32> = open.drain(start..).collect();
                circle.iter().for_each(|it| is_open[*it as usize] = false);
                found.push(circle);
            }
            path.pop();
        }
    }
    found
}

struct Digests<'m> {
    module: &'m Module,
    /// The number of each function's circle.
    of_circle: Vec<u32>,
    /// Those of entries that were walked.
    functions: Vec<Digest>,
    types: HashMap<u32, Digest>,
    /// Two buffers that each walk writes into: thousands of functions need no more memory than the largest.
    spare: (Writer, Writer),
}

/// One function, and those of its circle.
struct Walk<'d, 'm> {
    digests: &'d mut Digests<'m>,
    /// Functions by the order in which they are met.
    numbers: HashMap<u32, u32>,
    order: Vec<u32>,
    out: Writer,
    /// What an instruction's indices stand for.
    meant: Writer,
}

impl Walk<'_, '_> {
    fn of(digests: &mut Digests<'_>, entry: u32) -> Digest {
        let (out, meant) = std::mem::take(&mut digests.spare);
        let mut walk = Walk { digests, numbers: HashMap::new(), order: Vec::new(), out, meant };
        walk.number(entry);
        let mut next = 0;
        while let Some(function) = walk.order.get(next).copied() {
            walk.function(function);
            next += 1;
        }
        let digest = *blake3::hash(&walk.out.bytes).as_bytes();
        let Walk { digests, mut out, meant, .. } = walk;
        out.bytes.clear();
        digests.spare = (out, meant);
        digest
    }

    fn number(&mut self, function: u32) -> u32 {
        // Most functions call nobody in a circle: the walk's own start is all that has a number.
        if self.order.first() == Some(&function) {
            return 0;
        }
        let next = self.order.len() as u32;
        let order = &mut self.order;
        *self.numbers.entry(function).or_insert_with(|| {
            order.push(function);
            next
        })
    }

    /// Of a function of the circle its number, of any other its digest.
    fn callee(&mut self, out: &mut Writer, function: u32) {
        let circle = |of: &[u32], function: u32| of.get(function as usize).copied();
        let of = &self.digests.of_circle;
        let entry = self.order.first().copied().unwrap_or_default();
        match self.digests.functions.get(function as usize) {
            Some(digest) if circle(of, entry) != circle(of, function) => out.bytes.extend_from_slice(digest),
            _ => out.u32(self.number(function)),
        }
    }

    fn function(&mut self, index: u32) {
        let module = self.digests.module;
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
        let module = self.digests.module;
        let mut fields = [instr.a, instr.b, instr.c];
        let mut meant = std::mem::take(&mut self.meant);
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
                Operand::Func => self.callee(&mut meant, u32::from(field)),
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
        meant.bytes.clear();
        self.meant = meant;
    }

    fn ty(&mut self, out: &mut Writer, index: u32) {
        let Some(ty) = self.digests.module.types.get(index as usize) else { return };
        let digest = self.digests.types.entry(index).or_insert_with(|| {
            let mut written = Writer::default();
            written.types(std::slice::from_ref(ty));
            *blake3::hash(&written.bytes).as_bytes()
        });
        out.bytes.extend_from_slice(digest);
    }
}
