//! The operations and what each operand means. The table is the one truth: encoding, verifier and machine read it.

/// What an operand of an instruction is. `Imm32`, `Jump32` and the `Const…` kinds take the last two operands together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Must be 0.
    Unused,
    DstInt,
    DstFloat,
    DstBool,
    /// Takes the type of the scalar that is read.
    DstScalar,
    SrcInt,
    SrcFloat,
    SrcBool,
    SrcScalar,
    DstRef,
    /// A reference that is read, or changed in place.
    SrcRef,
    Imm16,
    Imm32,
    /// Relative to the instruction itself, signed.
    Jump16,
    /// Absolute.
    Jump32,
    ConstInt,
    ConstFloat,
    /// A text or bytes.
    ConstRef,
    /// 16 bits: a text.
    ConstStr,
    /// 16 bits: a format.
    ConstFormat,
    /// 16 bits: a variant.
    ConstVariant,
    Type,
    Func,
    Core,
    Site,
    Global,
    /// First of consecutive scalar registers.
    BaseS,
    /// First of consecutive reference registers.
    BaseR,
    Count,
}

macro_rules! ops {
    ($($(#[doc = $doc:literal])* $name:ident($a:ident $(, $b:ident $(, $c:ident)?)?);)*) => {
        /// What an instruction does. The numbers are part of the format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Op {
            $($(#[doc = $doc])* $name,)*
        }

        impl Op {
            /// Every operation, by its number.
            pub const ALL: &[Op] = &[$(Op::$name,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $(Op::$name => stringify!($name),)*
                }
            }

            /// The meaning of the operands in order; what is not listed must be 0.
            pub fn operands(self) -> &'static [Operand] {
                match self {
                    $(Op::$name => &[Operand::$a $(, Operand::$b $(, Operand::$c)?)?],)*
                }
            }
        }
    };
}

ops! {
    Nop(Unused);

    MoveS(DstScalar, SrcScalar);
    MoveR(DstRef, SrcRef);
    /// Moves and leaves null behind, so that the value stays unshared.
    TakeR(DstRef, SrcRef);
    LoadInt(DstInt, Imm32);
    /// 0 or 1.
    LoadBool(DstBool, Imm32);
    LoadConstInt(DstInt, ConstInt);
    LoadConstFloat(DstFloat, ConstFloat);
    LoadConst(DstRef, ConstRef);
    LoadNull(DstRef);
    /// A type as a value, for builtins that take one.
    LoadType(DstRef, Type);

    /// Overflow faults, here and in all Int arithmetic.
    AddI(DstInt, SrcInt, SrcInt);
    SubI(DstInt, SrcInt, SrcInt);
    MulI(DstInt, SrcInt, SrcInt);
    /// Truncates.
    DivI(DstInt, SrcInt, SrcInt);
    FloorDivI(DstInt, SrcInt, SrcInt);
    /// Pairs with `FloorDivI`.
    RemI(DstInt, SrcInt, SrcInt);
    PowI(DstInt, SrcInt, SrcInt);
    ShlI(DstInt, SrcInt, SrcInt);
    ShrI(DstInt, SrcInt, SrcInt);
    AndI(DstInt, SrcInt, SrcInt);
    OrI(DstInt, SrcInt, SrcInt);
    XorI(DstInt, SrcInt, SrcInt);
    NegI(DstInt, SrcInt);
    NotI(DstInt, SrcInt);
    AddImm(DstInt, SrcInt, Imm16);

    AddF(DstFloat, SrcFloat, SrcFloat);
    SubF(DstFloat, SrcFloat, SrcFloat);
    MulF(DstFloat, SrcFloat, SrcFloat);
    DivF(DstFloat, SrcFloat, SrcFloat);
    FloorDivF(DstFloat, SrcFloat, SrcFloat);
    RemF(DstFloat, SrcFloat, SrcFloat);
    PowF(DstFloat, SrcFloat, SrcFloat);
    NegF(DstFloat, SrcFloat);
    SqrtF(DstFloat, SrcFloat);

    IntToFloat(DstFloat, SrcInt);
    /// Truncates; faults outside Int.
    FloatToInt(DstInt, SrcFloat);

    EqI(DstBool, SrcInt, SrcInt);
    NeI(DstBool, SrcInt, SrcInt);
    LtI(DstBool, SrcInt, SrcInt);
    LeI(DstBool, SrcInt, SrcInt);
    EqF(DstBool, SrcFloat, SrcFloat);
    NeF(DstBool, SrcFloat, SrcFloat);
    LtF(DstBool, SrcFloat, SrcFloat);
    LeF(DstBool, SrcFloat, SrcFloat);
    EqB(DstBool, SrcBool, SrcBool);
    NotB(DstBool, SrcBool);

    Jump(Unused, Jump32);
    JumpIf(SrcBool, Jump32);
    JumpIfNot(SrcBool, Jump32);
    JumpEqI(SrcInt, SrcInt, Jump16);
    JumpNeI(SrcInt, SrcInt, Jump16);
    JumpLtI(SrcInt, SrcInt, Jump16);
    JumpLeI(SrcInt, SrcInt, Jump16);
    JumpEqImm(SrcInt, Imm16, Jump16);
    JumpNeImm(SrcInt, Imm16, Jump16);
    JumpLtImm(SrcInt, Imm16, Jump16);
    JumpLeImm(SrcInt, Imm16, Jump16);
    JumpGtImm(SrcInt, Imm16, Jump16);
    JumpGeImm(SrcInt, Imm16, Jump16);
    JumpLtF(SrcFloat, SrcFloat, Jump16);
    JumpLeF(SrcFloat, SrcFloat, Jump16);
    /// Not the same as `JumpLeF` with operands exchanged: NaN.
    JumpNotLtF(SrcFloat, SrcFloat, Jump16);
    JumpNotLeF(SrcFloat, SrcFloat, Jump16);
    /// Adds 1 to the first, which must not be the largest Int, and jumps if it is then less than the second.
    StepLtI(SrcInt, SrcInt, Jump16);
    JumpNull(SrcRef, Jump32);
    JumpNotNull(SrcRef, Jump32);

    BoxI(DstRef, SrcInt);
    BoxF(DstRef, SrcFloat);
    BoxB(DstRef, SrcBool);
    UnboxI(DstInt, SrcRef);
    /// An Int is converted.
    UnboxF(DstFloat, SrcRef);
    UnboxB(DstBool, SrcRef);

    /// Arguments stand from the bases on; the callee's window starts there. The result stands at its bank's base.
    Call(Func, BaseS, BaseR);
    /// The closure stands at the base, `Count` boxed arguments after it; the boxed result at the base.
    CallClosure(BaseR, Count);
    /// `Count` boxed arguments from the base on; the boxed result at the base.
    CallCore(Core, BaseR, Count);
    CallHost(Site, BaseR, Count);
    ReturnS(SrcScalar);
    ReturnR(SrcRef);
    /// Faults with the code named by the constant; the message is the text in the register.
    Throw(SrcRef, ConstStr);
    /// Never reached.
    Trap(Unused);

    GetGlobal(DstRef, Global);
    SetGlobal(SrcRef, Global);
    TakeGlobal(DstRef, Global);

    /// A variable that closures share.
    NewCell(DstRef, SrcRef);
    GetCell(DstRef, SrcRef);
    SetCell(SrcRef, SrcRef);
    TakeCell(DstRef, SrcRef);
    /// Captures stand from the base on, as many as the function says.
    MakeClosure(DstRef, Func, BaseR);

    NewListI(DstRef, BaseS, Count);
    NewListF(DstRef, BaseS, Count);
    NewList(DstRef, BaseR, Count);
    /// Keys and values alternate; `Count` registers in all.
    NewMap(DstRef, BaseR, Count);
    NewSet(DstRef, BaseR, Count);
    NewTuple(DstRef, BaseR, Count);
    /// As many fields as the record type has.
    NewRecord(DstRef, Type, BaseR);
    NewVariant(DstRef, ConstVariant, BaseR);
    NewOk(DstRef, SrcRef);
    NewErr(DstRef, SrcRef);

    Push(SrcRef, SrcRef);
    PushI(SrcRef, SrcInt);
    PushF(SrcRef, SrcFloat);
    ListGetI(DstInt, SrcRef, SrcInt);
    ListGetF(DstFloat, SrcRef, SrcInt);
    ListGet(DstRef, SrcRef, SrcInt);
    ListSetI(SrcRef, SrcInt, SrcInt);
    ListSetF(SrcRef, SrcInt, SrcFloat);
    ListSet(SrcRef, SrcInt, SrcRef);
    Index(DstRef, SrcRef, SrcRef);
    SetIndex(SrcRef, SrcRef, SrcRef);
    /// Moves the element out and leaves null, until it is set again.
    TakeIndex(DstRef, SrcRef, SrcRef);
    Len(DstInt, SrcRef);

    GetField(DstRef, SrcRef, Imm16);
    GetFieldI(DstInt, SrcRef, Imm16);
    GetFieldF(DstFloat, SrcRef, Imm16);
    GetFieldB(DstBool, SrcRef, Imm16);
    SetField(SrcRef, Imm16, SrcRef);
    TakeField(DstRef, SrcRef, Imm16);
    /// An item of a tuple, or of a variant's payload.
    GetItem(DstRef, SrcRef, Imm16);
    /// A variant's number; of a result 0 for `ok` and 1 for `err`.
    Tag(DstInt, SrcRef);
    /// What a result holds.
    Payload(DstRef, SrcRef);

    IsType(DstBool, SrcRef, Type);
    Cast(DstRef, SrcRef, Type);
    EqR(DstBool, SrcRef, SrcRef);
    LtR(DstBool, SrcRef, SrcRef);
    LeR(DstBool, SrcRef, SrcRef);
    In(DstBool, SrcRef, SrcRef);

    Concat(DstRef, SrcRef, SrcRef);
    /// Joins the second to the first in place.
    Append(SrcRef, SrcRef);
    /// The printed forms of `Count` values, one after the other.
    Join(DstRef, BaseR, Count);
    Format(DstRef, SrcRef, ConstFormat);
    Iter(DstRef, SrcRef);
    /// The next element, or the jump when there is none.
    IterNext(DstRef, SrcRef, Jump16);

    /// A generator: the function, which has no parameters, and what it captures, from the base on.
    MakeIter(DstRef, Func, BaseR);
    /// Hands a value to whoever walks the generator that runs here, and waits until the next is asked for.
    Yield(SrcRef);

    /// Lets clauses handle operations in the call that follows: names and closures alternate behind the base, `Count`
    /// in all. The closure to call stands at the base. An `EndHandle` follows the call.
    Handle(BaseR, Count);
    /// Ends what the last `Handle` or `Resume` of this frame began.
    EndHandle(Unused);
    /// Has the innermost clause for the named operation take `Count` boxed arguments from the base on; what it resumes
    /// with stands at the base. An `EndPerform` follows.
    Perform(BaseR, Count, ConstStr);
    EndPerform(Unused);
    /// Goes on with the body that waits at the base, which gets the value behind it; the value of its `handle` stands
    /// at the base. An `EndHandle` follows.
    Resume(BaseR);

    /// The fault that landed in this frame goes on from here; without one nothing happens.
    Rethrow(Unused);

    /// The value of a function without parameters, which is computed once, before anything runs.
    Comptime(DstRef, Func);
}

impl Op {
    pub fn from_number(number: u16) -> Option<Op> {
        Op::ALL.get(usize::from(number)).copied()
    }

    /// Whether control never goes on to the next instruction.
    pub fn is_terminator(self) -> bool {
        matches!(self, Op::Jump | Op::ReturnS | Op::ReturnR | Op::Throw | Op::Trap)
    }
}
