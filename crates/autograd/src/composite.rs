//! Operators made of other operators, whose gradients follow from theirs.

use tensor::{Arg, Args, Param, Result, bind, parse_schema};

use crate::variable::Variable;

/// A composite operator: PyTorch's schema text and a function over variables.
pub struct Composite {
    /// The whole text, equal to PyTorch's without the namespace.
    pub schema: &'static str,
    /// Computes the results from arguments bound to the schema.
    pub body: fn(&Args<'_, Variable>) -> Result<Vec<Variable>>,
}

impl Composite {
    /// Name and overload.
    pub fn name(&self) -> &'static str {
        self.schema.split('(').next().unwrap_or_default()
    }

    /// The parameters in order.
    ///
    /// # Errors
    /// `ValueError` if the schema text is malformed.
    pub fn params(&self) -> Result<Vec<Param>> {
        Ok(parse_schema(self.schema)?.1)
    }

    /// Runs the operator on positional, then named arguments.
    ///
    /// # Errors
    /// The operator's; `TypeError` for arguments that do not match the schema.
    pub fn call(
        &self,
        args: Vec<Arg<Variable>>,
        named: Vec<(String, Arg<Variable>)>,
    ) -> Result<Vec<Variable>> {
        let (name, params) = parse_schema(self.schema)?;
        let args = bind(name, &params, args, named)?;
        (self.body)(&Args::new(name, &args))
    }
}
