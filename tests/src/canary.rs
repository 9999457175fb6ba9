//! Planted strings and the search for them in every byte of every file.

use std::path::{Path, PathBuf};

use memchr::memmem::Finder;

/// A marker that occurs nowhere by chance. Everything planted in one test contains the same marker, so that one pass
/// over the files finds whatever leaked.
pub struct Canary {
    marker: String,
}

impl Canary {
    /// A fresh marker: letters and digits only, so that no encoding of text changes it.
    #[expect(clippy::new_without_default, reason = "a default would hide that every canary is another one")]
    pub fn new() -> Self {
        Self { marker: format!("CANARY{}", uuid::Uuid::new_v4().simple()) }
    }

    /// A string to plant: the marker, then where it was planted.
    pub fn plant(&self, place: &str) -> String {
        format!("{}{place}", self.marker)
    }

    /// Text of `length` bytes that holds the marker everywhere.
    pub fn plant_bulk(&self, length: usize) -> String {
        self.marker.chars().cycle().take(length).collect()
    }

    /// Fails the test when the marker occurs in `text`.
    #[track_caller]
    pub fn assert_unsaid(&self, text: &str, when: &str) {
        assert!(!text.contains(&self.marker), "{when}: {text}");
    }

    /// Every occurrence of the marker below `root`: in the names of files and in their bytes.
    pub fn sightings(&self, root: &Path) -> Vec<String> {
        let finder = Finder::new(self.marker.as_bytes());
        let mut found = Vec::new();
        for file in files(root) {
            if finder.find(file.to_string_lossy().as_bytes()).is_some() {
                found.push(format!("in the name of {}", file.display()));
            }
            // A file that vanished since it was listed is a store tidying up while it runs.
            let Ok(bytes) = std::fs::read(&file) else { continue };
            if let Some(at) = finder.find(&bytes) {
                let end = bytes.len().min(at + 80);
                let context = String::from_utf8_lossy(&bytes[at.saturating_sub(40)..end]).into_owned();
                found.push(format!("{} at byte {at}: {context:?}", file.display()));
            }
        }
        found
    }

    /// Fails the test when the marker occurs anywhere below `root`.
    #[track_caller]
    pub fn assert_unseen(&self, root: &Path, when: &str) {
        let sightings = self.sightings(root);
        assert!(sightings.is_empty(), "{when}: {sightings:#?}");
    }
}

/// Every file below `root`.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_string_is_found_in_bytes_and_in_names() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let canary = Canary::new();
        std::fs::create_dir(directory.path().join("deep")).expect("a directory");
        let mut bytes = vec![0xFF; 100_000];
        bytes.extend_from_slice(canary.plant("x").as_bytes());
        std::fs::write(directory.path().join("deep/file"), bytes).expect("a file");
        assert_eq!(canary.sightings(directory.path()).len(), 1);
        std::fs::write(directory.path().join(canary.plant("name")), "").expect("a file");
        assert_eq!(canary.sightings(directory.path()).len(), 2);
        assert_eq!(Canary::new().sightings(directory.path()).len(), 0);
    }
}
