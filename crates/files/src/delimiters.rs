//! The next byte that ends an unquoted field.
//!
//! Fields are short, so a search a field would spend its time starting. One mask answers for 64 bytes: bit `i` is set
//! where byte `i` ends a field.

const BLOCK: usize = u64::BITS as usize;

#[derive(Clone, Debug)]
pub(crate) struct Delimiters {
    /// Besides line ends.
    bytes: [u8; 2],
    /// The block that `mask` is of; none at first.
    block: usize,
    mask: u64,
}

impl Delimiters {
    pub(crate) fn new(bytes: [u8; 2]) -> Self {
        Self { bytes, block: usize::MAX, mask: 0 }
    }

    /// Position of the first delimiter of `input` from `at` on, or the input's length. The input is the same in every
    /// call.
    #[inline]
    pub(crate) fn next(&mut self, input: &[u8], at: usize) -> usize {
        let mut at = at;
        while at < input.len() {
            let block = at / BLOCK;
            if block != self.block {
                (self.block, self.mask) = (block, self.mask_of(&input[block * BLOCK..]));
            }
            let rest = self.mask >> (at % BLOCK);
            if rest != 0 {
                return at + rest.trailing_zeros() as usize;
            }
            at = (block + 1) * BLOCK;
        }
        input.len()
    }

    /// The mask of the first 64 bytes of `rest`.
    fn mask_of(&self, rest: &[u8]) -> u64 {
        match rest.first_chunk::<BLOCK>() {
            Some(bytes) => mask(bytes, self.bytes),
            None => {
                let mut bytes = [0; BLOCK];
                bytes[..rest.len()].copy_from_slice(rest);
                mask(&bytes, self.bytes) & !(u64::MAX << rest.len())
            }
        }
    }
}

fn mask(bytes: &[u8; BLOCK], [one, other]: [u8; 2]) -> u64 {
    let mut ends = [0u8; BLOCK];
    for (end, &byte) in ends.iter_mut().zip(bytes) {
        *end = u8::from(byte == one)
            | u8::from(byte == other)
            | u8::from(byte == b'\n')
            | u8::from(byte == b'\r');
    }
    // The product moves the lowest bit of byte i to bit 56 + i; no two terms meet, so nothing carries.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    ends.as_chunks::<8>().0.iter().enumerate().fold(0, |mask, (place, word)| {
        mask | (u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) << (8 * place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// hand: a search byte by byte is the judge.
    #[test]
    fn every_delimiter_is_found() {
        let input: Vec<u8> = (0..1_000u32).map(|i| b"ab,c\n;\rdefghi"[(i * i % 89 % 13) as usize]).collect();
        for len in [0, 1, 63, 64, 65, 128, 1_000] {
            let input = &input[..len];
            let mut delimiters = Delimiters::new([b',', b';']);
            for at in (0..len + 1).chain([0]) {
                let naive = input[at..].iter().position(|byte| b",;\n\r".contains(byte));
                assert_eq!(delimiters.next(input, at), at + naive.unwrap_or(len - at), "{at} of {len}");
            }
        }
    }
}
