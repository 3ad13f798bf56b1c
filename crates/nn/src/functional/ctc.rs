//! Connectionist temporal classification (Graves et al.): how likely a sequence of scores spells a target, over all ways
//! to stretch it with repetitions and blanks.

use autograd::{Arg, Composite, DType, Error, Result, Scalar, Tensor, Variable, custom};

use super::arguments::{Given, reduction};
use super::{Reduction, one};

const OP: &str = "ctc_loss";

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "nn.functional.ctc_loss(Tensor log_probs, Tensor targets, Any input_lengths, Any target_lengths, int \
                 blank=0, str reduction=\"mean\", bool zero_infinity=False) -> Tensor",
        body: |a| one(ctc_loss(a, reduction(a, 5)?)),
    },
    Composite {
        schema: "ctc_loss.IntList(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int \
                 blank=0, int reduction=1, bool zero_infinity=False) -> Tensor",
        body: |a| one(ctc_loss(a, Reduction::of(a.int(5)?)?)),
    },
    Composite {
        schema: "ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int \
                 blank=0, int reduction=1, bool zero_infinity=False) -> Tensor",
        body: |a| one(ctc_loss(a, Reduction::of(a.int(5)?)?)),
    },
];

/// One sequence of scores and what it should spell.
struct Sequence<'a> {
    /// `[steps, classes]`, of which `steps` count.
    scores: &'a [f64],
    classes: usize,
    steps: usize,
    target: Vec<usize>,
    blank: usize,
    /// Whether sums are rounded to single precision.
    single: bool,
}

fn lengths(a: &Given<'_>, at: usize) -> Result<Vec<i64>> {
    match a.value(at) {
        Arg::Tensor(lengths) => lengths.data().to_vec_as::<i64>(),
        Arg::List(items) => {
            let int = |item: &Arg<Variable>| match item {
                Arg::Scalar(Scalar::Int(length)) => Ok(*length),
                _ => Err(Error::type_error(OP, "ctc_loss(): lengths must be integers")),
            };
            items.iter().map(int).collect()
        }
        _ => a.ints(at),
    }
}

/// To single precision, where the scores have that.
fn rounded(x: f64, single: bool) -> f64 {
    if single { f64::from(x as f32) } else { x }
}

/// log of the sum of exponentials, each step rounded as PyTorch does: sums of hundreds of steps hold no more digits than
/// that leaves.
fn log_sum(terms: &[f64], single: bool) -> f64 {
    let high = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let high = if high == f64::NEG_INFINITY { 0.0 } else { high };
    let add = |sum: f64, term: &f64| {
        rounded(sum + rounded(libm::exp(rounded(term - high, single)), single), single)
    };
    rounded(rounded(libm::log(terms.iter().fold(0.0, add)), single) + high, single)
}

