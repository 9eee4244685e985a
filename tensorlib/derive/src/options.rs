//! What stands in `#[module(…)]`.

use syn::{Attribute, Ident, LitStr, Path};

/// The options of a type.
#[derive(Default)]
pub struct Options {
    name: Option<String>,
    /// A function that says what stands between the parentheses when the module is printed.
    pub extra_repr: Option<Path>,
    /// Whether the type has a `Display` of its own.
    pub no_display: bool,
}

impl Options {
    pub fn of_type(attributes: &[Attribute]) -> syn::Result<Options> {
        let mut options = Options::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("module")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    options.name = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("extra_repr") {
                    options.extra_repr = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("no_display") {
                    options.no_display = true;
                } else {
                    return Err(meta.error(
                        "a module has the options `name = \"…\"`, `extra_repr = function` and `no_display`; `skip` stands at a field",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }

    pub fn name(&self, ident: &Ident) -> String {
        self.name.clone().unwrap_or_else(|| ident.to_string())
    }
}

/// Whether a field holds nothing that a network learns or keeps: `#[module(skip)]`.
pub fn is_skipped(attributes: &[Attribute]) -> syn::Result<bool> {
    let mut is_skipped = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("module")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("skip") {
                return Err(meta.error("a field of a module has the option `skip`, no other"));
            }
            is_skipped = true;
            Ok(())
        })?;
    }
    Ok(is_skipped)
}
