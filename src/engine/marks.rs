//! Marks at the two ends of a stretch of the walk, to be saved; on the engine thread. A mark is a picture of the past and lasts
//! as long as that picture is kept, also on a branch that was left: who goes back to mark something walks on from there.

use std::sync::Arc;

use super::command::Event;
use super::history::History;
use super::moment::Packed;
use super::thread::Machine;

/// Which end of a stretch a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkEnd {
    /// The first picture of it.
    In,
    /// The last one.
    Out,
}

impl MarkEnd {
    /// Both.
    pub const ALL: [Self; 2] = [Self::In, Self::Out];

    fn other(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// Where a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkPlace {
    /// The number of the video frame.
    pub frame: u64,
    /// The line of the tree of branches that it lies on.
    pub line: u64,
}

/// What is marked of a walk. If both ends are, one comes to the last picture by way of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The first frame of the stretch.
    pub from: Option<MarkPlace>,
    /// Its last frame.
    pub to: Option<MarkPlace>,
}

impl Marked {
    /// Whether anything is marked.
    pub fn is_any(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Where one end is.
    pub fn at(&self, end: MarkEnd) -> Option<MarkPlace> {
        match end {
            MarkEnd::In => self.from,
            MarkEnd::Out => self.to,
        }
    }

    /// How many frames the stretch has, if both ends are marked.
    pub fn frames(&self) -> Option<u64> {
        Some((self.to?.frame + 1).saturating_sub(self.from?.frame))
    }
}

/// The marked pictures. Another picture of the same number, on another branch, is not the one that was marked: so they are
/// told apart by where their bytes lie.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) from: Option<Packed>,
    pub(super) to: Option<Packed>,
    /// What the window knows.
    told: Marked,
}

impl Marks {
    pub(super) fn slot(&mut self, end: MarkEnd) -> &mut Option<Packed> {
        match end {
            MarkEnd::In => &mut self.from,
            MarkEnd::Out => &mut self.to,
        }
    }
}

/// Whether two are the same picture, and not only of the same number.
pub(super) fn is_same(a: &Packed, b: &Packed) -> bool {
    Arc::ptr_eq(&a.png, &b.png)
}

impl Machine {
    /// Marks the picture of this number, or takes its mark away.
    pub(super) fn mark(&mut self, end: MarkEnd, frame: u64) {
        if self.walk.is_none() {
            return self.refuse("There is no walk to mark yet.");
        }
        let Some(history) = &mut self.history else {
            return self.refuse("This world is too large for its past to be kept, so nothing in it can be marked.");
        };
        let Some(picture) = history.picture_of_frame(frame).cloned() else {
            return self.refuse("This picture is not kept, so it cannot be marked.");
        };
        if history.mark(end, picture) {
            let text = match end {
                MarkEnd::In => "The out mark has gone: no way leads to it from the new in mark.",
                MarkEnd::Out => "The in mark has gone: no way leads from it to the new out mark.",
            };
            let text = text.to_owned();
            self.tell(Event::Done(text));
        }
        // Whoever marks is shown where.
        self.tell_branches();
    }

    /// Marks whose pictures are not kept any more are dropped with a word. The window is told what has changed.
    pub(super) fn see_to_marks(&mut self) {
        let Some(history) = &mut self.history else { return };
        let lost = history.drop_lost_marks();
        let marked = history.marked();
        let is_new = std::mem::replace(&mut history.marks.told, marked) != marked;
        match lost[..] {
            [] => {}
            [end] => {
                let text = format!("The {} mark has gone: its picture is not kept any more.", end.said());
                self.tell(Event::Done(text));
            }
            _ => {
                let text = "The marks have gone: their pictures are not kept any more.";
                self.tell(Event::Done(text.to_owned()));
            }
        }
        if is_new {
            self.tell(Event::Marked(marked));
        }
    }

    /// A window that has begun anew knows of no marks.
    pub(super) fn forget_told_marks(&mut self) {
        if let Some(history) = &mut self.history {
            history.marks.told = Marked::default();
        }
    }
}

impl History {
    /// Marks a picture, or takes the mark away that is there already. The other mark goes if no stretch lies between; true if
    /// it does.
    pub(super) fn mark(&mut self, end: MarkEnd, picture: Packed) -> bool {
        let slot = self.marks.slot(end);
        if slot.as_ref().is_some_and(|mark| is_same(mark, &picture)) {
            *slot = None;
            return false;
        }
        *slot = Some(picture);
        let both = self.marks.from.is_some() && self.marks.to.is_some();
        let wrong = both && !self.has_whole_stretch();
        if wrong {
            *self.marks.slot(end.other()) = None;
        }
        wrong
    }

    /// What is marked, for a window.
    pub(super) fn marked(&self) -> Marked {
        let place = |mark: &Option<Packed>| {
            let mark = mark.as_ref()?;
            let line = self.line_of(mark)?;
            Some(MarkPlace {
                frame: mark.index,
                line,
            })
        };
        Marked {
            from: place(&self.marks.from),
            to: place(&self.marks.to),
        }
    }

    /// Whether both ends are marked and all that lies between is kept on one way.
    fn has_whole_stretch(&self) -> bool {
        let (Some(from), Some(to)) = (&self.marks.from, &self.marks.to) else {
            return false;
        };
        let Some(line) = self.line_of(to).filter(|_| from.index <= to.index) else {
            return false;
        };
        let begins = self
            .picture_on(line, from.index)
            .is_some_and(|first| is_same(first, from));
        begins && (from.index..to.index).all(|frame| self.picture_on(line, frame).is_some())
    }

    /// The pictures from the in mark to the out mark, both included, in the order of the walk; `None` unless all are there.
    pub(super) fn marked_pictures(&self) -> Option<Vec<Packed>> {
        let (from, to) = (self.marks.from.as_ref()?, self.marks.to.as_ref()?);
        let line = self.line_of(to).filter(|_| self.has_whole_stretch())?;
        let numbers = from.index..=to.index;
        numbers.map(|frame| self.picture_on(line, frame).cloned()).collect()
    }

    /// Drops marks whose pictures are not kept any more. What lies between two goes oldest first, and so does the first mark.
    pub(super) fn drop_lost_marks(&mut self) -> Vec<MarkEnd> {
        let mut lost = Vec::new();
        for end in MarkEnd::ALL {
            let mark = self.marks.slot(end).clone();
            if mark.is_some_and(|mark| self.line_of(&mark).is_none()) {
                *self.marks.slot(end) = None;
                lost.push(end);
            }
        }
        let both = self.marks.from.is_some() && self.marks.to.is_some();
        if both && !self.has_whole_stretch() {
            self.marks.from = None;
            lost.push(MarkEnd::In);
        }
        lost
    }
}
