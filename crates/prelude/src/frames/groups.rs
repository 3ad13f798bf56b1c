//! `GroupBy`: a frame and how its rows are grouped.

use column::{Column, Scalar};
use frame::{Aggregation, Frame, GroupBy, GroupOptions, Index, Selected, Series, SeriesGroupBy};
use vm::{Fault, Value};

use super::{View, frame_value, labels, series_value, view};
use crate::args::Args;
use crate::convert::from_scalar;
use crate::engine_error::of_frame;
use crate::host::Table;

/// What `groupby` was told. Rows are grouped when an aggregation needs it.
#[derive(Clone)]
pub(crate) struct Grouping {
    pub frame: Frame,
    pub by: Vec<String>,
    pub options: GroupOptions,
    /// The columns after `[...]`, and whether it was a single one.
    pub selected: Option<(Vec<String>, bool)>,
}

enum Grouped {
    Frame(Box<GroupBy>),
    Series(Box<SeriesGroupBy>),
}

impl Grouping {
    fn grouped(&self, operation: &str) -> Result<Grouped, Fault> {
        let groups = self.frame.groupby(&labels(&self.by), self.options).map_err(of_frame(operation))?;
        Ok(match &self.selected {
            None => Grouped::Frame(Box::new(groups)),
            Some((columns, true)) => {
                let column = columns.first().map_or(String::new(), Clone::clone);
                Grouped::Series(Box::new(groups.column(Scalar::str(column)).map_err(of_frame(operation))?))
            }
            Some((columns, false)) => {
                Grouped::Frame(Box::new(groups.select(&labels(columns)).map_err(of_frame(operation))?))
            }
        })
    }

    /// The columns that are grouped: those selected, else all but the keys.
    fn columns(&self) -> Vec<Scalar> {
        if let Some((columns, _)) = &self.selected {
            return labels(columns);
        }
        let keys = labels(&self.by);
        self.frame.columns().iter().filter(|label| !keys.contains(label)).collect()
    }

    /// A series for each row of one selected column, else such a series for each column.
    fn each_column(
        &self,
        operation: &str,
        f: impl Fn(&SeriesGroupBy) -> frame::Result<Series>,
    ) -> Result<Value, Fault> {
        if let Grouped::Series(groups) = self.grouped(operation)? {
            return f(&groups).map(series_value).map_err(of_frame(operation));
        }
        let groups = self.frame.groupby(&labels(&self.by), self.options).map_err(of_frame(operation))?;
        let columns = self.columns();
        let column = |label: &Scalar| Ok(f(&groups.column(label.clone())?)?.values().clone());
        let data = columns.iter().map(column).collect::<frame::Result<Vec<Column>>>();
        data.and_then(|data| Frame::new(Index::from_labels(columns), data, self.frame.index().clone()))
            .map(frame_value)
            .map_err(of_frame(operation))
    }

    /// The rows that `f` keeps, in the selected columns; of a single column a series.
    fn rows(&self, operation: &str, f: impl Fn(&GroupBy) -> frame::Result<Frame>) -> Result<Value, Fault> {
        let groups = self.frame.groupby(&labels(&self.by), self.options);
        let made = groups.and_then(|groups| match &self.selected {
            None => f(&groups).map(frame_value),
            Some((columns, single)) => {
                let columns = labels(columns);
                let rows = f(&groups.select(&columns)?)?;
                match columns.into_iter().next().filter(|_| *single) {
                    Some(column) => rows.column(column).map(series_value),
                    None => Ok(frame_value(rows)),
                }
            }
        });
        made.map_err(of_frame(operation))
    }

    /// The same grouping of some columns.
    pub fn select(&self, columns: Vec<String>, single: bool) -> Grouping {
        Grouping { selected: Some((columns, single)), ..self.clone() }
    }

    /// Canonical bytes: the keys; a byte each for `as_index`, `sort`, `dropna` and `observed`; 0 where nothing is
    /// selected, else 1 for a single column or 2, and the columns; the frame's own bytes. A list is its count and its
    /// texts, a text its length and its UTF-8; counts and lengths are eight bytes, little endian.
    pub fn encode(&self) -> Vec<u8> {
        let GroupOptions { as_index, sort, dropna, observed } = self.options;
        let mut bytes = Vec::new();
        push_texts(&mut bytes, &self.by);
        bytes.extend([as_index, sort, dropna, observed].map(u8::from));
        match &self.selected {
            None => bytes.push(0),
            Some((columns, single)) => {
                bytes.push(if *single { 1 } else { 2 });
                push_texts(&mut bytes, columns);
            }
        }
        bytes.extend(self.frame.to_bytes().unwrap_or_default());
        bytes
    }
}

fn push_texts(bytes: &mut Vec<u8>, texts: &[String]) {
    bytes.extend((texts.len() as u64).to_le_bytes());
    for text in texts {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.bytes());
    }
}

