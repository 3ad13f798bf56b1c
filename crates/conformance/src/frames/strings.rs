//! The `str` accessor.

use column::{Case, Pattern, Scalar, TextSide, TextTest};
use evidence::json::Json;
use frame::{Frame, Index, Series};

use super::operation::{Give, Nothing, Outcome, params, series, series_of, unfit, unset};
use super::scalars::python_scalar;
use crate::call::{Call, Failure};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("str.len", [], Nothing, |call| series_of(call, "self")?.str().len()?.give()),
    series!("str.lower", [], Nothing, |call| case(call, Case::Lower)),
    series!("str.upper", [], Nothing, |call| case(call, Case::Upper)),
    series!("str.title", [], Nothing, |call| case(call, Case::Title)),
    series!("str.capitalize", [], Nothing, |call| case(call, Case::Capitalize)),
    series!("str.swapcase", [], Nothing, |call| case(call, Case::Swap)),
    series!("str.strip", [], Strip, |call| strip(call, TextSide::Both)),
    series!("str.lstrip", [], Strip, |call| strip(call, TextSide::Left)),
    series!("str.rstrip", [], Strip, |call| strip(call, TextSide::Right)),
    series!("str.isdigit", [], Nothing, |call| is(call, TextTest::Digit)),
    series!("str.isalpha", [], Nothing, |call| is(call, TextTest::Alphabetic)),
    series!("str.isalnum", [], Nothing, |call| is(call, TextTest::Alphanumeric)),
    series!("str.isspace", [], Nothing, |call| is(call, TextTest::Space)),
    series!("str.isupper", [], Nothing, |call| is(call, TextTest::Upper)),
    series!("str.islower", [], Nothing, |call| is(call, TextTest::Lower)),
    series!("str.contains", [], Contains, |call| {
        let Contains { pat, case, na, regex, .. } = Contains::of(call)?;
        let (pattern, na) = (pattern(&pat, case, regex)?, missing(&na)?);
        texts(call)?.map_values(|column| column.str_contains(&pattern, na))?.give()
    }),
    series!("str.match", [], Match, |call| {
        let Match { pat, na, .. } = Match::of(call)?;
        let (pattern, na) = (pattern(&pat, true, true)?, missing(&na)?);
        texts(call)?.map_values(|column| column.str_match(&pattern, false, na))?.give()
    }),
    series!("str.fullmatch", [], FullMatch, |call| {
        let FullMatch { pat, case, na, .. } = FullMatch::of(call)?;
        let (pattern, na) = (pattern(&pat, case, true)?, missing(&na)?);
        texts(call)?.map_values(|column| column.str_match(&pattern, true, na))?.give()
    }),
    series!("str.count", [], Count, |call| {
        let pattern = pattern(&Count::of(call)?.pat, true, true)?;
        texts(call)?.map_values(|column| column.str_count(&pattern))?.give()
    }),
    series!("str.startswith", [], Affix, |call| {
        let Affix { pat, na } = Affix::of(call)?;
        let na = missing(&na)?;
        texts(call)?.map_values(|column| column.str_startswith(&[pat.as_str()], na))?.give()
    }),
    series!("str.endswith", [], Affix, |call| {
        let Affix { pat, na } = Affix::of(call)?;
        let na = missing(&na)?;
        texts(call)?.map_values(|column| column.str_endswith(&[pat.as_str()], na))?.give()
    }),
    series!("str.find", [], Find, |call| {
        let Find { sub, .. } = Find::of(call)?;
        texts(call)?.map_values(|column| column.str_find(&sub))?.give()
    }),
    series!("str.replace", [], Replace, |call| {
        let Replace { pat, repl, n, case, regex, .. } = Replace::of(call)?;
        let pattern = pattern(&pat, case.unwrap_or(true), regex)?;
        series_of(call, "self")?.str().replace(&pattern, &repl, usize::try_from(n).ok())?.give()
    }),
    series!("str.slice", [], Slice, |call| {
        let Slice { start, stop, step } = Slice::of(call)?;
        series_of(call, "self")?.str().slice(start, stop, step.unwrap_or(1))?.give()
    }),
    series!("str.get", [], Get, |call| {
        let Get { i } = Get::of(call)?;
        texts(call)?.map_values(|column| column.str_get(i))?.give()
    }),
    series!("str.zfill", [], Width, |call| {
        series_of(call, "self")?.str().zfill(Width::of(call)?.width)?.give()
    }),
    series!("str.pad", [], Pad, pad),
    series!("str.removeprefix", [], Prefix, |call| {
        let Prefix { prefix } = Prefix::of(call)?;
        texts(call)?.map_values(|column| column.str_remove(TextSide::Left, &prefix))?.give()
    }),
    series!("str.removesuffix", [], Suffix, |call| {
        let Suffix { suffix } = Suffix::of(call)?;
        texts(call)?.map_values(|column| column.str_remove(TextSide::Right, &suffix))?.give()
    }),
    series!("str.split", [], Split, split),
    series!("str.extract", [], Extract, extract),
    series!("str.cat", [maybe others: Series], Cat, cat),
];

