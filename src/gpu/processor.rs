//! The upscaler for software adapters, where the processor draws: the same filters as the shaders, in plain loops that
//! the compiler turns into vector code. At 160x96 to 1280x768 it takes a fifth of the time that a software driver needs for
//! the shaders, and the networks want that time.

use super::letterbox::Rect;

/// Scales frames up on the processor.
#[derive(Debug, Default)]
pub(super) struct ProcessorUpscaler {
    planes: Planes,
    doubled: Planes,
    sharp: Vec<[f32; 4]>,
    columns: Vec<[f32; 4]>,
    out: Vec<u8>,
}

/// Three colour planes and their brightness, with a rim of repeated pixels.
#[derive(Debug, Default)]
struct Planes {
    width: usize,
    height: usize,
    stride: usize,
    red: Vec<f32>,
    green: Vec<f32>,
    blue: Vec<f32>,
    bright: Vec<f32>,
    /// The edge at each pixel: how much brighter it is to the right of it, below it, and how sure that is; see `shaders/edge.wgsl`.
    edges: [Vec<f32>; 3],
}

/// Width of the rim: what the widest kernel reaches.
const RIM: usize = 2;

/// Pixels that are worked on at once. Rows are longer by as many, so that the last group may run over.
const LANES: usize = 8;

/// Numbers side by side: arrays of a fixed length that the compiler keeps in vector registers.
#[derive(Clone, Copy)]
struct Wide([f32; LANES]);

impl Wide {
    #[inline(always)]
    fn of(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn load(from: &[f32], at: usize) -> Self {
        let mut lanes = [0.0; LANES];
        lanes.copy_from_slice(&from[at..at + LANES]);
        Self(lanes)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32], at: usize) {
        to[at..at + LANES].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }

    // Comparisons instead of `f32::min`: they are one instruction, as nothing here is ever not a number.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
}

impl std::ops::Add for Wide {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl std::ops::Sub for Wide {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl std::ops::Mul for Wide {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl std::ops::Div for Wide {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

impl Planes {
    fn set_size(&mut self, width: usize, height: usize) {
        self.width = width;
        self.height = height;
        self.stride = width + 2 * RIM + LANES;
        let len = self.stride * (height + 2 * RIM);
        for plane in [&mut self.red, &mut self.green, &mut self.blue, &mut self.bright] {
            plane.resize(len, 0.0);
        }
    }

    fn index(&self, x: usize, y: usize) -> usize {
        (y + RIM) * self.stride + x + RIM
    }

    /// Repeats the outermost pixels into the rim and works out the brightness.
    #[inline(always)]
    fn finish(&mut self) {
        let (w, h, stride) = (self.width, self.height, self.stride);
        for plane in [&mut self.red, &mut self.green, &mut self.blue] {
            for row in plane.chunks_exact_mut(stride).skip(RIM).take(h) {
                let (first, last) = (row[RIM], row[RIM + w - 1]);
                row[..RIM].fill(first);
                row[RIM + w..].fill(last);
            }
            for i in 0..RIM {
                plane.copy_within(RIM * stride..(RIM + 1) * stride, i * stride);
                let last = RIM + h - 1;
                plane.copy_within(last * stride..(last + 1) * stride, (last + 1 + i) * stride);
            }
        }
        for (((bright, red), green), blue) in self.bright.iter_mut().zip(&self.red).zip(&self.green).zip(&self.blue) {
            *bright = green + 0.5 * (red + blue);
        }
    }

