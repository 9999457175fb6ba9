//! `#[derive(Decode)]` for the request structs of the cores; the crate `shape` documents it by an example.
//!
//! It writes two impls. `shape::Structure` has the list of members and a `match` from a member's name to the field that
//! it is read into; `shape::Decode` hands both to `shape::structure`. All that is done with a member is done there, so
//! what is written here stays small.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Data, DeriveInput, Error, Expr, Fields, Ident, LitStr, Result, Token, Type, parenthesized,
    parse_macro_input,
};

/// Members of one struct: one bit of a `u64` each.
const MEMBERS_MAX: usize = 64;

/// Implements `shape::Decode` and `shape::Structure`.
///
/// On the struct: `name = "NameInModel"`, `later("Member", ...)`, `ignored(Member: Type = "reason", ...)`.
/// On a field: `required`, `rename = "MemberName"`, `via = Type`, `by = function`, `flatten`.
#[proc_macro_derive(Decode, attributes(shape))]
pub fn derive_decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> Result<Tokens> {
    let members = members(input)?;
    if let Some(generic) = input.generics.params.first() {
        return Err(Error::new_spanned(generic, "a request has no generic parameters"));
    }
    let (ident, whole) = (&input.ident, Whole::of(input)?);
    let mut all =
        members.iter().enumerate().map(|(at, member)| member.expand(at)).collect::<Result<Vec<_>>>()?;
    all.extend(whole.later.iter().map(later));
    all.extend(whole.ignored.iter().map(ignored));
    if all.len() > MEMBERS_MAX {
        return Err(Error::new_spanned(ident, format!("a struct has at most {MEMBERS_MAX} members")));
    }
    whole.check_names(&members)?;
    let name = whole.name.unwrap_or_else(|| LitStr::new(&ident.to_string(), ident.span()));
    let fields = all.iter().map(|part| &part.field);
    let arms = all.iter().filter_map(|part| part.arm.as_ref());
    let flattened = all.iter().filter_map(|part| part.flattened.as_ref());
    Ok(quote! {
        impl ::shape::Structure for #ident {
            const FIELDS: &'static [::shape::Field] = &[#(#fields),*];

            fn member(
                &mut self,
                name: &str,
                came: &mut u64,
                json: &mut ::shape::Reader<'_>,
                report: &mut ::shape::Report,
            ) -> ::core::result::Result<bool, ::shape::Unreadable> {
                let _ = (&came, &json, &report);
                Ok(match name {
                    #(#arms)*
                    _ => false #(|| #flattened)*,
                })
            }
        }

        impl ::shape::Decode for #ident {
            const SHAPE: ::shape::Shape =
                ::shape::Shape::Structure { name: #name, fields: <Self as ::shape::Structure>::FIELDS };

            fn decode(
                json: &mut ::shape::Reader<'_>,
                report: &mut ::shape::Report,
            ) -> ::core::result::Result<Self, ::shape::Unreadable> {
                ::shape::structure(json, report)
            }
        }
    })
}

/// What one member adds to the impls.
struct Part {
    field: Tokens,
    arm: Option<Tokens>,
    flattened: Option<Tokens>,
}

fn members(input: &DeriveInput) -> Result<Vec<Member>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => fields.named.iter().map(Member::of).collect(),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(fields) => Err(Error::new_spanned(fields, "a request's members have names")),
        },
        Data::Enum(_) | Data::Union(_) => Err(Error::new_spanned(
            &input.ident,
            "Decode is for structs; a closed set is made by shape::choices!",
        )),
    }
}

/// A field and its attributes.
struct Member {
    ident: Ident,
    ty: Type,
    name: LitStr,
    required: bool,
    flatten: bool,
    via: Option<Type>,
    by: Option<Expr>,
}

