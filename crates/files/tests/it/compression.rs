//! Compressed files and the way they are saved. Expected values: hand.

use std::fs;

use files::{Compression, ErrorKind, save};

const ALL: [Compression; 5] =
    [Compression::Gzip, Compression::Bz2, Compression::Zip, Compression::Xz, Compression::Zstd];

#[test]
fn what_is_compressed_comes_back_and_is_the_same_every_time() {
    let plain: Vec<u8> = (0..100_000u32).flat_map(|i| (i % 1_000 * (i % 977) % 251).to_le_bytes()).collect();
    for kind in ALL {
        let packed = kind.compress(&plain, "a.csv").unwrap();
        assert_eq!(packed, kind.compress(&plain, "a.csv").unwrap(), "{kind:?}");
        assert!(packed.len() < plain.len() / 4, "{kind:?}");
        assert_eq!(kind.decompress(&packed, 1 << 30).unwrap(), plain, "{kind:?}");
        let bomb = kind.decompress(&packed, 1_000).unwrap_err();
        assert_eq!(bomb.kind(), ErrorKind::Limit, "{kind:?}");
    }
}

#[test]
fn damage_is_an_error_of_its_kind() {
    for kind in ALL {
        let packed = kind.compress(b"a,b\n1,2\n", "a.csv").unwrap();
        for cut in 0..packed.len() {
            match kind.decompress(&packed[..cut], 1 << 20) {
                Ok(plain) => {
                    assert!(plain.is_empty() && cut == 0 || kind == Compression::Zstd, "{kind:?} {cut}")
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged(kind)),
            }
        }
    }
}

#[test]
fn extensions_and_words_are_pandas() {
    assert_eq!(Compression::of_path("a/B.CSV.GZ").unwrap(), Compression::Gzip);
    assert_eq!(Compression::of_path("a.zst").unwrap(), Compression::Zstd);
    assert_eq!(Compression::of_path("a.csv").unwrap(), Compression::None);
    assert!(Compression::of_path("a.tar.gz").unwrap_err().message().contains("tar"));
    // oracle
    assert_eq!(
        Compression::parse_name("foo").unwrap_err().message(),
        "Unrecognized compression type: foo\nValid compression types are ['infer', None, 'bz2', 'gzip', 'tar', 'xz', \
         'zip', 'zstd']"
    );
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    save(&path, b"old").unwrap();
    save(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    // A folder cannot be replaced by a file.
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("inside"), b"x").unwrap();
    assert!(save(&taken, b"new").is_err());
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
