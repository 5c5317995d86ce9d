//! What every Describe operation does: ids, filters and pages over what it shows.
//!
//! A filter is a path into the answer, so that it can never see anything else than the caller does.

use crate::sandbox::context::Context;
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

use super::resource_id::IdKind;

/// How a Describe operation lists.
#[derive(Debug)]
pub struct Listing {
    /// The list in the answer, such as `vpcSet`.
    pub set: &'static str,
    /// The member of an element that identifies it.
    pub key: &'static str,
    /// The parameter that names elements, and the kind of id in it.
    pub ids: Option<(&'static str, &'static IdKind)>,
    /// Names of filters and where in an element their values are.
    pub filters: &'static [(&'static str, &'static str)],
    /// Whether there are `tag:` and `tag-key` filters.
    pub tagged: bool,
    /// The least and the most `MaxResults`; `None` where there are no pages.
    pub pages: Option<(i64, i64)>,
}

/// One filter of a request.
#[derive(Debug)]
pub struct Filter<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its values, of which one must match.
    pub values: Vec<&'p str>,
}

impl Filter<'_> {
    /// Whether any of the values is matched by any of the filter's patterns.
    pub fn accepts<'v>(&self, values: impl IntoIterator<Item = &'v str>) -> bool {
        values.into_iter().any(|value| self.values.iter().any(|pattern| matches(pattern, value)))
    }
}

/// Reads the filters of a request.
///
/// # Errors
/// `InvalidParameterValue` for a filter without values, `FilterLimitExceeded` beyond 200 values in all.
pub fn filters(params: &Params) -> Result<Vec<Filter<'_>>, Fault> {
    let mut filters = Vec::new();
    for filter in params.maps("Filter") {
        let name = filter.required("Name")?;
        let values: Vec<&str> = filter.texts("Value");
        if !filter.has("Value") {
            let message = format!("The filter '{name}' must have at least one value");
            return Err(Fault::client("InvalidParameterValue", message));
        }
        filters.push(Filter { name, values });
    }
    if filters.iter().map(|filter| filter.values.len()).sum::<usize>() > 200 {
        let message = "The maximum number of filter values specified on a single call is 200";
        return Err(Fault::client("FilterLimitExceeded", message));
    }
    Ok(filters)
}

/// The refusal of a filter that the operation does not have.
pub fn unknown_filter(name: &str) -> Fault {
    Fault::client("InvalidParameterValue", format!("The filter '{name}' is invalid"))
}

/// One place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Letter(char),
    Any,
    Rest,
}

fn places(pattern: &str) -> Vec<Place> {
    let mut letters = pattern.chars();
    let mut places = Vec::new();
    while let Some(letter) = letters.next() {
        places.push(match letter {
            '*' => Place::Rest,
            '?' => Place::Any,
            '\\' => Place::Letter(letters.next().unwrap_or('\\')),
            other => Place::Letter(other),
        });
    }
    places
}

/// Whether a pattern with `*`, `?` and `\` for the letter itself matches all of a text, with case.
pub fn matches(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?', '\\']) {
        return pattern == text;
    }
    let (places, text) = (places(pattern), text.chars().collect::<Vec<_>>());
    // Only the last star is ever tried again, so a hostile pattern costs no more than pattern times text.
    let (mut at, mut read, mut star) = (0, 0, None);
    while let Some(letter) = text.get(read) {
        match places.get(at) {
            Some(Place::Rest) => {
                star = Some((at, read));
                at += 1;
            }
            Some(place) if matches!(place, Place::Any) || *place == Place::Letter(*letter) => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, from)) = star else { return false };
                star = Some((place, from + 1));
                (at, read) = (place + 1, from + 1);
            }
        }
    }
    places.get(at..).is_none_or(|rest| rest.iter().all(|place| *place == Place::Rest))
}

/// The texts at a path such as `associationSet.subnetId`, through any lists.
fn texts(fields: &Fields, path: &str, found: &mut Vec<String>) {
    let (name, below) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    for (_, node) in fields.0.iter().filter(|(own, _)| own == name) {
        collect(node, below, found);
    }
}

