//! How a program shows its value: with the value's own method, or with a trait for values without one.

use std::sync::LazyLock;

use regex::Regex;

use super::cell_items::{CellItems, Format};

/// How the method that shows a value receives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Show {
    /// As a reference, so that the value's own method comes before the trait's.
    Borrowed,
    /// Itself, for a method that takes or changes the value. For these the trait's method would come first.
    Owned,
}

/// The way that is tried first. A type whose `evcxr_display` needs more than a reference is rare, and recognised in its
/// source: only a cell that can reach one may be compiled twice.
pub fn first(items: &CellItems) -> Show {
    static NEEDS_MORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"fn\s+evcxr_display\s*(<[^(]*>)?\s*\(\s*(mut\s+self|self\s*[,:)]|&\s*('\w+\s+)?mut\s+self)")
            .expect("the pattern is a literal")
    });
    let own = items.own.iter().map(|item| item.text.as_str());
    let mut texts = own.chain(items.earlier.iter().map(|item| item.text.as_str()));
    let needs_more = |text: &str| text.contains("evcxr_display") && NEEDS_MORE.is_match(text);
    if items.shown.is_some() && texts.any(needs_more) { Show::Owned } else { Show::Borrowed }
}

/// A line that imports the trait: the usual one, or one for a format that the user has set.
pub fn import(show: &Format) -> String {
    let mark = "use ::soma_cell::show::{Mark as _, Pointer as _};";
    if *show == Format::default() {
        return format!("{mark} use ::soma_cell::show::DebugFallback as _;");
    }
    let format = show.format.as_deref().unwrap_or("{:?}");
    let types = show.types;
    let bound = bound(format);
    format!(
        "{mark} trait SomaShow {{ fn evcxr_display(&self); }} impl<T: ::std::fmt::{bound} + ?Sized> SomaShow for &T {{ \
         fn evcxr_display(&self) {{ ::soma_cell::show::formatted::<T>(::std::format_args!({format:?}, self), {format:?}, {types}); }} \
         }}"
    )
}

/// The trait that a format requires of a value. Library, `std::fmt`, "Formatting traits".
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
        assert!(import(&Format::default()).contains("DebugFallback"));
        let line = import(&Format { format: Some("{:#?}".to_owned()), types: true });
        assert!(
            line.contains("format_args!(\"{:#?}\", self), \"{:#?}\", true") && !line.contains("DebugFallback"),
            "{line}"
        );
    }
}
