# Cases about money, and refunds by amount
admin-case-kind-unwanted = Money nobody expected
admin-case-kind-refund = Refund failed
admin-case-kind-capture = Capture failed
admin-case-note = What was done about it
admin-case-see-to = Seen to
admin-case-seen-to = The case is closed.
admin-case-closed-already = This case is closed already.
admin-case-seen-by = Seen to by { $name }
admin-history-case_seen_to = Case seen to
admin-did-payment-case = Case seen to

admin-refund-amount-of-line = Or an amount, in { $currency }
admin-refund-amount-hint = An amount of an item is given back without a unit coming back, as for a scratch; up to what is left of the item. Give either units or an amount.
admin-refund-line-left = { $amount } left
admin-refund-part-of-price = part of the price, no unit comes back
refund-amount-or-units = Give either units or an amount of an item.
refund-amount-of-gift-card = Of a gift card no amount can be given back, only the whole card.
refund-amount-too-much = Give an amount above zero, up to what is left of the item.
order-edit-reduced = An amount of this item was given back. It cannot be made fewer; refund units instead.

document-part-of-price = Part of the price
document-credit-refund_failed = A refund that was credited did not arrive; this note takes the invoice back. Another invoice takes its place.
document-reason-refund_failed = Failed refund
order-edit-refunded = A refund of this item is on record, if only one that failed. Leave one unit, or refund it.
