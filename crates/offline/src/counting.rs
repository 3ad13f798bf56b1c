//! What counting words reaches: the judge of whether the network reads.

use std::collections::BTreeMap;

use crate::lesson::{Lesson, Question, Task};

/// A naive Bayes classifier over the words of text and question, one for each kind of task.
#[derive(Default)]
pub(crate) struct Counting {
    tasks: BTreeMap<Task, BTreeMap<String, Label>>,
}

#[derive(Default)]
struct Label {
    seen: f64,
    words: BTreeMap<String, f64>,
    total: f64,
}

fn words<'t>(lesson: &'t Lesson, question: &'t Question) -> impl Iterator<Item = String> + 't {
    let all = lesson.text.split(|c: char| !c.is_alphanumeric()).chain(question.text.split(' '));
    all.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

impl Counting {
    pub(crate) fn learn(&mut self, lesson: &Lesson) {
        for question in &lesson.questions {
            let label =
                self.tasks.entry(question.task).or_default().entry(question.answer.clone()).or_default();
            label.seen += 1.0;
            for word in words(lesson, question) {
                *label.words.entry(word).or_default() += 1.0;
                label.total += 1.0;
            }
        }
    }

    pub(crate) fn answer(&self, lesson: &Lesson, question: &Question) -> Option<&str> {
        // About as many different words as there are: what an unseen one is held for.
        const WORDS: f64 = 200.0;
        let labels = self.tasks.get(&question.task)?;
        let mut best: Option<(&str, f64)> = None;
        for (name, label) in labels {
            // What the text does not have is no span of it.
            if question.task == Task::Quote && !lesson.text.contains(name.as_str()) {
                continue;
            }
            let likelihood = words(lesson, question).fold(libm::log(label.seen), |sum, word| {
                let count = label.words.get(&word).copied().unwrap_or_default();
                sum + libm::log((count + 1.0) / (label.total + WORDS))
            });
            if best.is_none_or(|(_, known)| likelihood > known) {
                best = Some((name, likelihood));
            }
        }
        best.map(|(name, _)| name)
    }
}
