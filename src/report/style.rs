//! Colour: only where it was asked for, and never the only signal.

use console::Style;

use crate::verdict::Verdict;

/// Paints words, or does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// Whether escape sequences are written at all.
    pub color: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.color { style.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    /// A word in the colour of a verdict.
    pub(super) fn verdict(self, verdict: Verdict, text: &str) -> String {
        let style = Style::new();
        let style = match verdict {
            Verdict::Pass => style.green(),
            Verdict::Fail => style.red().bold(),
            Verdict::Warn => style.yellow().bold(),
            Verdict::Note | Verdict::Known => style.cyan(),
            Verdict::Fixed => style.magenta().bold(),
            Verdict::Skip => style.dim(),
        };
        self.with(style, text)
    }

    /// Names and heads.
    pub(super) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What matters less.
    pub(super) fn dim(self, text: &str) -> String {
        self.with(Style::new().dim(), text)
    }

    /// An end that is no verdict.
    pub(super) fn alarm(self, text: &str) -> String {
        self.with(Style::new().red().bold(), text)
    }
}