impl Member {
    fn of(field: &syn::Field) -> Result<Self> {
        let ident =
            field.ident.clone().ok_or_else(|| Error::new_spanned(field, "a request's members have names"))?;
        let name = LitStr::new(&pascal(&ident.to_string()), ident.span());
        let (required, flatten, via, by) = (false, false, None, None);
        let mut member = Self { ident, ty: field.ty.clone(), name, required, flatten, via, by };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("shape")) {
            attribute.parse_nested_meta(|meta| {
                match meta.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("required") => member.required = true,
                    Some("flatten") => member.flatten = true,
                    Some("rename") => member.name = meta.value()?.parse()?,
                    Some("via") => member.via = Some(meta.value()?.parse()?),
                    Some("by") => member.by = Some(meta.value()?.parse()?),
                    _ => return Err(meta.error("expected `required`, `rename`, `via`, `by` or `flatten`")),
                }
                Ok(())
            })?;
        }
        if member.by.is_some() && member.via.is_none() {
            return Err(Error::new(member.ident.span(), "`by` needs `via`: the type that is read"));
        }
        if member.flatten && (member.required || member.via.is_some()) {
            return Err(Error::new(member.ident.span(), "a flattened struct has no attribute but `flatten`"));
        }
        Ok(member)
    }

    fn expand(&self, at: usize) -> Result<Part> {
        let (ident, ty, name) = (&self.ident, &self.ty, &self.name);
        if self.flatten {
            let shape = quote_spanned!(ty.span()=> <#ty as ::shape::Decode>::SHAPE);
            // The flattened struct's own bits are nobody's business here: it has no required members.
            let member = quote_spanned! {ty.span()=>
                ::shape::Structure::member(&mut self.#ident, name, &mut 0, json, report)?
            };
            let field = field("", Some(&shape), &quote!(Flattened));
            return Ok(Part { field, arm: None, flattened: Some(member) });
        }
        let read = self.via.as_ref().unwrap_or(ty);
        let shape = quote_spanned!(read.span()=> <#read as ::shape::Decode>::SHAPE);
        let standing = if self.required { quote!(Required) } else { quote!(Optional) };
        let path = camel(&name.value());
        let reading = match &self.via {
            None => quote_spanned!(ty.span()=> let is_there = json.member(#path, &mut self.#ident, report)?;),
            Some(via) => {
                let by = match &self.by {
                    Some(by) => quote_spanned!(by.span()=> #by),
                    None => quote_spanned!(ty.span()=> ::core::convert::From::from),
                };
                quote_spanned! {via.span()=>
                    let mut read = ::core::option::Option::<#via>::None;
                    let is_there = json.member(#path, &mut read, report)?;
                    // The struct's default, because the member's type need not have one of its own.
                    let absent = || <Self as ::core::default::Default>::default().#ident;
                    self.#ident = read.map_or_else(absent, #by);
                }
            }
        };
        let bit = u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at));
        let bit = bit.ok_or_else(|| Error::new(ident.span(), format!("more than {MEMBERS_MAX} members")))?;
        let arm = quote! {
            #name => {
                #reading
                if is_there { *came |= #bit } else { *came &= !#bit }
                true
            }
        };
        Ok(Part { field: field(&name.value(), Some(&shape), &standing), arm: Some(arm), flattened: None })
    }
}

/// What stands on the struct itself.
#[derive(Default)]
struct Whole {
    name: Option<LitStr>,
    later: Vec<LitStr>,
    ignored: Vec<Ignored>,
}

impl Whole {
    fn of(input: &DeriveInput) -> Result<Self> {
        let mut whole = Self::default();
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("shape")) {
            attribute.parse_nested_meta(|meta| {
                match meta.path.get_ident().map(ToString::to_string).as_deref() {
                    Some("name") => whole.name = Some(meta.value()?.parse()?),
                    Some("later") => whole.later.extend(listed::<LitStr>(meta.input)?),
                    Some("ignored") => whole.ignored.extend(listed::<Ignored>(meta.input)?),
                    _ => return Err(meta.error("expected `name`, `later(...)` or `ignored(...)`")),
                }
                Ok(())
            })?;
        }
        Ok(whole)
    }

    /// A member that is named twice would be read by the first of its arms, and the second would be dead.
    fn check_names(&self, members: &[Member]) -> Result<()> {
        let fields = members.iter().filter(|member| !member.flatten).map(|member| member.name.clone());
        let ignored =
            self.ignored.iter().map(|ignored| LitStr::new(&ignored.name.to_string(), ignored.name.span()));
        let mut seen = Vec::new();
        for name in fields.chain(self.later.iter().cloned()).chain(ignored) {
            if seen.contains(&name.value()) {
                return Err(Error::new(name.span(), format!("the member `{}` is named twice", name.value())));
            }
            seen.push(name.value());
        }
        Ok(())
    }
}

fn listed<T: Parse>(input: ParseStream<'_>) -> Result<Punctuated<T, Token![,]>> {
    let content;
    parenthesized!(content in input);
    content.parse_terminated(T::parse, Token![,])
}

/// `Member: Type = "reason"`.
struct Ignored {
    name: Ident,
    ty: Type,
    reason: LitStr,
}

impl Parse for Ignored {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { name, ty, reason: input.parse()? })
    }
}

fn later(name: &LitStr) -> Part {
    let arm = quote!(#name => { json.later(#name, report)?; true });
    Part { field: field(&name.value(), None, &quote!(Later)), arm: Some(arm), flattened: None }
}

fn ignored(member: &Ignored) -> Part {
    let (name, ty, reason) = (member.name.to_string(), &member.ty, &member.reason);
    let path = camel(&name);
    let shape = quote_spanned!(ty.span()=> <#ty as ::shape::Decode>::SHAPE);
    let arm = quote_spanned! {ty.span()=>
        #name => { json.member(#path, &mut ::core::option::Option::<#ty>::None, report)?; true }
    };
    Part { field: field(&name, Some(&shape), &quote!(Ignored(#reason))), arm: Some(arm), flattened: None }
}

fn field(name: &str, shape: Option<&Tokens>, standing: &Tokens) -> Tokens {
    let path = camel(name);
    let shape = shape.map_or_else(|| quote!(None), |shape| quote!(Some(#shape)));
    quote! {
        ::shape::Field { name: #name, path: #path, shape: ::core::option::Option::#shape, standing: ::shape::Standing::#standing }
    }
}

/// `table_name` as `TableName`.
fn pascal(field: &str) -> String {
    field.split('_').map(|word| first(word, char::to_ascii_uppercase)).collect()
}

/// `TableName` as `tableName`: AWS's texts change the first letter and no other.
fn camel(name: &str) -> String {
    first(name, char::to_ascii_lowercase)
}

fn first(text: &str, change: fn(&char) -> char) -> String {
    let mut characters = text.chars();
    characters.next().map(|character| change(&character)).into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn names_are_those_of_the_model() {
        assert_eq!(["table_name", "key", "marker2"].map(pascal), ["TableName", "Key", "Marker2"]);
        assert_eq!(["TableName", "SSESpecification", ""].map(camel), ["tableName", "sSESpecification", ""]);
    }

    #[test]
    fn what_cannot_be_derived_says_why() {
        let cases: [(DeriveInput, &str); 10] = [
            (
                parse_quote!(
                    enum E {
                        A,
                    }
                ),
                "shape::choices!",
            ),
            (
                parse_quote!(
                    struct S(String);
                ),
                "members have names",
            ),
            (
                parse_quote!(
                    struct S<T> {
                        a: T,
                    }
                ),
                "no generic parameters",
            ),
            (
                parse_quote!(
                    struct S {
                        #[shape(require)]
                        a: String,
                    }
                ),
                "expected `required`",
            ),
            (
                parse_quote!(
                    #[shape(rename = "A")]
                    struct S {
                        a: String,
                    }
                ),
                "expected `name`",
            ),
            (
                parse_quote!(
                    struct S {
                        #[shape(by = f)]
                        a: String,
                    }
                ),
                "`by` needs `via`",
            ),
            (
                parse_quote!(
                    struct S {
                        #[shape(flatten, required)]
                        a: P,
                    }
                ),
                "no attribute but `flatten`",
            ),
            (
                parse_quote!(
                    #[shape(later("A"))]
                    struct S {
                        a: String,
                    }
                ),
                "`A` is named twice",
            ),
            (
                parse_quote!(
                    #[shape(ignored(A: bool))]
                    struct S {
                        b: String,
                    }
                ),
                "expected `=`",
            ),
            (
                parse_quote!(
                    struct S {
                        a: String,
                        #[shape(rename = "A")]
                        b: String,
                    }
                ),
                "`A` is named twice",
            ),
        ];
        for (input, expected) in cases {
            let error = expand(&input).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_struct_has_no_more_members_than_bits() {
        let fields = (0..MEMBERS_MAX).map(|at| Ident::new(&format!("f{at}"), proc_macro2::Span::call_site()));
        let fields: Vec<_> = fields.collect();
        assert!(expand(&parse_quote!(struct S { #(#fields: String),* })).is_ok());
        assert!(expand(&parse_quote!(struct S { #(#fields: String,)* more: String })).is_err());
    }
}
