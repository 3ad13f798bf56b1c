use super::*;

/// The entries in order, found one by one.
#[derive(Default)]
struct Naive(Vec<(Value, u32)>);

impl Naive {
    fn find(&self, key: &Value) -> Option<usize> {
        self.0.iter().position(|(known, _)| order::compare(known, key).is_eq())
    }

    fn insert(&mut self, key: Value, value: u32) -> Option<u32> {
        match self.find(&key) {
            Some(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            None => {
                self.0.push((key, value));
                None
            }
        }
    }
}

/// Few enough that keys meet again: Ints, Floats that are Ints and others, texts, nulls, tuples, and Ints whose hashes
/// begin alike.
fn key(state: u32, spread: u32, near: &[i64]) -> Value {
    let n = (state >> 8) % spread;
    match state % 8 {
        0 => Value::Float(f64::from(n)),
        1 => Value::Float(f64::from(n) + 0.5),
        2 => Value::str(format!("k{n}")),
        3 => Value::tuple(vec![Value::Int(i64::from(n)), Value::Null]),
        4 if n == 0 => Value::Float(f64::NAN),
        4 if n == 1 => Value::Null,
        4 if n == 2 => Value::Float(-0.0),
        5 | 6 => near.get(n as usize % near.len()).map_or(Value::Null, |x| Value::Int(*x)),
        _ => Value::Int(i64::from(n)),
    }
}

fn next(state: u32) -> u32 {
    let mut x = state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    x
}

#[test]
fn it_does_what_a_list_of_entries_does() {
    // Hashes that begin with ones stand at the end of the slots and go on at their start.
    let last: Vec<i64> = (0..200_000).filter(|x| hash_int(*x) >> 22 == 0x3FF).take(40).collect();
    let first: Vec<i64> = (0..200_000).filter(|x| hash_int(*x) >> 22 == 0).take(40).collect();
    let near: Vec<i64> = last.into_iter().chain(first).collect();
    assert_eq!(near.len(), 80);
    let mut state = 0x9E37_79B9;
    for round in 0..60 {
        let spread = [3, 12, 60, 400][round % 4];
        let (mut table, mut naive) = (Hashed::default(), Naive::default());
        for step in 0..600u32 {
            state = next(state);
            let key = key(next(state), spread, &near);
            if state % 5 < 2 {
                let place = naive.find(&key);
                assert_eq!(table.remove(&key), place.map(|place| naive.0.remove(place).1), "{key:?}");
            } else {
                let known = Key::new(key.clone()).expect("it may be a key");
                assert_eq!(table.insert(known, step), naive.insert(key.clone(), step), "{key:?}");
            }
            assert_eq!(table.find(&key), naive.find(&key), "{key:?}");
            assert_eq!(table.len(), naive.0.len());
        }
        for (place, (key, value)) in naive.0.iter().enumerate() {
            assert_eq!(table.find(key), Some(place), "{key:?}");
            assert_eq!(table.value(place), Some(value));
        }
        let in_order = table.entries().iter().zip(&naive.0);
        assert!(in_order.into_iter().all(|((a, _), (b, _))| order::compare(a.value(), b).is_eq()));
    }
}

#[test]
fn many_keys_of_a_pattern_are_found() {
    for stride in [1i64, 2, 1 << 16, 1 << 32, 1 << 48, -7, 48_271] {
        let mut table = Hashed::default();
        for i in 0..20_000i64 {
            let key = Key::new(Value::Int(i.wrapping_mul(stride))).expect("an Int is a key");
            table.insert(key, i);
        }
        // 2^48 times 2^16 is 0 again.
        let distinct = if stride == 1 << 48 { 1 << 16 } else { i64::MAX };
        assert_eq!(table.len() as i64, 20_000.min(distinct));
        for i in (0..20_000i64).step_by(7) {
            assert_eq!(table.find(&Value::Int(i.wrapping_mul(stride))), Some(i as usize), "{stride}");
        }
        assert_eq!(table.find(&Value::Int(i64::MIN + 1)), None);
    }
}
