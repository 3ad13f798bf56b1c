//! `#[derive(Choice)]`.

use crate::attribute::{combined, only};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeSet;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result, Variant};

pub(crate) fn derive(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Enum(data) = &item.data else {
        return Err(Error::new_spanned(&item.ident, "a choice is an enum; for a struct derive `Signature`"));
    };
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "a choice has no type parameters and no lifetimes"));
    }
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&item.ident, "a choice has at least one variant"));
    }
    let mut names = Vec::new();
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for variant in &data.variants {
        match name(variant) {
            Ok(name) if !seen.insert(name.clone()) => {
                let message = format!("the name `{name}` stands twice in this choice");
                errors.push(Error::new(variant.ident.span(), message));
            }
            Ok(name) => names.push(name),
            Err(error) => errors.push(error),
        }
    }
    combined(errors)?;
    let ident = &item.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    Ok(quote! {
        impl ::rlm::typed::Field for #ident {
            fn schema() -> ::rlm::typed::Json {
                ::rlm::typed::choice(&[#(#names),*])
            }

            fn to_json(&self) -> ::rlm::typed::Json {
                ::rlm::typed::Json::from(match self { #(Self::#variants => #names),* })
            }

            fn from_json(value: &::rlm::typed::Json) -> ::std::option::Option<Self> {
                match value.as_str()? {
                    #(#names => ::std::option::Option::Some(Self::#variants),)*
                    _ => ::std::option::Option::None,
                }
            }
        }
    })
}

fn name(variant: &Variant) -> Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        let message = format!("`{}` has fields; a choice is one of some texts", variant.ident);
        return Err(Error::new(variant.ident.span(), message));
    }
    let mut chosen = None;
    if let Some(attribute) = only(&variant.attrs, "choice")? {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("expected `name`"));
            }
            chosen = Some(meta.value()?.parse::<LitStr>()?.value());
            Ok(())
        })?;
    }
    Ok(chosen.unwrap_or_else(|| snake_case(&variant.ident.to_string())))
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for (n, c) in name.trim_start_matches("r#").chars().enumerate() {
        if c.is_uppercase() && n > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