params! { Strip { to_strip: Option<String> } }

params! {
    Contains { pat: String, case: bool, na: Json, regex: bool } but { flags: 0 }
}

params! {
    Match { pat: String, na: Json } but { case: unset(), flags: unset() }
}

params! {
    FullMatch { pat: String, case: bool, na: Json } but { flags: 0 }
}

params! {
    Count { pat: String } but { flags: 0 }
}

params! { Affix { pat: String, na: Json } }

params! {
    Find { sub: String } but { start: 0, end: null }
}

params! {
    Replace { pat: String, repl: String, n: i64, case: Option<bool>, regex: bool } but { flags: 0 }
}

params! { Slice { start: Option<i64>, stop: Option<i64>, step: Option<i64> } }

params! { Get { i: i64 } }

params! { Width { width: usize } }

params! { Pad { width: usize, side: String, fillchar: String } }

params! { Prefix { prefix: String } }

params! { Suffix { suffix: String } }

params! {
    Split { pat: Option<String>, n: i64, expand: bool } but { regex: null }
}

params! {
    Extract { pat: String } but { flags: 0, expand: true }
}

params! {
    Cat { others: Option<Json>, sep: Option<String>, na_rep: Option<String> } but { join: "left" }
}

fn texts(call: &Call<'_>) -> Result<Series, Failure> {
    series_of(call, "self")
}

fn case(call: &Call<'_>, case: Case) -> Outcome {
    series_of(call, "self")?.str().case(case)?.give()
}

fn strip(call: &Call<'_>, side: TextSide) -> Outcome {
    let Strip { to_strip } = Strip::of(call)?;
    series_of(call, "self")?.str().strip(side, to_strip.as_deref())?.give()
}

fn is(call: &Call<'_>, test: TextTest) -> Outcome {
    texts(call)?.map_values(|column| column.str_is(test))?.give()
}

fn pattern(text: &str, case_sensitive: bool, regex: bool) -> Result<Pattern, Failure> {
    Ok(match regex {
        true => Pattern::regex(text, case_sensitive)?,
        false => Pattern::literal(text, case_sensitive)?,
    })
}

/// What a missing text gives: the dtype's own answer unless the case says so.
fn missing(na: &Json) -> Result<Option<bool>, Failure> {
    match na {
        Json::Bool(value) => Ok(Some(*value)),
        other if *other == unset() => Ok(None),
        other => Err(unfit("na", other)),
    }
}

fn pad(call: &Call<'_>) -> Outcome {
    let Pad { width, side, fillchar } = Pad::of(call)?;
    let side = match side.as_str() {
        "left" => TextSide::Left,
        "right" => TextSide::Right,
        "both" => TextSide::Both,
        other => return Err(unfit("side", &other.into())),
    };
    let mut chars = fillchar.chars();
    let (Some(fill), None) = (chars.next(), chars.next()) else {
        return Err(unfit("fillchar", &fillchar.into()));
    };
    texts(call)?.map_values(|column| column.str_pad(width, side, fill))?.give()
}

fn split(call: &Call<'_>) -> Outcome {
    let Split { pat, n, expand, .. } = Split::of(call)?;
    let (series, limit) = (texts(call)?, usize::try_from(n).ok().filter(|limit| *limit > 0));
    if !expand {
        return series.map_values(|column| column.str_split(pat.as_deref(), limit))?.give();
    }
    let columns = series.values().str_split_columns(pat.as_deref(), limit)?;
    Frame::new(Index::range(columns.len()), columns, series.index().clone())?.give()
}

fn extract(call: &Call<'_>) -> Outcome {
    let Extract { pat, .. } = Extract::of(call)?;
    let series = texts(call)?;
    let groups = series.values().str_extract(&Pattern::regex(&pat, true)?)?;
    let named = groups.iter().any(|(name, _)| name.is_some());
    let labels = groups.iter().enumerate().map(|(place, (name, _))| match name {
        Some(name) => Scalar::str(name),
        None => Scalar::Int(place as i64),
    });
    let labels = match named {
        true => Index::from_labels(labels.collect()),
        false => Index::range(groups.len()),
    };
    let columns = groups.into_iter().map(|(_, column)| column).collect();
    Frame::new(labels, columns, series.index().clone())?.give()
}

fn cat(call: &Call<'_>) -> Outcome {
    let Cat { others, sep, na_rep, .. } = Cat::of(call)?;
    if let Some(others) = others.filter(|others| !others.is_null()) {
        return Err(unfit("others", &others));
    }
    let (series, sep, na_rep) = (texts(call)?, sep.unwrap_or_default(), na_rep.as_deref());
    if call.maybe("others").is_none() {
        return python_scalar(&Scalar::str(series.values().str_join(&sep, na_rep)?));
    }
    let others = series_of(call, "others")?;
    if !others.index().equals(series.index()) {
        return Err(Failure::unsupported("str.cat of a series with other labels"));
    }
    series.map_values(|column| column.str_cat(others.values(), &sep, na_rep))?.give()
}
