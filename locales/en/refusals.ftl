# Why something was not done
refund-changed = The order changed since you looked. Check the new amount and confirm again.
refund-nothing-left = Nothing of this order is left to refund.
refund-paid-elsewhere = This order was paid in another shop, before it was imported. Give the money back there.
refund-more-than-left = That is more than this payment has left. Reload the order to see how it stands.
refund-shipping-too-much = That is more delivery cost than is left to refund.
refund-nothing-chosen = Choose at least one unit or an amount of delivery to refund.
refund-more-than-paid = That is more than was paid and not refunded yet.
order-line-twice = Name each line once.
order-units-up-to = Give a number from 0 to { $most }.
capture-nothing-left = This payment has nothing left to capture. Reload the order to see how it stands.
capture-amount = Give an amount above zero and up to what is authorised.
payment-not-by-hand = Only bank transfers and cash are booked by hand; a provider reports its payments itself.
payment-booked = This payment was booked already.
release-nothing-left = Nothing of this payment is held any more. Reload the order to see how it stands.
