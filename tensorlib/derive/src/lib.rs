//! `#[derive(Module)]`: a struct or enum whose fields are layers becomes a layer of a network itself.
//!
//! What it writes is described, for those who use it, at `tensorlib::nn::Module`.

mod fields;
mod options;
mod plain;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, parse_macro_input, parse_quote};

use self::fields::Shown;
use self::options::Options;

/// Derives `tensorlib::nn::Module` from the fields. See there.
#[proc_macro_derive(Module, attributes(module))]
pub fn module(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derived(input).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn derived(mut input: DeriveInput) -> syn::Result<TokenStream> {
    let options = Options::of_type(&input.attrs)?;
    let shown = match &input.data {
        Data::Struct(data) => fields::of_struct(&data.fields)?,
        Data::Enum(data) => fields::of_enum(data)?,
        Data::Union(data) => {
            return Err(syn::Error::new(
                data.union_token.span,
                "a union cannot be a module; write a struct or an enum",
            ));
        }
    };
    // A field whose type names one of the parameters, as in `struct Block<A> { activation: A }`, must be a field that
    // modules have; of other types the compiler sees by itself whether they are.
    let parameters: Vec<_> = input.generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for ty in shown.types.iter().filter(|ty| plain::names_one_of(ty, &parameters)) {
        input.generics.make_where_clause().predicates.push(parse_quote! { #ty: ::tensorlib::nn::Field });
    }
    let Shown { body, .. } = shown;
    let (name, word) = (&input.ident, options.name(&input.ident));
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let extra_repr = options.extra_repr.as_ref().map(|path| {
        quote! { fn extra_repr(&self) -> ::std::string::String { #path(self) } }
    });
    let display = (!options.no_display).then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::std::fmt::Display for #name #type_generics #where_clause {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    f.write_str(&::tensorlib::nn::to_text(self))
                }
            }

            #[automatically_derived]
            impl #impl_generics #name #type_generics #where_clause {
                /// Shows the module in a notebook.
                #[allow(dead_code)]
                pub fn evcxr_display(&self) {
                    ::tensorlib::nn::display(self);
                }
            }
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::tensorlib::nn::Module for #name #type_generics #where_clause {
            fn name(&self) -> &str {
                #word
            }

            fn visit(&self, visitor: &mut dyn ::tensorlib::nn::Visitor) {
                let _ = &visitor;
                #body
            }

            #extra_repr
        }

        #display
    })
}
