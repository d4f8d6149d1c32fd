//! Names that are probably one and the same, written differently.

use std::collections::BTreeMap;

/// The most names that are compared: those that come first.
const NAMES_MAX: usize = 1_000;

/// A name of fewer letters is not compared letter by letter: too much is near it.
const LETTERS_MIN: usize = 6;

/// Groups of names that differ only in case, in what separates words, or in a letter; each in the order given, the group
/// with the earliest name first. Names with other digits are others: years and sizes are not slips.
pub(super) fn groups(names: &[&str]) -> Vec<Vec<usize>> {
    let names = &names[..names.len().min(NAMES_MAX)];
    let keys: Vec<Vec<char>> = names.iter().map(|name| key(name)).collect();
    let mut group: Vec<usize> = (0..names.len()).collect();
    for one in 0..names.len() {
        for other in 0..one {
            if are_near(&keys[one], &keys[other]) {
                let (from, to) = (find(&group, one), find(&group, other));
                group[from.max(to)] = from.min(to);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..names.len() {
        groups.entry(find(&group, place)).or_default().push(place);
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

fn find(group: &[usize], mut place: usize) -> usize {
    while group[place] != place {
        place = group[place];
    }
    place
}

/// What is left of a name without case and separators.
fn key(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(200).collect()
}

fn are_near(one: &[char], other: &[char]) -> bool {
    if one.is_empty() || other.is_empty() {
        return false;
    }
    if one == other {
        return true;
    }
    let digits = |key: &[char]| key.iter().copied().filter(|c| c.is_numeric()).collect::<String>();
    one.len().min(other.len()) >= LETTERS_MIN
        && one.len().abs_diff(other.len()) <= 1
        && is_one_slip(one, other)
        && digits(one) == digits(other)
}

/// Whether one becomes the other by a letter more, less or another, or by two that changed places.
fn is_one_slip(one: &[char], other: &[char]) -> bool {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let rest = |of: &[char], from: usize| of.get(from..).map(<[char]>::to_vec).unwrap_or_default();
    let is_swapped = one.len() > 1 && other.len() > 1 && one[0] == other[1] && one[1] == other[0];
    match one.len().cmp(&other.len()) {
        std::cmp::Ordering::Less => rest(other, 1) == one,
        std::cmp::Ordering::Greater => rest(one, 1) == other,
        std::cmp::Ordering::Equal => {
            rest(one, 1) == rest(other, 1) || (is_swapped && rest(one, 2) == rest(other, 2))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str]) -> Vec<Vec<String>> {
        let told = |group: Vec<usize>| group.into_iter().map(|place| names[place].to_owned()).collect();
        groups(names).into_iter().map(told).collect()
    }

    #[test]
    fn what_differs_in_case_separators_or_one_letter_is_one_group() {
        let names =
            ["Spring Sale", "other", "spring_sale", "SPRING-SALE", "spring-sales", "sprign sale", "brand"];
        assert_eq!(
            found(&names),
            [["Spring Sale", "spring_sale", "SPRING-SALE", "spring-sales", "sprign sale"]]
        );
    }

    #[test]
    fn other_digits_short_names_and_two_slips_are_others() {
        let names = ["sale 2023", "sale 2024", "uk", "us", "brand-awareness", "brandt-awarenes", "", "--"];
        assert_eq!(found(&names), Vec::<Vec<String>>::new());
        assert_eq!(found(&["UK", "uk"]), [["UK", "uk"]], "short names may differ in case");
        assert_eq!(found(&["Überblick", "überblick"]), [["Überblick", "überblick"]]);
    }

    #[test]
    fn the_work_is_bounded() {
        let names: Vec<String> = (0..5_000).map(|number| format!("campaign-{number:05}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(groups(&names).is_empty());
    }
}
