//! In-place twins of operations that have no in-place loop: a new value, written over the old one.

use crate::autograd::changeable;
use crate::autograd::record::{in_place_without_copy, records};
use crate::error::Result;
use crate::ops::{assign, binary};
use crate::tensor::Tensor;

/// Writes over `target` what `value` makes of it.
pub(crate) fn over(op: &str, target: &Tensor, value: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    changeable(op, target)?;
    binary::writable(op, target)?;
    // A formula may keep the operand: it must be what it was.
    let kept = records(&[target]).then(|| target.clone());
    write_over(op, target, value(kept.as_ref().unwrap_or(target))?)
}

fn write_over(op: &str, target: &Tensor, value: Tensor) -> Result<Tensor> {
    if records(&[target, &value]) {
        return in_place_without_copy(op, target, |_| Ok(value));
    }
    binary::storable(op, value.dtype(), target.dtype())?;
    if value.layout.shape != target.layout.shape {
        return Err(binary::does_not_fit(op, target, &value));
    }
    assign::copy(op, target, &value)?;
    Ok(target.alias())
}

/// Declares in-place twins: `name_ try_name_: (arguments) = try_name;`.
macro_rules! twins {
    ($($(#[$doc:meta])* $name:ident $name_:ident $try_name_:ident: $(<$life:lifetime>)? ($($arg:ident: $ty:ty),*) = $try_name:ident;)*) => {
        impl Tensor { $crate::error::fallible! { $(
            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            $(#[$doc])*
            pub fn $name_ | $try_name_ $(<$life>)? (&self, $($arg: $ty),*) -> Tensor {
                $crate::ops::twin::over(stringify!($name_), self, |x| x.$try_name($($arg),*))
            }
        )* } }
    };
}
pub(crate) use twins;
