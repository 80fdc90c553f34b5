//! The values of one multi-valued attribute while they are changed: added without repetition, found by `value` without
//! a scan, with at most one primary. A PATCH of ten thousand operations on one list costs ten thousand look-ups.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    schema::{Attribute, Type},
    text, value,
};

/// From how many elements on an index is worth its upkeep.
const INDEXED_FROM: usize = 24;

/// Whether an element is the primary one.
pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// A list being changed. Positions are stable until [`Elements::finish`]: removed elements leave a gap.
pub(super) struct Elements<'r> {
    attribute: &'r Attribute,
    slots: Vec<Option<Value>>,
    live: usize,
    /// Where an element of a key may be. Entries may be out of date, so whoever uses one looks at the element.
    index: Option<HashMap<String, Vec<usize>>>,
    primary: Option<usize>,
}

impl<'r> Elements<'r> {
    pub(super) fn new(attribute: &'r Attribute, list: Vec<Value>) -> Self {
        let primary = list.iter().position(is_primary);
        let live = list.len();
        Elements { attribute, slots: list.into_iter().map(Some).collect(), live, index: None, primary }
    }

    pub(super) fn finish(self) -> Vec<Value> {
        self.slots.into_iter().flatten().collect()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Value> {
        self.slots.get(at).and_then(Option::as_ref)
    }

    /// Positions of all elements.
    pub(super) fn positions(&self) -> Vec<usize> {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.is_some()).map(|(at, _)| at).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// What tells elements apart: `value` if there is one, else everything but `primary`.
    fn key(&self, element: &Value) -> String {
        match element {
            Value::Object(json) => match json.get("value") {
                Some(Value::String(text)) => {
                    let exact = self.attribute.sub("value").is_some_and(|sub| sub.case_exact);
                    text::key(text, exact).into_owned()
                }
                Some(other) => value::canonical(other),
                None => {
                    let rest: Map<String, Value> = json
                        .iter()
                        .filter(|(name, _)| *name != "primary")
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect();
                    value::canonical(&Value::Object(rest))
                }
            },
            Value::String(text) if self.attribute.type_ != Type::Complex => {
                text::key(text, self.attribute.case_exact).into_owned()
            }
            other => value::canonical(other),
        }
    }

    /// Positions where an element of this key may be.
    fn candidates(&mut self, key: &str) -> Vec<usize> {
        if self.live < INDEXED_FROM && self.index.is_none() {
            return self
                .slots
                .iter()
                .enumerate()
                .filter(|(_, slot)| slot.as_ref().is_some_and(|element| self.key(element) == key))
                .map(|(at, _)| at)
                .collect();
        }
        if self.index.is_none() {
            let mut index: HashMap<String, Vec<usize>> = HashMap::with_capacity(self.slots.len());
            for (at, element) in self.slots.iter().enumerate() {
                if let Some(element) = element {
                    index.entry(self.key(element)).or_default().push(at);
                }
            }
            self.index = Some(index);
        }
        self.index.as_ref().and_then(|index| index.get(key)).cloned().unwrap_or_default()
    }

    /// Positions of elements whose `value` is the text, by the attribute's case rule.
    pub(super) fn with_value(&mut self, text: &str) -> Vec<usize> {
        let mut probe = Value::String(text.to_owned());
        if self.attribute.type_ == Type::Complex {
            let mut json = Map::new();
            json.insert("value".into(), probe);
            probe = Value::Object(json);
        }
        let key = self.key(&probe);
        let mut found = self.candidates(&key);
        found.retain(|at| self.get(*at).is_some_and(|element| self.key(element) == key));
        found
    }

    /// The element that another one repeats: the same `value`, and the same `type` as far as both have one (RFC 7643
    /// section 2.4: no combination of type and value twice).
    pub(super) fn repeated(&mut self, element: &Value) -> Option<usize> {
        let key = self.key(element);
        let candidates = self.candidates(&key);
        candidates.into_iter().find(|at| {
            self.get(*at).is_some_and(|other| {
                self.key(other) == key
                    && match (element.get("type"), other.get("type")) {
                        (Some(Value::String(one)), Some(Value::String(other))) => text::equal(one, other, false),
                        _ => true,
                    }
            })
        })
    }

    /// Adds an element, or its sub-attributes to the one that it repeats. Returns the position, and whether it is new.
    pub(super) fn add(&mut self, element: Value) -> (usize, bool) {
        let primary = is_primary(&element);
        let (at, added) = match self.repeated(&element) {
            Some(at) => {
                if let (Value::Object(parts), Some(Some(Value::Object(old)))) = (element, self.slots.get_mut(at)) {
                    old.extend(parts);
                    if self.primary == Some(at) && old.get("primary") != Some(&Value::Bool(true)) {
                        self.primary = None;
                    }
                }
                (at, false)
            }
            None => (self.push(element), true),
        };
        if primary {
            self.make_primary(at);
        }
        (at, added)
    }

    fn push(&mut self, element: Value) -> usize {
        let at = self.slots.len();
        if self.index.is_some() {
            self.note(at, &element);
        }
        self.slots.push(Some(element));
        self.live += 1;
        at
    }

    fn note(&mut self, at: usize, element: &Value) {
        let key = self.key(element);
        if let Some(index) = &mut self.index {
            let places = index.entry(key).or_default();
            if !places.contains(&at) {
                places.push(at);
            }
        }
    }

    /// The one primary element; the others lose the mark (RFC 7644 section 3.5.2).
    fn make_primary(&mut self, at: usize) {
        if let Some(old) = self.primary
            && old != at
            && let Some(Some(Value::Object(element))) = self.slots.get_mut(old)
        {
            element.insert("primary".into(), Value::Bool(false));
        }
        self.primary = Some(at);
    }

    /// Puts another value in an element's place.
    pub(super) fn set(&mut self, at: usize, element: Value) {
        let primary = is_primary(&element);
        self.note(at, &element);
        if let Some(slot) = self.slots.get_mut(at) {
            self.live += usize::from(slot.is_none());
            *slot = Some(element);
        }
        if primary {
            self.make_primary(at);
        } else if self.primary == Some(at) {
            self.primary = None;
        }
    }

    /// Removes an element.
    pub(super) fn remove(&mut self, at: usize) {
        if self.slots.get_mut(at).and_then(Option::take).is_some() {
            self.live -= 1;
            if self.primary == Some(at) {
                self.primary = None;
            }
        }
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) {
        *self = Elements::new(self.attribute, Vec::new());
    }
}
