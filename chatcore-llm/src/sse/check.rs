//! The judge of the decoder: two ways to read the same bytes must agree, wherever the bytes are cut. Shared by the
//! property test, the replay of the corpus and the fuzz target.

use std::time::Duration;

use super::{Decoder, Event, TooLong};

/// Inputs up to this length are cut at every single byte; longer ones at as many places spread over them.
const CUTS: usize = 512;

/// Asserts that the bytes give the same events in one piece, byte by byte, in pieces of several sizes, and cut in two
/// at every place; and that these are the events that a plain reading of the whole text finds.
///
/// # Panics
/// When they differ.
pub fn split_anywhere(bytes: &[u8]) {
    let whole = decode(usize::MAX, [bytes]);
    assert_eq!(whole, (plain(bytes), None), "one piece against the plain reading");
    assert_all_cuts(bytes, usize::MAX, &whole);
    for limit in [7, 64] {
        assert_all_cuts(bytes, limit, &decode(limit, [bytes]));
    }
}

fn assert_all_cuts(bytes: &[u8], limit: usize, whole: &(Vec<Event>, Option<TooLong>)) {
    for size in [1, 2, 3, 5, 64] {
        assert_eq!(&decode(limit, bytes.chunks(size)), whole, "pieces of {size} bytes, limit {limit}");
    }
    for at in (0..bytes.len()).step_by(1 + bytes.len() / CUTS) {
        let (left, right) = bytes.split_at(at);
        assert_eq!(&decode(limit, [left, &[], right]), whole, "cut at {at}, limit {limit}");
    }
}

/// The events of a text that comes in those pieces, and the error that ended them.
fn decode<'a>(limit: usize, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, Option<TooLong>) {
    let mut decoder = Decoder::with_limit(limit);
    let mut events = Vec::new();
    for piece in pieces {
        let pushed = decoder.push(piece);
        events.extend(std::iter::from_fn(|| decoder.pop()));
        if let Err(error) = pushed {
            return (events, Some(error));
        }
    }
    (events, None)
}

/// The events of a whole text, read the slow and obvious way.
#[must_use]
pub fn plain(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    let (mut event, mut data, mut id, mut retry) = (String::new(), Vec::new(), String::new(), None);
    let mut events = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
        match name {
            "" if line.is_empty() => {
                let name = std::mem::take(&mut event);
                let name = if name.is_empty() { "message".to_owned() } else { name };
                if !data.is_empty() {
                    let data = std::mem::take(&mut data).join("\n");
                    events.push(Event { event: name, data, id: id.clone(), retry });
                }
            }
            "event" => event = value,
            "data" => data.push(value),
            "id" if !value.contains('\0') => id = value,
            "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                retry = value.parse().ok().map(Duration::from_millis).or(retry);
            }
            _ => {}
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_corpus_reads_the_same_however_it_is_cut() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/sse_decoder");
        let mut files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            split_anywhere(&std::fs::read(&path).unwrap());
            files += 1;
        }
        assert!(files >= 12, "only {files} files in {folder}");
    }

    /// Text made of what matters to the format, so that odd neighbours are likely.
    fn sse_like() -> impl Strategy<Value = Vec<u8>> {
        let atoms = [
            "data",
            "event",
            "id",
            "retry",
            ":",
            ": ",
            " ",
            "\r",
            "\n",
            "\r\n",
            "\n\n",
            "\u{feff}",
            "\u{e9}",
            "\u{1f600}",
            "\0",
            "12",
            "[DONE]",
            "{\"a\":1}",
        ];
        let atom = prop::sample::select(atoms.to_vec()).prop_map(|text| text.as_bytes().to_vec());
        let junk = prop::collection::vec(any::<u8>(), 0..3);
        prop::collection::vec(prop_oneof![9 => atom, 1 => junk], 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn event_like_bytes_can_be_cut_anywhere(bytes in sse_like()) {
            split_anywhere(&bytes);
        }

        #[test]
        fn any_bytes_can_be_cut_anywhere(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            split_anywhere(&bytes);
        }
    }
}
