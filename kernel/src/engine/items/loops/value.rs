//! What a value is, as far as loops need to know.

/// What an expression gives or a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Numbers, text, and all that is not known.
    Plain,
    /// A tensor, a layer, an optimiser, a loader, …: its methods and operators are the library's.
    Library,
    /// Several values, one after another.
    Many(Box<Many>),
    /// A tuple.
    Parts(Vec<Value>),
    /// A value of a type that the notebook defines.
    Own(String),
    /// A closure.
    Closure(Box<Closure>),
}

/// A collection, or an iterator.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Many {
    pub element: Value,
    /// The number of elements, if the text tells it.
    pub count: Option<u64>,
    /// Each step calls the library already.
    pub is_paid: bool,
    /// It is an iterator, which has done nothing yet.
    pub is_lazy: bool,
}

/// What a call of a closure does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Closure {
    pub gives: Value,
    pub operates: bool,
    pub passes: bool,
}

impl Value {
    /// A collection.
    pub fn many(element: Value, count: Option<u64>) -> Value {
        Value::Many(Box::new(Many { element, count, is_paid: false, is_lazy: false }))
    }

    /// The elements that a loop over it has.
    pub fn elements(self) -> Many {
        match self {
            Value::Many(many) => *many,
            other => Many { element: other.part(0), count: None, is_paid: false, is_lazy: false },
        }
    }

    /// What a part of it is: a field of a tuple, an element, what an `Option` has.
    pub fn part(&self, number: usize) -> Value {
        match self {
            Value::Library => Value::Library,
            Value::Many(many) => many.element.clone(),
            Value::Parts(parts) => parts.get(number).cloned().unwrap_or(Value::Plain),
            Value::Plain | Value::Own(_) | Value::Closure(_) => Value::Plain,
        }
    }

    /// What an iterator has made, in a collection.
    pub fn kept(self) -> Value {
        match self {
            Value::Many(many) => Value::Many(Box::new(Many { is_lazy: false, is_paid: false, ..*many })),
            other => other,
        }
    }

    /// The same value when it can grow.
    pub fn growing(self) -> Value {
        match self {
            Value::Many(many) => Value::Many(Box::new(Many { count: None, ..*many })),
            other => other,
        }
    }
}
