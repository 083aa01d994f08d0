//! Writes the lists of templates, texts and assets that the binary carries, so that it runs without any file beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("embedded.rs");
    let mut code = String::new();
    for (list, folder, kind, include) in [
        ("TEMPLATES", "templates", "&str", "include_str"),
        ("LOCALES", "locales", "&str", "include_str"),
        ("ASSETS", "assets", "&[u8]", "include_bytes"),
    ] {
        let base = root.join(folder);
        let mut files = Vec::new();
        walk(&base, &mut files)?;
        files.sort();
        let _ = writeln!(code, "pub(super) static {list}: &[(&str, {kind})] = &[");
        for file in files {
            let name = file.strip_prefix(&base).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
            let _ = writeln!(code, "    ({name:?}, {include}!({:?})),", file.to_string_lossy());
        }
        code.push_str("];\n");
    }
    fs::write(out, code)
}

/// Every file below `folder`, and a line to cargo for each folder so that a new file is noticed.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}
