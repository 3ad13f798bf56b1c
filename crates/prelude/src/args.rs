//! Arguments by position and by name, as the signatures in `builtins.lm` declare them.
//!
//! A binding asks for its parameters in their declared order; each takes the next positional argument, else the one of
//! its name. What nobody asked for is refused at the end, so that no argument is ignored.

use std::cell::Cell;
use std::rc::Rc;

use vm::{Fault, Value};

pub(crate) struct Args<'a> {
    operation: &'a str,
    positional: &'a [Value],
    named: &'a [Value],
    names: &'a [Rc<str>],
    next: usize,
    used: Vec<Cell<bool>>,
}

impl<'a> Args<'a> {
    pub fn new(operation: &'a str, args: &'a [Value], names: &'a [Rc<str>]) -> Args<'a> {
        let (positional, named) = args.split_at(args.len().saturating_sub(names.len()));
        Args { operation, positional, named, names, next: 0, used: vec![Cell::new(false); names.len()] }
    }

    pub fn operation(&self) -> &'a str {
        self.operation
    }

    /// The argument for a parameter, if it was given.
    pub fn find(&mut self, name: &str) -> Option<&'a Value> {
        if let Some(value) = self.positional.get(self.next) {
            self.next += 1;
            return Some(value);
        }
        let at = self.names.iter().position(|n| &**n == name)?;
        self.used[at].set(true);
        self.named.get(at)
    }

    /// As [`Args::find`], but null counts as not given.
    pub fn optional(&mut self, name: &str) -> Option<&'a Value> {
        self.find(name).filter(|v| !v.is_null())
    }

    pub fn required(&mut self, name: &str) -> Result<&'a Value, Fault> {
        let operation = self.operation;
        self.find(name)
            .ok_or_else(|| Fault::new("R0203", format!("{operation}: the argument `{name}` is missing")))
    }

    /// All positional arguments that are left.
    pub fn rest(&mut self) -> &'a [Value] {
        let rest = self.positional.get(self.next..).unwrap_or_default();
        self.next = self.positional.len();
        rest
    }

    /// All named arguments that nobody asked for, in the order written.
    pub fn rest_named(&mut self) -> Vec<(&'a str, &'a Value)> {
        let mut rest = Vec::new();
        for (at, (name, value)) in self.names.iter().zip(self.named).enumerate() {
            if !self.used[at].replace(true) {
                rest.push((&**name, value));
            }
        }
        rest
    }

    pub fn wrong(&self, name: &str, expected: &str, found: &Value) -> Fault {
        Fault::new(
            "R0200",
            format!("{}({name}:) expects {expected}, found {}", self.operation, found.type_name()),
        )
    }

    pub fn text(&mut self, name: &str, default: &str) -> Result<String, Fault> {
        match self.optional(name) {
            None => Ok(default.to_string()),
            Some(value) => {
                value.as_str().map(str::to_string).ok_or_else(|| self.wrong(name, "a String", value))
            }
        }
    }

    pub fn optional_text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.optional(name) {
            None => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(text.to_string())),
                None => Err(self.wrong(name, "a String", value)),
            },
        }
    }

    pub fn required_text(&mut self, name: &str) -> Result<String, Fault> {
        let value = self.required(name)?;
        value.as_str().map(str::to_string).ok_or_else(|| self.wrong(name, "a String", value))
    }

    pub fn flag(&mut self, name: &str, default: bool) -> Result<bool, Fault> {
        match self.optional(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(value) => Err(self.wrong(name, "a Bool", value)),
        }
    }

    pub fn int(&mut self, name: &str, default: i64) -> Result<i64, Fault> {
        Ok(self.optional_int(name)?.unwrap_or(default))
    }

    pub fn optional_int(&mut self, name: &str) -> Result<Option<i64>, Fault> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(value) => Err(self.wrong(name, "an Int", value)),
        }
    }

    pub fn required_int(&mut self, name: &str) -> Result<i64, Fault> {
        match self.required(name)? {
            Value::Int(number) => Ok(*number),
            value => Err(self.wrong(name, "an Int", value)),
        }
    }

    /// A whole number from 0.
    pub fn size(&mut self, name: &str, default: usize) -> Result<usize, Fault> {
        match self.optional(name) {
            None => Ok(default),
            Some(Value::Int(number)) if *number >= 0 => Ok(*number as usize),
            Some(value) => Err(self.wrong(name, "an Int from 0", value)),
        }
    }

    pub fn float(&mut self, name: &str, default: f64) -> Result<f64, Fault> {
        Ok(self.optional_float(name)?.unwrap_or(default))
    }

    pub fn optional_float(&mut self, name: &str) -> Result<Option<f64>, Fault> {
        match self.optional(name) {
            None => Ok(None),
            Some(value) => match value.as_number() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, "a number", value)),
            },
        }
    }

    /// A text or a list of texts; empty when not given.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, Fault> {
        match self.optional(name) {
            None => Ok(Vec::new()),
            Some(value) => self.as_texts(name, value),
        }
    }

    pub fn as_texts(&self, name: &str, value: &Value) -> Result<Vec<String>, Fault> {
        if let Some(text) = value.as_str() {
            return Ok(vec![text.to_string()]);
        }
        let items = crate::convert::items(value)
            .ok_or_else(|| self.wrong(name, "a String or a list of them", value))?;
        items
            .iter()
            .map(|item| {
                item.as_str().map(str::to_string).ok_or_else(|| self.wrong(name, "a list of String", item))
            })
            .collect()
    }

    /// A list of Ints.
    pub fn ints(&mut self, name: &str) -> Result<Vec<i64>, Fault> {
        let value = self.required(name)?;
        let items = crate::convert::items(value).ok_or_else(|| self.wrong(name, "a list of Int", value))?;
        items
            .iter()
            .map(|item| match item {
                Value::Int(number) => Ok(*number),
                other => Err(self.wrong(name, "a list of Int", other)),
            })
            .collect()
    }

    /// Refuses what no parameter took.
    pub fn finish(&self) -> Result<(), Fault> {
        if self.next < self.positional.len() {
            let surplus = self.positional.len() - self.next;
            return Err(Fault::new(
                "R0203",
                format!("{} takes {} arguments, found {surplus} more", self.operation, self.next),
            ));
        }
        match self.used.iter().position(|u| !u.get()) {
            Some(at) => {
                Err(Fault::new("R0203", format!("{} has no parameter `{}`", self.operation, self.names[at])))
            }
            None => Ok(()),
        }
    }
}
