//! What `torch.save` writes: a pickle of the object, in which tensors refer to storages by key, and the storages.
//!
//! Since PyTorch 1.6 both are entries of a ZIP archive; before, one followed the other in a plain file. A pickle is a program
//! that may call any function. [`pickle`] knows the few operations and names that tensors, numbers and text in dictionaries
//! and lists need, calls nothing, and refuses the rest by name.

mod pickle;
mod stored;
mod tensors;

use std::borrow::Cow;
use std::collections::HashMap;

use self::pickle::Pickle;
use self::stored::Stored;
use self::tensors::Storages;
use super::state_dict::StateDict;
use super::zip;

/// The pickle of the number by which the older form is known, after the two bytes that name a pickle's protocol.
const MAGIC: &[u8] = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
/// The version of the older form, the only one there was.
const VERSION: i64 = 1001;

/// Whether this is an archive, such as PyTorch writes since version 1.6.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether this is the older form.
pub(super) fn is_older(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x80) && bytes.get(2..).is_some_and(|rest| rest.starts_with(MAGIC))
}

/// The tensors of an archive.
pub(super) fn decode_archive(bytes: &[u8]) -> Result<StateDict, String> {
    let entries: HashMap<String, Cow<[u8]>> = zip::unpack(bytes)?.into_iter().collect();
    let name =
        entries.keys().filter(|name| *name == "data.pkl" || name.ends_with("/data.pkl")).min_by_key(|name| name.len());
    let name = name.ok_or("this archive was not written by torch.save: it has no data.pkl")?;
    let folder = name.strip_suffix("data.pkl").unwrap_or_default();
    if entries.get(&format!("{folder}byteorder")).is_some_and(|order| order.as_ref() == b"big") {
        return Err(BIG_ENDIAN.into());
    }
    let (pickle, _) = Pickle::read(&entries[name])?;
    let mut storages = Storages::default();
    for stored in pickle.storages() {
        let content = entries.get(&format!("{folder}data/{}", stored.key));
        let content = content.ok_or_else(|| format!("the storage {} is missing from the archive", stored.key))?;
        storages.add(stored, content)?;
    }
    tensors::state_dict(&pickle, &storages)
}

const BIG_ENDIAN: &str = "the file comes from a big-endian machine; load and save it again with PyTorch on another one";

