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
    GiftCardId,
    CreditBalanceId,
    ReturnId,
    ExaminationId,
    WebhookEndpointId,
    WebhookMessageId,
    BatchId,
    CollectionId,
    WishListItemId,
    OrderEditId,
    AttributeId,
    StoreId,
    ArticleId,
    ReviewId,
    ApprovalId,
    ApprovalRuleId,
    BudgetId,
    RequisitionListId,
    QuoteId,
    QuoteVersionId,
    PartnerId,
    EdiMessageId,
    EdiInterchangeId,
    PunchoutId,
);

impl CollectionId {
    /// How a collection stands among the groups of the search index: below zero, where no category is.
    pub fn group(self) -> i64 {
        -self.0
    }
}
