//! Reading `key = value` lists, with every mistake at its place.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Lit, LitStr, Result};

/// A mark of a field, `#[input(...)]` or `#[output(...)]`.
#[derive(Default)]
pub(crate) struct Mark {
    pub name: Option<LitStr>,
    /// Expressions of `rlm::typed::Rule`.
    pub rules: Vec<TokenStream>,
    /// Traits of `rlm::typed` that the field's type must have for its rules.
    pub needs: Vec<TokenStream>,
}

const KEYS: &str = "name, desc, min, max, min_length, max_length, pattern, min_items, max_items";

impl Mark {
    pub(crate) fn read(attribute: &Attribute) -> Result<Self> {
        let mut mark = Self::default();
        if matches!(attribute.meta, syn::Meta::Path(_)) {
            return Ok(mark);
        }
        let mut seen: Vec<String> = Vec::new();
        attribute.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            if seen.contains(&key) {
                return Err(meta.error(format!("`{key}` stands twice")));
            }
            mark.take(&key, &meta)?;
            seen.push(key);
            Ok(())
        })?;
        Ok(mark)
    }

    fn take(&mut self, key: &str, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let rule = match key {
            "name" => {
                self.name = Some(meta.value()?.parse()?);
                return Ok(());
            }
            "desc" => {
                let text: LitStr = meta.value()?.parse()?;
                quote!(Description(#text))
            }
            "pattern" => {
                let text: LitStr = meta.value()?.parse()?;
                self.needs.push(quote!(Textual));
                quote!(Pattern(#text))
            }
            "min" => {
                self.needs.push(quote!(Numeric));
                bound(meta, &quote!(MinInteger), &quote!(MinFloat))?
            }
            "max" => {
                self.needs.push(quote!(Numeric));
                bound(meta, &quote!(MaxInteger), &quote!(MaxFloat))?
            }
            "min_length" => self.count(meta, &quote!(Textual), &quote!(MinLength))?,
            "max_length" => self.count(meta, &quote!(Textual), &quote!(MaxLength))?,
            "min_items" => self.count(meta, &quote!(Listing), &quote!(MinItems))?,
            "max_items" => self.count(meta, &quote!(Listing), &quote!(MaxItems))?,
            other => return Err(meta.error(format!("no key `{other}`; there are: {KEYS}"))),
        };
        self.rules.push(quote!(::rlm::typed::Rule::#rule));
        Ok(())
    }

    fn count(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        needs: &TokenStream,
        rule: &TokenStream,
    ) -> Result<TokenStream> {
        let count: syn::LitInt = meta.value()?.parse()?;
        let count: u64 = count.base10_parse()?;
        self.needs.push(needs.clone());
        Ok(quote!(#rule(#count)))
    }
}

fn bound(meta: &ParseNestedMeta<'_>, integer: &TokenStream, float: &TokenStream) -> Result<TokenStream> {
    let value = meta.value()?;
    let minus = value.peek(syn::Token![-]);
    if minus {
        value.parse::<syn::Token![-]>()?;
    }
    let sign = if minus { "-" } else { "" };
    match value.parse::<Lit>()? {
        Lit::Int(digits) => {
            let number: i64 = format!("{sign}{}", digits.base10_digits()).parse().map_err(|error| {
                Error::new(digits.span(), format!("expected an integer of 64 bits: {error}"))
            })?;
            Ok(quote!(#integer(#number)))
        }
        Lit::Float(digits) => {
            let number: f64 = format!("{sign}{}", digits.base10_digits())
                .parse()
                .map_err(|error| Error::new(digits.span(), format!("expected a number: {error}")))?;
            Ok(quote!(#float(#number)))
        }
        other => Err(Error::new(other.span(), "expected a number")),
    }
}

/// The one attribute of a name, if there is one.
pub(crate) fn only<'a>(attributes: &'a [Attribute], name: &str) -> Result<Option<&'a Attribute>> {
    let mut found = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let first = found.next();
    match found.next() {
        Some(second) => Err(Error::new_spanned(second, format!("`#[{name}]` stands twice"))),
        None => Ok(first),
    }
}

/// All errors of a list as one.
pub(crate) fn combined(errors: Vec<Error>) -> Result<()> {
    let all = errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    });
    all.map_or(Ok(()), Err)
}

/// An error without a better place than the macro's own.
pub(crate) fn here(message: &str) -> Error {
    Error::new(Span::call_site(), message)
}
