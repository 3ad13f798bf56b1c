//! `#[derive(Signature)]`.

use crate::attribute::{Mark, combined, here, only};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Result, Type};

struct Member {
    ident: Ident,
    name: String,
    kind: Type,
    output: bool,
    mark: Mark,
}

pub(crate) fn derive(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &item.data else {
        return Err(Error::new_spanned(
            &item.ident,
            "a signature is a struct; for a list of texts derive `Choice`",
        ));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(&item.ident, "the fields of a signature have names"));
    };
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "a signature has no type parameters and no lifetimes",
        ));
    }
    let (instructions, drop) = head(&item)?;
    let mut members = Vec::new();
    let mut errors = Vec::new();
    for field in &fields.named {
        match member(field) {
            Ok(member) => members.push(member),
            Err(error) => errors.push(error),
        }
    }
    let mut names = BTreeSet::new();
    for member in &members {
        if !names.insert(member.name.as_str()) {
            let message = format!("the name `{}` stands twice in this signature", member.name);
            errors.push(Error::new(member.ident.span(), message));
        }
    }
    if errors.is_empty() {
        for (output, missing) in [
            (false, "no `#[input]`: a call takes something"),
            (true, "no `#[output]`: a call gives something"),
        ] {
            if !members.iter().any(|member| member.output == output) {
                errors.push(Error::new_spanned(&item.ident, missing));
            }
        }
    }
    combined(errors)?;
    Ok(written(&item.ident, &instructions, drop, &members))
}

fn head(item: &DeriveInput) -> Result<(LitStr, bool)> {
    let missing = "expected `#[signature(instructions = \"...\")]` on the struct";
    let attribute = only(&item.attrs, "signature")?.ok_or_else(|| here(missing))?;
    let mut instructions = None;
    let mut drop = false;
    attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("instructions") {
            instructions = Some(meta.value()?.parse::<LitStr>()?);
        } else if meta.path.is_ident("extra") {
            let choice: LitStr = meta.value()?.parse()?;
            drop = match choice.value().as_str() {
                "drop" => true,
                "refuse" => false,
                _ => return Err(Error::new(choice.span(), "expected \"refuse\" or \"drop\"")),
            };
        } else {
            return Err(meta.error("expected `instructions` or `extra`"));
        }
        Ok(())
    })?;
    Ok((instructions.ok_or_else(|| Error::new_spanned(attribute, missing))?, drop))
}

fn member(field: &Field) -> Result<Member> {
    let Some(ident) = field.ident.clone() else {
        return Err(Error::new_spanned(field, "a field has a name"));
    };
    let (input, output) = (only(&field.attrs, "input")?, only(&field.attrs, "output")?);
    let (attribute, output) = match (input, output) {
        (Some(attribute), None) => (attribute, false),
        (None, Some(attribute)) => (attribute, true),
        (None, None) => {
            let message = format!("mark `{ident}` with `#[input]` or `#[output]`");
            return Err(Error::new(ident.span(), message));
        }
        (Some(_), Some(_)) => {
            let message = format!("`{ident}` is marked as input and as output");
            return Err(Error::new(ident.span(), message));
        }
    };
    let mark = Mark::read(attribute)?;
    let own = ident.to_string();
    let name = mark.name.as_ref().map_or_else(|| own.trim_start_matches("r#").to_string(), LitStr::value);
    Ok(Member { ident, name, kind: field.ty.clone(), output, mark })
}

fn written(ident: &Ident, instructions: &LitStr, drop: bool, members: &[Member]) -> TokenStream {
    let extra = if drop { quote!(Drop) } else { quote!(Refuse) };
    let outline = members.iter().map(|member| {
        let Member { name, kind, mark, .. } = member;
        let rules = &mark.rules;
        let side = if member.output { quote!(output) } else { quote!(input) };
        quote_spanned!(kind.span()=> .#side::<#kind>(#name, &[#(#rules),*]))
    });
    let reads = members.iter().map(|member| {
        let Member { ident, name, kind, .. } = member;
        let side = Ident::new(if member.output { "outputs" } else { "inputs" }, Span::call_site());
        quote!(#ident: ::rlm::typed::read::<#kind>(#side, #name)?)
    });
    // A rule that a type cannot have is an error at the type.
    let needs = members.iter().flat_map(|member| {
        let kind = &member.kind;
        member.mark.needs.iter().map(move |need| {
            quote_spanned! {kind.span()=>
                const _: fn() = || {
                    fn needs<T: ::rlm::typed::#need>() {}
                    needs::<#kind>();
                };
            }
        })
    });
    quote! {
        #(#needs)*

        impl ::rlm::typed::Typed for #ident {
            fn signature() -> ::std::result::Result<::rlm::Signature, ::std::vec::Vec<::rlm::Refusal>> {
                ::rlm::typed::Outline::default()
                    #(#outline)*
                    .signature(#instructions, ::rlm::Extra::#extra)
            }

            fn from_fields(
                inputs: &::rlm::typed::Object,
                outputs: &::rlm::typed::Object,
            ) -> ::std::option::Option<Self> {
                ::std::option::Option::Some(Self { #(#reads),* })
            }
        }
    }
}
