//! The transformer: two layers over bytes, with rotary positions and one matrix for reading and writing bytes.

use autograd::{Arg, Scalar, Tensor, Variable, call_one};
use nn::{DType, Generator, Result};

/// How many bytes the network sees at once.
pub const BYTES_MAX: usize = 512;

const BYTES: i64 = 256;
const WIDTH: i64 = 64;
const HEADS: i64 = 4;
const HEAD_WIDTH: i64 = WIDTH / HEADS;
const HIDDEN: i64 = 4 * WIDTH;
const LAYERS: usize = 2;
/// The slowest turn of a position, in positions for one radian.
const SLOWEST: f64 = 1000.0;
const EPSILON: f64 = 1e-5;

/// One layer: attention, then a network of one hidden layer, each on what is normalised before and added after.
struct Block {
    attention_norm: Variable,
    /// Queries, keys and values, one above the other.
    attention_in: Variable,
    attention_out: Variable,
    hidden_norm: Variable,
    hidden_in: Variable,
    hidden_out: Variable,
}

/// The network with its parameters.
pub struct Network {
    bytes: Variable,
    blocks: Vec<Block>,
    norm: Variable,
    turns: Turns,
}

/// Cosine and sine of each position's turn, of shape `[BYTES_MAX, HEAD_WIDTH / 2]`.
struct Turns {
    cos: Variable,
    sin: Variable,
}

fn drawn(sizes: &[i64], spread: f64, generator: &Generator) -> Result<Variable> {
    Variable::parameter(Variable::from(Tensor::randn(sizes, DType::F32, generator)?).mul(spread)?.into_data())
}

fn ones() -> Result<Variable> {
    Variable::parameter(Tensor::ones(&[WIDTH], DType::F32)?)
}

impl Turns {
    fn new() -> Result<Turns> {
        let half = (HEAD_WIDTH / 2) as usize;
        let angle = |at: usize| {
            let (position, pair) = (at / half, at % half);
            position as f64 * SLOWEST.powf(-(pair as f64) / half as f64)
        };
        let table = |of: fn(f64) -> f64| -> Result<Variable> {
            let values = (0..BYTES_MAX * half).map(|at| of(angle(at)) as f32).collect();
            Ok(Variable::from(Tensor::from_vec(values, &[BYTES_MAX, half])?))
        };
        Ok(Turns { cos: table(libm::cos)?, sin: table(libm::sin)? })
    }

    /// Turns `x` of shape `[.., positions, HEAD_WIDTH]`.
    fn turn(&self, x: &Variable, positions: i64) -> Result<Variable> {
        let half = HEAD_WIDTH / 2;
        let (cos, sin) = (self.cos.narrow(0, 0, positions)?, self.sin.narrow(0, 0, positions)?);
        let (a, b) = (x.narrow(-1, 0, half)?, x.narrow(-1, half, half)?);
        let first = a.mul(&cos)?.sub(&b.mul(&sin)?)?;
        let second = a.mul(&sin)?.add(&b.mul(&cos)?)?;
        Variable::cat(&[first, second], -1)
    }
}

fn normalised(x: &Variable, weight: &Variable) -> Result<Variable> {
    let scale = x.mul(x)?.mean_dims(&[-1], true)?.add(EPSILON)?.rsqrt()?;
    x.mul(&scale)?.mul(weight)
}

fn linear(x: &Variable, weight: &Variable) -> Result<Variable> {
    x.matmul(&weight.transpose(0, 1)?)
}

impl Block {
    fn new(generator: &Generator) -> Result<Block> {
        Ok(Block {
            attention_norm: ones()?,
            attention_in: drawn(&[3 * WIDTH, WIDTH], 0.08, generator)?,
            attention_out: drawn(&[WIDTH, WIDTH], 0.04, generator)?,
            hidden_norm: ones()?,
            hidden_in: drawn(&[HIDDEN, WIDTH], 0.08, generator)?,
            hidden_out: drawn(&[WIDTH, HIDDEN], 0.02, generator)?,
        })
    }

    fn parameters(&self) -> [(&'static str, &Variable); 6] {
        [
            ("attention_norm", &self.attention_norm),
            ("attention_in", &self.attention_in),
            ("attention_out", &self.attention_out),
            ("hidden_norm", &self.hidden_norm),
            ("hidden_in", &self.hidden_in),
            ("hidden_out", &self.hidden_out),
        ]
    }

    fn forward(&self, x: &Variable, turns: &Turns) -> Result<Variable> {
        let (rows, positions) = (x.sizes()[0] as i64, x.sizes()[1] as i64);
        let all = linear(&normalised(x, &self.attention_norm)?, &self.attention_in)?;
        let part = |at: i64| {
            let part = all.narrow(-1, at * WIDTH, WIDTH)?;
            part.reshape(&[rows, positions, HEADS, HEAD_WIDTH])?.transpose(1, 2)
        };
        let (queries, keys) = (turns.turn(&part(0)?, positions)?, turns.turn(&part(1)?, positions)?);
        let values = part(2)?;
        let seen = nn::call(
            "scaled_dot_product_attention",
            vec![
                (&queries).into(),
                (&keys).into(),
                (&values).into(),
                Arg::None,
                Arg::Scalar(Scalar::Float(0.0)),
                Arg::Scalar(Scalar::Bool(true)),
            ],
            Vec::new(),
        )?;
        let seen = seen.first().unwrap_or(&values).transpose(1, 2)?.reshape(&[rows, positions, WIDTH])?;
        let x = x.add(&linear(&seen, &self.attention_out)?)?;
        let hidden = linear(&normalised(&x, &self.hidden_norm)?, &self.hidden_in)?;
        let hidden = call_one("gelu", vec![(&hidden).into()])?;
        x.add(&linear(&hidden, &self.hidden_out)?)
    }
}

impl Network {
    /// A network that has learnt nothing.
    ///
    /// # Errors
    /// Those of the allocator.
    pub fn new(generator: &Generator) -> Result<Network> {
        Ok(Network {
            bytes: drawn(&[BYTES, WIDTH], 0.08, generator)?,
            blocks: (0..LAYERS).map(|_| Block::new(generator)).collect::<Result<_>>()?,
            norm: ones()?,
            turns: Turns::new()?,
        })
    }

    /// The parameters with their names, always in this order.
    pub fn parameters(&self) -> Vec<(String, Variable)> {
        let mut all = vec![("bytes".to_string(), self.bytes.clone())];
        for (at, block) in self.blocks.iter().enumerate() {
            let named =
                block.parameters().map(|(name, value)| (format!("layers.{at}.{name}"), value.clone()));
            all.extend(named);
        }
        all.push(("norm".to_string(), self.norm.clone()));
        all
    }

    /// What each position says of the next byte: `[rows, positions, 256]` of f32, for bytes of shape
    /// `[rows, positions]` of i64.
    ///
    /// # Errors
    /// `RuntimeError` for more than [`BYTES_MAX`] positions.
    pub fn forward(&self, bytes: &Tensor) -> Result<Variable> {
        let sizes: Vec<i64> = bytes.sizes().iter().map(|&size| size as i64).collect();
        let [rows, positions] = sizes[..] else {
            return Err(nn::Error::runtime("offline", "expected bytes of shape [rows, positions]"));
        };
        let flat = Variable::from(bytes.clone()).reshape(&[rows * positions])?;
        let mut x = self.bytes.index_select(0, &flat)?.reshape(&[rows, positions, WIDTH])?;
        for block in &self.blocks {
            x = block.forward(&x, &self.turns)?;
        }
        linear(&normalised(&x, &self.norm)?, &self.bytes)
    }
}
