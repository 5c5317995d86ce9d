//! Pages: a token names the last thing that was shown, so that changes in between do no harm.

use super::lag::Lens;
use super::profile::Profile;

/// A token that was never given out; each service has its own code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadToken;

/// One page of things, in the order of their keys, and the token of the next page.
///
/// `limit` is the page size asked for, or the service's own. In profile `hostile` pages hold at most
/// two, and the first page of several is empty but has a token (ORG-1 says this happens).
///
/// # Errors
/// [`BadToken`] for a token that was never given out.
pub fn page<T>(
    lens: Lens,
    mut items: Vec<T>,
    key: impl Fn(&T) -> String,
    token: Option<&str>,
    limit: usize,
) -> Result<(Vec<T>, Option<String>), BadToken> {
    items.sort_by_key(&key);
    let hostile = lens.profile == Profile::Hostile;
    if hostile && token.is_none() && items.len() > limit.min(2) {
        return Ok((Vec::new(), Some(encode(""))));
    }
    if let Some(token) = token {
        let last = decode(token)?;
        items.retain(|item| key(item).as_str() > last.as_str());
    }
    let limit = if hostile { limit.clamp(1, 2) } else { limit.max(1) };
    let next = (items.len() > limit).then(|| items.get(limit - 1).map(&key)).flatten();
    items.truncate(limit);
    Ok((items, next.map(|last| encode(&last))))
}

fn encode(last: &str) -> String {
    aws_smithy_types::base64::encode(format!("after:{last}"))
}

fn decode(token: &str) -> Result<String, BadToken> {
    let bytes = aws_smithy_types::base64::decode(token).map_err(|_| BadToken)?;
    let text = String::from_utf8(bytes).map_err(|_| BadToken)?;
    text.strip_prefix("after:").map(str::to_owned).ok_or(BadToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(profile: Profile, limit: usize) -> (Vec<u8>, usize) {
        let lens = Lens { profile, seed: 1, call: 1, now: 0 };
        let (mut seen, mut pages, mut token) = (Vec::new(), 0, None::<String>);
        loop {
            let (items, next) =
                page(lens, vec![3, 1, 2, 5, 4], u8::to_string, token.as_deref(), limit).unwrap();
            seen.extend(items);
            pages += 1;
            token = next;
            if token.is_none() {
                return (seen, pages);
            }
        }
    }

    #[test]
    fn every_thing_is_on_exactly_one_page() {
        assert_eq!(all(Profile::Instant, 2), (vec![1, 2, 3, 4, 5], 3));
        assert_eq!(all(Profile::Instant, 5), (vec![1, 2, 3, 4, 5], 1));
        assert_eq!(all(Profile::Hostile, 100), (vec![1, 2, 3, 4, 5], 4));
    }

    #[test]
    fn a_token_that_was_never_given_out_is_refused() {
        let lens = Lens { profile: Profile::Instant, seed: 1, call: 1, now: 0 };
        assert_eq!(page(lens, vec![1], u8::to_string, Some("x"), 1), Err(BadToken));
    }
}
