//! Elements as the bytes that files hold.

use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::{Element, with_dtype};
use crate::tensor::Tensor;

/// An element type's bytes.
pub(super) trait Bytes: Element {
    fn put(self, bytes: &mut Vec<u8>);
    /// From as many bytes as the type takes.
    fn get(bytes: &[u8], big_endian: bool) -> Self;
}

macro_rules! bytes {
    ($($ty:ty),*) => { $(
        impl Bytes for $ty {
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8], big_endian: bool) -> $ty {
                let mut array = [0; size_of::<$ty>()];
                array.copy_from_slice(bytes);
                if big_endian { <$ty>::from_be_bytes(array) } else { <$ty>::from_le_bytes(array) }
            }
        }
    )* };
}
bytes!(u8, i32, i64, f32, f64);

impl Bytes for bool {
    fn put(self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self));
    }
    fn get(bytes: &[u8], _: bool) -> bool {
        bytes[0] != 0
    }
}

/// All elements in row-major order as little-endian bytes.
pub(super) fn to_bytes(x: &Tensor) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(x.numel() * x.dtype().size_in_bytes());
    with_dtype!(x.dtype(), T => x.to_vec::<T>().into_iter().for_each(|value| value.put(&mut bytes)));
    bytes
}

/// A tensor of bytes in row-major order, as many as the shape needs.
pub(super) fn from_bytes(dtype: DType, shape: &[usize], bytes: &[u8], big_endian: bool) -> Tensor {
    with_dtype!(dtype, T => {
        let values: Vec<T> = bytes.chunks_exact(size_of::<T>()).map(|bytes| T::get(bytes, big_endian)).collect();
        Tensor::from_values(values, DimVec::from_slice(shape))
    })
}

/// Element types that files have and tensors here do not: the values go into the narrowest type that holds them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// IEEE 754's binary16.
    F16,
    /// The upper half of an `f32`.
    BF16,
    I8,
    I16,
}

impl Foreign {
    fn size_in_bytes(self) -> usize {
        if self == Foreign::I8 { 1 } else { 2 }
    }
}

/// The type of elements in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileType {
    Own(DType),
    Foreign(Foreign),
}

impl FileType {
    pub fn size_in_bytes(self) -> usize {
        match self {
            FileType::Own(dtype) => dtype.size_in_bytes(),
            FileType::Foreign(foreign) => foreign.size_in_bytes(),
        }
    }

    /// A tensor of little-endian bytes, as many as the shape needs.
    pub fn decode(self, shape: &[usize], bytes: &[u8]) -> Tensor {
        let shorts = || bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_le_bytes(pair));
        let shape_of = || DimVec::from_slice(shape);
        match self {
            FileType::Own(dtype) => from_bytes(dtype, shape, bytes, false),
            FileType::Foreign(Foreign::F16) => {
                Tensor::from_values(shorts().map(from_half).collect::<Vec<f32>>(), shape_of())
            }
            FileType::Foreign(Foreign::BF16) => {
                let widened = shorts().map(|bits| f32::from_bits(u32::from(bits) << 16));
                Tensor::from_values(widened.collect::<Vec<f32>>(), shape_of())
            }
            FileType::Foreign(Foreign::I8) => {
                Tensor::from_values(bytes.iter().map(|&byte| i32::from(byte as i8)).collect::<Vec<i32>>(), shape_of())
            }
            FileType::Foreign(Foreign::I16) => {
                Tensor::from_values(shorts().map(|bits| i32::from(bits as i16)).collect::<Vec<i32>>(), shape_of())
            }
        }
    }
}

/// The number that 16 bits of IEEE 754's binary16 stand for; `f32` holds them all.
fn from_half(bits: u16) -> f32 {
    let bits = u32::from(bits);
    let (sign, exponent, fraction) = (bits >> 15 << 31, bits >> 10 & 0x1f, bits & 0x3ff);
    match exponent {
        // Subnormal: the fraction counts steps of 2⁻²⁴.
        0 => f32::from_bits((fraction as f32 * (1.0 / 16_777_216.0)).to_bits() | sign),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_the_numbers_they_stand_for() {
        let of = |bits: u16| FileType::Foreign(Foreign::F16).decode(&[1], &bits.to_le_bytes()).item::<f32>();
        let known =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0400, 6.103_515_6e-5), (0x0001, 5.960_464_5e-8)];
        for (bits, value) in known {
            assert_eq!(of(bits), value, "{bits:#x}");
        }
        assert_eq!((of(0x7c00), of(0xfc00)), (f32::INFINITY, f32::NEG_INFINITY));
        assert!(of(0x7e00).is_nan() && of(0x8000).is_sign_negative() && of(0x8000) == 0.0);
    }

    #[test]
    fn other_types_widen() {
        let bytes = [0x80, 0x3f, 0xff, 0xff];
        assert_eq!(FileType::Foreign(Foreign::BF16).decode(&[2], &bytes).i(0).item::<f32>(), 1.0);
        assert_eq!(FileType::Foreign(Foreign::I16).decode(&[2], &bytes).to_vec::<i32>(), [16256, -1]);
        assert_eq!(FileType::Foreign(Foreign::I8).decode(&[4], &bytes).to_vec::<i32>(), [-128, 63, -1, -1]);
    }
}
