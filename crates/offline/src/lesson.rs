//! The text: notes on bird strikes, and questions about them whose answers are known.
//!
//! A note names parts of an aircraft, and of each the bird that hit it and the damage. Which bird and which damage belong
//! to a part is said by the order of the words alone, so that counting words answers no question about the part that is
//! asked for. A question ends as its answer begins in the note, `wing bird: `, and some birds have names that nobody has
//! heard: what is to be learnt is to find the place, not the words. A choice says what it found before it chooses,
//! `none|minor wing damage: slight dent=minor`, so that finding and judging are two steps.

use nn::Generator;

/// What kind of answer a question wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// One of the options that it names.
    Choice,
    /// Yes or no.
    Judgement,
    /// A span of the text.
    Quote,
}

impl Task {
    /// Every kind.
    pub const ALL: [Task; 3] = [Task::Choice, Task::Judgement, Task::Quote];

    /// As a sentence asks for it.
    pub fn asked(self) -> &'static str {
        match self {
            Task::Choice => "an enum's",
            Task::Judgement => "a boolean",
            Task::Quote => "a quoted",
        }
    }

    /// As the card calls it.
    pub fn name(self) -> &'static str {
        match self {
            Task::Choice => "enum",
            Task::Judgement => "boolean",
            Task::Quote => "quoted span",
        }
    }
}

/// A question about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What kind of answer it wants.
    pub task: Task,
    /// What is asked.
    pub text: String,
    /// The answers among which it chooses; none for a quote.
    pub options: Vec<String>,
    /// What the text says of it: a quote's answer, else what the answer is judged by.
    pub said: String,
    /// The right answer.
    pub answer: String,
}

impl Question {
    /// How a question stands behind a text: behind the options of a choice, before what the text says of it.
    pub fn asked(text: &str, options: &[String]) -> String {
        let gap = if options.is_empty() { "" } else { " " };
        format!("{}{gap}{text}: ", options.join("|"))
    }

    /// What stands behind it where it is answered.
    pub fn answered(&self) -> String {
        match self.task {
            Task::Quote => format!("{}\n", self.said),
            Task::Choice | Task::Judgement => {
                format!("{}{}{}\n", self.said, Question::THEREFORE, self.answer)
            }
        }
    }

    /// What stands between what a text says and what is chosen for it.
    pub const THEREFORE: char = '=';
}

/// A text with questions about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The report.
    pub text: String,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
}

const BIRDS: [&str; 20] = [
    "heron",
    "mallard",
    "red kite",
    "barn owl",
    "herring gull",
    "osprey",
    "starling",
    "white stork",
    "canada goose",
    "rock dove",
    "tree swallow",
    "snowy egret",
    "bald eagle",
    "sparrow",
    "crow",
    "merlin",
    "night hawk",
    "sand martin",
    "puffin",
    "wood duck",
];
const PARTS: [&str; 10] = [
    "wing",
    "nose",
    "tail",
    "engine",
    "windshield",
    "radome",
    "propeller",
    "landing gear",
    "left flap",
    "fuselage",
];
const HARMS: [(&str, [&str; 4]); 3] = [
    ("none", ["no damage", "nothing", "not a mark", "unharmed"]),
    ("minor", ["slight dent", "small crack", "light scrape", "some scratches"]),
    ("severe", ["heavy damage", "great hole", "torn skin", "crushed frame"]),
];
const OPENINGS: [&str; 5] = ["", "Report. ", "Flight 12. ", "At dusk. ", "By the pilot. "];
/// How many parts a note names.
const COUNTS: [usize; 4] = [1, 2, 2, 3];
/// One in so many birds has a name of drawn letters.
const STRANGE: usize = 3;
/// Letters of such a name.
const LETTERS: std::ops::RangeInclusive<usize> = 3..=9;

/// Of so many combinations of a part, a bird and a damage, one is held out.
const FOLDS: usize = 8;

/// Lessons without end, of a random state.
pub struct Lessons {
    generator: Generator,
    is_held_out: bool,
}

impl Lessons {
    /// Those to learn from, or with `is_held_out` those of combinations that are never learnt from.
    pub fn new(state: u64, is_held_out: bool) -> Lessons {
        Lessons { generator: Generator::new(state), is_held_out }
    }

    fn below(&self, count: usize) -> usize {
        (self.generator.random64() % count as u64) as usize
    }

    fn one<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn shuffle<T>(&self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    /// A name that no list has.
    fn strange(&self) -> String {
        let count = LETTERS.start() + self.below(LETTERS.end() - LETTERS.start() + 1);
        (0..count).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }

    fn lesson(&self) -> Lesson {
        let mut parts: Vec<usize> = (0..PARTS.len()).collect();
        self.shuffle(&mut parts);
        parts.truncate(*self.one(&COUNTS));
        let mut notes = Vec::new();
        let mut questions = Vec::new();
        for &part in &parts {
            let (bird, harm, said) = loop {
                let found = (self.below(BIRDS.len()), self.below(HARMS.len()), self.below(4));
                let mixed: usize = found.0 * 7 + part * 5 + found.1 * 3 + found.2;
                if mixed.is_multiple_of(FOLDS) == self.is_held_out {
                    break found;
                }
            };
            let bird = if self.below(STRANGE) == 0 { self.strange() } else { BIRDS[bird].to_string() };
            let (name, (label, sayings)) = (PARTS[part], &HARMS[harm]);
            let mut clauses = [format!("{name} bird: {bird}"), format!("{name} damage: {}", sayings[said])];
            self.shuffle(&mut clauses);
            notes.push(format!("{}.", clauses.join("; ")));
            let mut labels: Vec<String> = HARMS.iter().map(|(label, _)| label.to_string()).collect();
            self.shuffle(&mut labels);
            let is_choice = self.below(2) == 0;
            let judged = if *label == "none" { "no" } else { "yes" };
            // Not both of a part: the one would tell the other.
            questions.push(Question {
                task: if is_choice { Task::Choice } else { Task::Judgement },
                text: format!("{name} damage"),
                options: if is_choice { labels } else { vec!["yes".to_string(), "no".to_string()] },
                said: sayings[said].to_string(),
                answer: if is_choice { label } else { judged }.to_string(),
            });
            questions.push(Question {
                task: Task::Quote,
                text: format!("{name} bird"),
                options: Vec::new(),
                said: bird.clone(),
                answer: bird,
            });
        }
        self.shuffle(&mut questions);
        let text = format!("{}{}", self.one(&OPENINGS), notes.join(" "));
        Lesson { text, questions }
    }
}

impl Iterator for Lessons {
    type Item = Lesson;

    fn next(&mut self) -> Option<Lesson> {
        Some(self.lesson())
    }
}
