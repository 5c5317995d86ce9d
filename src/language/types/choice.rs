//! A value from a short list.

/// Declares a type whose values are a few words, each with its meaning.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $( $(#[doc = $meaning:literal])+ $variant:ident = $text:literal ),+ $(,)? }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $meaning])+ $variant ),+ }

        impl $name {
            /// The word in the file.
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $text ),+ }
            }
        }

        impl $crate::language::KeyType for $name {
            fn read(
                value: &toml::de::DeValue<'_>,
                span: &$crate::language::Span,
                reader: &mut $crate::language::reader::Reader,
            ) -> Option<Self> {
                let Some(text) = value.as_str() else {
                    reader.wrong_type(span, &Self::describe(), value);
                    return None;
                };
                match text {
                    $( $text => Some(Self::$variant), )+
                    _ => {
                        reader.bad_value(span, format!("must be {}", Self::describe()));
                        None
                    }
                }
            }

            fn describe() -> String {
                [$(concat!("\"", $text, "\"")),+].join(" or ")
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": [$($text),+] })
            }
        }
    };
}
pub(in crate::language) use choice;
