//! The bodies of the fuzz targets over mutated seeds, as often as `LUMEN_FUZZ_RUNS` says; what was tried is printed.

use files::{Compression, IpcCompression, ParquetCompression, ToIpc, ToParquet};

use crate::bodies;

fn runs() -> usize {
    std::env::var("LUMEN_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(2_000)
}

/// Seeds with bytes changed, cut, doubled and put together, always the same ones.
fn over(name: &str, seeds: &[Vec<u8>], body: fn(&[u8])) {
    // A linear congruential generator (Knuth's MMIX constants): its high bits are good enough to choose by.
    let mut state = 1u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound.max(1)
    };
    let mut bytes = 0;
    for _ in 0..runs() {
        let mut data = seeds[below(seeds.len())].clone();
        for _ in 0..below(6) {
            let at = below(data.len());
            match below(5) {
                0 if !data.is_empty() => data[at] ^= 1 << below(8),
                1 if !data.is_empty() => data[at] = b",\"\n\r\\{}[]:;~#.-0e"[below(17)],
                2 => data.truncate(at),
                3 => data.splice(at..at, seeds[below(seeds.len())].iter().copied().take(20)).for_each(drop),
                _ => data.extend_from_within(at..data.len().min(at + 20)),
            }
        }
        bytes += data.len();
        body(&data);
    }
    println!("{name}: {} inputs of {} seeds, {bytes} bytes", runs(), seeds.len());
}

fn chosen(texts: &[&str]) -> Vec<Vec<u8>> {
    let each = |choice: u8| texts.iter().map(move |text| [&[choice], text.as_bytes()].concat());
    (0..=255u8).step_by(5).flat_map(each).collect()
}

#[test]
fn csv_gives_a_table_or_an_error() {
    over(
        "csv",
        &chosen(&["a,b\n1,x\n2.5,\"y\nz\"\n", "\"a\";b#c\n-1;1.000,5\n", "a b  c\n 1 2 3 \n\\\"~x"]),
        bodies::csv,
    );
}

#[test]
fn json_gives_a_table_or_an_error() {
    let seeds = [
        r#"[{"a":1,"date":"2020-01-01"},{"a":null,"b":"\u00e9\ud83d\ude00"}]"#,
        r#"{"columns":["a","b"],"index":[1,2],"data":[[1,2.5],["x",true]]}"#,
        r#"{"a":{"x":1e5,"y":-0.1},"b":{"x":NaN,"y":[1,[2]]}}"#,
        "{\"a\":1}\n{\"a\":\"2\"}\n",
        r#"{"schema":{"fields":[{"name":"index","type":"integer"},{"name":"a","type":"string"}],"primaryKey":["index"]},"data":[{"index":0,"a":"x"}]}"#,
    ];
    over("json", &chosen(&seeds), bodies::json);
}

#[test]
fn compressed_bytes_give_bytes_or_an_error() {
    let kinds = [Compression::Gzip, Compression::Bz2, Compression::Zip, Compression::Xz, Compression::Zstd];
    let plain: Vec<u8> = (0..2_000u32).map(|i| (i * i % 251) as u8).collect();
    let seeds: Vec<Vec<u8>> = kinds
        .iter()
        .enumerate()
        .map(|(choice, kind)| [vec![choice as u8], kind.compress(&plain, "a").unwrap()].concat())
        .collect();
    over("compressed", &seeds, bodies::compressed);
}

#[test]
fn columnar_files_give_a_table_or_an_error() {
    let table = crate::arrow::table();
    let ipc = [IpcCompression::Lz4, IpcCompression::Zstd, IpcCompression::Uncompressed]
        .map(|compression| files::to_ipc(&table, &ToIpc { compression, index: None }).unwrap());
    over("ipc", &ipc, bodies::ipc);
    let parquet = [ParquetCompression::Snappy, ParquetCompression::Zstd, ParquetCompression::Uncompressed];
    let parquet = parquet.map(|compression| {
        files::to_parquet(&table, &ToParquet { compression, row_group_rows: 2, ..ToParquet::default() })
            .unwrap()
    });
    over("parquet", &parquet, bodies::parquet);
}
