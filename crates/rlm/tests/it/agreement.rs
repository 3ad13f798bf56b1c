//! Our validator beside the crate `jsonschema`, an independent reading of JSON Schema 2020-12.

use proptest::prelude::*;
use rlm::{Extra, Schema};
use scenarios::Random;
use serde_json::{Map, Value, json};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn made(random: &mut Random, depth: u32) -> Value {
    let kinds = if depth == 0 { 6 } else { 10 };
    let mut schema = match random.below(kinds) {
        0 => json!({"type": "boolean"}),
        1 => bounded(random, "integer"),
        2 => bounded(random, "number"),
        3 => string(random),
        4 => json!({"enum": ["a", "B", 1, 2.5, true, null]}),
        5 => json!({"const": random.pick(&[json!(1), json!("a"), json!(1.0), json!(false)])}),
        6 => {
            let mut array = json!({"type": "array", "items": made(random, depth - 1)});
            if random.percent(50) {
                array["minItems"] = random.below(2).into();
                array["maxItems"] = (1 + random.below(2)).into();
            }
            array
        }
        7 => json!({"anyOf": [made(random, depth - 1), {"type": "null"}]}),
        8 => json!({"$ref": "#/$defs/shared"}),
        _ => object(random, depth),
    };
    if random.percent(20) {
        schema["description"] = "for the model".into();
    }
    schema
}

fn bounded(random: &mut Random, name: &str) -> Value {
    let mut schema = json!({"type": name});
    if random.percent(40) {
        schema["minimum"] = random.pick(&[json!(-1), json!(0), json!(-0.5), json!(i64::MIN)]).clone();
    }
    if random.percent(40) {
        schema["maximum"] =
            random.pick(&[json!(0), json!(1), json!(1.5), json!(9_007_199_254_740_993_i64)]).clone();
    }
    schema
}

fn string(random: &mut Random) -> Value {
    let mut schema = json!({"type": "string"});
    match random.below(4) {
        0 => schema["pattern"] = (*random.pick(&["^a", r"\d$", "^[ab]+$", r"a\.b", r"^\w?$"])).into(),
        1 => schema["minLength"] = random.below(3).into(),
        2 => schema["maxLength"] = random.below(3).into(),
        _ => {}
    }
    schema
}

fn object(random: &mut Random, depth: u32) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in NAMES {
        if random.percent(60) {
            properties.insert(name.into(), made(random, depth - 1));
            if random.percent(60) {
                required.push(name);
            }
        }
    }
    let mut schema = json!({"type": "object", "properties": properties, "required": required});
    match random.below(4) {
        0 => schema["additionalProperties"] = json!(true),
        1 => schema["additionalProperties"] = made(random, depth - 1),
        _ => {}
    }
    schema
}

/// A value that mostly follows the schema, so that both verdicts are common.
fn sample(random: &mut Random, schema: &Value, shared: &Value) -> Value {
    if random.percent(8) {
        return stray(random);
    }
    if schema.get("$ref").is_some() {
        return sample(random, shared, shared);
    }
    if let Some(variants) = schema.get("anyOf") {
        return if random.percent(30) { Value::Null } else { sample(random, &variants[0], shared) };
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return random.pick(values).clone();
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    match schema["type"].as_str() {
        Some("boolean") => random.percent(50).into(),
        Some("integer") => random
            .pick(&[json!(-2), json!(0), json!(1), json!(1.0), json!(9_007_199_254_740_994_i64)])
            .clone(),
        Some("number") => random.pick(&[json!(0), json!(0.5), json!(-0.5), json!(1.5), json!(1e300)]).clone(),
        Some("string") => (*random.pick(&["", "a", "ab", "a.b", "ä9", "\u{1f600}\u{1f600}", "b1"])).into(),
        Some("array") => {
            let count = random.below(3);
            (0..count).map(|_| sample(random, &schema["items"], shared)).collect()
        }
        _ => {
            let mut members = Map::new();
            for (name, node) in schema["properties"].as_object().unwrap() {
                if random.percent(85) {
                    members.insert(name.clone(), sample(random, node, shared));
                }
            }
            if random.percent(25) {
                let rest = &schema["additionalProperties"];
                let extra = if rest.is_object() { sample(random, rest, shared) } else { stray(random) };
                members.insert("extra".into(), extra);
            }
            members.into()
        }
    }
}

fn stray(random: &mut Random) -> Value {
    random
        .pick(&[
            json!(null),
            json!(true),
            json!(3),
            json!(0.25),
            json!("x"),
            json!([]),
            json!({}),
            json!([1]),
        ])
        .clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_that_of_json_schema(seed in any::<u64>()) {
        let mut random = Random(seed);
        let shared = made(&mut Random(seed ^ 1), 0);
        let mut text = made(&mut random, 3);
        text["$defs"] = json!({"shared": shared});
        let schema = Schema::register(&text).unwrap();
        let judge = jsonschema::draft202012::new(&schema.to_json()).unwrap();
        for _ in 0..4 {
            let value = sample(&mut random, &text, &shared);
            let ours = schema.validate(&value, Extra::Refuse);
            prop_assert_eq!(ours.is_ok(), judge.is_valid(&value), "{} under {}: {:?}", value, text, ours);
            // What was accepted is a fixed point.
            if let Ok(accepted) = ours {
                prop_assert_eq!(schema.validate(&accepted, Extra::Refuse), Ok(accepted.clone()));
            }
        }
        // The text form says all that the schema means.
        prop_assert_eq!(Schema::register(&schema.to_json()).unwrap(), schema);
    }
}

#[test]
fn both_verdicts_are_common() {
    let mut counts = [0; 2];
    for seed in 0..500 {
        let mut random = Random(seed);
        let shared = made(&mut Random(seed ^ 1), 0);
        let mut text = made(&mut random, 3);
        text["$defs"] = json!({"shared": shared});
        let schema = Schema::register(&text).unwrap();
        let value = sample(&mut random, &text, &shared);
        counts[usize::from(schema.validate(&value, Extra::Refuse).is_ok())] += 1;
    }
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
}
