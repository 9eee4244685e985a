//! The trait by which a program shows a value that does not show itself.

use crate::toolchain::notes::Show;

/// A line that brings the trait into the program: the usual one, or one for a format that the person has set.
pub fn import(show: &Show) -> String {
    let mark = "use ::soma_cell::show::Mark as _;";
    if *show == Show::default() {
        return format!("{mark} use ::soma_cell::show::DebugFallback as _;");
    }
    let format = show.format.as_deref().unwrap_or("{:?}");
    let types = show.types;
    let bound = bound(format);
    format!(
        "{mark} trait SomaShow {{ fn evcxr_display(&self); }} impl<T: ::std::fmt::{bound} + ?Sized> SomaShow for T {{ \
         fn evcxr_display(&self) {{ ::soma_cell::show::formatted::<T>(&::std::format!({format:?}, self), {types}); }} }}"
    )
}

/// The trait that a format asks of a value. Library, `std::fmt`, "Formatting traits".
fn bound(format: &str) -> &'static str {
    let end = format.find('}').unwrap_or(format.len());
    let inside = format[..end].rsplit('{').next().unwrap_or_default();
    if inside.ends_with('?') {
        return "Debug";
    }
    match inside.rsplit(':').next().and_then(|spec| spec.chars().last()).filter(|_| inside.contains(':')) {
        Some('x') => "LowerHex",
        Some('X') => "UpperHex",
        Some('b') => "Binary",
        Some('o') => "Octal",
        Some('e') => "LowerExp",
        Some('E') => "UpperExp",
        _ => "Display",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_asks_for_its_trait() {
        for (format, trait_) in
            [("{:?}", "Debug"), ("{:#.3?}", "Debug"), ("<{}>", "Display"), ("{:.2}", "Display"), ("{:08x}", "LowerHex")]
        {
            assert_eq!(bound(format), trait_);
        }
        assert!(import(&Show::default()).contains("DebugFallback"));
        let line = import(&Show { format: Some("{:#?}".to_owned()), types: true });
        assert!(line.contains("format!(\"{:#?}\", self), true") && !line.contains("DebugFallback"), "{line}");
    }
}
