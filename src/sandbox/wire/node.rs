//! What an answer is built from: one small tree for XML and JSON.

use std::borrow::Cow;

use crate::sandbox::world::Milliseconds;

/// A value in an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A number with a fraction.
    Real(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A time: ISO 8601 in XML, seconds since 1970 in JSON.
    Time(Milliseconds),
    /// A list in the protocol's own way: `<item>` for EC2, `<member>` for the query services, `[]` in JSON.
    List(Vec<Self>),
    /// A list that repeats its own element (`@xmlFlattened`), which S3 does often.
    Flat(Vec<Self>),
    /// A list with elements of the given name, such as S3's `<Buckets><Bucket>`.
    Named(&'static str, Vec<Self>),
    /// A structure.
    Fields(Fields),
}

/// A structure: named values in the order they were added.
///
/// A name that starts with `@` is an XML attribute.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(pub Vec<(Cow<'static, str>, Node)>);

impl Fields {
    /// An empty structure.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Node>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// Adds a value where there is one: AWS leaves out what is not set.
    #[must_use]
    pub fn maybe(self, name: impl Into<Cow<'static, str>>, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a list in the protocol's own way.
    #[must_use]
    pub fn list<T: Into<Node>>(
        self,
        name: impl Into<Cow<'static, str>>,
        items: impl IntoIterator<Item = T>,
    ) -> Self {
        self.with(name, Node::list(items))
    }

    /// Adds a time, in milliseconds since 1970.
    #[must_use]
    pub fn time(self, name: impl Into<Cow<'static, str>>, at: Milliseconds) -> Self {
        self.with(name, Node::Time(at))
    }

    /// Whether nothing was added.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Node {
    /// A list in the protocol's own way.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// A list that repeats its own element.
    pub fn flat<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::Flat(items.into_iter().map(Into::into).collect())
    }

    /// A list with elements of the given name.
    pub fn named<T: Into<Self>>(element: &'static str, items: impl IntoIterator<Item = T>) -> Self {
        Self::Named(element, items.into_iter().map(Into::into).collect())
    }

    /// Tags as a list of structures with the protocol's names for key and value.
    pub fn tags<'a>(
        key: &'static str,
        value: &'static str,
        tags: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> Self {
        Self::list(tags.into_iter().map(|(k, v)| Fields::new().with(key, k.as_str()).with(value, v.as_str())))
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<Fields> for Node {
    fn from(fields: Fields) -> Self {
        Self::Fields(fields)
    }
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Node {
            fn from(number: $kind) -> Self {
                Self::Number(i64::from(number))
            }
        }
    )*};
}
whole!(i64, i32, i16, u32, u16, u8);

impl From<usize> for Node {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_left_out() {
        let fields = Fields::new().maybe("a", None::<&str>).maybe("b", Some("x"));
        assert_eq!(fields, Fields::new().with("b", "x"));
    }
}
