use derive::Signature;

#[derive(Signature)]
#[signature(instructions = "Unmarked and doubly marked fields.")]
struct Marks {
    #[input]
    text: String,
    unmarked: String,
    #[input]
    #[output]
    both: String,
    #[output]
    #[output]
    twice: String,
    #[output(least = 1)]
    unknown: i64,
}

#[derive(Signature)]
#[signature(instructions = "One name for two fields.")]
struct Names {
    #[input]
    text: String,
    #[output(name = "text")]
    other: String,
}

fn main() {}
