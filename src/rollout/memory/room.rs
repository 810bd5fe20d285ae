//! Room for a memory's pictures. It is taken whole when the first picture is kept, so that a walk's memory does not grow with its way, and a heap gets no gaps between
//! pictures that come one by one. Pictures that kept states of the walk still hold can't be used again.

use std::sync::Arc;

use super::Kept;

/// Pictures that hold nothing yet. No part of what a memory is: copies begin without, and all are equal.
#[derive(Debug, Default)]
pub(super) struct Room {
    free: Vec<Kept>,
}

impl Room {
    /// A picture for one of `pixels` pixels, of which the memory may keep so many more, this one included.
    pub(super) fn take(&mut self, pixels: usize, more: usize) -> Kept {
        if self.free.is_empty() {
            // Written, because the system gives memory only then.
            self.free.resize_with(more, || Kept::blank(pixels));
        }
        self.free.pop().unwrap_or_else(|| Kept::blank(pixels))
    }

    /// A picture that is no longer needed here.
    pub(super) fn give_back(&mut self, picture: Arc<Kept>) {
        // Kept states of the walk may still hold it.
        self.free.extend(Arc::into_inner(picture));
    }
}

impl Clone for Room {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Room {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_at_once_and_used_again() {
        let mut room = Room::default();
        let first = room.take(8, 3);
        assert_eq!(room.free.len(), 2);
        let second = Arc::new(room.take(8, 2));
        let shared = second.clone();
        room.give_back(Arc::new(first));
        room.give_back(second);
        assert_eq!(room.free.len(), 2, "the second picture is still in use");
        drop(shared);
        let place = room.free[1].rgb.as_ptr();
        let again = room.take(8, 1);
        assert_eq!(again.rgb.as_ptr(), place);
        assert_eq!(
            [again.rgb.len(), again.inverse_depth.len(), again.stale.len()],
            [24, 8, 8]
        );
        room.take(8, 1);
        assert_eq!(room.free.len(), 0);
        assert_eq!(room.take(8, 1).rgb.len(), 24, "more than were promised");
        assert_eq!(room.clone().free.len(), 0);
    }
}
