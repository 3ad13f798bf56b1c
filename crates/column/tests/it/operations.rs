//! The one table from a case's operation to the engine. Unknown operations and parameters are refused.

use column::{
    Arithmetic, Case, Column, Comparison, Error, ErrorKind, Interpolation, Logic, Operand, Pattern,
    RankMethod, Result, Scalar, TextSide, TextTest,
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
        "str" => strings(&inputs, &params),
        "dt" => datetimes(&inputs, &params),
        "to_datetime" => {
            let coerce = params.get("errors").is_some_and(|errors| errors == "coerce");
            let format = params.get("format").and_then(Value::as_str);
            inputs.column("column").to_datetime(format, coerce).map(column_value)
        }
        "numpy" => {
            let column = inputs.column("column");
            let result = match params.text("name") {
                "sqrt" => column.sqrt(),
                "log" => column.ln(),
                "exp" => column.exp(),
                "floor" => column.floor(),
                "ceil" => column.ceil(),
                other => panic!("unknown function {other}"),
            };
            result.map(column_value)
        }
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
        "round" => column.round(params.get("decimals").and_then(Value::as_i64).unwrap_or(0) as i32),
        "isin" => {
            let Scalar::List(values) = scalar_in(inputs.get("values").expect("values")) else {
                panic!("a list")
            };
            Ok(column.isin(&Column::object(values.to_vec())).into())
        }
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

fn pattern(params: &Fields<'_>) -> Result<Pattern> {
    let case = params.flag("case", true);
    match params.flag("regex", params.get("name").is_some_and(|name| name != "replace")) {
        true => Pattern::regex(params.text("pat"), case),
        false => Pattern::literal(params.text("pat"), case),
    }
}

fn strings(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let integer = |name: &'static str| params.get(name).and_then(Value::as_i64);
    let text = |name: &'static str| params.get(name).and_then(Value::as_str);
    let na = || params.get("na").and_then(Value::as_bool);
    let side = || match text("side") {
        Some("right") => TextSide::Right,
        Some("both") => TextSide::Both,
        _ => TextSide::Left,
    };
    let result = match params.text("name") {
        "len" => column.str_len(),
        "upper" => column.str_case(Case::Upper),
        "lower" => column.str_case(Case::Lower),
        "title" => column.str_case(Case::Title),
        "capitalize" => column.str_case(Case::Capitalize),
        "swapcase" => column.str_case(Case::Swap),
        "strip" => column.str_strip(TextSide::Both, text("to_strip")),
        "lstrip" => column.str_strip(TextSide::Left, text("to_strip")),
        "rstrip" => column.str_strip(TextSide::Right, text("to_strip")),
        "contains" => pattern(params).and_then(|pattern| column.str_contains(&pattern, na())),
        "match" => pattern(params).and_then(|pattern| column.str_match(&pattern, false, na())),
        "fullmatch" => pattern(params).and_then(|pattern| column.str_match(&pattern, true, na())),
        "count" => pattern(params).and_then(|pattern| column.str_count(&pattern)),
        "replace" => {
            let count = integer("n").and_then(|n| usize::try_from(n).ok());
            pattern(params).and_then(|pattern| column.str_replace(&pattern, params.text("repl"), count))
        }
        "startswith" => column.str_startswith(&[params.text("pat")], na()),
        "endswith" => column.str_endswith(&[params.text("pat")], na()),
        "removeprefix" => column.str_remove(TextSide::Left, params.text("prefix")),
        "removesuffix" => column.str_remove(TextSide::Right, params.text("suffix")),
        "find" => column.str_find(params.text("sub")),
        "slice" => column.str_slice(integer("start"), integer("stop"), integer("step").unwrap_or(1)),
        "get" => column.str_get(integer("i").unwrap()),
        "zfill" => column.str_zfill(params.count("width", 0)),
        "pad" => {
            let fill = text("fillchar").and_then(|fill| fill.chars().next()).unwrap_or(' ');
            column.str_pad(params.count("width", 0), side(), fill)
        }
        "isdigit" => column.str_is(TextTest::Digit),
        "isalpha" => column.str_is(TextTest::Alphabetic),
        "isalnum" => column.str_is(TextTest::Alphanumeric),
        "isspace" => column.str_is(TextTest::Space),
        "isupper" => column.str_is(TextTest::Upper),
        "islower" => column.str_is(TextTest::Lower),
        "split" if params.flag("expand", false) => {
            let limit = integer("n").and_then(|n| usize::try_from(n).ok());
            let columns = column.str_split_columns(text("pat"), limit)?;
            return Ok(
                json!({"columns": columns.iter().enumerate().map(|(i, column)| json!([i, column_out(column)])).collect::<Vec<_>>()}),
            );
        }
        "split" => column.str_split(text("pat"), integer("n").and_then(|n| usize::try_from(n).ok())),
        "extract" => {
            let groups = column.str_extract(&Pattern::regex(params.text("pat"), true)?)?;
            let label = |(i, (name, column)): (usize, &(Option<String>, Column))| {
                json!([name.as_ref().map_or(json!(i), |name| json!(name)), column_out(column)])
            };
            return Ok(json!({"columns": groups.iter().enumerate().map(label).collect::<Vec<_>>()}));
        }
        "cat" if inputs.get("others").is_some() => {
            column.str_cat(&inputs.column("others"), text("sep").unwrap_or(""), text("na_rep"))
        }
        "cat" => {
            let joined = column.str_join(text("sep").unwrap_or(""), text("na_rep"))?;
            return Ok(json!({"scalar": joined}));
        }
        other => panic!("unknown method {other}"),
    };
    result.map(column_value)
}

fn datetimes(inputs: &Fields<'_>, params: &Fields<'_>) -> Result<Value> {
    let column = inputs.column("column");
    let result = match params.text("name") {
        "day_name" => column.day_name(),
        "month_name" => column.month_name(),
        "is_leap_year" => column.is_leap_year(),
        "normalize" => column.normalize(),
        "floor" => column.floor_times(params.text("freq")),
        "days" => column.timedelta_days(),
        "total_seconds" => column.total_seconds(),
        "strftime" => column.strftime(params.text("date_format")),
        part => part.parse().and_then(|part| column.datetime_part(part)),
    };
    result.map(column_value)
}
