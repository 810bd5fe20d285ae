//! Where the picture goes inside the window.

/// A rectangle in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

/// The largest centred rectangle of the picture's shape inside a window (both in pixels).
pub fn letterbox(picture: [u32; 2], window: [u32; 2]) -> Rect {
    let [pw, ph] = picture.map(|v| u64::from(v.max(1)));
    let [ww, wh] = window.map(|v| u64::from(v.max(1)));
    let (width, height) = if ww * ph > wh * pw {
        (((wh * pw + ph / 2) / ph).clamp(1, ww), wh)
    } else {
        (ww, ((ww * ph + pw / 2) / pw).clamp(1, wh))
    };
    // All four fit: they are at most the window's own sides.
    Rect {
        x: ((ww - width) / 2) as u32,
        y: ((wh - height) / 2) as u32,
        width: width as u32,
        height: height as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_above_or_beside_and_equal() {
        let r = letterbox([160, 96], [1280, 800]);
        assert_eq!((r.x, r.y, r.width, r.height), (0, 16, 1280, 768));
        let r = letterbox([160, 96], [1000, 300]);
        assert_eq!((r.x, r.y, r.width, r.height), (250, 0, 500, 300));
        let r = letterbox([160, 96], [320, 192]);
        assert_eq!((r.x, r.y, r.width, r.height), (0, 0, 320, 192));
    }

    #[test]
    fn odd_sizes_never_leave_the_window() {
        for w in 1..70 {
            for h in 1..70 {
                let r = letterbox([160, 96], [w, h]);
                assert!(r.width >= 1 && r.height >= 1);
                assert!(r.x + r.width <= w && r.y + r.height <= h, "{w}x{h}: {r:?}");
            }
        }
    }
}
