use std::collections::{BTreeMap, BTreeSet};

use super::operators;

/// What a schema lists: tensors and other parameters with their types, without marks of aliasing.
fn schemas() -> BTreeMap<String, Vec<(String, String)>> {
    let composites = nn::composites().map(|composite| {
        let params = composite.params().expect("a schema");
        (composite.name().to_string(), params)
    });
    let operators =
        tensor::operators().iter().map(|operator| (operator.name.to_string(), operator.params.clone()));
    let named = |param: &tensor::Param| (param.name.to_string(), param.ty.to_string());
    // A composite stands in front of the operator of its name.
    operators.chain(composites).map(|(name, params)| (name, params.iter().map(named).collect())).collect()
}

#[test]
fn every_row_of_an_operator_is_in_the_words_of_its_schema() {
    let schemas = schemas();
    // The packets hold a chosen part of the operators; PyTorch's own samples hold them all, in `corpus`.
    let tables = [
        operators::POINTWISE,
        operators::MATMUL,
        operators::REDUCE,
        operators::VIEW,
        operators::INDEX,
        operators::CREATE,
        operators::INPLACE,
        operators::NN,
    ];
    for row in tables.into_iter().flatten() {
        let name = row.op.strip_prefix("tensor.").expect("a row of tensors");
        let params = schemas.get(name).unwrap_or_else(|| panic!("{name}: no operator of this row"));
        let properties = row.params.schema();
        let properties = properties.get("properties").and_then(|p| p.as_object()).expect("properties");
        let types: BTreeMap<&str, &str> = properties
            .iter()
            .map(|(name, ty)| (name.as_str(), ty.get("description").and_then(|d| d.as_str()).unwrap_or("")))
            .collect();
        let inputs: BTreeSet<&str> = row.inputs.iter().map(|input| input.name).collect();
        for (param, ty) in params {
            if ty.starts_with("Tensor") {
                assert!(inputs.contains(param.as_str()), "{name}: {param}");
            } else {
                assert_eq!(types.get(param.as_str()), Some(&ty.as_str()), "{name}: {param}");
            }
        }
        // `cotangents` is no argument.
        assert_eq!(inputs.len() + types.len(), params.len() + 1, "{name}");
    }
}
