//! What a newborn is to its household: the relation to the head and the ethnic group, both from the
//! parents.

/// The relation of a newborn to the household's head, from the parent's.
pub(crate) fn relation_of_child(parent: &str) -> &'static str {
    match parent {
        "head" | "spouse" => "child",
        "child" => "grandchild",
        // A brother or sister of the head, or a more distant relation.
        _ => "other",
    }
}

/// The ethnic group that the parents share; `None` when it is theirs to choose.
pub(crate) fn shared_ethnicity(
    mut parents: impl Iterator<Item = Option<String>>,
) -> Option<String> {
    let first = parents.next()??;
    parents
        .all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newborn_is_the_heads_child_or_grandchild() {
        assert_eq!(relation_of_child("head"), "child");
        assert_eq!(relation_of_child("spouse"), "child");
        assert_eq!(relation_of_child("child"), "grandchild");
        assert_eq!(relation_of_child("parent"), "other");
    }

    #[test]
    fn the_ethnic_group_is_shared_or_open() {
        let of = |groups: &[Option<&str>]| {
            let groups: Vec<_> = groups.iter().map(|g| g.map(str::to_owned)).collect();
            shared_ethnicity(groups.into_iter())
        };
        assert_eq!(of(&[Some("02"), Some("02")]), Some("02".to_owned()));
        assert_eq!(of(&[Some("02")]), Some("02".to_owned()));
        assert_eq!(of(&[Some("02"), Some("01")]), None);
        assert_eq!(of(&[Some("02"), None]), None);
        assert_eq!(of(&[]), None);
    }
}
