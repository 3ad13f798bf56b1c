//! One instruction: 64 bits.

use crate::op::{Op, Operand};

/// An operation and three 16-bit operands; the last two may together be one 32-bit immediate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Instr {
    pub op: Op,
    pub a: u16,
    pub b: u16,
    pub c: u16,
}

impl Instr {
    pub fn abc(op: Op, a: u16, b: u16, c: u16) -> Instr {
        Instr { op, a, b, c }
    }

    pub fn imm(op: Op, a: u16, immediate: i32) -> Instr {
        let bits = immediate.cast_unsigned();
        Instr { op, a, b: bits as u16, c: (bits >> 16) as u16 }
    }

    /// The 32-bit immediate.
    #[inline(always)]
    pub fn immediate(self) -> i32 {
        (u32::from(self.b) | u32::from(self.c) << 16).cast_signed()
    }

    /// Where the instruction at `pc` may jump to, if it is a jump.
    pub fn target(self, pc: usize) -> Option<i64> {
        let operands = self.op.operands();
        if operands.contains(&Operand::Jump32) {
            Some(i64::from(self.immediate()))
        } else if operands.contains(&Operand::Jump16) {
            Some(pc as i64 + i64::from(self.c.cast_signed()))
        } else {
            None
        }
    }
}
