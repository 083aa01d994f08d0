//! Where a Shopify product file keeps what: the same things under two sets of names.

use super::super::report::{FileError, Format};
use super::super::table::{Column, Table};

/// The namespace of what this shop exports and Shopify's own columns cannot hold.
pub(crate) const OWN_NAMESPACE: &str = "regulars";
/// Marks a metafield's column: `Fabric (product.metafields.custom.fabric)`.
pub(crate) const METAFIELD: &str = " (product.metafields.";

/// What a metafield is for this shop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// An attribute; `list` when several values are separated by semicolons.
    Attribute {
        list: bool,
    },
    Categories,
    Translations,
    /// The unit of the variant, and its decimals.
    Unit,
    Precision,
}

pub(super) struct Metafield {
    pub column: usize,
    pub name: String,
    pub role: Role,
}

pub(super) struct Columns {
    pub handle: usize,
    pub title: Column,
    pub body: Column,
    pub vendor: Column,
    pub category: Column,
    pub product_type: Column,
    pub tags: Column,
    pub published: Column,
    pub status: Column,
    /// Name and value.
    pub options: [(Column, Column); 3],
    pub sku: Column,
    pub barcode: Column,
    pub price: Column,
    pub compare_at: Column,
    pub cost: Column,
    pub taxable: Column,
    pub tax_code: Column,
    pub tracker: Column,
    pub quantity: Column,
    pub policy: Column,
    pub grams: Column,
    pub requires_shipping: Column,
    pub image: Column,
    pub image_position: Column,
    pub image_alt: Column,
    pub variant_image: Column,
    pub gift_card: Column,
    pub seo_title: Column,
    pub seo_description: Column,
    pub metafields: Vec<Metafield>,
    /// Prices for one market each.
    pub markets: Vec<usize>,
}

impl Columns {
    pub fn of(table: &Table) -> Result<Columns, FileError> {
        let new = table.format == Format::Shopify2024;
        let find = |classic: &str, since_2024: &str| table.column(if new { since_2024 } else { classic });
        let option = |n: u8| Ok::<_, FileError>((table.column(&format!("Option{n} Name"))?, table.column(&format!("Option{n} Value"))?));
        Ok(Columns {
            handle: table.required(if new { "URL handle" } else { "Handle" })?,
            title: table.column("Title")?,
            body: find("Body (HTML)", "Description")?,
            vendor: table.column("Vendor")?,
            category: table.column("Product Category")?,
            product_type: table.column("Type")?,
            tags: table.column("Tags")?,
            published: find("Published", "Published on online store")?,
            status: table.column("Status")?,
            options: [option(1)?, option(2)?, option(3)?],
            sku: find("Variant SKU", "SKU")?,
            barcode: find("Variant Barcode", "Barcode")?,
            price: find("Variant Price", "Price")?,
            compare_at: find("Variant Compare At Price", "Compare-at price")?,
            cost: table.column("Cost per item")?,
            taxable: find("Variant Taxable", "Charge tax")?,
            tax_code: find("Variant Tax Code", "Tax code")?,
            tracker: find("Variant Inventory Tracker", "Inventory tracker")?,
            quantity: find("Variant Inventory Qty", "Inventory quantity")?,
            policy: find("Variant Inventory Policy", "Continue selling when out of stock")?,
            grams: find("Variant Grams", "Weight value (grams)")?,
            requires_shipping: find("Variant Requires Shipping", "Requires shipping")?,
            image: find("Image Src", "Product image URL")?,
            image_position: table.column("Image Position")?,
            image_alt: table.column("Image Alt Text")?,
            variant_image: find("Variant Image", "Variant image URL")?,
            gift_card: table.column("Gift Card")?,
            seo_title: table.column("SEO Title")?,
            seo_description: table.column("SEO Description")?,
            metafields: metafields(table)?,
            markets: (0..table.header.len()).filter(|at| table.header[*at].starts_with("Price / ")).collect(),
        })
    }

    /// The column of something of ours.
    pub fn own(&self, role: Role) -> Column {
        self.metafields.iter().find(|field| field.role == role).map(|field| field.column)
    }

    /// The columns of which any, when filled, makes a row a variant. Unit of display, tax code and picture of the variant alone
    /// do not.
    pub fn of_variant(&self) -> impl Iterator<Item = Column> {
        let values = self.options.iter().map(|(_, value)| *value);
        values.chain([
            self.sku,
            self.barcode,
            self.price,
            self.compare_at,
            self.cost,
            self.taxable,
            self.tracker,
            self.quantity,
            self.policy,
            self.grams,
            self.requires_shipping,
        ])
    }
}

fn metafields(table: &Table) -> Result<Vec<Metafield>, FileError> {
    let mut found = Vec::new();
    for (column, header) in table.header.iter().enumerate() {
        let Some((name, path)) = header.strip_suffix(')').and_then(|header| header.rsplit_once(METAFIELD)) else { continue };
        let Some((namespace, key)) = path.split_once('.') else { continue };
        let role = match (namespace, key) {
            (OWN_NAMESPACE, "categories") => Role::Categories,
            (OWN_NAMESPACE, "translations") => Role::Translations,
            (OWN_NAMESPACE, "unit") => Role::Unit,
            (OWN_NAMESPACE, "precision") => Role::Precision,
            // Recommendations, search boosts and ratings are no properties of the product.
            (apps, _) if apps.starts_with("shopify--") || apps == "reviews" => continue,
            (namespace, _) => Role::Attribute { list: namespace == "shopify" },
        };
        table.column(header)?;
        found.push(Metafield { column, name: name.trim().to_string(), role });
    }
    Ok(found)
}
