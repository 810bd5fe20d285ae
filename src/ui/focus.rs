//! Moving through a panel by arrows: row by row, and within a row from one thing to the next. The library looks for
//! whatever lies within a cone, and so skips rows whose things do not lie below each other.

use egui::{FocusDirection, Id, Key, Rect, Response};

/// What has got the focus comes into view; called at the end of what scrolls. The library does not see to it: by the time a
/// thing that arrows reach is laid out again, it counts as having had the focus before.
pub(super) fn follow(ui: &egui::Ui) {
    let focused = ui.memory(|m| m.focused());
    let key = ui.unique_id().with("followed");
    let last = ui.data_mut(|d| std::mem::replace(d.get_temp_mut_or_default::<Option<Id>>(key), focused));
    let given = ui.data_mut(|d| d.remove_temp::<Option<Id>>(given_id())).flatten();
    if focused == last || (given.is_some() && given == focused) {
        return;
    }
    let Some(response) = focused.and_then(|id| ui.ctx().read_response(id)) else {
        return;
    };
    // What stands elsewhere, over a list for instance, is not cut off.
    let cut_off = !response.interact_rect.expand(0.5).contains_rect(response.rect);
    if cut_off && ui.min_rect().contains(response.rect.center()) {
        ui.scroll_to_rect(response.rect.expand(12.0), None);
    }
}

/// Gives the focus to something in a page that has just been opened. It does not have to come into view: a page opens with its
/// title, and nobody has gone down in it yet.
pub(super) fn give(context: &egui::Context, id: Id) {
    context.memory_mut(|m| m.request_focus(id));
    context.data_mut(|d| d.insert_temp(given_id(), Some(id)));
}

fn given_id() -> Id {
    Id::unique("given focus")
}

/// Lets arrows up and down leave a field of one line, which would keep them; a gamepad has no other way out, and in the
/// field for words Tab has its own work.
pub(super) fn leave_by_arrows(field: &Response) {
    if !field.has_focus() {
        return;
    }
    let direction = field.ctx.input(|i| {
        if i.key_pressed(Key::ArrowUp) {
            FocusDirection::Up
        } else if i.key_pressed(Key::ArrowDown) {
            FocusDirection::Down
        } else {
            FocusDirection::None
        }
    });
    if direction != FocusDirection::None {
        field.ctx.memory_mut(|m| m.move_focus(direction));
        field.ctx.request_repaint();
    }
}

/// One thing that can be focused.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    id: Id,
    rect: Rect,
    column: usize,
    row: usize,
    /// It needs the arrows to the left and right for itself.
    slides: bool,
}

/// What a panel remembers of its focus from frame to frame.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FocusMemory {
    /// It has had a focus since it was opened.
    began: bool,
    /// What the arrows reached last, and where they came from to it: who goes down a list of uneven rows does not
    /// drift to its side.
    reached: Option<(Id, f32)>,
    /// Where the focus was last: what stood there may be gone.
    last: Option<Rect>,
}

/// Everything in a panel that can be focused, in the order of its layout.
#[derive(Debug, Default)]
pub(super) struct FocusGrid {
    places: Vec<Place>,
    column: usize,
    row: usize,
    start: Option<Id>,
}

impl FocusGrid {
    /// What follows stands in a column to the right.
    pub(super) fn next_column(&mut self) {
        self.column += 1;
        self.next_row();
    }

    /// What follows stands in a row below.
    pub(super) fn next_row(&mut self) {
        self.row += 1;
    }

    /// A thing of the present row. The first of all is where arrows start.
    pub(super) fn add(&mut self, response: &Response) {
        self.place(response, false);
    }

    /// A slider of the present row.
    pub(super) fn add_slider(&mut self, response: &Response) {
        self.place(response, true);
    }

    fn place(&mut self, response: &Response, slides: bool) {
        self.start.get_or_insert(response.id);
        self.places.push(Place {
            id: response.id,
            rect: response.rect,
            column: self.column,
            row: self.row,
            slides,
        });
    }

