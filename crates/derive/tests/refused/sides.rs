use derive::Signature;

#[derive(Signature)]
#[signature(instructions = "Gives and takes nothing.")]
struct NoInput {
    #[output]
    text: String,
}

#[derive(Signature)]
#[signature(instructions = "Takes and gives nothing.")]
struct NoOutput {
    #[input]
    text: String,
}

#[derive(Signature)]
struct NoInstructions {
    #[input]
    text: String,
    #[output]
    answer: String,
}

#[derive(Signature)]
#[signature(instructions = "No struct.")]
enum NoStruct {
    A,
}

fn main() {}
