//! Einstein's summation: products and sums written as letters for dimensions.

use std::collections::BTreeMap;

use crate::error::{Result, or_raise, shape_error, value_error};
use crate::shape::IntoTensors;
use crate::tensor::Tensor;

/// Stands for the dimensions of `...`: numbers, so that no letter can be one of them.
type Label = u32;
const ELLIPSIS_START: Label = 0x11_0000;

/// Products of tensors summed over dimensions: each tensor's dimensions are named by letters, and those that the result
/// does not name are summed over. `...` stands for further dimensions, which broadcast. Without `->` the result has the
/// letters that occur once, in alphabetical order.
///
/// ```
/// # use tensorlib::prelude::*;
/// let (a, b) = (ones([2, 3]), ones([3, 4]));
/// assert_eq!(einsum("ij,jk->ik", [&a, &b]).size(), [2, 4]);
/// assert_eq!(einsum("ij->j", &a).to_vec::<f32>(), [2.0, 2.0, 2.0]);
/// assert_eq!(einsum("ii", eye(3)).item::<f32>(), 3.0);
/// ```
#[track_caller]
pub fn einsum(equation: &str, tensors: impl IntoTensors) -> Tensor {
    or_raise(try_einsum(equation, tensors))
}

/// [`einsum`] with the error as a value.
pub fn try_einsum(equation: &str, tensors: impl IntoTensors) -> Result<Tensor> {
    sum_of_products(equation, &tensors.into_tensors())
}

fn sum_of_products(equation: &str, tensors: &[Tensor]) -> Result<Tensor> {
    let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (&text[..], None),
    };
    let inputs: Vec<&str> = inputs.split(',').collect();
    if inputs.len() != tensors.len() {
        return Err(value_error!(
            "einsum: \"{equation}\" names {} tensors, but {} were given",
            inputs.len(),
            tensors.len()
        ));
    }
    let mut terms = Vec::new();
    for (input, tensor) in inputs.iter().zip(tensors) {
        terms.push(term(equation, input, tensor)?);
    }
    let result = result_labels(equation, output, &terms)?;
    let mut lengths: BTreeMap<Label, usize> = BTreeMap::new();
    for (labels, tensor) in &terms {
        for (label, &length) in labels.iter().zip(&*tensor.layout.shape) {
            let known = lengths.entry(*label).or_insert(length);
            if *known == 1 {
                *known = length;
            } else if length != 1 && length != *known {
                return Err(shape_error!(
                    "einsum: in \"{equation}\" one letter names dimensions of length {known} and {length}"
                ));
            }
        }
    }
    let mut terms = terms.into_iter();
    let Some(mut so_far) = terms.next() else {
        return Err(value_error!("einsum: give at least one tensor"));
    };
    let mut rest: Vec<(Vec<Label>, Tensor)> = terms.collect();
    if rest.is_empty() {
        return finish(so_far, &result);
    }
    while !rest.is_empty() {
        let next = rest.remove(0);
        // The labels that are still needed afterwards.
        let needed: Vec<Label> =
            result.iter().copied().chain(rest.iter().flat_map(|(labels, _)| labels.iter().copied())).collect();
        so_far = contract(so_far, next, &needed, &lengths)?;
    }
    finish(so_far, &result)
}

/// One tensor's labels; dimensions with the same letter become their diagonal.
fn term(equation: &str, input: &str, tensor: &Tensor) -> Result<(Vec<Label>, Tensor)> {
    let wrong = || {
        value_error!("einsum: \"{input}\" in \"{equation}\" does not name the dimensions of shape {}", tensor.size())
    };
    let letters = input.replace("...", "").chars().count();
    let has_ellipsis = input.contains("...");
    let rank = tensor.ndim();
    if letters > rank || (letters < rank && !has_ellipsis) {
        return Err(wrong());
    }
    let hidden = (rank - letters) as Label;
    let mut labels = Vec::new();
    let mut characters = input.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '.' => {
                if characters.next() != Some('.') || characters.next() != Some('.') || !has_ellipsis {
                    return Err(wrong());
                }
                // Counted from the last, which broadcasting aligns.
                labels.extend((0..hidden).rev().map(|n| ELLIPSIS_START + n));
            }
            c if c.is_ascii_alphabetic() => labels.push(c as Label),
            _ => return Err(value_error!("einsum: \"{c}\" in \"{equation}\" is no letter")),
        }
    }
    if labels.len() != rank {
        return Err(wrong());
    }
    let mut tensor = tensor.alias();
    let mut at = 0;
    while at < labels.len() {
        match labels[..at].iter().position(|label| *label == labels[at]) {
            Some(first) => {
                let (a, b) = (tensor.layout.shape[first], tensor.layout.shape[at]);
                if a != b {
                    return Err(shape_error!(
                        "einsum: \"{input}\" needs dimensions of equal length, but shape {} has {a} and {b}",
                        tensor.size()
                    ));
                }
                tensor = diagonal(&tensor, first, at);
                labels.remove(at);
            }
            None => at += 1,
        }
    }
    Ok((labels, tensor))
}

/// Two dimensions of equal length as one, the first: the elements where they have the same position.
fn diagonal(x: &Tensor, first: usize, second: usize) -> Tensor {
    let mut layout = x.layout.clone();
    layout.strides[first] += layout.strides[second];
    layout.shape.remove(second);
    layout.strides.remove(second);
    x.part_of(layout, "DiagonalBackward0", move |x| diagonal(x, first, second))
}

