//! Second names that PyTorch has for its operations.

use crate::error::{Result, fallible};
use crate::operand::IntoOperand;
use crate::size::IntoInts;
use crate::tensor::Tensor;

/// Second names of functions of one tensor that cannot fail, with their twins.
macro_rules! unary_aliases {
    ($($name:ident $name_:ident $try_name_:ident: $of:ident $try_of_:ident;)*) => {
        impl Tensor { $(
            #[doc = concat!("PyTorch's other name for [`", stringify!($of), "`](Tensor::", stringify!($of), ").")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nlet x = tensor![1.0];\nassert!(x.", stringify!($name), "().equal(x.", stringify!($of), "()));\n```")]
            pub fn $name(&self) -> Tensor {
                self.$of()
            }

            fallible! {
                #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
                pub fn $name_ | $try_name_(&self) -> Tensor {
                    self.$try_of_()
                }
            }
        )* }
    };
}

unary_aliases! {
    arccos arccos_ try_arccos_: acos try_acos_;
    arccosh arccosh_ try_arccosh_: acosh try_acosh_;
    arcsin arcsin_ try_arcsin_: asin try_asin_;
    arcsinh arcsinh_ try_arcsinh_: asinh try_asinh_;
    arctan arctan_ try_arctan_: atan try_atan_;
    arctanh arctanh_ try_arctanh_: atanh try_atanh_;
    fix fix_ try_fix_: trunc try_trunc_;
}

/// Second names of functions of one tensor, with their twins.
macro_rules! fallible_aliases {
    ($($name:ident $try_name:ident $name_:ident $try_name_:ident: $of:ident $try_of:ident $try_of_:ident;)*) => {
        impl Tensor { fallible! { $(
            #[doc = concat!("PyTorch's other name for [`", stringify!($of), "`](Tensor::", stringify!($of), ").")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nlet x = tensor![-2.0];\nassert!(x.", stringify!($name), "().equal(x.", stringify!($of), "()));\n```")]
            pub fn $name | $try_name(&self) -> Tensor {
                self.$try_of()
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            pub fn $name_ | $try_name_(&self) -> Tensor {
                self.$try_of_()
            }
        )* } }
    };
}

fallible_aliases! {
    absolute try_absolute absolute_ try_absolute_: abs try_abs try_abs_;
    negative try_negative negative_ try_negative_: neg try_neg try_neg_;
    sgn try_sgn sgn_ try_sgn_: sign try_sign try_sign_;
}

/// Second names of functions of two tensors, with their twins.
macro_rules! binary_aliases {
    ($($name:ident $try_name:ident $name_:ident $try_name_:ident: $of:ident $try_of:ident $try_of_:ident;)*) => {
        impl Tensor { fallible! { $(
            #[doc = concat!("PyTorch's other name for [`", stringify!($of), "`](Tensor::", stringify!($of), ").")]
            #[doc = concat!("\n```\n# use tensorlib::prelude::*;\nlet x = tensor![6.0];\nassert!(x.", stringify!($name), "(4.0).equal(x.", stringify!($of), "(4.0)));\n```")]
            pub fn $name | $try_name<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                self.$try_of(other)
            }

            #[doc = concat!("[`", stringify!($name), "`](Tensor::", stringify!($name), ") in place.")]
            pub fn $name_ | $try_name_<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
                self.$try_of_(other)
            }
        )* } }
    };
}

binary_aliases! {
    subtract try_subtract subtract_ try_subtract_: sub try_sub try_sub_;
    multiply try_multiply multiply_ try_multiply_: mul try_mul try_mul_;
    divide try_divide divide_ try_divide_: div try_div try_div_;
    true_divide try_true_divide true_divide_ try_true_divide_: div try_div try_div_;
    not_equal try_not_equal not_equal_ try_not_equal_: ne try_ne try_ne_;
    less try_less less_ try_less_: lt try_lt try_lt_;
    less_equal try_less_equal less_equal_ try_less_equal_: le try_le try_le_;
    greater try_greater greater_ try_greater_: gt try_gt try_gt_;
    greater_equal try_greater_equal greater_equal_ try_greater_equal_: ge try_ge try_ge_;
    arctan2 try_arctan2 arctan2_ try_arctan2_: atan2 try_atan2 try_atan2_;
}

impl Tensor {
    fallible! {
        /// PyTorch's other name for [`transpose`](Tensor::transpose).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).swapaxes(0, 2).size(), [4, 3, 2]);
        /// ```
        pub fn swapaxes | try_swapaxes(&self, axis0: i64, axis1: i64) -> Tensor {
            self.try_transpose(axis0, axis1)
        }

        /// [`swapaxes`](Tensor::swapaxes) in place.
        pub fn swapaxes_ | try_swapaxes_(&mut self, axis0: i64, axis1: i64) -> Tensor {
            self.try_transpose_(axis0, axis1)
        }

        /// PyTorch's other name for [`transpose`](Tensor::transpose).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).swapdims(0, 2).size(), [4, 3, 2]);
        /// ```
        pub fn swapdims | try_swapdims(&self, dim0: i64, dim1: i64) -> Tensor {
            self.try_transpose(dim0, dim1)
        }

        /// [`swapdims`](Tensor::swapdims) in place.
        pub fn swapdims_ | try_swapdims_(&mut self, dim0: i64, dim1: i64) -> Tensor {
            self.try_transpose_(dim0, dim1)
        }

        /// The last two dimensions swapped, as a view. (Without complex numbers nothing is left of the conjugation.)
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([5, 2, 3]).adjoint().size(), [5, 3, 2]);
        /// ```
        pub fn adjoint | try_adjoint(&self) -> Tensor {
            if self.ndim() < 2 {
                return Err(crate::error::shape_error!("adjoint: needs a matrix or a stack of them, not shape {}", self.size()));
            }
            self.try_transpose(-2, -1)
        }

