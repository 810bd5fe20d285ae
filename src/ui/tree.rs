//! Where the lines of a tree of branches lie: time goes from left to right, and each way on from a fork has a row. Plain
//! numbers; nothing is painted here.

use crate::engine::{BranchLine, BranchTree};

/// A line with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) line: &'a BranchLine,
    pub(super) row: usize,
    /// Row of the line that it goes on from.
    pub(super) from_row: usize,
    /// Where it begins and ends, from 0 to the width.
    pub(super) from_x: f32,
    pub(super) to_x: f32,
    /// The walk came, or comes, along it.
    pub(super) on_path: bool,
    /// A branch ends here; otherwise several go on.
    pub(super) is_end: bool,
}

/// A tree with the places of its lines, row by row and in each from left to right.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TreeLayout<'a> {
    pub(super) lines: Vec<Placed<'a>>,
    pub(super) rows: usize,
    /// Latent frames at which something is, with their places.
    stops: Vec<(u64, f32)>,
}

impl<'a> TreeLayout<'a> {
    /// Forks and ends are at least `gap` apart, if that fits into `width`.
    pub(super) fn new(tree: &'a BranchTree, width: f32, gap: f32) -> Self {
        let mut layout = Self {
            lines: Vec::new(),
            rows: 0,
            stops: stops(tree, width, gap),
        };
        let path = path(tree);
        for root in tree.lines.iter().filter(|line| line.parent.is_none()) {
            let row = layout.rows;
            layout.place(tree, &path, root, row, row);
        }
        layout
            .lines
            .sort_by(|a, b| a.row.cmp(&b.row).then(a.to_x.total_cmp(&b.to_x)));
        layout
    }

    fn place(&mut self, tree: &'a BranchTree, path: &[u64], line: &'a BranchLine, row: usize, from_row: usize) {
        self.rows = self.rows.max(row + 1);
        let mut on: Vec<&BranchLine> = tree.lines.iter().filter(|l| l.parent == Some(line.id)).collect();
        // The way that was walked first goes straight on.
        on.sort_by_key(|l| l.id);
        self.lines.push(Placed {
            line,
            row,
            from_row,
            from_x: self.x_of(line.from_latent),
            to_x: self.x_of(line.to_latent),
            on_path: path.contains(&line.id),
            is_end: on.is_empty(),
        });
        for (i, line) in on.into_iter().enumerate() {
            // What begins beyond lies between: so no line crosses another.
            let next = if i == 0 { row } else { self.rows };
            self.place(tree, path, line, next, row);
        }
    }

    /// Where a latent frame lies.
    pub(super) fn x_of(&self, latent: u64) -> f32 {
        let after = self.stops.partition_point(|(stop, _)| *stop < latent);
        match (
            after.checked_sub(1).and_then(|i| self.stops.get(i)),
            self.stops.get(after),
        ) {
            (Some((l0, x0)), Some((l1, x1))) => x0 + (x1 - x0) * (latent - l0) as f32 / (l1 - l0) as f32,
            (_, Some((_, x))) | (Some((_, x)), None) => *x,
            (None, None) => 0.0,
        }
    }

    /// Where the walk stands: its place and its row.
    pub(super) fn here(&self, tree: &BranchTree) -> Option<(f32, usize)> {
        let at = tree.at_latent;
        let mut path = self.lines.iter().filter(|l| l.on_path);
        let begin = |l: &Placed<'_>| l.line.parent.is_none() && at == l.line.from_latent;
        let line = path.find(|l| begin(l) || (l.line.from_latent < at && at <= l.line.to_latent))?;
        Some((self.x_of(at), line.row))
    }

    /// Where a latent frame of the line `id` lies: its place and its row.
    pub(super) fn on_line(&self, id: u64, latent: u64) -> Option<(f32, usize)> {
        let line = self.lines.iter().find(|l| l.line.id == id)?;
        Some((self.x_of(latent), line.row))
    }

    /// The pieces of lines on the way to a place on the line `id`, from one place to another: where they begin and end, and their
    /// rows.
    pub(super) fn stretch(&self, id: u64, from_x: f32, to_x: f32) -> Vec<(f32, f32, usize)> {
        let of = |id: u64| self.lines.iter().find(|l| l.line.id == id);
        let way = std::iter::successors(of(id), |l| l.line.parent.and_then(of));
        way.take(self.lines.len())
            .map(|l| (l.from_x.max(from_x), l.to_x.min(to_x), l.row))
            .filter(|(begin, end, _)| begin < end)
            .collect()
    }
}

