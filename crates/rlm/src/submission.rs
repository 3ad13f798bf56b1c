//! What a `SUBMIT` came to.

use crate::signature::Signature;
use crate::violation::{Violation, ViolationKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Submitted values with more bytes of JSON are refused.
pub const SUBMIT_BYTES_MAX: usize = 16 << 20;

/// The fields of a `SUBMIT` as the worker sends them.
///
/// JSON has no NaN and no infinities, so the worker writes `null` in their place and says where and what they were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// The fields.
    pub fields: Map<String, Value>,
    /// JSON pointers to floats that are not finite, with their text: `nan`, `inf` or `-inf`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_finite: Vec<(String, String)>,
}

/// The verdict over a cell's `SUBMIT`, or over its absence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum SubmitResult {
    /// The outputs, as the signature types them.
    Success {
        /// By name.
        outputs: Map<String, Value>,
    },
    /// The outputs do not fit.
    ValidationError {
        /// Why, in the order of the value.
        errors: Vec<Violation>,
        /// What was submitted.
        original_outputs: Map<String, Value>,
    },
    /// The cell ended without.
    NotSubmitted {
        /// Why it counts as such.
        reason: String,
    },
}

impl Submission {
    /// Fields of finite values.
    #[must_use]
    pub fn of(fields: Map<String, Value>) -> Self {
        Self { fields, not_finite: Vec::new() }
    }

    /// Holds the fields against a signature; without one there is nothing to submit to.
    ///
    /// ```
    /// use rlm::{Signature, Submission, SubmitResult};
    /// use serde_json::json;
    ///
    /// let outputs = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    /// let signature = Signature::of_outputs("Count.", &outputs).unwrap();
    /// let submission = Submission::of(json!({"n": 7}).as_object().unwrap().clone());
    /// assert!(matches!(submission.judge(Some(&signature)), SubmitResult::Success { .. }));
    /// ```
    #[must_use]
    pub fn judge(&self, signature: Option<&Signature>) -> SubmitResult {
        let refused =
            |errors| SubmitResult::ValidationError { errors, original_outputs: self.fields.clone() };
        let Some(signature) = signature else {
            let expected = "a registered signature";
            return refused(vec![Violation::new("", ViolationKind::NoSignature, expected, "none", None)]);
        };
        let value = Value::Object(self.fields.clone());
        let bytes = value.to_string().len();
        if bytes > SUBMIT_BYTES_MAX {
            let expected = format!("at most {SUBMIT_BYTES_MAX} bytes");
            let got = format!("{bytes} bytes");
            return refused(vec![Violation::new("", ViolationKind::TooLarge, expected, got, None)]);
        }
        let mut errors: Vec<Violation> = self
            .not_finite
            .iter()
            .map(|(pointer, text)| {
                let mut violation =
                    Violation::new(pointer, ViolationKind::NotFinite, "a finite number", text.as_str(), None);
                violation.preview.clone_from(text);
                violation
            })
            .collect();
        match signature.outputs().validate(&value, signature.extra()) {
            Ok(Value::Object(outputs)) if errors.is_empty() => SubmitResult::Success { outputs },
            Ok(_) => refused(errors),
            Err(found) => {
                // The null that stands for a NaN is no mistake of its own.
                let stands_in =
                    |each: &Violation| self.not_finite.iter().any(|(pointer, _)| *pointer == each.pointer);
                errors.extend(found.into_iter().filter(|each| !stands_in(each)));
                refused(errors)
            }
        }
    }

    /// The verdict over a second `SUBMIT` of one cell.
    #[must_use]
    pub fn repeated(&self) -> SubmitResult {
        let violation =
            Violation::new("", ViolationKind::MultipleSubmits, "one SUBMIT in a cell", "another one", None);
        SubmitResult::ValidationError { errors: vec![violation], original_outputs: self.fields.clone() }
    }
}
