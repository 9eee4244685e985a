//! Pixels as a PNG in a `data:` address, so that an image of any size is one element of a picture.

use base64::prelude::{BASE64_STANDARD, Engine};
use png::{BitDepth, ColorType, Compression, Encoder};

/// What the bytes of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Channels {
    Grey = 1,
    Rgb = 3,
    Rgba = 4,
}

/// The address of a PNG with these pixels: `width * height` pixels in rows, `channels` bytes each.
pub(crate) fn data_address(width: usize, height: usize, channels: Channels, pixels: &[u8]) -> String {
    let color = match channels {
        Channels::Grey => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    };
    address((width, height), color, &[], pixels)
}

/// The address of a PNG whose pixels are one byte each: their place in `palette`.
pub(crate) fn indexed_data_address(width: usize, height: usize, palette: &[(u8, u8, u8)], pixels: &[u8]) -> String {
    let colors: Vec<u8> = palette.iter().flat_map(|&(r, g, b)| [r, g, b]).collect();
    address((width, height), ColorType::Indexed, &colors, pixels)
}

fn address((width, height): (usize, usize), color: ColorType, palette: &[u8], pixels: &[u8]) -> String {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    // Notebooks keep every picture that they show: smaller is worth more than a millisecond.
    encoder.set_compression(Compression::High);
    if !palette.is_empty() {
        encoder.set_palette(palette);
    }
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    written.expect("an image in memory has as many bytes as its size says");
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(file))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn decoded(address: &str) -> (png::OutputInfo, Vec<u8>) {
        let file = BASE64_STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut decoder = png::Decoder::new(Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info, pixels)
    }

    #[test]
    fn pixels_come_back_as_they_were() {
        for channels in [Channels::Grey, Channels::Rgb, Channels::Rgba] {
            let pixels: Vec<u8> = (0..300 * 200 * channels as usize).map(|place| (place * 7 % 251) as u8).collect();
            let (info, read) = decoded(&data_address(300, 200, channels, &pixels));
            assert_eq!((info.width, info.height, read), (300, 200, pixels), "{channels:?}");
        }
    }

    #[test]
    fn a_palette_gives_the_colours() {
        let palette = [(10, 20, 30), (40, 50, 60)];
        let (_, read) = decoded(&indexed_data_address(2, 1, &palette, &[1, 0]));
        assert_eq!(read, [40, 50, 60, 10, 20, 30]);
    }

    #[test]
    fn plain_surfaces_take_little_room() {
        let address = data_address(400, 400, Channels::Rgb, &[200; 400 * 400 * 3]);
        assert!(address.len() < 4000, "{} letters", address.len());
    }
}