/// Names of the lines from the current end to the root.
fn path(tree: &BranchTree) -> Vec<u64> {
    let line = |id: u64| tree.lines.iter().find(|line| line.id == id);
    let lines = std::iter::successors(line(tree.current), |l| l.parent.and_then(line));
    lines.map(|line| line.id).take(tree.lines.len()).collect()
}

fn stops(tree: &BranchTree, width: f32, gap: f32) -> Vec<(u64, f32)> {
    let mut latents: Vec<u64> = tree.lines.iter().flat_map(|l| [l.from_latent, l.to_latent]).collect();
    latents.sort_unstable();
    latents.dedup();
    let (Some(first), Some(last)) = (latents.first().copied(), latents.last().copied()) else {
        return Vec::new();
    };
    let gaps = latents.len() - 1;
    let gap = gap.min(width / gaps.max(1) as f32);
    let free = width - gap * gaps as f32;
    let share = |latent: u64| (latent - first) as f32 / (last - first).max(1) as f32;
    let place = |(i, latent): (usize, u64)| (latent, gap * i as f32 + free * share(latent));
    latents.into_iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u64, parent: Option<u64>, from_latent: u64, to_latent: u64) -> BranchLine {
        BranchLine {
            id,
            parent,
            from_latent,
            to_latent,
            picture: None,
        }
    }

    /// Root 0 to 60; from there line 1 to 100 and line 2 to 64; from there 3 to 90 and 4 to 200.
    fn tree() -> BranchTree {
        BranchTree {
            lines: vec![
                line(4, Some(2), 64, 200),
                line(0, None, 0, 60),
                line(1, Some(0), 60, 100),
                line(2, Some(0), 60, 64),
                line(3, Some(2), 64, 90),
            ],
            current: 3,
            at_latent: 62,
        }
    }

    #[test]
    fn each_way_on_has_a_row_and_the_first_goes_straight_on() {
        let tree = tree();
        let layout = TreeLayout::new(&tree, 300.0, 0.0);
        let rows: Vec<_> = layout.lines.iter().map(|l| (l.line.id, l.row, l.from_row)).collect();
        assert_eq!(rows, [(0, 0, 0), (1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 2, 1)]);
        assert_eq!(layout.rows, 3);
        let ends: Vec<_> = layout.lines.iter().filter(|l| l.is_end).map(|l| l.line.id).collect();
        assert_eq!(ends, [1, 3, 4]);
        let path: Vec<_> = layout.lines.iter().filter(|l| l.on_path).map(|l| l.line.id).collect();
        assert_eq!(path, [0, 2, 3]);
        assert_eq!(layout.here(&tree), Some((93.0, 1)));
    }

    #[test]
    fn a_stretch_follows_its_own_way() {
        let tree = tree();
        let layout = TreeLayout::new(&tree, 200.0, 0.0);
        assert_eq!(layout.on_line(1, 80), Some((80.0, 0)));
        assert_eq!(layout.on_line(9, 80), None);
        // By the root, 2 and 4 it goes; not by what branches off there.
        let pieces = layout.stretch(4, 50.0, 120.0).into_iter();
        let pieces: Vec<_> = pieces.map(|(a, b, row)| (a.round(), b.round(), row)).collect();
        assert_eq!(pieces, [(64.0, 120.0, 2), (60.0, 64.0, 1), (50.0, 60.0, 0)]);
    }

    #[test]
    fn time_goes_to_the_right_and_stops_keep_apart() {
        let tree = tree();
        for (width, gap) in [(300.0, 0.0), (300.0, 30.0), (300.0, 500.0)] {
            let layout = TreeLayout::new(&tree, width, gap);
            let stops: Vec<f32> = [0, 60, 64, 90, 100, 200].map(|l| layout.x_of(l)).to_vec();
            assert_eq!((stops[0], stops[5]), (0.0, width));
            let least = gap.min(width / 5.0);
            assert!(stops.windows(2).all(|s| s[1] - s[0] >= least - 0.01), "{stops:?}");
            assert!(layout.x_of(62) > stops[1] && layout.x_of(62) < stops[2]);
        }
        assert!((TreeLayout::new(&tree, 200.0, 0.0).x_of(50) - 50.0).abs() < 0.01);
    }

    #[test]
    fn a_walk_that_has_just_begun_is_one_line_and_here() {
        let tree = BranchTree {
            lines: vec![line(0, None, 7, 7)],
            current: 0,
            at_latent: 7,
        };
        let layout = TreeLayout::new(&tree, 100.0, 20.0);
        assert_eq!((layout.rows, layout.here(&tree)), (1, Some((0.0, 0))));
        let nothing = BranchTree::default();
        assert_eq!(TreeLayout::new(&nothing, 100.0, 20.0).here(&nothing), None);
    }
}
