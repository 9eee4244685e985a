//! Pixels as a PNG in a `data:` address, so that an image of any size is one element of a picture.
//!
//! The data is stored, not compressed: that takes a page of code and no dependency, and these images are small.

/// What the bytes of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Channels {
    Grey = 1,
    Rgb = 3,
    Rgba = 4,
}

/// The address of a PNG with these pixels: `width * height` pixels in rows, `channels` bytes each.
pub(crate) fn data_address(width: usize, height: usize, channels: Channels, pixels: &[u8]) -> String {
    let color_type = match channels {
        Channels::Grey => 0,
        Channels::Rgb => 2,
        Channels::Rgba => 6,
    };
    let file = png(width, height, (color_type, channels as usize), &[], pixels);
    format!("data:image/png;base64,{}", base64(&file))
}

/// The address of a PNG whose pixels are one byte each: their place in `palette`.
pub(crate) fn indexed_data_address(width: usize, height: usize, palette: &[(u8, u8, u8)], pixels: &[u8]) -> String {
    let colors: Vec<u8> = palette.iter().flat_map(|&(r, g, b)| [r, g, b]).collect();
    format!("data:image/png;base64,{}", base64(&png(width, height, (3, 1), &colors, pixels)))
}

/// A PNG file; `color` is the format's number for the kind of pixels, and the bytes of one.
fn png(width: usize, height: usize, color: (u8, usize), palette: &[u8], pixels: &[u8]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    // 8 bits a channel, and the only compression, filter method and order without interlacing there is.
    header.extend([8, color.0, 0, 0, 0]);

    let mut rows = Vec::with_capacity(pixels.len() + height);
    for row in pixels.chunks(width * color.1) {
        rows.push(0); // No filter.
        rows.extend_from_slice(row);
    }
    let mut file = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    chunk(&mut file, b"IHDR", &header);
    if !palette.is_empty() {
        chunk(&mut file, b"PLTE", palette);
    }
    chunk(&mut file, b"IDAT", &zlib_stored(&rows));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    let crc = crc32(&file[start..]);
    file.extend(crc.to_be_bytes());
}

fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(0xffff);
    let last = blocks.len().saturating_sub(1);
    for (i, block) in blocks.enumerate() {
        out.push(u8::from(i == last));
        let length = block.len() as u16;
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for &byte in data {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    b << 16 | a
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in data {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let low_bit = crc & 1;
            crc >>= 1;
            if low_bit == 1 {
                crc ^= 0xedb8_8320;
            }
        }
    }
    !crc
}

fn base64(data: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * position) & 63) as usize];
            out.push(if position <= group.len() { letter as char } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn base64_pads_its_end() {
        assert_eq!(base64(b"Man"), "TWFu");
        assert_eq!(base64(b"Ma"), "TWE=");
        assert_eq!(base64(b"M"), "TQ==");
    }

    #[test]
    fn large_data_is_stored_in_several_blocks() {
        let stored = zlib_stored(&vec![7; 70_000]);
        assert_eq!(stored.len(), 2 + 5 + 0xffff + 5 + (70_000 - 0xffff) + 4);
        assert_eq!(stored[2], 0, "the first block is not the last");
    }
}
