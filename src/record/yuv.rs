//! RGB to planar 4:2:0 in BT.709, limited range: what the encoder eats and what the file says it holds.

use crate::frame::Frame;

/// One picture in 4:2:0 planes. Sizes are even.
#[derive(Debug)]
pub(super) struct Yuv420 {
    pub(super) width_px: usize,
    pub(super) height_px: usize,
    pub(super) y: Vec<u8>,
    pub(super) u: Vec<u8>,
    pub(super) v: Vec<u8>,
}

// BT.709 luma weights with 219/255 folded in, and chroma weights with 224/255, as 16-bit fixed point.
const SHIFT: i32 = 16;
const Y_R: i32 = 11966;
const Y_G: i32 = 40254;
const Y_B: i32 = 4064;
const U_R: i32 = -6596;
const U_G: i32 = -22189;
const U_B: i32 = 28785;
const V_R: i32 = 28785;
const V_G: i32 = -26145;
const V_B: i32 = -2640;

/// Odd sizes grow to the next even one (the last column or row is repeated, nothing is lost).
pub(super) fn even(size_px: usize) -> usize {
    size_px + size_px % 2
}

impl Yuv420 {
    /// A black picture that holds frames of the given size.
    pub(super) fn new(width_px: usize, height_px: usize) -> Self {
        let (w, h) = (even(width_px), even(height_px));
        Self {
            width_px: w,
            height_px: h,
            y: vec![16; w * h],
            u: vec![128; w * h / 4],
            v: vec![128; w * h / 4],
        }
    }

    /// Takes over a frame's colours. The frame's size, made even, is this picture's.
    pub(super) fn fill(&mut self, frame: &Frame) {
        let (fw, fh) = (frame.width_px, frame.height_px);
        let pixel = |x: usize, y: usize| {
            let i = 4 * (y.min(fh - 1) * fw + x.min(fw - 1));
            let p = &frame.rgba[i..i + 3];
            [i32::from(p[0]), i32::from(p[1]), i32::from(p[2])]
        };
        let half = self.width_px / 2;
        for by in 0..self.height_px / 2 {
            for bx in 0..half {
                let mut sum = [0; 3];
                for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let (x, y) = (2 * bx + dx, 2 * by + dy);
                    let [r, g, b] = pixel(x, y);
                    sum[0] += r;
                    sum[1] += g;
                    sum[2] += b;
                    let luma = (Y_R * r + Y_G * g + Y_B * b + (1 << (SHIFT - 1))) >> SHIFT;
                    self.y[y * self.width_px + x] = (16 + luma) as u8;
                }
                // The sum of four pixels: two more bits to shift out.
                let chroma = |cr: i32, cg: i32, cb: i32| {
                    let c = cr * sum[0] + cg * sum[1] + cb * sum[2] + (1 << (SHIFT + 1));
                    (128 + (c >> (SHIFT + 2))) as u8
                };
                self.u[by * half + bx] = chroma(U_R, U_G, U_B);
                self.v[by * half + bx] = chroma(V_R, V_G, V_B);
            }
        }
    }
}

/// BT.709 limited-range planes back to packed RGB.
pub(super) fn to_rgb(picture: &impl openh264::formats::YUVSource) -> Vec<u8> {
    let (w, h) = picture.dimensions();
    let (sy, su, sv) = picture.strides();
    let mut rgb = Vec::with_capacity(3 * w * h);
    for y in 0..h {
        for x in 0..w {
            let luma = (f32::from(picture.y()[y * sy + x]) - 16.0) / 219.0;
            let cb = (f32::from(picture.u()[y / 2 * su + x / 2]) - 128.0) / 224.0;
            let cr = (f32::from(picture.v()[y / 2 * sv + x / 2]) - 128.0) / 224.0;
            let r = luma + 1.5748 * cr;
            let b = luma + 1.8556 * cb;
            let g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152;
            rgb.extend([r, g, b].map(|c| (255.0 * c).round().clamp(0.0, 255.0) as u8));
        }
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(rgb: [u8; 3]) -> (u8, u8, u8) {
        let frame = Frame::from_rgb(2, 2, &rgb.repeat(4), 0);
        let mut yuv = Yuv420::new(2, 2);
        yuv.fill(&frame);
        (yuv.y[0], yuv.u[0], yuv.v[0])
    }

    #[test]
    fn known_colours_have_their_bt709_values() {
        assert_eq!(flat([0, 0, 0]), (16, 128, 128));
        assert_eq!(flat([255, 255, 255]), (235, 128, 128));
        assert_eq!(flat([128, 128, 128]), (126, 128, 128));
        assert_eq!(flat([255, 0, 0]), (63, 102, 240));
        assert_eq!(flat([0, 255, 0]), (173, 42, 26));
        assert_eq!(flat([0, 0, 255]), (32, 240, 118));
    }

    #[test]
    fn odd_sizes_repeat_the_last_column_and_row() {
        let mut yuv = Yuv420::new(3, 1);
        let rgb = [0, 0, 0, 0, 0, 0, 255, 255, 255];
        yuv.fill(&Frame::from_rgb(3, 1, &rgb, 0));
        assert_eq!((yuv.width_px, yuv.height_px), (4, 2));
        assert_eq!(yuv.y, [16, 16, 235, 235, 16, 16, 235, 235]);
    }
}