impl Sequence<'_> {
    /// The class of a state: the target with blanks around each of its classes.
    fn class(&self, state: usize) -> usize {
        if state.is_multiple_of(2) {
            self.blank
        } else {
            self.target.get(state / 2).copied().unwrap_or(self.blank)
        }
    }

    fn states(&self) -> usize {
        2 * self.target.len() + 1
    }

    fn score(&self, step: usize, state: usize) -> f64 {
        self.scores.get(step * self.classes + self.class(state)).copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// Whether a state is reached from the one before the last: the class between is a blank that may be left out.
    fn skips(&self, state: usize) -> bool {
        state >= 2 && !state.is_multiple_of(2) && self.class(state) != self.class(state - 2)
    }

    /// log of the likelihood to be in a state after a step, from the front.
    fn forward(&self) -> Vec<Vec<f64>> {
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(self.steps);
        for step in 0..self.steps {
            let row = (0..self.states()).map(|state| {
                let Some(last) = rows.last() else {
                    return if state < 2 { self.score(0, state) } else { f64::NEG_INFINITY };
                };
                let from = |back: usize, may: bool| {
                    let state = state.checked_sub(back).filter(|_| may);
                    state.and_then(|state| last.get(state).copied()).unwrap_or(f64::NEG_INFINITY)
                };
                let reached =
                    log_sum(&[from(0, true), from(1, true), from(2, self.skips(state))], self.single);
                rounded(reached + self.score(step, state), self.single)
            });
            let row = row.collect();
            rows.push(row);
        }
        rows
    }

    /// log of the likelihood to spell the rest from a state on, from the back.
    fn backward(&self) -> Vec<Vec<f64>> {
        let states = self.states();
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(self.steps);
        for step in (0..self.steps).rev() {
            let row = (0..states).map(|state| {
                let Some(next) = rows.last() else {
                    return if state + 2 >= states { self.score(step, state) } else { f64::NEG_INFINITY };
                };
                let to = |ahead: usize, may: bool| {
                    let state = Some(state + ahead).filter(|_| may);
                    state.and_then(|state| next.get(state).copied()).unwrap_or(f64::NEG_INFINITY)
                };
                let skips = state + 2 < states && self.skips(state + 2);
                let left = log_sum(&[to(0, true), to(1, true), to(2, skips)], self.single);
                rounded(left + self.score(step, state), self.single)
            });
            let row = row.collect();
            rows.push(row);
        }
        rows.reverse();
        rows
    }

    /// Minus the log-likelihood.
    fn loss(&self) -> f64 {
        let rows = self.forward();
        let Some(last) = rows.last() else { return if self.target.is_empty() { 0.0 } else { f64::INFINITY } };
        let ends: Vec<f64> = last.iter().rev().take(2).copied().collect();
        -log_sum(&ends, self.single)
    }

    /// The gradient of the loss times `scale`, as PyTorch defines it: of scores that a log-softmax made.
    fn add_grad(&self, loss: f64, scale: f64, grad: &mut [f64]) {
        let round = |x: f64| rounded(x, self.single);
        let (forward, backward) = (self.forward(), self.backward());
        for (step, (ahead, behind)) in forward.iter().zip(&backward).enumerate() {
            let mut through = vec![f64::NEG_INFINITY; self.classes];
            for (state, (a, b)) in ahead.iter().zip(behind).enumerate().rev() {
                if let Some(sum) = through.get_mut(self.class(state)) {
                    let both = round(a + b);
                    *sum = if *sum == f64::NEG_INFINITY { both } else { log_sum(&[*sum, both], self.single) };
                }
            }
            let row = step * self.classes..(step + 1) * self.classes;
            let (Some(scores), Some(grad)) = (self.scores.get(row.clone()), grad.get_mut(row)) else {
                continue;
            };
            for ((grad, score), through) in grad.iter_mut().zip(scores).zip(through) {
                let share = round(libm::exp(round(round(through + loss) - score)));
                *grad = round(round(round(libm::exp(*score)) - share) * scale);
            }
        }
    }
}

/// Each sequence's scores `[steps, classes]`, steps and target.
struct Batch {
    scores: Vec<Vec<f64>>,
    steps: Vec<usize>,
    targets: Vec<Vec<usize>>,
    classes: usize,
    blank: usize,
    single: bool,
}

impl Batch {
    fn sequences(&self) -> impl Iterator<Item = Sequence<'_>> {
        self.scores.iter().zip(&self.steps).zip(&self.targets).map(|((scores, &steps), target)| Sequence {
            scores,
            classes: self.classes,
            steps,
            target: target.clone(),
            blank: self.blank,
            single: self.single,
        })
    }
}

