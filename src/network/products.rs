//! Sets of packets as products: so many sources times so many destinations, protocols and ports.

use super::intervals::Intervals;

/// A product of sets, one in each dimension; without a member where one of them is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product<const N: usize>(pub [Intervals; N]);

impl<const N: usize> Product<N> {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.iter().any(Intervals::is_empty)
    }

    fn intersect(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|n| self.0[n].intersect(&other.0[n])))
    }

    /// What is in this one only, as products that share nothing: in one dimension beside the other, within it in those
    /// before, and anywhere in those after.
    fn minus(&self, other: &Self) -> Vec<Self> {
        if self.intersect(other).is_empty() {
            return vec![self.clone()];
        }
        let pieces = (0..N).map(|dimension| {
            Self(std::array::from_fn(|n| match n.cmp(&dimension) {
                std::cmp::Ordering::Less => self.0[n].intersect(&other.0[n]),
                std::cmp::Ordering::Equal => self.0[n].minus(&other.0[n]),
                std::cmp::Ordering::Greater => self.0[n].clone(),
            }))
        });
        pieces.filter(|piece| !piece.is_empty()).collect()
    }

    /// Both as one product, where they differ in one dimension only.
    fn joined(&self, other: &Self) -> Option<Self> {
        let mut different = (0..N).filter(|n| self.0[*n] != other.0[*n]);
        let dimension = different.next();
        if different.next().is_some() {
            return None;
        }
        let mut joined = self.clone();
        if let Some(n) = dimension {
            joined.0[n] = self.0[n].union(&other.0[n]);
        }
        Some(joined)
    }
}

/// A set as products that share nothing.
#[derive(Debug, Clone, Default)]
pub struct Products<const N: usize>(Vec<Product<N>>);

impl<const N: usize> Products<N> {
    /// Nothing.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The products, which share nothing.
    pub fn parts(&self) -> &[Product<N>] {
        &self.0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what is not in it yet.
    pub fn add(&mut self, product: Product<N>) {
        let mut rest = if product.is_empty() { Vec::new() } else { vec![product] };
        for part in &self.0 {
            rest = rest.iter().flat_map(|piece| piece.minus(part)).collect();
        }
        self.0.extend(rest);
    }

    /// What is in either.
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for part in &other.0 {
            all.add(part.clone());
        }
        all.tidy()
    }

    /// What is in both.
    pub fn intersect(&self, other: &Self) -> Self {
        let pairs = self.0.iter().flat_map(|a| other.0.iter().map(|b| a.intersect(b)));
        Self(pairs.filter(|both| !both.is_empty()).collect()).tidy()
    }

    /// What is in this one only.
    pub fn minus(&self, other: &Self) -> Self {
        let mut rest = self.0.clone();
        for part in &other.0 {
            rest = rest.iter().flat_map(|piece| piece.minus(part)).collect();
        }
        Self(rest).tidy()
    }

    /// Whether all of the other one is in this one.
    pub fn covers(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// Whether both are the same set, in whatever pieces.
    pub fn same(&self, other: &Self) -> bool {
        self.covers(other) && other.covers(self)
    }

    /// Whether the point is in it.
    pub fn contains(&self, point: &[u128; N]) -> bool {
        self.0.iter().any(|part| part.0.iter().zip(point).all(|(set, number)| set.contains(*number)))
    }

    /// Every number of one dimension that something in it has.
    pub fn along(&self, dimension: usize) -> Intervals {
        self.0.iter().flat_map(|part| part.0[dimension].ranges().iter().copied()).collect()
    }

    /// The same in fewer pieces: those that differ in one dimension only become one.
    fn tidy(mut self) -> Self {
        self.0.sort_unstable();
        let mut tidy: Vec<Product<N>> = Vec::with_capacity(self.0.len());
        for mut part in self.0 {
            while let Some((place, joined)) =
                tidy.iter().enumerate().find_map(|(place, other)| Some((place, other.joined(&part)?)))
            {
                tidy.swap_remove(place);
                part = joined;
            }
            tidy.push(part);
        }
        tidy.sort_unstable();
        Self(tidy)
    }
}

impl<const N: usize> From<Product<N>> for Products<N> {
    fn from(product: Product<N>) -> Self {
        Self(if product.is_empty() { Vec::new() } else { vec![product] })
    }
}

impl<const N: usize> FromIterator<Product<N>> for Products<N> {
    fn from_iter<I: IntoIterator<Item = Product<N>>>(products: I) -> Self {
        let mut all = Self::none();
        for product in products {
            all.add(product);
        }
        all.tidy()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn product() -> impl Strategy<Value = Product<3>> {
        let set = || {
            prop::collection::vec((0_u128..5, 0_u128..5), 1..3)
                .prop_map(|r| r.into_iter().collect::<Intervals>())
        };
        (set(), set(), set()).prop_map(|(a, b, c)| Product([a, b, c]))
    }

    fn set() -> impl Strategy<Value = Products<3>> {
        prop::collection::vec(product(), 0..5).prop_map(|products| products.into_iter().collect())
    }

    fn points(set: &Products<3>) -> BTreeSet<[u128; 3]> {
        let all = (0..5).flat_map(|a| (0..5).flat_map(move |b| (0..5).map(move |c| [a, b, c])));
        all.filter(|point| set.contains(point)).collect()
    }

    proptest! {
        #[test]
        fn sets_of_products_are_sets_of_points(a in set(), b in set()) {
            let (left, right) = (points(&a), points(&b));
            prop_assert_eq!(points(&a.union(&b)), &left | &right);
            prop_assert_eq!(points(&a.intersect(&b)), &left & &right);
            prop_assert_eq!(points(&a.minus(&b)), &left - &right);
            prop_assert_eq!(a.covers(&b), right.is_subset(&left));
            prop_assert_eq!(a.same(&b), left == right);
            for n in 0..3 {
                let numbers: BTreeSet<u128> = left.iter().map(|point| point[n]).collect();
                prop_assert_eq!((0..5).filter(|c| a.along(n).contains(*c)).collect::<BTreeSet<u128>>(), numbers);
            }
        }

        #[test]
        fn the_pieces_share_nothing(a in set(), b in set()) {
            for set in [a.union(&b), a.intersect(&b), a.minus(&b)] {
                for (place, part) in set.parts().iter().enumerate() {
                    let others = set.parts().iter().skip(place + 1);
                    prop_assert!(others.into_iter().all(|other| part.intersect(other).is_empty()));
                }
            }
        }
    }
}
