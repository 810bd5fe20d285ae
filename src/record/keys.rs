//! Draws the pressed keys into a frame: caps with arrows for walking at the left, for looking at the right. The signs say what
//! was asked for, not which key or button it is bound to.

use crate::control::Keys;
use crate::frame::Frame;

/// Side of a cap, and the gap between two, in pixels of a frame of [`HEIGHT_PX`] lines; larger frames have larger ones.
const CAP_PX: usize = 9;
const GAP_PX: usize = 1;
const MARGIN_PX: usize = 4;
const HEIGHT_PX: usize = 112;

const UP: Sign = &["..#..", ".###.", "#####"];
const DOWN: Sign = &["#####", ".###.", "..#.."];
const LEFT: Sign = &["..#", ".##", "###", ".##", "..#"];
const RIGHT: Sign = &["#..", "##.", "###", "##.", "#.."];
const TURN_LEFT: Sign = &["..#", ".#.", "#..", ".#.", "..#"];
const TURN_RIGHT: Sign = &["#..", ".#.", "..#", ".#.", "#.."];
const LOOK_UP: Sign = &["..#..", ".#.#.", "#...#"];
const LOOK_DOWN: Sign = &["#...#", ".#.#.", "..#.."];
const RUN: Sign = &[
    "##..#.#.#..#",
    "#.#.#.#.##.#",
    "##..#.#.#.##",
    "#.#.#.#.#..#",
    "#.#..#..#..#",
];

type Sign = &'static [&'static str];

/// One cap: its place in a grid of two rows, its width in pixels, what it says, and the key that lights it.
struct Cap {
    column: usize,
    row: usize,
    width_px: usize,
    sign: Sign,
    key: Keys,
}

const fn cap(column: usize, row: usize, sign: Sign, key: Keys) -> Cap {
    Cap {
        column,
        row,
        width_px: CAP_PX,
        sign,
        key,
    }
}

const WALK: [Cap; 5] = [
    cap(1, 0, UP, Keys::FORWARD),
    cap(0, 1, LEFT, Keys::LEFT),
    cap(1, 1, DOWN, Keys::BACK),
    cap(2, 1, RIGHT, Keys::RIGHT),
    Cap {
        column: 3,
        row: 1,
        width_px: 16,
        sign: RUN,
        key: Keys::RUN,
    },
];
const LOOK: [Cap; 4] = [
    cap(1, 0, LOOK_UP, Keys::LOOK_UP),
    cap(0, 1, TURN_LEFT, Keys::TURN_LEFT),
    cap(1, 1, LOOK_DOWN, Keys::LOOK_DOWN),
    cap(2, 1, TURN_RIGHT, Keys::TURN_RIGHT),
];

/// A colour and how much of it covers the picture, of 256.
type Paint = ([u8; 3], u32);

const LIT: [Paint; 2] = [([240, 238, 232], 225), ([20, 20, 22], 256)];
const DARK: [Paint; 2] = [([14, 16, 20], 120), ([240, 238, 232], 150)];

/// The frame with the keys in its lower corners. One that is too small for them stays as it is.
pub fn draw_keys(frame: &Frame, keys: Keys) -> Frame {
    let unit_px = ((frame.height_px as f64 / HEIGHT_PX as f64).round() as usize).max(1);
    let pitch = CAP_PX + GAP_PX;
    let look_width = 3 * pitch - GAP_PX;
    let walk_width = look_width + GAP_PX + WALK[4].width_px;
    let (width, height) = (frame.width_px / unit_px, frame.height_px / unit_px);
    if width < walk_width + look_width + 3 * MARGIN_PX || height < 2 * pitch + 2 * MARGIN_PX {
        return frame.clone();
    }
    let mut rgba = frame.rgba.to_vec();
    let top = height - MARGIN_PX - 2 * pitch + GAP_PX;
    let groups = [(&WALK[..], MARGIN_PX), (&LOOK[..], width - MARGIN_PX - look_width)];
    for (cap, left) in groups
        .iter()
        .flat_map(|(caps, left)| caps.iter().map(|cap| (cap, *left)))
    {
        let at = [left + cap.column * pitch, top + cap.row * pitch];
        let paints = if keys.has(cap.key) { LIT } else { DARK };
        for y in 0..CAP_PX {
            for x in 0..cap.width_px {
                if let Some(paint) = cap.paint_at(x, y, &paints) {
                    let corner = [at[0] + x, at[1] + y].map(|v| v * unit_px);
                    fill(&mut rgba, frame.width_px, corner, unit_px, paint);
                }
            }
        }
    }
    Frame {
        rgba: rgba.into(),
        ..*frame
    }
}

