//! The words of a walk: written, completed, clicked, used and left alone.

use super::*;

/// The open box. The key that opens it comes as a letter in its first frame, and is not written.
fn opened() -> Panel {
    let mut panel = panel(|_| {});
    panel.state_mut().prompt_open = true;
    panel.write("t");
    panel
}

#[test]
fn the_box_shows_the_words_of_the_walk_and_those_that_are_known() {
    let panel = opened();
    panel.says(&[
        "What shall it be?",
        "snow at \n",
        "forest",
        "dusk",
        "2 of at most 3 words",
    ]);
    assert_eq!(panel.focused().as_deref(), Some("Words for the world"));
}

#[test]
fn what_is_written_is_used_by_enter_and_unknown_words_are_named() {
    let mut panel = opened();
    panel.write("castle");
    panel.says(&["Vale does not know: castle"]);
    let mut panel = opened();
    panel.write(" dusk");
    assert_eq!(
        panel.key(egui::Key::Enter),
        [UiCommand::Prompt("snow at dusk".to_owned())]
    );
}

#[test]
fn tab_completes_and_too_many_words_are_told() {
    let mut panel = opened();
    panel.write(" du");
    panel.key(egui::Key::Tab);
    panel.write(" f");
    panel.key(egui::Key::Tab);
    panel.says(&["Only the first 3 words count here"]);
    assert_eq!(
        panel.key(egui::Key::Enter),
        [UiCommand::Prompt("snow at dusk forest".to_owned())]
    );
}

#[test]
fn escape_leaves_the_words_as_they_are() {
    let mut panel = opened();
    panel.write("x");
    assert_eq!(panel.key(egui::Key::Escape), [UiCommand::ClosePrompt]);
}

#[test]
fn a_click_on_a_known_word_adds_it_and_another_takes_it_away() {
    let mut panel = opened();
    panel.click("forest");
    panel.click("snow");
    assert_eq!(panel.key(egui::Key::Enter), [UiCommand::Prompt("at forest".to_owned())]);
}

#[test]
fn the_menu_has_the_words_too() {
    let mut panel = panel(|scene| scene.menu_open = true);
    panel.says(&["Words (T)", "All worlds"]);
    assert!(!panel.has("Use these words"), "they are in use");
    panel.click("dusk");
    assert_eq!(
        panel.click("Use these words"),
        [UiCommand::Prompt("snow at dusk".to_owned())]
    );
}

#[test]
fn arrows_lead_out_of_the_field_to_the_known_words() {
    let mut panel = opened();
    panel.key(egui::Key::ArrowDown);
    let word = panel.focused();
    assert_eq!(panel.key(egui::Key::Enter), [], "a word was chosen, not the whole");
    assert!(
        ["snow", "forest", "at", "dusk"]
            .map(|w| Some(w.to_owned()))
            .contains(&word)
    );
    assert!(!panel.text().contains("snow at \n"), "{}", panel.text());
}
