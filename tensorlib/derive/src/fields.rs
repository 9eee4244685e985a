//! The fields of a type, shown to a visitor one after the other.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DataEnum, Field, Fields, Member, Type};

use crate::options::is_skipped;
use crate::plain;

/// The statements that show fields, and the types of these.
#[derive(Default)]
pub struct Shown {
    pub body: TokenStream,
    pub types: Vec<Type>,
}

impl Shown {
    /// Adds a field that is reached by `place`, unless it holds nothing to show.
    fn show(&mut self, field: &Field, name: &str, place: &TokenStream) -> syn::Result<()> {
        if is_skipped(&field.attrs)? || plain::is_plain(&field.ty) {
            return Ok(());
        }
        let ty = &field.ty;
        if plain::is_tensor(ty) {
            return Err(syn::Error::new(
                ty.span(),
                format!(
                    "is `{name}` learned? then write nn::Parameter; if it is kept with the model but not learned, nn::Buffer; if neither, put #[module(skip)] above it"
                ),
            ));
        }
        // At the place of the type, so that the compiler's complaints point there.
        self.body
            .extend(quote_spanned! { ty.span() => <#ty as ::tensorlib::nn::Field>::show(#place, #name, visitor); });
        self.types.push(ty.clone());
        Ok(())
    }
}

pub fn of_struct(fields: &Fields) -> syn::Result<Shown> {
    let mut shown = Shown::default();
    for (member, field) in fields.members().zip(fields) {
        shown.show(field, &name_of(&member), &quote! { &self.#member })?;
    }
    Ok(shown)
}

pub fn of_enum(data: &DataEnum) -> syn::Result<Shown> {
    let mut shown = Shown::default();
    let mut arms = TokenStream::new();
    for variant in &data.variants {
        let name = &variant.ident;
        let bound: Vec<Ident> = (0..variant.fields.len()).map(|number| format_ident!("field_{number}")).collect();
        let mut of_variant = Shown::default();
        for ((member, field), bound) in variant.fields.members().zip(&variant.fields).zip(&bound) {
            of_variant.show(field, &name_of(&member), &bound.to_token_stream())?;
        }
        let members = variant.fields.members();
        let body = &of_variant.body;
        arms.extend(quote! {
            #[allow(unused_variables)]
            Self::#name { #(#members: #bound),* } => { #body }
        });
        shown.types.extend(of_variant.types);
    }
    shown.body = if data.variants.is_empty() {
        quote! { match *self {} }
    } else {
        quote! { match self { #arms } }
    };
    Ok(shown)
}

fn name_of(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