    /// Arrows start from what follows, not from the first thing of all.
    pub(super) fn start_here(&mut self) {
        self.start = None;
    }

    /// Moves the focus if an arrow was pressed, and gives it to somebody if nobody has it.
    pub(super) fn finish(&self, context: &egui::Context, memory: &mut FocusMemory) {
        let arrow = context.input(|i| {
            [
                (Key::ArrowUp, FocusDirection::Up),
                (Key::ArrowDown, FocusDirection::Down),
                (Key::ArrowLeft, FocusDirection::Left),
                (Key::ArrowRight, FocusDirection::Right),
            ]
            .into_iter()
            .find(|(key, _)| i.key_pressed(*key))
            .map(|(_, direction)| direction)
        });
        let holder = context.memory(|m| m.focused());
        let from = self.places.iter().find(|place| Some(place.id) == holder);
        if let Some(from) = from {
            memory.last = Some(from.rect);
        }
        let to = match (from, arrow) {
            (Some(from), Some(arrow)) => {
                let kept = memory.reached.filter(|(id, _)| *id == from.id);
                let x = kept.map_or(from.rect.center().x, |(_, x)| x);
                let to = self.next(from, arrow, x);
                let upright = matches!(arrow, FocusDirection::Up | FocusDirection::Down);
                memory.reached = to.filter(|_| upright).map(|to| (to, x));
                to
            }
            (Some(_), None) => None,
            (None, _) => {
                let lost = holder.is_none() && arrow.is_some();
                let near = memory.last.and_then(|at| self.nearest(at));
                near.or(self.start).filter(|_| !memory.began || lost)
            }
        };
        if let Some(to) = to {
            match std::mem::replace(&mut memory.began, true) {
                true => context.memory_mut(|m| m.request_focus(to)),
                false => give(context, to),
            }
            // It shows in the next frame.
            context.request_repaint();
        }
        if arrow.is_some() {
            // The library shall not move on from here.
            context.memory_mut(|m| m.move_focus(FocusDirection::None));
        }
    }

    /// What stands nearest to where something was.
    fn nearest(&self, at: Rect) -> Option<Id> {
        let far = |place: &Place| place.rect.center().distance_sq(at.center());
        let nearest = self.places.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
        nearest.map(|place| place.id)
    }

    /// What an arrow leads to; `from_x` is where it comes from if it leads up or down.
    fn next(&self, from: &Place, arrow: FocusDirection, from_x: f32) -> Option<Id> {
        let x = |place: &Place| (place.rect.center().x - from_x).abs();
        let y = |place: &Place| (place.rect.center().y - from.rect.center().y).abs();
        let nearest = |places: &mut dyn Iterator<Item = &Place>, far: &dyn Fn(&Place) -> f32| {
            places.min_by(|a, b| far(a).total_cmp(&far(b))).map(|place| place.id)
        };
        let same_column = || self.places.iter().filter(|p| p.column == from.column);
        match arrow {
            FocusDirection::Up => {
                let row = same_column().map(|p| p.row).filter(|row| *row < from.row).max()?;
                nearest(&mut same_column().filter(|p| p.row == row), &x)
            }
            FocusDirection::Down => {
                let row = same_column().map(|p| p.row).filter(|row| *row > from.row).min()?;
                nearest(&mut same_column().filter(|p| p.row == row), &x)
            }
            FocusDirection::Left | FocusDirection::Right if from.slides => None,
            FocusDirection::Left | FocusDirection::Right => {
                let right = arrow == FocusDirection::Right;
                let row = self.places.iter().filter(|p| p.row == from.row);
                // A row may be broken into lines: the order of layout counts, not the place.
                let beside = if right {
                    row.skip_while(|p| p.id != from.id).nth(1)
                } else {
                    row.take_while(|p| p.id != from.id).last()
                };
                if let Some(beside) = beside {
                    return Some(beside.id);
                }
                let column = if right {
                    from.column + 1
                } else {
                    from.column.checked_sub(1)?
                };
                nearest(&mut self.places.iter().filter(|p| p.column == column), &y)
            }
            _ => None,
        }
    }
}
