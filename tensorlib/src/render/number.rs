//! How the numbers of one tensor are written: with the same digits for all, as PyTorch chooses them.

use super::options::options;
use crate::DType;
use crate::scalar::Scalar;

/// The notation that suits all values of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Notation {
    /// Whole numbers and booleans, as they are.
    Plain,
    /// Floating-point numbers that are all whole: `3.`
    Whole,
    /// A fixed number of digits after the point: `0.1234`
    Fixed,
    /// Where sizes differ too much for that: `1.2340e-05`
    Scientific,
}

/// A notation and the width that aligns the values in it.
pub(super) struct Format {
    pub notation: Notation,
    pub width: usize,
    /// Digits after the point.
    precision: usize,
}

impl Format {
    /// The format for these values, which are all that will be shown of the tensor.
    pub fn of(dtype: DType, values: &[Scalar]) -> Format {
        let options = options();
        let mut format = Format { notation: Notation::Plain, width: 1, precision: options.precision };
        if !matches!(dtype, DType::F32 | DType::F64) {
            format.width = format.widest(values.iter().copied());
            return format;
        }
        // Zeros and what is not finite do not take part in the choice.
        let telling = || values.iter().map(|v| v.to_f64()).filter(|v| v.is_finite() && *v != 0.0);
        let (smallest, largest) =
            telling().map(f64::abs).fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
        format.notation = Notation::Whole;
        if largest == 0.0 {
            return format;
        }
        let whole = telling().all(|v| v.fract() == 0.0);
        if largest / smallest > 1000.0 || largest > 1e8 || smallest < 1e-4 {
            format.notation = Notation::Scientific;
        } else if !whole {
            format.notation = Notation::Fixed;
        }
        match options.sci_mode {
            Some(true) => format.notation = Notation::Scientific,
            Some(false) if whole => format.notation = Notation::Whole,
            Some(false) => format.notation = Notation::Fixed,
            None => {}
        }
        format.width = format.widest(telling().map(Scalar::Float));
        format
    }

    fn widest(&self, values: impl Iterator<Item = Scalar>) -> usize {
        values.map(|value| self.write(value).len()).max().unwrap_or(1).max(1)
    }

    /// One value, not padded.
    pub fn write(&self, value: Scalar) -> String {
        let value = match value {
            Scalar::Bool(true) => return "True".into(),
            Scalar::Bool(false) => return "False".into(),
            Scalar::Int(value) => return value.to_string(),
            Scalar::Float(value) => value,
        };
        if value.is_nan() {
            return "nan".into();
        }
        if value.is_infinite() {
            return if value > 0.0 { "inf".into() } else { "-inf".into() };
        }
        match self.notation {
            Notation::Plain | Notation::Whole => format!("{value:.0}."),
            Notation::Fixed => format!("{value:.*}", self.precision),
            Notation::Scientific => scientific(value, self.precision),
        }
    }

    /// One value, padded on the left to the common width.
    pub fn aligned(&self, value: Scalar) -> String {
        format!("{:>1$}", self.write(value), self.width)
    }
}

/// `1.2340e-05`: a sign and at least two digits in the exponent, as C and Python write it.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[f64]) -> Vec<String> {
        let values: Vec<Scalar> = values.iter().map(|&v| Scalar::Float(v)).collect();
        let format = Format::of(DType::F64, &values);
        values.iter().map(|&v| format.write(v)).collect()
    }

    #[test]
    fn whole_numbers_end_in_a_point() {
        assert_eq!(written(&[1.0, -20.0, 0.0]), ["1.", "-20.", "0."]);
    }

    #[test]
    fn very_different_sizes_are_written_with_exponents() {
        assert_eq!(written(&[1e-5, 1.0]), ["1.0000e-05", "1.0000e+00"]);
        assert_eq!(written(&[1e200]), ["1.0000e+200"]);
    }

    #[test]
    fn not_a_number_and_infinity_have_no_digits() {
        assert_eq!(written(&[f64::NAN, f64::NEG_INFINITY, 0.5]), ["nan", "-inf", "0.5000"]);
    }
}
