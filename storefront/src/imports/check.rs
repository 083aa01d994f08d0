//! What must hold in any file of products, whoever wrote it.

use super::draft::ProductDraft;
use super::report::{Reason, RowError};
use std::collections::HashMap;

/// Option names a product can have.
pub(super) const OPTION_LIMIT: usize = 3;

/// A product while its rows come in; `bad` once any of them had an error.
#[derive(Default)]
pub(super) struct Building {
    pub draft: ProductDraft,
    pub bad: bool,
}

/// The header's words for what is checked here.
pub(super) struct Words {
    pub sku: &'static str,
    pub option: &'static str,
}

/// The products without any error. SKUs must differ over the whole file, and variants of a product by their options.
pub(super) fn finish(products: Vec<Building>, words: &Words, errors: &mut Vec<RowError>) -> Vec<ProductDraft> {
    let mut skus: HashMap<String, u64> = HashMap::new();
    let mut good = Vec::with_capacity(products.len());
    for Building { draft, mut bad } in products {
        let mut found = options(&draft, words);
        for variant in &draft.variants {
            let Some(sku) = &variant.sku else { continue };
            if let Some(first) = skus.get(sku) {
                found.push(RowError::new(variant.line, words.sku, sku, Reason::of("sku-twice", &[("line", &first.to_string())])));
            } else {
                skus.insert(sku.clone(), variant.line);
            }
        }
        bad |= !found.is_empty();
        errors.append(&mut found);
        if !bad {
            good.push(draft);
        }
    }
    errors.sort_by_key(|error| error.line);
    good
}

fn options(draft: &ProductDraft, words: &Words) -> Vec<RowError> {
    let mut errors = Vec::new();
    if draft.options.len() > OPTION_LIMIT {
        let names = draft.options.join(", ");
        errors.push(RowError::new(draft.line, words.option, &names, Reason::of("options", &[])));
    }
    let mut seen: HashMap<&[String], u64> = HashMap::new();
    for variant in &draft.variants {
        let value = variant.options.join(" / ");
        if variant.options.len() != draft.options.len() || variant.options.iter().any(String::is_empty) {
            let reason = Reason::of("option-values", &[("names", &draft.options.join(", "))]);
            errors.push(RowError::new(variant.line, words.option, &value, reason));
        } else if let Some(first) = seen.get(variant.options.as_slice()) {
            let reason = Reason::of("variant-twice", &[("line", &first.to_string()), ("handle", &draft.handle)]);
            errors.push(RowError::new(variant.line, words.option, &value, reason));
        } else {
            seen.insert(&variant.options, variant.line);
        }
    }
    errors
}
