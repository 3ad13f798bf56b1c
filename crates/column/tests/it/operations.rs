//! The one table from a case's operation to the engine. Unknown operations and parameters are refused.

use column::{
    Arithmetic, Column, Comparison, Error, ErrorKind, Interpolation, Logic, Operand, RankMethod, Result,
    Scalar,
};
use serde_json::{Map, Value, json};

use crate::json::{column_in, column_out, outcome, scalar_in, scalar_out};

/// Inputs or parameters of a case that remember what was asked for.
struct Fields<'a> {
    fields: &'a Map<String, Value>,
    used: std::cell::RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    fn new(value: &'a Value) -> Self {
        Self { fields: value.as_object().expect("an object"), used: Default::default() }
    }

    fn get(&self, name: &'static str) -> Option<&'a Value> {
        self.used.borrow_mut().push(name);
        self.fields.get(name)
    }

    fn column(&self, name: &'static str) -> Column {
        column_in(self.get(name).unwrap_or_else(|| panic!("input {name}")))
    }

    fn text(&self, name: &'static str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("parameter {name}"))
    }

    fn flag(&self, name: &'static str, default: bool) -> bool {
        self.get(name).map_or(default, |value| value.as_bool().expect(name))
    }

    fn count(&self, name: &'static str, default: u64) -> usize {
        self.get(name).map_or(default, |value| value.as_u64().expect(name)) as usize
    }

    fn refuse_unknown(&self) {
        let used = self.used.borrow();
        for name in self.fields.keys() {
            assert!(used.contains(&name.as_str()), "unknown field {name}");
        }
    }
}

pub fn run(case: &Value) -> Value {
    let (inputs, params) = (Fields::new(&case["inputs"]), Fields::new(&case["params"]));
    let result = match case["op"].as_str().expect("op") {
        "binary" => binary(&inputs, &params),
        "unary" => unary(&inputs, &params),
        "reduce" => reduce(&inputs, &params),
        "method" => method(&inputs, &params),
        "argsort" => argsort(&inputs, &params),
        "factorize" => factorize(&inputs, &params),
        "concat" => concat(&inputs, &params),
        "searchsorted" => searchsorted(&inputs, &params),
        other => panic!("unknown operation {other}"),
    };
    inputs.refuse_unknown();
    params.refuse_unknown();
    outcome(result)
}

fn column_value(column: Column) -> Value {
    json!({"column": column_out(&column)})
}

enum Side {
    Column(Column),
    Scalar(Scalar),
}

impl Side {
    fn new(value: &Value) -> Self {
        if value.get("dtype").is_some() {
            Self::Column(column_in(value))
        } else {
            Self::Scalar(scalar_in(value))
        }
    }

    fn operand(&self) -> Operand<'_> {
        match self {
            Self::Column(column) => column.into(),
            Self::Scalar(scalar) => scalar.into(),
        }
    }
}

fn binary(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let left = Side::new(inputs.get("left").unwrap());
    let right = Side::new(inputs.get("right").unwrap());
    let (left, right) = (left.operand(), right.operand());
    let symbol = params.text("operator");
    let arithmetic = [
        ("+", Arithmetic::Add),
        ("-", Arithmetic::Subtract),
        ("*", Arithmetic::Multiply),
        ("/", Arithmetic::Divide),
        ("//", Arithmetic::FloorDivide),
        ("%", Arithmetic::Remainder),
        ("**", Arithmetic::Power),
    ];
    let comparisons = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessEqual,
        Comparison::Greater,
        Comparison::GreaterEqual,
    ];
    let logic = [Logic::And, Logic::Or, Logic::Xor];
    let result = if let Some((_, op)) = arithmetic.iter().find(|(name, _)| *name == symbol) {
        Column::arithmetic(*op, left, right)
    } else if let Some(op) = comparisons.iter().find(|op| op.symbol() == symbol) {
        Column::compare(*op, left, right)
    } else {
        let op = logic.iter().find(|op| op.symbol() == symbol).expect("an operator");
        Column::logic(*op, left, right)
    };
    result.map(column_value)
}

fn unary(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let result = match params.text("operator") {
        "-" => column.negate(),
        "~" => column.invert(),
        "abs" => column.abs(),
        other => panic!("unknown operator {other}"),
    };
    result.map(column_value)
}

fn reduce(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let skip = params.flag("skipna", true);
    let scalar = match params.text("name") {
        "sum" => column.sum(skip, params.count("min_count", 0))?,
        "prod" => column.prod(skip, params.count("min_count", 0))?,
        "mean" => column.mean(skip)?,
        "var" => column.var(skip, params.count("ddof", 1))?,
        "std" => column.std(skip, params.count("ddof", 1))?,
        "min" => column.min(skip)?,
        "max" => column.max(skip)?,
        "median" => column.median(skip)?,
        "quantile" => {
            let q = params.get("q").and_then(Value::as_f64).unwrap();
            column.quantile(q, Interpolation::Linear)?
        }
        "any" => Scalar::Bool(column.any()?),
        "all" => Scalar::Bool(column.all()?),
        "count" => Scalar::Int(column.count() as i64),
        "nunique" => Scalar::Int(column.nunique(true) as i64),
        other => panic!("unknown reduction {other}"),
    };
    Ok(json!({"scalar": scalar_out(&scalar)}))
}

fn method(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let result = match params.text("name") {
        "astype" => {
            let dtype = params.text("dtype").parse();
            dtype.and_then(|dtype| column.cast(dtype))
        }
        "unique" => Ok(column.unique()),
        "rank" => {
            let method = match params.text("method") {
                "average" => RankMethod::Average,
                "min" => RankMethod::Min,
                "max" => RankMethod::Max,
                "first" => RankMethod::First,
                "dense" => RankMethod::Dense,
                other => panic!("unknown method {other}"),
            };
            column.rank(method, params.flag("ascending", true), params.flag("pct", false))
        }
        other => Err(Error::new(ErrorKind::NotImplemented, other)),
    };
    result.map(column_value)
}

fn argsort(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let positions = column.argsort(params.flag("ascending", true), params.text("na_position") == "first")?;
    Ok(json!({"positions": positions}))
}

fn factorize(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let found = column.factorize(!params.flag("use_na_sentinel", true));
    let uniques = column.take(&found.first_rows)?;
    Ok(json!({"codes": found.codes, "uniques": column_out(&uniques)}))
}

fn concat(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    assert!(params.flag("ignore_index", false));
    Column::concat(&[&inputs.column("left"), &inputs.column("right")]).map(column_value)
}

fn searchsorted(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let right = params.text("side") == "right";
    let positions = inputs.column("column").searchsorted(&inputs.column("values"), right)?;
    Ok(json!({"positions": positions}))
}
