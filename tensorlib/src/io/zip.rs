//! As much of the ZIP format as `.npz` files and those of `torch.save` need.
//!
//! Files are written without compression, as `np.savez` does, and read with or without it (`np.savez_compressed`).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::DeflateDecoder;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;

/// What a 32-bit field holds when its value is in a 64-bit extension.
const ELSEWHERE: u64 = 0xffff_ffff;

/// The checksum of ISO 3309, as in ZIP and PNG.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let mut value = n as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xedb8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            table[n] = value;
            n += 1;
        }
        table
    };
    !bytes.iter().fold(!0u32, |crc, &byte| TABLE[((crc ^ u32::from(byte)) & 0xff) as usize] ^ (crc >> 8))
}

/// An archive of named files. Sizes must stay below 4 GiB.
pub(super) fn pack(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, String> {
    let small =
        |size: usize| u32::try_from(size).map_err(|_| "an archive of 4 GiB or more; write several files".to_string());
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = small(bytes.len())?;
        let size = small(content.len())?;
        let name_length = u16::try_from(name.len()).map_err(|_| format!("the name {name:?} is too long"))?;
        let mut common = Vec::new();
        // Version 2.0, names in UTF-8, stored, at the first moment that ZIP knows: the same bytes every time.
        for field in [20u16, 1 << 11, 0, 0, 0x21] {
            common.extend(field.to_le_bytes());
        }
        for field in [crc32(content), size, size] {
            common.extend(field.to_le_bytes());
        }
        common.extend(name_length.to_le_bytes());
        common.extend(0u16.to_le_bytes());
        bytes.extend(LOCAL.to_le_bytes());
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        directory.extend(CENTRAL.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = small(bytes.len())?;
    let size = small(directory.len())?;
    let count = u16::try_from(files.len()).map_err(|_| "more than 65535 tensors; write several files".to_string())?;
    bytes.extend(directory);
    bytes.extend(END.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    Ok(bytes)
}

/// Little-endian numbers at a position.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&self, at: usize, width: usize) -> Result<u64, String> {
        let end = at.checked_add(width).ok_or("a position is out of range")?;
        let bytes = self.0.get(at..end).ok_or("the archive ends too early")?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn place(&self, at: usize, width: usize) -> Result<usize, String> {
        usize::try_from(self.number(at, width)?).map_err(|_| "a position is out of range".to_string())
    }
}

/// The position and number of directory entries.
fn directory(reader: &Reader) -> Result<(usize, u64), String> {
    let bytes = reader.0;
    let none = "this is not a ZIP archive";
    let last = bytes.len().checked_sub(22).ok_or(none)?;
    // A comment of up to 65535 bytes may follow.
    let end = (last.saturating_sub(0xffff)..=last)
        .rev()
        .find(|&at| reader.number(at, 4) == Ok(u64::from(END)))
        .ok_or(none)?;
    let (count, start) = (reader.number(end + 10, 2)?, reader.number(end + 16, 4)?);
    let locator = end.checked_sub(20).filter(|&at| reader.number(at, 4) == Ok(u64::from(END_64_LOCATOR)));
    if let (Some(locator), true) = (locator, start == ELSEWHERE || count == 0xffff) {
        let at = reader.place(locator + 8, 8)?;
        if reader.number(at, 4)? != u64::from(END_64) {
            return Err(none.into());
        }
        return Ok((reader.place(at + 48, 8)?, reader.number(at + 32, 8)?));
    }
    Ok((start as usize, count))
}

/// Files by name; what is not compressed is lent.
type Files<'a> = Vec<(String, Cow<'a, [u8]>)>;

/// The named files of an archive.
pub(super) fn unpack(bytes: &[u8]) -> Result<Files<'_>, String> {
    let reader = Reader(bytes);
    let (mut at, count) = directory(&reader)?;
    let mut files = Vec::new();
    let mut total = 0u64;
    for _ in 0..count {
        if reader.number(at, 4)? != u64::from(CENTRAL) {
            return Err("the archive's directory is damaged".into());
        }
        let method = reader.number(at + 10, 2)?;
        let crc = reader.number(at + 16, 4)?;
        let (mut packed, mut size) = (reader.number(at + 20, 4)?, reader.number(at + 24, 4)?);
        let (name_length, extra) = (reader.place(at + 28, 2)?, reader.place(at + 30, 2)?);
        let comment = reader.place(at + 32, 2)?;
        let mut local = reader.number(at + 42, 4)?;
        let name = bytes.get(at + 46..at + 46 + name_length).ok_or("the archive ends too early")?;
        let name = String::from_utf8_lossy(name).into_owned();
        // 64-bit values stand in the order of the fields that refer to them.
        let mut field = at + 46 + name_length;
        let end = field + extra;
        while field + 4 <= end {
            let length = reader.place(field + 2, 2)?;
            if reader.number(field, 2)? == 1 {
                let mut value = field + 4;
                for number in [&mut size, &mut packed, &mut local] {
                    if *number == ELSEWHERE {
                        *number = reader.number(value, 8)?;
                        value += 8;
                    }
                }
            }
            field += 4 + length;
        }
        at = end + comment;
        // Else a small archive whose entries all mean the same bytes would take any amount of memory.
        total = total.saturating_add(packed);
        if total > bytes.len() as u64 {
            return Err("the archive's directory is damaged: its files overlap".into());
        }
        let content = content(&reader, local, packed, size, method).map_err(|why| format!("{name}: {why}"))?;
        if u64::from(crc32(&content)) != crc {
            return Err(format!("{name} is damaged: its checksum differs"));
        }
        files.push((name, content));
    }
    Ok(files)
}

