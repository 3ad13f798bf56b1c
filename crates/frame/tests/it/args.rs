//! A case's inputs and parameters, each to be read by the call.

use std::collections::BTreeSet;

use column::Scalar;
use frame::{Error, Frame, Index, Series};
use serde_json::Value as Json;

use crate::text::{Value, read_cell, read_value};

/// Why a call gave no value.
pub enum Failure {
    /// The crate's error: perhaps the expected one.
    Frame(Error),
    /// The case asks for what the registry cannot pass on.
    Case(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Frame(error)
    }
}

impl From<column::Error> for Failure {
    fn from(error: column::Error) -> Self {
        Self::Frame(error.into())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Case(message)
    }
}

pub type Outcome = Result<Value, Failure>;

pub struct Args<'a> {
    inputs: &'a serde_json::Map<String, Json>,
    params: &'a serde_json::Map<String, Json>,
    unread: BTreeSet<String>,
}

impl<'a> Args<'a> {
    pub fn of(case: &'a Json) -> Result<Self, String> {
        let part = |key: &str| case[key].as_object().ok_or_else(|| format!("no {key}"));
        let (inputs, params) = (part("inputs")?, part("params")?);
        let unread = inputs.keys().chain(params.keys()).cloned().collect();
        Ok(Self { inputs, params, unread })
    }

    pub fn all_read(&self) -> Result<(), String> {
        match self.unread.is_empty() {
            true => Ok(()),
            false => Err(format!("not read: {:?}", self.unread)),
        }
    }

    pub fn has_param(&self, name: &str) -> bool {
        self.params.contains_key(name)
    }

    pub fn input(&mut self, name: &str) -> Result<Value, Failure> {
        self.unread.remove(name);
        Ok(read_value(self.inputs.get(name).ok_or_else(|| format!("no input {name}"))?))
    }

    pub fn frame(&mut self, name: &str) -> Result<Frame, Failure> {
        match self.input(name)? {
            Value::Frame(frame) => Ok(frame),
            _ => Err(format!("{name} is no frame").into()),
        }
    }

    pub fn series(&mut self, name: &str) -> Result<Series, Failure> {
        match self.input(name)? {
            Value::Series(series) => Ok(series),
            _ => Err(format!("{name} is no series").into()),
        }
    }

    pub fn index(&mut self, name: &str) -> Result<Index, Failure> {
        match self.input(name)? {
            Value::Index(index) => Ok(index),
            _ => Err(format!("{name} is no index").into()),
        }
    }

    pub fn raw(&mut self, name: &str) -> Result<&'a Json, Failure> {
        self.unread.remove(name);
        Ok(self.params.get(name).ok_or_else(|| format!("no parameter {name}"))?)
    }

    pub fn scalar(&mut self, name: &str) -> Result<Scalar, Failure> {
        Ok(read_cell(self.raw(name)?))
    }

    /// A parameter that may be null.
    pub fn maybe(&mut self, name: &str) -> Result<Option<Scalar>, Failure> {
        Ok(Some(self.raw(name)?).filter(|value| !value.is_null()).map(read_cell))
    }

    /// A label or a list of labels.
    pub fn labels(&mut self, name: &str) -> Result<Vec<Scalar>, Failure> {
        Ok(match self.raw(name)? {
            Json::Null => Vec::new(),
            Json::Array(items) => items.iter().map(read_cell).collect(),
            one => vec![read_cell(one)],
        })
    }

    /// Pairs of an object or of `{"$map": [[from, to], …]}`.
    pub fn pairs(&mut self, name: &str) -> Result<Option<Vec<(Scalar, Scalar)>>, Failure> {
        Ok(match self.raw(name)? {
            Json::Object(object) => Some(match object.get("$map").and_then(Json::as_array) {
                Some(pairs) => pairs.iter().map(|pair| (read_cell(&pair[0]), read_cell(&pair[1]))).collect(),
                None if object.keys().any(|key| key.starts_with('$')) => return Ok(None),
                None => object.iter().map(|(from, to)| (Scalar::str(from), read_cell(to))).collect(),
            }),
            _ => None,
        })
    }

    pub fn bool(&mut self, name: &str) -> Result<bool, Failure> {
        Ok(self.raw(name)?.as_bool().ok_or_else(|| format!("{name} is no boolean"))?)
    }

    pub fn int(&mut self, name: &str) -> Result<i64, Failure> {
        Ok(self.raw(name)?.as_i64().ok_or_else(|| format!("{name} is no integer"))?)
    }

    pub fn float(&mut self, name: &str) -> Result<f64, Failure> {
        Ok(self.raw(name)?.as_f64().ok_or_else(|| format!("{name} is no number"))?)
    }

    pub fn text(&mut self, name: &str) -> Result<&'a str, Failure> {
        Ok(self.raw(name)?.as_str().ok_or_else(|| format!("{name} is no text"))?)
    }

    pub fn maybe_text(&mut self, name: &str) -> Result<Option<&'a str>, Failure> {
        Ok(self.raw(name)?.as_str())
    }

    /// A parameter that the crate does not have: it must stand at its default.
    pub fn fixed(&mut self, name: &str, default: Json) -> Result<(), Failure> {
        let found = self.raw(name)?;
        match *found == default {
            true => Ok(()),
            false => Err(format!("{name}={found} cannot be passed on").into()),
        }
    }
}
