//! The XML: elements in the order of the UBL 2.1 schemas.

use super::{Category, Charge, Kind, SPECIFICATION, Said, Seller, Ubl, UblLine, listed};
use crate::address::Address;
use kernel::money::{Currency, Money};

/// Text that grows by elements. Names are ours; values may be anybody's.
struct Xml {
    text: String,
    currency: Currency,
}

impl Xml {
    fn open(&mut self, name: &str) {
        self.text.push_str(&format!("<{name}>"));
    }

    fn close(&mut self, name: &str) {
        self.text.push_str(&format!("</{name}>\n"));
    }

    /// An element with a text; one without anything to say is left out.
    fn put(&mut self, name: &str, value: &str) {
        self.put_with(name, "", value);
    }

    fn put_with(&mut self, name: &str, attributes: &str, value: &str) {
        if !value.is_empty() {
            self.text.push_str(&format!("<{name}{attributes}>{}</{name}>\n", escaped(value)));
        }
    }

    fn amount(&mut self, name: &str, minor: i64) {
        let value = Money::new(minor, self.currency).decimal();
        let attribute = format!(" currencyID=\"{}\"", self.currency.code());
        self.put_with(name, &attribute, &value);
    }
}

/// A text as it may stand in an element; characters that XML 1.0 knows nothing of are left out.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' | '\t' => text.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    text
}

/// Hundredths of a percent as a percentage.
fn percent(rate_bp: i64) -> String {
    format!("{}.{:02}", rate_bp / 100, rate_bp % 100)
}

pub(super) fn written(ubl: &Ubl, said: &Said) -> String {
    let root = match ubl.kind {
        Kind::Invoice => "Invoice",
        Kind::CreditNote => "CreditNote",
    };
    let mut xml = Xml { text: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), currency: ubl.currency };
    xml.text.push_str(&format!(
        "<{root} xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:{root}-2\" \
         xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
         xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n"
    ));
    xml.put("cbc:CustomizationID", SPECIFICATION);
    xml.put("cbc:ID", &ubl.number);
    xml.put("cbc:IssueDate", &ubl.issued_on.to_string());
    match ubl.kind {
        Kind::Invoice => {
            xml.put("cbc:DueDate", &ubl.due_on.map(|day| day.to_string()).unwrap_or_default());
            xml.put("cbc:InvoiceTypeCode", "380");
        }
        Kind::CreditNote => xml.put("cbc:CreditNoteTypeCode", "381"),
    }
    xml.put("cbc:DocumentCurrencyCode", ubl.currency.code());
    xml.put("cbc:AccountingCost", &ubl.cost_centre);
    xml.put("cbc:BuyerReference", &ubl.purchase_order);
    if let Some((from, until)) = ubl.period {
        xml.open("cac:InvoicePeriod");
        xml.put("cbc:StartDate", &from.to_string());
        xml.put("cbc:EndDate", &until.to_string());
        xml.close("cac:InvoicePeriod");
    }
    xml.open("cac:OrderReference");
    // The schema wants an id here: our number is the one the buyer has when they gave none.
    xml.put("cbc:ID", if ubl.purchase_order.is_empty() { &ubl.sales_order } else { &ubl.purchase_order });
    xml.put("cbc:SalesOrderID", &ubl.sales_order);
    xml.close("cac:OrderReference");
    if let Some((number, day)) = &ubl.invoice {
        xml.open("cac:BillingReference");
        xml.open("cac:InvoiceDocumentReference");
        xml.put("cbc:ID", number);
        xml.put("cbc:IssueDate", &day.to_string());
        xml.close("cac:InvoiceDocumentReference");
        xml.close("cac:BillingReference");
    }
    seller(&mut xml, &ubl.seller);
    buyer(&mut xml, &ubl.buyer);
    delivery(&mut xml, &ubl.delivery);
    payment(&mut xml, ubl);
    for charge in &ubl.charges {
        charged(&mut xml, charge);
    }
    taxes(&mut xml, ubl);
    sums(&mut xml, ubl);
    for (at, one) in ubl.lines.iter().enumerate() {
        line(&mut xml, ubl.kind, at + 1, one, said);
    }
    xml.close(root);
    xml.text
}

