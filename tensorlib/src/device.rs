//! Where a tensor's memory is, and where operations on it are carried out.
//!
//! A program that asks runs anywhere:
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! let device = if gpu_is_available() { Device::Gpu(0) } else { Device::Cpu };
//! let x = ones([2, 3]).to(device);
//! assert_eq!(x.device(), device);
//! assert_eq!((&x + 1.0).device(), device);
//! ```

use std::fmt;

use crate::dtype::DType;
use crate::error::{Result, device_error};
use crate::tensor::Tensor;

/// The processor, or one of the graphics processors, counted from 0.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(zeros([2]).device(), Device::Cpu);
/// assert_eq!(Device::default(), Device::Cpu);
/// assert_eq!((Device::Cpu.to_string(), Device::Gpu(0).to_string()), ("cpu".to_string(), "gpu:0".to_string()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The processor; it is always there.
    #[default]
    Cpu,
    /// A graphics processor, by number.
    Gpu(usize),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Gpu(number) => write!(f, "gpu:{number}"),
        }
    }
}

impl Device {
    /// Refuses a device that is not there.
    pub(crate) fn check(self, op: &str) -> Result<()> {
        match self {
            Device::Gpu(_) if !gpu_is_available() => {
                Err(device_error!("{op}: {self} is not available; check with gpu_is_available(), or use Device::Cpu"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether tensors can be on [`Device::Gpu`]. They cannot yet.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert!(!gpu_is_available());
/// assert_eq!(
///     zeros([2]).try_to(Device::Gpu(0)).unwrap_err().to_string(),
///     "to: gpu:0 is not available; check with gpu_is_available(), or use Device::Cpu"
/// );
/// ```
#[doc(alias = "is_available")]
pub fn gpu_is_available() -> bool {
    false
}

/// The target of [`Tensor::to`]: an element type, a device, both, or a tensor that has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    pub(crate) dtype: Option<DType>,
    pub(crate) device: Option<Device>,
}

impl From<DType> for Target {
    fn from(dtype: DType) -> Target {
        Target { dtype: Some(dtype), device: None }
    }
}

impl From<Device> for Target {
    fn from(device: Device) -> Target {
        Target { dtype: None, device: Some(device) }
    }
}

impl From<(Device, DType)> for Target {
    fn from((device, dtype): (Device, DType)) -> Target {
        Target { dtype: Some(dtype), device: Some(device) }
    }
}

impl From<&Tensor> for Target {
    fn from(other: &Tensor) -> Target {
        Target::from((other.device(), other.dtype()))
    }
}
