//! What a checkpoint says of each page besides its bytes: with it a state opens before its pages are read.

use plan::wire::{Decoder, Encoder};
use plan::{Malformation, Malformed, query};

use super::block::Block;
use super::layout::Layout;
use crate::pages::{Entry, Pages, Restored};

/// So many pages for each byte of the blocks are believed before the blocks are read. What a compressed one unpacks to
/// is not known until then, and each page costs memory.
const PAGES_PER_BYTE_MAX: u64 = 4;

/// Pages with consecutive ids that have everything but their bytes in common.
struct Run {
    first_id: u64,
    /// At least 1; more only without a name.
    count: u64,
    version: u64,
    size_bytes: usize,
    name: Option<Box<str>>,
    metadata: Box<[u8]>,
}

impl Run {
    /// Whether the page goes on where it ends.
    fn takes(&self, id: u64, page: &Entry) -> bool {
        id == self.behind()
            && (self.version, self.size_bytes) == (page.version(), page.size_bytes())
            && *self.metadata == *page.metadata()
            && self.name.is_none()
            && page.name().is_none()
    }

    /// The first id behind it.
    fn behind(&self) -> u64 {
        self.first_id + self.count
    }

    /// Appends it behind a run that ends before `behind`.
    fn encode_to(&self, runs: &mut Encoder, behind: u64) {
        for number in [self.first_id - behind, self.count, self.version, self.size_bytes as u64] {
            runs.varint(number);
        }
        runs.bytes(self.name.as_deref().unwrap_or_default().as_bytes());
        runs.bytes(&self.metadata);
    }

    fn decode(decoder: &mut Decoder<'_>, behind: u64) -> Result<Run, Malformed> {
        let first_id = decoder.varint("page id")?.checked_add(behind);
        let (count, version) = (decoder.varint("count of pages")?, decoder.varint("version")?);
        let size_bytes = decoder.varint_up_to(u64::from(query::PAGE_LEN_MAX), "page size")? as usize;
        let name = decoder.text(query::PAGE_NAME_LEN_MAX, "page name")?;
        let metadata = decoder.bytes(query::METADATA_LEN_MAX, "page metadata")?.into();
        let name = (!name.is_empty()).then(|| Box::from(name));
        let some = count > 0 && version > 0 && size_bytes > 0;
        let first_id = first_id.filter(|first_id| some && first_id.checked_add(count).is_some());
        let Some(first_id) = first_id else {
            return Err(decoder.malformed(Malformation::Range, "heads"));
        };
        if name.is_some() && count > 1 {
            return Err(decoder.malformed(Malformation::Overlap, "page name"));
        }
        Ok(Run { first_id, count, version, size_bytes, name, metadata })
    }
}

/// The heads of all pages of a state, by id, in as few runs as possible; as they stand in the footer, since a large
/// state may have very many.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heads {
    count: u64,
    runs: Vec<u8>,
}

/// Makes heads of pages that come by ascending id.
#[derive(Default)]
pub(super) struct Writer {
    count: u64,
    runs: Encoder,
    behind: u64,
    open: Option<Run>,
}

impl Writer {
    /// Adds the page behind those before it.
    pub(super) fn push(&mut self, id: u64, page: &Entry) {
        if let Some(run) = self.open.as_mut().filter(|run| run.takes(id, page)) {
            run.count += 1;
            return;
        }
        self.close();
        self.open = Some(Run {
            first_id: id,
            count: 1,
            version: page.version(),
            size_bytes: page.size_bytes(),
            name: page.name().map(Box::from),
            metadata: page.metadata().into(),
        });
    }

    fn close(&mut self) {
        if let Some(run) = self.open.take() {
            run.encode_to(&mut self.runs, self.behind);
            (self.count, self.behind) = (self.count + 1, run.behind());
        }
    }

    pub(super) fn finish(mut self) -> Heads {
        self.close();
        Heads { count: self.count, runs: self.runs.finish() }
    }
}