fn collect(node: &Node, below: Option<&str>, found: &mut Vec<String>) {
    match (node, below) {
        (Node::List(items), _) => items.iter().for_each(|item| collect(item, below, found)),
        (Node::Fields(fields), Some(path)) => texts(fields, path, found),
        (Node::Text(text), None) => found.push(text.clone()),
        (Node::Number(number), None) => found.push(number.to_string()),
        (Node::Flag(flag), None) => found.push(flag.to_string()),
        _ => {}
    }
}

fn at(fields: &Fields, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    texts(fields, path, &mut found);
    found
}

impl Filter<'_> {
    fn holds(&self, listing: &Listing, row: &Fields) -> Result<bool, Fault> {
        if let Some((_, path)) = listing.filters.iter().find(|(name, _)| *name == self.name) {
            return Ok(self.accepts(at(row, path).iter().map(String::as_str)));
        }
        if !listing.tagged {
            return Err(unknown_filter(self.name));
        }
        let keys = at(row, "tagSet.key");
        if self.name == "tag-key" {
            return Ok(self.accepts(keys.iter().map(String::as_str)));
        }
        let values = at(row, "tagSet.value");
        // Documented once for every resource, and still understood.
        if self.name == "tag-value" {
            return Ok(self.accepts(values.iter().map(String::as_str)));
        }
        let key = self.name.strip_prefix("tag:").ok_or_else(|| unknown_filter(self.name))?;
        Ok(self.accepts(
            keys.iter().zip(&values).filter(|(own, _)| *own == key).map(|(_, value)| value.as_str()),
        ))
    }
}

/// Answers a Describe operation from all that this call can see.
///
/// # Errors
/// An unknown filter, an id that is malformed or names nothing seen, a page size out of bounds, a bad token.
pub fn list(
    cx: &Context<'_>,
    params: &Params,
    listing: &Listing,
    mut rows: Vec<Fields>,
) -> Result<Answer, Fault> {
    let key = |row: &Fields| at(row, listing.key).pop().unwrap_or_default();
    let mut named = false;
    let size = match listing.pages {
        Some((least, most)) => params.number_in("MaxResults", least..=most)?,
        None => None,
    };
    if let Some((parameter, kind)) = listing.ids {
        let ids = params.texts(parameter);
        // Everything that is named comes at once.
        if size.is_some() && !ids.is_empty() {
            let message =
                format!("The parameter {} cannot be used with the parameter maxResults", listing.set);
            return Err(Fault::client("InvalidParameterCombination", message));
        }
        ids.iter().try_for_each(|id| kind.check(id))?;
        if !ids.is_empty() {
            named = true;
            rows.retain(|row| ids.contains(&key(row).as_str()));
            if let Some(id) = ids.iter().find(|id| rows.iter().all(|row| key(row) != **id)) {
                return Err(kind.not_found(id));
            }
        }
    }
    for filter in filters(params)? {
        // Asked of an empty element first, so that an unknown filter is refused where nothing is.
        filter.holds(listing, &Fields::new())?;
        let mut failed = Ok(());
        rows.retain(|row| {
            filter.holds(listing, row).unwrap_or_else(|fault| {
                failed = Err(fault);
                false
            })
        });
        failed?;
    }
    if listing.pages.is_none() {
        return Ok(Fields::new().list(listing.set, rows).into());
    }
    if named {
        rows.sort_by_key(key);
        return Ok(Fields::new().list(listing.set, rows).into());
    }
    let limit = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let (rows, next) = cx
        .page(rows, key, token, limit)
        .map_err(|_| Fault::client("InvalidNextToken", "The token is invalid"))?;
    Ok(Fields::new().list(listing.set, rows).maybe("nextToken", next).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_question_marks_and_escapes() {
        for (pattern, text, expected) in [
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a?c", "abc", true),
            ("*", "", true),
            ("**b", "aab", true),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            ("A", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_path_goes_through_lists() {
        let inner = Fields::new().with("subnetId", "subnet-1").with("main", true);
        let row = Fields::new().list("associationSet", [inner]);
        assert_eq!(at(&row, "associationSet.subnetId"), ["subnet-1"]);
        assert_eq!(at(&row, "associationSet.main"), ["true"]);
        assert!(at(&row, "associationSet").is_empty() && at(&row, "other.main").is_empty());
    }
}