fn batch(a: &Given<'_>, scores: &Tensor) -> Result<Batch> {
    let &[steps, count, classes] = scores.sizes() else {
        return Err(
            Error::runtime(OP, "log_probs must have two or three dimensions").shapes(&[scores.sizes()])
        );
    };
    let blank = usize::try_from(a.int(4)?).ok().filter(|&blank| blank < classes);
    let blank = blank.ok_or_else(|| Error::runtime(OP, "blank must be in label range"))?;
    let (ins, outs) = (lengths(a, 2)?, lengths(a, 3)?);
    for (name, found) in [("input_lengths", &ins), ("target_lengths", &outs)] {
        if found.len() != count {
            let text = format!("{name} must be of size batch_size");
            return Err(Error::runtime(OP, text).expected(count.to_string()).found(found.len().to_string()));
        }
    }
    let targets = a.tensor(1)?;
    let spelled = targets.data().to_vec_as::<i64>()?;
    // Targets lie in rows, or one behind the other.
    let width = match *targets.sizes() {
        [rows, width] if rows == count => Some(width),
        [_] => None,
        _ => {
            let text =
                format!("Expected targets of one or {count} rows, but got sizes {:?}", targets.sizes());
            return Err(Error::runtime(OP, text).shapes(&[targets.sizes()]));
        }
    };
    let values = scores.transpose(0, 1)?.to_vec_as::<f64>()?;
    let mut found = Batch {
        scores: Vec::new(),
        steps: Vec::new(),
        targets: Vec::new(),
        classes,
        blank,
        single: scores.dtype() == DType::F32,
    };
    let mut start = 0;
    for (k, (&input, &output)) in ins.iter().zip(&outs).enumerate() {
        let input_len = usize::try_from(input).ok().filter(|&input| input <= steps);
        let input_len = input_len.ok_or_else(|| {
            let text = format!(
                "Expected input_lengths to have value at most {steps}, but got value {input} (while checking arguments \
                 for ctc_loss_cpu)"
            );
            Error::runtime(OP, text)
        })?;
        let output_len =
            usize::try_from(output).ok().filter(|&output| width.is_none_or(|width| output <= width));
        let output_len = output_len.ok_or_else(|| {
            let text =
                format!("Expected a target length between 0 and the width of the targets, but got {output}");
            Error::runtime(OP, text)
        })?;
        let from = width.map_or(start, |width| k * width);
        start += output_len;
        let spelled = spelled.get(from..from + output_len).ok_or_else(|| {
            Error::runtime(OP, "the targets are shorter than their lengths").shapes(&[targets.sizes()])
        })?;
        let target: Option<Vec<usize>> = spelled
            .iter()
            .map(|&class| usize::try_from(class).ok().filter(|&class| class < classes))
            .collect();
        found.targets.push(target.ok_or_else(|| Error::runtime(OP, "a target is not in label range"))?);
        found.steps.push(input_len);
        found
            .scores
            .push(values.get(k * steps * classes..(k + 1) * steps * classes).unwrap_or_default().to_vec());
    }
    Ok(found)
}

fn ctc_loss(a: &Given<'_>, reduction: Reduction) -> Result<Variable> {
    let x = a.tensor(0)?;
    if x.dim() == 2 {
        let scores = x.unsqueeze(1)?;
        let losses = losses(a, &scores)?;
        return reduced(a, losses, reduction)?.reshape(&[]);
    }
    reduced(a, losses(a, x)?, reduction)
}

fn losses(a: &Given<'_>, x: &Variable) -> Result<Variable> {
    let batch = batch(a, x.data())?;
    let finite = a.bool(6)?;
    let losses: Vec<f64> = batch.sequences().map(|sequence| sequence.loss()).collect();
    let shown = losses.iter().map(|&loss| if finite && loss.is_infinite() { 0.0 } else { loss }).collect();
    let shown = Tensor::from_vec::<f64>(shown, &[losses.len()])?.to_dtype(x.dtype())?;
    let (dtype, sizes) = (x.dtype(), x.sizes().to_vec());
    let backward = move |grads: &[Option<Tensor>]| -> Result<Vec<Option<Tensor>>> {
        let Some(Some(grad)) = grads.first() else { return Ok(vec![None]) };
        let mut rows = Vec::new();
        for ((sequence, &loss), scale) in batch.sequences().zip(&losses).zip(grad.to_vec_as::<f64>()?) {
            let mut row = vec![0f64; sequence.scores.len()];
            if !(finite && loss.is_infinite()) {
                sequence.add_grad(loss, scale, &mut row);
            }
            rows.extend(row);
        }
        let by_sequence = [sizes[1], sizes[0], sizes[2]];
        Ok(vec![Some(Tensor::from_vec(rows, &by_sequence)?.transpose(0, 1)?.to_dtype(dtype)?)])
    };
    let found = custom("CtcLossBackward0", &[x], vec![shown], Box::new(backward));
    found.into_iter().next().ok_or_else(|| Error::runtime(OP, "no result"))
}

/// The mean divides each loss by the length of its target.
fn reduced(a: &Given<'_>, losses: Variable, reduction: Reduction) -> Result<Variable> {
    if reduction != Reduction::Mean {
        return reduction.apply(losses);
    }
    let lengths: Vec<f64> = lengths(a, 3)?.into_iter().map(|length| length.max(1) as f64).collect();
    let count = lengths.len();
    let lengths = Tensor::from_vec(lengths, &[count])?.to_dtype(losses.dtype())?;
    losses.div(&Variable::from(lengths))?.mean()
}
