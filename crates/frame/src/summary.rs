//! An index in one line, as messages name it.

use column::Scalar;

use crate::index::Index;

/// Labels beyond this number are left out in the middle, as pandas' `display.max_seq_items` does.
const ITEMS_MAX: usize = 100;

impl Index {
    /// pandas' repr in one line: `Index(['a', 'b'], dtype='str', name='k')`.
    pub fn summary(&self) -> String {
        let name = match self.name() {
            Scalar::None => String::new(),
            name => format!(", name={}", name.repr()),
        };
        if let Some((start, stop, step)) = self.as_range() {
            return format!("RangeIndex(start={start}, stop={stop}, step={step}{name})");
        }
        let item = |label: Scalar| match (label, self.dtype()) {
            (label, dtype) if dtype.is_time() => format!("'{label}'"),
            (Scalar::Float(value), _) if value.is_nan() => "nan".to_owned(),
            (label, _) => label.repr(),
        };
        let items: Vec<String> = match self.len() > ITEMS_MAX {
            false => self.iter().map(item).collect(),
            true => {
                let edge = ITEMS_MAX / 10;
                let shown =
                    |range: std::ops::Range<usize>| range.filter_map(|place| self.get(place)).map(item);
                let tail = shown(self.len() - edge..self.len());
                shown(0..edge).chain(std::iter::once("...".to_owned())).chain(tail).collect()
            }
        };
        let items = items.join(", ");
        if self.is_multi() {
            let names: Vec<String> = self.names().iter().map(Scalar::repr).collect();
            let names = match names.iter().all(|name| name == "None") {
                true => String::new(),
                false => format!(", names=[{}]", names.join(", ")),
            };
            return format!("MultiIndex([{items}]{names})");
        }
        format!("{}([{items}], dtype='{}'{name})", self.class(), self.dtype())
    }
}
