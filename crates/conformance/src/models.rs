//! The model runtime, which no crate builds yet: its cases are stated, run and not evaluated.

use evidence::compare::Rule;
use evidence::value::Value;
use serde::Deserialize;

use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

/// What a case asks, in words, until a crate gives the parameters their type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    #[expect(dead_code, reason = "nothing can be asked yet")]
    given: String,
}

macro_rules! unbuilt {
    ($($op:literal: $section:literal;)+) => {
        /// The family's rows.
        pub(crate) const ROWS: &[Row] = &[$(Row {
            op: $op,
            reference: Reference::Spec(concat!("the model runtime: ", $section)),
            inputs: &[],
            params: Params::of::<Story>(),
            run: unbuilt,
            rule: Rule::Exact,
            hardened: &[],
            api: &[],
        }),+];
    };
}

unbuilt! {
    "models.submit": "Signatures, SUBMIT";
    "models.loop": "The loop, Fallback";
    "models.batch": "Functions a cell sees, Resume";
    "models.budget": "Budgets and cancellation";
    "models.resume": "Journal, Resume";
    "models.sandbox": "Sandbox";
    "models.provider": "Providers, cassettes";
    "models.protocol": "Worker protocol, Surfaces for other programs";
}

fn unbuilt(_: &Call<'_>) -> Result<Value, Failure> {
    Err(Failure::unsupported("the model runtime"))
}
