//! Where the boxes and edges of a graph go: what a box is made from stands above it, with few crossings, and nothing lies on
//! top of anything else.
//!
//! Boxes stand in rows. An edge that passes rows has a way point in each of them, which takes room there as a box does;
//! edges bend only between rows. Edges from one exit share their way until they branch off.

use super::super::canvas::{Piece, Point};

/// The room between neighbours of a row: two boxes, or a box and an edge that passes.
const GAP: f64 = 24.0;
const WAY_GAP: f64 = 15.0;
/// The room below a row for the labels of its exits.
const LABEL_ROOM: f64 = 22.0;
/// The height in which edges bend, more where they go far to the side.
const BEND: (f64, f64) = (24.0, 80.0);
/// Between edges that end at one box.
pub(super) const ENTRY_GAP: f64 = 13.0;
/// How often rows are ordered and moved.
const SWEEPS: usize = 24;

/// A box. Where several want to stand straight below or above others, the one with the largest weight does.
pub(super) struct Item {
    pub size: (f64, f64),
    pub weight: f64,
    /// Where edges leave its lower side, from its middle, and whether labels stand there.
    pub exits: Vec<f64>,
    pub labelled: bool,
}

/// An edge from an exit of one box to the upper side of another, which comes before it in the list.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub from: usize,
    pub exit: usize,
    pub to: usize,
}

/// A drawn edge, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub start: Point,
    pub pieces: Vec<Piece>,
    /// Whether it ends at a box.
    pub arrives: bool,
}

pub(super) struct Layout {
    pub size: (f64, f64),
    /// The upper left corners of the boxes.
    pub corners: Vec<Point>,
    /// The middles of the labels of the exits of each box.
    pub labels: Vec<Vec<Point>>,
    pub runs: Vec<Run>,
}

/// A stretch of an edge between neighbouring rows. Places are boxes and then way points.
struct Segment {
    upper: usize,
    port: f64,
    lower: usize,
}

/// Places in rows, the lowest first.
struct Rows<'a> {
    items: &'a [Item],
    links: &'a [Link],
    rows: Vec<Vec<usize>>,
    rank: Vec<usize>,
    /// The way points of each exit of each box, from the top.
    ways: Vec<Vec<Vec<usize>>>,
    segments: Vec<Segment>,
    /// The segments by their upper and lower places.
    below: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
}

/// Lays out boxes; each is the lower end of links only from later ones.
pub(super) fn layout(items: &[Item], links: &[Link]) -> Layout {
    let mut rows = Rows::of(items, links);
    rows.order();
    let x = rows.positions();
    rows.draw(&x)
}

