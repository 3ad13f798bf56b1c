//! What is no signature does not compile, and the compiler says why at the place.

#[test]
fn what_is_no_signature_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
