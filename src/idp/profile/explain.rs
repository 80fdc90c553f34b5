//! What `explain PROFILE` prints: everything that decides how the profile talks, with its source.

use std::fmt::Write;

use super::{KNOBS, Profile, Source, quirks};

impl Profile {
    /// The profile in full, for people: knobs with their sources, mapping, quirks on and off, and what is unsettled.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = self.write_explanation(&mut out);
        out
    }

    fn write_explanation(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{}: {}\n", self.id, self.title)?;
        if !self.about.is_empty() {
            writeln!(out, "{}\n", self.about.trim())?;
        }
        writeln!(out, "engine:  {}", self.kind)?;
        if !self.extends.is_empty() {
            writeln!(out, "extends: {}", self.extends.join(" -> "))?;
        }
        writeln!(out, "\nKNOBS (value, what decided it, what it does)")?;
        for knob in KNOBS {
            let value = self.knobs.show(knob.name).unwrap_or_default();
            let source = match self.source(knob.name) {
                None => "default".to_owned(),
                Some(Source::Profile(id)) => format!("profile {id}"),
                Some(Source::Quirk(id)) => format!("quirk {id}"),
                Some(Source::QuirkOff(id)) => format!("quirk {id} switched off"),
            };
            writeln!(out, "  {} = {value}   [{source}]", knob.name)?;
            writeln!(out, "      {}", knob.about.trim())?;
        }
        writeln!(out, "\nMAPPING (SCIM attribute <- directory)")?;
        for mapping in &self.mapping {
            writeln!(out, "  {} <- {}", mapping.target, mapping.source_text())?;
        }
        writeln!(out, "\nQUIRKS THAT ARE ON (explain ID says more; switch off with --quirk -ID)")?;
        for quirk in &self.quirks {
            writeln!(out, "  {} ({}): {}", quirk.id, quirk.confidence, quirk.summary)?;
        }
        writeln!(out, "\nOTHER KNOWN QUIRKS (switch on with --quirk +ID)")?;
        for quirk in quirks().iter().filter(|quirk| !self.has_quirk(&quirk.id)) {
            writeln!(out, "  {} ({}): {}", quirk.id, quirk.confidence, quirk.summary)?;
        }
        if !self.cannot.is_empty() {
            writeln!(out, "\nSCENARIOS THAT IT CANNOT PLAY (reported as not exercised)")?;
            for one in &self.cannot {
                writeln!(out, "  {}: {}", one.scenario, one.why)?;
            }
        }
        writeln!(out, "\nUNSETTLED")?;
        for open in &self.unsettled {
            writeln!(out, "  {}: {}", open.id, open.note)?;
        }
        Ok(())
    }
}
