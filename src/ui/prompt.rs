//! The words of a walk: a field to write them in, over the picture or in the menu, and the words that the world knows.

use egui::text::{CCursor, CCursorRange};
use egui::{Align2, Color32, RichText, vec2};

use super::{UiCommand, UiState, focus, keys, theme};
use crate::engine::WorldInfo;
use crate::settings::Deed;
use crate::words::say;

/// A box that is less wide has the keys below the title.
const NARROW: f32 = 370.0;

/// What is being written.
#[derive(Default)]
pub(super) struct PromptBox {
    text: String,
    /// The prompt that the text was last taken from.
    taken: Option<String>,
    was_open: bool,
}

/// The words of a text, as a generator splits it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

fn knows(vocabulary: &[String], word: &str) -> bool {
    vocabulary.iter().any(|v| v.eq_ignore_ascii_case(word))
}

/// Words that the world does not know, each once.
fn unknown<'a>(text: &'a str, vocabulary: &[String]) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for word in words(text) {
        if !knows(vocabulary, word) && !found.iter().any(|w| w.eq_ignore_ascii_case(word)) {
            found.push(word);
        }
    }
    found
}

/// The word that is being written: what stands after the last gap.
fn partial(text: &str) -> &str {
    let from = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric())
        .last()
        .map_or(text.len(), |(i, _)| i);
    &text[from..]
}

/// Whether `word` would complete what is being written.
fn completes(text: &str, word: &str, vocabulary: &[String]) -> bool {
    let partial = partial(text);
    !partial.is_empty()
        && !knows(vocabulary, partial)
        && word
            .get(..partial.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(partial))
}

/// Writes a word at the end, over the beginning of it that stands there already.
fn add(text: &mut String, word: &str, vocabulary: &[String]) {
    if completes(text, word, vocabulary) {
        text.truncate(text.len() - partial(text).len());
    } else if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
    text.push_str(word);
}

/// Takes a word out wherever it stands.
fn remove(text: &mut String, word: &str) {
    let kept: Vec<&str> = text
        .split_whitespace()
        .filter(|part| !words(part).any(|w| w.eq_ignore_ascii_case(word)))
        .collect();
    *text = kept.join(" ").trim_end_matches([',', ' ']).to_owned();
}

/// What is to be said about a text, and whether it is a warning.
fn remark(text: &str, world: &WorldInfo) -> (String, bool) {
    let unknown = unknown(text, &world.vocabulary);
    let known = words(text).filter(|w| knows(&world.vocabulary, w)).count();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return (say!("prompt-unknown", world = world.title, words = unknown), true);
    }
    if known > world.prompt_words {
        return (say!("prompt-too-many", most = world.prompt_words), true);
    }
    if known == 0 {
        return (say!("prompt-none").to_owned(), false);
    }
    (say!("prompt-count", count = known, most = world.prompt_words), false)
}

