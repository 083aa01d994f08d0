//! The ids of this room's rows.

kernel::id!(
    ProductId,
    VariantId,
    CategoryId,
    CartId,
    CartLineId,
    OrderId,
    OrderLineId,
    PaymentId,
    CaptureId,
    RefundId,
    ShipmentId,
    PromotionId,
    ShippingRateId,
    TaxRateId,
    AddressId,
    PaymentCaseId,
    ApiKeyId,
    LocationId,
    DocumentId,
    BatchId,
);
