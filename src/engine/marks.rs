//! Marks at the two ends of a stretch of the walk, to be saved; on the engine thread. A mark is a picture of the past and lasts
//! as long as that picture is kept on the way to where the walk is.

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

/// The numbers of the marked video frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The first frame of the stretch.
    pub from: Option<u64>,
    /// Its last frame.
    pub to: Option<u64>,
}

impl Marked {
    /// Whether anything is marked.
    pub fn is_any(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// The frame at one end.
    pub fn at(&self, end: MarkEnd) -> Option<u64> {
        match end {
            MarkEnd::In => self.from,
            MarkEnd::Out => self.to,
        }
    }

    /// How many frames the stretch has, if both ends are marked.
    pub fn frames(&self) -> Option<u64> {
        Some((self.to? + 1).saturating_sub(self.from?))
    }
}

/// The marked pictures. Another picture of the same number, on another branch, is not the one that was marked: so they are
/// told apart by where their bytes lie.
#[derive(Default)]
pub(super) struct Marks {
    from: Option<Packed>,
    to: Option<Packed>,
}

impl Marks {
    fn slot(&mut self, end: MarkEnd) -> &mut Option<Packed> {
        match end {
            MarkEnd::In => &mut self.from,
            MarkEnd::Out => &mut self.to,
        }
    }

    pub(super) fn numbers(&self) -> Marked {
        let number = |mark: &Option<Packed>| mark.as_ref().map(|picture| picture.index);
        Marked {
            from: number(&self.from),
            to: number(&self.to),
        }
    }

    /// Marks a picture, or takes the mark away that is there already. A mark that would lie on the wrong side of it goes; true
    /// if one does.
    pub(super) fn set(&mut self, end: MarkEnd, picture: Packed) -> bool {
        let number = picture.index;
        let slot = self.slot(end);
        if slot.as_ref().is_some_and(|mark| mark.index == number) {
            *slot = None;
            return false;
        }
        *slot = Some(picture);
        let numbers = self.numbers();
        let wrong = numbers.frames() == Some(0);
        if wrong {
            *self.slot(end.other()) = None;
        }
        wrong
    }

    /// Drops what is not kept any more; which ends those were.
    pub(super) fn keep_only(&mut self, is_kept: impl Fn(&Packed) -> bool) -> Vec<MarkEnd> {
        let mut is_lost = |end: MarkEnd| self.slot(end).take_if(|mark| !is_kept(mark)).is_some();
        MarkEnd::ALL.into_iter().filter(|end| is_lost(*end)).collect()
    }
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
        if history.marks.set(end, picture) {
            let (end, other) = (end.said(), end.other().said());
            let text = format!("The {other} mark lay on the wrong side of the new {end} mark and has gone.");
            self.tell(Event::Done(text));
        }
        self.tell_marks();
        // Whoever marks is shown where.
        self.tell_branches();
    }

    pub(super) fn tell_marks(&self) {
        let marked = self.history.as_ref().map(|history| history.marks.numbers());
        self.tell(Event::Marked(marked.unwrap_or_default()));
    }

    /// Marks whose pictures are not kept any more, or lie on another branch now, are dropped with a word.
    pub(super) fn drop_lost_marks(&mut self) {
        let lost = self.history.as_mut().map(History::drop_lost_marks).unwrap_or_default();
        let text = match lost[..] {
            [] => return,
            [end] => format!(
                "The {} mark has gone: its picture is not kept on this way any more.",
                end.said()
            ),
            _ => "Both marks have gone: their pictures are not kept on this way any more.".to_owned(),
        };
        self.tell(Event::Done(text));
        self.tell_marks();
    }
}

/// Whether two are the same picture, and not only of the same number.
pub(super) fn is_same(a: &Packed, b: &Packed) -> bool {
    Arc::ptr_eq(&a.png, &b.png)
}
