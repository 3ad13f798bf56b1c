//! One difference each. The sums and transposes are by hand.

use corpus::Status;
use serde_json::{Value, json};

use crate::{Span, board, entry, sample};

/// `[1, 2] + [3, 4]`, for which the corpus says the elements from `result` on.
fn sum(result: usize) -> Value {
    sample(&[Span::new(0, &[2], &[1]), Span::new(2, &[2], &[1])], &[Span::new(result, &[2], &[1])], None)
}

/// `x * y` of one element each, 2 and 3: the gradient of `x` under the cotangent 1 is 3, that of `y` is 2.
fn product() -> Value {
    let mut words = sample(
        &[Span::new(1, &[], &[]).wanting(), Span::new(2, &[], &[]).wanting()],
        &[Span::new(5, &[], &[]), Span::new(0, &[], &[]), Span::new(2, &[], &[]), Span::new(1, &[], &[])],
        None,
    );
    words["roots"] = json!([0]);
    words["cotangents"] = json!([1]);
    words["gradients"] = json!([[0, 2], [1, 3]]);
    words
}

/// What the runner finds in a corpus of this one sample.
#[track_caller]
fn check(operator: &str, sample: Value, status: Status, message: &str) {
    let board = board(&[entry(operator, true, vec![sample])], 1);
    let outcome = &board.operators[0].samples[0];
    assert_eq!(outcome.status, status, "{}", outcome.message);
    assert!(outcome.message.contains(message), "{}", outcome.message);
    assert_eq!(board.operators[0].passed(), status == Status::Pass);
}

#[test]
fn a_right_sample_passes() {
    let one =
        sample(&[Span::new(0, &[1], &[1]), Span::new(2, &[1], &[1])], &[Span::new(3, &[1], &[1])], None);
    check("add", one, Status::Pass, "");
    check("mul", product(), Status::Pass, "");
}

#[test]
fn another_value_is_found() {
    check("add", sum(4), Status::Value, "expected 5.0, found 4.0; 1 of 2 differ");
}

#[test]
fn another_number_of_results_is_found() {
    let mut words = sum(3);
    words["result"] = json!({"tuple": [{"tensor": 0}, {"tensor": 0}]});
    check("add", words, Status::Value, "expected 2 results, found 1");
}

#[test]
fn another_dtype_is_found() {
    let mut words = sum(3);
    words["result_tensors"][0]["dtype"] = json!("int32");
    words["result_storages"][0]["dtype"] = json!("int32");
    check("add", words, Status::DType, "expected int32, found float32");
}

#[test]
fn another_shape_is_found() {
    let inputs = [Span::new(0, &[2], &[1]), Span::new(2, &[2], &[1])];
    check(
        "add",
        sample(&inputs, &[Span::new(3, &[1, 2], &[2, 1])], None),
        Status::Shape,
        "[1, 2], found [2]",
    );
}

#[test]
fn other_strides_are_found() {
    let inputs = [Span::new(0, &[2, 2], &[2, 1]), Span::new(0, &[2, 2], &[2, 1])];
    let words = sample(&inputs, &[Span::new(0, &[2, 2], &[1, 2])], None);
    check("add", words, Status::Stride, "expected strides [1, 2], found [2, 1]");
}

#[test]
fn a_copy_where_a_view_belongs_is_found_and_so_is_the_reverse() {
    let inputs = || [Span::new(0, &[1], &[1]), Span::new(2, &[1], &[1])];
    let copied = sample(&inputs(), &[Span::new(3, &[1], &[1])], Some(0));
    check("add", copied, Status::Stride, "expected a view of input tensor 0, found storage of its own");
    let turned = |view_of| {
        let mut words = sample(&[Span::new(0, &[2, 3], &[3, 1])], &[Span::new(0, &[3, 2], &[1, 3])], view_of);
        words["args"] = json!([{"tensor": 0}, 0, 1]);
        words
    };
    check("transpose", turned(Some(0)), Status::Pass, "");
    check(
        "transpose",
        turned(None),
        Status::Stride,
        "expected storage of its own, found a view of input tensor 0",
    );
}

#[test]
fn another_gradient_is_found() {
    let mut words = product();
    words["gradients"] = json!([[0, 2], [1, 2]]);
    check(
        "mul",
        words,
        Status::Gradient,
        "gradient of input tensor 1: element 0 (row-major): expected 3.0, found 2.0",
    );
}

