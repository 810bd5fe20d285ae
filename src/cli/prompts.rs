//! Prompts that change on the way: `--prompt-at SECS=TEXT`.

/// A prompt and the time from which it counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PromptAt {
    secs: f64,
    text: String,
}

/// Reads `SECS=TEXT`.
pub(super) fn prompt_at(arg: &str) -> Result<PromptAt, String> {
    let (secs, text) = arg
        .split_once('=')
        .ok_or("give SECS=TEXT, for instance 5=\"snow at night\"")?;
    let secs = secs.trim().parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
    let secs = secs.ok_or("the time before `=` must be a number of seconds from 0 on")?;
    Ok(PromptAt {
        secs,
        text: text.trim().to_owned(),
    })
}

/// The prompts of a walk, handed out by time.
pub(super) struct Script {
    /// Latest first.
    ahead: Vec<PromptAt>,
    frames_per_sec: f64,
}

impl Script {
    pub(super) fn new(mut prompts: Vec<PromptAt>, frames_per_sec: f64) -> Self {
        // Stable, then reversed: of two at the same time the one that was named last wins.
        prompts.sort_by(|a, b| a.secs.total_cmp(&b.secs));
        prompts.reverse();
        Self {
            ahead: prompts,
            frames_per_sec,
        }
    }

    /// The prompt that begins to count at the latent frame whose first video frame is `frame`, if one does.
    pub(super) fn due(&mut self, frame: usize) -> Option<String> {
        let mut due = None;
        while let Some(next) = self.ahead.pop_if(|p| p.secs * self.frames_per_sec <= frame as f64) {
            due = Some(next.text);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_text_are_read_and_trouble_is_a_sentence() {
        let read = prompt_at("2.5= snow = white ").unwrap();
        assert_eq!((read.secs, read.text.as_str()), (2.5, "snow = white"));
        for bad in ["snow", "x=snow", "-1=snow", "nan=snow", "inf=snow"] {
            assert!(prompt_at(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn prompts_come_in_order_of_time_and_once() {
        let prompts = ["1=b", "0=a", "1=c", "9=d"].map(|p| prompt_at(p).unwrap());
        let mut script = Script::new(prompts.to_vec(), 24.0);
        assert_eq!(script.due(1), Some("a".to_owned()));
        assert_eq!(script.due(21), None);
        assert_eq!(script.due(25), Some("c".to_owned()));
        assert_eq!(script.due(29), None);
    }
}