fn seller(xml: &mut Xml, of: &Seller) {
    xml.open("cac:AccountingSupplierParty");
    xml.open("cac:Party");
    if !of.trading_name.is_empty() {
        xml.open("cac:PartyName");
        xml.put("cbc:Name", &of.trading_name);
        xml.close("cac:PartyName");
    }
    xml.open("cac:PostalAddress");
    xml.put("cbc:StreetName", of.lines.first().map_or("", String::as_str));
    xml.put("cbc:AdditionalStreetName", of.lines.get(1).map_or("", String::as_str));
    let rest: Vec<&str> = of.lines.iter().skip(2).map(String::as_str).collect();
    if !rest.is_empty() {
        xml.open("cac:AddressLine");
        xml.put("cbc:Line", &rest.join(", "));
        xml.close("cac:AddressLine");
    }
    country(xml, &of.country);
    xml.close("cac:PostalAddress");
    tax_id(xml, &of.vat_id);
    xml.open("cac:PartyLegalEntity");
    xml.put("cbc:RegistrationName", &of.name);
    xml.close("cac:PartyLegalEntity");
    if !of.email.is_empty() {
        xml.open("cac:Contact");
        xml.put("cbc:ElectronicMail", &of.email);
        xml.close("cac:Contact");
    }
    xml.close("cac:Party");
    xml.close("cac:AccountingSupplierParty");
}

fn buyer(xml: &mut Xml, of: &Address) {
    let company = !of.company.is_empty();
    xml.open("cac:AccountingCustomerParty");
    xml.open("cac:Party");
    xml.open("cac:PostalAddress");
    place(xml, of);
    xml.close("cac:PostalAddress");
    tax_id(xml, &of.vat_id);
    xml.open("cac:PartyLegalEntity");
    xml.put("cbc:RegistrationName", if company { &of.company } else { &of.name });
    xml.close("cac:PartyLegalEntity");
    if company && !of.name.is_empty() {
        xml.open("cac:Contact");
        xml.put("cbc:Name", &of.name);
        xml.close("cac:Contact");
    }
    xml.close("cac:Party");
    xml.close("cac:AccountingCustomerParty");
}

fn place(xml: &mut Xml, of: &Address) {
    xml.put("cbc:StreetName", &of.line1);
    xml.put("cbc:AdditionalStreetName", &of.line2);
    xml.put("cbc:CityName", &of.city);
    xml.put("cbc:PostalZone", &of.postal_code);
    xml.put("cbc:CountrySubentity", &of.region);
    country(xml, &of.country);
}

fn country(xml: &mut Xml, code: &str) {
    xml.open("cac:Country");
    xml.put("cbc:IdentificationCode", listed(code));
    xml.close("cac:Country");
}

fn tax_id(xml: &mut Xml, vat_id: &str) {
    if !vat_id.is_empty() {
        xml.open("cac:PartyTaxScheme");
        xml.put("cbc:CompanyID", vat_id);
        scheme(xml);
        xml.close("cac:PartyTaxScheme");
    }
}

fn scheme(xml: &mut Xml) {
    xml.open("cac:TaxScheme");
    xml.put("cbc:ID", "VAT");
    xml.close("cac:TaxScheme");
}

fn delivery(xml: &mut Xml, of: &Address) {
    if of.country.is_empty() {
        return;
    }
    xml.open("cac:Delivery");
    xml.open("cac:DeliveryLocation");
    xml.open("cac:Address");
    place(xml, of);
    xml.close("cac:Address");
    xml.close("cac:DeliveryLocation");
    if !of.name.is_empty() {
        xml.open("cac:DeliveryParty");
        xml.open("cac:PartyName");
        xml.put("cbc:Name", &of.name);
        xml.close("cac:PartyName");
        xml.close("cac:DeliveryParty");
    }
    xml.close("cac:Delivery");
}

fn payment(xml: &mut Xml, ubl: &Ubl) {
    xml.open("cac:PaymentMeans");
    xml.put("cbc:PaymentMeansCode", ubl.means);
    xml.put("cbc:PaymentID", &ubl.sales_order);
    if let (Some(iban), "30") = (&ubl.iban, ubl.means) {
        xml.open("cac:PayeeFinancialAccount");
        xml.put("cbc:ID", iban);
        xml.close("cac:PayeeFinancialAccount");
    }
    xml.close("cac:PaymentMeans");
    xml.open("cac:PaymentTerms");
    xml.put("cbc:Note", &ubl.terms);
    xml.close("cac:PaymentTerms");
}

