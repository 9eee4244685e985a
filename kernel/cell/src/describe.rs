//! Describes a variable's value in a few words, for lists of variables and for questions about them.

use std::any::Any;

use tensorlib::Tensor;

/// How many values are shown.
const FIRST: usize = 6;

/// How many characters of a text are shown.
const CHARACTERS: usize = 60;

/// A value in a few words. Fields that a kind of value does not have are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The lengths of its dimensions, as `[3, 2]`.
    pub shape: String,
    /// The type of its elements, as `f32`.
    pub dtype: String,
    /// How many bytes its elements take.
    pub bytes: String,
    /// The value, or the first of its values.
    pub value: String,
}

/// Describes a tensor, a number, a text, or a vector of numbers or texts; `None` for anything else.
pub fn describe(value: &dyn Any) -> Option<Description> {
    if let Some(tensor) = value.downcast_ref::<Tensor>() {
        return Some(of_tensor(tensor));
    }
    if let Some(text) = value.downcast_ref::<String>() {
        return Some(Description { value: clipped(text), ..Description::default() });
    }
    if let Some(text) = value.downcast_ref::<&'static str>() {
        return Some(Description { value: clipped(text), ..Description::default() });
    }
    if let Some(texts) = value.downcast_ref::<Vec<String>>() {
        return Some(of_texts(texts));
    }
    if let Some(texts) = value.downcast_ref::<Vec<&'static str>>() {
        return Some(of_texts(texts));
    }
    macro_rules! numbers {
        ($($number:ty),*) => {
            $(
                if let Some(number) = value.downcast_ref::<$number>() {
                    return Some(Description { value: format!("{number:?}"), ..Description::default() });
                }
                if let Some(numbers) = value.downcast_ref::<Vec<$number>>() {
                    return Some(of_vector(numbers));
                }
            )*
        };
    }
    numbers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char);
    None
}

fn of_tensor(tensor: &Tensor) -> Description {
    let shape = tensor.shape();
    let mut first = tensor.detach();
    let mut wanted = FIRST;
    // From the last dimension on, so that at most a small part of a large tensor is copied.
    for dim in (0..shape.len()).rev() {
        let length = shape[dim].min(wanted);
        first = first.narrow(dim as i64, 0, length);
        wanted = wanted.div_ceil(length.max(1));
    }
    let shown = if shape.is_empty() { first } else { first.reshape([-1]) };
    let text = shown.to_string();
    let values = text.trim_start_matches("tensor(").split(", dtype=").next().unwrap_or_default().trim_end_matches(')');
    let values = values.trim_start_matches('[').trim_end_matches(']').split_whitespace().collect::<Vec<_>>().join(" ");
    let values = if tensor.numel() > FIRST { first_of(&values) } else { values };
    // As PyTorch prints it after the values.
    let history = match tensor.grad_fn() {
        Some(name) => format!(", grad_fn=<{name}>"),
        None if tensor.requires_grad() => ", requires_grad=true".to_owned(),
        None => String::new(),
    };
    Description {
        shape: format!("{:?}", &shape[..]),
        dtype: tensor.dtype().to_string(),
        bytes: (tensor.numel() * tensor.dtype().size_in_bytes()).to_string(),
        value: values + &history,
    }
}

/// The first of the values taken, of which there may be more.
fn first_of(values: &str) -> String {
    let first: Vec<&str> = values.split(", ").take(FIRST).collect();
    format!("{}, …", first.join(", "))
}

fn of_vector<T: std::fmt::Debug>(numbers: &[T]) -> Description {
    let first: Vec<String> = numbers.iter().take(FIRST).map(|number| format!("{number:?}")).collect();
    let rest = if numbers.len() > FIRST { ", …" } else { "" };
    Description {
        shape: format!("[{}]", numbers.len()),
        dtype: String::new(),
        bytes: std::mem::size_of_val(numbers).to_string(),
        value: first.join(", ") + rest,
    }
}

fn of_texts<T: AsRef<str>>(texts: &[T]) -> Description {
    let texts = || texts.iter().map(T::as_ref);
    let first: Vec<String> = texts().take(FIRST).map(clipped).collect();
    let rest = if texts().len() > FIRST { ", …" } else { "" };
    Description {
        shape: format!("[{}]", texts().len()),
        dtype: String::new(),
        bytes: texts().map(str::len).sum::<usize>().to_string(),
        value: first.join(", ") + rest,
    }
}

/// A text as Rust writes it, cut after [`CHARACTERS`] characters.
fn clipped(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use tensorlib::prelude::*;

    use super::*;

    #[test]
    fn a_tensor_is_described_by_shape_type_size_and_first_values() {
        let described = |tensor: Tensor| describe(&tensor).unwrap();
        let row = described(arange(4));
        assert_eq!((row.shape.as_str(), row.dtype.as_str(), row.bytes.as_str()), ("[4]", "i64", "32"));
        assert_eq!(row.value, "0, 1, 2, 3");
        let wide = described(arange(40).reshape([10, 4]).to(DType::F32));
        assert_eq!((wide.shape.as_str(), wide.dtype.as_str()), ("[10, 4]", "f32"));
        assert_eq!(wide.value, "0., 1., 2., 3., 4., 5., …");
        assert_eq!(described(arange(40).reshape([10, 4]).t()).value, "0, 4, 8, 12, 16, 20, …");
        assert_eq!(described(zeros([0, 3])).value, "");
        assert_eq!(described(arange(4).sum()).value, "6");
        assert_eq!(described(arange(4).sum()).shape, "[]");
        let w = arange(8).float().requires_grad_(true);
        assert_eq!(described((&w * &w).sum()).value, "140., grad_fn=<SumBackward0>");
        assert_eq!(described(w).value, "0., 1., 2., 3., 4., 5., …, requires_grad=true");
    }

    #[test]
    fn numbers_texts_and_vectors_are_described() {
        let value = |value: &dyn Any| describe(value).map(|described| described.value);
        assert_eq!(value(&1.5_f32).as_deref(), Some("1.5"));
        assert_eq!(value(&"a\nb".to_owned()).as_deref(), Some("\"a\\nb\""));
        assert_eq!(value(&"é".repeat(100)), Some(format!("\"{}\"…", "é".repeat(60))));
        assert_eq!(value(&vec![1_u8; 9]).as_deref(), Some("1, 1, 1, 1, 1, 1, …"));
        assert_eq!(value(&vec!["a", "é"]).as_deref(), Some("\"a\", \"é\""));
        assert_eq!(describe(&vec!["ab".to_owned(); 9]).unwrap().bytes, "18");
        assert_eq!(value(&vec![String::from("a"); 9]).unwrap().matches('a').count(), 6);
        assert_eq!(value(&Some(1)), None);
    }
}
