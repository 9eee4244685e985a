//! Generic code that most cells need, compiled once for the types that most variables have.
//!
//! At a low optimisation level, rustc lets a crate use generic code that a crate below it has instantiated; a cell that
//! stores a tensor then compiles no store itself (10 of its 80 ms).

use crate::show::{DebugFallback, Mark, Pointer};
use crate::store::VariableStore;

macro_rules! instances {
    ($($name:ident: $ty:ty;)*) => {
        $(
            #[doc(hidden)]
            pub fn $name(store: &mut VariableStore, value: $ty) -> $ty {
                value.soma_result().soma_value().soma_value().soma_value().evcxr_display();
                store.check_variable::<$ty>("");
                store.put_variable::<$ty>("", value);
                store.take_variable::<$ty>("")
            }
        )*
    };
}

instances! {
    a_tensor: tensorlib::Tensor;
    an_f32: f32;
    an_f64: f64;
    an_i32: i32;
    an_i64: i64;
    a_u8: u8;
    a_usize: usize;
    a_bool: bool;
    a_string: String;
    a_str: &'static str;
    some_f32: Vec<f32>;
    some_f64: Vec<f64>;
    some_i32: Vec<i32>;
    some_usize: Vec<usize>;
    some_strings: Vec<String>;
}