    #[inline(always)]
    fn load(&mut self, rgba: &[u8], width: usize, height: usize) {
        self.set_size(width, height);
        for (y, row) in rgba.chunks_exact(4 * width).take(height).enumerate() {
            let start = self.index(0, y);
            for (x, pixel) in row.chunks_exact(4).enumerate() {
                self.red[start + x] = f32::from(pixel[0]) / 255.0;
                self.green[start + x] = f32::from(pixel[1]) / 255.0;
                self.blue[start + x] = f32::from(pixel[2]) / 255.0;
            }
        }
        self.finish();
    }
}

impl Planes {
    /// Works out the edge at each pixel and one pixel around: what the shader finds anew for each of sixteen corners.
    #[inline(always)]
    fn find_edges(&mut self) {
        let (stride, len) = (self.stride, self.bright.len());
        let (tiny, one) = (Wide::of(1e-5), Wide::of(1.0));
        self.edges.iter_mut().for_each(|plane| plane.resize(len, 0.0));
        let [all_across, all_down, all_sure] = &mut self.edges;
        for y in 0..self.height + 2 {
            let begin = (y + RIM - 1) * stride + RIM - 1;
            for x in (0..self.width + 2).step_by(LANES) {
                let at = begin + x;
                let l = |at: usize| Wide::load(&self.bright, at);
                let (above, left, here, right, below) = (l(at - stride), l(at - 1), l(at), l(at + 1), l(at + stride));
                let (across, down) = (right - left, below - above);
                let most_across = (right - here).abs().max((here - left).abs());
                let most_down = (below - here).abs().max((here - above).abs());
                let sure_across = (across.abs() / most_across.max(tiny)).min(one);
                let sure_down = (down.abs() / most_down.max(tiny)).min(one);
                across.store(all_across, at);
                down.store(all_down, at);
                (sure_across * sure_across + sure_down * sure_down).store(all_sure, at);
            }
        }
    }
}

/// Where the twelve texels are: column and row in the 4x4 block around the point.
const TAPS: [(usize, usize); 12] = [
    (1, 0),
    (2, 0),
    (0, 1),
    (1, 1),
    (2, 1),
    (3, 1),
    (0, 2),
    (1, 2),
    (2, 2),
    (3, 2),
    (1, 3),
    (2, 3),
];

/// Eight outputs of one of the four phases of a doubling: `at` is the texel above and left of the first, `fx` and `fy`
/// how far towards the next column and row they lie.
#[inline(always)]
fn double_group(from: &Planes, at: usize, fx: f32, fy: f32) -> [Wide; 3] {
    let corner = at - from.stride - 1;
    let place = |column: usize, row: usize| corner + row * from.stride + column;
    let corners = [(1, 1), (2, 1), (1, 2), (2, 2)];
    let shares = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    let mut sums = [Wide::of(0.0); 3];
    for (sum, plane) in sums.iter_mut().zip(&from.edges) {
        let mut votes = [Wide::of(0.0); 4];
        for ((vote, share), (column, row)) in votes.iter_mut().zip(shares).zip(corners) {
            *vote = Wide::of(share) * Wide::load(plane, place(column, row));
        }
        *sum = votes[0] + votes[1] + (votes[2] + votes[3]);
    }
    let (across, down, sure) = (sums[0], sums[1], sums[2] * Wide::of(0.5));
    let one = Wide::of(1.0);
    let d2 = across * across + down * down;
    let norm = one / d2.max(Wide::of(1e-9)).sqrt();
    // Where there is no edge any direction will do.
    const FLAT: f32 = 1.0 / 32768.0;
    let dx = d2.zip(across * norm, |d2, x| if d2 < FLAT { 1.0 } else { x });
    let dy = d2.zip(down * norm, |d2, y| if d2 < FLAT { 0.0 } else { y });
    let sure = sure * sure;
    let diagonal = one / dx.abs().max(dy.abs());
    let stretch_x = one + (diagonal - one) * sure;
    let stretch_y = one - Wide::of(0.5) * sure;
    let lobe = Wide::of(0.5) - Wide::of(0.29) * sure;
    let clip = one / lobe;

    let mut sums = [Wide::of(0.0); 3];
    let mut weights = Wide::of(0.0);
    let planes = [&from.red, &from.green, &from.blue];
    for (column, row) in TAPS {
        let ox = Wide::of(column as f32 - 1.0 - fx);
        let oy = Wide::of(row as f32 - 1.0 - fy);
        let u = (ox * dx + oy * dy) * stretch_x;
        let v = (oy * dx - ox * dy) * stretch_y;
        let d2 = (u * u + v * v).min(clip);
        let window = Wide::of(0.4) * d2 - one;
        let base = lobe * d2 - one;
        let weight = (Wide::of(1.5625) * window * window - Wide::of(0.5625)) * base * base;
        weights = weights + weight;
        for (sum, plane) in sums.iter_mut().zip(planes) {
            *sum = *sum + weight * Wide::load(plane, place(column, row));
        }
    }
    let scale = one / weights;
    std::array::from_fn(|i| {
        let p = |column, row| Wide::load(planes[i], place(column, row));
        let (a, b, c, d) = (p(1, 1), p(2, 1), p(1, 2), p(2, 2));
        let low = a.min(b).min(c.min(d));
        let high = a.max(b).max(c.max(d));
        (sums[i] * scale).max(low).min(high)
    })
}

/// Doubles a picture along its edges.
#[inline(always)]
fn double(from: &mut Planes, to: &mut Planes) {
    from.find_edges();
    to.set_size(2 * from.width, 2 * from.height);
    for y in 0..to.height {
        // The output's centre in source pixels is (y + 0.5) / 2 - 0.5: a quarter before or behind a texel.
        let (up, fy) = if y % 2 == 0 { (1, 0.75) } else { (0, 0.25) };
        let above = from.index(0, y / 2) - up * from.stride;
        let begin = to.index(0, y);
        for x in (0..from.width).step_by(LANES) {
            let before = double_group(from, above + x - 1, 0.75, fy);
            let behind = double_group(from, above + x, 0.25, fy);
            let planes = [&mut to.red, &mut to.green, &mut to.blue];
            for ((plane, before), behind) in planes.into_iter().zip(before).zip(behind) {
                let many = LANES.min(from.width - x);
                let place = &mut plane[begin + 2 * x..][..2 * many];
                for (pair, (a, b)) in place.chunks_exact_mut(2).zip(before.0.iter().zip(behind.0)) {
                    pair[0] = *a;
                    pair[1] = b;
                }
            }
        }
    }
    to.finish();
}

/// Sharpens, and lays the colours side by side in the order of the target: `swap` for blue first.
#[inline(always)]
fn sharpen(from: &Planes, swap: bool, to: &mut Vec<[f32; 4]>) {
    const SHARPNESS: f32 = 0.5;
    let (w, h, stride) = (from.width, from.height, from.stride);
    to.resize(w * h, [0.0; 4]);
    let mut planes = [&from.red, &from.green, &from.blue];
    if swap {
        planes.reverse();
    }
    let of = Wide::of;
    for y in 0..h {
        for x in (0..w).step_by(LANES) {
            let at = from.index(x, y);
            let mut lobe = of(-1.0);
            let mut sums = [of(0.0); 3];
            for (plane, sum) in planes.iter().zip(&mut sums) {
                let here = Wide::load(plane, at);
                let up = Wide::load(plane, at - stride);
                let down = Wide::load(plane, at + stride);
                let left = Wide::load(plane, at - 1);
                let right = Wide::load(plane, at + 1);
                let low = up.min(down).min(left.min(right)).min(here);
                let high = up.max(down).max(left.max(right)).max(here);
                let room_low = low / (of(4.0) * high).max(of(1e-4));
                let room_high = (of(1.0) - high) / (of(4.0) * low - of(4.0)).min(of(-1e-4));
                lobe = lobe.max((of(0.0) - room_low).max(room_high));
                *sum = up + down + (left + right);
            }
            let lobe = lobe.max(of(-0.1875)).min(of(0.0)) * of(SHARPNESS);
            let scale = of(255.0) / (of(4.0) * lobe + of(1.0));
            let colours: [Wide; 3] = std::array::from_fn(|i| (lobe * sums[i] + Wide::load(planes[i], at)) * scale);
            let many = LANES.min(w - x);
            for (i, out) in to[y * w + x..][..many].iter_mut().enumerate() {
                *out = [colours[0].0[i], colours[1].0[i], colours[2].0[i], 255.0];
            }
        }
    }
}

/// Four neighbours and their weights for one line of a Catmull-Rom enlargement.
struct Line {
    at: [usize; 4],
    weight: [f32; 4],
}

#[inline(always)]
fn lines(from: usize, to: usize) -> Vec<Line> {
    let ratio = from as f32 / to as f32;
    let last = from as isize - 1;
    (0..to)
        .map(|i| {
            let centre = (i as f32 + 0.5) * ratio - 0.5;
            let base = centre.floor();
            let t = centre - base;
            Line {
                at: std::array::from_fn(|k| (base as isize + k as isize - 1).clamp(0, last) as usize),
                weight: [
                    ((-0.5 * t + 1.0) * t - 0.5) * t,
                    (1.5 * t - 2.5) * t * t + 1.0,
                    ((-1.5 * t + 2.0) * t + 0.5) * t,
                    (0.5 * t - 0.5) * t * t,
                ],
            }
        })
        .collect()
}

/// A frame of `size` (four bytes a pixel) scaled to `to` as the window does it.
pub fn upscale(size: [u32; 2], rgba: &[u8], [width, height]: [u32; 2]) -> Vec<u8> {
    let rect = Rect {
        x: 0,
        y: 0,
        width,
        height,
    };
    ProcessorUpscaler::default().scale(size, rgba, rect, false).to_vec()
}

/// A call of [`ProcessorUpscaler::scale`].
struct Scaling<'a> {
    to: &'a mut ProcessorUpscaler,
    size: [u32; 2],
    rgba: &'a [u8],
    rect: Rect,
    swap: bool,
}

impl pulp::WithSimd for Scaling<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.to.scale_in(self.size, self.rgba, self.rect, self.swap);
    }
}

impl ProcessorUpscaler {
    /// Scales a frame to fill `rect`; `swap` puts blue first. Returns four bytes a pixel. In the widest vectors that the processor has: everything below is
    /// `inline(always)`, or it would be compiled for those that every processor has.
    pub(super) fn scale(&mut self, size: [u32; 2], rgba: &[u8], rect: Rect, swap: bool) -> &[u8] {
        pulp::Arch::new().dispatch(Scaling {
            to: self,
            size,
            rgba,
            rect,
            swap,
        });
        &self.out
    }

