//! The loop that executes instructions.
//!
//! Everything it needs between instructions stands in local variables: the code, the place in it, and one window of
//! `WINDOW` slots on each stack, which a 16-bit operand cannot leave. Whatever calls out of the loop gives the windows
//! back and takes them anew.

use std::rc::Rc;

use bytecode::{Constant, Instr, Op, Repr, TypeDesc};

use crate::access;
use crate::builtins::{Args, Builtin, Calls};
use crate::conform;
use crate::cost::{self, Tank};
use crate::fault::{Fault, FaultKind};
use crate::fiber::Exit;
use crate::format;
use crate::host::{Host, HostCall};
use crate::iterate::Iter;
use crate::list::List;
use crate::machine::{FRAMES_MAX, Frame, Vm, WINDOW, arity, too_deep, unbox_bool, unbox_float, unbox_int};
use crate::map::{Key, Map, Set};
use crate::number;
use crate::order;
use crate::release::{Parts, Values};
use crate::schedule::{Call, Called, Waited, is_waiting};
use crate::show;
use crate::value::{Closure, Record, SharedCell, Value, Variant};

impl Vm<'_> {
    /// Runs `start` and the frames between it and `floor` until they return or wait.
    pub(crate) fn execute<const FUEL: bool>(
        &mut self,
        host: &mut dyn Host,
        start: Frame,
        floor: usize,
    ) -> Result<Exit, Fault> {
        let module = self.module;
        let verified = self.verified;
        let functions = module.functions.as_slice();
        let mut function = start.function;
        let Some(mut running) = functions.get(function as usize) else {
            return Err(Fault::internal("unknown function"));
        };
        let bottom = self.frames.get(floor).map_or(start.ref_base, |frame| frame.ref_base) as usize;
        let mut code: &[Instr] = &running.code;
        let mut block_fuel: &[u32] = if FUEL { verified.block_fuel(function as usize) } else { &[] };
        let mut pc = start.pc as usize;
        let mut sb = start.scalar_base as usize;
        let mut rb = start.ref_base as usize;
        self.reserve(sb, rb);
        let mut s: &mut [u64; WINDOW];
        let mut r: &mut [Value; WINDOW];

        macro_rules! window {
            () => {
                match (
                    self.scalars.get_mut(sb..).and_then(|w| w.first_chunk_mut()),
                    self.refs.get_mut(rb..).and_then(|w| w.first_chunk_mut()),
                ) {
                    (Some(scalars), Some(refs)) => {
                        s = scalars;
                        r = refs;
                    }
                    _ => return Err(Fault::internal("a frame outside the stack")),
                }
            };
        }
        window!();

        let fault: Fault = 'run: loop {
            macro_rules! check {
                ($e:expr) => {
                    match $e {
                        Ok(value) => value,
                        Err(fault) => break 'run fault,
                    }
                };
            }
            macro_rules! tank {
                () => {
                    Tank {
                        fuel: &mut self.fuel,
                        kept: &mut self.kept,
                        listens: self.listens && !self.computes,
                    }
                };
            }
            let Some(&i) = code.get(pc) else { break Fault::internal("the code ran off its end") };
            if FUEL {
                let cost = u64::from(block_fuel.get(pc).copied().unwrap_or(0));
                let mut left = self.fuel.unwrap_or(u64::MAX);
                if cost > left {
                    match self.more_fuel(host, cost) {
                        Ok(granted) => left = granted,
                        Err(fault) => {
                            pc += 1;
                            break fault;
                        }
                    }
                    window!();
                }
                self.fuel = Some(left - cost);
            }
            pc += 1;
            if FUEL {
                check!(tank!().charge(|meter| cost::of_instruction(meter, module, i, &r[..])));
                if i.op == Op::CallCore
                    && let Some(count) = self.costs.get(usize::from(i.a))
                {
                    let args = &r[usize::from(i.b)..usize::from(i.b) + usize::from(i.c)];
                    check!(tank!().charge(|meter| count(meter, args)));
                }
            }
            let (a, b, c) = (usize::from(i.a), usize::from(i.b), usize::from(i.c));

            macro_rules! int {
                ($f:path) => {
                    s[a] = check!($f(s[b].cast_signed(), s[c].cast_signed())).cast_unsigned()
                };
            }
            macro_rules! bits {
                ($op:tt) => {
                    s[a] = s[b] $op s[c]
                };
            }
            macro_rules! float {
                ($op:tt) => {
                    s[a] = (f64::from_bits(s[b]) $op f64::from_bits(s[c])).to_bits()
                };
            }
            macro_rules! test_int {
                ($op:tt) => {
                    s[a] = u64::from(s[b].cast_signed() $op s[c].cast_signed())
                };
            }
            macro_rules! test_float {
                ($op:tt) => {
                    s[a] = u64::from(f64::from_bits(s[b]) $op f64::from_bits(s[c]))
                };
            }
            macro_rules! near_jump {
                ($taken:expr) => {
                    if $taken {
                        pc = (pc - 1).wrapping_add_signed(isize::from(i.c.cast_signed()));
                    }
                };
            }
            macro_rules! far_jump {
                ($taken:expr) => {
                    if $taken {
                        pc = i.immediate().cast_unsigned() as usize;
                    }
                };
            }
            macro_rules! jump_imm {
                ($op:tt) => {
                    near_jump!(s[a].cast_signed() $op i64::from(i.b.cast_signed()))
                };
            }
            macro_rules! here {
                () => {
                    Frame { function, pc: pc as u32, scalar_base: sb as u32, ref_base: rb as u32 }
                };
            }
            // Goes on in another frame.
            macro_rules! enter {
                ($next:expr) => {{
                    let next: Frame = check!($next);
                    let Some(callee) = functions.get(next.function as usize) else {
                        break Fault::internal("unknown function");
                    };
                    running = callee;
                    function = next.function;
                    code = &running.code;
                    if FUEL {
                        block_fuel = verified.block_fuel(function as usize);
                    }
                    pc = next.pc as usize;
                    sb = next.scalar_base as usize;
                    rb = next.ref_base as usize;
                    window!();
                }};
            }
            // What a builtin or the host gave; a clause may have taken over from inside it.
            macro_rules! outside {
                ($result:expr, $value:ident => $then:expr) => {
                    match $result {
                        Err(fault) if fault.kind == FaultKind::Unwinding => {
                            enter!(self.land(fault, here!(), floor));
                        }
                        result => {
                            window!();
                            let $value = check!(result);
                            $then
                        }
                    }
                };
            }
            // As an assignment, without a call where the slot holds nothing to free.
            macro_rules! put {
                ($at:expr, $value:expr) => {{
                    let value = $value;
                    r[$at].clear();
                    std::mem::forget(std::mem::replace(&mut r[$at], value));
                }};
            }
            // As the assignment of a copy. What loops copy most is told apart, so that it goes straight to its slot: a
            // value that is put together elsewhere first, and read as a whole, waits for its parts.
            macro_rules! put_copy {
                ($at:expr, $value:expr) => {
                    match $value {
                        Value::Record(record) => {
                            let record = record.clone();
                            put!($at, Value::Record(record));
                        }
                        Value::Int(x) => {
                            let x = *x;
                            put!($at, Value::Int(x));
                        }
                        Value::Null => r[$at].clear(),
                        other => {
                            let value = other.clone();
                            put!($at, value);
                        }
                    }
                };
            }
            macro_rules! take_all {
                ($base:expr, $count:expr) => {
                    r[$base..$base + $count].iter_mut().map(std::mem::take).collect::<Vec<Value>>()
                };
            }

            match i.op {
                Op::Nop => {}
                Op::MoveS => s[a] = s[b],
                Op::MoveR => put_copy!(a, &r[b]),
                Op::TakeR if a == b => {}
                Op::TakeR => {
                    r[a].clear();
                    let value = std::mem::take(&mut r[b]);
                    std::mem::forget(std::mem::replace(&mut r[a], value));
                }
                Op::LoadInt => s[a] = i64::from(i.immediate()).cast_unsigned(),
                Op::LoadBool => s[a] = u64::from(i.b),
                Op::LoadConstInt => {
                    if let Some(Value::Int(x)) = self.constants.get(i.immediate() as usize) {
                        s[a] = x.cast_unsigned();
                    }
                }
                Op::LoadConstFloat => {
                    if let Some(Value::Float(x)) = self.constants.get(i.immediate() as usize) {
                        s[a] = x.to_bits();
                    }
                }
                Op::LoadConst => {
                    r[a] = self.constants.get(i.immediate() as usize).cloned().unwrap_or_default();
                }
                Op::LoadNull => r[a].clear(),
                Op::LoadType => {
                    r[a] = module.types.get(b).map_or(Value::Null, |ty| Value::Type(ty.clone()));
                }

                Op::AddI => int!(number::add),
                Op::SubI => int!(number::sub),
                Op::MulI => int!(number::mul),
                Op::DivI => int!(number::div),
                Op::FloorDivI => int!(number::floor_div),
                Op::RemI => int!(number::rem),
                Op::PowI => int!(number::pow),
                Op::ShlI => int!(number::shl),
                Op::ShrI => int!(number::shr),
                Op::AndI => bits!(&),
                Op::OrI => bits!(|),
                Op::XorI => bits!(^),
                Op::NegI => s[a] = check!(number::neg(s[b].cast_signed())).cast_unsigned(),
                Op::NotI => s[a] = !s[b],
                Op::AddImm => {
                    s[a] =
                        check!(number::add(s[b].cast_signed(), i64::from(i.c.cast_signed()))).cast_unsigned();
                }

                Op::AddF => float!(+),
                Op::SubF => float!(-),
                Op::MulF => float!(*),
                Op::DivF => float!(/),
                Op::FloorDivF => {
                    s[a] = number::floor_div_float(f64::from_bits(s[b]), f64::from_bits(s[c])).to_bits();
                }
                Op::RemF => s[a] = number::rem_float(f64::from_bits(s[b]), f64::from_bits(s[c])).to_bits(),
                Op::PowF => s[a] = f64::from_bits(s[b]).powf(f64::from_bits(s[c])).to_bits(),
                Op::NegF => s[a] = (-f64::from_bits(s[b])).to_bits(),

                Op::SqrtF => s[a] = f64::from_bits(s[b]).sqrt().to_bits(),

                Op::IntToFloat => s[a] = (s[b].cast_signed() as f64).to_bits(),
                Op::FloatToInt => {
                    s[a] = check!(number::to_int(f64::from_bits(s[b]), "as Int")).cast_unsigned();
                }

                Op::EqI => test_int!(==),
                Op::NeI => test_int!(!=),
                Op::LtI => test_int!(<),
                Op::LeI => test_int!(<=),
                Op::EqF => test_float!(==),
                Op::NeF => test_float!(!=),
                Op::LtF => test_float!(<),
                Op::LeF => test_float!(<=),
                Op::EqB => s[a] = u64::from(s[b] == s[c]),
                Op::NotB => s[a] = u64::from(s[b] == 0),

                Op::Jump => far_jump!(true),
                Op::JumpIf => far_jump!(s[a] != 0),
                Op::JumpIfNot => far_jump!(s[a] == 0),
                Op::JumpEqI => near_jump!(s[a] == s[b]),
                Op::JumpNeI => near_jump!(s[a] != s[b]),
                Op::JumpLtI => near_jump!(s[a].cast_signed() < s[b].cast_signed()),
                Op::JumpLeI => near_jump!(s[a].cast_signed() <= s[b].cast_signed()),
                Op::JumpEqImm => jump_imm!(==),
                Op::JumpNeImm => jump_imm!(!=),
                Op::JumpLtImm => jump_imm!(<),
                Op::JumpLeImm => jump_imm!(<=),
                Op::JumpGtImm => jump_imm!(>),
                Op::JumpGeImm => jump_imm!(>=),
                Op::JumpLtF => near_jump!(f64::from_bits(s[a]) < f64::from_bits(s[b])),
                Op::JumpLeF => near_jump!(f64::from_bits(s[a]) <= f64::from_bits(s[b])),
                Op::JumpNotLtF => {
                    let less = f64::from_bits(s[a]) < f64::from_bits(s[b]);
                    near_jump!(!less);
                }
                Op::JumpNotLeF => {
                    let less_or_equal = f64::from_bits(s[a]) <= f64::from_bits(s[b]);
                    near_jump!(!less_or_equal);
                }
                Op::StepLtI => {
                    let next = s[a].cast_signed().wrapping_add(1);
                    s[a] = next.cast_unsigned();
                    near_jump!(next < s[b].cast_signed());
                }
                Op::JumpNull => far_jump!(r[a].is_null()),
                Op::JumpNotNull => far_jump!(!r[a].is_null()),

                Op::BoxI => r[a] = Value::Int(s[b].cast_signed()),
                Op::BoxF => r[a] = Value::Float(f64::from_bits(s[b])),
                Op::BoxB => r[a] = Value::Bool(s[b] != 0),
                Op::UnboxI => s[a] = check!(unbox_int(&r[b])).cast_unsigned(),
                Op::UnboxF => s[a] = check!(unbox_float(&r[b])).to_bits(),
                Op::UnboxB => s[a] = u64::from(check!(unbox_bool(&r[b]))),

                Op::Call => {
                    let Some(callee) = functions.get(a) else { break Fault::internal("unknown function") };
                    if self.frames.len() >= FRAMES_MAX {
                        break too_deep();
                    }
                    self.frames.push(Frame {
                        function,
                        pc: pc as u32,
                        scalar_base: sb as u32,
                        ref_base: rb as u32,
                    });
                    running = callee;
                    function = u32::from(i.a);
                    code = &running.code;
                    if FUEL {
                        block_fuel = verified.block_fuel(a);
                    }
                    pc = 0;
                    sb += b;
                    rb += c;
                    self.reserve(sb, rb);
                    window!();
                }
                Op::CallClosure => {
                    let Value::Closure(closure) = std::mem::take(&mut r[a]) else {
                        break Fault::new("R0104", "only a function can be called");
                    };
                    let Some(callee) = functions.get(closure.function as usize) else {
                        break Fault::internal("unknown function");
                    };
                    if callee.params.len() != b {
                        break arity(callee, b);
                    }
                    if self.frames.len() >= FRAMES_MAX {
                        break too_deep();
                    }
                    self.frames.push(Frame {
                        function,
                        pc: pc as u32,
                        scalar_base: sb as u32,
                        ref_base: rb as u32,
                    });
                    // The callee's window begins at the arguments, but its result belongs in the closure's register,
                    // one below: so everything moves down by one.
                    for k in a..a + b {
                        r.swap(k, k + 1);
                    }
                    sb += usize::from(running.scalars);
                    rb += a;
                    running = callee;
                    function = closure.function;
                    code = &running.code;
                    if FUEL {
                        block_fuel = verified.block_fuel(function as usize);
                    }
                    pc = 0;
                    self.reserve(sb, rb);
                    window!();
                    for (k, value) in closure.captures.iter().enumerate() {
                        r[b + k] = value.clone();
                    }
                }
                Op::CallCore => match self.builtins.get(a).copied() {
                    Some(Builtin::Pure(builtin)) => {
                        let args = &mut r[b..b + c];
                        let value = check!(builtin(Args::new(args)));
                        args.fill(Value::Null);
                        r[b] = value;
                    }
                    Some(Builtin::Calling(builtin)) => {
                        let mut args = take_all!(b, c);
                        self.watch.calls = function;
                        self.top = (sb + usize::from(running.scalars), rb + usize::from(running.refs));
                        let mut result = builtin(&mut Calls { vm: self, host }, Args::new(&mut args));
                        if is_waiting(&result) {
                            let call = Call { to: Called::Core(i.a), result: i.b, args };
                            match self.wait(host, here!(), floor, call) {
                                Waited::Parked(exit) => return Ok(exit),
                                Waited::Came(came) => result = came,
                            }
                        }
                        outside!(result, value => r[b] = value);
                    }
                    None => break Fault::internal("unknown builtin"),
                },
                Op::CallHost => {
                    let args = take_all!(b, c);
                    self.watch.calls = function;
                    self.top = (sb + usize::from(running.scalars), rb + usize::from(running.refs));
                    let sites = self.sites.clone();
                    let (Some(site), Some(texts)) = (module.sites.get(a), sites.get(a)) else {
                        break Fault::internal("unknown call site");
                    };
                    let call = HostCall {
                        name: &site.name,
                        site: u32::from(i.a),
                        args: &args,
                        names: &texts.names,
                        types: &texts.types,
                        span: site.span,
                    };
                    if FUEL {
                        let cost = host.cost(&call, self.fuel().unwrap_or(u64::MAX));
                        check!(tank!().charge(|meter| meter.add(cost)));
                    }
                    let mut result = host.call(self, call);
                    if is_waiting(&result) {
                        let call = Call { to: Called::Host(i.a), result: i.b, args };
                        match self.wait(host, here!(), floor, call) {
                            Waited::Parked(exit) => return Ok(exit),
                            Waited::Came(came) => result = came,
                        }
                    } else {
                        drop(args);
                    }
                    outside!(result, value => r[b] = value);
                }
                Op::ReturnR if self.frames.len() > floor => {
                    if a != 0 {
                        let value = std::mem::take(&mut r[a]);
                        put!(0, value);
                    }
                    r[..usize::from(running.refs)].iter_mut().skip(1).for_each(Value::clear);
                    enter!(self.frames.pop().ok_or_else(|| Fault::internal("no caller")));
                }
                Op::ReturnS | Op::ReturnR => {
                    let scalar = s[a];
                    let value = if i.op == Op::ReturnR { std::mem::take(&mut r[a]) } else { Value::Null };
                    r[..usize::from(running.refs)].iter_mut().for_each(Value::clear);
                    if self.frames.len() == floor {
                        return Ok(Exit::Returned(match running.ret {
                            Repr::Int => Value::Int(scalar.cast_signed()),
                            Repr::Float => Value::Float(f64::from_bits(scalar)),
                            Repr::Bool => Value::Bool(scalar != 0),
                            Repr::Ref => value,
                        }));
                    }
                    s[0] = scalar;
                    enter!(self.frames.pop().ok_or_else(|| Fault::internal("no caller")));
                }
                Op::Throw => {
                    let code = match module.constants.get(b) {
                        Some(Constant::Str(code)) => code.as_str(),
                        _ => "R0999",
                    };
                    break Fault::new(code, check!(show::show(&r[a])));
                }
                Op::Trap => break Fault::internal("unreachable code was reached"),

                Op::GetGlobal => r[a] = self.globals.get(b).cloned().unwrap_or_default(),
                Op::SetGlobal => {
                    if let Some(global) = self.globals.get_mut(b) {
                        *global = r[a].clone();
                    }
                }
                Op::TakeGlobal => r[a] = self.globals.get_mut(b).map(std::mem::take).unwrap_or_default(),

                Op::NewCell => {
                    let value = r[b].clone();
                    r[a] = Value::Cell(Rc::new(SharedCell::new(value)));
                }
                Op::GetCell => r[a] = check!(shared(&r[b])).get(),
                Op::SetCell => {
                    let value = r[b].clone();
                    check!(shared(&r[a])).replace(value);
                }
                Op::TakeCell => r[a] = check!(shared(&r[b])).replace(Value::Null),
                Op::MakeClosure => {
                    let Some(callee) = functions.get(b) else { break Fault::internal("unknown function") };
                    let captures = take_all!(c, usize::from(callee.captures));
                    r[a] = Value::Closure(Rc::new(Closure {
                        function: u32::from(i.b),
                        captures: Values::new(captures),
                    }));
                }

                Op::NewListI => {
                    r[a] = Value::ints(s[b..b + c].iter().map(|x| x.cast_signed()).collect());
                }
                Op::NewListF => {
                    r[a] = Value::floats(s[b..b + c].iter().map(|x| f64::from_bits(*x)).collect());
                }
                Op::NewList => r[a] = Value::list(take_all!(b, c)),
                Op::NewTuple => r[a] = Value::tuple(take_all!(b, c)),
                Op::NewMap => {
                    let mut map = Map::new();
                    let mut entries = take_all!(b, c).into_iter();
                    while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
                        map.insert(check!(Key::new(key)), value);
                    }
                    r[a] = Value::map(map);
                }
                Op::NewSet => {
                    let mut set = Set::new();
                    for value in take_all!(b, c) {
                        set.insert(check!(Key::new(value)));
                    }
                    r[a] = Value::set(set);
                }
                Op::NewRecord => {
                    let Some(TypeDesc::Record(desc)) = module.types.get(b).map(|t| &**t) else {
                        break Fault::internal("no record type");
                    };
                    let fields = Parts::take(&mut r[c..c + desc.fields.len()]);
                    put!(a, Value::Record(Rc::new(Record { desc: desc.clone(), fields })));
                }
                Op::NewVariant => {
                    let Some(Constant::Variant { ty, tag }) = module.constants.get(b) else {
                        break Fault::internal("no variant");
                    };
                    let Some(TypeDesc::Enum(desc)) = module.types.get(*ty as usize).map(|t| &**t) else {
                        break Fault::internal("no enum type");
                    };
                    let count = desc.variants.get(*tag as usize).map_or(0, |v| v.fields.len());
                    let payload = Parts::take(&mut r[c..c + count]);
                    r[a] = Value::Variant(Rc::new(Variant { desc: desc.clone(), tag: *tag, payload }));
                }
                Op::NewOk => r[a] = Value::ok(r[b].clone()),
                Op::NewErr => r[a] = Value::err(r[b].clone()),

                Op::Push => {
                    let value = r[b].clone();
                    check!(list_mut(&mut r[a])).push(value);
                }
                Op::PushI => match check!(list_mut(&mut r[a])) {
                    List::Int(items) => items.push(s[b].cast_signed()),
                    list => list.push(Value::Int(s[b].cast_signed())),
                },
                Op::PushF => match check!(list_mut(&mut r[a])) {
                    List::Float(items) => items.push(f64::from_bits(s[b])),
                    list => list.push(Value::Float(f64::from_bits(s[b]))),
                },
                Op::ListGetI => {
                    let list = check!(list_ref(&r[b]));
                    let index = s[c].cast_signed();
                    s[a] = match list {
                        List::Int(items) if (index as usize) < items.len() => items[index as usize],
                        _ => check!(unbox_int(&check!(access::index(&r[b], &Value::Int(index))))),
                    }
                    .cast_unsigned();
                }
                Op::ListGetF => {
                    let list = check!(list_ref(&r[b]));
                    let index = s[c].cast_signed();
                    s[a] = match list {
                        List::Float(items) if (index as usize) < items.len() => items[index as usize],
                        _ => check!(unbox_float(&check!(access::index(&r[b], &Value::Int(index))))),
                    }
                    .to_bits();
                }
                Op::ListGet => {
                    let list = check!(list_ref(&r[b]));
                    let index = s[c].cast_signed();
                    r[a] = match list {
                        List::Any(items) if (index as usize) < items.len() => items[index as usize].clone(),
                        _ => check!(access::index(&r[b], &Value::Int(index))),
                    };
                }
                Op::ListSetI => {
                    let index = s[b].cast_signed();
                    let value = s[c].cast_signed();
                    match check!(list_mut(&mut r[a])) {
                        List::Int(items) if (index as usize) < items.len() => items[index as usize] = value,
                        _ => {
                            check!(access::set_index(&mut r[a], Value::Int(index), Value::Int(value)));
                        }
                    }
                }
                Op::ListSetF => {
                    let index = s[b].cast_signed();
                    let value = f64::from_bits(s[c]);
                    match check!(list_mut(&mut r[a])) {
                        List::Float(items) if (index as usize) < items.len() => items[index as usize] = value,
                        _ => {
                            check!(access::set_index(&mut r[a], Value::Int(index), Value::Float(value)));
                        }
                    }
                }
                Op::ListSet => {
                    let value = r[c].clone();
                    check!(access::set_index(&mut r[a], Value::Int(s[b].cast_signed()), value));
                }
                Op::Index => r[a] = check!(access::index(&r[b], &r[c])),
                Op::SetIndex => {
                    let (key, value) = (r[b].clone(), r[c].clone());
                    check!(access::set_index(&mut r[a], key, value));
                }
                Op::TakeIndex => {
                    let key = r[c].clone();
                    let value = check!(access::take_index(&mut r[b], &key));
                    r[a] = value;
                }
                Op::Len => s[a] = check!(access::len(&r[b])).cast_unsigned(),

                Op::GetField => put_copy!(a, check!(field(&r[b], c))),
                Op::GetFieldI => s[a] = check!(unbox_int(check!(field(&r[b], c)))).cast_unsigned(),
                Op::GetFieldF => s[a] = check!(unbox_float(check!(field(&r[b], c)))).to_bits(),
                Op::GetFieldB => s[a] = u64::from(check!(unbox_bool(check!(field(&r[b], c))))),
                Op::SetField => {
                    let value = r[c].clone();
                    *check!(field_mut(&mut r[a], b)) = value;
                }
                Op::TakeField => {
                    let value = std::mem::take(check!(field_mut(&mut r[b], c)));
                    r[a] = value;
                }
                Op::GetItem => {
                    let item = match &r[b] {
                        Value::Tuple(items) => items.get(c),
                        Value::Variant(variant) => variant.payload.get(c),
                        _ => None,
                    };
                    match item.cloned() {
                        Some(item) => r[a] = item,
                        None => break Fault::internal("no such item"),
                    }
                }
                Op::Tag => {
                    s[a] = match &r[b] {
                        Value::Variant(variant) => u64::from(variant.tag),
                        Value::Result(outcome) => u64::from(!outcome.is_ok),
                        other => {
                            break Fault::internal(format!("a {} has no tag", other.type_name()));
                        }
                    };
                }
                Op::Payload => match &r[b] {
                    Value::Result(outcome) => {
                        let value = outcome.value.clone();
                        r[a] = value;
                    }
                    other => break Fault::internal(format!("a {} holds nothing", other.type_name())),
                },

                Op::IsType => {
                    let fits = module.types.get(c).is_some_and(|ty| conform::conforms(&r[b], ty));
                    s[a] = u64::from(fits);
                }
                Op::Cast => match module.types.get(c) {
                    Some(ty) => r[a] = check!(conform::cast(&r[b], ty)),
                    None => break Fault::internal("unknown type"),
                },
                Op::EqR => s[a] = u64::from(check!(order::equal(&r[b], &r[c]))),
                Op::LtR => s[a] = u64::from(check!(order::partial(&r[b], &r[c])).is_some_and(|o| o.is_lt())),
                Op::LeR => s[a] = u64::from(check!(order::partial(&r[b], &r[c])).is_some_and(|o| o.is_le())),
                Op::In => s[a] = u64::from(check!(access::contains(&r[c], &r[b]))),

                Op::Concat => {
                    let mut joined = r[b].clone();
                    check!(access::append(&mut joined, &r[c]));
                    r[a] = joined;
                }
                Op::Append => {
                    // Taken out, so that joining a value to itself sees it whole.
                    let mut joined = std::mem::take(&mut r[a]);
                    if a == b {
                        let other = joined.clone();
                        check!(access::append(&mut joined, &other));
                    } else {
                        check!(access::append(&mut joined, &r[b]));
                    }
                    r[a] = joined;
                }
                Op::Join => {
                    let values = &mut r[b..b + c];
                    let len: usize = values.iter().map(show::likely_len).fold(0, usize::saturating_add);
                    let mut text = String::with_capacity(len.min(show::RESERVED_MAX));
                    for value in values {
                        check!(show::show_into(&mut text, value));
                        *value = Value::Null;
                    }
                    r[a] = Value::str(text);
                }
                Op::Format => match module.constants.get(c) {
                    Some(Constant::Format(spec)) => {
                        r[a] = Value::str(check!(format::format(&r[b], spec)));
                    }
                    _ => break Fault::internal("no format"),
                },
                Op::Iter => {
                    let source = r[b].clone();
                    r[a] = Value::Iter(Box::new(check!(Iter::new(source))));
                }
                Op::IterNext => {
                    let Value::Iter(iter) = &mut r[b] else { break Fault::internal("no iterator") };
                    let Some(walk) = iter.walk() else {
                        match iter.next() {
                            Some(value) => r[a] = value,
                            None => near_jump!(true),
                        }
                        continue;
                    };
                    let walk = std::mem::take(walk);
                    self.watch.calls = function;
                    self.top = (sb + usize::from(running.scalars), rb + usize::from(running.refs));
                    let stepped = self.step(host, walk);
                    outside!(stepped, stepped => {
                        let (value, rest) = stepped;
                        if let Value::Iter(iter) = &mut r[b]
                            && let Some(walk) = iter.walk()
                        {
                            *walk = rest;
                        }
                        match value {
                            Some(value) => r[a] = value,
                            None => near_jump!(true),
                        }
                    });
                }
                Op::MakeIter => {
                    let Some(callee) = functions.get(b) else { break Fault::internal("unknown function") };
                    let captures = take_all!(c, usize::from(callee.captures));
                    r[a] = Value::Generator(Rc::new(Closure {
                        function: u32::from(i.b),
                        captures: Values::new(captures),
                    }));
                }
                Op::Yield => {
                    if self.frames.len() != floor {
                        break Fault::internal("a `yield` outside of a walk");
                    }
                    let value = std::mem::take(&mut r[a]);
                    return Ok(Exit::Yielded(value, self.suspend(here!(), floor)));
                }

                Op::Handle => self.context.open(self.frames.len(), take_all!(a + 1, b)),
                Op::EndHandle => self.context.close(self.frames.len()),
                Op::Perform => {
                    let Some(Constant::Str(name)) = module.constants.get(c) else {
                        break Fault::internal("no operation");
                    };
                    enter!(self.perform(here!(), (a, b), name, floor));
                }
                Op::EndPerform => self.context.performed(self.frames.len()),
                Op::Resume => enter!(self.resume(here!(), a)),

                Op::Comptime => {
                    self.top = (sb + usize::from(running.scalars), rb + usize::from(running.refs));
                    let value = self.comptime(u32::from(i.b));
                    window!();
                    r[a] = check!(value);
                }
                Op::Rethrow => {
                    if let Some(fault) = self.left_by() {
                        return self.unwind(fault, here!(), floor, bottom, true);
                    }
                    window!();
                }
            }
        };
        let here = Frame { function, pc: pc as u32, scalar_base: sb as u32, ref_base: rb as u32 };
        self.unwind(fault, here, floor, bottom, false)
    }
}

