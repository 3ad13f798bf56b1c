//! `#[derive(Signature)]` and `#[derive(Choice)]`: what a model call takes and gives, as Rust types.
//!
//! A struct whose fields are marked `#[input]` or `#[output]` becomes an `rlm::typed::Typed`, an enum without fields an
//! `rlm::typed::Field`. What cannot be a signature is a compile error at its place.
//!
//! The crate refuses to know any other of ours: what it writes names `rlm`, which whoever derives depends on. Start
//! reading at `signature`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attribute;
mod choice;
mod signature;

/// Makes a struct the signature of a model call.
///
/// `#[signature(instructions = "...")]` is required on the struct; `extra = "drop"` there drops members that the
/// outputs do not name. Each field is marked `#[input]` or `#[output]`, with any of `name`, `desc`, `min`, `max`,
/// `min_length`, `max_length`, `pattern`, `min_items`, `max_items`.
#[proc_macro_derive(Signature, attributes(signature, input, output))]
pub fn signature(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    signature::derive(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an enum without fields a listed text: each variant by its name in snake case, or by `#[choice(name = "...")]`.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    choice::derive(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
