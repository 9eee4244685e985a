//! The lines that evcxr writes for each variable of the session, and the placeholders for types.

use std::collections::BTreeSet;

use ra_ap_syntax::{Edition, SyntaxKind};

use super::functions;
use crate::variable_types::Types;

/// The engine's placeholder for the type of a variable `x` is `(/*type of x*/)`. In the cell that defines `x` it means
/// `_`; where later cells take `x` out of the store it means the type that the store reported.
const PLACEHOLDER: (&str, &str) = ("(/*type of ", "*/)");

/// The placeholder for the type of this variable.
pub fn placeholder(variable: &str) -> String {
    let (begin, end) = PLACEHOLDER;
    format!("{begin}{variable}{end}")
}

/// Whether a name is a keyword, which needs the prefix `r#`.
pub fn is_keyword(name: &str) -> bool {
    SyntaxKind::from_keyword(name, Edition::Edition2024).is_some()
}

const CHECK: &str = "vars_ok &= evcxr_variable_store.check_variable::<";
const TAKE: &str = " = evcxr_variable_store.take_variable::<";
const PUT: &str = "evcxr_variable_store.put_variable::<";
const NAME: &str = ">(stringify!(";

/// A line that evcxr has written for a variable.
#[derive(Debug, PartialEq)]
pub struct VariableLine<'a> {
    /// What it does.
    pub does: Does,
    /// The variable's name, with `r#` if it is a keyword.
    pub name: &'a str,
    /// The type that evcxr was given.
    ty: &'a str,
    /// The text before and after the type.
    around: (&'a str, &'a str),
}

/// What a line does with a variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Does {
    /// Checks that the store has it with that type.
    Check,
    /// Takes it out of the store.
    Take,
    /// Puts it into the store.
    Put,
}

impl<'a> VariableLine<'a> {
    /// Reads a line; `None` if it is not such a line.
    pub fn read(line: &'a str) -> Option<VariableLine<'a>> {
        let (does, start) = if line.starts_with(CHECK) {
            (Does::Check, CHECK.len())
        } else if line.starts_with(PUT) {
            (Does::Put, PUT.len())
        } else if line.starts_with("let ") {
            (Does::Take, line.find(TAKE)? + TAKE.len())
        } else {
            return None;
        };
        // The type may contain anything but this text.
        let end = line.rfind(NAME)?;
        let (ty, after) = (line.get(start..end)?, &line[end..]);
        let name = after[NAME.len()..].split(')').next()?;
        Some(VariableLine { does, name, ty, around: (&line[..start], after) })
    }

    /// The line with the type that the session has for the variable. The definitions of a variable whose type is from a
    /// replaced library cannot be compared.
    pub fn with_stored_type(&self, types: &Types, kept: &BTreeSet<String>) -> String {
        let plain = self.name.trim_start_matches("r#");
        let before = match kept.contains(plain) {
            true => self.around.0.replacen(".check_variable::", ".check_kept_variable::", 1),
            false => self.around.0.to_owned(),
        };
        // A stated type may use names that this cell does not have, or that mean other types by now.
        let ty = types.get(plain).cloned().flatten().unwrap_or_else(|| with_types(self.ty, types));
        let call = match self.does {
            Does::Check => functions::call(&ty, "bool", "check_variable", self.name),
            Does::Take => functions::call(&ty, "()", "take_variable", self.name),
            Does::Put => None,
        };
        match (call, before.split_once("= ")) {
            (Some(call), Some((before, _))) => format!("{before}= {call};"),
            _ => format!("{before}{ty}{}", self.around.1),
        }
    }

    /// A line that drops the variable instead of keeping it. It comes before the lines that keep variables from which
    /// it may borrow.
    pub fn ended(&self) -> String {
        format!("::soma_cell::store::end_variable({});", self.name)
    }

    /// The line with a type that rustc infers.
    pub fn with_inferred_type(&self) -> String {
        format!("{}_{}", self.around.0, self.around.1)
    }
}

/// A text with these types in place of the engine's placeholders, and `_` for variables without a type.
pub fn with_types(text: &str, types: &Types) -> String {
    let (begin, end) = PLACEHOLDER;
    let mut pieces = text.split(begin);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(end) {
            Some((name, rest)) => {
                let known = types.get(name.trim_start_matches("r#")).and_then(Option::as_deref);
                out.push_str(known.unwrap_or("_"));
                out.push_str(rest);
            }
            None => {
                out.push_str(begin);
                out.push_str(piece);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_for_variables_are_read_and_written() {
        let types: Types = [("v".to_owned(), Some("std::vec::Vec<u8>".to_owned()))].into();
        let check = "vars_ok &= evcxr_variable_store.check_variable::<(/*type of v*/)>(stringify!(v));";
        let take = "let mut r#type = evcxr_variable_store.take_variable::<Option<Box<u8>>>(stringify!(r#type));";
        let put = "evcxr_variable_store.put_variable::<(/*type of v*/)>(stringify!(v), v);";
        let read = |line| VariableLine::read(line).unwrap();
        assert_eq!((read(check).does, read(check).name), (Does::Check, "v"));
        assert_eq!(
            read(check).with_stored_type(&types, &BTreeSet::new()),
            "vars_ok &= evcxr_variable_store.check_variable::<std::vec::Vec<u8>>(stringify!(v));"
        );
        let stated = "vars_ok &= evcxr_variable_store.check_variable::<Row>(stringify!(v));";
        assert_eq!(
            read(stated).with_stored_type(&types, &BTreeSet::new()),
            read(check).with_stored_type(&types, &BTreeSet::new())
        );
        assert_eq!((read(take).does, read(take).name), (Does::Take, "r#type"));
        assert_eq!(read(take).with_stored_type(&types, &BTreeSet::new()), take);
        let kept = read(check).with_stored_type(&types, &BTreeSet::from(["v".to_owned()]));
        assert!(kept.contains(".check_kept_variable::<std::vec::Vec<u8>>("), "{kept}");
        assert_eq!((read(put).does, read(put).name), (Does::Put, "v"));
        assert_eq!(read(put).with_inferred_type(), "evcxr_variable_store.put_variable::<_>(stringify!(v), v);");
        for other in ["let x = 1;", "v", "vars_ok = true;", "let evcxr_variable_store = unsafe {&mut *x};"] {
            assert_eq!(VariableLine::read(other), None);
        }
    }

    #[test]
    fn placeholders_mean_types() {
        let types: Types = [("v".to_owned(), Some("u8".to_owned())), ("c".to_owned(), None)].into();
        assert_eq!(
            with_types("a: (/*type of r#v*/), b: (/*type of c*/), (/*type of d", &types),
            "a: u8, b: _, (/*type of d"
        );
    }
}
