# Gift cards that are sold, and the page that tells what is left on one
gift-cards-title = Gift card balance
gift-cards-text = Type the code of a gift card to see what is left on it.
gift-cards-link = Check a gift card
gift-cards-submit = Show the balance
gift-cards-balance = What is left on it:
gift-cards-expires = It can be used until { $date }.
gift-cards-no-expiry = It does not expire.
tax-gift-card = The code is mailed to you when the order is paid. Tax falls due when it is used.
gift-card-withdrawn = This gift card was refunded and cannot be used any more.
gift-card-buys-none = Gift cards cannot be paid for with gift cards.
order-gift-cards = Gift cards
order-gift-cards-text = We have sent the codes to { $email }. Whoever has a code can use the card.
order-gift-cards-wait = The codes are on their way to { $email }.
order-gift-card-withdrawn = refunded
order-gift-card-used = A gift card of this order was used already, so the order cannot be undone as a whole.
history-gift_cards_issued = Gift cards over { $amount } were issued

mail-gift-cards-sold-subject = { $count ->
    [one] Your gift card from order { $number }
   *[other] Your gift cards from order { $number }
}
mail-gift-cards-sold-title = { $count ->
    [one] Your gift card
   *[other] Your gift cards
}
mail-gift-cards-sold-text = { $count ->
    [one] Thank you for order { $number }. This is the code of the gift card:
   *[other] Thank you for order { $number }. These are the codes of the gift cards:
}
mail-gift-cards-sold-how = To give one away, pass its code on. It is typed when choosing how to pay, and what is not used stays on the card. Keep this mail: whoever has a code has the money.

refund-gift-card-used = Of these gift cards, fewer are unused. A card that somebody used cannot be refunded.
order-edit-gift-card = A gift card paid for this order, and gift cards cannot be bought with gift cards.
admin-order-gift-cards = Gift cards sold
admin-product-gift-card = This is a gift card
admin-product-gift-card-hint = Each unit sold is a gift card over its price, mailed to the buyer when the order is paid. It has no tax, no delivery, no stock and no promotions.
admin-gift-card-sold = Sold by order
admin-gift-card-state-withdrawn = Refunded
admin-gift-card-entry-withdrawn = Refunded unused
admin-history-gift_cards_issued = Gift cards issued
