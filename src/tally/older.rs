//! The posts of one author that are not the newest, in case a newer one is taken back.
//!
//! A search tree by age, whose nodes are the posts themselves: it costs nothing where authors have one
//! post, as most have, and no memory of its own where one author has a million. Its shape is a
//! treap's, which stays shallow whatever comes in whatever order.

use super::slots::{NONE, Slots};

/// Puts `post` in, and gives the root of the tree that was `root`.
pub(super) fn insert(slots: &mut Slots, root: u32, post: u32) -> u32 {
    if root == NONE || slots[post].priority() > slots[root].priority() {
        let (left, right) = split(slots, root, post);
        (slots[post].left, slots[post].right) = (left, right);
        return post;
    }
    if slots[post].age() < slots[root].age() {
        slots[root].left = insert(slots, slots[root].left, post);
    } else {
        slots[root].right = insert(slots, slots[root].right, post);
    }
    root
}

/// Takes `post` out, and gives the root of what is left of the tree that was `root`.
pub(super) fn remove(slots: &mut Slots, root: u32, post: u32) -> u32 {
    if root == NONE || root == post {
        return match root {
            NONE => NONE,
            _ => merge(slots, slots[post].left, slots[post].right),
        };
    }
    if slots[post].age() < slots[root].age() {
        slots[root].left = remove(slots, slots[root].left, post);
    } else {
        slots[root].right = remove(slots, slots[root].right, post);
    }
    root
}

/// The newest post in the tree.
pub(super) fn newest(slots: &Slots, root: u32) -> Option<u32> {
    let mut newest = (root != NONE).then_some(root)?;
    while slots[newest].right != NONE {
        newest = slots[newest].right;
    }
    Some(newest)
}

/// What is older than `post`, and what is newer.
fn split(slots: &mut Slots, root: u32, post: u32) -> (u32, u32) {
    if root == NONE {
        return (NONE, NONE);
    }
    if slots[root].age() < slots[post].age() {
        let (older, newer) = split(slots, slots[root].right, post);
        slots[root].right = older;
        (root, newer)
    } else {
        let (older, newer) = split(slots, slots[root].left, post);
        slots[root].left = newer;
        (older, root)
    }
}

/// One tree of two, of which all of one is older than all of the other.
fn merge(slots: &mut Slots, older: u32, newer: u32) -> u32 {
    match (older, newer) {
        (NONE, root) | (root, NONE) => root,
        _ if slots[older].priority() > slots[newer].priority() => {
            slots[older].right = merge(slots, slots[older].right, newer);
            older
        }
        _ => {
            slots[newer].left = merge(slots, older, slots[newer].left);
            newer
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contest::TeamId;
    use crate::post::{AuthorId, Post, Side, Tags, Version};
    use crate::timestamp::Timestamp;

    fn post(slots: &mut Slots, at: i64) -> u32 {
        let post = Post {
            id: None,
            alias: None,
            author: Some(AuthorId(0x0123_4567_89ab_cdef)),
            at: Timestamp::from_millis(at).unwrap(),
            side: Side::Team(TeamId(0)),
            tags: Tags::default(),
            version: Version::First,
        };
        slots.insert(&post, TeamId(0))
    }

    fn depth(slots: &Slots, root: u32) -> usize {
        let below = |root: u32| {
            let next = [slots[root].left, slots[root].right];
            next.into_iter().filter(|&next| next != NONE)
        };
        let (mut level, mut depth) = (vec![root], 0);
        while !level.is_empty() {
            level = level.into_iter().flat_map(below).collect();
            depth += 1;
        }
        depth
    }

    #[test]
    fn a_hundred_thousand_posts_of_one_author_make_no_deep_tree_in_whatever_order_they_come() {
        let orders: [fn(i64) -> i64; 4] = [|n| n, |n| -n, |_| 0, |n| (n * 48_271) % 100_003];
        for order in orders {
            let mut slots = Slots::new(100_000);
            let mut root = NONE;
            for n in 0..100_000 {
                let post = post(&mut slots, order(n));
                root = insert(&mut slots, root, post);
            }
            let depth = depth(&slots, root);
            assert!(depth < 100, "{depth}");
        }
    }

    proptest! {
        #[test]
        fn the_newest_is_found_whatever_comes_and_goes(
            steps in prop::collection::vec((0i64..20, any::<prop::sample::Index>(), 0..3), 1..200),
        ) {
            let mut slots = Slots::new(200);
            let mut root = NONE;
            let mut known: Vec<u32> = Vec::new();
            for (at, which, step) in steps {
                if step == 0 && !known.is_empty() {
                    let post = known.swap_remove(which.index(known.len()));
                    root = remove(&mut slots, root, post);
                } else {
                    let post = post(&mut slots, at);
                    root = insert(&mut slots, root, post);
                    known.push(post);
                }
                let expected = known.iter().copied().max_by_key(|&post| slots[post].age());
                prop_assert_eq!(newest(&slots, root), expected);
            }
        }
    }
}
