//! Form bodies (awsQuery and ec2Query): `Filter.1.Value.2=x` becomes a tree.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::params::{Param, Params, Style};

/// No shape of any service nests deeper.
const DEPTH: usize = 16;

/// Splits a form or a query string into decoded pairs.
///
/// # Errors
/// `MalformedQueryString` for bytes that are not UTF-8.
pub fn pairs(text: &str, plus_is_space: bool) -> Result<Vec<(String, String)>, Fault> {
    let decode = |part: &str| {
        let spaced = if plus_is_space { part.replace('+', " ") } else { part.to_owned() };
        percent_decode_str(&spaced)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| malformed("The query string contains bytes that are not UTF-8"))
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

#[derive(Default)]
struct Branch {
    text: Option<String>,
    below: BTreeMap<String, Branch>,
}

/// Makes a tree of pairs whose names are paths.
///
/// # Errors
/// `MalformedQueryString` where a name is sent twice, or is both a value and a structure.
pub fn tree(pairs: Vec<(String, String)>, style: Style) -> Result<Params, Fault> {
    let mut root = Branch::default();
    for (name, value) in pairs {
        if name.split('.').count() > DEPTH {
            return Err(malformed("The request nests too deep"));
        }
        let leaf =
            name.split('.').fold(&mut root, |branch, part| branch.below.entry(part.to_owned()).or_default());
        if leaf.text.replace(value).is_some() {
            return Err(malformed("A parameter was sent twice"));
        }
    }
    match grow(root, style)? {
        Param::Map(params) => Ok(params),
        Param::List(_) => Err(malformed("A parameter has no name")),
        _ => Ok(Params::new(style)),
    }
}

fn grow(branch: Branch, style: Style) -> Result<Param, Fault> {
    if branch.below.is_empty() {
        return Ok(Param::Text(branch.text.unwrap_or_default()));
    }
    if branch.text.is_some_and(|text| !text.is_empty()) {
        return Err(malformed("A parameter was sent both as a value and as a structure"));
    }
    let numbers: Option<Vec<u32>> = branch.below.keys().map(|key| key.parse().ok()).collect();
    if numbers.is_some() {
        let mut items: Vec<(u32, Branch)> =
            branch.below.into_iter().filter_map(|(key, item)| Some((key.parse().ok()?, item))).collect();
        items.sort_by_key(|(number, _)| *number);
        return items
            .into_iter()
            .map(|(_, item)| grow(item, style))
            .collect::<Result<_, _>>()
            .map(Param::List);
    }
    let mut params = Params::new(style);
    for (name, below) in branch.below {
        params.fields.insert(name, grow(below, style)?);
    }
    // `Foo.member.1` is how the query protocol spells a list; `Foo.entry.1` is a map and stays one.
    if params.fields.len() == 1
        && let Some(Param::List(_)) = params.get("member")
        && let Some(list) = params.fields.remove("member")
    {
        return Ok(list);
    }
    Ok(Param::Map(params))
}

fn malformed(why: &str) -> Fault {
    Fault::client("MalformedQueryString", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Params, Fault> {
        tree(pairs(text, true)?, Style::Ec2)
    }

    #[test]
    fn numbered_names_are_lists_in_the_order_of_their_numbers() {
        let params = parse("Filter.2.Name=b&Filter.1.Name=a&Filter.1.Value.1=x+y&Filter.10.Name=c").unwrap();
        let filters = params.maps("Filter");
        let names: Vec<_> = filters.iter().map(|f| f.text("Name").unwrap()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(filters[0].texts("Value"), ["x y"]);
    }

    #[test]
    fn member_lists_and_plain_lists_read_alike() {
        let params = parse("A.member.1=x&A.member.2=y&B.1=z&C=").unwrap();
        assert_eq!(params.texts("A"), ["x", "y"]);
        assert_eq!(params.texts("B"), ["z"]);
        assert!(params.texts("C").is_empty() && params.has("C"));
    }

    #[test]
    fn a_name_that_is_sent_twice_or_is_both_value_and_structure_is_refused() {
        for text in ["A=1&A=2", "A=1&A.B=2", "%FF=1", &"A.".repeat(40)] {
            assert_eq!(parse(text).unwrap_err().code, "MalformedQueryString", "{text}");
        }
    }
}
