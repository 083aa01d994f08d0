//! Pages: languages and texts, amounts and dates as people read them, templates, and the files a page loads.

mod answer;
pub mod assets;
mod embedded;
pub mod format;
pub mod i18n;
pub mod templates;
