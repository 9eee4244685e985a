//! The types that fields of a module can have, and the containers of them that are modules.

use std::rc::Rc;
use std::sync::Arc;

use super::module::{Module, Visitor};
use super::parameter::{Buffer, Parameter, Training};

/// A type that a module can have as a field. You need not implement it: all modules have it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a module as it is",
    label = "neither a module nor a parameter",
    note = "if it is a struct with layers, put #[derive(Module)] above its definition; if it holds nothing that is learned, put #[module(skip)] above the field"
)]
pub trait Field {
    /// Shows the field to a visitor.
    fn show(&self, name: &str, visitor: &mut dyn Visitor);
}

impl Field for Parameter {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.parameter(name, self);
    }
}

impl Field for Buffer {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.buffer(name, self);
    }
}

impl Field for Training {
    fn show(&self, _name: &str, visitor: &mut dyn Visitor) {
        visitor.training(self);
    }
}

impl<T: Module> Field for T {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        visitor.module(name, self);
    }
}

impl<T: Field> Field for Option<T> {
    fn show(&self, name: &str, visitor: &mut dyn Visitor) {
        if let Some(field) = self {
            field.show(name, visitor);
        }
    }
}

macro_rules! pointers {
    ($($pointer:ident),*) => { $(
        impl<T: Module + ?Sized> Module for $pointer<T> {
            fn visit(&self, visitor: &mut dyn Visitor) {
                (**self).visit(visitor);
            }

            fn name(&self) -> &str {
                (**self).name()
            }

            fn extra_repr(&self) -> String {
                (**self).extra_repr()
            }
        }
    )* };
}
pointers!(Box, Rc, Arc);

fn show_all<T: Field>(fields: &[T], visitor: &mut dyn Visitor) {
    for (number, field) in fields.iter().enumerate() {
        field.show(&number.to_string(), visitor);
    }
}

impl<T: Field> Module for Vec<T> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        show_all(self, visitor);
    }

    fn name(&self) -> &str {
        "ModuleList"
    }
}

impl<T: Field, const N: usize> Module for [T; N] {
    fn visit(&self, visitor: &mut dyn Visitor) {
        show_all(self, visitor);
    }

    fn name(&self) -> &str {
        "ModuleList"
    }
}

macro_rules! tuples {
    ($($name:ident $number:tt),+) => {
        impl<$($name: Field),+> Module for ($($name,)+) {
            fn visit(&self, visitor: &mut dyn Visitor) {
                $(self.$number.show(stringify!($number), visitor);)+
            }

            fn name(&self) -> &str {
                "ModuleList"
            }
        }
    };
}
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, G 5);
