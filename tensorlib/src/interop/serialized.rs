//! serde: a tensor as its shape and its values in row-major order.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::create::from_vec;
use crate::dtype::DType;
use crate::tensor::Tensor;

/// The values, with the element type as the name of the variant.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AlignedBuf {
    Bool(Vec<bool>),
    U8(Vec<u8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Tensor")]
struct Serialized {
    shape: Vec<usize>,
    values: AlignedBuf,
}

impl Serialize for Tensor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = match self.dtype() {
            DType::Bool => AlignedBuf::Bool(self.to_vec()),
            DType::U8 => AlignedBuf::U8(self.to_vec()),
            DType::I32 => AlignedBuf::I32(self.to_vec()),
            DType::I64 => AlignedBuf::I64(self.to_vec()),
            DType::F32 => AlignedBuf::F32(self.to_vec()),
            DType::F64 => AlignedBuf::F64(self.to_vec()),
        };
        Serialized { shape: self.size().to_vec(), values }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tensor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tensor, D::Error> {
        let Serialized { shape, values } = Serialized::deserialize(deserializer)?;
        let line = match values {
            AlignedBuf::Bool(values) => from_vec(values),
            AlignedBuf::U8(values) => from_vec(values),
            AlignedBuf::I32(values) => from_vec(values),
            AlignedBuf::I64(values) => from_vec(values),
            AlignedBuf::F32(values) => from_vec(values),
            AlignedBuf::F64(values) => from_vec(values),
        };
        line.try_view(&shape)
            .map_err(|_| D::Error::custom(format!("{} values do not make shape {shape:?}", line.numel())))
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn every_type_comes_back_and_shapes_are_checked() {
        for dtype in DType::ALL {
            let x = tensor![[1, 0, 2]].to(dtype).t();
            let text = serde_json::to_string(&x).unwrap();
            assert!(serde_json::from_str::<Tensor>(&text).unwrap().equal(&x), "{text}");
        }
        let text = serde_json::to_string(&tensor![1.5]).unwrap();
        assert_eq!(text, r#"{"shape":[1],"values":{"f32":[1.5]}}"#);
        let error = serde_json::from_str::<Tensor>(r#"{"shape":[2],"values":{"f32":[1.5]}}"#).unwrap_err();
        assert!(error.to_string().starts_with("1 values do not make shape [2]"), "{error}");
    }
}