impl Heads {
    pub(super) fn of(pages: &Pages) -> Heads {
        let mut heads = Writer::default();
        pages.iter().for_each(|(id, page)| heads.push(id, page));
        heads.finish()
    }

    pub(super) fn encode_to(&self, footer: &mut Encoder) {
        footer.varint(self.count);
        footer.raw(&self.runs);
    }

    /// Reads them from where `decoder` stands in the bytes of a footer.
    pub(super) fn decode(decoder: &mut Decoder<'_>, footer: &[u8]) -> Result<Heads, Malformed> {
        let count = decoder.varint_up_to(footer.len() as u64, "heads")?;
        let (start, mut behind) = (decoder.offset(), 0);
        for _ in 0..count {
            behind = Run::decode(decoder, behind)?.behind();
        }
        Ok(Heads { count, runs: footer.get(start..decoder.offset()).unwrap_or_default().to_vec() })
    }

    /// The state whose pages stand in these blocks, none of them in memory; `None` where a page stands where no place
    /// can say, and where there are more than is believed of the blocks as they stand in the file.
    ///
    /// # Errors
    /// For heads that are not those of the blocks, or that give a name twice.
    pub(super) fn restore(&self, blocks: &[Block]) -> Result<Option<Pages>, &'static str> {
        let stored = blocks.iter().fold(0, |sum: u64, block| sum.saturating_add(block.len));
        let mut page_count: u64 = 0;
        let (mut restored, mut layout) = (Restored::default(), Layout::default());
        let mut expected = blocks.iter();
        let mut fits = |layout: &Layout| match layout.present() {
            (_, 0) => true,
            present => expected.next().is_some_and(|block| block.holds() == present),
        };
        let (mut runs, mut behind) = (Decoder::new(&self.runs), 0);
        while !runs.is_empty() {
            let run = Run::decode(&mut runs, behind).map_err(|_| "heads are not in their form")?;
            behind = run.behind();
            page_count = page_count.saturating_add(run.count);
            if page_count / PAGES_PER_BYTE_MAX > stored {
                return Ok(None);
            }
            let head_len = Layout::head_len(run.version, run.name.as_deref(), &run.metadata, run.size_bytes);
            let label = Entry::shared_label(run.name.as_deref(), &run.metadata);
            for id in run.first_id..behind {
                // Looked at before more is laid out: a count is cheap to forge.
                if layout.begins_block(run.size_bytes) && !fits(&layout) {
                    return Err("heads are not those of its blocks");
                }
                let Some(place) = layout.place(id, head_len, run.size_bytes) else { return Ok(None) };
                if !restored.push(id, Entry::left(run.version, place, label.clone())) {
                    return Err("heads give a name twice");
                }
            }
        }
        if !fits(&layout) || expected.next().is_some() {
            return Err("heads are not those of its blocks");
        }
        Ok(Some(restored.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of one byte, as many as a block takes, which stand in so many bytes.
    fn one_block(len: u64) -> (Heads, Block) {
        let (mut heads, mut layout) = (Writer::default(), Layout::default());
        let page = Entry::new(1, [0].as_slice().into(), None, &[]);
        for id in 1..=9_000 {
            layout.place_entry(id, &page);
            heads.push(id, &page);
        }
        let (first_id, unpacked_len) = layout.present();
        (heads.finish(), Block { first_id, len, crc: 0, unpacked_len })
    }

    /// By hand: 9,000 pages are four for each of 2,250 bytes.
    #[test]
    fn more_pages_than_compression_explains_are_not_believed() {
        for (len, believed) in [(60_000, true), (2_250, true), (2_249, false), (1, false)] {
            let (heads, block) = one_block(len);
            let restored = heads.restore(&[block]).expect("the heads are those of the block");
            assert_eq!(restored.is_some(), believed, "{len} bytes");
        }
    }
}