impl<'a> Rows<'a> {
    fn of(items: &'a [Item], links: &'a [Link]) -> Rows<'a> {
        let mut rank = vec![0; items.len()];
        let mut inputs: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
        for (at, link) in links.iter().enumerate() {
            inputs[link.to].push(at);
        }
        for item in 0..items.len() {
            for &input in &inputs[item] {
                let from = links[input].from;
                rank[from] = rank[from].max(rank[item] + 1);
            }
        }
        let mut ways: Vec<Vec<Vec<usize>>> = items.iter().map(|item| vec![Vec::new(); item.exits.len()]).collect();
        for link in links {
            let needed = rank[link.from] - rank[link.to] - 1;
            while ways[link.from][link.exit].len() < needed {
                let passed = ways[link.from][link.exit].len() + 1;
                ways[link.from][link.exit].push(rank.len());
                rank.push(rank[link.from] - passed);
            }
        }
        let mut rows = Rows {
            items,
            links,
            rows: vec![Vec::new(); rank.iter().max().map_or(0, |most| most + 1)],
            below: vec![Vec::new(); rank.len()],
            above: vec![Vec::new(); rank.len()],
            rank,
            ways,
            segments: Vec::new(),
        };
        for (from, exits) in rows.ways.iter().enumerate() {
            for (exit, ways) in exits.iter().enumerate() {
                let mut upper = (from, items[from].exits[exit]);
                for &way in ways {
                    rows.segments.push(Segment { upper: upper.0, port: upper.1, lower: way });
                    upper = (way, 0.0);
                }
            }
        }
        for link in links {
            let (upper, port) = rows.last_place(*link);
            rows.segments.push(Segment { upper, port, lower: link.to });
        }
        for (at, segment) in rows.segments.iter().enumerate() {
            rows.below[segment.upper].push(at);
            rows.above[segment.lower].push(at);
        }
        rows.enter(&inputs);
        rows
    }

    /// Puts places into their rows as a walk from the last box meets them: operands from left to right.
    fn enter(&mut self, inputs: &[Vec<usize>]) {
        let mut met = vec![false; self.rank.len()];
        for start in 0..self.items.len() {
            let mut stack = vec![start];
            while let Some(item) = stack.pop() {
                if !std::mem::replace(&mut met[item], true) {
                    self.rows[self.rank[item]].push(item);
                }
                for &input in inputs[item].iter().rev() {
                    let link = self.links[input];
                    if !met[link.from] {
                        stack.push(link.from);
                    }
                }
                for &input in &inputs[item] {
                    let link = self.links[input];
                    for &way in self.ways[link.from][link.exit].iter().rev() {
                        if !std::mem::replace(&mut met[way], true) {
                            self.rows[self.rank[way]].push(way);
                        }
                    }
                }
            }
        }
    }

    /// The place above the lower end of a link, and where the link leaves it.
    fn last_place(&self, link: Link) -> (usize, f64) {
        match self.rank[link.from] - self.rank[link.to] - 1 {
            0 => (link.from, self.items[link.from].exits[link.exit]),
            passed => (self.ways[link.from][link.exit][passed - 1], 0.0),
        }
    }

    fn width(&self, place: usize) -> f64 {
        self.items.get(place).map_or(0.0, |item| item.size.0)
    }

    fn weight(&self, place: usize) -> f64 {
        self.items.get(place).map_or(1e-6, |item| item.weight)
    }

    fn gap(&self, left: usize, right: usize) -> f64 {
        let passes = left >= self.items.len() || right >= self.items.len();
        (self.width(left) + self.width(right)) / 2.0 + if passes { WAY_GAP } else { GAP }
    }

    /// Orders the places of each row by the middle of what they are connected with, and keeps the order with the fewest
    /// crossings.
    fn order(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let upwards = sweep % 2 == 0;
            let index = self.indices();
            let mut index: Vec<f64> = index.into_iter().map(|at| at as f64).collect();
            let count = self.rows.len();
            for step in 1..count {
                let row = if upwards { step } else { count - 1 - step };
                let mut keyed: Vec<(f64, usize)> =
                    self.rows[row].iter().map(|&place| (self.middle(place, upwards, &index), place)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                for (at, &(_, place)) in keyed.iter().enumerate() {
                    index[place] = at as f64;
                    self.rows[row][at] = place;
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// The mean index of what a place is connected with, in the row below or above.
    fn middle(&self, place: usize, downwards: bool, index: &[f64]) -> f64 {
        let segments = if downwards { &self.below[place] } else { &self.above[place] };
        if segments.is_empty() {
            return index[place];
        }
        let other = |&at: &usize| {
            let segment = &self.segments[at];
            // Exits of one box are ordered among themselves, but not relative to its neighbours.
            if downwards { index[segment.lower] } else { index[segment.upper] + segment.port * 1e-4 }
        };
        segments.iter().map(other).sum::<f64>() / segments.len() as f64
    }

    fn indices(&self) -> Vec<usize> {
        let mut index = vec![0; self.rank.len()];
        for row in &self.rows {
            row.iter().enumerate().for_each(|(at, &place)| index[place] = at);
        }
        index
    }

    fn crossings(&self) -> usize {
        let index = self.indices();
        let mut of_row: Vec<Vec<(usize, f64, usize)>> = vec![Vec::new(); self.rows.len()];
        for segment in &self.segments {
            let ends = (index[segment.upper], segment.port, index[segment.lower]);
            of_row[self.rank[segment.lower]].push(ends);
        }
        let cross = |a: &(usize, f64, usize), b: &(usize, f64, usize)| {
            let above = a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
            above.is_ne() && a.2 != b.2 && above != a.2.cmp(&b.2)
        };
        let count = |ends: &Vec<(usize, f64, usize)>| -> usize {
            ends.iter().enumerate().map(|(at, a)| ends[at + 1..].iter().filter(|b| cross(a, b)).count()).sum()
        };
        of_row.iter().map(count).sum()
    }

    /// The middle of each place from left to right. Rows take turns in moving towards their neighbours; the last turn is
    /// that of the operands, which come to stand above their results.
    fn positions(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.rank.len()];
        for row in &self.rows {
            let desired = vec![0.0; row.len()];
            self.settle(row, &desired, &vec![1.0; row.len()], &mut x);
        }
        let count = self.rows.len();
        for sweep in 0..=SWEEPS {
            let upwards = sweep % 2 == 0;
            for step in 1..count {
                let row = &self.rows[if upwards { step } else { count - 1 - step }];
                let desired: Vec<f64> = row.iter().map(|&place| self.desired(place, upwards, &x)).collect();
                let weights: Vec<f64> = row.iter().map(|&place| self.weight(place)).collect();
                self.settle(row, &desired, &weights, &mut x);
            }
        }
        x
    }

    /// Where a place would stand straight above or below what it is connected with.
    fn desired(&self, place: usize, above: bool, x: &[f64]) -> f64 {
        let segments = if above { &self.below[place] } else { &self.above[place] };
        let (mut sum, mut weights) = (0.0, 0.0);
        for &at in segments {
            let segment = &self.segments[at];
            let (other, to) = if above {
                (segment.lower, x[segment.lower] - segment.port)
            } else {
                (segment.upper, x[segment.upper] + segment.port)
            };
            sum += to * self.weight(other);
            weights += self.weight(other);
        }
        if weights > 0.0 { sum / weights } else { x[place] }
    }

    /// Moves a row as near to the desired positions as the room that its places need allows: the weighted squares of the
    /// distances are as small as they can be. (Places that are pressed together move as one.)
    fn settle(&self, row: &[usize], desired: &[f64], weights: &[f64], x: &mut [f64]) {
        let mut shifts = vec![0.0];
        for pair in row.windows(2) {
            shifts.push(shifts[shifts.len() - 1] + self.gap(pair[0], pair[1]));
        }
        // Mean, weight and number of places of each group.
        let mut groups: Vec<(f64, f64, usize)> = Vec::new();
        for ((desired, weight), shift) in desired.iter().zip(weights).zip(&shifts) {
            let mut group = (desired - shift, *weight, 1);
            while let Some(&(mean, weight, count)) = groups.last()
                && mean > group.0
            {
                groups.pop();
                let sum = weight + group.1;
                group = ((mean * weight + group.0 * group.1) / sum, sum, count + group.2);
            }
            groups.push(group);
        }
        let means = groups.iter().flat_map(|&(mean, _, count)| std::iter::repeat_n(mean, count));
        for ((&place, mean), shift) in row.iter().zip(means).zip(&shifts) {
            x[place] = mean + shift;
        }
    }

    fn draw(&self, x: &[f64]) -> Layout {
        let left = (0..x.len()).map(|place| x[place] - self.width(place) / 2.0).fold(f64::INFINITY, f64::min);
        let right = (0..x.len()).map(|place| x[place] + self.width(place) / 2.0).fold(left, f64::max);
        // Whole numbers keep lines sharp. (Halves are frequent, and what is almost one must not go its own way.)
        let x: Vec<f64> = x.iter().map(|x| (x - left + 0.2).round()).collect();
        let levels = self.levels(&x);
        let at_bottom = |item: usize| levels[self.rank[item]].boxes_end;
        let corner = |item: usize| {
            let (width, height) = self.items[item].size;
            (x[item] - width / 2.0, at_bottom(item) - height)
        };
        let mut layout = Layout {
            size: ((right - left).ceil(), levels.first().map_or(0.0, |level| level.boxes_end)),
            corners: (0..self.items.len()).map(corner).collect(),
            labels: Vec::new(),
            runs: Vec::new(),
        };
        for (from, item) in self.items.iter().enumerate() {
            let middle = at_bottom(from) + LABEL_ROOM / 2.0;
            layout.labels.push(item.exits.iter().map(|exit| (x[from] + exit, middle)).collect());
            for (&exit, ways) in item.exits.iter().zip(&self.ways[from]) {
                let start = (x[from] + exit, at_bottom(from));
                let mut pieces = vec![Piece::Straight((start.0, levels[self.rank[from]].end))];
                for &way in ways {
                    let level = &levels[self.rank[way]];
                    pieces.extend([Piece::Bent((x[way], level.start)), Piece::Straight((x[way], level.end))]);
                }
                layout.runs.push(Run { start, pieces, arrives: false });
            }
        }
        let entries = self.entries(&x);
        for (link, entry) in self.links.iter().zip(entries) {
            let (place, port) = self.last_place(*link);
            let start = (x[place] + port, levels[self.rank[place]].end);
            let (end, top) = (x[link.to] + entry, layout.corners[link.to].1);
            let mut pieces = vec![Piece::Bent((end, levels[self.rank[link.to]].start))];
            if top > levels[self.rank[link.to]].start {
                pieces.push(Piece::Straight((end, top)));
            }
            layout.runs.push(Run { start, pieces, arrives: true });
        }
        layout
    }

    /// The heights of the rows.
    fn levels(&self, x: &[f64]) -> Vec<Level> {
        let mut farthest = vec![0.0_f64; self.rows.len()];
        for segment in &self.segments {
            let row = self.rank[segment.lower];
            farthest[row] = farthest[row].max((x[segment.upper] + segment.port - x[segment.lower]).abs());
        }
        let mut levels = Vec::new();
        let mut y = 0.0;
        for (at, row) in self.rows.iter().enumerate().rev() {
            let items = || row.iter().filter_map(|&place| self.items.get(place));
            let height = items().map(|item| item.size.1).fold(0.0, f64::max);
            let labels = if items().any(|item| item.labelled) { LABEL_ROOM } else { 0.0 };
            let level = Level { start: y, boxes_end: y + height, end: y + height + labels };
            let bend = at.checked_sub(1).map_or(0.0, |below| (BEND.0 + 0.16 * farthest[below]).min(BEND.1).round());
            y = level.end + bend;
            levels.push(level);
        }
        levels.reverse();
        levels
    }

    /// Where each link ends at its box, from the middle: beside each other in the order of where they come from, and one
    /// that comes from straight above in the middle.
    fn entries(&self, x: &[f64]) -> Vec<f64> {
        let mut entries = vec![0.0; self.links.len()];
        for item in 0..self.items.len() {
            let mut from: Vec<(f64, usize)> = (0..self.links.len())
                .filter(|&at| self.links[at].to == item)
                .map(|at| {
                    let (place, port) = self.last_place(self.links[at]);
                    (x[place] + port - x[item], at)
                })
                .collect();
            from.sort_by(|a, b| a.0.total_cmp(&b.0));
            let straight = |&(away, _): &(f64, usize)| away.abs() <= 2.0;
            let middle = match (from.iter().position(straight), from.iter().rposition(straight)) {
                (Some(first), Some(last)) => (first + last) as f64 / 2.0,
                _ => from.len().saturating_sub(1) as f64 / 2.0,
            };
            let farthest = middle.max(from.len().saturating_sub(1) as f64 - middle).max(1.0);
            let gap = ENTRY_GAP.min((self.width(item) / 2.0 - 12.0).max(4.0) / farthest);
            for (at, &(away, link)) in from.iter().enumerate() {
                let offset = (at as f64 - middle) * gap;
                // A bend of a pixel would look like a mistake.
                entries[link] = if offset == 0.0 && away.abs() <= 2.0 { away } else { offset };
            }
        }
        entries
    }
}

/// A row from top to bottom: its boxes end at one height, and labels are below them.
struct Level {
    start: f64,
    boxes_end: f64,
    end: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(width: f64, height: f64, exits: &[f64]) -> Item {
        Item { size: (width, height), weight: 1.0, exits: exits.to_vec(), labelled: true }
    }

    /// Boxes whose inputs are any of the later ones, as a fixed stream of numbers decides.
    fn some_graph(seed: u64, count: usize) -> (Vec<Item>, Vec<Link>) {
        let mut state = seed;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let items: Vec<Item> =
            (0..count).map(|_| item(30.0 + next(90) as f64, 20.0 + next(40) as f64, &[0.0])).collect();
        let mut links = Vec::new();
        for to in 0..count - 1 {
            for _ in 0..1 + next(3) {
                links.push(Link { from: to + 1 + next(count - to - 1).min(next(8)), exit: 0, to });
            }
        }
        (items, links)
    }

    /// The pieces of a run as many short straight ones.
    fn points(run: &Run) -> Vec<Point> {
        let mut points = vec![run.start];
        for piece in &run.pieces {
            let from = points[points.len() - 1];
            match *piece {
                Piece::Straight(to) => points.extend((1..=10).map(|step| {
                    let t = f64::from(step) / 10.0;
                    (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
                })),
                Piece::Bent(to) => points.extend((1..=20).map(|step| {
                    let t = f64::from(step) / 20.0;
                    let along = t * t * (3.0 - 2.0 * t);
                    (from.0 + (to.0 - from.0) * along, from.1 + (to.1 - from.1) * t)
                })),
            }
        }
        points
    }

    #[test]
    fn nothing_lies_on_top_of_anything() {
        for seed in 0..60 {
            let (items, links) = some_graph(seed, 3 + seed as usize % 40);
            let layout = layout(&items, &links);
            let inside = |at: usize, (x, y): Point| {
                let ((left, top), (width, height)) = (layout.corners[at], items[at].size);
                x > left - 3.0 && x < left + width + 3.0 && y > top + 0.5 && y < top + height - 0.5
            };
            for (a, &(left, top)) in layout.corners.iter().enumerate() {
                let (width, height) = items[a].size;
                assert!(left >= 0.0 && top >= 0.0, "seed {seed}");
                assert!(left + width <= layout.size.0 + 1.0 && top + height <= layout.size.1 + 0.1, "seed {seed}");
                for (b, &(other, above)) in layout.corners.iter().enumerate().skip(a + 1) {
                    let beside = left + width <= other || other + items[b].size.0 <= left;
                    let over = top + height <= above || above + items[b].size.1 <= top;
                    assert!(beside || over, "seed {seed}: boxes {a} and {b}");
                }
            }
            for run in &layout.runs {
                for point in points(run) {
                    assert!(!(0..items.len()).any(|at| inside(at, point)), "seed {seed}: {run:?} at {point:?}");
                }
            }
        }
    }

    #[test]
    fn what_a_box_is_made_from_stands_above_it() {
        let (items, links) = some_graph(7, 30);
        let layout = layout(&items, &links);
        for link in links {
            let end = layout.corners[link.from].1 + items[link.from].size.1;
            assert!(end < layout.corners[link.to].1);
        }
    }

    #[test]
    fn operands_keep_their_order_and_heavy_boxes_stand_straight() {
        let light = || Item { weight: 1e-6, ..item(60.0, 20.0, &[0.0]) };
        let items = [item(60.0, 20.0, &[]), item(60.0, 20.0, &[0.0]), light()];
        let links = [Link { from: 1, exit: 0, to: 0 }, Link { from: 2, exit: 0, to: 0 }];
        let layout = layout(&items, &links);
        let middle: Vec<f64> = layout.corners.iter().map(|corner| corner.0 + 30.0).collect();
        assert_eq!(middle[0], middle[1]);
        assert!(middle[2] > middle[1]);
    }

    #[test]
    fn exits_of_one_box_are_beside_each_other() {
        let items = [item(60.0, 20.0, &[]), item(120.0, 20.0, &[-30.0, 30.0])];
        let links = [Link { from: 1, exit: 0, to: 0 }, Link { from: 1, exit: 1, to: 0 }];
        let layout = layout(&items, &links);
        assert_eq!(layout.labels[1].iter().map(|label| label.0).collect::<Vec<_>>(), [30.0, 90.0]);
        let ends: Vec<f64> =
            layout.runs.iter().filter(|run| run.arrives).map(|run| points(run).last().unwrap().0).collect();
        assert!(ends[0] < ends[1]);
    }

    #[test]
    fn crossings_that_can_be_avoided_are() {
        // Two results of two operands, each of the farther one.
        let items: Vec<Item> = (0..5).map(|_| item(40.0, 20.0, &[0.0])).collect();
        let link = |from, to| Link { from, exit: 0, to };
        let links = [link(1, 0), link(2, 0), link(4, 1), link(3, 2), link(3, 2)];
        let mut rows = Rows::of(&items, &links);
        rows.order();
        assert_eq!(rows.crossings(), 0);
    }
}