fn result_labels(equation: &str, output: Option<&str>, terms: &[(Vec<Label>, Tensor)]) -> Result<Vec<Label>> {
    let all = || terms.iter().flat_map(|(labels, _)| labels.iter().copied());
    let mut hidden: Vec<Label> = all().filter(|&label| label >= ELLIPSIS_START).collect();
    hidden.sort_unstable();
    hidden.dedup();
    hidden.reverse();
    let Some(output) = output else {
        let text = equation.split("->").next().unwrap_or(equation);
        let mut once: Vec<Label> = all()
            .filter(|&label| label < ELLIPSIS_START)
            .filter(|&label| text.chars().filter(|&c| c as Label == label).count() == 1)
            .collect();
        once.sort_unstable();
        return Ok(hidden.into_iter().chain(once).collect());
    };
    let mut labels: Vec<Label> = Vec::new();
    let mut characters = output.chars();
    while let Some(c) = characters.next() {
        if c == '.' {
            characters.next();
            characters.next();
            labels.extend(&hidden);
            continue;
        }
        let label = c as Label;
        if !all().any(|known| known == label) || labels.contains(&label) {
            return Err(value_error!(
                "einsum: \"{c}\" after -> in \"{equation}\" must name one dimension of the tensors"
            ));
        }
        labels.push(label);
    }
    Ok(labels)
}

/// Sums over labels that are not needed.
fn drop_labels(term: (Vec<Label>, Tensor), needed: impl Fn(Label) -> bool) -> Result<(Vec<Label>, Tensor)> {
    let (labels, tensor) = term;
    let dims: Vec<i64> = (0..labels.len()).filter(|&dim| !needed(labels[dim])).map(|dim| dim as i64).collect();
    if dims.is_empty() {
        return Ok((labels, tensor));
    }
    let dtype = tensor.dtype();
    let tensor = tensor.try_sum_dim(&dims[..])?.to_dtype(dtype);
    Ok((labels.into_iter().filter(|&label| needed(label)).collect(), tensor))
}

/// The tensor with dimensions in the order of `order`; those it does not have get length 1.
fn arrange(labels: &[Label], tensor: &Tensor, order: &[Label]) -> Tensor {
    let dims: Vec<usize> = order.iter().filter_map(|label| labels.iter().position(|l| l == label)).collect();
    let arranged = if dims.is_sorted() { tensor.alias() } else { tensor.permute(dims) };
    let missing = (0..order.len()).filter(|&at| !labels.contains(&order[at]));
    missing.fold(arranged, |x, at| x.unsqueeze(at as i64))
}

/// The product of two tensors, summed over what is not needed, as a product of stacks of matrices.
fn contract(
    a: (Vec<Label>, Tensor),
    b: (Vec<Label>, Tensor),
    needed: &[Label],
    lengths: &BTreeMap<Label, usize>,
) -> Result<(Vec<Label>, Tensor)> {
    let (in_a, in_b) = (a.0.clone(), b.0.clone());
    let a = drop_labels(a, |label| needed.contains(&label) || in_b.contains(&label))?;
    let b = drop_labels(b, |label| needed.contains(&label) || in_a.contains(&label))?;
    let dtype = a.1.dtype().promote(b.1.dtype());
    let shared = |label: &Label| a.0.contains(label) && b.0.contains(label);
    let stacks: Vec<Label> = a.0.iter().copied().filter(|l| shared(l) && needed.contains(l)).collect();
    let summed: Vec<Label> = a.0.iter().copied().filter(|l| shared(l) && !needed.contains(l)).collect();
    let rows: Vec<Label> = a.0.iter().copied().filter(|l| !shared(l)).collect();
    let columns: Vec<Label> = b.0.iter().copied().filter(|l| !shared(l)).collect();
    let length = |labels: &[Label]| labels.iter().map(|label| lengths[label]).product::<usize>();
    let spread = |term: &(Vec<Label>, Tensor), order: &[Label], shape: [usize; 3]| -> Result<Tensor> {
        let full: Vec<usize> = order.iter().map(|label| lengths[label]).collect();
        arrange(&term.0, &term.1.to_dtype(dtype), order).try_expand(&full[..])?.try_reshape(shape)
    };
    let order = |parts: [&[Label]; 3]| parts.concat();
    let (s, m, k, n) = (length(&stacks), length(&rows), length(&summed), length(&columns));
    let left = spread(&a, &order([&stacks, &rows, &summed]), [s, m, k])?;
    let right = spread(&b, &order([&stacks, &summed, &columns]), [s, k, n])?;
    let labels = order([&stacks, &rows, &columns]);
    let shape: Vec<usize> = labels.iter().map(|label| lengths[label]).collect();
    Ok((labels, left.try_bmm(&right)?.try_reshape(&shape[..])?))
}

fn finish(term: (Vec<Label>, Tensor), result: &[Label]) -> Result<Tensor> {
    let (labels, tensor) = drop_labels(term, |label| result.contains(&label))?;
    // Without a product or a sum this is a view of what was given, as in PyTorch.
    Ok(arrange(&labels, &tensor, result))
}
