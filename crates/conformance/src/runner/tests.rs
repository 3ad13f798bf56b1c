use super::*;

#[test]
fn any_number_of_jobs_gives_equal_bytes() {
    let library = Library::embedded();
    let ids: BTreeSet<String> = library.packets().into_keys().take(4).collect();
    let bytes = |jobs| {
        let find = |op: &str| crate::registry::find(op);
        let settings = Settings { modes: vec![Mode::Strict], threads: vec![1], jobs, ..Settings::new(&find) };
        let run = Run::of(&library, &ids, &settings, None);
        run.packets.iter().flat_map(|packet| typed::file_bytes(&packet.report)).collect::<Vec<u8>>()
    };
    assert_eq!(bytes(1), bytes(3));
}
