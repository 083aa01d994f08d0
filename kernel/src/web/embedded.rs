//! What the binary carries, as `(name, content)`, listed by the build script.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