impl PromptBox {
    /// The field, the known words and a remark; true when Enter was pressed in the field.
    fn editor_ui(&mut self, ui: &mut egui::Ui, world: &WorldInfo, id: &str, focus: bool) -> bool {
        let id = egui::Id::unique(id);
        let has_focus = ui.memory(|m| m.has_focus(id));
        // Tab completes; the field keeps it from moving on.
        if has_focus
            && ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, egui::Key::Tab))
            && let Some(word) = world
                .vocabulary
                .iter()
                .find(|w| completes(&self.text, w, &world.vocabulary))
        {
            add(&mut self.text, word, &world.vocabulary);
            self.caret_to_end(ui.ctx(), id);
        }
        let field = egui::TextEdit::singleline(&mut self.text)
            .id(id)
            .hint_text(say!("prompt-field-hint"))
            .char_limit(400)
            .desired_width(ui.available_width())
            .lock_focus(true)
            .margin(egui::Margin::symmetric(10, 8));
        let field = ui.add(field).accessible_name(say!("prompt-field-name"));
        focus::leave_by_arrows(&field);
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if focus {
            // After the field was laid out, so that the key that opened it is not written into it.
            field.request_focus();
            self.caret_to_end(ui.ctx(), id);
        }
        self.words_ui(ui, world, id);
        let (text, warns) = remark(&self.text, world);
        let color = if warns { theme::WARNING } else { theme::DIM };
        ui.add(egui::Label::new(RichText::new(text).small().color(color)).wrap());
        enter
    }

    /// The known words: those in the text are lit, those that would complete it are bright.
    fn words_ui(&mut self, ui: &mut egui::Ui, world: &WorldInfo, field: egui::Id) {
        let mut chosen = None;
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
            ui.spacing_mut().button_padding = vec2(8.0, 3.0);
            ui.spacing_mut().interact_size.y = 22.0;
            ui.horizontal_wrapped(|ui| {
                for word in &world.vocabulary {
                    let used = words(&self.text).any(|w| w.eq_ignore_ascii_case(word));
                    let completes = completes(&self.text, word, &world.vocabulary);
                    let color = if used {
                        theme::ON_ACCENT
                    } else if completes {
                        theme::ACCENT
                    } else {
                        theme::TEXT
                    };
                    let mut chip = egui::Button::new(RichText::new(word).size(13.0).color(color)).corner_radius(11);
                    if used {
                        chip = chip.fill(theme::ACCENT);
                    }
                    let chip = ui.add(chip);
                    theme::named(&chip, word, Some(used));
                    if chip.clicked() {
                        chosen = Some((word, used));
                    }
                }
            });
        });
        if let Some((word, used)) = chosen {
            if used {
                remove(&mut self.text, word);
            } else {
                add(&mut self.text, word, &world.vocabulary);
            }
            ui.memory_mut(|m| m.request_focus(field));
            self.caret_to_end(ui.ctx(), field);
        }
    }

    fn caret_to_end(&self, context: &egui::Context, id: egui::Id) {
        let mut state = egui::TextEdit::load_state(context, id).unwrap_or_default();
        let end = CCursor::new(self.text.chars().count());
        state.cursor.set_char_range(Some(CCursorRange::one(end)));
        egui::TextEdit::store_state(context, id, state);
    }

    /// What was written, without the gaps of writing.
    fn tidy(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Takes over the walk's prompt when it has changed.
    fn take(&mut self, prompt: &str) {
        if self.taken.as_deref() != Some(prompt) {
            self.taken = Some(prompt.to_owned());
            prompt.clone_into(&mut self.text);
        }
    }

    /// The box over the picture while one walks.
    pub(super) fn overlay_ui(&mut self, context: &egui::Context, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
        let Some(world) = state.world.filter(|_| state.prompt_open) else {
            self.was_open = false;
            return;
        };
        let opened = !std::mem::replace(&mut self.was_open, true);
        if opened {
            self.taken = None;
        }
        self.take(state.prompt);
        // What is written next is a word of its own, not the end of the last one.
        if opened && !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        egui::Area::new(egui::Id::unique("prompt"))
            .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -28.0))
            .fade_in(false)
            .show(context, |ui| {
                let frame = theme::sheet_frame(egui::Margin::symmetric(20, 16));
                frame.show(ui, |ui| {
                    let screen = context.content_rect();
                    ui.set_width((screen.width() - 80.0).clamp(40.0, 620.0));
                    let title = RichText::new(say!("prompt-title")).color(Color32::WHITE);
                    let keys = RichText::new(say!("prompt-keys")).small().color(theme::DIM);
                    if ui.available_width() < NARROW {
                        ui.label(title);
                        ui.add(egui::Label::new(keys).wrap());
                    } else {
                        ui.horizontal(|ui| {
                            ui.label(title);
                            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                                ui.add(egui::Label::new(keys).truncate());
                            });
                        });
                    }
                    // A box that is as large as what is in it would else not let it grow.
                    let height = (screen.height() - 130.0).max(60.0);
                    egui::ScrollArea::vertical()
                        .max_height(height)
                        .min_scrolled_height(height)
                        .show(ui, |ui| {
                            if self.editor_ui(ui, world, "prompt over the picture", opened) {
                                commands.push(UiCommand::Prompt(self.tidy()));
                            }
                            focus::follow(ui);
                        });
                });
            });
        if context.input(|i| i.key_pressed(egui::Key::Escape)) {
            commands.push(UiCommand::ClosePrompt);
        }
    }

    /// The part of the menu.
    pub(super) fn menu_ui(&mut self, ui: &mut egui::Ui, state: &UiState<'_>, commands: &mut Vec<UiCommand>) {
        let Some(world) = state.world else { return };
        self.take(state.prompt);
        let key = keys::hint(&state.settings.bindings, Deed::Prompt);
        theme::section(ui, &format!("{}{key}", say!("prompt-section")));
        let enter = self.editor_ui(ui, world, "prompt in the menu", false);
        let changed = self.tidy() != state.prompt;
        let button = egui::Button::new(say!("prompt-use")).min_size(vec2(ui.available_width(), 34.0));
        if ui.add_enabled(changed, button).clicked() || (enter && changed) {
            commands.push(UiCommand::Prompt(self.tidy()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vec<String> {
        ["snow", "savanna", "at", "dusk"].map(str::to_owned).to_vec()
    }

    #[test]
    fn unknown_words_are_named_once() {
        let v = vocabulary();
        assert_eq!(unknown("Snow at dusk, castle; CASTLE dragon", &v), ["castle", "dragon"]);
        assert!(unknown("", &v).is_empty());
    }

    #[test]
    fn a_word_completes_what_stands_there_or_is_added() {
        let v = vocabulary();
        let mut text = "snow s".to_owned();
        assert!(completes(&text, "savanna", &v) && !completes(&text, "dusk", &v));
        add(&mut text, "savanna", &v);
        assert_eq!(text, "snow savanna");
        add(&mut text, "dusk", &v);
        assert_eq!(text, "snow savanna dusk");
        remove(&mut text, "snow");
        assert_eq!(text, "savanna dusk");
        let mut listed = "snow, dusk".to_owned();
        remove(&mut listed, "dusk");
        assert_eq!(listed, "snow");
        // A letter of two bytes has no beginning in common, and breaks nothing.
        assert!(!completes("é", "snow", &v));
    }
}
