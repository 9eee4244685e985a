//! Types that hold neither parameters nor layers: numbers, words, shapes, functions.

use proc_macro2::{Ident, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type, TypeParamBound};

/// Types without parameters, by their last name.
const PLAIN: &[&str] = &[
    "bool",
    "char",
    "str",
    "String",
    "f32",
    "f64",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "Size",
    "DType",
    "Device",
    "Scalar",
    "Reduction",
    "PhantomData",
    "Duration",
    "Instant",
    "PathBuf",
    "Range",
    "RangeInclusive",
    "NonZeroUsize",
];

/// Types that are plain when all that they hold is.
const CONTAINERS: &[&str] = &[
    "Vec", "Option", "Box", "Rc", "Arc", "Cell", "RefCell", "Mutex", "RwLock", "HashMap", "BTreeMap", "HashSet",
    "BTreeSet", "VecDeque",
];

/// Whether a type, as it is written, can hold nothing that a network learns.
pub fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return false };
            let name = last.ident.to_string();
            if PLAIN.contains(&name.as_str()) || name.starts_with("Atomic") {
                return true;
            }
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
            CONTAINERS.contains(&name.as_str()) && arguments.args.iter().all(is_plain_argument)
        }
        Type::Reference(reference) => is_plain(&reference.elem),
        Type::Array(array) => is_plain(&array.elem),
        Type::Slice(slice) => is_plain(&slice.elem),
        Type::Paren(inner) => is_plain(&inner.elem),
        Type::Group(inner) => is_plain(&inner.elem),
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain),
        Type::FnPtr(_) | Type::Never(_) => true,
        Type::TraitObject(object) => object.bounds.iter().any(is_function),
        _ => false,
    }
}

fn is_plain_argument(argument: &GenericArgument) -> bool {
    match argument {
        GenericArgument::Type(ty) => is_plain(ty),
        _ => true,
    }
}

fn is_function(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else { return false };
    bound.path.segments.last().is_some_and(|last| ["Fn", "FnMut", "FnOnce"].iter().any(|name| last.ident == name))
}

/// Whether a type is a tensor, of which nobody can tell whether it is learned.
pub fn is_tensor(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return false };
            if last.ident == "Tensor" {
                return true;
            }
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
            CONTAINERS.iter().any(|name| last.ident == name)
                && arguments.args.iter().any(|argument| matches!(argument, GenericArgument::Type(ty) if is_tensor(ty)))
        }
        Type::Reference(reference) => is_tensor(&reference.elem),
        Type::Array(array) => is_tensor(&array.elem),
        Type::Group(inner) => is_tensor(&inner.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(is_tensor),
        _ => false,
    }
}

/// Whether a type, as it is written, mentions one of these names.
pub fn names_one_of(ty: &Type, names: &[Ident]) -> bool {
    fn search(tree: TokenTree, names: &[Ident]) -> bool {
        match tree {
            TokenTree::Ident(ident) => names.contains(&ident),
            TokenTree::Group(group) => group.stream().into_iter().any(|tree| search(tree, names)),
            _ => false,
        }
    }
    ty.to_token_stream().into_iter().any(|tree| search(tree, names))
}
