//! The little of tar (POSIX `ustar`) that an export needs: regular files with short names.

/// What everything in an archive is a multiple of.
pub(super) const BLOCK: usize = 512;

const MAGIC: &[u8] = b"ustar\x0000";

/// The largest file that the field for it can hold.
const MOST: u64 = 0o777_7777_7777;

/// The head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) size: u64,
}

impl Head {
    /// `None` for a name or a size that the format cannot hold.
    pub(super) fn block(&self, seconds: i64) -> Option<[u8; BLOCK]> {
        if self.name.len() >= 100 || self.size > MOST {
            return None;
        }
        let mut block = [0; BLOCK];
        put(&mut block, 0, self.name.as_bytes());
        put(&mut block, 100, b"0000600\0");
        put(&mut block, 108, b"0000000\0");
        put(&mut block, 116, b"0000000\0");
        put(&mut block, 124, format!("{:011o}\0", self.size).as_bytes());
        put(&mut block, 136, format!("{:011o}\0", u64::try_from(seconds).unwrap_or(0).min(MOST)).as_bytes());
        put(&mut block, 156, b"0");
        put(&mut block, 257, MAGIC);
        let sum = checksum(&block);
        put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
        Some(block)
    }

    /// `None` for what is no head of a regular file with its right checksum.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Option<Self> {
        let is_regular = block[156] == b'0' && &block[257..265] == MAGIC && block[345] == 0;
        if !is_regular || octal(&block[148..156])? != checksum(block) {
            return None;
        }
        let name = block[..100].split(|byte| *byte == 0).next().unwrap_or_default();
        Some(Self { name: str::from_utf8(name).ok()?.to_owned(), size: octal(&block[124..136])? })
    }
}

/// Bytes behind a file up to the next block.
pub(super) fn padding(size: u64) -> usize {
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - rest) % BLOCK
}

fn put(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    block[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Digits, and then nothing but spaces and zero bytes.
fn octal(field: &[u8]) -> Option<u64> {
    let text = str::from_utf8(field).ok()?.trim_end_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

/// The sum of all bytes, those of the checksum itself counted as spaces.
fn checksum(block: &[u8; BLOCK]) -> u64 {
    let byte = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { u64::from(b' ') } else { u64::from(*byte) };
    block.iter().enumerate().map(byte).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (name, size) in [("end.json", 0), ("attachments/att_1", 511), ("records/000001.jsonl", MOST)] {
            let head = Head { name: name.into(), size };
            let mut block = head.block(1_767_225_600).unwrap();
            assert_eq!(Head::parse(&block), Some(head));
            block[0] ^= 1;
            assert_eq!(Head::parse(&block), None, "the checksum");
        }
        assert_eq!(Head { name: "x".repeat(100), size: 0 }.block(0), None);
        assert_eq!(Head { name: "x".into(), size: MOST + 1 }.block(-1), None);
        assert_eq!([0, 1, 512, 513].map(padding), [0, 511, 0, 511]);
    }

    #[test]
    fn links_and_folders_are_no_files() {
        let good = Head { name: "end.json".into(), size: 0 }.block(0).unwrap();
        for kind in [b'1', b'2', b'5', b'x', b'g', b'L', 0] {
            let mut block = good;
            block[156] = kind;
            let sum = checksum(&block);
            put(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
            assert_eq!(Head::parse(&block), None, "{kind}");
        }
    }
}
