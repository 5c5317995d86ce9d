//! The operators of conditions.

use std::net::IpAddr;

use ipnet::IpNet;

use super::context::{Context, Truth};
use super::pattern::Pattern;

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// Whether the request carries the key.
    Null,
    /// Text, exactly or without regard to case.
    Text { ignore_case: bool, negated: bool },
    /// Text with wildcards.
    Like { negated: bool },
    /// ARNs, part by part; `ArnEquals` and `ArnLike` do the same.
    Arn { negated: bool },
    /// True or false.
    Bool,
    /// Addresses and ranges of them.
    Address { negated: bool },
    /// Numbers.
    Number(Order),
    /// Points in time.
    Time(Order),
}

/// How numbers and times are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "equals" => Self::Equal,
            "notequals" => Self::NotEqual,
            "lessthan" => Self::Less,
            "lessthanequals" => Self::LessOrEqual,
            "greaterthan" => Self::Greater,
            "greaterthanequals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// The positive form: `NotEqual` is turned round where the values are taken together.
    fn holds<T: PartialOrd>(self, asked: &T, wanted: &T) -> bool {
        match self {
            Self::Equal | Self::NotEqual => asked == wanted,
            Self::Less => asked < wanted,
            Self::LessOrEqual => asked <= wanted,
            Self::Greater => asked > wanted,
            Self::GreaterOrEqual => asked >= wanted,
        }
    }
}

impl Operator {
    /// The operator of that name, without `IfExists` and without a quantifier. Names ignore case.
    pub(super) fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let text = |ignore_case, negated| Some(Self::Text { ignore_case, negated });
        match name.as_str() {
            "null" => Some(Self::Null),
            "bool" => Some(Self::Bool),
            "stringequals" | "binaryequals" => text(false, false),
            "stringnotequals" => text(false, true),
            "stringequalsignorecase" => text(true, false),
            "stringnotequalsignorecase" => text(true, true),
            "stringlike" => Some(Self::Like { negated: false }),
            "stringnotlike" => Some(Self::Like { negated: true }),
            "arnequals" | "arnlike" => Some(Self::Arn { negated: false }),
            "arnnotequals" | "arnnotlike" => Some(Self::Arn { negated: true }),
            "ipaddress" => Some(Self::Address { negated: false }),
            "notipaddress" => Some(Self::Address { negated: true }),
            name => match (name.strip_prefix("numeric"), name.strip_prefix("date")) {
                (Some(order), _) => Order::of(order).map(Self::Number),
                (None, Some(order)) => Order::of(order).map(Self::Time),
                (None, None) => None,
            },
        }
    }

    pub(super) fn is_negated(self) -> bool {
        match self {
            Self::Text { negated, .. }
            | Self::Like { negated }
            | Self::Arn { negated }
            | Self::Address { negated } => negated,
            Self::Number(order) | Self::Time(order) => order == Order::NotEqual,
            Self::Null | Self::Bool => false,
        }
    }

    /// Whether it compares text, ARNs or addresses for being the same.
    pub(super) fn is_equality(self) -> bool {
        matches!(
            self,
            Self::Text { negated: false, .. }
                | Self::Like { negated: false }
                | Self::Arn { negated: false }
                | Self::Address { negated: false }
        )
    }

    /// Whether it compares them for being different.
    pub(super) fn is_inequality(self) -> bool {
        !matches!(self, Self::Number(_) | Self::Time(_)) && self.is_negated()
    }

    pub(super) fn knows_wildcards(self) -> bool {
        matches!(self, Self::Like { .. } | Self::Arn { .. })
    }

    /// Compares one value by the positive form of the operator.
    pub(super) fn compare(self, wanted: &Pattern, asked: &str, context: &Context) -> Truth {
        match self {
            Self::Null => Truth::No,
            Self::Text { ignore_case, .. } => wanted.equals(asked, context, ignore_case),
            Self::Bool => wanted.equals(asked, context, true),
            Self::Like { .. } => wanted.fits(asked, context),
            Self::Arn { .. } => wanted.fits_arn(asked, context),
            Self::Address { .. } => within(&wanted.text, asked).into(),
            Self::Number(order) => {
                let numbers = asked.parse::<f64>().ok().zip(wanted.text.parse::<f64>().ok());
                numbers.is_some_and(|(asked, wanted)| order.holds(&asked, &wanted)).into()
            }
            Self::Time(order) => {
                let times = time(asked).zip(time(&wanted.text));
                times.is_some_and(|(asked, wanted)| order.holds(&asked, &wanted)).into()
            }
        }
    }
}

/// An ISO 8601 time, a day, or seconds since 1970.
pub(super) fn time(text: &str) -> Option<jiff::Timestamp> {
    let seconds = || text.parse::<i64>().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let day = || {
        let day = text.parse::<jiff::civil::Date>().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
    };
    text.parse().ok().or_else(seconds).or_else(day)
}

/// Whether an address, or every address of a range, lies in a range. An address alone is a range of one.
fn within(range: &str, asked: &str) -> bool {
    let net =
        |text: &str| text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    match (net(range), net(asked)) {
        (Some(range), Some(asked)) => range.contains(&asked),
        _ => range == asked,
    }
}