    #[inline(always)]
    fn scale_in(&mut self, size: [u32; 2], rgba: &[u8], rect: Rect, swap: bool) {
        let [w, h] = size.map(|v| v as usize);
        let (width, height) = (rect.width as usize, rect.height as usize);
        self.planes.load(rgba, w, h);
        let source = if 3 * w <= 2 * width {
            double(&mut self.planes, &mut self.doubled);
            &self.doubled
        } else {
            &self.planes
        };
        let (w, h) = (source.width, source.height);
        sharpen(source, swap, &mut self.sharp);

        self.columns.resize(width * h, [0.0; 4]);
        let across = lines(w, width);
        for (from, to) in self.sharp.chunks_exact(w).zip(self.columns.chunks_exact_mut(width)) {
            for (line, out) in across.iter().zip(to) {
                // Written out: an iterator's sum stays a call of its own, for one pixel, and in narrow vectors.
                let [ia, ib, ic, id] = line.at;
                let (a, b, c, d) = (&from[ia], &from[ib], &from[ic], &from[id]);
                let [wa, wb, wc, wd] = line.weight;
                for (i, out) in out.iter_mut().enumerate() {
                    *out = wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
                }
            }
        }

        self.out.resize(4 * width * height, 0);
        let columns = self.columns.as_flattened();
        for (line, to) in lines(h, height).iter().zip(self.out.chunks_exact_mut(4 * width)) {
            let [a, b, c, d] = line.at.map(|y| &columns[4 * width * y..][..4 * width]);
            let [wa, wb, wc, wd] = line.weight;
            for ((((out, a), b), c), d) in to.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                let value = wa * a + wb * b + wc * c + wd * d;
                // Adding 2^23 leaves the rounded value in the low bits, which vectorises where a cast does not.
                *out = (value.clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(width: u32, height: u32) -> Rect {
        Rect {
            x: 0,
            y: 0,
            width,
            height,
        }
    }

    #[test]
    fn flat_colours_stay_and_edges_stay_put() {
        let (w, h) = (16_u32, 8_u32);
        let mut rgba = Vec::new();
        for _ in 0..h {
            for x in 0..w {
                rgba.extend(if x < w / 2 {
                    [200, 100, 50, 255]
                } else {
                    [20, 40, 60, 255]
                });
            }
        }
        let mut upscaler = ProcessorUpscaler::default();
        let out = upscaler.scale([w, h], &rgba, rect(192, 96), false).to_vec();
        let pixel = |x: usize, y: usize| &out[4 * (192 * y + x)..][..3];
        // Sharpening may go a little beyond the colours beside an edge.
        let near = |a: &[u8], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 6);
        for y in [0, 50, 95] {
            assert!(near(pixel(0, y), [200, 100, 50]), "{:?}", pixel(0, y));
            assert!(near(pixel(84, y), [200, 100, 50]), "{:?}", pixel(84, y));
            assert!(near(pixel(107, y), [20, 40, 60]), "{:?}", pixel(107, y));
            assert!(near(pixel(191, y), [20, 40, 60]), "{:?}", pixel(191, y));
        }
        let swapped = upscaler.scale([w, h], &rgba, rect(192, 96), true);
        assert_eq!(swapped[..4], [out[2], out[1], out[0], 255]);
    }

    #[test]
    fn any_size_of_window_and_frame_works() {
        let mut upscaler = ProcessorUpscaler::default();
        for (w, h) in [(1, 1), (2, 3), (40, 24)] {
            let rgba = vec![77; (4 * w * h) as usize];
            for (width, height) in [(1, 1), (7, 3), (40, 24), (61, 200)] {
                let out = upscaler.scale([w, h], &rgba, rect(width, height), false);
                assert_eq!(out.len(), (4 * width * height) as usize);
                assert!(out.chunks_exact(4).all(|p| p[0].abs_diff(77) <= 1));
            }
        }
    }
}
