//! Categories that change. Expected values: oracle, pandas 3.1.1 (`Categorical`, `union_categoricals`).

use column::{Column, DType, Scalar};

fn letters() -> Column {
    let categories = Column::from(vec!["b", "a", "c"]);
    Column::category(vec![1, 0, -1, 1], categories, false).expect("codes")
}

/// Rows, categories and order in one line.
fn shown(column: &Column) -> String {
    let text = |column: &Column| column.iter().map(|scalar| scalar.to_string()).collect::<Vec<_>>();
    let categories = column.categories().map(text).unwrap_or_default();
    let between = if column.is_ordered() { " < " } else { ", " };
    format!("{} | {}", text(column).join(" "), categories.join(between))
}

fn message(result: column::Result<Column>) -> String {
    result.expect_err("an error").message().to_owned()
}

#[test]
fn categories_come_and_go() {
    let column = letters();
    let add = |labels: Vec<&str>| column.add_categories(&labels.into());
    assert_eq!(shown(&add(vec!["d", "e"]).expect("new")), "a b nan a | b, a, c, d, e");
    assert_eq!(message(add(vec!["a", "d"])), "new categories must not include old categories: {'a'}");
    let mixed = column.add_categories(&vec![1i64].into()).expect("new");
    assert_eq!(mixed.categories().map(Column::dtype), Some(DType::Object));
    let remove = |labels: Vec<&str>| column.remove_categories(&labels.into());
    assert_eq!(shown(&remove(vec!["a"]).expect("known")), "nan b nan nan | b, c");
    assert_eq!(message(remove(vec!["z"])), "removals must all be in old categories: {'z'}");
    assert_eq!(shown(&column.remove_unused_categories().expect("a category")), "a b nan a | b, a");
    let set = column.categorize_as(vec!["a", "z"].into(), true).expect("unique");
    assert_eq!(shown(&set), "a nan nan a | a < z");
    assert_eq!(
        shown(&Column::from(vec!["a", "q"]).categorize_as(vec!["q", "b"].into(), false).expect("unique")),
        "nan q | q, b"
    );
}

#[test]
fn categories_take_other_names_and_orders() {
    let column = letters();
    let rename = |labels: Vec<&str>, keep| column.rename_categories(labels.into(), keep);
    assert_eq!(shown(&rename(vec!["x", "y", "z"], true).expect("unique")), "y x nan y | x, y, z");
    assert_eq!(
        message(rename(vec!["x", "y"], true)),
        "new categories need to have the same number of items as the old categories!"
    );
    assert_eq!(message(rename(vec!["x", "x", "y"], true)), "Categorical categories must be unique");
    assert_eq!(shown(&rename(vec!["x", "y", "z", "w"], false).expect("unique")), "y x nan y | x, y, z, w");
    let reorder = |labels: Vec<&str>| column.reorder_categories(labels.into(), Some(true));
    assert_eq!(shown(&reorder(vec!["a", "b", "c"]).expect("the same")), "a b nan a | a < b < c");
    assert_eq!(
        message(reorder(vec!["a", "b"])),
        "items in new_categories are not the same as in old categories"
    );
    let ordered = column.with_order(true).expect("a category");
    assert_eq!(ordered.min(true), Ok(Scalar::str("b")));
    assert_eq!(ordered.max(false).map(|max| max.is_missing()), Ok(true));
}

#[test]
fn unions_keep_the_first_order() {
    let (column, other) = (letters(), Column::from(vec!["z", "a"]).categorize(false).expect("texts"));
    let union = |a: &Column, b: &Column, sort, ignore| Column::union_categories(&[a, b], sort, ignore);
    assert_eq!(shown(&union(&column, &other, false, false).expect("texts")), "a b nan a z a | b, a, c, z");
    assert_eq!(shown(&union(&column, &other, true, false).expect("texts")), "a b nan a z a | a, b, c, z");
    let (ordered, first) =
        (column.with_order(true).expect("a category"), other.with_order(true).expect("a category"));
    assert_eq!(
        shown(&union(&ordered, &ordered, false, false).expect("the same")),
        "a b nan a a b nan a | b < a < c"
    );
    assert_eq!(
        message(union(&ordered, &first, false, false)),
        "to union ordered Categoricals, all categories must be the same"
    );
    assert_eq!(message(union(&ordered, &column, false, false)), "Categorical.ordered must be the same");
    let ints = Column::from(vec![1i64]).categorize(false).expect("integers");
    assert_eq!(message(union(&column, &ints, false, false)), "dtype of categories must be the same");
    assert_eq!(message(Column::union_categories(&[], false, false)), "No Categoricals to union");
}

#[test]
fn codes_are_as_narrow_as_can_be() {
    let dtype = |count: i64| {
        let column = Column::from((0..count).collect::<Vec<_>>()).categorize(false).expect("integers");
        column.codes_column().expect("a category").dtype()
    };
    assert_eq!([dtype(3), dtype(128), dtype(40_000)], [DType::INT8, DType::INT16, DType::INT32]);
}