impl Cap {
    /// The paint of one of its pixels: the sign's, the cap's, or none at its corners.
    fn paint_at(&self, x: usize, y: usize, [ground, sign]: &[Paint; 2]) -> Option<Paint> {
        let corner = (x == 0 || x + 1 == self.width_px) && (y == 0 || y + 1 == CAP_PX);
        if corner {
            return None;
        }
        let (rows, columns) = (self.sign.len(), self.sign[0].len());
        let column = x.checked_sub((self.width_px - columns) / 2);
        let row = y.checked_sub((CAP_PX - rows) / 2);
        let drawn = row
            .and_then(|row| self.sign.get(row))
            .zip(column)
            .and_then(|(row, column)| row.as_bytes().get(column));
        Some(if drawn == Some(&b'#') { *sign } else { *ground })
    }
}

/// Paints a square.
fn fill(rgba: &mut [u8], width_px: usize, [left, top]: [usize; 2], side_px: usize, (color, cover): Paint) {
    for y in top..top + side_px {
        let row = 4 * (y * width_px + left);
        for pixel in rgba[row..row + 4 * side_px].chunks_exact_mut(4) {
            for (to, from) in pixel.iter_mut().zip(color) {
                *to = ((u32::from(*to) * (256 - cover) + u32::from(from) * cover) / 256) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width_px: usize, height_px: usize) -> Frame {
        Frame::from_rgb(width_px, height_px, &vec![110; 3 * width_px * height_px], 7)
    }

    /// How bright a picture is on average in the cap at this column from the left or right margin and this row.
    fn brightness(frame: &Frame, unit_px: usize, left: usize, row: usize) -> f64 {
        let top = frame.height_px / unit_px - MARGIN_PX - 19 + 10 * row;
        let cells = (0..CAP_PX).flat_map(|y| (0..CAP_PX).map(move |x| (x, y)));
        let at = |(x, y)| {
            let pixel = (top + y) * unit_px * frame.width_px + (left + x) * unit_px;
            f64::from(frame.rgba[4 * pixel + 1])
        };
        cells.map(at).sum::<f64>() / (CAP_PX * CAP_PX) as f64
    }

    #[test]
    fn each_key_lights_its_own_cap_at_any_size() {
        for (width, height, unit) in [(192, 112, 1), (640, 352, 3)] {
            let frame = grey(width, height);
            let right = width / unit - MARGIN_PX - 29;
            let places = [
                (Keys::FORWARD, MARGIN_PX + 10, 0),
                (Keys::LEFT, MARGIN_PX, 1),
                (Keys::BACK, MARGIN_PX + 10, 1),
                (Keys::RIGHT, MARGIN_PX + 20, 1),
                (Keys::RUN, MARGIN_PX + 30, 1),
                (Keys::LOOK_UP, right + 10, 0),
                (Keys::TURN_LEFT, right, 1),
                (Keys::LOOK_DOWN, right + 10, 1),
                (Keys::TURN_RIGHT, right + 20, 1),
            ];
            for (key, ..) in places {
                let drawn = draw_keys(&frame, key);
                assert_eq!(drawn.index, 7);
                for (other, left, row) in places {
                    let bright = brightness(&drawn, unit, left, row);
                    assert_eq!(bright > 130.0, other == key, "{key:?}: {other:?} is {bright}");
                }
            }
        }
    }

    #[test]
    fn the_picture_stays_as_it_is_outside_of_the_caps_and_in_frames_too_small_for_them() {
        let frame = grey(192, 112);
        let drawn = draw_keys(&frame, Keys::FORWARD);
        let upper = 4 * 192 * (112 - MARGIN_PX - 19);
        assert_eq!(drawn.rgba[..upper], frame.rgba[..upper]);
        assert_ne!(drawn.rgba, frame.rgba);
        let small = grey(32, 32);
        assert_eq!(draw_keys(&small, Keys::FORWARD), small);
    }
}
