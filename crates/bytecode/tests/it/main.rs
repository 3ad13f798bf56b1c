//! Encoding and verifier from outside: what is written is read, what is damaged is refused, nothing panics.

use bytecode::{
    Constant, DecodeError, Export, Function, Instr, Module, Op, Pad, Repr, Span, TypeDesc, verify,
};
use proptest::prelude::*;

/// `fn double(n) = n + n` and an entry that calls it with 21.
fn small() -> Module {
    let double = Function {
        name: "double".into(),
        params: vec![Repr::Int],
        captures: 0,
        ret: Repr::Int,
        scalars: 2,
        refs: 0,
        code: vec![Instr::abc(Op::AddI, 1, 0, 0), Instr::abc(Op::ReturnS, 1, 0, 0)],
        spans: vec![(0, Span { file: 0, start: 3, end: 8 })],
        pads: vec![],
    };
    let main = Function {
        name: "main".into(),
        params: vec![],
        captures: 0,
        ret: Repr::Ref,
        scalars: 1,
        refs: 1,
        code: vec![
            Instr::imm(Op::LoadInt, 0, 21),
            Instr::abc(Op::Call, 0, 0, 0),
            Instr::abc(Op::JumpLtImm, 0, 0, 2),
            Instr::abc(Op::BoxI, 0, 0, 0),
            Instr::abc(Op::ReturnR, 0, 0, 0),
        ],
        spans: vec![],
        pads: vec![],
    };
    Module {
        constants: vec![Constant::Str("text".into()), Constant::Int(1 << 40)],
        types: vec![TypeDesc::List(TypeDesc::Int.into()).into()],
        cores: vec!["len".into()],
        functions: vec![double, main],
        globals: vec!["x".into()],
        exports: vec![Export { name: "main".into(), function: 1 }],
        ..Module::default()
    }
}

fn refusal(change: impl FnOnce(&mut Module)) -> String {
    let mut module = small();
    change(&mut module);
    verify(module).map(|_| String::new()).unwrap_or_else(|e| e.message)
}

#[test]
fn a_sound_module_is_accepted_and_survives_its_encoding() {
    let module = small();
    assert_eq!(Module::decode(&module.encode()), Ok(module.clone()));
    assert!(verify(module).is_ok());
}

#[test]
fn registers_outside_the_frame_are_refused() {
    assert!(refusal(|m| m.functions[0].code[0].a = 2).contains("outside the frame"));
}

#[test]
fn a_register_without_a_certain_type_may_not_be_read() {
    // Register 1 is written nowhere.
    assert!(refusal(|m| m.functions[0].code[0].b = 1).contains("may not hold a Int"));
    let wrong = refusal(|m| m.functions[1].code[0] = Instr::imm(Op::LoadBool, 0, 1));
    assert!(wrong.contains("holds Bool, expected Int"), "{wrong}");
}

#[test]
fn code_may_not_run_off_its_end_nor_jump_out() {
    assert!(refusal(|m| m.functions[0].code.truncate(1)).contains("runs off its end"));
    assert!(refusal(|m| m.functions[1].code[2].c = 9).contains("jump outside the code"));
}

#[test]
fn faults_land_inside_the_code_and_go_on() {
    let land = |pads: &[(u32, u32, u32)], rethrow: bool| {
        refusal(|m| {
            let pad = |&(from, to, target): &(u32, u32, u32)| Pad { from, to, target };
            m.functions[1].pads = pads.iter().map(pad).collect();
            if rethrow {
                m.functions[1].code.insert(2, Instr::abc(Op::Rethrow, 0, 0, 0));
            }
        })
    };
    assert!(land(&[(1, 2, 2)], false).contains("nothing lets them go on"));
    assert!(land(&[(1, 9, 2)], true).contains("outside the code"));
    assert!(land(&[(1, 2, 6)], true).contains("outside the code"));
    assert!(land(&[(1, 3, 2), (2, 4, 2)], true).contains("overlap"));
    assert!(land(&[(1, 1, 2)], true).contains("empty"));
}

#[test]
fn a_fault_finds_the_registers_of_any_place_it_comes_from() {
    // What a fault of the call finds in register 0 is the callee's: the sum that follows may not read it.
    let refused = refusal(|m| {
        m.functions[1].pads = vec![Pad { from: 1, to: 2, target: 2 }];
        m.functions[1].code.insert(2, Instr::abc(Op::Rethrow, 0, 0, 0));
    });
    assert!(refused.contains("register 0 may not hold a Int"), "{refused}");
    let accepted = refusal(|m| {
        m.functions[1].scalars = 2;
        m.functions[1].code = vec![
            Instr::imm(Op::LoadInt, 0, 21),
            Instr::imm(Op::LoadInt, 1, 21),
            Instr::abc(Op::Call, 0, 1, 0),
            Instr::abc(Op::Rethrow, 0, 0, 0),
            Instr::abc(Op::BoxI, 0, 0, 0),
            Instr::abc(Op::ReturnR, 0, 0, 0),
        ];
        m.functions[1].pads = vec![Pad { from: 1, to: 3, target: 3 }];
    });
    assert_eq!(accepted, "");
}

#[test]
fn a_call_fits_its_callee() {
    assert!(refusal(|m| m.functions[0].params.push(Repr::Int)).contains("outside the frame"));
}

