//! Folders that programs of others write into and read from: a file is read when nobody writes it any more, and appears whole or not at all.

use kernel::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long size and time of a file have to stand still before it is read.
pub const STILL: Duration = Duration::from_secs(3);
/// Files of one look.
const MOST: usize = 500;

/// A file as it was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: PathBuf,
    pub name: String,
    pub size: u64,
    modified: SystemTime,
}

impl Seen {
    /// When it was written, in microseconds: with name and content it tells one file from the next.
    pub fn stamp(&self) -> u128 {
        self.modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros())
    }

    fn as_before(&self) -> bool {
        fs::symlink_metadata(&self.path)
            .is_ok_and(|now| now.is_file() && now.len() == self.size && now.modified().is_ok_and(|at| at == self.modified))
    }
}

fn trouble(path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(format!("{}: {error}", path.display()))
}

/// Makes the folder and holds it, so that one process at a time works in it; `None` while another one does. It is let go with the value, or
/// with the process.
pub fn hold(folder: &Path) -> Result<Option<File>> {
    fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(|error| trouble(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(trouble(&path, &error)),
    }
}

/// The files of a folder whose names are wanted, by name; none when there is no such folder. What begins with a dot is somebody's temporary file,
/// and a link may lead anywhere: neither is seen.
pub fn look(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Seen>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || name.chars().any(char::is_control) || !wanted(&name) {
            continue;
        }
        let Ok(about) = fs::symlink_metadata(entry.path()) else { continue };
        if let (true, Ok(modified)) = (about.is_file(), about.modified()) {
            found.push(Seen { path: entry.path(), name, size: about.len(), modified });
        }
    }
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    found.truncate(MOST);
    Ok(found)
}

/// Whether a name ends in this, whatever the case of its letters.
pub fn ends_in(name: &str, end: &str) -> bool {
    name.to_ascii_lowercase().ends_with(end)
}

/// Waits, unless there is nothing to wait for; [`read`] then says which files stood still.
pub fn wait<T>(seen: &[T], still: Duration) {
    if !seen.is_empty() {
        std::thread::sleep(still);
    }
}

/// What is in a file, of at most `most` bytes. `None` when it is gone, or is not the file any more that was seen: the next look reads it.
pub fn read(one: &Seen, most: u64) -> Result<Option<Vec<u8>>> {
    if !one.as_before() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let done = File::open(&one.path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    match done {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length == one.size) && one.as_before() => Ok(Some(bytes)),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(trouble(&one.path, &error)),
    }
}

fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.tmp"))
}

/// Writes a file under a name that nobody reads yet.
pub fn stage(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = temporary(folder, name);
    let write = || {
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| trouble(&path, &error))
}

/// Gives a staged file its name. Does nothing when there is none: it has its name already, and may have been fetched.
pub fn publish(folder: &Path, name: &str) -> Result<()> {
    let path = temporary(folder, name);
    moved(&path, &folder.join(name))
}

/// Writes a file, or writes it again; whoever reads it finds it whole.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
    stage(folder, name, bytes)?;
    publish(folder, name)
}

/// Moves a file into another folder. Does nothing when it is gone.
pub fn aside(one: &Seen, folder: &Path, name: &str) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
    moved(&one.path, &folder.join(name))
}

/// Renames a file. Does nothing when there is none.
pub fn moved(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(trouble(from, &error)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_read_when_it_stood_still_and_written_whole() {
        let folder = std::env::temp_dir().join(format!("regulars-folders-{}", kernel::token::random()));
        let held = hold(&folder).unwrap().unwrap();
        assert!(hold(&folder).unwrap().is_none(), "one works in it");
        drop(held);
        assert!(hold(&folder).unwrap().is_some());
        for name in ["a.edi", ".b.edi", "c.edi.tmp", "D.EDI"] {
            fs::write(folder.join(name), name).unwrap();
        }
        let seen = look(&folder, |name| ends_in(name, ".edi")).unwrap();
        assert_eq!(seen.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["D.EDI", "a.edi"]);
        assert_eq!(read(&seen[0], 100).unwrap().as_deref(), Some(b"D.EDI".as_slice()));
        // Somebody goes on writing.
        fs::write(folder.join("a.edi"), "more than before").unwrap();
        assert_eq!(read(&seen[1], 100).unwrap(), None);
        stage(&folder, "out.edi", b"1").unwrap();
        assert!(!folder.join("out.edi").exists());
        publish(&folder, "out.edi").unwrap();
        fs::remove_file(folder.join("out.edi")).unwrap();
        publish(&folder, "out.edi").unwrap();
        assert!(!folder.join("out.edi").exists(), "it was fetched and does not come again");
        aside(&seen[0], &folder.join("done"), "1-D.EDI").unwrap();
        aside(&seen[0], &folder.join("done"), "1-D.EDI").unwrap();
        assert!(folder.join("done/1-D.EDI").exists() && look(&folder.join("none"), |_| true).unwrap().is_empty());
        fs::remove_dir_all(folder).unwrap();
    }
}
