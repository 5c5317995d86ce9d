//! Sets of whole numbers as ranges: ports, messages of ICMP, protocols and addresses.

/// A set of numbers: ranges, each with its first and its last, in order and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Intervals(Vec<(u128, u128)>);

impl Intervals {
    /// No number.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The numbers from the first to the last, both included.
    pub fn range(first: u128, last: u128) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    /// One number.
    pub fn one(number: u128) -> Self {
        Self::range(number, number)
    }

    /// The ranges, in order.
    pub fn ranges(&self) -> &[(u128, u128)] {
        &self.0
    }

    /// Whether no number is in it.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the number is in it.
    pub fn contains(&self, number: u128) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// The lowest number.
    pub fn first(&self) -> Option<u128> {
        self.0.first().map(|(first, _)| *first)
    }

    /// The numbers of either.
    pub fn union(&self, other: &Self) -> Self {
        self.0.iter().chain(&other.0).copied().collect()
    }

    /// The numbers of both.
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some((a, b)), Some((c, d))) = (left.peek(), right.peek()) {
            if a.max(c) <= b.min(d) {
                both.push((*a.max(c), *b.min(d)));
            }
            if b < d {
                left.next()
            } else {
                right.next()
            };
        }
        Self(both)
    }

    /// The numbers of this one that are not of the other.
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        for (first, last) in &self.0 {
            let mut from = Some(*first);
            for (begin, end) in other.0.iter().filter(|(begin, end)| begin <= last && first <= end) {
                if let Some(start) = from.filter(|start| start < begin) {
                    rest.push((start, begin - 1));
                }
                from = end.checked_add(1).filter(|next| next <= last);
            }
            rest.extend(from.map(|start| (start, *last)));
        }
        Self(rest)
    }

    /// Whether every number of the other one is of this one.
    pub fn covers(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }
}

impl FromIterator<(u128, u128)> for Intervals {
    fn from_iter<I: IntoIterator<Item = (u128, u128)>>(ranges: I) -> Self {
        let mut sorted: Vec<(u128, u128)> =
            ranges.into_iter().filter(|(first, last)| first <= last).collect();
        sorted.sort_unstable();
        let mut apart: Vec<(u128, u128)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match apart.last_mut() {
                Some((_, end)) if end.checked_add(1).is_none_or(|next| first <= next) => {
                    *end = last.max(*end)
                }
                _ => apart.push((first, last)),
            }
        }
        Self(apart)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set() -> impl Strategy<Value = Intervals> {
        prop::collection::vec((0_u128..16, 0_u128..16), 0..5).prop_map(|ranges| ranges.into_iter().collect())
    }

    fn numbers(set: &Intervals) -> BTreeSet<u128> {
        (0..16).filter(|number| set.contains(*number)).collect()
    }

    proptest! {
        #[test]
        fn sets_of_ranges_are_sets_of_numbers(a in set(), b in set()) {
            let (left, right) = (numbers(&a), numbers(&b));
            prop_assert_eq!(numbers(&a.union(&b)), &left | &right);
            prop_assert_eq!(numbers(&a.intersect(&b)), &left & &right);
            prop_assert_eq!(numbers(&a.minus(&b)), &left - &right);
            prop_assert_eq!(a.covers(&b), right.is_subset(&left));
            // One set has one form.
            prop_assert_eq!(left == right, a == b);
            prop_assert_eq!(a.minus(&b).union(&a.intersect(&b)), a);
        }
    }

    #[test]
    fn the_last_number_of_all_is_a_number_like_others() {
        let all = Intervals::range(0, u128::MAX);
        assert_eq!(all.minus(&Intervals::one(u128::MAX)), Intervals::range(0, u128::MAX - 1));
        assert_eq!(all.union(&all), all);
    }
}