#[test]
fn every_flipped_byte_of_a_file_is_refused() {
    let bytes = small().encode();
    for i in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[i] ^= 0x10;
        assert!(Module::decode(&damaged).is_err(), "byte {i}");
    }
}

#[test]
fn an_unknown_format_is_named() {
    let mut bytes = small().encode();
    bytes[8] = 9;
    assert_eq!(Module::decode(&bytes), Err(DecodeError::UnknownFormat { expected: 2, found: 9 }));
}

#[test]
fn the_code_digest_ignores_spans_and_numbers_but_not_code() {
    let module = small();
    let mut moved = module.clone();
    moved.functions[0].spans.clear();
    moved.functions.insert(0, moved.functions[1].clone());
    // The callee stands at 1 now, the caller at 0 and 2.
    for function in [0usize, 2] {
        moved.functions[function].code[1].a = 1;
    }
    assert_eq!(module.code_digest(1), moved.code_digest(2));
    moved.functions[1].code[0].op = Op::SubI;
    assert_ne!(module.code_digest(1), moved.code_digest(2));
}

/// A module of functions that call others, each told apart by what it adds.
fn calling(calls: &[(u16, &[u16])]) -> Module {
    let mut module = small();
    let [callee, caller] = [0, 1].map(|at| module.functions[at].clone());
    let call = *caller.code.iter().find(|instr| instr.op == Op::Call).expect("it calls");
    let function = |(adds, others): &(u16, &[u16])| {
        let calls = others.iter().map(|other| Instr::abc(call.op, *other, call.b, call.c));
        let code = std::iter::once(Instr::abc(Op::AddI, *adds, 0, 0)).chain(calls).collect();
        Function { code, ..callee.clone() }
    };
    module.functions = calls.iter().map(function).collect();
    module
}

#[test]
fn the_code_digest_tells_who_calls_whom_in_a_circle() {
    let digests = |calls: &[(u16, &[u16])]| calling(calls).code_digests(&[0, 1, 2, 3]);
    let found = digests(&[(1, &[1, 2]), (2, &[0]), (3, &[1, 3]), (4, &[])]);
    // The same circle under other numbers: 0 -> 2, 1 -> 3, 2 -> 0, 3 -> 1.
    let moved = digests(&[(3, &[3, 1]), (4, &[]), (1, &[3, 0]), (2, &[2])]);
    assert_eq!(found, [moved[2], moved[3], moved[0], moved[1]]);
    let all: std::collections::BTreeSet<_> = found.iter().collect();
    assert_eq!(all.len(), 4);
    for other in [
        [(1, &[2, 1][..]), (2, &[0]), (3, &[1, 3]), (4, &[])],
        [(1, &[1, 2]), (2, &[2]), (3, &[1, 3]), (4, &[])],
        [(1, &[1, 2]), (2, &[0]), (3, &[1, 3]), (5, &[])],
        [(1, &[1, 2]), (2, &[0]), (3, &[3, 1]), (4, &[])],
    ] {
        assert!(digests(&other)[..3].iter().zip(&found).all(|(a, b)| a != b), "{other:?}");
    }
    assert_eq!(
        digests(&[(1, &[1, 2]), (2, &[0]), (3, &[1, 3]), (4, &[])])[3],
        calling(&[(4, &[])]).code_digest(0)
    );
}

#[test]
fn the_code_digest_of_a_function_is_that_of_many() {
    let module = calling(&[(1, &[1, 1]), (2, &[2, 0]), (3, &[3]), (4, &[3])]);
    let each: Vec<_> = (0..4).map(|function| module.code_digest(function)).collect();
    assert_eq!(each, module.code_digests(&[0, 1, 2, 3]));
    // A chain of calls as long as a module can hold is no deep recursion.
    let others: Vec<[u16; 1]> = (1..60_000).map(|next| [next]).collect();
    let mut chain: Vec<(u16, &[u16])> = others.iter().map(|next| (1, &next[..])).collect();
    chain.push((1, &[]));
    assert_ne!(calling(&chain).code_digest(0), calling(&chain[..2]).code_digest(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the instructions say, verifying answers.
    #[test]
    fn verifying_mutated_code_never_panics(
        edits in prop::collection::vec((0usize..2, 0usize..5, 0u16..120, 0u16..4, 0u16..6, 0u16..6), 1..8)
    ) {
        let mut module = small();
        for (function, at, op, a, b, c) in edits {
            let code = &mut module.functions[function].code;
            let at = at % code.len();
            if let Some(op) = Op::from_number(op) {
                code[at] = Instr::abc(op, a, b, c);
            }
        }
        let _ = verify(module);
    }

    /// Bytes with a true digest, but any content.
    #[test]
    fn decoding_mutated_files_never_panics(
        edits in prop::collection::vec((12usize..400, any::<u8>()), 1..6)
    ) {
        let mut bytes = small().encode();
        let size = bytes.len() - 32;
        for (at, value) in edits {
            bytes[12 + at % (size - 12)] = value;
        }
        bytes.truncate(size);
        let digest = blake3::hash(&bytes);
        bytes.extend_from_slice(digest.as_bytes());
        if let Ok(module) = Module::decode(&bytes) {
            let _ = verify(module);
        }
    }
}
