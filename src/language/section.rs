//! The one place from which the parser, the JSON Schema and the reference of a section are made.

use serde_json::Value as Json;
use toml::de::DeTable;

use super::reader::Reader;
use super::{Header, KeyType};

/// What happens when a key is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It must be written.
    Required,
    /// It takes this value, in TOML.
    Default(&'static str),
    /// What absence means, in words.
    Absent(&'static str),
}

/// How a section hangs below a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nesting {
    /// One section, `[network]`.
    One,
    /// Sections by name, `[bucket.NAME]`.
    Named,
    /// A list of tables.
    List,
}

/// What there is to say about a section.
pub(super) struct SectionInfo {
    pub(super) doc: &'static str,
    pub(super) practices: &'static [u8],
    pub(super) keys: Vec<KeyInfo>,
}

/// What there is to say about a key.
pub(super) struct KeyInfo {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) presence: Presence,
    /// The type, in words.
    pub(super) described: String,
    /// The type, as JSON Schema.
    pub(super) schema: Json,
    /// The section below it, if it has one.
    pub(super) nested: Option<(Nesting, SectionInfo)>,
}

impl KeyInfo {
    pub(super) fn new<T: KeyType>(name: &'static str, doc: &'static str, presence: Presence) -> Self {
        Self {
            name: plain_name(name),
            doc,
            presence,
            described: T::describe(),
            schema: T::schema(),
            nested: T::nested(),
        }
    }
}

/// A table with known keys.
pub(super) trait Section: Sized {
    /// Its keys and what they mean.
    fn info() -> SectionInfo;
    /// Reads it; nothing if a required key is missing or wrong, which has then been reported.
    fn read_table(table: &DeTable<'_>, header: Header, reader: &mut Reader) -> Option<Self>;
}

/// A field's name as a key: `r#type` is `type`.
pub(super) fn plain_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Declares a section: its struct, its parser, its schema and its reference.
///
/// Each key is `name: Type, required;`, `name: Type, default "TOML";` or `name: Type, absent "meaning";`.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        #[practices($($practice:literal),*)]
        $name:ident {
            $( $(#[doc = $key_doc:literal])+ $key:ident: $type:ty, $mode:ident $($text:literal)?; )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            /// Where it stands in the file.
            pub header: $crate::language::Header,
            $( $(#[doc = $key_doc])+ pub $key: section!(@field $mode $type), )*
        }

        impl $crate::language::section::Section for $name {
            fn info() -> $crate::language::section::SectionInfo {
                use $crate::language::section::{KeyInfo, Presence, SectionInfo};
                SectionInfo {
                    doc: concat!($($doc, "\n"),+),
                    practices: &[$($practice),*],
                    keys: vec![$(
                        KeyInfo::new::<$type>(
                            stringify!($key),
                            concat!($($key_doc, "\n"),+),
                            section!(@presence $mode $($text)?),
                        ),
                    )*],
                }
            }

            fn read_table(
                table: &toml::de::DeTable<'_>,
                header: $crate::language::Header,
                reader: &mut $crate::language::reader::Reader,
            ) -> Option<Self> {
                use $crate::language::section::plain_name;
                let known = [$(plain_name(stringify!($key))),*];
                let keys = $crate::language::reader::Keys::new(table, &header, &known, reader);
                $( let $key = section!(@read $mode $type, plain_name(stringify!($key)), keys, reader $(, $text)?); )*
                Some(Self { $( $key: $key?, )* header })
            }
        }

        impl $crate::language::KeyType for $name {
            fn read(
                value: &toml::de::DeValue<'_>,
                span: &$crate::language::Span,
                reader: &mut $crate::language::reader::Reader,
            ) -> Option<Self> {
                let Some(table) = value.as_table() else {
                    reader.wrong_type(span, "a table", value);
                    return None;
                };
                let header = reader.header(span);
                <Self as $crate::language::section::Section>::read_table(table, header, reader)
            }

            fn describe() -> String {
                "table".to_owned()
            }

            fn schema() -> serde_json::Value {
                $crate::language::schema::section(&<Self as $crate::language::section::Section>::info())
            }

            fn nested() -> Option<(
                $crate::language::section::Nesting,
                $crate::language::section::SectionInfo,
            )> {
                use $crate::language::section::{Nesting, Section};
                Some((Nesting::One, <Self as Section>::info()))
            }
        }
    };
    (@field required $type:ty) => { $crate::language::Spanned<$type> };
    (@field default $type:ty) => { $crate::language::Spanned<$type> };
    (@field absent $type:ty) => { Option<$crate::language::Spanned<$type>> };
    (@presence required) => { Presence::Required };
    (@presence default $text:literal) => { Presence::Default($text) };
    (@presence absent $text:literal) => { Presence::Absent($text) };
    (@read required $type:ty, $key:expr, $keys:ident, $reader:ident) => {
        $keys.required::<$type>($key, $reader)
    };
    (@read default $type:ty, $key:expr, $keys:ident, $reader:ident, $text:literal) => {
        $keys.or_default::<$type>($key, $text, $reader)
    };
    (@read absent $type:ty, $key:expr, $keys:ident, $reader:ident, $text:literal) => {
        $keys.optional::<$type>($key, $reader)
    };
}
pub(super) use section;
