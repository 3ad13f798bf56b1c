use derive::Signature;

#[derive(Signature)]
#[signature(instructions = "A type without a schema, a rule that says nothing.")]
struct Types {
    #[input]
    text: String,
    #[output]
    map: std::collections::BTreeMap<String, i64>,
    #[output(min = 0)]
    name: String,
}

fn main() {}