fn grouping<'a>(args: &mut Args<'a>) -> Result<&'a Grouping, Fault> {
    let value = args.required("self")?;
    match value.downcast::<View>() {
        Some(View::Groups(grouping)) => Ok(grouping),
        _ => Err(args.wrong("self", "a GroupBy", value)),
    }
}

pub(crate) fn selected(selected: Selected) -> Value {
    match selected {
        Selected::Frame(frame) => frame_value(frame),
        Selected::Series(series) => series_value(series),
        Selected::Scalar(scalar) => from_scalar(&scalar),
    }
}

fn reduce(args: &mut Args<'_>, how: Aggregation) -> Result<Value, Fault> {
    let operation = args.operation();
    match grouping(args)?.grouped(operation)? {
        Grouped::Frame(groups) => groups.agg(how).map(frame_value).map_err(of_frame(operation)),
        Grouped::Series(groups) => groups.agg(how).map(selected).map_err(of_frame(operation)),
    }
}

fn parse(operation: &str, name: &str) -> Result<Aggregation, Fault> {
    Aggregation::parse(name).map_err(of_frame(operation))
}

/// `agg` by a function's name, by a list of them, or by a map from columns to names.
fn agg_by(args: &Args<'_>, grouping: &Grouping, func: &Value) -> Result<Value, Fault> {
    let operation = args.operation();
    let groups = grouping.grouped(operation)?;
    let frame = |made: frame::Result<Frame>| made.map(frame_value).map_err(of_frame(operation));
    if let Some(name) = func.as_str() {
        let how = parse(operation, name)?;
        return match groups {
            Grouped::Series(groups) => groups.agg(how).map(selected).map_err(of_frame(operation)),
            Grouped::Frame(groups) => frame(groups.agg(how)),
        };
    }
    if let Value::Map(map) = func {
        let mut hows = Vec::new();
        for (column, how) in map.iter() {
            let (Some(column), Some(how)) = (column.as_str(), how.as_str()) else {
                return Err(args.wrong("func", "a map from columns to functions' names", how));
            };
            hows.push((Scalar::str(column), parse(operation, how)?));
        }
        return match groups {
            Grouped::Frame(groups) => frame(groups.agg_columns(&hows)),
            Grouped::Series(_) => Err(args.wrong("func", "functions' names for one column", func)),
        };
    }
    let names = args.as_texts("func", func)?;
    let hows = names.iter().map(|name| parse(operation, name)).collect::<Result<Vec<_>, _>>()?;
    match groups {
        Grouped::Series(groups) => frame(groups.agg_list(&hows)),
        Grouped::Frame(groups) => {
            let lists: Vec<_> = grouping.columns().into_iter().map(|column| (column, hows.clone())).collect();
            frame(groups.agg_lists(&lists))
        }
    }
}

fn agg(args: &mut Args<'_>) -> Result<Value, Fault> {
    let operation = args.operation();
    let grouping = grouping(args)?;
    if let Some(func) = args.optional("func") {
        return agg_by(args, grouping, func);
    }
    let mut named = Vec::new();
    for (out, value) in args.rest_named() {
        let pair = crate::convert::items(value).filter(|p| p.len() == 2 && value.as_str().is_none());
        let (column, how) = match (&pair, &grouping.selected) {
            (Some(pair), _) => match (pair[0].as_str(), pair[1].as_str()) {
                (Some(column), Some(how)) => (column.to_string(), how.to_string()),
                _ => return Err(args.wrong(out, "(\"column\", \"function\")", value)),
            },
            (None, Some((columns, true))) => match value.as_str() {
                Some(how) => (columns.first().cloned().unwrap_or_default(), how.to_string()),
                None => return Err(args.wrong(out, "a function's name", value)),
            },
            (None, _) => return Err(args.wrong(out, "(\"column\", \"function\")", value)),
        };
        named.push((Scalar::str(out), Scalar::str(column), parse(operation, &how)?));
    }
    let groups =
        grouping.frame.groupby(&labels(&grouping.by), grouping.options).map_err(of_frame(operation))?;
    groups.agg_named(&named).map(frame_value).map_err(of_frame(operation))
}

/// The first or last `n` rows of each group.
fn ends(args: &mut Args<'_>, of: impl Fn(&GroupBy, i64) -> frame::Result<Frame>) -> Result<Value, Fault> {
    let operation = args.operation();
    let grouping = grouping(args)?;
    let n = args.int("n", 5)?;
    grouping.rows(operation, |groups| of(groups, n))
}