        /// PyTorch's other name for [`movedim`](Tensor::movedim).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([2, 3, 4]).moveaxis(0, 2).size(), [3, 4, 2]);
        /// ```
        pub fn moveaxis | try_moveaxis(&self, source: i64, destination: i64) -> Tensor {
            self.try_movedim(source, destination)
        }

        /// PyTorch's other name for [`expand`](Tensor::expand).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].broadcast_to([2, 2]).to_vec::<i64>(), [1, 2, 1, 2]);
        /// ```
        pub fn broadcast_to | try_broadcast_to(&self, shape: impl IntoInts) -> Tensor {
            self.try_expand(shape)
        }

        /// PyTorch's other name for [`outer`](Tensor::outer).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![1, 2].ger([3, 4]).to_vec::<i64>(), [3, 4, 6, 8]);
        /// ```
        pub fn ger | try_ger<'a>(&self, other: impl IntoOperand<'a>) -> Tensor {
            self.try_outer(other)
        }

        /// The same elements in another shape: PyTorch's old name for [`reshape`](Tensor::reshape). For another number of
        /// elements see [`resize_`](Tensor::resize_).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(6).resize([2, 3]).size(), [2, 3]);
        /// ```
        pub fn resize | try_resize(&self, shape: impl IntoInts) -> Tensor {
            self.try_reshape(shape)
        }

        /// [`resize`](Tensor::resize) to the shape of another tensor.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(arange(6).resize_as(&zeros([2, 3])).size(), [2, 3]);
        /// ```
        pub fn resize_as | try_resize_as(&self, other: &Tensor) -> Tensor {
            self.try_reshape(other.size())
        }

        /// [`resize_`](Tensor::resize_) to the shape of another tensor.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let mut x = arange(6);
        /// assert_eq!(x.resize_as_(&zeros([2])).to_vec::<i64>(), [0, 1]);
        /// ```
        pub fn resize_as_ | try_resize_as_(&mut self, other: &Tensor) -> Tensor {
            self.try_resize_(other.size())
        }

        /// [`narrow`](Tensor::narrow) as a copy.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = arange(5);
        /// assert!(!x.narrow_copy(0, 1, 3).shares_memory(&x));
        /// ```
        pub fn narrow_copy | try_narrow_copy(&self, dim: i64, start: usize, length: usize) -> Tensor {
            Ok(self.try_narrow(dim, start, length)?.clone())
        }

        /// This tensor: PyTorch's `+x`, which booleans do not have.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![-1.0].positive().item::<f32>(), -1.0);
        /// ```
        pub fn positive | try_positive(&self) -> Tensor {
            match self.dtype() {
                crate::DType::Bool => Err(crate::error::dtype_error!("positive: not defined for bool; convert it with to()")),
                _ => Ok(self.alias()),
            }
        }
    }

    /// PyTorch's other name for [`nonzero`](Tensor::nonzero).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![[0, 5], [7, 0]].argwhere().to_vec::<i64>(), [0, 1, 1, 0]);
    /// ```
    pub fn argwhere(&self) -> Tensor {
        self.nonzero()
    }

    /// The number of dimensions; the same as [`ndim`](Tensor::ndim).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 3]).ndimension(), 2);
    /// ```
    pub fn ndimension(&self) -> usize {
        self.ndim()
    }

    /// The number of elements; the same as [`numel`](Tensor::numel).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2, 3]).nelement(), 6);
    /// ```
    pub fn nelement(&self) -> usize {
        self.numel()
    }

    /// Bytes an element takes.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(zeros([2]).element_size(), 4);
    /// ```
    pub fn element_size(&self) -> usize {
        self.dtype().size_in_bytes()
    }

    /// Converted to the element type of another tensor.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![1, 2].type_as(&zeros([1])).dtype(), DType::F32);
    /// ```
    pub fn type_as(&self, other: &Tensor) -> Tensor {
        self.to(other.dtype())
    }

    /// In the processor's memory: an alias when it is there already, else a copy.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = zeros([2]);
    /// assert!(x.cpu().shares_memory(&x));
    /// ```
    pub fn cpu(&self) -> Tensor {
        self.to(crate::Device::Cpu)
    }

    /// This tensor: real numbers are their own conjugates.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.0].conj().item::<f32>(), 2.0);
    /// ```
    pub fn conj(&self) -> Tensor {
        self.alias()
    }

    /// This tensor, as [`conj`](Tensor::conj).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.0].conj_physical().item::<f32>(), 2.0);
    /// ```
    pub fn conj_physical(&self) -> Tensor {
        self.alias()
    }

    /// This tensor, as [`conj`](Tensor::conj).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.0].conj_physical_().item::<f32>(), 2.0);
    /// ```
    pub fn conj_physical_(&self) -> Tensor {
        self.alias()
    }

    /// Whether elements are real numbers: all are.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![2.0].isreal().to_vec::<bool>(), [true]);
    /// ```
    pub fn isreal(&self) -> Tensor {
        crate::create::filled(self.layout.shape.clone(), crate::DType::Bool, crate::Scalar::Bool(true))
    }

    /// The element at an index, or the part: the same as [`i`](Tensor::i).
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tensor![5, 6, 7].index([2, 0]).to_vec::<i64>(), [7, 5]);
    /// ```
    #[track_caller]
    pub fn index(&self, index: impl crate::IntoIndex) -> Tensor {
        self.i(index)
    }

    /// [`index`](Tensor::index) with the error as a value.
    pub fn try_index(&self, index: impl crate::IntoIndex) -> Result<Tensor> {
        self.try_i(index)
    }
}