/// A category with its rate, in an element that is called so here.
fn category(xml: &mut Xml, name: &str, category: Category, rate_bp: i64, reason: &str) {
    xml.open(name);
    xml.put("cbc:ID", category.as_str());
    xml.put("cbc:Percent", &percent(rate_bp));
    xml.put("cbc:TaxExemptionReason", reason);
    scheme(xml);
    xml.close(name);
}

fn charged(xml: &mut Xml, of: &Charge) {
    xml.open("cac:AllowanceCharge");
    xml.put("cbc:ChargeIndicator", if of.charge { "true" } else { "false" });
    xml.put("cbc:AllowanceChargeReason", &of.reason);
    xml.amount("cbc:Amount", of.amount);
    category(xml, "cac:TaxCategory", of.category, of.rate_bp, "");
    xml.close("cac:AllowanceCharge");
}

fn taxes(xml: &mut Xml, ubl: &Ubl) {
    xml.open("cac:TaxTotal");
    xml.amount("cbc:TaxAmount", ubl.tax());
    for one in &ubl.subtotals {
        xml.open("cac:TaxSubtotal");
        xml.amount("cbc:TaxableAmount", one.base);
        xml.amount("cbc:TaxAmount", one.tax);
        category(xml, "cac:TaxCategory", one.category, one.rate_bp, &one.reason);
        xml.close("cac:TaxSubtotal");
    }
    xml.close("cac:TaxTotal");
}

fn sums(xml: &mut Xml, ubl: &Ubl) {
    xml.open("cac:LegalMonetaryTotal");
    xml.amount("cbc:LineExtensionAmount", ubl.line_total());
    xml.amount("cbc:TaxExclusiveAmount", ubl.net());
    xml.amount("cbc:TaxInclusiveAmount", ubl.gross());
    for (name, charge) in [("cbc:AllowanceTotalAmount", false), ("cbc:ChargeTotalAmount", true)] {
        if ubl.charges.iter().any(|one| one.charge == charge) {
            xml.amount(name, ubl.charge_total(charge));
        }
    }
    if ubl.prepaid != 0 {
        xml.amount("cbc:PrepaidAmount", ubl.prepaid);
    }
    xml.amount("cbc:PayableAmount", ubl.payable());
    xml.close("cac:LegalMonetaryTotal");
}

fn line(xml: &mut Xml, kind: Kind, at: usize, of: &UblLine, said: &Said) {
    let (name, quantity) = match kind {
        Kind::Invoice => ("cac:InvoiceLine", "cbc:InvoicedQuantity"),
        Kind::CreditNote => ("cac:CreditNoteLine", "cbc:CreditedQuantity"),
    };
    // A code of UN/ECE Recommendation 20.
    let unit = format!(" unitCode=\"{}\"", of.measure.unit.as_str());
    let unit = unit.as_str();
    let units = of.measure.number(of.quantity);
    xml.open(name);
    xml.put("cbc:ID", &at.to_string());
    xml.put_with(quantity, unit, &units);
    xml.amount("cbc:LineExtensionAmount", of.net);
    if of.allowance > 0 {
        xml.open("cac:AllowanceCharge");
        xml.put("cbc:ChargeIndicator", "false");
        xml.put("cbc:AllowanceChargeReason", &said.discount);
        xml.amount("cbc:Amount", of.allowance);
        xml.close("cac:AllowanceCharge");
    }
    xml.open("cac:Item");
    xml.put("cbc:Description", &of.description);
    xml.put("cbc:Name", &of.name);
    if !of.sku.is_empty() {
        xml.open("cac:SellersItemIdentification");
        xml.put("cbc:ID", &of.sku);
        xml.close("cac:SellersItemIdentification");
    }
    category(xml, "cac:ClassifiedTaxCategory", of.category, of.rate_bp, "");
    xml.close("cac:Item");
    xml.open("cac:Price");
    xml.amount("cbc:PriceAmount", of.price);
    xml.put_with("cbc:BaseQuantity", unit, &units);
    xml.close("cac:Price");
    xml.close(name);
}
