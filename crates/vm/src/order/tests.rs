//! The total order over random values: the laws of an order, and one meaning of "equal" in `==`, sets, keys and JSON.

use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

use foldhash::fast::FixedState;

use super::{compare, equal, hash};
use crate::list::List;
use crate::map::{Key, Map, Set};
use crate::value::Value;

const VALUES: usize = 200;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn number(&mut self) -> Value {
        match self.below(12) {
            0 => Value::Float(f64::NAN),
            1 => Value::Float(-0.0),
            2 => Value::Float(0.0),
            3 => Value::Int(0),
            4 => Value::Float(f64::INFINITY),
            5 => Value::Float(f64::NEG_INFINITY),
            // Neighbours around the precision of a Float and the end of Int.
            6 => Value::Int(9_007_199_254_740_992 + self.below(3) as i64),
            7 => Value::Float(9_007_199_254_740_992.0 + 2.0 * self.below(2) as f64),
            8 => Value::Int(i64::MAX - self.below(2) as i64),
            9 => Value::Float(9_223_372_036_854_775_808.0),
            10 => Value::Int(self.below(7) as i64 - 3),
            _ => Value::Float((self.below(13) as f64 - 6.0) / 2.0),
        }
    }

    /// A text that was made at once, or piece by piece.
    fn text(&mut self) -> Value {
        let words = ["", "a", "ab", "é", "e\u{301}", "\u{ff5e}", "😀", "Z"];
        let word = words[self.below(words.len() as u64) as usize];
        if self.below(2) == 0 {
            return Value::str(word);
        }
        let mut built = Value::str("");
        for c in word.chars() {
            crate::access::append(&mut built, &Value::str(c.to_string())).expect("texts can be joined");
        }
        built
    }

    fn items(&mut self, depth: u32) -> Vec<Value> {
        (0..self.below(4)).map(|_| self.value(depth + 1)).collect()
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth > 2 { 6 } else { 11 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 | 3 => self.number(),
            4 => self.text(),
            5 => Value::bytes(vec![self.below(3) as u8; self.below(3) as usize]),
            6 => {
                // In its own form where all elements are numbers of one kind, and in the general one.
                let numbers: Vec<Value> = (0..self.below(3)).map(|_| self.number()).collect();
                let mut list = List::from_values(numbers);
                if self.below(2) == 0 {
                    list.general();
                }
                Value::List(Rc::new(list))
            }
            7 => Value::list(self.items(depth)),
            8 => Value::tuple(self.items(depth)),
            9 => {
                let mut set = Set::new();
                for item in self.items(depth) {
                    set.insert(Key::new(item).expect("a key"));
                }
                Value::set(set)
            }
            _ => {
                let mut map = Map::new();
                for item in self.items(depth) {
                    map.insert(Key::new(item).expect("a key"), self.value(depth + 1));
                }
                Value::map(map)
            }
        }
    }
}

fn values() -> Vec<Value> {
    let mut random = Random(20);
    (0..VALUES).map(|_| random.value(0)).collect()
}

fn digest(value: &Value) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hash(value, &mut hasher);
    hasher.finish()
}

#[test]
fn the_order_is_reflexive_antisymmetric_and_transitive() {
    let mut values = values();
    for a in &values {
        assert_eq!(compare(a, a), Ordering::Equal, "{a:?}");
        for b in &values {
            assert_eq!(compare(a, b), compare(b, a).reverse(), "{a:?} and {b:?}");
        }
    }
    // Sorted, no later value may come before an earlier one: with antisymmetry this is transitivity.
    values.sort_by(compare);
    for (i, a) in values.iter().enumerate() {
        for b in values.iter().skip(i) {
            assert!(compare(a, b).is_le(), "{a:?} and {b:?}");
        }
    }
}

#[test]
fn what_is_equal_has_one_hash_and_is_one_key() {
    let values = values();
    let mut equals = 0;
    for a in &values {
        for b in &values {
            let is_equal = compare(a, b).is_eq();
            equals += usize::from(is_equal);
            if is_equal {
                assert_eq!(digest(a), digest(b), "{a:?} and {b:?}");
            }
            let mut set = Set::new();
            set.insert(Key::new(a.clone()).expect("a key"));
            assert_eq!(set.contains(&Key::new(b.clone()).expect("a key")), is_equal, "{a:?} and {b:?}");
            let mut map = Map::new();
            map.insert(Key::new(a.clone()).expect("a key"), Value::Null);
            map.insert(Key::new(b.clone()).expect("a key"), Value::Null);
            assert_eq!(map.len() == 1, is_equal, "{a:?} and {b:?}");
        }
    }
    assert!(equals > 2 * VALUES, "only {equals} pairs are equal: the values are too different to say much");
}

/// NaN anywhere inside, outside of keys, where all NaNs are one.
fn has_nan(value: &Value) -> bool {
    match value {
        Value::Float(x) => x.is_nan(),
        Value::List(list) => list.iter().any(|item| has_nan(&item)),
        Value::Tuple(items) => items.iter().any(has_nan),
        Value::Map(map) => map.iter().any(|(_, item)| has_nan(item)),
        _ => false,
    }
}

#[test]
fn the_order_and_the_operator_agree_but_for_nan() {
    let values = values();
    for a in values.iter().filter(|value| !has_nan(value)) {
        for b in values.iter().filter(|value| !has_nan(value)) {
            assert_eq!(equal(a, b).expect("comparable"), compare(a, b).is_eq(), "{a:?} and {b:?}");
        }
    }
    for a in values.iter().filter(|value| has_nan(value)) {
        assert!(!equal(a, a).expect("comparable"), "{a:?} has a NaN and equals itself");
    }
}

#[test]
fn json_keeps_what_is_equal() {
    let mut kept = 0;
    for value in values() {
        let is_json = crate::conform::conforms(&value, &bytecode::TypeDesc::Json);
        let Ok(text) = crate::to_json(&value) else { continue };
        if is_json {
            let back = crate::from_json(&text).expect("what was written is JSON");
            assert!(equal(&value, &back).expect("comparable"), "{value:?} became {back:?}");
            kept += 1;
        }
    }
    assert!(kept > VALUES / 4, "only {kept} values are JSON");
}