fn content<'a>(reader: &Reader<'a>, local: u64, packed: u64, size: u64, method: u64) -> Result<Cow<'a, [u8]>, String> {
    let place = |number: u64| usize::try_from(number).map_err(|_| "a size is out of range".to_string());
    let (local, packed, size) = (place(local)?, place(packed)?, place(size)?);
    if reader.number(local, 4)? != u64::from(LOCAL) {
        return Err("its header is damaged".into());
    }
    let start = local + 30 + reader.place(local + 26, 2)? + reader.place(local + 28, 2)?;
    let end = start.checked_add(packed).ok_or("a size is out of range")?;
    let bytes = reader.0.get(start..end).ok_or("the archive ends too early")?;
    match method {
        0 => Ok(bytes.into()),
        8 => inflated(bytes, size).map(Cow::from),
        other => Err(format!("compression method {other} is unknown; use np.savez or np.savez_compressed")),
    }
}

/// Compressed bytes as they were: `size` of them, and no more memory than that.
fn inflated(bytes: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let read = DeflateDecoder::new(bytes).take(size as u64).read_to_end(&mut content);
    match read {
        Ok(length) if length == size => Ok(content),
        _ => Err("its compressed content is damaged".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn files_come_back_and_damage_is_noticed() {
        let files = vec![("a.npy".to_string(), b"123456789".to_vec()), ("b".to_string(), Vec::new())];
        let packed = pack(&files).unwrap();
        let owned: Vec<_> =
            unpack(&packed).unwrap().into_iter().map(|(name, content)| (name, content.into_owned())).collect();
        assert_eq!(owned, files);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        for cut in 0..packed.len() {
            assert!(unpack(&packed[..cut]).is_err(), "{cut}");
        }
        let mut changed = packed;
        changed[37] ^= 1;
        assert_eq!(unpack(&changed).unwrap_err(), "a.npy is damaged: its checksum differs");
    }

    #[test]
    fn files_that_share_their_bytes_are_refused() {
        let packed = pack(&[("a".to_string(), vec![7; 1000])]).unwrap();
        let directory = packed.windows(4).position(|w| w == CENTRAL.to_le_bytes()).unwrap();
        let end = packed.len() - 22;
        let mut archive = packed[..directory].to_vec();
        (0..50).for_each(|_| archive.extend(&packed[directory..end]));
        let mut last = packed[end..].to_vec();
        last[10] = 50;
        archive.extend(last);
        assert_eq!(unpack(&archive).unwrap_err(), "the archive's directory is damaged: its files overlap");
    }

    #[test]
    fn compressed_files_are_read() {
        let content = b"tensor ".repeat(50);
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&content).unwrap();
        let packed = packed.finish().unwrap();
        // The archive of the compressed bytes, made to say what they are.
        let mut archive = pack(&[("x".to_string(), packed)]).unwrap();
        let directory = archive.windows(4).position(|w| w == CENTRAL.to_le_bytes()).unwrap();
        archive[directory + 10] = 8;
        archive[directory + 16..directory + 20].copy_from_slice(&crc32(&content).to_le_bytes());
        archive[directory + 24..directory + 28].copy_from_slice(&(content.len() as u32).to_le_bytes());
        assert_eq!(unpack(&archive).unwrap()[0].1, content);
    }
}