#[test]
fn a_gradient_too_many_and_one_too_few_are_found() {
    let mut words = product();
    words["gradients"] = json!([[0, 2], [1, null]]);
    check("mul", words, Status::Gradient, "one side has none");
    let mut words = product();
    words["roots"] = json!([]);
    check("mul", words, Status::Gradient, "expected no gradient to be wanted, found one");
    // [1, 2] + [3] = [4, 5], of inputs that want nothing.
    let mut words = sum(3);
    words["roots"] = json!([0]);
    words["result_storages"][0]["at"] = json!(12);
    words["tensors"][1]["sizes"] = json!([1]);
    words["tensors"][1]["offset"] = json!(0);
    check("add", words, Status::Gradient, "expected a gradient to be wanted, found none");
}

#[test]
fn a_refusal_where_a_result_belongs_is_found() {
    let inputs = [Span::new(0, &[2], &[1]), Span::new(2, &[3], &[1])];
    check("add", sample(&inputs, &[Span::new(3, &[2], &[1])], None), Status::Raised, "RuntimeError");
}

#[test]
fn a_result_where_a_refusal_belongs_is_found() {
    let mut words = sum(3);
    words.as_object_mut().expect("an object").remove("result");
    words["raised"] = json!({"class": "RuntimeError", "text": "planted"});
    check("add", words, Status::NotRaised, "expected RuntimeError: planted");
}

#[test]
fn what_does_not_exist_is_named() {
    check("no_such_operator", sum(3), Status::Unimplemented, "no_such_operator");
    let mut words = sum(3);
    words["tensors"][0]["dtype"] = json!("complex64");
    words["storages"][0]["dtype"] = json!("complex64");
    check("add", words, Status::Unimplemented, "complex64");
    check("add", json!({"undescribed": "a sparse tensor"}), Status::Unimplemented, "a sparse tensor");
}

#[test]
fn steps_are_made_in_order_over_what_the_earlier_ones_gave() {
    // (1 + 3) + 4 = 8.
    let mut words =
        sample(&[Span::new(0, &[1], &[1]), Span::new(2, &[1], &[1])], &[Span::new(7, &[1], &[1])], None);
    words["steps"] = json!([
        {"callable": "add", "args": [{"tensor": 0}, {"tensor": 1}], "kwargs": {}},
        {"callable": "Tensor.add", "args": [{"earlier": [0, 0]}, 4], "kwargs": {}},
    ]);
    words["answer"] = json!({"whole": 1});
    check("wrapper", words.clone(), Status::Pass, "");
    words["answer"] = json!({"parts": [{"earlier": [0, 0]}]});
    check("wrapper", words, Status::Value, "expected 8.0, found 4.0");
}

#[test]
fn the_variants_that_write_are_held_to_their_own_results() {
    let written = |first: usize| {
        json!({
            "result": {"tensor": 0}, "storages": [{"at": 4 * first, "bytes": 4, "dtype": "float32"}],
            "tensors": [{"storage": 0, "dtype": "float32", "sizes": [1], "strides": [1], "offset": 0}],
        })
    };
    let one = |first: usize| {
        let mut words =
            sample(&[Span::new(0, &[1], &[1]), Span::new(2, &[1], &[1])], &[Span::new(3, &[1], &[1])], None);
        words["in_place"] = written(first);
        words["out"] = written(first);
        words
    };
    let board = board(&[entry("add", true, vec![one(3), one(4)])], 1);
    assert!(board.summary().contains("in place 1/2; out= 1/2\n"), "{}", board.summary());
    assert!(board.lines(true).contains("in place 1: value: result 0: element 0"), "{}", board.lines(true));
}

#[test]
fn calls_that_must_be_refused_are_graded() {
    let refused = |sizes: [usize; 2], class: &str, pattern: &str| {
        let storage = json!({"at": 0, "bytes": 48, "dtype": "float32"});
        let tensors: Vec<Value> = sizes
            .iter()
            .map(|size| json!({"storage": 0, "dtype": "float32", "sizes": [size], "strides": [1], "offset": 0}))
            .collect();
        json!({
            "classes": [class], "pattern": pattern, "args": [{"tensor": 0}, {"tensor": 1}], "kwargs": {},
            "storages": [storage], "tensors": tensors,
        })
    };
    let text = r"The size of tensor a \(2\) must match";
    let mut words = entry("add", true, vec![sum(3)]);
    words["errors"] = json!([
        refused([2, 3], "RuntimeError", text),
        refused([2, 3], "RuntimeError", "another text"),
        refused([2, 3], "IndexError", text),
        refused([2, 2], "RuntimeError", text),
    ]);
    let board = board(&[words], 1);
    assert!(board.summary().contains("errors raised 3/4; class 2/4; text 1/4\n"), "{}", board.summary());
}
