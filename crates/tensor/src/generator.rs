//! The random stream: MT19937 with PyTorch's seeding, state and ways to draw from it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Error, Result};

const N: usize = 624;
const M: usize = 397;

/// Bytes of a generator's state, as `torch.Generator.get_state` returns it.
pub const STATE_SIZE_BYTES: usize = 5056;

/// The seed of a generator nobody seeded.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

#[derive(Clone, Debug)]
struct State {
    seed: u64,
    left: u32,
    next: usize,
    words: [u32; N],
    normal_f64: Option<f64>,
    normal_f32: Option<f32>,
}

impl State {
    fn new(seed: u64) -> State {
        let mut words = [0u32; N];
        // The engine is seeded by the low 32 bits.
        words[0] = seed as u32;
        for i in 1..N {
            let last = words[i - 1];
            words[i] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        State { seed, left: 1, next: 0, words, normal_f64: None, normal_f32: None }
    }

    fn refill(&mut self) {
        let words = &mut self.words;
        let twisted = |this: u32, next: u32, far: u32| {
            let mixed = (this & 0x8000_0000) | (next & 0x7fff_ffff);
            far ^ (mixed >> 1) ^ ((mixed & 1).wrapping_neg() & 0x9908_b0df)
        };
        // Without a remainder in the index, so that the loops go by vectors.
        for i in 0..N - M {
            words[i] = twisted(words[i], words[i + 1], words[i + M]);
        }
        for i in N - M..N - 1 {
            words[i] = twisted(words[i], words[i + 1], words[i + M - N]);
        }
        words[N - 1] = twisted(words[N - 1], words[0], words[M - 1]);
        self.left = N as u32;
        self.next = 0;
    }

    fn random(&mut self) -> u32 {
        self.left = self.left.wrapping_sub(1);
        if self.left == 0 || self.next >= N {
            self.refill();
        }
        let mut y = self.words[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn random64(&mut self) -> u64 {
        let high = u64::from(self.random());
        high << 32 | u64::from(self.random())
    }

    fn uniform_f32(&mut self) -> f32 {
        (self.random() & ((1 << 24) - 1)) as f32 * (1.0 / (1u32 << 24) as f32)
    }

    fn uniform_f64(&mut self) -> f64 {
        (self.random64() & ((1 << 53) - 1)) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(STATE_SIZE_BYTES);
        out.extend(self.seed.to_le_bytes());
        out.extend(self.left.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend((self.next as u64).to_le_bytes());
        self.words.iter().for_each(|&w| out.extend(u64::from(w).to_le_bytes()));
        out.extend(0f64.to_le_bytes());
        out.extend(self.normal_f64.unwrap_or(0.0).to_le_bytes());
        out.extend(0f64.to_le_bytes());
        out.extend(u32::from(self.normal_f64.is_some()).to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.normal_f32.unwrap_or(0.0).to_le_bytes());
        out.extend([u8::from(self.normal_f32.is_some()), 0, 0, 0]);
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<State> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let long = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        let mut words = [0; N];
        for (i, w) in words.iter_mut().enumerate() {
            *w = u32::try_from(long(24 + 8 * i)?).ok()?;
        }
        let tail = 24 + 8 * N;
        let next = usize::try_from(long(16)?).ok()?;
        let left = word(8)?;
        (word(12)? == 1 && next <= N && left <= N as u32).then_some(())?;
        let normal_f64 = (word(tail + 24)? != 0).then_some(f64::from_bits(long(tail + 8)?));
        let normal_f32 = (*bytes.get(tail + 36)? != 0).then_some(f32::from_bits(word(tail + 32)?));
        Some(State { seed: long(0)?, left, next, words, normal_f64, normal_f32 })
    }
}

/// A random stream. Cloning shares the stream; draws are ordered.
///
/// ```
/// let g = tensor::Generator::new(0);
/// let t = tensor::Tensor::rand(&[1], tensor::DType::F32, &g)?;
/// assert_eq!(t.to_vec::<f32>()?, [0.49625659]);
/// # Ok::<(), tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Generator(Arc<Mutex<State>>);

thread_local! {
    static DEFAULT: RefCell<Option<Generator>> = const { RefCell::new(None) };
}

/// The stream that operators on this thread draw from when they are given none.
pub(crate) fn default_generator() -> Option<Generator> {
    DEFAULT.with_borrow(Clone::clone)
}

impl Default for Generator {
    fn default() -> Self {
        Self::new(DEFAULT_SEED)
    }
}

impl Generator {
    /// Whether both draw from one stream.
    pub fn is(&self, other: &Generator) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A generator after `manual_seed(seed)`.
    pub fn new(seed: u64) -> Generator {
        Generator(Arc::new(Mutex::new(State::new(seed))))
    }

    /// Runs the body with this stream as the one that operators draw from when they are given none. Only a host that
    /// records its seeds has a default stream; without one such operators are refused.
    pub fn with_default<R>(&self, body: impl FnOnce() -> R) -> R {
        struct Restore(Option<Generator>);
        impl Drop for Restore {
            fn drop(&mut self) {
                DEFAULT.set(self.0.take());
            }
        }
        let _restore = Restore(DEFAULT.replace(Some(self.clone())));
        body()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the stream over.
    pub fn manual_seed(&self, seed: u64) {
        *self.state() = State::new(seed);
    }

    /// The seed the stream started from.
    pub fn initial_seed(&self) -> u64 {
        self.state().seed
    }

    /// The next 32 bits.
    pub fn random(&self) -> u32 {
        self.state().random()
    }

    /// The next 64 bits: the first draw is the high half.
    pub fn random64(&self) -> u64 {
        self.state().random64()
    }

    /// Uniform in [0, 1) with 24 bits.
    pub fn uniform_f32(&self) -> f32 {
        self.state().uniform_f32()
    }

    /// Uniform in [0, 1) with 53 bits.
    pub fn uniform_f64(&self) -> f64 {
        self.state().uniform_f64()
    }

    /// `count` draws of [`Generator::uniform_f32`], one after another, nobody else's between them.
    pub(crate) fn uniforms_f32(&self, count: usize, out: &mut Vec<f32>) {
        let mut state = self.state();
        out.extend((0..count).map(|_| state.uniform_f32()));
    }

    /// `count` draws of [`Generator::uniform_f64`].
    pub(crate) fn uniforms_f64(&self, count: usize, out: &mut Vec<f64>) {
        let mut state = self.state();
        out.extend((0..count).map(|_| state.uniform_f64()));
    }

    /// Standard normal by Box and Muller; every second draw is kept from the one before.
    pub fn normal_f64(&self) -> f64 {
        if let Some(kept) = self.state().normal_f64.take() {
            return kept;
        }
        let (u1, u2) = (self.uniform_f64(), self.uniform_f64());
        let radius = (-2.0 * libm::log1p(-u2)).sqrt();
        let angle = 2.0 * std::f64::consts::PI * u1;
        self.state().normal_f64 = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }

    /// The state in PyTorch's layout of 5,056 bytes.
    pub fn get_state(&self) -> Vec<u8> {
        self.state().to_bytes()
    }

    /// Continues from a state.
    ///
    /// # Errors
    /// `TypeError` or `RuntimeError` if the bytes are no state; the stream is then unchanged.
    pub fn set_state(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() != STATE_SIZE_BYTES {
            return Err(Error::runtime("set_state", "RNG state is wrong size")
                .expected(STATE_SIZE_BYTES.to_string())
                .found(bytes.len().to_string()));
        }
        *self.state() =
            State::from_bytes(bytes).ok_or_else(|| Error::runtime("set_state", "Invalid mt19937 state"))?;
        Ok(())
    }
}
