use derive::Choice;

#[derive(Choice)]
enum Twice {
    Minor,
    #[choice(name = "minor")]
    Small,
}

#[derive(Choice)]
enum Fields {
    Known(i64),
}

#[derive(Choice)]
enum Empty {}

fn main() {}
