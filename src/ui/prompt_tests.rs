//! The words of a walk: written, completed, clicked, used and left alone.

use super::*;

/// Runs `events` in an open box and returns what came of it.
fn write_and(events: Vec<Vec<egui::Event>>) -> (Vec<UiCommand>, String) {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.prompt_open = true,
        |state| {
            // The key that opened the box comes as a letter in its first frame, and is not written.
            let mut all = vec![write("t"), vec![], vec![]];
            all.extend(events);
            run(&mut interface, &context, state, all)
        },
    )
}

#[test]
fn the_box_shows_the_words_of_the_walk_and_those_that_are_known() {
    let (commands, text) = write_and(vec![]);
    assert!(commands.is_empty());
    for what in [
        "What shall it be?",
        "snow at\n",
        "forest",
        "dusk",
        "2 of at most 3 words",
    ] {
        assert!(text.contains(what), "{what} is missing in {text}");
    }
}

#[test]
fn what_is_written_is_used_by_enter_and_unknown_words_are_named() {
    let (_, text) = write_and(vec![write(" castle"), vec![]]);
    assert!(text.contains("Vale does not know: castle"), "{text}");
    let (commands, _) = write_and(vec![write(" dusk"), vec![], key(egui::Key::Enter), vec![]]);
    assert_eq!(commands, [UiCommand::Prompt("snow at dusk".to_owned())]);
}

#[test]
fn tab_completes_and_too_many_words_are_told() {
    let events = vec![
        write(" du"),
        vec![],
        key(egui::Key::Tab),
        vec![],
        write(" f"),
        key(egui::Key::Tab),
        vec![],
    ];
    let (_, text) = write_and(events.clone());
    assert!(text.contains("Only the first 3 words count here"), "{text}");
    let events = [events, vec![key(egui::Key::Enter), vec![]]].concat();
    assert_eq!(
        write_and(events).0,
        [UiCommand::Prompt("snow at dusk forest".to_owned())]
    );
}

#[test]
fn escape_leaves_the_words_as_they_are() {
    let (commands, _) = write_and(vec![write("x"), key(egui::Key::Escape)]);
    assert_eq!(commands, [UiCommand::ClosePrompt]);
}

#[test]
fn a_click_on_a_known_word_adds_it_and_another_takes_it_away() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.prompt_open = true,
        |state| {
            run(&mut interface, &context, state, vec![vec![]; 3]);
            let forest = place_of(&mut interface, &context, state, "forest");
            let snow = place_of(&mut interface, &context, state, "snow");
            run(&mut interface, &context, state, click(forest));
            run(&mut interface, &context, state, click(snow));
            let events = vec![vec![], key(egui::Key::Enter), vec![]];
            let (commands, _) = run(&mut interface, &context, state, events);
            assert_eq!(commands, [UiCommand::Prompt("at forest".to_owned())]);
        },
    );
}

#[test]
fn the_menu_has_the_words_too() {
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    interface.set_world(&context, &world());
    with_state(
        |state| state.menu_open = true,
        |state| {
            let (_, text) = run(&mut interface, &context, state, vec![vec![]; 3]);
            assert!(text.contains("Words (T)") && text.contains("All worlds"), "{text}");
            let at = place_of(&mut interface, &context, state, "dusk");
            run(&mut interface, &context, state, click(at));
            let at = place_of(&mut interface, &context, state, "Use these words");
            let (commands, _) = run(&mut interface, &context, state, click(at));
            assert_eq!(commands, [UiCommand::Prompt("snow at dusk".to_owned())]);
        },
    );
}

#[test]
fn arrows_lead_out_of_the_field_to_the_known_words() {
    let down = || vec![key(egui::Key::ArrowDown), vec![], vec![]];
    let events = [down(), vec![key(egui::Key::Enter), vec![], vec![]]].concat();
    let context = egui::Context::default();
    let mut interface = Interface::new(&context);
    with_state(
        |state| state.prompt_open = true,
        |state| {
            run(&mut interface, &context, state, vec![vec![]; 3]);
            let (commands, text) = run(&mut interface, &context, state, events);
            assert!(commands.is_empty(), "a word was chosen, not the whole: {commands:?}");
            assert!(!text.contains("snow at\n"), "{text}");
        },
    );
}
