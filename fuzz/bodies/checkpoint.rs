//! What must hold for any bytes that the readers of tensors are given: no panic, and what is read can be written and
//! reads back as the same bytes. Shared by the fuzz targets and the tests of the crate `checkpoint`.

use checkpoint::lmt::{self, Mode};

/// A file of ours. What one mode reads, both do, and it is written again as it was.
pub fn lmt(data: &[u8]) {
    let (strict, hardened) = (lmt::read(data, Mode::Strict), lmt::read(data, Mode::Hardened));
    assert_eq!(strict.is_ok(), hardened.is_ok());
    if let Err(refusal) = &hardened {
        assert!((1..=32).contains(&refusal.problems.len()));
    }
    if let Ok(tree) = strict {
        let written = lmt::write(&tree, Mode::Strict).expect("what was read can be written");
        let again = lmt::read(&written, Mode::Strict).expect("what was written can be read");
        assert_eq!(lmt::write(&again, Mode::Strict), Ok(written));
    }
}

/// A file of PyTorch's of either form.
pub fn pt(data: &[u8]) {
    if let Ok(tree) = checkpoint::pt::read(data)
        && let Ok(written) = checkpoint::pt::write(&tree, "archive")
    {
        let again = checkpoint::pt::read(&written).expect("what was written can be read");
        assert_eq!(checkpoint::pt::write(&again, "archive"), Ok(written));
    }
}

/// A pickle, in an old file, where no checksum stands before it.
pub fn pickle(data: &[u8]) {
    const HEAD: &[u8] =
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}X\r\0\0\0little_endian\x88s.";
    // What an archive's first entry holds begins at its first multiple of 64.
    let text = data.strip_prefix(b"PK").and_then(|_| data.get(64..)).unwrap_or(data);
    pt(&[HEAD, text].concat());
}

/// A file of safetensors.
pub fn safetensors(data: &[u8]) {
    if let Ok(read) = checkpoint::safetensors::read(data) {
        let written =
            checkpoint::safetensors::write(&read.tensors, &read.metadata).expect("it can be written");
        let again = checkpoint::safetensors::read(&written).expect("it can be read");
        assert_eq!(checkpoint::safetensors::write(&again.tensors, &again.metadata), Ok(written));
    }
}