fn shared(value: &Value) -> Result<&SharedCell, Fault> {
    match value {
        Value::Cell(cell) => Ok(cell),
        _ => Err(Fault::internal("no shared variable")).map_err(|f| f.kind(FaultKind::Internal)),
    }
}

#[inline(always)]
fn list_ref(value: &Value) -> Result<&List, Fault> {
    match value {
        Value::List(list) => Ok(list),
        other => Err(not_a_list(other)),
    }
}

/// The list to change, copied first if it is shared.
#[inline(always)]
fn list_mut(value: &mut Value) -> Result<&mut List, Fault> {
    match value {
        Value::List(list) => Ok(Rc::make_mut(list)),
        other => Err(not_a_list(other)),
    }
}

#[cold]
fn not_a_list(value: &Value) -> Fault {
    Fault::new("R0104", format!("expected a list, found {}", value.type_name()))
}

#[inline(always)]
fn field(value: &Value, slot: usize) -> Result<&Value, Fault> {
    match value {
        Value::Record(record) => record.fields.get(slot).ok_or_else(no_field),
        Value::Tuple(items) => items.get(slot).ok_or_else(no_field),
        _ => Err(no_field()),
    }
}

fn field_mut(value: &mut Value, slot: usize) -> Result<&mut Value, Fault> {
    match value {
        Value::Record(record) => {
            Rc::make_mut(record).fields.as_mut_slice().get_mut(slot).ok_or_else(no_field)
        }
        _ => Err(no_field()),
    }
}

#[cold]
fn no_field() -> Fault {
    Fault::internal("no such field")
}
