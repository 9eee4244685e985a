//! Inputs, which are not written out but made by a rule that `inputs.py` shares.

use std::collections::HashMap;

use tensorlib::Element;
use tensorlib::prelude::*;

/// Elements by the name of their kind and their type, as text.
pub type Kinds<'a> = HashMap<(&'a str, &'a str), Vec<&'a str>>;

pub fn dtype(name: &str) -> DType {
    DType::ALL.into_iter().find(|dtype| dtype.name() == name).unwrap_or_else(|| panic!("dtype {name}"))
}

pub fn lengths(text: &str) -> Vec<usize> {
    text.split('x').filter(|length| !length.is_empty()).map(|length| length.parse().unwrap()).collect()
}

/// Numbers as they follow from a seed.
fn draws(count: usize, seed: i64) -> impl Iterator<Item = i64> {
    let mut state = seed * 7919 + 17;
    (0..count).map(move |_| {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        state >> 16
    })
}

/// Elements without a kind; see `values` in `inputs.py`.
fn common(dtype: &str, count: usize, seed: i64) -> Vec<f64> {
    let element = |n: i64| match dtype {
        "f32" | "f64" => (n - 20) as f64 / 4.0,
        "bool" => f64::from(u8::from(n % 2 == 0)),
        "u8" => (n % 11) as f64,
        _ => (n % 11 - 5) as f64,
    };
    draws(count, seed).map(|n| element(n % 41)).collect()
}

/// Elements of a kind.
fn chosen<T: Element>(kind: &[&str], parse: impl Fn(&str) -> T, shape: &[usize], seed: i64) -> Tensor {
    let kind: Vec<T> = kind.iter().map(|text| parse(text)).collect();
    let count = shape.iter().product();
    let elements = match seed {
        0 => kind.iter().copied().cycle().take(count).collect(),
        seed => draws(count, seed).map(|n| kind[n as usize % kind.len()]).collect(),
    };
    from_vec::<T>(elements).view(shape)
}

/// Numbers from text, each type by itself, so that none is rounded twice.
pub fn parsed(name: &str, texts: &[&str], shape: &[usize], seed: i64) -> Tensor {
    match name {
        "bool" => chosen::<bool>(texts, |text| text == "1", shape, seed),
        "u8" => chosen::<u8>(texts, |text| text.parse().unwrap(), shape, seed),
        "i32" => chosen::<i32>(texts, |text| text.parse().unwrap(), shape, seed),
        "i64" => chosen::<i64>(texts, |text| text.parse().unwrap(), shape, seed),
        "f32" => chosen::<f32>(texts, |text| text.parse().unwrap(), shape, seed),
        _ => chosen::<f64>(texts, |text| text.parse().unwrap(), shape, seed),
    }
}

/// A tensor by rule: `dtype:shape:view:seed`, and the kind of its elements if it has one.
pub fn source(spec: &str, kinds: &Kinds) -> Tensor {
    let parts: Vec<&str> = spec.split(':').collect();
    let [name, shape, view, seed, ..] = parts[..] else { panic!("input {spec}") };
    let (shape, seed) = (lengths(shape), seed.parse().unwrap());
    let mut stored = shape.clone();
    let rank = stored.len();
    match view {
        "t" => stored.swap(rank - 1, rank - 2),
        "s" => stored[rank - 1] *= 2,
        "o" => stored[0] += 2,
        "e" => stored[0] = 1,
        _ => {}
    }
    let x = match parts.get(4) {
        Some(kind) => parsed(name, &kinds[&(*kind, name)], &stored, seed),
        None => from_vec(common(name, stored.iter().product(), seed)).view(&stored).to(dtype(name)),
    };
    match view {
        "t" => x.transpose(-1, -2),
        "s" => x.i((Ellipsis, (..).step(2))),
        "o" => x.i(2..),
        "e" => x.expand(&shape),
        "p" if name == "bool" => x,
        "p" => x.abs() + 1,
        "n" => {
            x.view([-1]).i(2).fill_(f64::NAN);
            x
        }
        _ => x,
    }
}
