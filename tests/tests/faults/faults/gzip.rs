//! Bytes in gzip format, made without a library: stored as they are, or as one long repetition.

/// The head of a gzip file.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Returns a gzip file that contains the bytes without compressing them.
pub(super) fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut file = HEAD.to_vec();
    let mut chunks = bytes.chunks(usize::from(u16::MAX)).peekable();
    while let Some(chunk) = chunks.next() {
        let length = u16::try_from(chunk.len()).unwrap_or_default();
        file.push(u8::from(chunks.peek().is_none()));
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(&(!length).to_le_bytes());
        file.extend_from_slice(chunk);
    }
    end(file, crc32(bytes.iter().copied()), bytes.len() as u64)
}

/// Returns a gzip file that contains this many spaces in less than a hundredth of the length.
pub(super) fn spaces(length: u64) -> Vec<u8> {
    let mut bits = Bits { bytes: HEAD.to_vec(), pending: 0, count: 0 };
    // The last block, with the fixed codes.
    bits.push(0b011, 3);
    // The literal byte 0x20 has the code 0x30 + 0x20 of 8 bits. Codes start with their most significant bit.
    bits.push_code(0x50, 8);
    // A repetition of 258 bytes has the code 0b1100_0101 of 8 bits; the distance 1 has the code 0 of 5 bits.
    for _ in 0..(length - 1) / 258 {
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    bits.push_code(0, 7);
    let length = 1 + (length - 1) / 258 * 258;
    // A reader that reaches the checksum has read everything, so its value does not matter.
    end(bits.finish(), 0, length)
}

fn end(mut file: Vec<u8>, checksum: u32, length: u64) -> Vec<u8> {
    file.extend_from_slice(&checksum.to_le_bytes());
    file.extend_from_slice(&(length & u64::from(u32::MAX)).to_le_bytes()[..4]);
    file
}

fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Writes bits, the least significant one of each byte first.
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(u8::try_from(self.pending & 0xff).unwrap_or_default());
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Pushes a code, whose most significant bit is the first.
    fn push_code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.push(0, 8 - self.count);
        }
        self.bytes
    }
}
