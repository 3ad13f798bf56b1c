//! What the network can do: answers on combinations that it never learnt from, beside a count of words.

use nn::Result;

use crate::counting::Counting;
use crate::lesson::{Lesson, Lessons, Question, Task};
use crate::reader::Reader;

/// Answers of one kind of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
    /// The kind.
    pub task: Task,
    /// Questions asked.
    pub asked: usize,
    /// Right answers of the network.
    pub right: usize,
    /// Right answers of the count of words.
    pub counted: usize,
}

impl Score {
    /// Whether questions of this kind are answered at all.
    pub fn is_enough(&self) -> bool {
        self.right * 10 >= self.asked * 9 && self.right > self.counted
    }
}

/// Lessons that the count of words learns from.
const COUNTED: usize = 5000;

/// Held-out lessons with one question each, so many of each kind.
fn held_out(each: usize) -> Vec<(Lesson, Question)> {
    let mut lessons = Lessons::new(77, true);
    let mut found: Vec<(Lesson, Question)> = Vec::new();
    for task in Task::ALL {
        let of_task = lessons.by_ref().filter_map(|lesson| {
            let question = lesson.questions.iter().find(|question| question.task == task).cloned()?;
            Some((lesson, question))
        });
        found.extend(of_task.take(each));
    }
    found
}

/// Asks `each` questions of each kind.
///
/// # Errors
/// Those of the reader.
pub fn score(reader: &Reader, each: usize) -> Result<Vec<Score>> {
    let mut counting = Counting::default();
    Lessons::new(78, false).take(COUNTED).for_each(|lesson| counting.learn(&lesson));
    let mut scores: Vec<Score> =
        Task::ALL.map(|task| Score { task, asked: 0, right: 0, counted: 0 }).into_iter().collect();
    for (lesson, question) in held_out(each) {
        let answer = match question.task {
            Task::Quote => reader.quote(&lesson.text, &question.text)?,
            _ => {
                let place = reader.choose(&lesson.text, &question.text, &question.options)?;
                question.options.get(place).cloned().unwrap_or_default()
            }
        };
        let counted = counting.answer(&lesson, &question) == Some(&question.answer);
        if let Some(score) = scores.iter_mut().find(|score| score.task == question.task) {
            score.asked += 1;
            score.right += usize::from(answer == question.answer);
            score.counted += usize::from(counted);
        }
    }
    Ok(scores)
}
