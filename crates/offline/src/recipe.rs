//! The training: fixed draws, fixed order, equal bits each time.

use autograd::{Tensor, Variable};
use nn::{AdamOptions, CrossEntropy, DType, Generator, Optimizer, Reduction, Result, Rule, clip_grad_norm_};

use crate::lesson::{Lesson, Lessons, Question};
use crate::network::Network;

/// How the network learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// The state of all draws.
    pub state: u64,
    /// The steps of the whole training, by which its rate falls; a part of it ends before.
    pub steps: usize,
    /// Lessons of a step.
    pub lessons: usize,
    /// Bytes of a lesson; questions that do not fit are not asked.
    pub bytes: usize,
    /// The rate at its height.
    pub rate: f64,
}

impl Recipe {
    /// The recipe of the weights that are kept.
    pub const KEPT: Recipe = Recipe { state: 20_260_811, steps: 3200, lessons: 32, bytes: 240, rate: 3e-3 };
}

/// Steps until the rate is at its height.
const RISE: usize = 100;
/// What of the rate is left at the end.
const LEFT: f64 = 0.02;
/// How much a byte that is no answer counts beside one that is.
const OTHERS: f32 = 0.05;
const NORM_MAX: f64 = 1.0;
const PAD: u8 = 0;

/// One step of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Counted from 1.
    pub step: usize,
    /// The mean loss of its bytes, answers before others.
    pub loss: f32,
}

/// What a lesson shows, and how much each byte counts.
fn shown(lesson: &Lesson, bytes_max: usize) -> (Vec<u8>, Vec<f32>) {
    let mut bytes = lesson.text.clone().into_bytes();
    bytes.push(b'\n');
    let mut weights = vec![OTHERS; bytes.len()];
    for question in &lesson.questions {
        let asked = Question::asked(&question.text, &question.options);
        let answer = question.answered();
        if bytes.len() + asked.len() + answer.len() > bytes_max {
            continue;
        }
        weights.extend(std::iter::repeat_n(OTHERS, asked.len()));
        weights.extend(std::iter::repeat_n(1.0, answer.len()));
        bytes.extend(asked.into_bytes());
        bytes.extend(answer.into_bytes());
    }
    (bytes, weights)
}

/// The loss of one step's lessons.
fn loss(network: &Network, lessons: &mut Lessons, recipe: &Recipe) -> Result<Variable> {
    let (rows, columns) = (recipe.lessons, recipe.bytes - 1);
    let (mut seen, mut next, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for lesson in lessons.take(rows) {
        let (mut bytes, mut weights) = shown(&lesson, recipe.bytes);
        bytes.resize(recipe.bytes, PAD);
        weights.resize(recipe.bytes, 0.0);
        seen.extend(bytes.iter().take(columns).map(|&byte| i64::from(byte)));
        next.extend(bytes.iter().skip(1).map(|&byte| i64::from(byte)));
        counts.extend(weights.into_iter().skip(1));
    }
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let scores = network.forward(&Tensor::from_vec(seen, &[rows, columns])?)?;
    let scores = scores.reshape(&[(rows * columns) as i64, 256])?;
    let options = CrossEntropy { reduction: Reduction::None, ..CrossEntropy::default() };
    let target = Variable::from(Tensor::from_vec(next, &[rows * columns])?);
    let each = nn::cross_entropy(&scores, &target, &options)?;
    let counts = Variable::from(Tensor::from_vec(counts, &[rows * columns])?);
    each.mul(&counts)?.sum()?.div(total)
}

/// The rate of a step, counted from 0: it rises, then falls along a cosine.
fn rate(recipe: &Recipe, step: usize) -> f64 {
    let rise = ((step + 1) as f64 / RISE as f64).min(1.0);
    let fall = 0.5 + 0.5 * libm::cos(std::f64::consts::PI * step as f64 / recipe.steps as f64);
    recipe.rate * rise * (LEFT + (1.0 - LEFT) * fall)
}

/// Trains a network for the first `steps` steps of a recipe.
///
/// # Errors
/// Those of the allocator.
pub fn train(recipe: &Recipe, steps: usize, told: &mut dyn FnMut(Progress)) -> Result<Network> {
    let network = Network::new(&Generator::new(recipe.state))?;
    let parameters: Vec<Variable> = network.parameters().into_iter().map(|(_, value)| value).collect();
    let options =
        AdamOptions { lr: recipe.rate, betas: (0.9, 0.98), weight_decay: 0.01, ..AdamOptions::default() };
    let mut optimizer = Optimizer::new(parameters.clone(), Rule::AdamW(options))?;
    let mut lessons = Lessons::new(recipe.state + 1, false);
    for step in 0..steps {
        optimizer.set_lr(rate(recipe, step));
        optimizer.zero_grad();
        let loss = loss(&network, &mut lessons, recipe)?;
        loss.backward()?;
        clip_grad_norm_(&parameters, NORM_MAX, 2.0)?;
        optimizer.step()?;
        let value = loss.data().to_vec_as::<f32>()?.first().copied().unwrap_or_default();
        told(Progress { step: step + 1, loss: value });
    }
    Ok(network)
}

/// BLAKE3 over the names and the bits of all parameters, as hexadecimal digits.
///
/// # Errors
/// Those of the allocator.
pub fn digest(network: &Network) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    for (name, value) in network.parameters() {
        hasher.update(name.as_bytes());
        hasher.update(&value.data().to_dtype(DType::F32)?.to_element_bytes()?);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
