//! Comparisons and logical operations: tensors of truth values.

use crate::backend::backend_of;
use crate::dtype::DType;
use crate::error::{Result, fallible};
use crate::op::{CompareOp, LogicOp};
use crate::operand::{IntoOperand, Operand};
use crate::ops::binary;
use crate::tensor::Tensor;

macro_rules! comparisons {
    ($kind:ident $of:ident: $($(#[$doc:meta])* $name:ident $try_name:ident $(#[$of_twin:meta])* $name_:ident $try_name_:ident $function:ident;)*) => {
        impl Tensor { $(
            fallible! {
                $(#[$doc])*
                pub fn $name | $try_name<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                    let other = other.into_operand();
                    binary::$of(stringify!($name), $kind::$function, &Operand::Borrowed(self), &other)
                }

                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place: elements become 1 or 0.")]
                $(#[$of_twin])*
                pub fn $name_ | $try_name_<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                    let truth =
                        binary::$of(stringify!($name_), $kind::$function, &Operand::Borrowed(self), &other.into_operand())?;
                    binary::replace_by_truth(stringify!($name_), self, truth)
                }
            }
        )* }
    };
}

comparisons! {
    CompareOp comparison:
    /// Whether elements are equal, one by one. NaN equals nothing. For whole tensors see [`equal`](Tensor::equal).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].eq(2).to_vec::<bool>(), [false, true]);
    /// ```
    eq try_eq eq_ try_eq_ Eq;
    /// Whether elements differ, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].ne(2).to_vec::<bool>(), [true, false]);
    /// ```
    ne try_ne
    ne_ try_ne_ Ne;
    /// Whether elements are less, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].lt(2).to_vec::<bool>(), [true, false]);
    /// ```
    lt try_lt
    lt_ try_lt_ Lt;
    /// Whether elements are less or equal, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].le(1).to_vec::<bool>(), [true, false]);
    /// ```
    le try_le
    le_ try_le_ Le;
    /// Whether elements are greater, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].gt(1).to_vec::<bool>(), [false, true]);
    /// ```
    gt try_gt
    gt_ try_gt_ Gt;
    /// Whether elements are greater or equal, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].ge(2).to_vec::<bool>(), [false, true]);
    /// ```
    ge try_ge
    ge_ try_ge_ Ge;
}

comparisons! {
    LogicOp logic:
    /// Whether both are true (not zero), one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![true, true].logical_and(&tensor![true, false]).to_vec::<bool>(), [true, false]);
    /// ```
    logical_and try_logical_and logical_and_ try_logical_and_ And;
    /// Whether one of them is true (not zero), one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0, 0].logical_or(&tensor![3, 0]).to_vec::<bool>(), [true, false]);
    /// ```
    logical_or try_logical_or logical_or_ try_logical_or_ Or;
    /// Whether just one of them is true (not zero), one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![true, true].logical_xor(&tensor![true, false]).to_vec::<bool>(), [false, true]);
    /// ```
    logical_xor try_logical_xor logical_xor_ try_logical_xor_ Xor;
}

impl Tensor {
    /// Whether elements are false (zero), one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![0, 2].logical_not().to_vec::<bool>(), [true, false]);
    /// ```
    pub fn logical_not(&self) -> Tensor {
        self.eq(false)
    }

    fallible! {
        /// [`logical_not`](Tensor::logical_not) in place: elements become 1 or 0.
        pub fn logical_not_ | try_logical_not_(&self) -> Tensor {
            binary::replace_by_truth("logical_not_", self, self.logical_not())
        }
    }

    /// Whether elements are NaN, one by one.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1.0, f64::NAN].isnan().to_vec::<bool>(), [false, true]);
    /// ```
    pub fn isnan(&self) -> Tensor {
        self.ne(self)
    }

    /// Whether elements are infinite, one by one.
    pub fn isinf(&self) -> Tensor {
        if self.dtype().is_floating_point() { self.abs().eq(f64::INFINITY) } else { self.ne(self) }
    }

    /// Whether elements are neither infinite nor NaN, one by one.
    pub fn isfinite(&self) -> Tensor {
        if self.dtype().is_floating_point() { self.abs().lt(f64::INFINITY) } else { self.eq(self) }
    }

    fallible! {
        /// Whether two tensors have the same shape, element type and values.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1, 2].equal(&arange(1..3)));
        /// assert!(tensor![1, 2].equal([1, 2]));
        /// assert!(!tensor![1, 2].equal(&tensor![1.0, 2.0]));
        /// ```
        #[doc(alias = "array_equal")]
        pub fn equal | try_equal<'a>(&self, other: impl IntoOperand<'a>) -> bool {
            let other = &*other.into_operand().beside(self)?;
            equal(self, other)
        }

        /// Whether elements differ by at most `1e-8 + 1e-5 · |other|`, PyTorch's tolerances, one by one. Infinities are
        /// near to themselves, NaN to nothing. For other tolerances see [`isclose_within`](Tensor::isclose_within).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 2.0].isclose([1.000001, 2.1]).to_vec::<bool>(), [true, false]);
        /// ```
        pub fn isclose | try_isclose<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            near(self, other.into_operand(), RTOL, ATOL)
        }

        /// Whether elements differ by at most `atol + rtol · |other|`, one by one.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1.0, 2.0].isclose_within([1.05, 3.0], 0.1, 0.0).to_vec::<bool>(), [true, false]);
        /// ```
        pub fn isclose_within | try_isclose_within<'a>(&self, other: impl IntoOperand<'a>, rtol: f64, atol: f64) -> Tensor {
            near(self, other.into_operand(), rtol, atol)
        }

        /// Whether all elements of two tensors, whose shapes broadcast, are [close](Tensor::isclose). For other tolerances
        /// see [`allclose_within`](Tensor::allclose_within).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1.0].allclose(&tensor![1.000001]));
        /// assert!((ones([3]) / 3.0).allclose([0.33333, 0.33333, 0.33333]));
        /// ```
        pub fn allclose | try_allclose<'a>(&self, other: impl IntoOperand<'a>) -> bool {
            all_near(self, other.into_operand(), RTOL, ATOL)
        }

        /// [`allclose`](Tensor::allclose) with elements that differ by at most `atol + rtol · |other|`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(tensor![1.0].allclose_within(&tensor![1.05], 0.1, 0.0));
        /// assert!(!tensor![1.0].allclose_within(&tensor![1.05], 0.0, 0.01));
        /// ```
        pub fn allclose_within | try_allclose_within<'a>(&self, other: impl IntoOperand<'a>, rtol: f64, atol: f64) -> bool {
            all_near(self, other.into_operand(), rtol, atol)
        }
    }
}

fn equal(x: &Tensor, other: &Tensor) -> Result<bool> {
    if x.dtype() != other.dtype() || x.layout.shape != other.layout.shape {
        return Ok(false);
    }
    Ok(backend_of("equal", &[x, other])?.equal(x.elements(), other.elements()))
}

/// PyTorch's tolerances: the share of the other value, and what is allowed beside it.
const RTOL: f64 = 1e-5;
const ATOL: f64 = 1e-8;

fn near(x: &Tensor, other: Operand, rtol: f64, atol: f64) -> Result<Tensor> {
    let (a, b) = (x.double(), other.to_tensor(DType::F64)?);
    let distance = a.try_sub(&b)?.abs();
    // An infinity is near to itself only, however much a share of it allows.
    let near = distance.try_le(b.abs().mul(rtol).add(atol))?.try_logical_and(distance.isfinite())?;
    near.try_logical_or(&a.try_eq(&b)?)
}

fn all_near(x: &Tensor, other: Operand, rtol: f64, atol: f64) -> Result<bool> {
    Ok(near(x, other, rtol, atol)?.all().item::<bool>())
}
