//! Short descriptions of variables' values, which the worker reports after each cell.

use std::collections::BTreeMap;

/// The value of a variable. Properties that this kind of value does not have are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueSummary {
    /// The lengths of its dimensions, such as `[3, 2]`.
    pub shape: String,
    /// The type of its elements, such as `f32`.
    pub dtype: String,
    /// How many bytes its elements take.
    pub bytes: Option<u64>,
    /// The value, or the first of its values.
    pub value: String,
}

/// The variables whose values are known.
pub type Values = BTreeMap<String, ValueSummary>;

impl ValueSummary {
    /// Everything but the value, on one line.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        if !self.shape.is_empty() {
            parts.push(format!("shape {}", self.shape));
        }
        if !self.dtype.is_empty() {
            parts.push(format!("dtype {}", self.dtype));
        }
        parts.extend(self.size());
        parts.join(", ")
    }

    /// Its size, in a suitable unit.
    pub fn size(&self) -> Option<String> {
        let bytes = self.bytes?;
        Some(match bytes {
            0..1024 => format!("{bytes} B"),
            1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
            1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
            _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_names_what_there_is() {
        let tensor =
            ValueSummary { shape: "[3, 2]".into(), dtype: "f32".into(), bytes: Some(24), value: "0., …".into() };
        assert_eq!(tensor.summary(), "shape [3, 2], dtype f32, 24 B");
        assert_eq!(ValueSummary { value: "3".into(), ..ValueSummary::default() }.summary(), "");
        let size = |bytes| ValueSummary { bytes: Some(bytes), ..ValueSummary::default() }.size().unwrap();
        assert_eq!([size(2048), size(5 << 20), size(3 << 30)], ["2.0 KiB", "5.0 MiB", "3.0 GiB"]);
    }
}
