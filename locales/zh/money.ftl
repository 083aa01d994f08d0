# 款项异常与按金额退款
admin-case-kind-unwanted = 意外到账
admin-case-kind-refund = 退款失败
admin-case-kind-capture = 收款失败
admin-case-note = 处理说明
admin-case-see-to = 标记为已处理
admin-case-seen-to = 该事项已关闭。
admin-case-closed-already = 该事项此前已关闭。
admin-case-seen-by = 由 { $name } 处理
admin-history-case_seen_to = 异常款项已处理
admin-did-payment-case = 处理异常款项

admin-refund-amount-of-line = 或退金额（{ $currency }）
admin-refund-amount-hint = 可只退某商品的部分金额而不退货（例如有划痕），不超过该商品的剩余金额。件数与金额只能填一项。
admin-refund-line-left = 剩余 { $amount }
admin-refund-part-of-price = 退部分货款，不退货
refund-amount-or-units = 同一商品的件数与金额只能填一项。
refund-amount-of-gift-card = 礼品卡不能退部分金额，只能整张退款。
refund-amount-too-much = 请输入大于零且不超过该商品剩余金额的数额。
order-edit-reduced = 该商品已退过部分金额，不能再减少件数，请改为按件退款。

document-part-of-price = 部分货款
document-credit-refund_failed = 已贷记的一笔退款未能到账，本单冲销原发票，并由新发票代替。
document-reason-refund_failed = 退款失败
order-edit-refunded = 该商品有退款记录（即使退款失败）。请至少保留一件，或改为退款。
