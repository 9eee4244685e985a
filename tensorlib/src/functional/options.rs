//! How builders of options are declared.

/// Declares a builder: a type with a method for each option. Options are kept as `$ty`, given as `$given`, and turned from
/// one to the other by `$make`.
macro_rules! options {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident<'a> {
            $($(#[$doc:meta])* $option:ident: $ty:ty, $default:expr, |$value:ident: $given:ty| $make:expr;)*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone)]
        #[must_use = "options do nothing by themselves"]
        pub struct $name<'a> {
            $(pub(in crate::functional) $option: $ty,)*
            lifetime: std::marker::PhantomData<&'a ()>,
        }

        impl Default for $name<'_> {
            fn default() -> Self {
                $name { $($option: $default,)* lifetime: std::marker::PhantomData }
            }
        }

        impl<'a> $name<'a> {
            /// The defaults.
            pub fn new() -> $name<'a> {
                $name::default()
            }

            $(
                $(#[$doc])*
                pub fn $option(mut self, $value: $given) -> Self {
                    self.$option = $make;
                    self
                }
            )*
        }
    )* };
}
pub(super) use options;
