//! Bytes as text: base64 with the standard alphabet and padding (RFC 4648, section 4).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = 0u32;
        for position in 0..3 {
            group = group << 8 | u32::from(chunk.get(position).copied().unwrap_or(0));
        }
        for position in 0..4 {
            if position <= chunk.len() {
                let six = group >> (18 - 6 * position) & 63;
                out.push(char::from(ALPHABET[six as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// The bytes of a text; `None` for anything but the text [`encode`] gives, so that equal bytes have one text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0u32;
        for b in chunk.iter().filter(|b| **b != b'=') {
            let six = ALPHABET.iter().position(|a| a == b)?;
            group = group << 6 | six as u32;
        }
        let filled = chunk.iter().filter(|b| **b != b'=').count();
        group <<= 6 * (4 - filled);
        let bytes = group.to_be_bytes();
        out.extend_from_slice(&bytes[1..1 + (filled * 6 / 8)]);
    }
    (encode(&out) == text).then_some(out)
}
