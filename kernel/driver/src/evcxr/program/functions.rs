//! Types of functions, which have no name: a variable that holds `i32::abs`, or a pair of functions, has such a type.
//!
//! Generic code can use such a type without naming it: as the type parameter of a function that receives the function.
//! So a line that takes a variable of type `(soma_fn!(<i32>::abs), u8)` out of the store becomes a call of a generic
//! function that is generated for it.

/// The placeholder for a function's type within a type.
const FUNCTION: (&str, &str) = ("soma_fn!(", ")!");

/// The placeholder for the type of the function at this path.
pub fn function_type(path: &str) -> String {
    let (begin, end) = FUNCTION;
    format!("{begin}{path}{end}")
}

/// Whether a type contains types of functions.
pub fn names_functions(ty: &str) -> bool {
    ty.contains(FUNCTION.0)
}

/// A type with the functions' names, for messages.
pub fn with_function_names(ty: &str) -> String {
    let mut parameters = Parameters::default();
    let text = parameters.replace(ty);
    let names = parameters.paths.iter().enumerate().rev();
    names.fold(text, |text, (number, path)| text.replace(&parameter(number), &format!("fn {path}")))
}

/// A call of a method of the store with a type as its only generic argument, `call::<ty>`; `None` if the type contains
/// no function.
pub fn call(ty: &str, returns: &str, method: &str, variable: &str) -> Option<String> {
    let mut parameters = Parameters::default();
    let ty = parameters.replace(ty);
    if parameters.paths.is_empty() {
        return None;
    }
    let names: Vec<String> = (0..parameters.paths.len()).map(parameter).collect();
    let bounds = names.iter().map(|name| format!("{name}: 'static")).collect::<Vec<_>>().join(", ");
    let declared = names.iter().map(|name| format!("_: &{name}")).collect::<Vec<_>>().join(", ");
    let given = parameters.paths.iter().map(|path| format!("&{path}")).collect::<Vec<_>>().join(", ");
    let returns = returns.replace("()", &ty);
    Some(format!(
        "{{ fn soma_of<{bounds}>(store: &mut evcxr_internal_runtime::VariableStore, {declared}) -> {returns} {{ \
         store.{method}::<{ty}>(stringify!({variable})) }} soma_of(evcxr_variable_store, {given}) }}"
    ))
}

fn parameter(number: usize) -> String {
    format!("SomaFn{number}")
}

/// The functions of a type.
#[derive(Default)]
struct Parameters {
    paths: Vec<String>,
}

impl Parameters {
    /// The type with a parameter in place of each function.
    fn replace(&mut self, ty: &str) -> String {
        let (begin, end) = FUNCTION;
        let mut text = String::new();
        let mut rest = ty;
        while let Some((before, after)) = rest.split_once(begin)
            && let Some((path, after)) = after.split_once(end)
        {
            text.push_str(before);
            text.push_str(&parameter(self.paths.len()));
            self.paths.push(path.to_owned());
            rest = after;
        }
        text + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_with_functions_is_meant_through_parameters() {
        let ty = format!("({}, u8)", function_type("<i32>::abs"));
        assert_eq!(with_function_names(&ty), "(fn <i32>::abs, u8)");
        let call = call(&ty, "()", "take_variable", "f").unwrap();
        assert!(call.contains("fn soma_of<SomaFn0: 'static>("), "{call}");
        assert!(call.contains("-> (SomaFn0, u8) { store.take_variable::<(SomaFn0, u8)>(stringify!(f)) }"), "{call}");
        assert!(call.ends_with("soma_of(evcxr_variable_store, &<i32>::abs) }"), "{call}");
        assert_eq!(super::call("u8", "()", "take_variable", "f"), None);
    }
}
