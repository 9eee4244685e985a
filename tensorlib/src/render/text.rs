//! PyTorch's print format: what `print(x)` shows there, `to_text(&x)` returns here. Only element types have the names
//! that they have everywhere in this crate, as they are typed: `dtype=f64`, not `dtype=torch.float64`.

use super::number::Format;
use super::options::{PrintOptions, options};
use super::sample::{Fold, Sample};
use crate::{DType, Tensor};

const PREFIX: &str = "tensor(";
/// A tensor of very many short dimensions has very many corners. PyTorch prints them all; here its leading dimensions
/// are folded further until at most this many numbers are left.
const MOST_SHOWN: usize = 20_000;

/// A tensor as PyTorch prints it: aligned, summarised beyond 1000 elements, with the dtype (named as in Rust) when it is not
/// the default, and with `requires_grad` or `grad_fn` if it takes part in gradients. See
/// [`set_printoptions`](super::set_printoptions) for other rules.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::render::to_text;
///
/// assert_eq!(to_text(&tensor![[1.5, -2.0], [0.0, 3.25]]), "tensor([[ 1.5000, -2.0000],\n        [ 0.0000,  3.2500]])");
/// assert_eq!(to_text(&arange(2000)), "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])");
/// assert_eq!(to_text(&tensor![0.5; f64]), "tensor([0.5000], dtype=f64)");
///
/// let w = tensor![1.0, 2.0].requires_grad_(true);
/// assert_eq!(to_text(&w), "tensor([1., 2.], requires_grad=true)");
/// assert_eq!(to_text(&(&w * &w).sum()), "tensor(5., grad_fn=<SumBackward0>)");
/// ```
#[must_use]
pub fn to_text(tensor: &Tensor) -> String {
    let (dtype, options) = (tensor.dtype(), options());
    // Named as everywhere here, and as a program writes it: `torch.float64` is nothing that could be typed in Rust.
    let named = || format!("dtype={dtype}");
    let mut suffixes = Vec::new();
    let body = if tensor.numel() == 0 {
        // No numbers tell the shape or the dtype, so both are named.
        let size = tensor.size();
        if size.len() != 1 {
            let numbers: Vec<String> = size.iter().map(usize::to_string).collect();
            suffixes.push(format!("size=({})", numbers.join(", ")));
        }
        if dtype != DType::F32 {
            suffixes.push(named());
        }
        format!("{PREFIX}[]")
    } else {
        let sample = Sample::of(tensor, |dimension, _| fold(&options, &tensor.size(), dimension));
        let writer = Writer { format: Format::of(sample.dtype, &sample.values), sample, line_width: options.linewidth };
        if !matches!(dtype, DType::F32 | DType::I64 | DType::Bool) {
            suffixes.push(named());
        }
        format!("{PREFIX}{}", writer.write(0, &mut 0, PREFIX.len()))
    };
    suffixes.extend(of_gradients(tensor));
    close(body, &suffixes, options.linewidth)
}

/// The suffix about a tensor's gradients, as PyTorch writes it, but with Rust's `true`.
pub(super) fn of_gradients(tensor: &Tensor) -> Option<String> {
    match tensor.grad_fn() {
        Some(name) => Some(format!("grad_fn=<{name}>")),
        None => tensor.requires_grad().then(|| "requires_grad=true".to_owned()),
    }
}

/// Adds the suffixes, each on a line of its own when the last line has no room for it, and the closing bracket.
fn close(mut text: String, suffixes: &[String], line_width: usize) -> String {
    // PyTorch counts two characters more than the last line has (one, if there are several lines).
    let mut last_line = match text.rfind('\n') {
        Some(at) => text.len() - at + 1,
        None => text.len() + 2,
    };
    for suffix in suffixes {
        if last_line + suffix.len() + 2 > line_width {
            text.push_str(&format!(",\n{}{suffix}", " ".repeat(PREFIX.len())));
            last_line = PREFIX.len() + suffix.len();
        } else {
            text.push_str(&format!(", {suffix}"));
            last_line += suffix.len() + 2;
        }
    }
    text.push(')');
    text
}

/// How a dimension is folded: as PyTorch folds it, and the leading ones further if that leaves too much.
fn fold(options: &PrintOptions, size: &[usize], dimension: usize) -> Option<Fold> {
    if size.iter().product::<usize>() <= options.threshold {
        return None;
    }
    let standard = Fold { head: options.edgeitems, tail: options.edgeitems };
    let shown_after = |from: usize| size[from..].iter().map(|&n| n.min(2 * options.edgeitems)).product::<usize>();
    // Once the dimensions behind this one fill the room, only its first index is shown.
    if shown_after(0) > MOST_SHOWN && shown_after(dimension) > MOST_SHOWN {
        return Some(Fold { head: 1, tail: 0 });
    }
    Some(standard)
}

struct Writer {
    sample: Sample,
    format: Format,
    line_width: usize,
}

impl Writer {
    /// Writes dimension `dimension` and what is inside it; `next` counts the values already written.
    fn write(&self, dimension: usize, next: &mut usize, indent: usize) -> String {
        let left = self.sample.size.len() - dimension;
        match left {
            0 => self.value(next),
            1 => self.row(dimension, next, indent),
            _ => {
                let parts: Vec<String> = self.sample.places[dimension]
                    .iter()
                    .map(|place| match place {
                        Some(_) => self.write(dimension + 1, next, indent + 1),
                        None => "...".to_owned(),
                    })
                    .collect();
                let separator = format!(",{}{}", "\n".repeat(left - 1), " ".repeat(indent + 1));
                format!("[{}]", parts.join(&separator))
            }
        }
    }

    fn row(&self, dimension: usize, next: &mut usize, indent: usize) -> String {
        let cells: Vec<String> = self.sample.places[dimension]
            .iter()
            .map(|place| match place {
                Some(_) => self.value(next),
                None => " ...".to_owned(),
            })
            .collect();
        let per_line = (self.line_width.saturating_sub(indent) / (self.format.width + 2)).max(1);
        let lines: Vec<String> = cells.chunks(per_line).map(|line| line.join(", ")).collect();
        let separator = format!(",\n{}", " ".repeat(indent + 1));
        format!("[{}]", lines.join(&separator))
    }

    fn value(&self, next: &mut usize) -> String {
        let value = self.sample.values[*next];
        *next += 1;
        self.format.aligned(value)
    }
}
