//! Answers: the likeliest of some options, and spans of a text.

use autograd::{Tensor, no_grad};
use nn::{Error, Result};

use crate::lesson::Question;
use crate::network::{BYTES_MAX, Network};
use crate::weights;

/// A network that answers.
pub struct Reader {
    network: Network,
}

/// The end of an answer.
const END: u8 = b'\n';

impl Reader {
    /// Reads with the weights of a file.
    ///
    /// # Errors
    /// Those of [`crate::read`].
    pub fn new(weights: &[u8]) -> Result<Reader> {
        Ok(Reader { network: weights::read(weights)? })
    }

    /// Logarithms of what comes next, for each position: `positions × 256`.
    fn likelihoods(&self, bytes: &[u8]) -> Result<Vec<f32>> {
        let ids = bytes.iter().map(|&byte| i64::from(byte)).collect();
        let ids = Tensor::from_vec(ids, &[1, bytes.len()])?;
        let mut found = Vec::new();
        no_grad(|| {
            found = self.network.forward(&ids)?.log_softmax(-1)?.data().to_vec_as::<f32>()?;
            Ok::<(), Error>(())
        })?;
        Ok(found)
    }

    fn fits(bytes: usize) -> Result<()> {
        if bytes > BYTES_MAX {
            let text = format!("text, question and answer have {bytes} bytes, and {BYTES_MAX} are seen");
            return Err(Error::runtime("offline", text));
        }
        Ok(())
    }

    fn prompt(text: &str, question: &str, options: &[String]) -> Vec<u8> {
        format!("{text}\n{}", Question::asked(question, options)).into_bytes()
    }

    /// How many bytes an answer needs to be seen at once, the longest option included.
    pub fn bytes_of(text: &str, question: &str, options: &[String]) -> usize {
        Reader::prompt(text, question, options).len()
            + options.iter().map(String::len).max().unwrap_or_default()
            + 1
    }

    /// The place of the likeliest option for what the text says of the question; of equally likely ones the first.
    ///
    /// # Errors
    /// `RuntimeError` for more bytes than [`BYTES_MAX`], an empty text, and for no options.
    pub fn choose(&self, text: &str, question: &str, options: &[String]) -> Result<usize> {
        Reader::fits(Reader::bytes_of(text, question, options))?;
        let mut prompt = Reader::prompt(text, question, options);
        let said = self.span(text, &prompt, Question::THEREFORE as u8)?;
        prompt.extend(said.bytes());
        prompt.push(Question::THEREFORE as u8);
        let mut best: Option<(usize, f64)> = None;
        for (place, option) in options.iter().enumerate() {
            let answer: Vec<u8> = option.bytes().chain([END]).collect();
            Reader::fits(prompt.len() + answer.len())?;
            let seen = [prompt.as_slice(), &answer].concat();
            let found = self.likelihoods(&seen)?;
            let first = prompt.len() - 1;
            let of = |(at, &byte): (usize, &u8)| {
                f64::from(
                    found.get((first + at) * 256 + usize::from(byte)).copied().unwrap_or(f32::NEG_INFINITY),
                )
            };
            let likelihood: f64 = answer.iter().enumerate().map(of).sum();
            if best.is_none_or(|(_, known)| likelihood > known) {
                best = Some((place, likelihood));
            }
        }
        best.map(|(place, _)| place)
            .ok_or_else(|| Error::runtime("offline", "there are no options to choose from"))
    }

    /// The span of the text that answers, found byte by byte among those that the text has.
    ///
    /// # Errors
    /// `RuntimeError` for more bytes than [`BYTES_MAX`], and for an empty text.
    pub fn quote(&self, text: &str, question: &str) -> Result<String> {
        self.span(text, &Reader::prompt(text, question, &[]), END)
    }

    /// What is said behind a prompt up to an end, of spans that the text has.
    fn span(&self, text: &str, prompt: &[u8], end: u8) -> Result<String> {
        Reader::fits(prompt.len() + 1)?;
        let mut seen = prompt.to_vec();
        // Where in the text each span that is still possible goes on.
        let mut open: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let whole = text.as_bytes();
        loop {
            let found = self.likelihoods(&seen)?;
            let last = found.len() - 256;
            let likelihood =
                |byte: u8| found.get(last + usize::from(byte)).copied().unwrap_or(f32::NEG_INFINITY);
            let said = seen.get(prompt.len()..).unwrap_or_default();
            let may_end = !said.is_empty() && std::str::from_utf8(said).is_ok();
            let mut best = may_end.then(|| (end, likelihood(end)));
            for &at in &open {
                let Some(&byte) = whole.get(at).filter(|byte| ![END, end].contains(byte)) else { continue };
                if best.is_none_or(|(_, known)| likelihood(byte) > known) {
                    best = Some((byte, likelihood(byte)));
                }
            }
            let is_full = seen.len() >= BYTES_MAX;
            match best {
                Some((byte, _)) if byte != end && !is_full => {
                    open.retain_mut(|at| {
                        let goes_on = whole.get(*at) == Some(&byte);
                        *at += 1;
                        goes_on
                    });
                    seen.push(byte);
                }
                _ if may_end => return Ok(String::from_utf8_lossy(said).into_owned()),
                Some(_) => {
                    return Err(Error::runtime("offline", format!("a quote goes beyond {BYTES_MAX} bytes")));
                }
                None => return Err(Error::runtime("offline", "there is no text to quote from")),
            }
        }
    }
}
