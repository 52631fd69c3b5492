//! What comes before what: the order of steps as a graph, its closure and its cycles.

/// An order given by each node's predecessors, closed over.
#[derive(Debug)]
pub(super) struct Order {
    /// `before[a][b]`: a comes before b.
    before: Vec<Vec<bool>>,
}

impl Order {
    /// Closes an order. A node of a cycle comes before itself.
    pub(super) fn new(after: &[Vec<usize>]) -> Self {
        let count = after.len();
        let mut before = vec![vec![false; count]; count];
        for later in 0..count {
            let mut open = after[later].clone();
            while let Some(earlier) = open.pop() {
                if !std::mem::replace(&mut before[earlier][later], true) {
                    open.extend(&after[earlier]);
                }
            }
        }
        Self { before }
    }

    pub(super) fn before(&self, earlier: usize, later: usize) -> bool {
        self.before[earlier][later]
    }
}

/// One cycle, in the direction of time, if there is any.
pub(crate) fn cycle(after: &[Vec<usize>]) -> Option<Vec<usize>> {
    let order = Order::new(after);
    let start = (0..after.len()).find(|node| order.before(*node, *node))?;
    // Walk back along predecessors that the start comes before: breadth first, so the cycle is a
    // shortest one.
    let mut found = vec![None; after.len()];
    let mut open = std::collections::VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        for earlier in after[node].iter().copied() {
            if earlier == start {
                let mut path = vec![start];
                let mut next = node;
                while next != start {
                    path.push(next);
                    next = found[next]?;
                }
                return Some(path);
            }
            if found[earlier].is_none() {
                found[earlier] = Some(node);
                open.push_back(earlier);
            }
        }
    }
    None
}

/// The nodes so that each comes after its predecessors. The graph has no cycle.
pub(super) fn sorted(after: &[Vec<usize>]) -> Vec<usize> {
    let order = Order::new(after);
    let mut nodes: Vec<usize> = (0..after.len()).collect();
    let ancestors = |node: usize| (0..after.len()).filter(|n| order.before(*n, node)).count();
    nodes.sort_by_key(|node| (ancestors(*node), *node));
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_transitive() {
        let order = Order::new(&[vec![], vec![0], vec![1]]);
        assert!(order.before(0, 2) && !order.before(2, 0) && !order.before(0, 0));
    }

    #[test]
    fn a_cycle_is_found_in_the_direction_of_time() {
        assert_eq!(cycle(&[vec![], vec![0], vec![0, 1]]), None);
        // 1 waits for 3, 2 for 1, 3 for 2: in time 1 → 2 → 3 → 1.
        assert_eq!(
            cycle(&[vec![], vec![0, 3], vec![1], vec![2]]),
            Some(vec![1, 2, 3])
        );
        assert_eq!(cycle(&[vec![0]]), Some(vec![0]));
    }

    #[test]
    fn sorting_puts_predecessors_first() {
        assert_eq!(sorted(&[vec![2], vec![0], vec![]]), vec![2, 0, 1]);
    }
}