/// The tensors of a file of the older form: four pickles, a pickle of the storages' keys in order, and the storages, each
/// after the number of its elements.
pub(super) fn decode_older(bytes: &[u8]) -> Result<StateDict, String> {
    let mut rest = &bytes[2 + MAGIC.len()..];
    let mut next = || -> Result<Pickle<'_>, String> {
        let (pickle, read) = Pickle::read(rest)?;
        rest = &rest[read..];
        Ok(pickle)
    };
    let (version, system, object, keys) = (next()?, next()?, next()?, next()?);
    if version.number() != Some(VERSION) {
        return Err("the version of the format is unknown".into());
    }
    if system.flag("little_endian") == Some(false) {
        return Err(BIG_ENDIAN.into());
    }
    let wanted: HashMap<&str, Stored> = object.storages().map(|stored| (stored.key, stored)).collect();
    let mut storages = Storages::default();
    for key in keys.texts() {
        let stored = *wanted.get(key).ok_or_else(|| format!("the storage {key} belongs to no tensor"))?;
        let (count, after) = rest.split_first_chunk::<8>().ok_or("the file ends too early")?;
        if u64::from_le_bytes(*count) != stored.numel as u64 {
            return Err(format!("the storage {key} has {} elements, not {}", u64::from_le_bytes(*count), stored.numel));
        }
        let size = stored.bytes()?;
        let (content, after) = after.split_at_checked(size).ok_or("the file ends too early")?;
        storages.add(stored, content)?;
        rest = after;
    }
    tensors::state_dict(&object, &storages)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pickle of protocol 2.
    fn pickle(operations: &[u8]) -> Vec<u8> {
        [b"\x80\x02", operations, b"."].concat()
    }

    fn archive(operations: &[u8]) -> Vec<u8> {
        zip::pack(&[("x/data.pkl".to_string(), pickle(operations)), ("x/data/0".to_string(), vec![0; 8])]).unwrap()
    }

    fn refused(operations: &[u8]) -> String {
        decode_archive(&archive(operations)).unwrap_err()
    }

    /// A dictionary whose entry `x` is a tensor of `sizes` and `strides` at `offset` of a storage with 2 elements.
    fn strided(offset: u8, sizes: &[u8], strides: &[u8]) -> Vec<u8> {
        let numbers = |numbers: &[u8]| -> Vec<u8> {
            [&b"("[..], &numbers.iter().flat_map(|&n| [b'K', n]).collect::<Vec<u8>>(), b"t"].concat()
        };
        [
            &b"}X\x01\0\0\0xctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x02tQK"[..],
            &[offset],
            &numbers(sizes),
            &numbers(strides),
            b"\x89}tRs",
        ]
        .concat()
    }

    #[test]
    fn nothing_of_a_pickle_is_run() {
        let system = refused(b"cposix\nsystem\nX\x02\0\0\0ls\x85R");
        assert_eq!(
            system,
            "the pickle asks for posix.system; only state dicts are read: save model.state_dict() in PyTorch"
        );
        let newer = refused(b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R");
        assert!(newer.starts_with("the pickle asks for builtins.eval; "), "{newer}");
        assert!(refused(b"ccollections\nOrderedDict\n)\x81").contains("operation 0x81"));
        assert!(refused(b"K\x01)R").contains("calls something that is not a function"));
    }

    #[test]
    fn a_tensor_stays_inside_its_storage() {
        let load = |offset, sizes, strides| decode_archive(&archive(&strided(offset, sizes, strides)));
        assert_eq!(load(1, &[1], &[7]).unwrap()["x"].size(), [1]);
        assert_eq!(load(0, &[3, 2], &[0, 1]).unwrap()["x"].stride(), [0, 1]);
        assert_eq!(load(9, &[0, 3], &[3, 1]).unwrap()["x"].size(), [0, 3]);
        for (offset, sizes, strides) in
            [(1, &[2][..], &[1][..]), (2, &[], &[]), (0, &[2, 2], &[1, 1]), (0, &[2], &[1, 1])]
        {
            let error = load(offset, sizes, strides).unwrap_err();
            assert!(
                error.contains("a tensor lies outside its storage") || error.contains("as many strides"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_refers_to_itself_and_what_multiplies_is_refused() {
        // l = []; l.append(l)
        assert!(refused(b"}X\x01\0\0\0l]q\0h\0as").contains("the pickle repeats itself"));
        let deep = [&b"}X\x01\0\0\0l"[..], &b"]".repeat(40), &b"a".repeat(39), b"s"].concat();
        assert!(refused(&deep).contains("nested too deep"));
        // A list of thirty levels, each of which holds the next one thirty times: more tensors than atoms.
        let mut levels = b"}X\x01\0\0\0l]q\x000".to_vec();
        for level in 1..30u8 {
            levels.push(b'(');
            (0..30).for_each(|_| levels.extend([b'h', level - 1]));
            levels.extend([b't', b'q', level, b'0']);
        }
        levels.extend([b'h', 29]);
        levels.push(b's');
        assert!(refused(&levels).contains("the pickle repeats itself"), "{}", refused(&levels));
    }

    #[test]
    fn files_that_hold_something_else_are_refused() {
        assert_eq!(refused(b"K\x07"), "the file holds a number, not a state dict; save model.state_dict() in PyTorch");
        let other = zip::pack(&[("x.npy".to_string(), vec![1])]).unwrap();
        assert_eq!(
            decode_archive(&other).unwrap_err(),
            "this archive was not written by torch.save: it has no data.pkl"
        );
        let whole = archive(&strided(0, &[2], &[1]));
        for cut in 0..whole.len() {
            assert!(decode_archive(&whole[..cut]).is_err(), "{cut}");
        }
    }
}
