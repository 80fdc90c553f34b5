//! Where every key of a TOML document stands, so that each error can name its key path and its line.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Key paths with the bytes of their key and value.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    file: String,
    lines: Vec<usize>,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    path: String,
    key: Range<usize>,
    value: Range<usize>,
}

impl Index {
    pub(super) fn new(file: &str, text: &str) -> Index {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Index { file: file.to_owned(), lines, entries: Vec::new() }
    }

    pub(super) fn read(&mut self, table: &DeTable<'_>) {
        self.table("", table);
    }

    fn table(&mut self, parent: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = join(parent, key.get_ref());
            self.value(path, key.span(), value);
        }
    }

    fn value(&mut self, path: String, key: Range<usize>, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(&path, table),
            DeValue::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.value(format!("{path}[{n}]"), item.span(), item);
                }
            }
            _ => {}
        }
        self.entries.push(Entry { path, key, value: value.span() });
    }

    /// The path of the key that stands exactly there.
    pub(super) fn key_at(&self, span: &Range<usize>) -> Option<String> {
        self.entries.iter().find(|entry| entry.key == *span).map(|entry| entry.path.clone())
    }

    /// The path of the innermost value that the bytes belong to.
    pub(super) fn value_at(&self, span: &Range<usize>) -> Option<String> {
        let holds = |range: &Range<usize>| range.start <= span.start && span.end <= range.end;
        self.entries
            .iter()
            .filter(|entry| holds(&entry.value) || holds(&entry.key))
            .min_by_key(|entry| entry.value.len())
            .map(|entry| entry.path.clone())
    }

    /// File and line of a byte; the file alone if it is not known.
    pub(super) fn place(&self, at: Option<usize>) -> String {
        match at {
            Some(at) => format!("{}:{}", self.file, self.lines.partition_point(|start| *start <= at)),
            None => self.file.clone(),
        }
    }

    /// File and line of a key path, if exactly that stands in the file.
    pub(super) fn place_of_exact(&self, path: &str) -> Option<String> {
        self.entries.iter().find(|entry| entry.path == path).map(|entry| self.place(Some(entry.key.start)))
    }

    /// File and line of a key path, or of the nearest parent that stands in the file.
    pub(super) fn place_of(&self, path: &str) -> String {
        let mut path = path;
        loop {
            if let Some(place) = self.place_of_exact(path) {
                return place;
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return self.place(None),
            }
        }
    }
}

/// `parent.key`, the key in quotes where TOML wants them.
pub(super) fn join(parent: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if parent.is_empty() { key } else { format!("{parent}.{key}") }
}
