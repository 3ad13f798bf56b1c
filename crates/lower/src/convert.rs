//! Moving values between registers and representations.

use bytecode::{Op, Repr};
use checker::types::Type;

use crate::function::{Builder, Reg, repr_of};

impl<'a> Builder<'_, 'a> {
    pub(crate) fn copy(&mut self, from: Reg, to: Reg) {
        if from == to {
            return;
        }
        if to.repr == Repr::Ref {
            self.emit(Op::MoveR, to.index, from.index, 0);
            self.taint(to);
        } else {
            self.emit(Op::MoveS, to.index, from.index, 0);
        }
    }

    /// Moves, leaving nothing behind.
    pub(crate) fn shift(&mut self, from: Reg, to: Reg) {
        if from == to {
            return;
        }
        if to.repr == Repr::Ref {
            self.emit(Op::TakeR, to.index, from.index, 0);
            self.clean(from);
            self.taint(to);
        } else {
            self.emit(Op::MoveS, to.index, from.index, 0);
        }
    }

    /// The value in the representation of `to`: in `want` if given, else where it is or in a new register.
    pub(crate) fn convert(&mut self, reg: Reg, from: &Type, to: &Type, want: Option<Reg>) -> Reg {
        let repr = repr_of(to);
        match (reg.repr, repr) {
            (Repr::Int, Repr::Float) => {
                let target = self.target(want, Repr::Float);
                self.emit(Op::IntToFloat, target.index, reg.index, 0);
                target
            }
            (Repr::Int, Repr::Ref) if *from == Type::Int && wants_float(to) => {
                let float = self.alloc(Repr::Float);
                self.emit(Op::IntToFloat, float.index, reg.index, 0);
                self.boxed(float, want)
            }
            (Repr::Ref, Repr::Ref) => self.put(reg, want),
            (_, Repr::Ref) => self.boxed(reg, want),
            (Repr::Ref, _) => {
                let target = self.target(want, repr);
                let op = match repr {
                    Repr::Int => Op::UnboxI,
                    Repr::Float => Op::UnboxF,
                    Repr::Bool | Repr::Ref => Op::UnboxB,
                };
                self.emit(op, target.index, reg.index, 0);
                target
            }
            (found, wanted) if found == wanted => self.put(reg, want),
            // Only unreachable code gets here; the machine never runs it.
            _ => {
                self.emit(Op::Trap, 0, 0, 0);
                self.target(want, repr)
            }
        }
    }

    pub(crate) fn boxed(&mut self, reg: Reg, want: Option<Reg>) -> Reg {
        let op = match reg.repr {
            Repr::Int => Op::BoxI,
            Repr::Float => Op::BoxF,
            Repr::Bool => Op::BoxB,
            Repr::Ref => return self.put(reg, want),
        };
        let target = self.target(want, Repr::Ref);
        self.emit(op, target.index, reg.index, 0);
        target
    }

    /// Copies the value into `want`, if that is another register of the same kind.
    pub(crate) fn put(&mut self, reg: Reg, want: Option<Reg>) -> Reg {
        match want {
            Some(target) if target.repr == reg.repr => {
                self.copy(reg, target);
                target
            }
            _ => reg,
        }
    }

    pub(crate) fn null(&mut self, want: Option<Reg>) -> Reg {
        let target = self.target(want, Repr::Ref);
        self.emit(Op::LoadNull, target.index, 0, 0);
        target
    }

    pub(crate) fn load_int(&mut self, x: i64, want: Option<Reg>) -> Reg {
        let target = self.target(want, Repr::Int);
        match i32::try_from(x) {
            Ok(x) => self.emit_imm(Op::LoadInt, target.index, x),
            Err(_) => {
                let constant = self.lowerer.int(x);
                self.emit_imm(Op::LoadConstInt, target.index, constant.cast_signed());
            }
        }
        target
    }

    pub(crate) fn load_float(&mut self, x: f64, want: Option<Reg>) -> Reg {
        let target = self.target(want, Repr::Float);
        let constant = self.lowerer.float(x);
        self.emit_imm(Op::LoadConstFloat, target.index, constant.cast_signed());
        target
    }

    pub(crate) fn load_bool(&mut self, x: bool, want: Option<Reg>) -> Reg {
        let target = self.target(want, Repr::Bool);
        self.emit_imm(Op::LoadBool, target.index, i32::from(x));
        target
    }

    pub(crate) fn load_str(&mut self, s: &str, want: Option<Reg>) -> Reg {
        let target = self.target(want, Repr::Ref);
        let constant = self.lowerer.str(s);
        self.emit_imm(Op::LoadConst, target.index, constant.cast_signed());
        self.taint(target);
        target
    }

    /// A fault with the message in the register.
    pub(crate) fn throw(&mut self, code: &str, message: Reg) {
        let code = self.lowerer.str(code);
        match u16::try_from(code) {
            Ok(code) => self.emit(Op::Throw, message.index, code, 0),
            Err(_) => {
                let place = self.place();
                self.lowerer.limit(place, "it has too many constants");
            }
        }
    }

    pub(crate) fn throw_text(&mut self, code: &str, message: &str) {
        let mark = self.mark();
        let text = self.load_str(message, None);
        self.throw(code, text);
        self.release(mark);
    }
}

/// Whether an Int that becomes a value of the type becomes a Float.
fn wants_float(ty: &Type) -> bool {
    match ty {
        Type::Union(members) => members.contains(&Type::Float) && !members.contains(&Type::Int),
        _ => false,
    }
}