pub(crate) const TABLE: Table = &[
    ("Frame.groupby", |_, a| {
        let frame = super::frame_of(a, "self")?;
        let by = a.texts("by")?;
        let options = GroupOptions {
            as_index: a.flag("as_index", true)?,
            sort: a.flag("sort", true)?,
            dropna: a.flag("dropna", true)?,
            observed: a.flag("observed", true)?,
        };
        // A misspelt key is reported where it is written, not at the aggregation.
        frame.groupby(&labels(&by), options).map_err(of_frame(a.operation()))?;
        Ok(view(View::Groups(Grouping { frame, by, options, selected: None })))
    }),
    ("GroupBy.agg", |_, a| agg(a)),
    ("GroupBy.all", |_, a| reduce(a, Aggregation::All)),
    ("GroupBy.any", |_, a| reduce(a, Aggregation::Any)),
    ("GroupBy.count", |_, a| reduce(a, Aggregation::Count)),
    ("GroupBy.cumcount", |_, a| {
        let operation = a.operation();
        let grouping = grouping(a)?;
        let ascending = a.flag("ascending", true)?;
        let groups =
            grouping.frame.groupby(&labels(&grouping.by), grouping.options).map_err(of_frame(operation))?;
        groups.cumcount(ascending).map(series_value).map_err(of_frame(operation))
    }),
    ("GroupBy.cumsum", |_, a| {
        let operation = a.operation();
        grouping(a)?.each_column(operation, SeriesGroupBy::cumsum)
    }),
    ("GroupBy.first", |_, a| reduce(a, Aggregation::First)),
    ("GroupBy.head", |_, a| ends(a, GroupBy::head)),
    ("GroupBy.last", |_, a| reduce(a, Aggregation::Last)),
    ("GroupBy.max", |_, a| reduce(a, Aggregation::Max)),
    ("GroupBy.mean", |_, a| reduce(a, Aggregation::Mean)),
    ("GroupBy.median", |_, a| reduce(a, Aggregation::Median)),
    ("GroupBy.min", |_, a| reduce(a, Aggregation::Min)),
    ("GroupBy.ngroups", |_, a| {
        let operation = a.operation();
        let grouping = grouping(a)?;
        let groups =
            grouping.frame.groupby(&labels(&grouping.by), grouping.options).map_err(of_frame(operation))?;
        Ok(Value::Int(groups.keys().len() as i64))
    }),
    ("GroupBy.nunique", |_, a| reduce(a, Aggregation::Nunique)),
    ("GroupBy.prod", |_, a| reduce(a, Aggregation::Prod)),
    ("GroupBy.quantile", |_, a| {
        let operation = a.operation();
        let grouping = grouping(a)?;
        let how = Aggregation::Quantile(a.float("q", 0.5)?);
        match grouping.grouped(operation)? {
            Grouped::Frame(groups) => groups.agg(how).map(frame_value).map_err(of_frame(operation)),
            Grouped::Series(groups) => groups.agg(how).map(selected).map_err(of_frame(operation)),
        }
    }),
    ("GroupBy.rank", |_, a| {
        let operation = a.operation();
        let grouping = grouping(a)?;
        let options = super::series_methods::ranking(a)?;
        grouping.each_column(operation, |groups| groups.rank(options))
    }),
    ("GroupBy.size", |_, a| {
        let operation = a.operation();
        match grouping(a)?.grouped(operation)? {
            Grouped::Frame(groups) => groups.size().map(selected).map_err(of_frame(operation)),
            Grouped::Series(groups) => groups.size().map(selected).map_err(of_frame(operation)),
        }
    }),
    ("GroupBy.std", |_, a| reduce(a, Aggregation::Std)),
    ("GroupBy.sum", |_, a| reduce(a, Aggregation::Sum)),
    ("GroupBy.tail", |_, a| ends(a, GroupBy::tail)),
    ("GroupBy.transform", |_, a| {
        let operation = a.operation();
        let grouping = grouping(a)?;
        let how = parse(operation, &a.required_text("func")?)?;
        match grouping.grouped(operation)? {
            Grouped::Frame(groups) => groups.transform(how).map(frame_value).map_err(of_frame(operation)),
            Grouped::Series(groups) => groups.transform(how).map(series_value).map_err(of_frame(operation)),
        }
    }),
    ("GroupBy.var", |_, a| reduce(a, Aggregation::Var)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn groupings_have_one_encoding_each() {
        let frame = Frame::from_columns([("a", Column::from(vec![1i64])), ("b", Column::from(vec![2i64]))]);
        let frame = frame.expect("a frame");
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect::<Vec<_>>();
        let default = GroupOptions::default();
        let made = |by: &[&str], options, selected: Option<(&[&str], bool)>| Grouping {
            frame: frame.clone(),
            by: texts(by),
            options,
            selected: selected.map(|(columns, single)| (texts(columns), single)),
        };
        let different = [
            made(&["a"], default, None),
            made(&["a", "b"], default, None),
            made(&["ab"], default, None),
            made(&["a"], GroupOptions { sort: false, ..default }, None),
            made(&["a"], GroupOptions { dropna: false, ..default }, None),
            made(&["a"], default, Some((&["b"], true))),
            made(&["a"], default, Some((&["b"], false))),
            made(&["a"], default, Some((&[], false))),
        ];
        let distinct: BTreeSet<Vec<u8>> = different.iter().map(Grouping::encode).collect();
        assert_eq!(distinct.len(), different.len());
        // By hand, from the description of the encoding.
        let told =
            b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0a\x01\x01\x01\x01\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0b";
        assert_eq!(different[5].encode(), [&told[..], &frame.to_bytes().unwrap_or_default()].concat());
    }
}
